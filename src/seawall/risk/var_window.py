"""What a holding loses where its account loses VaR, with how far that is sure.

One outcome lies at VaR, and what a holding lost in it is chance: of the legs of a straddle either may have gained.
All outcomes inside VaR's own interval are read instead, since the sample can't tell which of them is VaR: the component
is the mean of the holding's loss over them, by weight, moved along its regression line on the account's loss to VaR
itself. It is linear in the holding and gives VaR for the account, so that components sum to VaR. Where the account
loses the same in all of them it is the plain mean. A short sample, such as one of history, has a wide interval: its
components rest on losses that are far from VaR on both sides, and so does their half width.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.risk.sample_tail import TailRisk
from seawall.risk.worst import Worst

FITTED_COUNT = 2
"""A line through as many points as it has numbers leaves no scatter to tell an error from."""


@dataclass(frozen=True, slots=True)
class VarWindow:
    """The outcomes around VaR, W of the K worst.

    Attributes
    ----------
    rows
        Which of the K they are.
    share, weights
        `(W,)` of sum one: theirs, and those with which a component is a mean.
    slopes
        `(W,)` of sum zero: with these as weights a mean is the slope on the account's loss.
    centred
        `(W,)` the account's loss less its mean.
    count
        Independent outcomes that they are worth.
    reach
        Half of VaR's interval, USD; infinite where the sample does not bound it.
    """

    rows: slice
    share: FloatArray
    weights: FloatArray
    slopes: FloatArray
    centred: FloatArray
    count: float
    reach: float

    @classmethod
    def of(cls, worst: Worst, risk: TailRisk) -> VarWindow:
        """Return the window of an account whose worst outcomes have the figures `risk`.

        Examples
        --------
        >>> from seawall.risk.sample_tail import risk_and_worst
        >>> losses, share = np.arange(1000.0), np.full(1000, 0.001)
        >>> risk, worst = risk_and_worst(losses, share, confidence=0.9, interval_confidence=0.95)
        >>> window = VarWindow.of(worst, risk)
        >>> risk.value_at_risk, risk.value_at_risk_interval, len(window.share)
        (899.0, (880.0, 918.0), 39)
        >>> round(window.component(worst.losses, 1.96)[0], 9)
        899.0
        """
        low, high = risk.value_at_risk_interval
        falling = -worst.losses
        rows = slice(int(np.searchsorted(falling, -high)), int(np.searchsorted(falling, -low, side="right")))
        held = float(worst.share[rows].sum())
        share = worst.share[rows] / held
        beside = worst.losses[rows] - risk.value_at_risk
        mean = float(np.dot(share, beside))
        centred = beside - mean
        spread = float(np.dot(share, centred**2))
        slopes = share * centred / spread if spread > 0.0 else np.zeros(len(share))
        return cls(rows, share, share - mean * slopes, slopes, centred, risk.effective_count * held, 0.5 * (high - low))

    def component(self, lost: FloatArray, z: float) -> tuple[float, float]:
        """Return the component of what `lost`, `(K,)`, and the half width of its interval.

        The half width is that of the line, and that of VaR along it; `z` are its standard errors.
        """
        here = lost[self.rows]
        found = float(np.dot(self.weights, here))
        if math.isinf(self.reach) or self.count <= FITTED_COUNT:
            return found, math.inf
        slope = float(np.dot(self.slopes, here))
        off = here - float(np.dot(self.share, here)) - slope * self.centred
        scatter = float(np.dot(self.share, off**2)) / (self.count - FITTED_COUNT)
        return found, math.hypot(z * math.sqrt(scatter), slope * self.reach)

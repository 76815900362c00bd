"""Margin tiers: the larger a position, the lower the leverage that it may have; maintenance is continuous over them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.errors import InputError, Problem
from seawall.margining.blocks.brackets import bracketed
from seawall.margining.blocks.leverage_brackets import bracket_leverage

HALF = 0.5
"""Maintenance margin is half of the initial margin at the largest leverage."""


@dataclass(frozen=True, slots=True)
class Tiers:
    """Tiers of one market.

    Attributes
    ----------
    lower_bounds
        Notional in USDC from which each tier holds, rising from 0; a notional on a bound is in the lower tier.
    max_leverages
        Largest leverage in each.
    """

    lower_bounds: tuple[float, ...]
    max_leverages: tuple[float, ...]

    def __post_init__(self) -> None:
        bounds = self.lower_bounds
        rises = all(lower < upper for lower, upper in pairwise(bounds))
        if not bounds or bounds[0] != 0.0 or not rises:
            raise InputError(Problem("lower_bounds", bounds, "tiers begin at 0 and rise"))
        if len(self.max_leverages) != len(bounds) or min(self.max_leverages) < 1.0:
            raise InputError(Problem("max_leverages", self.max_leverages, "each tier has a leverage of 1 or more"))

    @property
    def maintenance_rates(self) -> tuple[float, ...]:
        """Rate of maintenance margin in each tier."""
        return tuple(HALF / leverage for leverage in self.max_leverages)

    @property
    def maintenance_deductions(self) -> tuple[float, ...]:
        """What is taken off notional times rate in each tier, USDC, so that tiers join without a jump.

        Examples
        --------
        >>> Tiers((0.0, 150e6), (40.0, 20.0)).maintenance_deductions
        (0.0, 1875000.0)
        """
        rates, found = self.maintenance_rates, [0.0]
        for k in range(1, len(rates)):
            found.append(found[-1] + self.lower_bounds[k] * (rates[k] - rates[k - 1]))
        return tuple(found)


def maintenance_margin(notional: FloatArray, tiers: Tiers) -> FloatArray:
    """Return the maintenance margin of positions, notional times rate less deduction, in USDC.

    Parameters
    ----------
    notional
        Any shape, USDC without sign; NaN stays NaN.

    Examples
    --------
    >>> maintenance_margin(np.array([100e6, 200e6]), Tiers((0.0, 150e6), (40.0, 20.0))).tolist()
    [1250000.0, 3125000.0]
    """
    return bracketed(notional, tiers.lower_bounds, tiers.maintenance_rates)


def initial_margin(notional: FloatArray, tiers: Tiers, leverage: float) -> FloatArray:
    """Return the initial margin of positions at the leverage that is set, in USDC.

    The tier of the whole notional caps the leverage. Margin never falls below maintenance, whatever the tiers are.

    Examples
    --------
    >>> initial_margin(np.array([100e6, 200e6]), Tiers((0.0, 150e6), (40.0, 20.0)), leverage=25.0).tolist()
    [4000000.0, 10000000.0]
    """
    allowed = bracket_leverage(notional, tiers.lower_bounds, tiers.max_leverages)
    return np.maximum(notional / np.minimum(allowed, leverage), maintenance_margin(notional, tiers))

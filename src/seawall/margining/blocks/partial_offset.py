"""Partial offset: what some portfolios gain in a scenario makes up for a share of what others lose in it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seawall.core.arrays import FloatArray


def partly_offset(pnl: Sequence[FloatArray], *, share: float) -> FloatArray:
    """Return losses and a share of the gains, added up over several portfolios, of the shape of each.

    One portfolio by itself keeps its gains, for within it everything offsets whole. Two that both gain count less than
    they gain, which no largest loss looks at.

    Parameters
    ----------
    pnl
        Profit and loss of each portfolio, `(A, S)`; NaN stays NaN.
    share
        The share of a gain that counts against another's loss: 0 to 1.

    Examples
    --------
    >>> partly_offset([np.array([100.0, -100.0]), np.array([-80.0, -80.0])], share=0.9).tolist()
    [10.0, -180.0]
    """
    assert pnl, "there is at least one portfolio"
    total = np.zeros_like(pnl[0])
    for one in pnl:
        total = total + np.where(one > 0.0, share * one, one)
    return total

"""Continuous funding: from how far a perpetual trades above spot to what a position pays."""

from __future__ import annotations

import numpy as np

PERIOD_SECONDS = 28_800.0
"""Rates are quoted for eight hours; funding accrues each second."""


def raw_funding_rate(
    basis: float, *, baseline: float, clamp: float, largest: float, multiplier: float = 1.0
) -> float:  # fmt: skip
    """Return the rate of eight hours: the basis drawn towards the baseline by at most the clamp, and capped.

    Examples
    --------
    >>> round(raw_funding_rate(0.0008, baseline=0.0001, clamp=0.0005, largest=0.02), 12)
    0.0003
    """
    drawn = basis + float(np.clip(baseline - basis, -clamp, clamp))
    return float(np.clip(multiplier * drawn, -largest, largest))


def funding_premium(rate: float, spot: float, cash_price: float = 1.0) -> float:
    """Return what one coin long pays in eight hours, in the cash coin."""
    return rate * spot / cash_price


def index_advance(premium: float, seconds: float, period_seconds: float = PERIOD_SECONDS) -> float:
    """Return how far the funding index moves in a time at a premium.

    Examples
    --------
    >>> index_advance(18.0, 60.0)
    0.0375
    """
    return premium * seconds / period_seconds


def funding_pnl(position: float, advance: float, cash_price: float = 1.0) -> float:
    """Return the profit of a position while the index moves, USD: longs pay where it rises.

    Examples
    --------
    >>> funding_pnl(0.5, 0.0375)
    -0.01875
    """
    return -position * advance * cash_price

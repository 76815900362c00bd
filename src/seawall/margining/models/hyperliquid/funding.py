"""Funding: what longs pay to shorts each hour, from the premium of the book over the oracle. Exact."""

from __future__ import annotations

from fractions import Fraction

from seawall.margining.models.hyperliquid.borrowing import exact

HOURS_COUNT = 8
"""The rate is stated for eight hours and paid each hour, an eighth of it."""


def premium(impact_bid: float, impact_ask: float, oracle: float) -> Fraction:
    """Return the premium of a sample: how far the book's impact prices leave the oracle's on one side.

    Examples
    --------
    >>> float(premium(10_100, 10_110, 10_000)), float(premium(9_980, 9_990, 10_000))
    (0.01, -0.001)
    """
    bid, ask, fair = exact(impact_bid), exact(impact_ask), exact(oracle)
    return (max(bid - fair, Fraction(0)) - max(fair - ask, Fraction(0))) / fair


def funding_rate(average_premium: float | Fraction, *, interest_8h: float, clamp: float, cap_1h: float) -> Fraction:
    """Return the rate for eight hours, no more in an hour than the cap.

    Examples
    --------
    >>> float(funding_rate(0.01, interest_8h=0.0001, clamp=0.0005, cap_1h=0.04))
    0.0095
    """
    mean, bound = exact(average_premium), exact(clamp)
    rate = mean + min(max(exact(interest_8h) - mean, -bound), bound)
    most = exact(cap_1h) * HOURS_COUNT
    return min(max(rate, -most), most)


def hourly_payment(size: float, oracle: float, rate_8h: float | Fraction) -> Fraction:
    """Return what a position gets in an hour, in USDC; negative is what it pays. The *oracle* price counts.

    Examples
    --------
    >>> float(hourly_payment(10, 10_000, 0.0095))
    -118.75
    """
    return -exact(size) * exact(oracle) * exact(rate_8h) / HOURS_COUNT

"""Liquidity: how long a position takes to close, what closing it costs, and what margin that asks for on top.

Time. A position of Q in a market that trades V a day, of which a share η may be ours, takes t = Q / (ηV) days. Where
that is longer than the margin period of risk, losses have longer to grow, by the square root of time:

    add-on = base × (√(t / MPOR) - 1)+

Cost. Half the spread, which widens when it is needed (Bangia, Diebold, Schuermann and Stroughair, 1999), and the impact
of the trade itself by the square-root law (Almgren et al., 2005; Donier and Bonart, 2015):

    cost = P |Q| (s + a σ_s) / 2 + Y σ √(|Q| / V) P |Q|

Liquidity-adjusted VaR is VaR plus that cost: spreads are taken to be wide on the day of the loss.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from seawall.core.arrays import FloatArray
from seawall.core.errors import InputError, Problem


def days_to_liquidate(size: npt.ArrayLike, daily_volume: npt.ArrayLike, *, participation: float) -> FloatArray:
    """Return the days that closing takes; infinite where nothing is traded, NaN where the volume is not known.

    Parameters
    ----------
    size, daily_volume : float
        In one unit; sizes may be signed.
    participation
        Share of the volume that may be ours, above 0 and at most 1.

    Examples
    --------
    >>> days_to_liquidate([-50.0, 0.0, 1.0], [100.0, 0.0, 0.0], participation=0.1).tolist()
    [5.0, 0.0, inf]
    """
    _check("participation", participation, above=0.0, upto=1.0)
    held, volume = np.abs(np.asarray(size, dtype=np.float64)), np.asarray(daily_volume, dtype=np.float64)
    _not_negative("daily_volume", volume)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(held == 0.0, 0.0, held / (participation * volume)), dtype=np.float64)


def horizon_add_on(base: npt.ArrayLike, days: npt.ArrayLike, *, margin_period_days: float) -> FloatArray:
    """Return the add-on for positions that take longer to close than the margin period of risk.

    Parameters
    ----------
    base : float
        Margin or VaR over the margin period, >= 0.
    days : float
        Days that closing takes.
    margin_period_days
        Margin period of risk, above 0.

    Examples
    --------
    >>> horizon_add_on(100.0, [1.0, 4.0, 9.0], margin_period_days=1.0).tolist()
    [0.0, 100.0, 200.0]
    """
    _check("margin_period_days", margin_period_days, above=0.0)
    need, time = np.asarray(base, dtype=np.float64), np.asarray(days, dtype=np.float64)
    _not_negative("base", need)
    with np.errstate(invalid="ignore"):
        stretch = np.maximum(np.sqrt(time / margin_period_days) - 1.0, 0.0)
        return np.asarray(np.where(need == 0.0, 0.0, need * stretch), dtype=np.float64)


def spread_cost(
    notional: npt.ArrayLike, spread: npt.ArrayLike, *, spread_deviation: npt.ArrayLike = 0.0, widening: float = 0.0
) -> FloatArray:
    """Return half the spread on a notional, the spread widened by some of its own standard deviations.

    Parameters
    ----------
    notional : float
        Price times size; the sign does not count.
    spread, spread_deviation : float
        Relative to the price: mean and standard deviation.
    widening
        Standard deviations; Bangia et al. find 2 to 4.5.

    Examples
    --------
    >>> spread_cost(-1e6, 0.001, spread_deviation=0.0005, widening=3.0).tolist()
    1250.0
    """
    _not_negative("widening", np.asarray(widening, dtype=np.float64))
    wide = np.asarray(spread, dtype=np.float64) + widening * np.asarray(spread_deviation, dtype=np.float64)
    _not_negative("spread", wide)
    return np.asarray(0.5 * np.abs(np.asarray(notional, dtype=np.float64)) * wide, dtype=np.float64)


def impact_cost(
    notional: npt.ArrayLike, daily_volume_usd: npt.ArrayLike, *, daily_vol: float, coefficient: float
) -> FloatArray:
    """Return what a trade moves the price against itself: Y σ √(Q/V) times the notional.

    Parameters
    ----------
    notional, daily_volume_usd : float
        In one currency. Where nothing is traded the cost is infinite.
    daily_vol
        Relative, per day.
    coefficient
        Y, about one.

    Examples
    --------
    >>> impact_cost(1e6, 1e8, daily_vol=0.03, coefficient=1.0).tolist()
    3000.0
    """
    _not_negative("daily_vol", np.asarray(daily_vol, dtype=np.float64))
    _not_negative("coefficient", np.asarray(coefficient, dtype=np.float64))
    worth, volume = np.abs(np.asarray(notional, dtype=np.float64)), np.asarray(daily_volume_usd, dtype=np.float64)
    _not_negative("daily_volume_usd", volume)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(worth == 0.0, 0.0, worth / volume)
    scale = coefficient * daily_vol
    return np.asarray(np.where(worth * scale == 0.0, 0.0, scale * np.sqrt(share) * worth), dtype=np.float64)


def liquidity_horizon_shortfall(shortfalls: npt.ArrayLike, horizons_days: npt.ArrayLike, *, base_days: float) -> float:
    """Return ES over several liquidity horizons, as the Basel framework adds them up (MAR33.4 and 33.5).

    Parameters
    ----------
    shortfalls : (J,) float
        ES over `base_days` of all factors, of those with the second horizon and longer, and so on.
    horizons_days : (J,) float
        Rising; the first is `base_days`.
    base_days
        Horizon that every ES is of.

    Examples
    --------
    >>> round(liquidity_horizon_shortfall([100.0, 60.0], [10.0, 20.0], base_days=10.0), 6)
    116.619038
    """
    parts, ends = np.asarray(shortfalls, dtype=np.float64), np.asarray(horizons_days, dtype=np.float64)
    _check("base_days", base_days, above=0.0)
    if parts.shape != ends.shape or parts.ndim != 1 or len(parts) == 0:
        raise InputError(Problem("shortfalls", parts.shape, "there is one ES for each horizon"))
    if not (np.diff(ends) > 0.0).all() or ends[0] != base_days:
        raise InputError(Problem("horizons_days", ends.tolist(), f"horizons rise from {base_days:g}"))
    stretch = np.concatenate([[1.0], np.diff(ends) / base_days])
    return float(np.sqrt(np.sum(parts**2 * stretch)))


def _check(field: str, number: float, *, above: float, upto: float = np.inf) -> None:
    if not above < number <= upto or not np.isfinite(number):
        bound = "a finite number" if upto == np.inf else f"at most {upto:g}"
        raise InputError(Problem(field, number, f"it is above {above:g} and {bound}"))


def _not_negative(field: str, numbers: FloatArray) -> None:
    if (numbers < 0.0).any():
        raise InputError(Problem(field, float(np.nanmin(numbers)), "it is not negative"))

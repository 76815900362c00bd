"""When a price first touches a level: closed forms of the geometric Brownian motion.

They are the exact case that simulations are held against, and the number for a book whose only risk is one price that
moves without leaps. Formulas: reflection principle; Reiner and Rubinstein (1991) as printed by Haug (1998).
"""

from __future__ import annotations

from math import erfc, exp, inf, isfinite, log, sqrt

from seawall.core.errors import InputError, Problem

BGK_SHIFT = 0.5825971579390106
"""-zeta(1/2) / sqrt(2 pi): how many standard deviations of a step a barrier that is looked at step by step lies further
away (Broadie, Glasserman and Kou 1997)."""
_ROOT_HALF = sqrt(0.5)


def normal_cdf(x: float) -> float:
    """Return the probability of a standard normal number below x, with full relative precision in both tails.

    Examples
    --------
    >>> normal_cdf(0.0), f"{normal_cdf(-20.0):.6e}"
    (0.5, '2.753624e-89')
    """
    return 0.5 * erfc(-x * _ROOT_HALF)


def touch_probability(
    price: float, level: float, years: float, *, vol: float, drift: float = 0.0, step_years: float = 0.0
) -> float:
    """Return the probability that a price touches a level within a time, from either side.

    Parameters
    ----------
    price, level
        Today's price and the level, above 0.
    years
        Time, not negative.
    vol
        Volatility per √year, not negative.
    drift
        Growth rate of the price per year: E[S] = S exp(drift t).
    step_years
        Where the price is only looked at at such steps: the level is shifted away to suit. 0 is always.

    Examples
    --------
    A liquidation price 30 % below, 30 days, 60 % volatility:

    >>> touch_probability(100.0, 70.0, 30 / 365, vol=0.6)
    0.045440001665964...
    """
    _checked(price=price, level=level)
    if not years >= 0.0 or not vol >= 0.0 or not isfinite(drift) or not step_years >= 0.0:
        rule = "time, volatility and steps are not negative, drift is finite"
        raise InputError(Problem("years, vol, drift, step_years", (years, vol, drift, step_years), rule))
    if step_years > 0.0:
        level *= exp((BGK_SHIFT if level > price else -BGK_SHIFT) * vol * sqrt(step_years))
    away = abs(log(level / price))
    if away == 0.0:
        return 1.0
    towards = (drift - 0.5 * vol * vol) if level > price else -(drift - 0.5 * vol * vol)
    return _passage(away, towards, vol, years)


def _passage(away: float, towards: float, vol: float, years: float) -> float:
    """Return the probability that a Brownian motion with a drift towards a level meets it in time."""
    if years == 0.0:
        return 0.0
    if vol == 0.0:
        return 1.0 if towards * years >= away else 0.0
    spread = vol * sqrt(years)
    if years == inf:
        return 1.0 if towards >= 0.0 else exp(2.0 * towards * away / (vol * vol))
    direct = normal_cdf((towards * years - away) / spread)
    power, tail = 2.0 * towards * away / (vol * vol), -(towards * years + away) / spread
    return min(direct + _exp_times_cdf(power, tail), 1.0)


def _exp_times_cdf(power: float, x: float) -> float:
    """Return exp(power) N(x), where the one may overflow while the other vanishes."""
    if x > -30.0:
        return exp(min(power, 700.0)) * normal_cdf(x)
    # N(x) = exp(-x²/2) / (|x| sqrt(2 pi)) (1 - 1/x² + 3/x⁴), to 1e-8 of itself from here on
    series = 1.0 - 1.0 / x**2 + 3.0 / x**4
    exponent = power - 0.5 * x * x
    return exp(exponent) * series / (-x * sqrt(6.283185307179586)) if exponent > -745.0 else 0.0


def cash_at_touch(
    price: float, level: float, cash: float, years: float, *, rate: float, dividend_yield: float = 0.0, vol: float
) -> float:
    """Return today's value of cash that is paid when a price touches a level.

    Examples
    --------
    Haug (1998), page 95:

    >>> round(cash_at_touch(105.0, 100.0, 15.0, 0.5, rate=0.10, vol=0.20), 4)
    9.7264
    """
    _checked(price=price, level=level)
    if not vol > 0.0 or not years > 0.0:
        raise InputError(Problem("vol, years", (vol, years), "volatility and time are above 0"))
    away = abs(log(level / price))
    if away == 0.0:
        return cash
    sign = 1.0 if level > price else -1.0
    towards = sign * (rate - dividend_yield - 0.5 * vol * vol)
    # Discounting at r is a first passage under the drift sqrt(m² + 2 r v²), weighed by exp((m - that) a / v²).
    square = towards * towards + 2.0 * rate * vol * vol
    if square < 0.0:
        raise InputError(Problem("rate", rate, "discounting a touch needs m² + 2 r v² >= 0"))
    tilted = sqrt(square)
    return cash * exp((towards - tilted) * away / (vol * vol)) * _passage(away, tilted, vol, years)


def cash_at_expiry_if_touched(
    price: float, level: float, cash: float, years: float, *, rate: float, dividend_yield: float = 0.0, vol: float
) -> float:
    """Return today's value of cash that is paid at the end if a price has touched a level by then.

    Examples
    --------
    >>> round(cash_at_expiry_if_touched(105.0, 100.0, 15.0, 0.5, rate=0.10, vol=0.20), 4)
    9.3604
    """
    chance = touch_probability(price, level, years, vol=vol, drift=rate - dividend_yield)
    return cash * exp(-rate * years) * chance


def expected_touch_years(price: float, level: float, *, vol: float, drift: float) -> float:
    """Return the mean time until a level is touched; infinite where it may never be.

    Examples
    --------
    >>> round(expected_touch_years(100.0, 120.0, vol=0.2, drift=0.12), 6)
    1.823216
    """
    _checked(price=price, level=level)
    sign = 1.0 if level > price else -1.0
    towards = sign * (drift - 0.5 * vol * vol)
    return abs(log(level / price)) / towards if towards > 0.0 else inf


def _checked(**prices: float) -> None:
    problems = [
        Problem(name, value, "it is above 0 and finite") for name, value in prices.items() if not 0.0 < value < inf
    ]
    if problems:
        raise InputError(problems)

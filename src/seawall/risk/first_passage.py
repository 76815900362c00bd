"""When a price first touches a level: closed forms of the geometric Brownian motion.

They are the exact case that simulations are held against, and the number for a book whose only risk is one price that
moves without leaps. Formulas: reflection principle; Reiner and Rubinstein (1991) as printed by Haug (1998); two levels
after Darling and Siegert (1953), as Borodin and Salminen (2002, 3.0.6) print them.
"""

from __future__ import annotations

from itertools import count
from math import cos, erfc, exp, expm1, inf, isfinite, log, pi, sin, sqrt

from seawall.core.errors import InputError, Problem

BGK_SHIFT = 0.5825971579390106
"""-zeta(1/2) / sqrt(2 pi): how many standard deviations of a step a barrier that is looked at step by step lies further
away (Broadie, Glasserman and Kou 1997)."""
IMAGES_UNTIL = 0.25
"""Variance over the squared width of an interval up to which mirror images are summed; eigenfunctions from there on."""
ROUNDING = 1e-18
"""Share of a sum at which the next term of a series is nothing."""
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
    _checked_motion(years, vol, drift, step_years)
    level = _seen(level, price, vol, step_years)
    away = abs(log(level / price))
    if away == 0.0:
        return 1.0
    towards = (drift - 0.5 * vol * vol) if level > price else -(drift - 0.5 * vol * vol)
    return _passage(away, towards, vol, years)


def exit_probabilities(
    price: float, lower: float, upper: float, years: float, *, vol: float, drift: float = 0.0, step_years: float = 0.0
) -> tuple[float, float]:
    """Return the probabilities that a price leaves an interval within a time by its lower level, and by its upper.

    Their sum is the probability that it leaves at all. Both keep their digits where leaving is rare: what is summed is
    the probability itself and not what is left of 1.

    Parameters
    ----------
    price
        Today's; at a level or beyond it has left.
    lower, upper
        The levels; 0 and infinite where there is none.
    years, vol, drift, step_years
        As for `touch_probability`.

    Examples
    --------
    Levels 15 % below and above, a week, 60 % volatility; then over a year, when it has left almost surely:

    >>> down, up = exit_probabilities(100.0, 85.0, 115.0, 7 / 365, vol=0.6)
    >>> round(down, 9), round(up, 9)
    (0.054712866, 0.086262794)
    >>> round(sum(exit_probabilities(100.0, 85.0, 115.0, 1.0, vol=0.6)), 9)
    0.999999996
    """
    _checked(price=price)
    _checked_motion(years, vol, drift, step_years)
    if not 0.0 <= lower < upper:
        raise InputError(Problem("lower, upper", (lower, upper), "the lower level is at least 0 and below the upper"))
    if price <= lower or price >= upper:
        return (1.0, 0.0) if price <= lower else (0.0, 1.0)
    lower, upper = (_seen(level, price, vol, step_years) for level in (lower, upper))
    below = log(price / lower) if lower > 0.0 else inf
    above = log(upper / price) if upper < inf else inf
    rising = drift - 0.5 * vol * vol
    down, up = _one_side(below, above, -rising, vol, years), _one_side(above, below, rising, vol, years)
    whole = max(down + up, 1.0)  # rounding alone takes it over 1
    return down / whole, up / whole


def _seen(level: float, price: float, vol: float, step_years: float) -> float:
    """Return a level, further away where it is only looked at step by step."""
    return level * exp((BGK_SHIFT if level > price else -BGK_SHIFT) * vol * sqrt(step_years)) if step_years else level


def _passage(away: float, towards: float, vol: float, years: float) -> float:
    """Return the probability that a Brownian motion with a drift towards a level meets it in time."""
    variance = vol * vol
    if years == 0.0 or away == inf:
        return 0.0
    if variance == 0.0:
        return 1.0 if towards * years >= away else 0.0
    if years == inf:
        return 1.0 if towards >= 0.0 else exp(2.0 * towards * away / variance)
    spread = vol * sqrt(years)
    ahead, behind = (towards * years - away) / spread, -(towards * years + away) / spread
    return min(normal_cdf(ahead) + _mirrored(2.0 * towards * away / variance, behind, ahead), 1.0)


def _mirrored(power: float, x: float, ahead: float) -> float:
    """Return exp(power) N(x), where power = (x² - ahead²) / 2 and the one may overflow while the other vanishes."""
    if x > -30.0:
        return exp(power) * normal_cdf(x)
    # N(x) = exp(-x²/2) / (|x| sqrt(2 pi)) (1 - 1/x² + 3/x⁴ - 15/x⁶ + 105/x⁸), to 2e-12 of itself from here on
    small = 1.0 / (x * x)
    series = 1.0 - small * (1.0 - 3.0 * small * (1.0 - 5.0 * small * (1.0 - 7.0 * small)))
    return exp(-0.5 * ahead * ahead) * series / (-x * sqrt(2.0 * pi))


def _one_side(near: float, far: float, towards: float, vol: float, years: float) -> float:
    """Return the probability of meeting a level in time, and before another one on the other side.

    The path is mirrored at one level after the other. An image is the level of a single passage at a distance z, and
    the drift weighs it by exp(m (x - z) / v²). A drift away is one towards, times exp(-2 |m| x / v²).
    """
    width, variance = near + far, vol * vol
    if far == inf or near == inf or variance == 0.0 or years == 0.0:
        return _passage(near, towards, vol, years)
    pull = abs(towards) / variance
    away = exp((towards / variance - pull) * near)
    if variance * years > IMAGES_UNTIL * width * width:
        return away * _late_side(near, far, pull, variance * years)
    found = 0.0
    for k in count():
        one, other = 2.0 * k * width + near, 2.0 * (k + 1) * width - near
        more = [exp(pull * (near - z)) * _passage(z, abs(towards), vol, years) for z in (one, other)]
        found += more[0] - more[1]
        if more[0] <= ROUNDING * found:
            break
    return away * max(found, 0.0)


def _late_side(near: float, far: float, pull: float, variance: float) -> float:
    """Return the same by eigenfunctions, for a drift towards the level: what is left by it in the end, less the rest.

    The rest is the sum over n of (n pi / d²) sin(n pi x / d) exp(m x - e t) / e, with e = m²/2 + (n pi / d)²/2.
    """
    width = near + far
    ratio = far / width
    if pull * width > ROUNDING:
        ratio = expm1(-2.0 * pull * far) / expm1(-2.0 * pull * width)
    rest = 0.0
    for n in count(1):
        wave = n * pi / width
        speed = 0.5 * (pull * pull + wave * wave)
        weight = wave / (width * speed) * exp(pull * near - speed * variance)
        if weight <= ROUNDING * ratio:
            break
        rest += weight * (sin(wave * near) if near < far else -cos(pi * n) * sin(wave * far))
    return max(ratio - rest, 0.0)


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


def _checked_motion(years: float, vol: float, drift: float, step_years: float) -> None:
    if not years >= 0.0 or not 0.0 <= vol * vol < inf or not vol >= 0.0 or not isfinite(drift) or not step_years >= 0.0:
        rule = "time, volatility and steps are not negative; drift and the volatility's square are finite"
        raise InputError(Problem("years, vol, drift, step_years", (years, vol, drift, step_years), rule))

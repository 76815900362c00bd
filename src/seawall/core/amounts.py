"""How amounts are written for people, in a terminal and on a page; machines get every digit."""

from __future__ import annotations

import math

WHOLE_DOLLARS_FROM = 10_000.0
"""Cents below this only, USD: a terminal is narrow."""
PLAIN_UP_TO = 1e12
"""Larger amounts are written with an exponent, so that no digit is cut off."""
_UNITS = ((1e9, "bn"), (1e6, "m"), (1e4, "k"))


def amount(number: float, currency: str) -> str:
    """Return an amount in a currency: six places for coin; cents for dollars, as long as cents can matter.

    What rounds to zero has no sign.

    Examples
    --------
    >>> amount(1234.5, "USD"), amount(123_456.7, "USD"), amount(-0.0314159, "BTC"), amount(-1e-10, "USD")
    ('1,234.50', '123,457', '-0.031416', '0.00')
    """
    if math.isnan(number):
        return "n/a"
    if abs(number) >= PLAIN_UP_TO:
        return f"{number:.6g}"
    places = 6
    if currency.startswith("USD"):
        places = 2 if abs(number) < WHOLE_DOLLARS_FROM else 0
    return f"{number:z,.{places}f}"


def compact(number: float) -> str:
    """Return a number in at most seven characters, signed, for a cell of a grid.

    Examples
    --------
    >>> compact(-123_456.0), compact(0.0123456), compact(0.0), compact(float("nan"))
    ('-123k', '+.0123', '0', 'n/a')
    """
    if math.isnan(number):
        return "n/a"
    if number == 0.0:
        return "0"
    if abs(number) >= 1e12:
        return f"{number:+.1e}".replace("e+", "e")
    for unit, name in _UNITS:
        if abs(number) >= unit:
            return f"{number / (1e3 if name == 'k' else unit):+.3g}{name}"
    if abs(number) >= 1.0:
        return f"{number:+,.0f}" if abs(number) >= 100.0 else f"{number:+.3g}"
    if abs(number) < 5e-5:
        return f"{number:+.0e}".replace("e-0", "e-")
    return f"{number:+.4f}".replace("0.", ".", 1)


def ratio(number: float) -> str:
    """Return a margin ratio as per cent: 100 % is liquidation."""
    if math.isnan(number):
        return "n/a"
    return "no equity" if math.isinf(number) else f"{number:z.1%}"

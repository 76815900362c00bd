"""`--depth BTC=50e6`: what is given on the command line, as the library takes it."""

from __future__ import annotations

from collections.abc import Sequence

from seawall.core.errors import InputError, Problem


def depths(given: Sequence[str] | None) -> dict[str, float]:
    """Return USD within one per cent of the price, by underlying.

    Raises
    ------
    InputError
        When one is not of the form `BTC=50e6`, or names an underlying twice.

    Examples
    --------
    >>> depths(["btc=50e6"])
    {'BTC': 50000000.0}
    """
    found: dict[str, float] = {}
    problems = []
    for text in given or ():
        name, _, number = (part.strip() for part in text.upper().partition("="))
        try:
            usd = float(number)
        except ValueError:
            usd = 0.0
        if not name or name in found or not 0.0 < usd < float("inf"):
            rule = "it is UNDERLYING=USD, as BTC=50e6, above 0, and names an underlying once"
            problems.append(Problem("depth", text, rule))
        found[name] = usd
    if problems:
        raise InputError(problems)
    return found

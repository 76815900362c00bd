"""`--vol BTC=0.6`: numbers by factor, as they are given on the command line."""

from __future__ import annotations

import math
from collections.abc import Sequence

from seawall.core.errors import InputError, Problem


def factor_numbers(given: Sequence[str], *, flag: str, rule: str, above: float = -math.inf) -> dict[str, float]:
    """Return a number for each factor.

    Parameters
    ----------
    given
        Texts of the form `BTC=0.6` or `BTC vol=0.9`.
    flag, rule
        What an error names and says.
    above
        The least number that is taken.

    Raises
    ------
    InputError
        When one has another form, is not finite or below the least, or names a factor twice.

    Examples
    --------
    >>> factor_numbers(["btc=-0.3", "BTC VOL=0.5"], flag="shock", rule="it is FACTOR=MOVE")
    {'BTC': -0.3, 'BTC vol': 0.5}
    """
    found: dict[str, float] = {}
    problems = []
    for text in given:
        name, _, number = (part.strip() for part in text.partition("="))
        coin, _, kind = name.partition(" ")
        factor = f"{coin.upper()} {kind.strip().lower()}".strip()
        try:
            value = float(number)
        except ValueError:
            value = math.nan
        if not coin or factor in found or not math.isfinite(value) or value < above:
            problems.append(Problem(flag, text, rule))
        found[factor] = value
    if problems:
        raise InputError(problems)
    return found


def one_or_by_coin(given: Sequence[str] | None, *, flag: str) -> float | dict[str, float] | None:
    """Return one number for all coins where it stands alone, else one for each by name.

    Examples
    --------
    >>> one_or_by_coin(["-0.05"], flag="jump-mean"), one_or_by_coin(["BTC=4", "ETH=5"], flag="mean-reversion")
    (-0.05, {'BTC': 4.0, 'ETH': 5.0})
    """
    if not given:
        return None
    rule = "it is one number for all coins, or COIN=NUMBER for each, and names each once"
    if len(given) == 1 and "=" not in given[0]:
        return factor_numbers([f"all={given[0]}"], flag=flag, rule=rule)["ALL"]
    return dict(factor_numbers(given, flag=flag, rule=rule))

"""Flags that say how outcomes are made, for every command that measures value at risk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Group, Parameter

from seawall.core.errors import InputError, Problem

if TYPE_CHECKING:
    from seawall.api.outcomes import Outcomes

_GROUP = Group("Outcomes", sort_key=1)


@Parameter(name="*", group=_GROUP)
@dataclass(frozen=True, kw_only=True)
class OutcomeFlags:
    """How outcomes are made.

    Parameters
    ----------
    method
        `monte-carlo` draws moves, `historical` takes those of --returns, `filtered` takes them at today's volatility,
        `delta-gamma` is the book as a quadratic form, without outcomes.
    returns
        A CSV file of daily prices with the header `date,BTC,ETH`; a column `BTC vol` is an implied volatility.
    days
        Horizon; 1 where left out.
    vol
        `BTC=0.6` a year, `"BTC vol=0.9"` of its implied volatilities; the market's own, and measured ones, where left
        out.
    correlation
        Of any two coins, and of their volatilities; 0.75, as measured, where left out.
    dof
        Degrees of freedom of Student-t moves; lognormal moves where left out.
    count
        Draws; 20,000 where left out.
    seed
        Where draws start; the same seed gives the same figures. 1 where left out.
    decay
        What a day weighs of the one after it: 1 for `historical`, 0.94 for the volatility of `filtered`.
    confidence
        Of VaR and ES.
    """

    method: Literal["monte-carlo", "historical", "filtered", "delta-gamma"] = "monte-carlo"
    returns: Path | None = None
    days: float | None = None
    vol: Annotated[list[str] | None, Parameter(negative=())] = None
    correlation: float | None = None
    dof: int | None = None
    count: int | None = None
    seed: int | None = None
    decay: float | None = None
    confidence: float = 0.99

    @property
    def stated(self) -> dict[str, Any]:
        """What was given for the method, as `value_at_risk` takes it."""
        names = ("returns", "days", "correlation", "dof", "count", "seed", "decay")
        given = {name: getattr(self, name) for name in names} | {"vols": vols(self.vol) if self.vol else None}
        return {name: value for name, value in given.items() if value is not None}

    def outcomes(self) -> Outcomes:
        """Return the method with what was given for it, checked."""
        from seawall.api.outcomes import Outcomes  # with the scenarios, which not every command needs

        return Outcomes(method=self.method, **self.stated)


def vols(given: Sequence[str]) -> dict[str, float]:
    """Return volatilities by factor.

    Raises
    ------
    InputError
        When one is not of the form `BTC=0.6`, or names a factor twice.

    Examples
    --------
    >>> vols(["btc=0.6", "BTC VOL=0.9"])
    {'BTC': 0.6, 'BTC vol': 0.9}
    """
    found: dict[str, float] = {}
    problems = []
    for text in given:
        name, _, number = (part.strip() for part in text.partition("="))
        coin, _, kind = name.partition(" ")
        factor = f"{coin.upper()} {kind.strip().lower()}".strip()
        try:
            vol = float(number)
        except ValueError:
            vol = -1.0
        if not coin or factor in found or not 0.0 <= vol < float("inf"):
            rule = 'it is COIN=VOLATILITY a year, as BTC=0.6 or "BTC vol=0.9", not below 0, and names each once'
            problems.append(Problem("vol", text, rule))
        found[factor] = vol
    if problems:
        raise InputError(problems)
    return found

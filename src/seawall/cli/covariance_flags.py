"""Flags that say how far prices and volatilities move, for commands that look at the way to a call."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Group, Parameter

from seawall.cli.outcome_flags import vols
from seawall.core.errors import InputError, Problem

_GROUP = Group("Moves", sort_key=1)


@Parameter(name="*", group=_GROUP)
@dataclass(frozen=True, kw_only=True)
class CovarianceFlags:
    """How far prices and volatilities move, and how they move together.

    Parameters
    ----------
    returns
        A CSV file of daily prices, as for `seawall var`.
    vol
        `BTC=0.6` a year, `"BTC vol=0.9"` of its implied volatilities; the market's own, and measured ones, where left
        out.
    correlation
        Of any two coins, and of their volatilities; 0.75, as measured, where left out.
    price_vol_correlation
        Of a price with its volatilities; none, as measured, where left out.
    """

    returns: Path | None = None
    vol: Annotated[list[str] | None, Parameter(negative=())] = None
    correlation: float | None = None
    price_vol_correlation: float | None = None

    @property
    def stated(self) -> dict[str, Any]:
        """What was given but volatilities, as `sw.reverse_stress` and `sw.vulnerability` take it."""
        names = ("returns", "correlation", "price_vol_correlation")
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}

    @property
    def vols(self) -> dict[str, float] | None:
        """Volatilities by factor; None where none was given."""
        return vols(self.vol) if self.vol else None

    @property
    def vol_of_the_driver(self) -> dict[str, float] | float | None:
        """The same; a number alone is of the coin that drives the account."""
        if self.vol and len(self.vol) == 1 and "=" not in self.vol[0]:
            try:
                return float(self.vol[0])
            except ValueError:
                rule = 'it is a number a year, as 0.6, or COIN=VOLATILITY, as BTC=0.6 or "BTC vol=0.9"'
                raise InputError(Problem("vol", self.vol[0], rule)) from None
        return self.vols

    def refuse_without(self, flag: str) -> None:
        """Refuse what is given where nothing reads it."""
        given = {one.name: value for one in fields(self) if (value := getattr(self, one.name)) is not None}
        if given:
            told = {name: ", ".join(value) if isinstance(value, list) else str(value) for name, value in given.items()}
            raise InputError([Problem(name, value, f"it is of {flag}") for name, value in told.items()])

"""Flags that say how outcomes are made, for every command that measures value at risk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from cyclopts import Group, Parameter

from seawall.cli.factor_numbers import factor_numbers, one_or_by_coin

if TYPE_CHECKING:
    from seawall.api.outcomes import Outcomes

_GROUP = Group("Outcomes", sort_key=1)
_Texts: TypeAlias = Annotated[list[str] | None, Parameter(negative=(), allow_leading_hyphen=True)]
WithOutcomes: TypeAlias = Literal[
    "monte-carlo", "merton", "heston", "conditional", "historical", "filtered", "extreme-value"
]
Method: TypeAlias = Literal[WithOutcomes, "delta-gamma"]
_AS_GIVEN = (
    "returns", "days", "correlation", "price_vol_correlation", "dof", "count", "seed", "decay", "filter", "tail_share",
    "jump_rate", "stressed_correlation",
)  # fmt: skip
_OF_COINS = ("jump_mean", "jump_sd", "mean_reversion", "long_run_vol", "vol_of_vol")


@Parameter(name="*", group=_GROUP)
@dataclass(frozen=True, kw_only=True)
class OutcomeFlags:
    """How outcomes are made.

    Parameters
    ----------
    method
        `monte-carlo` draws moves, `merton` with jumps, `heston` with a volatility of its own, `conditional` around
        --shock; `historical` takes moves of --returns, `filtered` at today's volatility, `extreme-value` draws with
        their Pareto tails; `delta-gamma` is the book as a quadratic form, without outcomes.
    returns
        A CSV file of daily prices with the header `date,BTC,ETH`. Other columns are `BTC vol`, an implied volatility;
        `BTC carry`, the rate a year at which its forwards grow; `BTC perpetual`, the gap to the spot, and `BTC
        funding`, paid in the step, as fractions; `USDT asset`, what is settled in, in USD. What came after the snapshot
        is left out.
    days
        Horizon; 1 where left out.
    vol
        `BTC=0.6` a year, `"BTC vol=0.9"` of its implied volatilities; the market's own, and measured ones, where left
        out.
    correlation
        Of any two coins, and of their volatilities; 0.75, as measured, where left out.
    price_vol_correlation
        Of a coin with its volatilities; none, as measured, where left out.
    dof
        Degrees of freedom of Student-t moves; lognormal moves where left out. Of `extreme-value`, 4.
    count
        Draws; 20,000 where left out.
    seed
        Where draws start; the same seed gives the same figures. 1 where left out.
    decay
        What a day weighs of the one after it: 1 for `historical`, 0.94 for the filter `ewma`.
    filter
        How volatile each past day was: by weights that decay, or by GARCH(1,1) fitted to the history.
    tail_share
        Share of past moves in each tail of `extreme-value`; 0.1 where left out.
    jump_rate
        Jumps a year of `merton`, and of `heston` where it shall jump.
    jump_mean
        Mean of a jump's logarithm, of all coins, or `BTC=-0.05`.
    jump_sd
        Its standard deviation, likewise.
    mean_reversion
        How fast the variance of `heston` returns a year.
    long_run_vol
        The volatility that it returns to; today's where left out.
    vol_of_vol
        Volatility of its variance; so that volatilities of 30 days move as they do, where left out.
    shock
        `BTC=-0.3`, `"BTC vol=0.5"`: what is known to move in `conditional`; all else is drawn around what follows.
    stressed_correlation
        Of any two coins, and of their volatilities, in `conditional`.
    confidence
        Of VaR and ES.
    """

    method: Method = "monte-carlo"
    returns: Path | None = None
    days: float | None = None
    vol: _Texts = None
    correlation: float | None = None
    price_vol_correlation: float | None = None
    dof: int | None = None
    count: int | None = None
    seed: int | None = None
    decay: float | None = None
    filter: Literal["ewma", "garch"] | None = None
    tail_share: float | None = None
    jump_rate: float | None = None
    jump_mean: _Texts = None
    jump_sd: _Texts = None
    mean_reversion: _Texts = None
    long_run_vol: _Texts = None
    vol_of_vol: _Texts = None
    shock: _Texts = None
    stressed_correlation: float | None = None
    confidence: float = 0.99

    @property
    def stated(self) -> dict[str, Any]:
        """What was given for the method, as `value_at_risk` takes it."""
        given: dict[str, Any] = {name: getattr(self, name) for name in _AS_GIVEN}
        given |= {name: one_or_by_coin(getattr(self, name), flag=name.replace("_", "-")) for name in _OF_COINS}
        given |= {"vols": vols(self.vol) if self.vol else None, "shocks": shocks(self.shock) if self.shock else None}
        return {name: value for name, value in given.items() if value is not None}

    def outcomes(self) -> Outcomes:
        """Return the method with what was given for it, checked."""
        from seawall.api.outcomes import Outcomes  # with the scenarios, which not every command needs

        return Outcomes(method=self.method, **self.stated)


@Parameter(name="*", group=_GROUP)
@dataclass(frozen=True, kw_only=True)
class DrawnOutcomeFlags(OutcomeFlags):
    """How outcomes are made, where a book as a quadratic form is none.

    Parameters
    ----------
    method
        `monte-carlo` draws moves, `merton` with jumps, `heston` with a volatility of its own, `conditional` around
        --shock; `historical` takes moves of --returns, `filtered` at today's volatility, `extreme-value` draws with
        their Pareto tails.
    """

    method: WithOutcomes = "monte-carlo"


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
    rule = 'it is COIN=VOLATILITY a year, as BTC=0.6 or "BTC vol=0.9", not below 0, and names each once'
    return factor_numbers(given, flag="vol", rule=rule, above=0.0)


def shocks(given: Sequence[str]) -> dict[str, float]:
    """Return moves of core factors.

    Raises
    ------
    InputError
        When one is not of the form `BTC=-0.3`, or names a factor twice.
    """
    rule = 'it is FACTOR=MOVE, as BTC=-0.3 or "BTC vol=0.5", and names each once'
    return factor_numbers(given, flag="shock", rule=rule)

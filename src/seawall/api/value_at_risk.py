"""`value_at_risk`: what a book can lose, by any scenarios, and what each holding makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeAlias

from seawall.api.books import BookSource, load_book
from seawall.api.covariances import coins_of, covariance_for
from seawall.api.history import HistorySource
from seawall.api.outcomes import Outcomes, made_outcomes
from seawall.api.snapshots import SnapshotSource, grammar_of, load_snapshot
from seawall.core.errors import InputError, Problem
from seawall.core.time import DAYS_PER_YEAR
from seawall.market import MarketSnapshot
from seawall.portfolio import Book
from seawall.risk.quadratic_report import quadratic_report
from seawall.risk.tail_report import TailReport, tail_report
from seawall.scenarios import ScenarioSet
from seawall.scenarios.maker import ScenarioMaker

OutcomeSource: TypeAlias = str | ScenarioSet | ScenarioMaker | Outcomes
DEFAULT_METHOD = "monte-carlo"


def value_at_risk(
    book: BookSource,
    snapshot: SnapshotSource,
    scenarios: OutcomeSource = DEFAULT_METHOD,
    *,
    confidence: float = 0.99,
    account: str | None = None,
    returns: HistorySource | None = None,
    days: float | None = None,
    vols: Mapping[str, float] | None = None,
    correlation: float | None = None,
    dof: int | None = None,
    count: int | None = None,
    seed: int | None = None,
    decay: float | None = None,
    by_holding: bool = True,
    check_lots: bool = True,
) -> TailReport:
    """Return value at risk and expected shortfall of every account, and what each holding makes of them.

    Parameters
    ----------
    book, snapshot, check_lots
        As in `margin`.
    scenarios
        A scenario set or what makes one, or the name of a method. `monte-carlo` draws from volatilities that are stated
        or the market's own. `historical` takes what happened in `returns`, `filtered` the same at today's volatility.
        `delta-gamma` is the quadratic form with its exact quantile, and takes nothing apart by holding.
    confidence
        Of both figures, such as 0.99.
    account
        Only this one.
    returns
        A history or a CSV file of daily prices, with the header `date,BTC,ETH`; Monte Carlo and delta-gamma take
        volatilities and correlations of it.
    days
        Horizon, 1 where left out; past days in a row where the method is of history.
    vols
        A year's volatility by factor: `{"BTC": 0.6, "BTC vol": 0.9}`, the second of BTC's implied volatilities. Where
        one is left out: that of the option nearest to the money and to 30 days; 4.6 % a day for implied volatilities.
    correlation
        Of any two coins, and of their volatilities; 0.75 where left out.
    dof
        Degrees of freedom of Student-t moves, which come together; lognormal moves where left out.
    count, seed
        Draws, 20,000 where left out; and where they start, 1.
    decay
        What a historical day weighs of the one after it, 1 where left out; of `filtered`, that of the volatility, 0.94.
    by_holding
        Take each account apart by holding; many accounts are told sooner without.

    Raises
    ------
    InputError
        When an input can't be read, or a method does not read what is given.

    Examples
    --------
    >>> import seawall as sw
    >>> found = sw.value_at_risk("demo", "deribit-btc-2026-08-01", vols={"BTC": 0.6}, account="short_strangle")
    >>> low, high = found["short_strangle"].risk.value_at_risk_interval
    >>> bool(low < found["short_strangle"].risk.value_at_risk < high)
    True
    """
    market = load_snapshot(snapshot)
    held = load_book(book, snapshot=market, check_lots=check_lots)
    if account is not None:
        held = held.take([held.row(account)])
    stated = {"returns": returns, "days": days, "vols": vols, "correlation": correlation, "dof": dof, "count": count,
              "seed": seed, "decay": decay}  # fmt: skip
    given = {name: value for name, value in stated.items() if value is not None}
    asked = Outcomes(method=scenarios, **given) if isinstance(scenarios, str) else scenarios  # type: ignore[arg-type]
    if given and asked is scenarios:
        rule = "scenarios that are given hold their own; it goes with the name of a method"
        raise InputError([Problem(name, str(value), rule) for name, value in given.items()])
    parse = grammar_of(market)
    if isinstance(asked, Outcomes) and asked.method == "delta-gamma":
        return _quadratic(asked, held, market, confidence=confidence, check_lots=check_lots)
    made, notes = as_scenarios(asked, held, market)
    found = tail_report(
        held, market, made, confidence=confidence, by_holding=by_holding, check_lots=check_lots, parse=parse
    )
    return replace(found, notes=notes)


def as_scenarios(source: OutcomeSource, book: Book, market: MarketSnapshot) -> tuple[ScenarioSet, tuple[str, ...]]:
    """Return scenarios for a book, given as themselves, as their maker or as a method; and notes on them.

    Raises
    ------
    InputError
        When it is none of these, or a method without scenarios.
    """
    asked = Outcomes(method=source) if isinstance(source, str) else source
    if isinstance(asked, Outcomes):
        if asked.method == "delta-gamma":
            rule = "delta-gamma has no scenarios; limits are checked with monte-carlo, historical or filtered"
            raise InputError(Problem("method", asked.method, rule))
        return made_outcomes(asked, book, market)
    made = asked if isinstance(asked, ScenarioSet) else asked.scenarios() if hasattr(asked, "scenarios") else None
    if not isinstance(made, ScenarioSet):
        rule = "scenarios are a scenario set, what makes one, or the name of a method"
        raise InputError(Problem("scenarios", type(source).__name__, rule))
    return made, (f"{len(made):,} scenarios that were given",)


def _quadratic(
    asked: Outcomes, held: Book, market: MarketSnapshot, *, confidence: float, check_lots: bool
) -> TailReport:
    covariance, notes = covariance_for(asked, coins_of(held, market), market)
    kept = [i for i, name in enumerate(covariance.names) if name.partition(" ")[2] in ("", "vol")]
    matrix = covariance.matrix[kept][:, kept] * (asked.horizon_days / DAYS_PER_YEAR)
    found = quadratic_report(
        held, market, [covariance.names[i] for i in kept], matrix, days=asked.horizon_days, confidence=confidence,
        check_lots=check_lots, parse=grammar_of(market),
    )  # fmt: skip
    horizon = f"{asked.horizon_days:g} day" + ("" if asked.horizon_days == 1.0 else "s")
    told = f"delta-gamma over {horizon}: the book as a quadratic form, with its exact quantile"
    return replace(found, notes=(told, *notes))

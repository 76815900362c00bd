"""`value_at_risk`: what a book can lose, by any scenarios, and what each holding makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeAlias, Unpack

from seawall.api.books import BookSource, load_book
from seawall.api.closing import closing_of
from seawall.api.covariances import coins_of, covariance_for
from seawall.api.outcomes import Outcomes, Stated, made_outcomes
from seawall.api.snapshots import SnapshotSource, grammar_of, load_snapshot
from seawall.api.volumes import VolumeSource
from seawall.core.errors import InputError, Problem
from seawall.core.time import DAYS_PER_YEAR
from seawall.market import MarketSnapshot
from seawall.portfolio import Book
from seawall.risk.liquidity_adjusted import liquidity_adjusted
from seawall.risk.quadratic_report import quadratic_report
from seawall.risk.tail_report import TailReport, tail_report
from seawall.risk.unit_gains import WorkingOn, untold
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
    by_holding: bool = True,
    liquidity: bool = False,
    volumes: VolumeSource | None = None,
    depth_usd: Mapping[str, float] | None = None,
    participation: float | None = None,
    check_lots: bool = True,
    working_on: WorkingOn = untold,
    **stated: Unpack[Stated],
) -> TailReport:
    """Return value at risk and expected shortfall of every account, and what each holding makes of them.

    Parameters
    ----------
    book, snapshot, check_lots
        As in `margin`.
    scenarios
        A scenario set or what makes one, or the name of a method. `monte-carlo` draws from volatilities that are stated
        or the market's own; `merton` adds jumps, `heston` a volatility that moves by itself, and `conditional` draws
        what shocks leave open. `historical` takes what happened in `returns`, `filtered` the same at today's
        volatility, `extreme-value` draws with generalised Pareto tails. `delta-gamma` is the quadratic form with its
        exact quantile, and takes nothing apart by holding.
    confidence
        Of both figures, such as 0.99.
    account
        Only this one.
    by_holding
        Take each account apart by holding; many accounts are told sooner without.
    liquidity
        Also tell what closing costs and how long it takes: the answer is a `LiquidityAdjusted`.
    volumes
        For that: what trades in a day. By underlying in USD, `{"BTC": 1e9}`, in which deltas are closed; by instrument
        in size units, or a CSV file of these.
    depth_usd
        For that, by underlying without a volume: USD within one per cent of the price; measured, where known.
    participation
        For that: share of the volume that may be ours; a tenth where left out, which is assumed.
    working_on
        Is told each step when it is begun, with its name and how many there are.

    Other Parameters
    ----------------
    returns
        A history or a CSV file of daily prices, with the header `date,BTC,ETH`; where a method draws by volatilities,
        they and correlations are of it.
    days
        Horizon, 1 where left out; past days in a row where the method is of history.
    vols
        A year's volatility by factor: `{"BTC": 0.6, "BTC vol": 0.9}`, the second of BTC's implied volatilities. Where
        one is left out: that of the option nearest to the money and to 30 days; 4.6 % a day for implied volatilities.
    correlation, price_vol_correlation
        Of any two coins, and of their volatilities, 0.75 where left out; of a coin with its volatilities, 0.
    dof
        Degrees of freedom of Student-t moves, which come together; lognormal moves where left out. Of `extreme-value`
        those of the copula, 4.
    count, seed
        Draws, 20,000 where left out; and where they start, 1.
    decay
        What a historical day weighs of the one after it, 1 where left out; of the filter `ewma`, 0.94.
    filter
        `ewma` or `garch`: how volatile each day was. `filtered` takes the first where left out, `extreme-value` none.
    tail_share
        Share of the changes in each tail of `extreme-value`; a tenth where left out.
    jump_rate, jump_mean, jump_sd
        Jumps a year, to all coins at once; mean and standard deviation of a jump's logarithm, of all coins or by name.
        They are part of the volatilities, and have no default.
    mean_reversion, long_run_vol, vol_of_vol
        Of `heston`: how fast variance returns a year, which has no default; to which volatility, today's where left
        out; and the volatility of variance, at which volatilities of 30 days move as they do where left out.
    shocks, stressed_correlation
        Of `conditional`: moves by factor, `{"BTC": -0.3, "BTC vol": 0.5}`; the correlation of coins under stress.

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
    given = {name: value for name, value in stated.items() if value is not None}
    asked = Outcomes(method=scenarios, **stated) if isinstance(scenarios, str) else scenarios
    if given and asked is scenarios:
        rule = "scenarios that are given hold their own; it goes with the name of a method"
        raise InputError([Problem(name, str(value), rule) for name, value in given.items()])
    of_liquidity = {"volumes": volumes, "depth_usd": depth_usd, "participation": participation}
    if not liquidity and (left := [name for name, value in of_liquidity.items() if value is not None]):
        raise InputError([Problem(name, str(of_liquidity[name]), "it goes with liquidity=True") for name in left])
    parse = grammar_of(market)
    if isinstance(asked, Outcomes) and asked.method == "delta-gamma":
        found = _quadratic(
            asked, held, market, confidence=confidence, check_lots=check_lots, working_on=working_on
        )  # fmt: skip
        days = asked.horizon_days
    else:
        made, notes = as_scenarios(asked, held, market)
        found = tail_report(
            held, market, made, confidence=confidence, by_holding=by_holding or liquidity, incremental=by_holding,
            check_lots=check_lots, parse=parse, working_on=working_on,
        )  # fmt: skip
        found, days = replace(found, notes=(*notes, *found.notes)), float(made.elapsed_years.max()) * DAYS_PER_YEAR
    if not liquidity:
        return found
    if not days > 0.0:
        rule = "what takes long to close is measured against the time that the scenarios let pass, and they let none"
        raise InputError(Problem("liquidity", "asked for", rule))
    closing, told = closing_of(
        held, market, period_days=days, volumes=volumes, depth_usd=depth_usd, participation=participation,
        vols=stated.get("vols"), returns=stated.get("returns"),
    )  # fmt: skip
    adjusted = liquidity_adjusted(found, held, market, closing, check_lots=check_lots, parse=parse)
    return replace(adjusted, notes=(*found.notes, *told))


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
            rule = "it is the book as a quadratic form and has no outcomes; take any other method, such as monte-carlo"
            raise InputError(Problem("method", asked.method, rule))
        return made_outcomes(asked, book, market)
    made = asked if isinstance(asked, ScenarioSet) else asked.scenarios() if hasattr(asked, "scenarios") else None
    if not isinstance(made, ScenarioSet):
        rule = "scenarios are a scenario set, what makes one, or the name of a method"
        raise InputError(Problem("scenarios", type(source).__name__, rule))
    return made, (f"{len(made):,} scenarios that were given",)


def _quadratic(
    asked: Outcomes, held: Book, market: MarketSnapshot, *, confidence: float, check_lots: bool, working_on: WorkingOn
) -> TailReport:
    covariance, notes = covariance_for(
        asked, coins_of(held, market), market, price_vol_correlation=asked.price_vol_correlation
    )
    kept = [i for i, name in enumerate(covariance.names) if name.partition(" ")[2] in ("", "vol")]
    matrix = covariance.matrix[kept][:, kept] * (asked.horizon_days / DAYS_PER_YEAR)
    found = quadratic_report(
        held, market, [covariance.names[i] for i in kept], matrix, days=asked.horizon_days, confidence=confidence,
        check_lots=check_lots, parse=grammar_of(market), working_on=working_on,
    )  # fmt: skip
    horizon = f"{asked.horizon_days:g} day" + ("" if asked.horizon_days == 1.0 else "s")
    told = f"delta-gamma over {horizon}: the book as a quadratic form, with its exact quantile"
    return replace(found, notes=(told, *notes, *found.notes))

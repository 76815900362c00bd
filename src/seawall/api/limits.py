"""`check_limits`: a book against the limits of its desk; and limits from a file, for trades before they are done."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from seawall.api.books import BookSource, load_book
from seawall.api.margins import DEFAULT_POLICY, PolicySource, as_policy, with_stand_ins
from seawall.api.snapshots import SnapshotSource, grammar_of, load_snapshot
from seawall.api.value_at_risk import DEFAULT_METHOD, OutcomeSource, as_scenarios
from seawall.api.volumes import VolumeSource, load_volumes
from seawall.core.errors import InputError, Problem
from seawall.market import MarketSnapshot
from seawall.portfolio import Book
from seawall.risk.concentration import Liquidity
from seawall.risk.limit_check import RiskInputs, limit_report
from seawall.risk.limits import WHOLE, LimitReport, Limits, read_limits
from seawall.scenarios import ScenarioSet

LimitSource: TypeAlias = Limits | str | Path
_OF_OUTCOMES = ("value_at_risk_usd", "expected_shortfall_usd")
LARGEST_BYTES = 10_000_000


def check_limits(
    book: BookSource,
    snapshot: SnapshotSource,
    limits: LimitSource,
    policy: PolicySource = DEFAULT_POLICY,
    *,
    scenarios: OutcomeSource = DEFAULT_METHOD,
    confidence: float = 0.99,
    daily_volume: VolumeSource | None = None,
    drawdowns: Mapping[str, float] | None = None,
    stand_ins: Mapping[str, str] | None = None,
    check_lots: bool = True,
) -> LimitReport:
    """Return how every limit of a book stands.

    Parameters
    ----------
    book, snapshot, policy, stand_ins, check_lots
        As in `margin`.
    limits
        A TOML file, or limits that were read.
    scenarios, confidence
        For limits on value at risk and expected shortfall, as in `value_at_risk`.
    daily_volume
        Size units that trade in a day, by instrument or in a CSV file, for limits on days to liquidate; such a limit is
        unavailable where one is left out.
    drawdowns
        Fall of equity from its peak by account, as a share of the peak, for limits on it; `*` is all accounts together.
        `seawall.risk.limit_check.drawdown` takes it from a path of equity.

    Raises
    ------
    InputError
        When an input can't be read, or a limit names an account that the book does not have.

    Examples
    --------
    >>> import seawall as sw
    >>> from seawall.risk.limits import Limit, Limits
    >>> desk = Limits("desk", (Limit("vega", "vega_usd", lower=-500_000),))
    >>> [row.account for row in sw.check_limits("demo", "deribit-btc-2026-08-01", desk).breaches]
    ['short_strangle']
    """
    market = load_snapshot(snapshot)
    held = load_book(book, snapshot=market, check_lots=check_lots)
    wanted = as_limits(limits)
    [chosen] = with_stand_ins([as_policy(policy, time=market.time_ns)], stand_ins, held, market)
    inputs, notes = risk_inputs(
        wanted, held, market, scenarios=scenarios, confidence=confidence, daily_volume=daily_volume, drawdowns=drawdowns
    )
    found = limit_report(held, market, chosen, wanted, inputs, check_lots=check_lots, parse=grammar_of(market))
    return replace(found, notes=notes)


def as_limits(source: LimitSource) -> Limits:
    """Return limits given as themselves or as a TOML file.

    Raises
    ------
    InputError
        When the file can't be read, or with everything that is wrong in it.
    """
    if isinstance(source, Limits):
        return source
    path = Path(source)
    try:
        if path.stat().st_size > LARGEST_BYTES:
            rule = f"a file of limits has at most {LARGEST_BYTES:,} bytes"
            raise InputError(Problem("limits", f"{path.stat().st_size:,} bytes", rule, where=path.name))
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise InputError(Problem("limits", str(source), f"it is a TOML file that can be read: {why}")) from None
    return read_limits(text, where=path.name)


def risk_inputs(
    limits: Limits,
    book: Book,
    market: MarketSnapshot,
    *,
    scenarios: OutcomeSource = DEFAULT_METHOD,
    confidence: float = 0.99,
    daily_volume: VolumeSource | None = None,
    drawdowns: Mapping[str, float] | None = None,
) -> tuple[RiskInputs, tuple[str, ...]]:
    """Return what limits need beyond book, market and policy, and notes on the scenarios; none are made in vain."""
    fallen = _drawdowns(book, drawdowns or {})
    made: ScenarioSet | None = None
    notes: tuple[str, ...] = ()
    if any(limit.measure in _OF_OUTCOMES for limit in limits.limits):
        made, notes = as_scenarios(scenarios, book, market)
        notes = (f"VaR and ES with {confidence:g} confidence", *notes)
    return RiskInputs(made, confidence, Liquidity(load_volumes(daily_volume)), fallen), notes


def _drawdowns(book: Book, given: Mapping[str, float]) -> dict[str, float]:
    """Return falls from the peak as they are given; what can't be one, or is of nobody, is refused."""
    known = (*book.accounts, WHOLE)
    problems = [
        Problem("drawdown", account, f"its account is one of {', '.join(known[:12])}", where=book.origin)
        for account in given if account not in known
    ]  # fmt: skip
    problems += [
        Problem("drawdown", fall, "it is a share of the peak, 0 or more, such as 0.08", where=account)
        for account, fall in given.items() if not 0.0 <= fall < math.inf
    ]  # fmt: skip
    if problems:
        raise InputError(problems)
    return {account: float(fall) for account, fall in given.items()}

"""OKX's `account/position-builder` as a margin answer: market, book, policy and the numbers that it states.

The answer prints positions in contracts, marks and equities, but neither contract values nor any index. Public answers
may stand beside it (`public/instruments`, `public/opt-summary`, `market/index-tickers`); what they do not say is solved
from the answer's own numbers (`unprinted`), and told. Options need them: no answer prints a forward or a volatility.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from seawall.core.errors import InputError, Problem
from seawall.core.time import NS_PER_MS, iso
from seawall.instruments import InstrumentTable, Option
from seawall.market import MarketSnapshot, Origin
from seawall.portfolio import Account, Book
from seawall.portfolio.book import LARGEST_AMOUNT
from seawall.venues.okx.answers import BUILDER, endpoint
from seawall.venues.okx.builder_lines import NEEDED, HeldLine, held_lines
from seawall.venues.okx.builder_messages import DOCUMENT, BuilderAnswer, read_answer
from seawall.venues.okx.builder_policy import policy_of
from seawall.venues.okx.builder_prices import prices_of
from seawall.venues.okx.builder_stated import stated_numbers
from seawall.venues.okx.decode import public_rows, snapshot_from_answers
from seawall.venues.okx.legs import Leg, netted, profit
from seawall.venues.okx.reading import rows_of
from seawall.venues.reply import MarginReply

SIGN = "riskUnitData"
"""What tells such an answer from any other."""
CASH_DIGITS = 12
"""Digits of a cash balance that survive the subtraction of a profit from an equity."""
NOISE = 1e-14
"""Share of the largest equity that such a subtraction may leave as noise."""


def reply_from_document(document: object, *, origin: str) -> MarginReply | None:
    """Return a position-builder answer as policy, market, book and stated numbers; None for any other document.

    Parameters
    ----------
    document
        The answer, with or without its envelope; or an object that holds it under `account/position-builder` and public
        answers under theirs.
    origin
        Where it was read, for messages.

    Raises
    ------
    InputError
        With every problem found: what is malformed, and what the numbers were made from and nobody says.
    """
    found = _body(document, origin)
    if found is None:
        return None
    path, body, beside = found
    problems: list[Problem] = []
    answer = read_answer(body, path=path, problems=problems)
    public = _public(beside, origin, problems) if not problems else None
    if answer is None or problems:
        raise InputError([replace(one, where=f"{origin}, {one.where}") for one in problems])
    return _reply(answer, public)


def _body(document: object, origin: str) -> tuple[str, Mapping[str, Any], Mapping[Any, Any]] | None:
    """Return the answer's one row, with its path, and what stands beside it."""
    beside: Mapping[Any, Any] = {}
    inner: object = document
    if isinstance(document, Mapping) and SIGN not in document and "data" not in document:
        named = [key for key in document if endpoint(key) == BUILDER]
        if len(named) != 1:
            return None
        inner, beside = document[named[0]], {key: part for key, part in document.items() if key != named[0]}
    elif not _holds_units(document):
        return None
    rows = rows_of(inner, document=origin)
    if len(rows) != 1 or not isinstance(rows[0][1], Mapping) or SIGN not in rows[0][1]:
        rule = f"an answer of the position builder is one row with {SIGN}"
        raise InputError(Problem("data", f"{len(rows)} rows", rule, where=origin))
    return rows[0][0], rows[0][1], beside


def _holds_units(answer: object) -> bool:
    if isinstance(answer, Mapping) and "data" in answer:
        answer = answer["data"]
    if isinstance(answer, list | tuple):
        answer = answer[0] if answer else None
    return isinstance(answer, Mapping) and SIGN in answer


def _public(beside: Mapping[Any, Any], origin: str, problems: list[Problem]) -> MarketSnapshot | None:
    answers = public_rows(beside, where=origin)
    if not any(answers.values()):
        return None
    try:
        return snapshot_from_answers(answers, name="beside", source=origin)
    except InputError as error:
        problems.extend(error.problems)
        return None


def _reply(answer: BuilderAnswer, public: MarketSnapshot | None) -> MarginReply:
    problems: list[Problem] = []
    notes: list[str] = []
    held = held_lines(answer, public, notes, problems)
    if problems:
        raise InputError(problems)
    time_ns = answer.totals.message.ts * NS_PER_MS
    policy, said = policy_of(answer, time_ns)
    notes += said
    index, origins = prices_of(answer, public, held, policy=policy, notes=notes, problems=problems)
    lines = [one for several in held.values() for one in several]
    book = _book(answer, lines, problems)
    snapshot = _snapshot(lines, public, index, origins, time_ns, problems)
    if snapshot is None or problems:
        raise InputError(problems)
    stated, left_out = stated_numbers(answer, snapshot, held)
    notes += left_out
    return MarginReply(policy, replace(snapshot, notes=tuple(notes)), book, stated, tuple(notes))


def _book(answer: BuilderAnswer, lines: Sequence[HeldLine], problems: list[Problem]) -> Book:
    """Return the account: cash is what an equity holds besides the profit and the options that belong to it."""
    marks = {one.fact.name: one.mark for one in lines}
    facts = {one.fact.name: one.fact for one in lines}
    positions, _ = netted(Leg(one.fact, one.size, one.row.message.avg_px or math.nan) for one in lines)
    balances = {row.message.ccy: row.message.avail_eq or 0.0 for row in answer.assets}
    for position in positions:
        fact, mark = facts[position.instrument], marks[position.instrument]
        if isinstance(fact, Option):
            worth = position.size * mark
        else:
            worth = profit(Leg(fact, position.size, position.entry_price), position.size, mark)
        if fact.settlement not in balances:
            rule = f"{position.instrument} is paid in {fact.settlement}, and the answer has no entry for it"
            problems.append(Problem("assets", fact.settlement, rule, where=DOCUMENT))
        balances[fact.settlement] = balances.get(fact.settlement, 0.0) - worth
    largest = max((abs(row.message.avail_eq or 0.0) for row in answer.assets), default=0.0)
    cash = {asset: _rounded(amount, largest) for asset, amount in balances.items() if amount}
    beyond = [asset for asset, amount in cash.items() if not abs(amount) <= LARGEST_AMOUNT]
    problems += [Problem("assets", asset, f"cash is at most {LARGEST_AMOUNT:g}", where=DOCUMENT) for asset in beyond]
    if problems:
        return Book.of([])
    return Book.of([Account("position-builder", tuple(positions), cash)], origin=DOCUMENT)


def _rounded(amount: float, largest: float) -> float:
    """Return a cash balance without the noise of the subtraction that it comes from."""
    short = float(f"{amount:.{CASH_DIGITS}g}")
    return short if abs(amount - short) <= NOISE * largest else amount


def _snapshot(
    lines: Sequence[HeldLine],
    public: MarketSnapshot | None,
    index: Mapping[str, float],
    origins: Mapping[str, Origin],
    time_ns: int,
    problems: list[Problem],
) -> MarketSnapshot | None:
    """Return the market of what is held, at the answer's own marks; an option's forward and volatility are public."""
    first: dict[str, HeldLine] = {}
    rule = "the long and the short of one contract have one mark"
    problems.extend(
        one.row.problem("markPx", one.mark, rule)
        for one in lines
        if first.setdefault(one.fact.name, one).mark != one.mark
    )
    forward, vol = [], []
    for one in first.values():
        ahead, shaken = one.mark, math.nan
        if isinstance(one.fact, Option):
            ahead = math.nan
            if public is not None and one.fact.name in public.table:
                n = public.table.position(one.fact.name)
                ahead, shaken = float(public.forward[n]), float(public.vol[n])
            if math.isnan(ahead) or math.isnan(shaken):
                problems.append(one.row.problem("markVol", "missing", NEEDED.format("public/opt-summary")))
        forward.append(ahead)
        vol.append(shaken)
        expiry_ns = getattr(one.fact, "expiry_ns", None)
        if expiry_ns is not None and expiry_ns <= time_ns:
            problems.append(one.row.problem("instId", one.fact.name, f"it expired before the answer, {iso(time_ns)}"))
    if problems:
        return None
    return MarketSnapshot.of(
        InstrumentTable.of([one.fact for one in first.values()]),
        name="position builder", venue="okx", source="account/position-builder", time_ns=time_ns, index=dict(index),
        index_origin=dict(origins), mark=[one.mark for one in first.values()], forward=forward, vol=vol,
    )  # fmt: skip

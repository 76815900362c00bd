"""`public/instruments` as instruments: names joined with the contract values that only the listing knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from seawall.core.errors import InputError, Problem
from seawall.core.time import NS_PER_MS
from seawall.instruments import Future, Instrument, Option, Perpetual, Spot
from seawall.venues.okx import symbols
from seawall.venues.okx.messages import InstrumentMessage
from seawall.venues.okx.reading import Row, product, typed

DOCUMENT = "instruments"
PAIRS = ("SPOT", "MARGIN")
"""The same pair is listed under both where it can be traded on margin."""
OTHER_PRODUCTS = ("EVENTS",)
"""Kinds that OKX lists and seawall does not read."""
_KINDS: dict[str, type] = {"SWAP": Perpetual, "FUTURES": Future, "OPTION": Option}


def listed(
    rows: Sequence[tuple[str, object]], *, problems: list[Problem], document: str = DOCUMENT
) -> tuple[dict[str, Instrument], list[str]]:
    """Return the listed instruments by name, and the names of those that seawall does not read.

    `contract_size` is `ctVal * ctMult`, in base asset or, for inverse futures, in USD; `lot` is the listed step of
    contracts in the same unit. What is wrong is added to `problems`.
    """
    facts: dict[str, Instrument] = {}
    others: list[str] = []
    paths: dict[str, tuple[str, str]] = {}
    for row in typed(rows, InstrumentMessage, document=document, problems=problems):
        name, kind = row.message.inst_id, row.message.inst_type
        if kind in OTHER_PRODUCTS or symbols.is_other_product(name):
            others.append(name)
            continue
        if name in paths:
            path, first = paths[name]
            if not (kind != first and kind in PAIRS and first in PAIRS):
                problems.append(row.problem("instId", name, f"it stands once; it is at {path} already"))
            continue
        paths[name] = (row.path, kind)
        fact = _pair(row, problems) if kind in PAIRS else _contract(row, problems)
        if fact is not None:
            facts[name] = fact
    return facts, others


def _pair(row: Row[InstrumentMessage], problems: list[Problem]) -> Instrument | None:
    """Return a spot pair, which may be quoted in what a bare name may not."""
    message = row.message
    base, quote = message.base_ccy, message.quote_ccy
    if not (base and quote):
        fact = _parsed(row, problems)
        if fact is not None and not isinstance(fact, Spot):
            problems.append(row.problem("instType", message.inst_type, f"its name says {_word(fact)}"))
        return None if fact is None else replace(fact, lot=message.lot_sz or 0.0)
    if message.inst_id != f"{base}-{quote}" or base == quote:
        rule = f"a pair is named after its base and its quote, which are {base[:20]!r} and {quote[:20]!r}"
        problems.append(row.problem("instId", message.inst_id, rule))
        return None
    return Spot(name=message.inst_id, underlying=base, quote=quote, settlement=quote, lot=message.lot_sz or 0.0)


def _contract(row: Row[InstrumentMessage], problems: list[Problem]) -> Instrument | None:
    """Return a derivative with contract size and lot as listed, if the row agrees with its name."""
    message = row.message
    fact = _parsed(row, problems)
    if fact is None:
        return None
    if not isinstance(fact, _KINDS.get(message.inst_type, ())):
        problems.append(row.problem("instType", message.inst_type, f"its name says {_word(fact)}"))
        return None
    assert not isinstance(fact, Spot), "a spot pair is of none of the kinds asked for"
    unit = fact.quote if fact.inverse and not isinstance(fact, Option) else fact.underlying
    said: list[tuple[str, object, object]] = [("ctValCcy", message.ct_val_ccy, unit)]
    if message.ct_type:
        said.append(("ctType", message.ct_type, "inverse" if fact.inverse else "linear"))
    if fact.inverse or fact.quote in symbols.LINEAR_QUOTES:  # the united family is paid in one of several dollars
        said.append(("settleCcy", message.settle_ccy, fact.settlement))
    if isinstance(fact, Option):
        expiry_ms = fact.expiry_ns // NS_PER_MS
        said += [("optType", message.opt_type, "C" if fact.is_call else "P"), ("stk", message.stk, fact.strike),
                 ("expTime", message.exp_time, expiry_ms)]  # fmt: skip
    wrong = [(field, value, f"its name says {told}") for field, value, told in said if value not in (None, "", told)]
    if isinstance(fact, Future) and message.exp_time is not None:
        if message.exp_time * NS_PER_MS > fact.expiry_ns:
            wrong.append(("expTime", message.exp_time, f"its name says {fact.expiry_ns // NS_PER_MS}"))
        fact = replace(fact, expiry_ns=message.exp_time * NS_PER_MS)  # OKX may take a future offline before its day
    for field, amount in (("ctVal", message.ct_val), ("ctMult", message.ct_mult)):
        if amount is None:
            wrong.append((field, "", "a contract is worth ctVal times ctMult, and both are listed"))
    problems.extend(row.problem(*fault) for fault in wrong)
    if wrong or message.ct_val is None or message.ct_mult is None:
        return None
    size = product(message.ct_val, message.ct_mult)
    if not size > 0.0:
        problems.append(row.problem("ctVal", message.ct_val, "ctVal times ctMult is above 0"))
        return None
    return replace(fact, contract_size=size, lot=product(message.lot_sz or 0.0, size))


def _parsed(row: Row[InstrumentMessage], problems: list[Problem]) -> Instrument | None:
    try:
        return symbols.parse(row.message.inst_id)
    except InputError as error:
        problems.extend(row.problem("instId", fault.value, fault.rule) for fault in error.problems)
        return None


def _word(fact: Instrument) -> str:
    return type(fact).__name__.lower()

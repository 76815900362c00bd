"""Deribit's worked examples of standard margin on perpetuals, through the model that users run."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from seawall.instruments import Future, InstrumentTable, Perpetual
from seawall.margining import evaluate
from seawall.market import MarketSnapshot
from seawall.policy import at
from seawall.portfolio import Account, Book, Position
from seawall.venues.deribit import symbols
from tests.vectors.case import Document, Finding, each, not_understood, relative, strangers

POLICY = "deribit/s_sm/2022-01-11"
"""The linear-increment rates, which the examples explain."""
TIME_NS = 1_735_689_600_000_000_000
"""1 January 2025: any instant before the rates were replaced; no number of a perpetual depends on it."""
TOLERANCE = 1e-12
BASE_RATES = {"im": "initial_base", "mm": "maintenance_base"}
VENUE_PRICES = ("index_price", "mark_price")
_MARGIN = re.compile(r"(im|mm)(_.*)?|(initial|maintenance)_margin.*")


def read(document: Document) -> Iterator[Finding]:
    yield from strangers(document, ("cases",))
    yield from each(document.get("cases"), _case, named_by=("instrument", "pos"))


def _case(name: str, case: Mapping[str, Any]) -> Iterator[Finding]:
    instrument, position = symbols.parse(case["instrument"]), float(case["pos"])
    if not isinstance(instrument, Future | Perpetual):
        yield not_understood(name, "worked examples are of futures and perpetuals")
        return
    in_coin = case.get("price") is not None or not instrument.inverse
    price = _price(case)
    ours = _margins(instrument, price, position if in_coin else position / price)
    if isinstance(ours, str):
        yield not_understood(name, ours)
        return
    compared = 0
    for field in sorted(case):
        theirs = case[field]
        if theirs is None or not _MARGIN.fullmatch(field.lower()):
            continue
        compared += 1
        if field.lower() in ours:
            yield relative(f"{name} {field}", ours[field.lower()], float(theirs), TOLERANCE)
        else:
            yield not_understood(f"{name} {field}", f"no number of ours has that name; we have {', '.join(ours)}")
    if not compared:
        yield not_understood(name, "no margin is expected")


def _price(case: Mapping[str, Any]) -> float:
    """Return the price of an example. Beside `price`, sizes are in coin; beside the venue's own names, in its units."""
    names = ("price",) if case.get("price") is not None else VENUE_PRICES
    stated = {float(case[field]) for field in names if case.get(field) is not None}
    if len(stated) != 1 or not 0.0 < min(stated) < math.inf:
        raise ValueError(f"an example has one price above 0, not {sorted(stated)}")
    return stated.pop()


def _margins(instrument: Future | Perpetual, price: float, coins: float) -> dict[str, float] | str:
    """Return both margins in every unit that an example may state them in, or why there are none."""
    inverse, base, policy = instrument.inverse, instrument.underlying.lower(), at(POLICY)
    if missing := [path for path in BASE_RATES.values() if not policy.has(f"future.{base}.{path}")]:
        return f"{POLICY} has no future.{base}.{missing[0]}"
    snapshot = MarketSnapshot.of(
        InstrumentTable.of([instrument]), name="example", venue="deribit", source="worked example", time_ns=TIME_NS,
        index={instrument.underlying: price, instrument.settlement: price if inverse else 1.0}, mark=[price],
    )  # fmt: skip
    size = coins * price if inverse else coins
    held = (Position(instrument.name, size),) if size else ()
    [margins] = evaluate(Book.of([Account("example", held)]), snapshot, [policy], check_lots=False)
    [row] = margins
    if row.unavailable:
        return row.unavailable
    found: dict[str, float] = {}
    for prefix, amount in (("im", row.initial_margin), ("mm", row.maintenance_margin)):
        usd = amount * (price if inverse else 1.0)
        found |= dict.fromkeys((f"{prefix}_usd", f"{prefix}_usdc"), usd)
        found[f"{prefix}_{instrument.settlement.lower()}"] = amount
        found |= dict.fromkeys((f"{prefix}_base", f"{prefix}_{base}"), usd / price)
        at_nothing = policy.number(f"future.{base}.{BASE_RATES[prefix]}")  # where a line of rates begins
        found[f"{prefix}_rate"] = usd / (abs(coins) * price) if coins else at_nothing
    return found

"""Deribit's worked examples of standard margin on perpetuals, through the model that users run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from seawall.instruments import InstrumentTable
from seawall.margining import evaluate
from seawall.market import MarketSnapshot
from seawall.policy import at
from seawall.portfolio import Account, Book, Position
from seawall.venues.deribit import symbols
from tests.vectors.case import Document, Finding, not_understood, relative, strangers

POLICY = "deribit/s_sm/2022-01-11"
"""The linear-increment rates, which the examples explain."""
TIME_NS = 1_735_689_600_000_000_000
"""1 January 2025: any instant before the rates were replaced; no number of a perpetual depends on it."""
TOLERANCE = 1e-12
FIELDS = ("im_rate", "im_base", "im_usdc", "im_usd", "mm_rate", "mm_base", "mm_usdc", "mm_usd")


def read(document: Document) -> Iterator[Finding]:
    yield from strangers(document, ("cases",))
    for number, case in enumerate(document.get("cases", [])):
        yield from _case(f"{number} {case.get('instrument', '?')} {case.get('pos', '?')}", case)


def _case(name: str, case: Mapping[str, Any]) -> Iterator[Finding]:
    try:
        instrument = symbols.parse(case["instrument"])
        price, position = float(case["price"]), float(case["pos"])
        inverse = getattr(instrument, "inverse", False)
        table = InstrumentTable.of([instrument])
    except (KeyError, TypeError, ValueError) as error:
        yield not_understood(name, repr(error))
        return
    index = {instrument.underlying: price, instrument.settlement: price if inverse else 1.0}
    snapshot = MarketSnapshot.of(
        table, name="example", venue="deribit", source="worked example", time_ns=TIME_NS, index=index, mark=[price]
    )
    size = position * price if inverse else position
    book = Book.of([Account("example", (Position(instrument.name, size),))])
    [margins] = evaluate(book, snapshot, [at(POLICY)], check_lots=False)
    to_usd = price if inverse else 1.0
    ours: dict[str, float] = {}
    for prefix, amount in (("im", margins.initial_margin[0]), ("mm", margins.maintenance_margin[0])):
        usd = float(amount) * to_usd
        ours |= {
            f"{prefix}_usd": usd, f"{prefix}_usdc": usd, f"{prefix}_base": usd / price,
            f"{prefix}_rate": usd / (abs(position) * price),
        }  # fmt: skip
    wanted = [field for field in FIELDS if case.get(field) is not None]
    if not wanted:
        yield not_understood(name, "no margin is expected")
    for field in sorted(case):
        if field.startswith(("im_", "mm_")) and field not in FIELDS:
            yield not_understood(f"{name} {field}", "no number of ours has that name")
    for field in wanted:
        yield relative(f"{name} {field}", ours[field], float(case[field]), TOLERANCE)

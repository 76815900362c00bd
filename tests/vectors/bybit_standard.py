"""Bybit's worked examples of option margin in a cross-margin account; its examples of deleveraging come later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from seawall.core.time import to_ns
from seawall.instruments import InstrumentTable, Option
from seawall.margining import evaluate
from seawall.market import MarketSnapshot
from seawall.policy import at
from seawall.portfolio import Account, Book, Position
from tests.vectors.case import Document, Finding, Later, absolute, each, guarded, holds_number, not_understood, unread

POLICY = "bybit/sm"
TIME_NS = to_ns("2024-10-23T08:00:00Z")
"""The day of the page; no number of an example depends on it but through the policy's date."""
EXPIRY_NS = to_ns("2024-12-27T08:00:00Z")
TOLERANCE = 1e-9
"""USD: examples print whole numbers that come out exactly."""
INPUTS = ("S", "K", "type", "qty", "entry", "mark", "base", "coin")
MARGINS = {"expected_mm": "maintenance_margin", "expected_im": "initial_margin"}
NOT_OURS = ("adl",)
"""Sections of parts that are not built yet."""
SHAPES = ("collateral_tier_shape",)
"""Sections that show a message and state no result."""


def read(document: Document) -> Iterator[Finding]:
    found = 0
    for key, section in document.items():
        if not isinstance(section, Mapping | list) or key in SHAPES:
            continue
        if key in NOT_OURS:
            rows = section.get("cases", []) if isinstance(section, Mapping) else section
            yield Later(f"{key}: deleveraging belongs to liquidation", max(len(rows), 1))
        elif isinstance(section, Mapping) and "inputs" in section:
            found += 1
            yield from guarded(key, _example(key, section))
        elif _are_examples(section):
            found += 1
            yield from each(section, _example, name=key)
        elif holds_number(section):
            yield not_understood(key, "no reader for this section")
    if not found:
        yield not_understood("file", "it holds no example")


def _are_examples(section: Any) -> bool:
    rows = section.get("cases") if isinstance(section, Mapping) else section
    return isinstance(rows, list) and bool(rows) and all(isinstance(row, Mapping) and "inputs" in row for row in rows)


def _example(name: str, case: Mapping[str, Any]) -> Iterator[Finding]:
    inputs = case["inputs"]
    yield from unread(name, inputs, INPUTS)
    known = ("inputs", "residual", *MARGINS, *(key for key in case if key.startswith(("formula", "source", "note"))))
    yield from unread(name, case, known)
    wanted = [field for field in MARGINS if case.get(field) is not None]
    if not wanted:
        yield not_understood(name, "no margin is expected")
        return
    if inputs["type"] not in ("put", "call"):
        yield not_understood(name, f"an option is a put or a call, not {inputs['type']!r}")
        return
    index, coin, base = float(inputs["S"]), str(inputs.get("coin", "USDC")), str(inputs.get("base", "BTC"))
    option = Option(
        name=f"{base}-example", underlying=base, quote=coin, settlement=coin, strike=float(inputs["K"]),
        expiry_ns=EXPIRY_NS, is_call=inputs["type"] == "call", inverse=False,
    )  # fmt: skip
    snapshot = MarketSnapshot.of(
        InstrumentTable.of([option]), name="example", venue="bybit", source="worked example", time_ns=TIME_NS,
        index={base: index, coin: 1.0}, mark=[float(inputs["mark"])], forward=[index], vol=[0.5],
    )  # fmt: skip
    entry = float(inputs["entry"]) if inputs.get("entry") is not None else float("nan")
    held = (Position(option.name, float(inputs["qty"]), entry),)
    [margins] = evaluate(Book.of([Account("example", held)]), snapshot, [at(POLICY, TIME_NS)], check_lots=False)
    [row] = margins
    if row.unavailable:
        yield not_understood(name, row.unavailable)
        return
    for field in wanted:
        charged = getattr(row, MARGINS[field])
        borrowed = row.initial["borrow"] if field == "expected_im" else row.maintenance["borrow"]
        yield absolute(f"{name} {field}", charged - borrowed, float(case[field]), TOLERANCE)

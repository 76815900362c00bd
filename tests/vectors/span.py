"""SPAN: published risk arrays put through the rule, and the file of examples of both SPAN and TIMS."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from seawall.core.time import NS_PER_YEAR, to_ns
from seawall.instruments import Future, InstrumentTable
from seawall.margining.catalogue import MODELS
from seawall.margining.figures import computed
from seawall.margining.models.span_portfolio.points import STANDARD, cover, price_moves
from seawall.margining.result import Margins
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy, at
from seawall.portfolio import Account, Book, Position, resolve
from seawall.revaluation import PnlTensor
from tests.vectors import tims
from tests.vectors.case import Document, Finding, absolute, each, guarded, not_understood, same, strangers, unread

POLICY = "span/portfolio/2026-01-01"
NOW_NS = to_ns("2026-01-01")
EXACT = 0.0
NOISE = 1e-12
"""Share of what each position gains or loses: sums that cancel leave this much in a float64."""
SIZE = re.compile(r"[-+]?\s*\d+(?:\.\d+)?")
FOUND = ("requirement", "scan_risk", "worst_scenario", "scenario_pnl", "pnl", "array")
SIDES = {"long": 1.0, "short": -1.0}
SCENARIO_ROUNDING = 1e-12
"""Share of a range: moves that the file prints with all digits of a float64."""
PRINTED_STEP = 10.0
"""USD: the book prints the future's thirds to tens."""


def read(document: Document) -> Iterator[Finding]:
    """Read a table of risk arrays with positions in them."""
    known = ("scenario_definition", "sign", "risk_arrays_long", "notes", "cases", "cross_check")
    yield from strangers(document, known)
    yield from unread("file", {key: document[key] for key in document if key not in (*known, "source")}, ())
    yield from guarded("scenarios", _scenarios(document.get("scenario_definition") or []))
    listed = document.get("risk_arrays_long") or {}
    arrays = {name: [float(one) for one in array] for name, array in listed.items()}
    yield from each(document.get("cases"), lambda name, row: _portfolio(name, row, arrays), named_by=("name",))


def _scenarios(rows: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    if not rows:
        return
    multiple = max(abs(float(row["price_move_in_scan_ranges"])) for row in rows)
    shares, moves = cover(float(rows[-1]["loss_fraction_counted"])), price_moves(1.0, multiple)
    vols = [*(point.vol for point in STANDARD), 0, 0]
    yield same("scenarios", len(moves), len(rows))
    for s, row in enumerate(rows):
        keys = ("n", "price_move_in_scan_ranges", "vol_move_in_scan_ranges", "loss_fraction_counted")
        yield from unread(f"scenario {s + 1}", row, keys)
        yield same(f"scenario {s + 1} number", s + 1, int(row["n"]))
        yield absolute(f"scenario {s + 1} price", moves[s], float(row[keys[1]]), SCENARIO_ROUNDING)
        yield absolute(f"scenario {s + 1} vol", vols[s], float(row[keys[2]]), EXACT)
        yield absolute(f"scenario {s + 1} cover", shares[s], float(row[keys[3]]), EXACT)


def margin(holdings: Sequence[tuple[float, Sequence[float]]]) -> Margins:
    """Return what the rule says of positions whose risk arrays are given: profit of one long, cover fractions applied.

    Nothing but the scanning risk is asked for: charges, credit, minimum and the multiple of initial margin are off.
    """
    base = at(POLICY)
    off = {f"market.btc.{name}": 0.0 for name in ("spread_near", "spread_far", "spread_near_far", "delivery_spread",
                                                  "delivery_outright", "short_option_minimum")}  # fmt: skip
    policy: MarginPolicy = base.with_numbers({**off, "general.initial_factor": 1.0, "general.extreme_cover": 1.0})
    names = [f"contract {i}" for i in range(len(holdings))]
    table = InstrumentTable.of(
        Future(name=name, underlying="BTC", quote="USD", settlement="USD", inverse=False,
               expiry_ns=NOW_NS + NS_PER_YEAR) for name in names
    )  # fmt: skip
    flat = np.ones(len(names))
    snapshot = MarketSnapshot.of(
        table, name="arrays", venue="span", source="risk arrays", time_ns=NOW_NS, index={"BTC": 1.0}, mark=flat,
        forward=flat,
    )  # fmt: skip
    positions = tuple(Position(name, size) for name, (size, _) in zip(names, holdings, strict=True))
    book = resolve(Book.of([Account("account", positions)]), snapshot, check_lots=False)
    model = MODELS[policy.model]
    order = [names.index(name) for name in book.snapshot.table.names]
    gains = np.array([[float(one) for one in holdings[i][1]] for i in order]).T
    tensor = PnlTensor(model.scenarios(policy, book.snapshot), gains, ("USD",), np.ones((len(gains), 1)), {})
    return Margins(policy, model, snapshot, book, tensor, model.requirement(policy, book, tensor))


def _portfolio(name: str, row: Mapping[str, Any], arrays: Mapping[str, Sequence[float]]) -> Iterator[Finding]:
    yield from unread(name, row, ("name", "positions", "note", *FOUND))
    holdings = [(size_of(size), arrays[contract]) for contract, size in row["positions"].items()]
    yield from _found(name, holdings, row)


def size_of(stated: Any) -> float:
    """Return a number of contracts: a number, or a label that holds one, a side, or both: `-1 call`, `short 2 calls`.

    Examples
    --------
    >>> size_of("-1 call"), size_of("short 2 calls"), size_of("long future"), size_of(-0.5)
    (-1.0, -2.0, 1.0, -0.5)
    """
    if isinstance(stated, int | float) and not isinstance(stated, bool):
        return float(stated)
    words = str(stated).lower()
    sides = [sign for side, sign in SIDES.items() if re.search(rf"\b{side}\b", words)]
    number = SIZE.match(words.strip()) or (SIZE.search(words) if sides else None)
    if len(sides) > 1 or not (number or sides):
        raise ValueError(f"{stated!r} says no number of contracts")
    size = float(number[0].replace(" ", "")) if number else 1.0
    return size * sides[0] if sides and size > 0.0 else size


def scenarios_in(stated: Any) -> set[int]:
    """Return the scenarios that a case calls the worst, from 1: a number, a list, `13/14`, `13 or 14`.

    Examples
    --------
    >>> scenarios_in(13), sorted(scenarios_in("13 or 14")), sorted(scenarios_in([13, 14.0]))
    ({13}, [13, 14], [13, 14])
    """
    if isinstance(stated, int | float):
        return {int(stated)}
    if isinstance(stated, list):
        return {int(one) for one in stated}
    return {int(one) for one in re.findall(r"\d+", str(stated))}


def _found(
    name: str, holdings: Sequence[tuple[float, Sequence[float]]], expected: Mapping[str, Any]
) -> Iterator[Finding]:
    found = margin(holdings)
    figures = computed(found)
    noise = NOISE * sum(abs(size) * max(abs(float(one)) for one in array) for size, array in holdings)
    pnl = found.explain().detail.arrays[0].pnl
    compared = 0
    for field in ("requirement", "scan_risk"):
        if field in expected:
            compared += 1
            yield absolute(f"{name} {field}", figures["initial_margin"], float(expected[field]), noise)
            yield absolute(f"{name} {field} as scan risk", figures["native.scan_risk"], float(expected[field]), noise)
    if "worst_scenario" in expected:
        compared += 1
        # Scenarios that are apart by noise alone tie, and the first of them counts; in a book of nothing all do.
        ties = {s + 1 for s, one in enumerate(pnl) if float(one) <= float(np.min(pnl)) + noise}
        stated, active = scenarios_in(expected["worst_scenario"]), int(figures["BTC.active_scenario"])
        yield same(f"{name} active scenario is among the worst", active in ties, True)
        yield same(f"{name} worst scenario", stated if min(ties) in stated else min(ties), stated)
    for key in ("scenario_pnl", "pnl", "array"):
        if key in expected:
            compared += 1
            yield same(f"{name} {key} scenarios", len(pnl), len(expected[key]))
        for s, (mine, theirs) in enumerate(zip(pnl, expected.get(key, ()), strict=False)):
            yield absolute(f"{name} {key} {s + 1}", float(mine), float(theirs), noise)
    if not compared:
        yield not_understood(name, f"it expects none of {', '.join(FOUND)}")


def read_examples(document: Document) -> Iterator[Finding]:
    """Read the file of examples: SPAN's by their arrays, TIMS's by their books."""
    yield from strangers(document, ("cases",))
    yield from each(document.get("cases"), _example, name="case", named_by=("id",))


def _example(name: str, case: Mapping[str, Any]) -> Iterator[Finding]:
    given = case["inputs"]
    if "price_scan_range" in given:
        yield from _range(name, given, case["expected"])
    elif str(case.get("id", "")).startswith("tims") or "legs" in given:
        yield from tims.theory(name, case)
    elif "components" in given or "array" in given:
        yield from unread(name, given, ("array", "components"))
        yield from unread(name, case["expected"], FOUND)
        parts = given.get("components") or [[1, given["array"]]]
        holdings = [(size_of(size), array) for size, array in parts]
        yield from _found(name, holdings, case["expected"])
    else:
        yield not_understood(name, f"no rule takes {sorted(given)}")


def _range(name: str, given: Mapping[str, Any], expected: Mapping[str, Any]) -> Iterator[Finding]:
    """A future's extreme loss: the multiple of the range times the share that is counted."""
    policy, reach = at(POLICY), float(given["price_scan_range"])
    multiple, share = policy.number("general.extreme_multiple"), policy.number("general.extreme_cover")
    yield from unread(name, given, ("price_scan_range",))
    array = [sum(one) * 1.0 for one in zip(price_moves(reach, multiple) * cover(share), strict=True)]
    ours = {
        "book_example_loss": -array[-1],
        "requirement": max(-one for one in array),
    }
    yield from unread(name, expected, (*ours, "array", "worst_scenario", "extreme_move_multiple_of_range"))
    for field, amount in ours.items():
        if field in expected:
            yield absolute(f"{name} {field}", amount, float(expected[field]), 1e-9)
    for s, theirs in enumerate(expected.get("array", ())):
        yield absolute(f"{name} array {s + 1}", array[s], float(theirs), PRINTED_STEP / 2.0)
    if "extreme_move_multiple_of_range" in expected:
        words = str(expected["extreme_move_multiple_of_range"])
        yield same(f"{name} extreme move", True, f"{multiple:g}x" in words and f"{100.0 * share:g}%" in words)

"""Customer portfolio margin: Cboe's table of sample positions, and books of the valuation-point rule worked in full."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from seawall.margining.blocks.partial_offset import partly_offset
from tests.vectors.case import Document, Finding, Later, absolute, each, not_understood, relative, same, unread
from tests.vectors.listed_books import Found, Leg, policy_with, tims

CBOE_YEARS = 57.0 / 365.0
"""From the close of 23 February 2007 to the expiry of 21 April 2007."""
CBOE_RATE = 0.0525
"""The money market's rate of the day."""
MULTIPLIER = 100.0
"""Shares, or units of an index, to a contract."""
SPOTS = {"IBM": 97.73, "SPX": 1451.19, "SPY": 145.30}
"""Closing prices of the day: two of the table, and the index, which the table leaves out."""
YIELDS = {"IBM": 0.0, "SPX": 0.017}
"""IBM paid no dividend between the two days; the index's yield is the published re-computation's."""
CBOE_TOLERANCE = 0.03
"""Share: the table rests on theoretical closes of the day, which are not printed."""
STOCKS = frozenset({"IBM"})
"""Underlyings whose options may be exercised early."""
MINIMUM = 0.375
"""USD for each share or unit of an index under an option."""
ABOUT_A_ROW = frozenset({"name", "under", "legs", "strategy", "portfolio", "repro", "stock", "spdr", "note"})
SHARES = {"stock": None, "spdr": "SPY"}
"""Keys that hold shares; of whom, where it is not the underlying itself."""


def read(document: Document) -> Iterator[Finding]:
    """Read the table of sample positions."""
    rule = document.get("rule") or {}
    yield from unread("file", document, ("cases", "rule", "source", "currency", "leg_format", "repro_method"))
    yield from unread(
        "rule", rule,
        ("points", "equity", "high_cap_broad_index", "other_broad_index", "minimum", "offset_within_class"),
    )  # fmt: skip
    yield from each(document.get("cases"), lambda name, row: _sample(name, row, rule), named_by=("under", "name"))
    rows = [row for row in document.get("cases") or [] if isinstance(row, Mapping) and "strategy" in row]
    if rows:
        yield Later("strategy-based margin", len(rows))


def _sample(name: str, row: Mapping[str, Any], rule: Mapping[str, Any]) -> Iterator[Finding]:
    under = str(row["under"])
    yield from unread(name, row, ABOUT_A_ROW)
    if under not in YIELDS:
        yield not_understood(name, f"no price of {under} is known for that day")
        return
    spot, is_stock = SPOTS[under], under in STOCKS
    legs = []
    for line in row["legs"]:
        contracts, kind, strike, price = line
        word = {"C": "call", "P": "put"}[str(kind).upper()]
        legs.append(
            Leg(under, word, float(contracts) * MULTIPLIER, spot, float(strike), CBOE_YEARS, price=float(price),
                rate=CBOE_RATE, dividend_yield=YIELDS[under], early_exercise=is_stock)
        )  # fmt: skip
    for key, share in SHARES.items():
        if row.get(key):
            legs.append(Leg(under, "stock", float(row[key]), SPOTS[share or under]))
    down, up = rule.get("equity" if is_stock else "high_cap_broad_index", (-0.15, 0.15) if is_stock else (-0.08, 0.06))
    numbers = {"down_move": -float(down), "up_move": float(up), "minimum_usd": MINIMUM}
    found = tims(legs, policy_with({under: numbers}, points_count=5))
    yield relative(f"{name} portfolio margin", found.total, float(row["portfolio"]), CBOE_TOLERANCE)


def theory(name: str, case: Mapping[str, Any]) -> Iterator[Finding]:
    """Read one worked book: legs with their volatilities, valuation points, and what comes of them."""
    given, expected = case["inputs"], case["expected"]
    stated = case.get("tolerance") or {}
    tolerance = float(stated.get("abs", 1e-6))
    if "legs" in given or any(_holds_books(value) for value in given.values()):
        yield from _worked_legs(name, given, expected, tolerance)
    else:
        yield from _worked_arrays(name, given, expected, tolerance)


LEG_KEYS = frozenset({"kind", "type", "contracts", "shares", "qty", "mult", "K", "T", "r", "q", "vol", "sigma", "S"})


MINIMA = ("minimum_per_contract", "min_per_contract", "minimum_per_unit", "min_per_unit", "minimum", "min")
"""Names of the minimum: USD for a contract, or for each unit under it."""
BOOK_KEYS = ("S", "legs", "points", "r", "q", "T", "name", "under", "underlying", "symbol")
KINDS = {
    "call": "call", "c": "call", "put": "put", "p": "put", "future": "future", "fut": "future", "stock": "stock",
    "share": "stock", "shares": "stock", "underlying": "stock", "spot": "stock",
}  # fmt: skip


def _worked_legs(
    name: str, given: Mapping[str, Any], expected: Mapping[str, Any], tolerance: float
) -> Iterator[Finding]:
    """One class, or several of one product group: the same valuation points where a class has none of its own."""
    parts = [key for key, value in given.items() if _holds_books(value)]
    shares = [key for key in given if "offset" in key or key == "share"]
    least = [key for key in given if key in MINIMA]
    yield from unread(name, given, (*BOOK_KEYS, *parts, *shares, *least))
    books = [{**given, **book} for key in parts for book in given[key]] or [given]
    legs: list[Leg] = []
    classes: dict[str, dict[str, object]] = {}
    for i, book in enumerate(books):
        yield from unread(f"{name} class {i}", book, (*BOOK_KEYS, *parts, *shares, *least))
        mult = MULTIPLIER
        for line in book["legs"]:
            yield from unread(f"{name} leg", line, LEG_KEYS)
            leg, of_contract = _leg(line, book, f"S{i}")
            legs.append(leg)
            mult = of_contract or mult
        points = [float(point) for point in book["points"]]
        yield from _points_match(f"{name} class {i}", points, max(-min(points), 0.0), max(points))
        minimum = _minimum(book, mult)
        classes[f"S{i}"] = {"down_move": -min(points), "up_move": max(points), "minimum_usd": minimum}
    offset = float(given[shares[0]]) if shares else 1.0
    found = tims(legs, policy_with(classes, points_count=len(points) // 2, offset=offset))
    [array] = found.detail.arrays
    yield from unread(
        name, expected, ("pnl", "net", "risk", "minimum", "requirement", "worst_point", "worst_scenario")
    )  # fmt: skip
    yield from _compared(name, found, np.asarray(array.pnl), expected, tolerance, points)


def _minimum(book: Mapping[str, Any], mult: float) -> float:
    """Return the minimum for one unit of the underlying: of a contract where the key says so, and else as it stands.

    The rule's words are `0.375 per contract x multiplier`: below a dollar no number is of a whole contract.
    """
    for key in MINIMA:
        if key in book:
            stated = float(book[key])
            return stated / mult if stated >= 1.0 else stated
    return MINIMUM


def _holds_books(value: Any) -> bool:
    """Whether a value is a list of classes, each with legs of its own."""
    return isinstance(value, list) and bool(value) and all(isinstance(one, Mapping) and "legs" in one for one in value)


def _leg(line: Mapping[str, Any], book: Mapping[str, Any], base: str) -> tuple[Leg, float]:
    """Return one leg, and the units in a contract of it; 0 for stock, which is no contract."""
    word = KINDS.get(str(line.get("kind", line.get("type"))).lower())
    if word is None:
        raise ValueError(f"no kind is called {line.get('kind', line.get('type'))!r}")
    count = float(line.get("contracts", line.get("shares", line.get("qty", 0.0))))
    spot = float(line.get("S", book["S"]))
    mult = float(line.get("mult", 1.0 if word == "stock" else MULTIPLIER))
    if word in ("stock", "future"):
        return Leg(base, word, count * mult, spot), 0.0 if word == "stock" else mult
    years = float(line.get("T", book.get("T")))
    rate, dividend = (float(line.get(key, book.get(key, 0.0))) for key in ("r", "q"))
    vol = float(line.get("vol", line.get("sigma")))
    return (
        Leg(base, word, count * mult, spot, float(line["K"]), years, vol=vol, rate=rate, dividend_yield=dividend),
        mult,
    )


def _points_match(name: str, points: list[float], down: float, up: float) -> Iterator[Finding]:
    half = len(points) // 2
    steps = [-down * (half - k) / half for k in range(half)] + [up * (k + 1) / half for k in range(half)]
    worst = max(abs(a - b) for a, b in zip(points, steps, strict=True)) if len(points) == 2 * half else np.inf
    yield absolute(f"{name} valuation points", worst, 0.0, 1e-12)


def _compared(
    name: str, found: Found, pnl: np.ndarray, expected: Mapping[str, Any], tolerance: float, points: list[float]
) -> Iterator[Finding]:
    for field in ("pnl", "net"):
        if field in expected:
            theirs = [float(one) for one in expected[field]]
            yield same(f"{name} {field} points", len(pnl), len(theirs))
            for k, (mine, one) in enumerate(zip(pnl, theirs, strict=False)):
                yield absolute(f"{name} {field} {k}", float(mine), one, tolerance)
    ours = {"risk": found.native("net_loss"), "minimum": found.native("minimum"), "requirement": found.total}
    for field, amount in ours.items():
        if field in expected:
            yield absolute(f"{name} {field}", amount, float(expected[field]), tolerance)
    for field in ("worst_point", "worst_scenario"):
        if field in expected:
            # A point is the move, as the inputs state it; a number of one or more counts from 1, as SPAN's scenarios.
            where, theirs = int(np.argmin(pnl)), float(expected[field])
            yield same(f"{name} {field}", points[where] if abs(theirs) < 1.0 else where + 1.0, theirs)


def _worked_arrays(
    name: str, given: Mapping[str, Any], expected: Mapping[str, Any], tolerance: float
) -> Iterator[Finding]:
    """Profit and loss of several classes at their valuation points, an offset between them, a minimum."""
    lists = {key: value for key, value in given.items() if isinstance(value, list) and value}
    arrays: list[np.ndarray] = []
    for value in lists.values():
        rows = value if isinstance(value[0], list) else [value]
        arrays += [np.asarray(row, dtype=np.float64) for row in rows]
    named = [key for key in given if "offset" in key or key == "share"]
    shares = [float(given[key]) for key in named]
    least = next((key for key in MINIMA if key in given), "minimum")
    contracts = abs(float(given.get("contracts", given.get("n_contracts", 1.0))))
    minimum = float(given.get(least, 0.0)) * (contracts if "per_" in least else 1.0)
    minimum *= float(given.get("mult", MULTIPLIER)) if "per_" in least and float(given[least]) < 1.0 else 1.0
    yield from unread(name, given, (*lists, *named, least, "contracts", "n_contracts", "mult"))
    yield from unread(name, expected, ("pnl", "net", "risk", "minimum", "requirement", "worst_point"))
    if not arrays or len({len(one) for one in arrays}) != 1:
        yield not_understood(name, "it holds neither legs nor arrays of one length")
        return
    net = partly_offset(arrays, share=shares[0] if shares else 1.0)
    risk = max(float(-net.min()), 0.0)
    ours = {"risk": risk, "minimum": minimum, "requirement": max(risk, minimum)}
    for field, amount in ours.items():
        if field in expected:
            yield absolute(f"{name} {field}", amount, float(expected[field]), tolerance)
    if "worst_point" in expected:
        yield same(f"{name} worst_point", float(np.argmin(net)) + 1.0, float(expected["worst_point"]))
    for field in ("pnl", "net"):
        if field in expected:
            yield same(f"{name} {field} points", len(net), len(expected[field]))
        for k, (mine, theirs) in enumerate(zip(net, expected.get(field, ()), strict=False)):
            yield absolute(f"{name} {field} {k}", float(mine), float(theirs), tolerance)

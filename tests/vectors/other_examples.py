"""Worked examples of venues whose pages hold one or two numbers each: what a block or a model computes of them.

A section is read by its own name or by what it holds, so that another file's names find the same readers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, TypeAlias

import numpy as np

from seawall.core.time import to_ns
from seawall.instruments import InstrumentTable, Perpetual
from seawall.margining.blocks.collateral import haircut_of, worth
from seawall.margining.blocks.standard_rates import short_option
from seawall.margining.catalogue import MODELS
from seawall.margining.models.gate.short_option import out_of_the_money, premium
from seawall.market import MarketSnapshot
from seawall.policy import at
from seawall.portfolio import Account, Book, Position, resolve
from seawall.pricing import delta_one
from seawall.revaluation import revalue
from tests.vectors.case import (
    ABOUT,
    Case,
    Document,
    Finding,
    Later,
    absolute,
    each,
    guarded,
    holds_number,
    not_understood,
    same,
    unread,
)

NOW_NS = to_ns("2026-01-01T00:00:00Z")
EXACT = 1e-9
BIT_COM = {"initial_base": 0.15, "initial_floor": 0.1, "maintenance_base": 0.075}
"""Shares of the underlying that the example's own formula states; ETH options in USDT."""
COINCALL = "coincall/pm/2026-01-01"
GATE = "gate/pm/2024-02-27"


def read(document: Document) -> Iterator[Finding]:
    sections = {key: block for key, block in document.items() if key not in ABOUT}
    for name, block in sections.items():
        if not isinstance(block, Mapping):
            yield not_understood(name, f"a section is a block, not {type(block).__name__}")
            continue
        found = next((reader for fits, reader in READERS if fits(name, block)), None)
        if found is None:
            yield not_understood(name, f"no reader for its keys: {', '.join(sorted(block))}")
            continue
        yield from guarded(name, found(name, block))


def close(name: str, ours: float, theirs: float) -> Case:
    return absolute(name, float(ours), float(theirs), EXACT * max(1.0, abs(float(theirs))))


def printed(name: str, ours: float, theirs: Any) -> Case:
    """Compare with a number as it is printed: half of its last digit."""
    digits = -int(Decimal(str(theirs)).as_tuple().exponent)
    return absolute(name, float(ours), float(theirs), 0.5 * 10.0**-digits + EXACT)


def _blocks(name: str, block: Mapping[str, Any], inputs: tuple[str, ...], expected: tuple[str, ...]) -> Iterator[Case]:
    """Yield a failure for each key that is not known, of an example with inputs and expected numbers."""
    yield from unread(name, block, ("inputs", "expected", "source_url", *ABOUT))
    yield from unread(f"{name} inputs", block["inputs"], (*inputs, "instrument"))
    yield from unread(f"{name} expected", block["expected"], expected)


def _short_option(name: str, block: Mapping[str, Any]) -> Iterator[Finding]:
    """Read a short option by the rule that bit.com shares with Deribit: shares of the underlying, and the mark."""
    yield from _blocks(name, block, ("underlying", "strike", "mark", "qty", "type"),
                       ("otm", "mm", "im", "pos_im", "pos_mm"))  # fmt: skip
    given, expected = block["inputs"], block["expected"]
    word = str(given.get("type") or str(given["instrument"]).rsplit("-", 1)[-1]).lower()
    is_call = {"call": True, "c": True, "put": False, "p": False}[word]
    spot, strike, mark = (np.array([float(given[key])]) for key in ("underlying", "strike", "mark"))
    one = short_option(mark / spot, spot, strike, is_call=np.array([is_call]), **BIT_COM)
    sold = max(-float(given["qty"]), 0.0)
    initial, maintenance = float(one.initial[0] * spot[0]), float(one.maintenance[0] * spot[0])
    ours = {
        "otm": float(out_of_the_money(spot, strike, is_call=np.array([is_call]))[0]), "mm": maintenance, "im": initial,
        "pos_im": sold * initial, "pos_mm": sold * maintenance,
    }  # fmt: skip
    for field, amount in ours.items():
        if field in expected:
            yield close(f"{name} {field}", amount, expected[field])


def _gate_basics(name: str, block: Mapping[str, Any]) -> Iterator[Finding]:
    yield from unread(name, block, ("cases", "source_url", *ABOUT))
    yield from each(block, _gate_basic, name=name, named_by=("what",))


def _gate_basic(name: str, case: Mapping[str, Any]) -> Iterator[Finding]:
    yield from unread(name, case, ("what", "order_price", "size", "multiplier", "type", "U", "K", "expected", *ABOUT))
    if case["what"] == "premium":
        ours = premium(float(case["order_price"]), float(case["size"]), float(case["multiplier"]))
    elif case["what"] == "otm":
        spot, strike = np.array([float(case["U"])]), np.array([float(case["K"])])
        is_call = {"call": True, "put": False}[str(case["type"]).lower()]
        ours = float(out_of_the_money(spot, strike, is_call=np.array([is_call]))[0])
    else:
        yield not_understood(name, f"what is {case['what']!r}")
        return
    yield close(name, ours, case["expected"])


def _gate_calculator(name: str, block: Mapping[str, Any]) -> Iterator[Finding]:
    """Read the grid that the answer shows; request and response are shapes, whose numbers stand for nothing."""
    known = ("endpoint", "auth", "source_url", "request_shape", "response_shape", "grid_seen")
    yield from unread(name, block, (*known, *ABOUT))
    seen = block["grid_seen"]
    yield from unread(f"{name} grid", seen, ("prices", "iv_shock_seen", "scenarios", "date"))
    policy = at(GATE)
    perp = Perpetual(name="BTC_USDT", underlying="BTC", quote="USDT", settlement="USDT", inverse=False)
    snapshot = MarketSnapshot.of(
        InstrumentTable.of([perp]), name="shape", venue="gate", source="the answer's shape", time_ns=NOW_NS,
        index={"BTC": 1.0, "USDT": 1.0}, mark=[1.0],
    )  # fmt: skip
    scenarios = MODELS[policy.model].scenarios(policy, snapshot)
    yield same(f"{name} scenarios", len(scenarios), int(seen["scenarios"]))
    prices = sorted({round(float(move), 12) for move in scenarios.spot[:, 0]})
    yield same(f"{name} prices", prices, sorted(round(float(price), 12) for price in seen["prices"]))
    half = np.array([1.0])
    shocks = {round(float(shock.apply(half, half, half)[0]) - 1.0, 12) for shock in scenarios.vol_shocks}
    for shock in seen["iv_shock_seen"]:
        yield same(f"{name} volatility shock {shock}", round(float(shock), 12) in shocks, True)


def _haircut(name: str, block: Mapping[str, Any]) -> Iterator[Finding]:
    """Read collateral after a haircut: one asset, by its name in lower case."""
    given, expected = block["inputs"], block["expected"]
    [asset] = [key for key in given if key not in ("index", "haircut")]
    yield from _blocks(name, block, (asset, "index", "haircut"), ("balance_value", "collateral_value"))
    owned, price = {asset: np.array([float(given[asset])])}, {asset: float(given["index"])}
    total = worth(owned, price, accounts_count=1)[0]
    cut = haircut_of(owned, price, {asset: float(given["haircut"])}, accounts_count=1)[0]
    ours = {"balance_value": float(total), "collateral_value": float(total - cut)}
    for field, amount in ours.items():
        if field in expected:
            yield close(f"{name} {field}", amount, expected[field])


def _future_grid(name: str, block: Mapping[str, Any]) -> Iterator[Finding]:
    """Read a future on Deribit's former grid, which Coincall's resembles: its profits and its contingency."""
    yield from _blocks(name, block, ("spot", "abr", "days", "qty"), ("F", "future_contingency", "pnl"))
    given, expected = block["inputs"], block["expected"]
    spot, size = float(given["spot"]), float(given["qty"])
    forward = spot * float(np.exp(float(given["abr"]) * float(given["days"]) / 365.0))
    if "F" in expected:
        yield printed(f"{name} F", forward, expected["F"])
    shown = expected.get("pnl") or {}
    moves = {label: float(str(label).rstrip("%")) / 100.0 for label in shown}
    ours = _grid_of_a_perpetual(spot, forward, size, moves)
    for label, theirs in shown.items():
        yield printed(f"{name} pnl {label}", ours[label], theirs)
    if "future_contingency" in expected:
        yield printed(f"{name} contingency", ours["contingency"], expected["future_contingency"])


def _grid_of_a_perpetual(spot: float, mark: float, size: float, moves: Mapping[str, float]) -> dict[str, float]:
    """Return profit by label through Coincall's model; a move that is not on its grid by the payoff alone."""
    policy = at(COINCALL)
    perp = Perpetual(name="PERP", underlying="ETH", quote="USDT", settlement="USDT", inverse=False)
    snapshot = MarketSnapshot.of(
        InstrumentTable.of([perp]), name="example", venue="coincall", source="the example", time_ns=NOW_NS,
        index={"ETH": spot, "USDT": 1.0}, mark=[mark],
    )  # fmt: skip
    model = MODELS[policy.model]
    book = resolve(Book.of([Account("desk", (Position("PERP", size),))]), snapshot, check_lots=False)
    tensor = revalue(book.snapshot, model.scenarios(policy, book.snapshot))
    [matrix] = model.detail(policy, book, tensor).matrices
    on_grid = {round(move, 9): float(row[0]) for move, row in zip(matrix.price_moves, matrix.standard, strict=True)}
    found = {
        label: on_grid.get(round(move, 9), float(delta_one.linear_pnl_of_move(size, mark, move)))
        for label, move in moves.items()
    }
    need = model.requirement(policy, book, tensor)
    return found | {"contingency": float(need.maintenance["futures_contingency"][0])}


def _later(reason: str) -> Callable[[str, Mapping[str, Any]], Iterator[Finding]]:
    def reader(name: str, block: Mapping[str, Any]) -> Iterator[Finding]:
        yield Later(f"{name}: {reason}", 1)

    return reader


def _inputs(block: Mapping[str, Any]) -> set[str]:
    return set(block["inputs"]) if isinstance(block.get("inputs"), Mapping) else set()


Fits: TypeAlias = Callable[[str, Mapping[str, Any]], bool]
Reads: TypeAlias = Callable[[str, Mapping[str, Any]], Iterator[Finding]]
READERS: tuple[tuple[Fits, Reads], ...] = (
    (lambda _name, block: {"underlying", "strike", "mark", "qty"} <= _inputs(block), _short_option),
    (lambda _name, block: {"index", "haircut"} <= _inputs(block), _haircut),
    (lambda _name, block: {"spot", "abr", "days", "qty"} <= _inputs(block), _future_grid),
    (lambda _name, block: isinstance(block.get("cases"), list) and "what" in block["cases"][0], _gate_basics),
    (lambda _name, block: "grid_seen" in block, _gate_calculator),
    (
        lambda _name, block: not any(holds_number(block[key]) for key in set(block) - ABOUT - {"source_url"}),
        _later("it describes an answer and prints no number of its own"),
    ),
)

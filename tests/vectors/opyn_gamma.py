"""The unit tests of Opyn Gamma's margin calculator: naked margin of calls and puts, by the rule and through a book."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from seawall.core.time import NS_PER_DAY
from seawall.instruments import InstrumentTable, Option
from seawall.margining import evaluate
from seawall.margining.blocks.fixed_point import RAY
from seawall.margining.models.opyn_gamma.naked import SECONDS_PER_DAY, naked_margin
from seawall.margining.models.opyn_gamma.numbers import on_chain, read_decimals, read_product
from seawall.margining.models.opyn_gamma.spread import spread_margin
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy, at
from seawall.portfolio import Account, Book, Position
from tests.vectors.case import (
    ABOUT,
    Case,
    Document,
    Finding,
    absolute,
    each,
    guarded,
    not_understood,
    relative,
    same,
    strangers,
    unread,
)

POLICY = at("opyn/gamma/2021-06-01")
TIME_NS = 1_622_505_600_000_000_000
RELATIVE = 1e-9
REFERENCE = 2e-4
"""Share: how far the contract's table is from the bound in closed form."""
SPREADS = ("spread", "spreads", "spread_margin")
SECTIONS = ("upper_bound_by_days", "naked_margin", *SPREADS)
COINS = {"WETH": "ETH", "ETH": "ETH", "WBTC": "BTC", "BTC": "BTC"}
"""Underlyings by the token that a call's margin is stated in; puts do not name theirs, and are taken to be on ether."""
STABLE = "USDC"
MARGIN = (
    "type", "strike", "spot", "upper_bound", "spot_shock", "amount", "expected", "unit", "independent_ref",
    "ref_rel_tol", "days", "name", "note", "origin",
)  # fmt: skip
SPREAD = (
    "type", "strike", "short_strike", "long_strike", "amount", "short_amount", "long_amount", "spot", "expected",
    "unit", "name", "note", "origin",
)  # fmt: skip
DAYS = 7.0


def read(document: Document) -> Iterator[Finding]:
    yield from strangers(document, SECTIONS)
    yield from unread("file", document, (*SECTIONS, *ABOUT))
    yield from guarded("upper_bound_by_days", _bounds(document.get("upper_bound_by_days") or {}))
    yield from each(document.get("naked_margin"), _either, name="naked_margin", named_by=("type",))
    for section in SPREADS:
        yield from each(document.get(section), _spread, name=section, named_by=("type",))


def _bounds(stated: Mapping[str, Any]) -> Iterator[Case]:
    """The policy's table of ether has each time of the tests, and finds its bound up to that time and no longer."""
    for is_put in (False, True):
        product = read_product(POLICY, "ETH", is_put=is_put)
        assert product is not None, "the policy has ether"
        kind = "put" if is_put else "call"
        for days, bound in stated.items():
            found = product.upper_bound(round(float(days) * SECONDS_PER_DAY))
            yield same(f"upper_bound {kind} {days} days", found, RAY.of(float(bound)))


def _either(name: str, case: Mapping[str, Any]) -> Iterator[Case]:
    yield from _spread(name, case) if "long_strike" in case else _margin(name, case)


def _spread(name: str, case: Mapping[str, Any]) -> Iterator[Case]:
    """Compare the collateral of a vault that holds an option against the one that it is short."""
    yield from unread(name, case, SPREAD)
    words = str(case["type"]).lower()
    kinds = [kind for kind in ("put", "call") if kind in words]
    if len(kinds) != 1:
        yield not_understood(name, f"no option is called {case['type']!r}")
        return
    sold = float(case.get("short_amount", case.get("amount", 1.0)))
    held = float(case.get("long_amount", sold if case.get("long_strike") is not None else 0.0))
    short, long = float(case.get("short_strike", case.get("strike"))), float(case.get("long_strike") or 0.0)
    units = spread_margin(on_chain(sold), on_chain(short), on_chain(held), on_chain(long), is_put=kinds == ["put"])
    yield relative(name, RAY.to_float(units), case["expected"], RELATIVE)


def _margin(name: str, case: Mapping[str, Any]) -> Iterator[Case]:
    yield from unread(name, case, MARGIN)
    kind = str(case["type"]).lower()
    unit = str(case.get("unit", STABLE if kind == "put" else "WETH")).upper()
    if kind not in ("put", "call") or (unit != STABLE if kind == "put" else unit not in COINS):
        yield not_understood(name, f"no {kind} has its margin in {unit}")
        return
    numbers = [float(case[key]) for key in ("amount", "strike", "spot")]
    base = COINS.get(unit, "ETH")
    bound, shock = _bound(case, kind, base)
    units = naked_margin(*(on_chain(number) for number in numbers), RAY.of(bound), RAY.of(shock), is_put=kind == "put")
    ours = RAY.to_float(units)
    yield relative(name, ours, case["expected"], RELATIVE)
    unit_of_collateral = 10.0 ** -(read_decimals(POLICY, base if kind == "call" else STABLE) or 0)
    tolerance = max(RELATIVE * abs(float(case["expected"])), unit_of_collateral)  # a vault is rounded up to a unit
    yield absolute(f"{name} of a book", _of_a_book(case, kind, base), case["expected"], tolerance)
    if case.get("independent_ref") is not None:
        allowed = float(case.get("ref_rel_tol", REFERENCE))
        yield relative(f"{name} independent_ref", ours, case["independent_ref"], allowed)


def _bound(case: Mapping[str, Any], kind: str, base: str) -> tuple[float, float]:
    """Return upper bound and spot shock: the example's, and else the policy's at the example's time to expiry."""
    product = read_product(POLICY, base, is_put=kind == "put")
    bound, shock = case.get("upper_bound"), case.get("spot_shock")
    if product is not None and bound is None:
        found = product.upper_bound(round(float(case["days"]) * SECONDS_PER_DAY))
        bound = None if found is None else found / RAY.one
    if product is not None and shock is None:
        shock = product.spot_shock / RAY.one
    if bound is None or shock is None:
        raise ValueError("neither the example nor the policy has its upper bound and spot shock")
    return float(bound), float(shock)


def _of_a_book(case: Mapping[str, Any], kind: str, base: str) -> float:
    """Return the margin of a book that is short the option, in its collateral."""
    days, settled = float(case.get("days", DAYS)), STABLE if kind == "put" else base
    settings = {
        f"{kind}.{base.lower()}.spot_shock": _bound(case, kind, base)[1],
        f"{kind}.{base.lower()}.days": [days],
        f"{kind}.{base.lower()}.upper_bounds": [_bound(case, kind, base)[0]],
    }
    policy = MarginPolicy.of("opyn/gamma/example", settings, like=POLICY, source="the example's own numbers")
    option = Option(
        name="option", underlying=base, quote="USD", settlement=settled, strike=float(case["strike"]),
        expiry_ns=TIME_NS + round(days * NS_PER_DAY), is_call=kind == "call", inverse=kind == "call",
    )  # fmt: skip
    spot = float(case["spot"])
    snapshot = MarketSnapshot.of(
        InstrumentTable.of([option]), name="example", venue="opyn", source="the example", time_ns=TIME_NS,
        index={base: spot, STABLE: 1.0}, mark=[0.01], forward=[spot], vol=[1.0],
    )  # fmt: skip
    book = Book.of([Account("desk", (Position("option", -float(case["amount"])),))])
    [margins] = evaluate(book, snapshot, [policy], check_lots=False)
    return float(margins.initial_margin[0])

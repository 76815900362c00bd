"""The unit tests of Opyn Gamma's margin calculator: naked margin of calls and puts, by the rule and through a book."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from seawall.core.time import NS_PER_DAY
from seawall.instruments import InstrumentTable, Option
from seawall.margining import evaluate
from seawall.margining.blocks.fixed_point import from_units
from seawall.margining.models.opyn_gamma.fixed import DECIMALS, on_chain, ray
from seawall.margining.models.opyn_gamma.naked import SECONDS_PER_DAY, naked_margin
from seawall.margining.models.opyn_gamma.numbers import read_decimals, read_product
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
SECTIONS = ("upper_bound_by_days", "naked_margin")
COINS = {"WETH": "ETH", "ETH": "ETH", "WBTC": "BTC", "BTC": "BTC"}
"""Underlyings by the token that a call's margin is stated in; puts do not name theirs, and are taken to be on ether."""
STABLE = "USDC"
MARGIN = (
    "type", "strike", "spot", "upper_bound", "spot_shock", "amount", "expected", "unit", "independent_ref",
    "ref_rel_tol", "days", "name", "note", "origin",
)  # fmt: skip
DAYS = 7.0


def read(document: Document) -> Iterator[Finding]:
    yield from strangers(document, SECTIONS)
    yield from unread("file", document, (*SECTIONS, *ABOUT))
    bounds, margins = (document.get(section) for section in SECTIONS)
    yield from guarded("upper_bound_by_days", _bounds(bounds or {}))
    yield from each(margins, _margin, name="naked_margin", named_by=("type",))


def _bounds(stated: Mapping[str, Any]) -> Iterator[Case]:
    """The policy's table of ether has each time of the tests, and finds its bound up to that time and no longer."""
    for is_put in (False, True):
        product = read_product(POLICY, "ETH", is_put=is_put)
        assert product is not None, "the policy has ether"
        kind = "put" if is_put else "call"
        for days, bound in stated.items():
            found = product.upper_bound(round(float(days) * SECONDS_PER_DAY))
            yield same(f"upper_bound {kind} {days} days", found, ray(float(bound)))


def _margin(name: str, case: Mapping[str, Any]) -> Iterator[Case]:
    yield from unread(name, case, MARGIN)
    kind, unit = str(case["type"]).lower(), str(case["unit"]).upper()
    if kind not in ("put", "call") or (unit != STABLE if kind == "put" else unit not in COINS):
        yield not_understood(name, f"no {kind} has its margin in {unit}")
        return
    numbers = [float(case[key]) for key in ("amount", "strike", "spot")]
    bound, shock = float(case["upper_bound"]), float(case["spot_shock"])
    units = naked_margin(*(on_chain(number) for number in numbers), ray(bound), ray(shock), is_put=kind == "put")
    ours = from_units(units, DECIMALS)
    yield relative(name, ours, case["expected"], RELATIVE)
    base = COINS.get(unit, "ETH")
    unit_of_collateral = 10.0 ** -(read_decimals(POLICY, base if kind == "call" else STABLE) or 0)
    tolerance = max(RELATIVE * abs(float(case["expected"])), unit_of_collateral)  # a vault is rounded up to a unit
    yield absolute(f"{name} of a book", _of_a_book(case, kind, base), case["expected"], tolerance)
    if case.get("independent_ref") is not None:
        yield relative(f"{name} independent_ref", ours, case["independent_ref"], float(case["ref_rel_tol"]))


def _of_a_book(case: Mapping[str, Any], kind: str, base: str) -> float:
    """Return the margin of a book that is short the option, in its collateral."""
    days, settled = float(case.get("days", DAYS)), STABLE if kind == "put" else base
    settings = {
        f"{kind}.{base.lower()}.spot_shock": float(case["spot_shock"]),
        f"{kind}.{base.lower()}.days": [days],
        f"{kind}.{base.lower()}.upper_bounds": [float(case["upper_bound"])],
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

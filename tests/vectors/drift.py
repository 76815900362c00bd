"""The tests of Drift's program: weights by size, margin of a perpetual, and how much a liquidation takes.

Every number is a whole number of the program's units and has to be met exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any

from seawall.instruments import InstrumentTable, Perpetual
from seawall.margining import evaluate
from seawall.margining.figures import computed
from seawall.margining.models.drift.liquidation import (
    base_to_cover_shortage,
    liability_for_asset,
    liability_to_cover_shortage,
)
from seawall.margining.models.drift.margin import BASE, PRICE, MarginType, PerpMarket, perp_requirement, profit_weight
from seawall.margining.models.drift.weights import (
    SIZE_DECIMALS,
    WEIGHT,
    discounted_asset_weight,
    raised_liability_weight,
    size_of_tokens,
)
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy, at
from seawall.portfolio import Account, Book, Position
from tests.vectors.case import ABOUT, Case, Document, Finding, Later, each, not_understood, same, strangers, unread

POLICY = "drift/v2/2026-01-01"
TIME_NS = 1_767_225_600_000_000_000
FLOAT_DIGITS = 10**15
UNBOUNDED = frozenset({"u128_max", "u64_max", "max", "infinite", "infinity", "inf", "unbounded", "none"})
LARGEST_INTEGERS = frozenset({2**64 - 1, 2**128 - 1})
"""How a file, and the program itself, say that no size is enough."""
SECTIONS = ("weights", "perp_margin", "liquidation")
LATER = frozenset({"liquidation_price", "max_perp_order_size", "max_withdrawable_amount", "deleverage_payment"})
"""Functions of the program that belong to rooms which are not built."""


def read(document: Document) -> Iterator[Finding]:
    yield from strangers(document, SECTIONS)
    yield from unread("file", document, (*SECTIONS, *ABOUT))
    for section in SECTIONS:
        yield from each(document.get(section), _case, name=section, named_by=("fn",))


def _whole(number: Any) -> int:
    """Return a number of a file as a whole one; a text of digits is one too, a fraction is not."""
    exact = Fraction(str(number))
    if exact.denominator != 1:
        raise ValueError(f"{number!r} is no whole number")
    return exact.numerator


def _case(name: str, case: Mapping[str, Any]) -> Iterator[Finding]:
    function = case["fn"]
    if function in LATER:
        yield Later(f"{name}: a function of a later room", 1)
        return
    if function not in FUNCTIONS:
        yield not_understood(name, f"we have no function {function!r}")
        return
    compute, inputs, optional = FUNCTIONS[function]
    expected = [key for key in case if key.startswith("expected")]
    yield from unread(name, case, ("fn", "name", "margin_type", *inputs, *optional, *expected))
    if len(expected) != 1:
        yield not_understood(name, "one number is expected")
        return
    given = {key: _whole(case[key]) for key in inputs}
    given |= {key: _whole(case[key]) for key in optional if case.get(key) is not None}
    if "margin_type" in case:
        given["is_maintenance"] = int(MarginType(str(case["margin_type"]).lower()) is MarginType.MAINTENANCE)
    theirs = _expected(case[expected[0]])
    yield same(name, compute(given), theirs)
    yield from BOOKS.get(function, _no_book)(name, given, theirs)


def _expected(wanted: Any) -> int | None:
    if wanted is None or str(wanted).lower().replace("::", "_") in UNBOUNDED:
        return None
    number = _whole(wanted)
    return None if number in LARGEST_INTEGERS else number


def _size(given: Mapping[str, int]) -> int:
    return size_of_tokens(given["size"], given.get("decimals", SIZE_DECIMALS))


def _asset(given: Mapping[str, int]) -> int:
    return discounted_asset_weight(_size(given), given["imf_factor"], given["base_weight"])


def _liability(given: Mapping[str, int]) -> int:
    return raised_liability_weight(_size(given), given["imf_factor"], given["base_weight"])


def _profit(given: Mapping[str, int]) -> int:
    market = PerpMarket(
        WEIGHT, WEIGHT, 0, given["base_weight"], given["base_weight"], profit_imf_factor=given["imf_factor"]
    )
    kind = MarginType.MAINTENANCE if given.get("is_maintenance") else MarginType.INITIAL
    return profit_weight(given["upnl_1e6"], market, kind)


def _perp_market(given: Mapping[str, int]) -> PerpMarket:
    return PerpMarket(given["margin_ratio_1e4"], given["margin_ratio_1e4"], given["imf_factor"])


def _perp(given: Mapping[str, int]) -> int:
    return perp_requirement(
        given["base_1e9"], given["oracle_price_1e6"], _perp_market(given), MarginType.INITIAL,
        quote_price=given.get("quote_price_1e6", PRICE),
    )  # fmt: skip


def _base(given: Mapping[str, int]) -> int | None:
    return base_to_cover_shortage(
        given["shortage_1e6"], margin_ratio=given["margin_ratio_1e4"], liquidation_fee=given["liquidation_fee_1e6"],
        if_fee=given.get("if_fee_1e6", 0), price=given["oracle_price_1e6"],
        quote_price=given.get("quote_price_1e6", PRICE),
    )  # fmt: skip


def _transfer(given: Mapping[str, int]) -> int | None:
    return liability_to_cover_shortage(
        given["shortage_1e6"], asset_weight=given["asset_weight_1e4"], asset_multiplier=given["asset_liq_mult_1e6"],
        liability_weight=given["liability_weight_1e4"], liability_multiplier=given["liability_liq_mult_1e6"],
        liability_decimals=given["liability_decimals"], liability_price=given["liability_price_1e6"],
        if_fee=given.get("if_fee_1e6", 0),
    )  # fmt: skip


def _implied(given: Mapping[str, int]) -> int:
    return liability_for_asset(
        given["asset_amount"], asset_multiplier=given["asset_liq_mult_1e6"], asset_decimals=given["asset_decimals"],
        asset_price=given["asset_price_1e6"], liability_multiplier=given["liability_liq_mult_1e6"],
        liability_decimals=given["liability_decimals"], liability_price=given["liability_price_1e6"],
    )  # fmt: skip


WEIGHTS = (("size", "imf_factor", "base_weight"), ("decimals",))
FUNCTIONS: dict[str, tuple[Callable[[Mapping[str, int]], int | None], tuple[str, ...], tuple[str, ...]]] = {
    "asset_weight": (_asset, *WEIGHTS),
    "liability_weight": (_liability, *WEIGHTS),
    "unrealized_pnl_asset_weight": (_profit, ("upnl_1e6", "imf_factor", "base_weight"), ()),
    "perp_margin_requirement": (
        _perp, ("base_1e9", "oracle_price_1e6", "imf_factor", "margin_ratio_1e4"), ("quote_price_1e6",),
    ),
    "base_to_cover_margin_shortage": (
        _base, ("shortage_1e6", "margin_ratio_1e4", "liquidation_fee_1e6", "oracle_price_1e6"),
        ("if_fee_1e6", "quote_price_1e6"),
    ),
    "liability_transfer_to_cover_shortage": (
        _transfer,
        ("shortage_1e6", "asset_weight_1e4", "asset_liq_mult_1e6", "liability_weight_1e4", "liability_liq_mult_1e6",
         "liability_decimals", "liability_price_1e6"),
        ("if_fee_1e6",),
    ),
    "liability_transfer_implied_by_asset_amount": (
        _implied,
        ("asset_amount", "asset_liq_mult_1e6", "asset_decimals", "asset_price_1e6", "liability_liq_mult_1e6",
         "liability_decimals", "liability_price_1e6"),
        (),
    ),
}  # fmt: skip
"""The program's functions: ours, what a case has to state, and what it may leave out."""


def _no_book(name: str, given: Mapping[str, int], theirs: int | None) -> Iterator[Case]:
    yield from ()


def _perp_of_a_book(name: str, given: Mapping[str, int], theirs: int | None) -> Iterator[Case]:
    """Compare the margin of a book that holds the position, where floats hold the case."""
    price, quote_price = given["oracle_price_1e6"], given.get("quote_price_1e6", PRICE)
    if theirs is None or min(price, quote_price) <= 0 or max(abs(given["base_1e9"]), theirs, price) >= FLOAT_DIGITS:
        return
    ratio = given["margin_ratio_1e4"]
    settings = {
        "perp.btc.imf_factor": given["imf_factor"], "perp.btc.margin_ratio_initial": ratio,
        "perp.btc.margin_ratio_maintenance": ratio,
    }  # fmt: skip
    policy = MarginPolicy.of("drift/v2/example", settings, like=at(POLICY), source="the example's own numbers")
    perpetual = Perpetual(name="BTC-PERP", underlying="BTC", quote="USDC", settlement="USDC", inverse=False)
    snapshot = MarketSnapshot.of(
        InstrumentTable.of([perpetual]), name="example", venue="drift", source="the example", time_ns=TIME_NS,
        index={"BTC": price / PRICE, "USDC": quote_price / PRICE}, mark=[price / PRICE],
    )  # fmt: skip
    book = Book.of([Account("desk", (Position("BTC-PERP", given["base_1e9"] / BASE),))])
    [margins] = evaluate(book, snapshot, [policy], check_lots=False)
    ours = computed(margins)["native.initial_requirement"]
    yield same(f"{name} of a book", round(Fraction(ours) * PRICE), theirs)


BOOKS = {"perp_margin_requirement": _perp_of_a_book}

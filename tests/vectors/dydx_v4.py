"""The tests of dYdX v4's chain: requirements, scaled rates, liquidation prices, payments to the insurance fund.

Every number is a whole number of quantums and has to be met exactly.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from seawall.core.errors import InputError
from seawall.instruments import InstrumentTable, Perpetual
from seawall.margining import evaluate
from seawall.margining.models.dydx_v4.liquidation import (
    LiquidationConfig,
    bankruptcy_quote,
    fillable_price,
    insurance_fund_delta,
)
from seawall.margining.models.dydx_v4.quantums import NOTHING, QUOTE_DECIMALS, Market, Risk, Tier, scaled_initial_ppm
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy, at
from seawall.portfolio import Account, Book, Position
from tests.vectors.case import ABOUT, Case, Document, Finding, each, not_understood, same, strangers, unread

POLICY = "dydx/v4/2026-01-01"
TIME_NS = 1_767_225_600_000_000_000
TIER = "long_tail"
"""The tier of the policy that takes an example's numbers."""
FLOAT_DIGITS = 10**15
"""Whole numbers below it come back from a float in any unit, so that a case can go through a book as well."""
LARGEST = 1e14
BTC, ETH = 0, 1
KNOWN_MARKETS = {
    BTC: Market(Tier(200_000, 500_000), atomic_resolution=-8, price=50_000, exponent=0),
    ETH: Market(Tier(200_000, 500_000), atomic_resolution=-9, price=3_000, exponent=0),
}
"""The perpetuals of the liquidation tests; a file's `units` may state others."""
MARKET_TEXT = re.compile(r"(\d+) \(\w+, quantum 1e(-\d+)\) (\d+) USD")
TIER_TEXT = re.compile(r"(\d+)\s?% IMF, maintenance fraction (\d+)\s?%")
ANY_CONFIG = LiquidationConfig(5_000, 1_000_000, 100_000, 0, 1_000_000, 10**17)
REQUIREMENT = (
    "name", "price", "exponent", "base_atomic_resolution", "base_quantums", "initial_margin_ppm",
    "maintenance_fraction_ppm", "open_interest_quantums", "oi_lower_cap", "oi_upper_cap",
    "expected_imr_quote_quantums", "expected_mmr_quote_quantums",
)  # fmt: skip
SCALED = ("name", "initial_ppm", "lower", "upper", "oi", "expected")
CLOSE = ("name", "perpetual_id", "usdc", "positions", "delta_quantums", "expected", "expected_error")
FILLABLE = (*CLOSE, "bankruptcy_adjustment_ppm", "spread_ppm")
INSURANCE = (
    "name", "perpetual_id", "usdc", "positions", "is_buy", "fill_quantums", "subticks", "fill_quote_quantums",
    "max_liquidation_fee_ppm", "quantum_conversion_exponent", "expected", "expected_error",
)  # fmt: skip
SECTIONS = (
    "margin_requirements", "adjusted_imf_ppm", "bankruptcy_price_quote_quantums", "fillable_price_rational",
    "insurance_fund_delta",
)  # fmt: skip


def read(document: Document) -> Iterator[Finding]:
    markets = markets_of(document)
    yield from strangers(document, SECTIONS)
    yield from unread("file", document, (*SECTIONS, *ABOUT))
    requirements, scaled, bankruptcies, fillables, deltas = (document.get(section) for section in SECTIONS)
    yield from each(requirements, _requirement, name="margin_requirements")
    yield from each(scaled, _scaled, name="adjusted_imf_ppm")
    yield from each(bankruptcies, lambda name, case: _bankruptcy(name, case, markets), name="bankruptcy_price")
    yield from each(fillables, lambda name, case: _fillable(name, case, markets), name="fillable_price")
    yield from each(deltas, lambda name, case: _insurance(name, case, markets), name="insurance_fund_delta")


def markets_of(document: Document) -> dict[int, Market]:
    """Return the perpetuals of the liquidation cases by id: what the file's text says, and else the known ones."""
    text = str(document.get("units") or "")
    found = dict(KNOWN_MARKETS)
    for which, resolution, price in MARKET_TEXT.findall(text):
        found[int(which)] = replace(
            found.get(int(which), KNOWN_MARKETS[BTC]), atomic_resolution=int(resolution), price=int(price)
        )
    if rates := TIER_TEXT.search(text):
        tier = Tier(int(rates[1]) * 10_000, int(rates[2]) * 10_000)
        found = {which: replace(market, tier=tier) for which, market in found.items()}
    return found


def _whole(number: Any) -> int:
    """Return a number of a file as a whole one; a text of digits is one too, a fraction is not."""
    exact = Fraction(str(number))
    if exact.denominator != 1:
        raise ValueError(f"{number!r} is no whole number")
    return exact.numerator


def _requirement(name: str, case: Mapping[str, Any]) -> Iterator[Case]:
    yield from unread(name, case, REQUIREMENT)
    interest = case.get("open_interest_quantums")
    market = Market(
        Tier(
            _whole(case["initial_margin_ppm"]), _whole(case["maintenance_fraction_ppm"]),
            _whole(case.get("oi_lower_cap") or 0), _whole(case.get("oi_upper_cap") or 0),
        ),
        _whole(case["base_atomic_resolution"]), _whole(case["price"]), _whole(case["exponent"]),
        0 if interest is None else _whole(interest),
    )  # fmt: skip
    quantums = _whole(case["base_quantums"])
    ours = market.risk(quantums)
    wanted = {
        label: _whole(case[field])
        for label, field in (("initial", REQUIREMENT[-2]), ("maintenance", REQUIREMENT[-1]))
        if case.get(field) is not None
    }
    if not wanted:
        yield not_understood(name, "no requirement is expected")
    for label, theirs in wanted.items():
        yield same(f"{name} {label}", getattr(ours, label), theirs)
    if _fits_a_book(market, quantums, wanted):
        for label, amount in _through_the_model(market, quantums).items():
            if label in wanted:
                yield same(f"{name} {label} of a book", amount, wanted[label])


def _fits_a_book(market: Market, quantums: int, wanted: Mapping[str, int]) -> bool:
    """Return whether floats hold the case: large numbers of quantums, and prices of zero, only fit the rule itself."""
    amounts = (quantums, market.price, market.open_interest, *wanted.values())
    worth = abs(quantums) * 10.0**market.atomic_resolution, market.price * 10.0**market.exponent
    return market.price > 0 and max(map(abs, amounts)) < FLOAT_DIGITS and max(worth) < LARGEST


def _through_the_model(market: Market, quantums: int) -> dict[str, int]:
    """Return both requirements of a book that holds the position, in quote quantums."""
    tier = market.tier
    settings = {
        "market.btc.liquidity_tier": TIER,
        "market.btc.atomic_resolution": market.atomic_resolution,
        "market.btc.price_exponent": market.exponent,
        f"tier.{TIER}.initial_margin_ppm": tier.initial_ppm,
        f"tier.{TIER}.maintenance_fraction_ppm": tier.maintenance_fraction_ppm,
        f"tier.{TIER}.open_interest_lower_cap": tier.lower_cap / 10**QUOTE_DECIMALS,
        f"tier.{TIER}.open_interest_upper_cap": tier.upper_cap / 10**QUOTE_DECIMALS,
    }
    policy = MarginPolicy.of("dydx/v4/example", settings, like=at(POLICY), source="the example's own numbers")
    perpetual = Perpetual(name="BTC-USD", underlying="BTC", quote="USDC", settlement="USDC", inverse=False)
    price = float(Fraction(market.price) * Fraction(10) ** market.exponent)
    coins = Fraction(10) ** market.atomic_resolution
    snapshot = MarketSnapshot.of(
        InstrumentTable.of([perpetual]), name="example", venue="dydx", source="the example", time_ns=TIME_NS,
        index={"BTC": price, "USDC": 1.0}, mark=[price], open_interest=[float(market.open_interest * coins)],
    )  # fmt: skip
    book = Book.of([Account("desk", (Position("BTC-USD", float(quantums * coins)),))])
    [margins] = evaluate(book, snapshot, [policy], check_lots=False)
    both = {"initial": margins.initial_margin[0], "maintenance": margins.maintenance_margin[0]}
    return {label: round(Fraction(float(amount)) * 10**QUOTE_DECIMALS) for label, amount in both.items()}


def _scaled(name: str, case: Mapping[str, Any]) -> Iterator[Case]:
    yield from unread(name, case, SCALED)
    tier = Tier(_whole(case["initial_ppm"]), 0, _whole(case["lower"]), _whole(case["upper"]))
    yield same(name, scaled_initial_ppm(tier, _whole(case["oi"])), _whole(case["expected"]))


def _account(case: Mapping[str, Any], markets: Mapping[int, Market]) -> tuple[Risk, Market, int]:
    """Return a subaccount's whole, the market that is closed, and the position in it."""
    total = NOTHING + Risk(_whole(Fraction(str(case["usdc"])) * 10**QUOTE_DECIMALS), 0, 0)
    held = 0
    for position in case["positions"]:
        which, quantums = _whole(position["perpetual_id"]), _whole(position["quantums"])
        if unknown := sorted(set(position) - {"perpetual_id", "quantums"}):
            raise ValueError(f"a position has {unknown[0]}")
        total = total + markets[which].risk(quantums)
        held += quantums if which == _whole(case["perpetual_id"]) else 0
    return total, markets[_whole(case["perpetual_id"])], held


def _bankruptcy(name: str, case: Mapping[str, Any], markets: Mapping[int, Market]) -> Iterator[Case]:
    yield from unread(name, case, CLOSE)
    total, market, held = _account(case, markets)
    ours = _or_refused(lambda: bankruptcy_quote(total, market, held, _whole(case["delta_quantums"])))
    yield _compared(name, case, ours, lambda: _whole(case["expected"]))


def _fillable(name: str, case: Mapping[str, Any], markets: Mapping[int, Market]) -> Iterator[Case]:
    yield from unread(name, case, FILLABLE)
    total, market, held = _account(case, markets)
    config = replace(
        ANY_CONFIG,
        bankruptcy_adjustment_ppm=_whole(case["bankruptcy_adjustment_ppm"]), spread_ppm=_whole(case["spread_ppm"]),
    )  # fmt: skip
    ours = _or_refused(lambda: fillable_price(total, market, held, _whole(case["delta_quantums"]), config))
    yield _compared(name, case, ours, lambda: _rational(case["expected"]))


def _rational(expected: Any) -> Fraction:
    if isinstance(expected, list):
        top, bottom = expected
        return Fraction(_whole(top), _whole(bottom))
    return Fraction(str(expected))


def _insurance(name: str, case: Mapping[str, Any], markets: Mapping[int, Market]) -> Iterator[Case]:
    yield from unread(name, case, INSURANCE)
    total, market, held = _account(case, markets)
    filled, is_buy = _whole(case["fill_quantums"]), case["is_buy"]
    if not isinstance(is_buy, bool):
        raise TypeError(f"is_buy is {is_buy!r}")
    if case.get("fill_quote_quantums") is not None:
        fill_quote = abs(_whole(case["fill_quote_quantums"]))
    else:
        exponent = Fraction(10) ** _whole(case.get("quantum_conversion_exponent", market.atomic_resolution))
        fill_quote = math.floor(_whole(case["subticks"]) * filled * exponent)
    config = replace(ANY_CONFIG, max_fee_ppm=_whole(case["max_liquidation_fee_ppm"]))

    def delta() -> int:
        bankrupt = bankruptcy_quote(total, market, held, filled if is_buy else -filled)
        return insurance_fund_delta(-fill_quote if is_buy else fill_quote, bankrupt, config)

    yield _compared(name, case, _or_refused(delta), lambda: _whole(case["expected"]))


REFUSED = "refused"
ERRORS = frozenset({"error", "err", "refused", "reverts", "revert", "fails"})
"""Words that stand where a number would, in cases that the chain refuses."""


def _or_refused(compute: Any) -> Any:
    try:
        return compute()
    except InputError:
        return REFUSED


def _compared(name: str, case: Mapping[str, Any], ours: Any, theirs: Any) -> Case:
    """Compare a number, or that both refuse where the case expects an error."""
    expected = case.get("expected")
    refused = case.get("expected_error") or (isinstance(expected, str) and expected.strip().lower() in ERRORS)
    return same(name, ours, REFUSED if refused else theirs())

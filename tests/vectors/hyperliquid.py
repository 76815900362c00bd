"""Hyperliquid's worked examples: tiers, loans against spot and their liquidation, rates of loans and of funding.

Signatures and action hashes belong to settlement and are counted for later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from seawall.instruments import InstrumentTable, Perpetual
from seawall.margining import evaluate
from seawall.margining.models.hyperliquid.borrowing import (
    FULL_WAY,
    PARTIAL_WAY,
    Borrow,
    borrow_rate,
    borrow_state,
    borrowable,
    exact,
    health_factor,
    min_collateral,
    threshold,
    weighted_value,
)
from seawall.margining.models.hyperliquid.funding import funding_rate, hourly_payment, premium
from seawall.margining.models.hyperliquid.tiers import Tiers, maintenance_margin
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy, at
from seawall.portfolio import Account, Book, Position
from tests.vectors import hyperliquid_liquidation
from tests.vectors.case import (
    ABOUT,
    Case,
    Document,
    Finding,
    Later,
    absolute,
    each,
    not_understood,
    relative,
    same,
    strangers,
    unread,
)

POLICY = at("hyperliquid/cross/2026-08-01")
TIME_NS = 1_785_542_400_000_000_000
EXACT = 1e-12
"""Relative: the examples' numbers are exact, and only float64 stands between."""
ROUNDED_SHARE = Fraction(1, 2_000)
"""The venue's page prints shares in tenths of a percent, so that half of one is its rounding."""
ABOUT_CASE = ("origin", "note", "name", "source")
SECTIONS = (
    "maintenance_tiers", "borrowable", "health_factor", "min_collateral", "borrow_liquidation", "borrow_rate", "eip712",
    "funding",
)  # fmt: skip
TIER = ("tiers", "notional", "expected", *ABOUT_CASE)
BORROWABLE = ("balance", "price", "ltv", "expected", *ABOUT_CASE)
HEALTH = ("collateral", "borrowed", "weighted", "expected", *ABOUT_CASE)
MINIMUM = ("borrow", "ltv", "price", "expected_tokens", *ABOUT_CASE)
STATES = ("partial", "full", "full_docs")
LOAN = (
    "balance", "price", "ltv", "borrowed", "partial_threshold", "full_threshold", "docs_full_threshold", *STATES,
    *ABOUT_CASE,
)  # fmt: skip
RATE = ("utilization", "apy", *ABOUT_CASE)
FUNDING = (
    "premium", "interest_8h", "clamp", "cap_1h", "expected_rate_8h", "impact_bid", "impact_ask", "oracle",
    "contracts_btc", "expected_hourly_payment_long_usd_computed", *ABOUT_CASE,
)  # fmt: skip
SIGNED = ("cases", "action_hash")
SIGNING = ("key_note", "domain", "primary", *SIGNED)


def read(document: Document) -> Iterator[Finding]:
    known = (*SECTIONS, *hyperliquid_liquidation.SECTIONS)
    yield from strangers(document, known)
    yield from unread("file", document, (*known, *ABOUT))
    readers = (_tiers, _borrowable, _health, _minimum, _loan, _rate)
    for section, reader in zip(SECTIONS, readers, strict=False):
        yield from each(document.get(section), reader, name=section)
    yield from each(document.get("funding"), _funding, name="funding")
    yield from hyperliquid_liquidation.read(document)
    yield from _signing(document.get("eip712") or {})


def _tiers(name: str, case: Mapping[str, Any]) -> Iterator[Case]:
    yield from unread(name, case, TIER)
    bounds, leverages = zip(*((float(bound), float(leverage)) for bound, leverage in case["tiers"]), strict=True)
    tiers, notional = Tiers(tuple(bounds), tuple(leverages)), float(case["notional"])
    yield relative(name, maintenance_margin(np.array([notional]), tiers)[0], case["expected"], EXACT)
    if notional > 0.0:
        yield relative(f"{name} of a book", _through_the_model(tiers, notional), case["expected"], EXACT)


def _through_the_model(tiers: Tiers, notional: float) -> float:
    """Return the maintenance margin of a book that is short one coin at that price."""
    settings = {"market.btc.lower_bounds": tiers.lower_bounds, "market.btc.max_leverages": tiers.max_leverages}
    policy = MarginPolicy.of("hyperliquid/cross/example", settings, like=POLICY, source="the example's own numbers")
    perpetual = Perpetual(name="BTC", underlying="BTC", quote="USDC", settlement="USDC", inverse=False)
    snapshot = MarketSnapshot.of(
        InstrumentTable.of([perpetual]), name="example", venue="hyperliquid", source="the example", time_ns=TIME_NS,
        index={"BTC": notional, "USDC": 1.0}, mark=[notional],
    )  # fmt: skip
    book = Book.of([Account("desk", (Position("BTC", -1.0),))])
    [margins] = evaluate(book, snapshot, [policy], check_lots=False)
    return float(margins.maintenance_margin[0])


def _borrowable(name: str, case: Mapping[str, Any]) -> Iterator[Case]:
    yield from unread(name, case, BORROWABLE)
    yield _exactly(name, borrowable(case["balance"], case["price"], case["ltv"]), case["expected"])


def _health(name: str, case: Mapping[str, Any]) -> Iterator[Case]:
    yield from unread(name, case, HEALTH)
    rows = [(balance, price, share) for balance, price, share in case["collateral"]]
    if case.get("weighted") is not None:
        yield _exactly(f"{name} weighted", weighted_value(rows), case["weighted"])
    yield _exactly(name, health_factor(rows, case["borrowed"]), case["expected"])


def _minimum(name: str, case: Mapping[str, Any]) -> Iterator[Case]:
    yield from unread(name, case, MINIMUM)
    yield _exactly(name, min_collateral(case["borrow"], case["price"], case["ltv"]), case["expected_tokens"])


def _loan(name: str, case: Mapping[str, Any]) -> Iterator[Case]:
    """Compare thresholds and verdicts; `full_docs` is the verdict with the page's rounded share."""
    yield from unread(name, case, LOAN)
    worth, share = exact(case["balance"]) * exact(case["price"]), case["ltv"]
    partial, full = (threshold(worth, share, way) for way in (PARTIAL_WAY, FULL_WAY))
    state = borrow_state(worth, share, case["borrowed"])
    if case.get("partial_threshold") is not None:
        yield _exactly(f"{name} partial_threshold", partial, case["partial_threshold"])
    if case.get("full_threshold") is not None:
        yield _exactly(f"{name} full_threshold", full, case["full_threshold"])
    if case.get("docs_full_threshold") is not None:
        rounding = float(worth * ROUNDED_SHARE)
        yield absolute(f"{name} docs_full_threshold", float(full), case["docs_full_threshold"], rounding)
    verdicts = {
        "partial": state is not Borrow.SAFE,
        "full": state is Borrow.FULL,
        "full_docs": exact(case["borrowed"]) > worth * round(full / worth, 3),
    }
    stated = [key for key in STATES if case.get(key) is not None]
    for key in stated:
        yield same(f"{name} {key}", verdicts[key], case[key])
    if not stated:
        yield not_understood(name, "it says not whether the loan is liquidated")


def _rate(name: str, case: Mapping[str, Any]) -> Iterator[Case]:
    yield from unread(name, case, RATE)
    base, slope, kink = (POLICY.number(f"borrow.{number}") for number in ("base_rate", "slope", "kink"))
    yield _exactly(name, borrow_rate(case["utilization"], base=base, slope=slope, kink=kink), case["apy"])


def _funding(name: str, case: Mapping[str, Any]) -> Iterator[Case]:
    yield from unread(name, case, FUNDING)
    if case.get("impact_bid") is not None:
        ask = case.get("impact_ask", max(case["impact_bid"], case["oracle"]))
        sample = premium(case["impact_bid"], ask, case["oracle"])
        if case.get("premium") is not None:
            yield _exactly(f"{name} premium", sample, case["premium"])
    mean = case["premium"] if case.get("premium") is not None else sample
    cap = case.get("cap_1h", POLICY.number("funding.cap_1h"))
    interest, clamp = (case.get(key, POLICY.number(f"funding.{key}")) for key in ("interest_8h", "clamp"))
    rate = funding_rate(mean, interest_8h=interest, clamp=clamp, cap_1h=cap)
    yield _exactly(f"{name} rate", rate, case["expected_rate_8h"])
    payment = case.get("expected_hourly_payment_long_usd_computed")
    if payment is not None:
        yield _exactly(f"{name} payment", hourly_payment(case["contracts_btc"], case["oracle"], rate), payment)


def _signing(block: Mapping[str, Any]) -> Iterator[Finding]:
    yield from unread("eip712", block, (*SIGNING, *ABOUT))
    for key in SIGNED:
        if rows := block.get(key):
            yield Later(f"eip712 {key}", len(rows))


def _exactly(name: str, ours: Fraction, theirs: float) -> Case:
    """Compare an exact number with a printed one, which a float64 computed."""
    return relative(name, float(ours), theirs, EXACT)

"""OKX's worked examples of single charges: tiers of the minimum charge, stable coins, spot in MR4, the margin ratio."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from seawall.core.time import to_ns
from seawall.instruments import InstrumentTable
from seawall.margining import evaluate
from seawall.margining.blocks.brackets import bracketed
from seawall.margining.blocks.margin_ratio import cover_ratio
from seawall.margining.figures import computed
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy, at
from seawall.portfolio import Account, Book, Position
from seawall.venues.okx import symbols
from tests.vectors.case import Document, Finding, absolute, guarded, not_understood, relative, same, unread

EXACT = 1e-9
"""USD, absolute: arithmetic of whole numbers."""
RATIO_TOLERANCE = 1e-14
"""Share of a ratio that prints all digits of a float64."""
CENT = 0.005
"""USD, absolute: amounts that are printed in cents."""
PRICE_TICK = 0.05
"""USD, absolute: half the last digit of the prices that were inferred from cents."""
TICK_SKEW = 6e-5
"""Share: the two charges of the example were taken at prices that its source finds 0.006 % apart."""
SPOT_DATE = "2024-06-05"
CONTRACT_BTC = 0.01
"""Base asset per contract of BTC-USDT-SWAP."""


def read(document: Document) -> Iterator[Finding]:
    sections = {
        "mr7_tier_example": _minimum_charge, "mr7_tier_group2": _tiers_of_others, "mr9_example": _stable_coins,
        "spot_derivatives_mr4_example": _spot, "account_balance_ratio_example": _ratio,
    }  # fmt: skip
    for key, section in document.items():
        if not isinstance(section, Mapping):
            continue
        reader = next((found for name, found in sections.items() if key.startswith(name)), None)
        if reader is None:
            yield from unread("file", {key: section}, ())
        else:
            yield from guarded(key, reader(key, section))


def _minimum_charge(name: str, section: Mapping[str, Any]) -> Iterator[Finding]:
    given, expected = section["inputs"], section["expected"]
    stressed, raw = float(given["max_mr1_mr2_mr6_plus_mr3_mr4_mr5"]), float(given["mr7_raw"])
    charged = _by_tier(raw, section["tier_table"])
    ours = {"mr7_adj": charged, "mmr": max(stressed, charged), "mmr_before_tiering": max(stressed, raw)}
    yield from unread(name, expected, ours)
    for field, amount in ours.items():
        if field in expected:
            yield absolute(f"{name} {field}", amount, float(expected[field]), EXACT)
    yield from _tiers(name, section["tier_table"], str(given.get("risk_unit", "BTC-USD")).split("-")[0], whole=True)


def _tiers(name: str, table: Any, base: str, *, whole: bool) -> Iterator[Finding]:
    """Hold tiers that were seen, of lower bound, upper bound and multiplier, against the policy of the time."""
    policy, rows = at(f"okx/pm/{SPOT_DATE}"), list(table or [])
    bounds, rates = (policy.numbers(f"market.{base.lower()}.{field}") for field in ("size_bounds", "size_multipliers"))
    if whole:
        yield same(f"{name} tiers", len(bounds), len(rows))
    for i, (lower, upper, rate) in enumerate(rows):
        yield absolute(f"{name} tier {i + 1} begins", bounds[i], float(lower), 0.0)
        yield absolute(f"{name} tier {i + 1} multiplier", rates[i], float(rate), 0.0)
        if upper is not None:
            yield absolute(f"{name} tier {i + 1} ends", bounds[i + 1], float(upper), 0.0)


def _by_tier(amount: float, table: Any) -> float:
    """Return an amount's slices at the rates of a table of lower bound, upper bound and rate."""
    rows = [[float("inf") if cell is None else float(cell) for cell in row] for row in table]
    return float(bracketed(np.array([amount]), [row[0] for row in rows], [row[2] for row in rows])[0])


def _tiers_of_others(name: str, section: Mapping[str, Any]) -> Iterator[Finding]:
    """Hold what was seen of the second group's tiers against the policy of the time."""
    if not section.get("tiers_seen"):
        yield not_understood(name, "it has no tiers_seen")
    yield from _tiers(name, section.get("tiers_seen"), "LTC", whole=False)


def _stable_coins(name: str, section: Mapping[str, Any]) -> Iterator[Finding]:
    charged = _by_tier(float(section["inputs"]["hedged_usd"]), section["inputs"]["table"])
    yield absolute(name, charged, float(section["expected"]), EXACT)


def _spot(name: str, section: Mapping[str, Any]) -> Iterator[Finding]:
    """Run the book through the whole rule; spot orders, which the example has too, hedge nothing yet."""
    given, implied = section["inputs"], section.get("implied") or {}
    policy = at(f"okx/pm/{SPOT_DATE}").with_numbers({"general.spot_offset": "usdt"})
    without = policy.with_numbers({"market.btc.basis_min_move": 0.0})
    size = float(given["btcusdt_perp_contracts"]) * CONTRACT_BTC
    for when, rule in (("before", without), ("after", policy)):
        stated = section.get(when)
        if stated is None:
            continue
        rate = float(implied.get("mr7_rate", 0.0045))
        price = float(implied.get(f"px_{when}", float(stated["mr7"]) / (rate * abs(size))))
        ours = _charges(rule, price, spot=float(given["btc_spot"]), size=size)
        yield from unread(f"{name} {when}", stated, ours)
        for field in stated:
            slack = CENT + PRICE_TICK * abs(size) * rate
            skewed = field == "mr4" or (field == "mmr" and when == "after")
            theirs = float(stated[field])
            yield (
                relative(f"{name} {when} {field}", ours[field], theirs, TICK_SKEW)
                if skewed
                else absolute(f"{name} {when} {field}", ours[field], theirs, EXACT if field == "mr1to6" else slack)
            )
    rates = {
        "mr7_rate": policy.number("market.btc.slippage") + policy.number("general.taker_fee"),
        "mr4_rate": 2.0 * policy.number("market.btc.basis_min_move"),
    }
    yield from unread(f"{name} implied", implied, (*rates, "px_before", "px_after", "reading"))
    for field, rate in rates.items():
        if field in implied:
            yield absolute(f"{name} implied {field}", rate, float(implied[field]), 1e-15)


def _charges(policy: MarginPolicy, price: float, *, spot: float, size: float) -> dict[str, float]:
    swap = symbols.parse("BTC-USDT-SWAP")
    snapshot = MarketSnapshot.of(
        InstrumentTable.of([swap]), name="example", venue="okx", source="worked example", time_ns=to_ns(SPOT_DATE),
        index={"BTC": price, "USDT": 1.0}, mark=[price], forward=[price],
    )  # fmt: skip
    book = Book.of([Account("example", (Position(swap.name, size),), {"BTC": spot})])
    [margins] = evaluate(book, snapshot, [policy], check_lots=False)
    found = {field.removeprefix("BTC-USDT."): number for field, number in computed(margins).items()}
    others = max(found[f"mr{n}"] for n in (1, 2, 3, 4, 5, 6))
    return {f"mr{n}": found[f"mr{n}"] for n in (1, 2, 3, 4, 5, 6, 7)} | {"mr1to6": others, "mmr": found["mmr"]}


def _ratio(name: str, section: Mapping[str, Any]) -> Iterator[Finding]:
    """The ratio of an account in multi-currency mode, whose fee is the taker's on all notional."""
    given = section["inputs"]
    equity, required, notional = (np.array([float(given[field])]) for field in ("adjEq", "mmr", "notionalUsd"))
    fee = at(f"okx/pm/{SPOT_DATE}").number("general.taker_fee") * notional
    ours = float(cover_ratio(equity, required, fee)[0])
    yield relative(name, ours, float(section["expected_mgnRatio"]), RATIO_TOLERANCE)

"""The integration tests of Synthetix v3's perps market: fill prices, available and required margin, rewards."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from seawall.instruments import InstrumentTable, Perpetual
from seawall.margining import Margins, evaluate
from seawall.margining.blocks.fixed_point import WEI
from seawall.margining.figures import computed
from seawall.margining.models.synthetix_v3.market import fill_price
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy, at
from seawall.portfolio import Account, Book, Position
from tests.vectors.case import (
    ABOUT,
    Case,
    Document,
    Finding,
    absolute,
    guarded,
    not_understood,
    relative,
    strangers,
    unread,
)

POLICY = "synthetix/v3/2025-03-01"
TIME_NS = 1_740_787_200_000_000_000
RELATIVE = 1e-9
SECTIONS = ("fill_price_and_margin", "required_margins")
OPENED = ("market", "size", "entry_oracle_price", "skew_scale", "prior_skew", "fill_price")
STORY = ("collateral_susd", "debt", "positions", "checks")
CHECK = ("prices", "pnl", "available_margin", "open_interest_usd")
PARAMS = ("initial_margin_fraction", "minimum_initial_margin_ratio", "maintenance_scalar", "flag_reward_ratio")
HELD = ("market", "size", "price", "skew_scale", "min_position_margin", "prior_skew", *PARAMS)
EXPECTED = {
    "initial_excl_reward": "native.requiredInitialMargin",
    "maintenance_excl_reward": "native.requiredMaintenanceMargin",
    "flag_rewards": "native.maxLiquidationReward",
    "available_margin": "native.availableMargin",
    "available_margin_with_100k": "native.availableMargin",
    "withdrawable": "native.withdrawableMargin",
}
NEEDED = ("params", "positions", "expected", "collateral_susd")
COLLATERAL = 100_000.0
"""What the margins are held against where a file does not say: the example's own words, `with_100k`."""
UNBOUND = {
    "keeper.min_keeper_reward": 0.0, "keeper.min_profit_ratio": 0.0, "keeper.max_keeper_reward": 1e15,
    "keeper.max_scaling_ratio": 1_000.0, "keeper.flag_cost": 0.0, "keeper.liquidate_cost": 0.0,
}  # fmt: skip
"""The tests' guards of rewards do not bind: they state what flagging adds, and nothing else."""
NO_LIMIT = {"maker_fee": 0.0, "taker_fee": 0.0, "liquidation_limit_multiplier": 0.0, "liquidation_window_seconds": 0}


def read(document: Document) -> Iterator[Finding]:
    yield from strangers(document, SECTIONS)
    yield from unread("file", document, (*SECTIONS, *ABOUT))
    for section, reader in zip(SECTIONS, (_story, _needed), strict=True):
        blocks = document.get(section)
        for number, block in enumerate(blocks if isinstance(blocks, list) else [blocks] if blocks else []):
            name = f"{section} {number}" if isinstance(blocks, list) else section
            yield from guarded(name, reader(name, block))


def _story(name: str, block: Mapping[str, Any]) -> Iterator[Case]:
    """An account that opens positions and is looked at under several prices."""
    yield from unread(name, block, (*STORY, *ABOUT))
    positions: Sequence[Mapping[str, Any]] = block["positions"]
    entries: dict[str, float] = {}
    for position in positions:
        yield from unread(f"{name} {position['market']}", position, OPENED)
        entries[position["market"]] = _entry(position, position["entry_oracle_price"])
        if position.get("fill_price") is not None:
            ours = entries[position["market"]]
            yield relative(f"{name} {position['market']} fill_price", ours, position["fill_price"], RELATIVE)
    balance = float(block["collateral_susd"]) - float(block.get("debt") or 0.0)
    settings = _settings({position["market"]: {"skew_scale": position["skew_scale"]} for position in positions})
    for k, check in enumerate(block["checks"]):
        label = f"{name} prices {k}"
        yield from unread(label, check, CHECK)
        sizes = {position["market"]: float(position["size"]) for position in positions}
        margins = _margins(settings, check["prices"], sizes, entries, balance)
        found = computed(margins)
        for market, theirs in (check.get("pnl") or {}).items():
            yield _compare(f"{label} pnl {market}", found[f"{market}.pnl"], theirs)
        if check.get("available_margin") is not None:
            yield _compare(f"{label} available_margin", found["native.availableMargin"], check["available_margin"])
        if check.get("open_interest_usd") is not None:
            ours = math.fsum(abs(size) * check["prices"][market] for market, size in sizes.items())
            yield _compare(f"{label} open_interest_usd", ours, check["open_interest_usd"])


def _needed(name: str, block: Mapping[str, Any]) -> Iterator[Case]:
    """An account's required margins, what liquidating it costs, and what it may withdraw."""
    yield from unread(name, block, (*NEEDED, *ABOUT))
    params, positions = block["params"], block["positions"]
    yield from unread(f"{name} params", params, PARAMS)
    numbers = {}
    for position in positions:
        yield from unread(f"{name} {position['market']}", position, HELD)
        own = {**params, **{key: position[key] for key in PARAMS if key in position}}
        numbers[position["market"]] = {
            "skew_scale": position["skew_scale"],
            "minimum_position_margin": position["min_position_margin"],
            "initial_margin_fraction": own["initial_margin_fraction"],
            "minimum_initial_margin_ratio": own["minimum_initial_margin_ratio"],
            "maintenance_margin_scalar": own["maintenance_scalar"],
            "flag_reward_ratio": own["flag_reward_ratio"],
        }
    found = computed(
        _margins(
            _settings(numbers),
            {position["market"]: position["price"] for position in positions},
            {position["market"]: float(position["size"]) for position in positions},
            {position["market"]: _entry(position, position["price"]) for position in positions},
            float(block.get("collateral_susd", COLLATERAL)),
        )
    )
    expected = block["expected"]
    yield from unread(f"{name} expected", expected, EXPECTED)
    read_any = False
    for key, ours in EXPECTED.items():
        if expected.get(key) is not None:
            read_any = True
            yield _compare(f"{name} {key}", found[ours], expected[key])
    if not read_any:
        yield not_understood(name, "no margin is expected")


def _entry(position: Mapping[str, Any], price: float) -> float:
    """Return the price that a position filled at."""
    skew = float(position.get("prior_skew") or 0.0)
    sized = (WEI.of(float(position["size"])), WEI.of(float(position["skew_scale"])))
    return WEI.to_float(fill_price(WEI.of(float(price)), WEI.of(skew), *sized))


def _settings(markets: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the settings of an example's own markets; what it does not name is zero."""
    nothing = dict.fromkeys(
        ("initial_margin_fraction", "minimum_initial_margin_ratio", "maintenance_margin_scalar",
         "minimum_position_margin", "flag_reward_ratio"), 0.0,
    )  # fmt: skip
    return UNBOUND | {
        f"market.{base.lower()}.{key}": number
        for base, numbers in markets.items()
        for key, number in {**nothing, **NO_LIMIT, **numbers}.items()
    }


def _margins(
    settings: Mapping[str, Any],
    prices: Mapping[str, float],
    sizes: Mapping[str, float],
    entries: Mapping[str, float],
    balance: float,
) -> Margins:
    policy = MarginPolicy.of("synthetix/v3/example", settings, like=at(POLICY), source="the example's own numbers")
    perpetuals = [
        Perpetual(name=base, underlying=base, quote="USD", settlement="USD", inverse=False) for base in sorted(sizes)
    ]
    marks = [float(prices[perpetual.name]) for perpetual in perpetuals]
    snapshot = MarketSnapshot.of(
        InstrumentTable.of(perpetuals), name="example", venue="synthetix", source="the example", time_ns=TIME_NS,
        index={perpetual.name: mark for perpetual, mark in zip(perpetuals, marks, strict=True)}, mark=marks,
    )  # fmt: skip
    held = tuple(Position(base, size, entries[base]) for base, size in sizes.items())
    [margins] = evaluate(Book.of([Account("desk", held, {"USD": balance})]), snapshot, [policy], check_lots=False)
    return margins


def _compare(name: str, ours: float, theirs: float) -> Case:
    """Compare an amount in USD; a printed zero is met within what the other amounts are met to."""
    return relative(name, ours, theirs, RELATIVE) if theirs else absolute(name, ours, theirs, RELATIVE)

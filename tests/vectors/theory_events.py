"""What is known of the cascades: facts that belong together, and the bundled events against them.

A fact that the bundled events tell is compared with them. A fact that follows from others (a share, a sum, a ratio) is
computed from those. What is left are facts that a simulator of liquidations has to show; they wait for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from seawall.scenarios import FlashCrash, LiquidityDrain, NamedEvent, PathSet, event
from tests.vectors.case import Case, Document, Finding, Later, absolute, each, not_understood, relative, strangers

Facts = Mapping[str, Any]
POINT = 0.005
"""Half of the last digit of a fall that is printed in whole per cent."""


def read(document: Document) -> Iterator[Finding]:
    yield from strangers(document, ("cases",))
    yield from each(document.get("cases"), _case, name="case", named_by=("id",))


def _case(name: str, case: Facts) -> Iterator[Finding]:
    found = str(case.get("id", ""))
    reader = next((read for start, read in _READERS if found.startswith(start)), None)
    if reader is None:
        yield not_understood(name, f"no event is called {found!r}")
        return
    expected = case.get("expected") or {}
    yield from reader(name, expected, case)
    left = [key for key in sorted(expected) if key not in _UNDERSTOOD]
    for key in left:
        yield not_understood(f"{name} {key}", "no fact of that name is known")
    waiting = sum(1 for key in expected if key in _OF_LIQUIDATIONS)
    if waiting:
        yield Later(f"{name}: facts for a simulator of liquidations", waiting)


def _paths(name: str, *coins: str) -> PathSet:
    return NamedEvent(event(name), coins).paths()


def _low(paths: PathSet, u: int = 0) -> float:
    return float(paths.spot[0, :, u].min())


def _within(name: str, ours: float, theirs: float, allowed: float, why: str) -> Case:
    return replace(absolute(name, ours, theirs, allowed), note=f"ours {ours:.4f}, theirs {theirs:.4f}: {why}")


def _october(name: str, facts: Facts, _case_of: Facts) -> Iterator[Finding]:
    high, low = facts.get("btc_high_friday"), facts.get("btc_low")
    if high and low and "btc_drawdown" in facts:
        yield absolute(f"{name} btc_drawdown", low / high - 1.0, facts["btc_drawdown"], 5.1e-5)
    paths = _paths("2025-10-10", "BTC", "ETH", "DOGE")
    if "btc_drawdown" in facts:
        why = "the low of Binance's mark against that of an average, from another high"
        yield _within(f"{name} the event's BTC", _low(paths), facts["btc_drawdown"], 0.025, why)
    if "avg_token_drawdown" in facts:
        yield absolute(f"{name} the event's others", _low(paths, 1), facts["avg_token_drawdown"], 1e-12)
    if "usde_low_on_binance" in facts:
        ours = 1.0 + float(paths.asset_moves["USDE"].min())
        yield _within(f"{name} the event's USDe", ours, facts["usde_low_on_binance"], 0.01, "0.65 came at 21:54")
    if "order_book_depth_collapse" in facts:
        ours = float(paths.depth.min()) - 1.0
        yield absolute(f"{name} the event's depth", ours, facts["order_book_depth_collapse"], 1e-12)
    open_interest = [facts[key] for key in ("perp_open_interest", "hyperliquid_oi") if key in facts]
    for i, found in enumerate(open_interest):
        yield absolute(f"{name} open interest {i}", found["after"] / found["before"] - 1.0, found["change"], POINT)
    told = facts.get("amberdata")
    if told:
        phases = [float(phase[1]) for phase in told["phases"]]
        yield relative(f"{name} sum of phases", sum(phases), told["total_usd"], 0.002)
        yield absolute(f"{name} share in 40 minutes", phases[1] / told["total_usd"], told["share_in_40min"], POINT)
        yield absolute(f"{name} longs", told["longs_usd"] / told["total_usd"], told["longs_share"], POINT)
        yield relative(f"{name} both sides", told["longs_usd"] + told["shorts_usd"], told["total_usd"], 0.01)


def _replay(name: str, facts: Facts, case: Facts) -> Iterator[Finding]:
    if {"liquidation_notional", "adl_notional", "total_notional"} <= set(facts):
        total = facts["liquidation_notional"] + facts["adl_notional"]
        yield relative(f"{name} total", total, facts["total_notional"], 1e-12)
        if "adl_share_of_total" in facts:
            share = facts["adl_notional"] / facts["total_notional"]
            yield relative(f"{name} share of ADL", share, facts["adl_share_of_total"], 1e-12)
    for coin, row in (facts.get("top") or {}).items():
        yield relative(f"{name} {coin}", row["liquidations"] + row["adl"], row["total"], 1e-9)
    if {"adl_overshoot_claim_usd", "negative_equity_usd", "claim_ratio_to_bad_debt"} <= set(facts):
        ratio = facts["adl_overshoot_claim_usd"] / -facts["negative_equity_usd"]
        yield absolute(f"{name} claim over bad debt", ratio, facts["claim_ratio_to_bad_debt"], 0.5)
    seconds = case.get("timeline_seconds_liqs_adls")
    peak = facts.get("peak_second")
    if seconds and peak:
        rows = np.array([[float(number) for number in row] for row in seconds])
        found = rows[int(np.argmax(rows[:, 1]))]
        for i, word in enumerate(("second", "liquidations", "closed against")):
            yield absolute(f"{name} peak {word}", float(found[i]), float(peak[i]), 0.0)
    low = facts.get("mean_adl_price", {})
    paths = _paths("2025-10-10", "BTC", "ETH", "SOL")
    base = event("2025-10-10").base["price"]
    for u, coin in enumerate(("BTC", "ETH", "SOL")):
        if coin in low:  # winners were closed on the way down: above the low, below the price before the threat
            price = float(low[coin]) / base[coin].value - 1.0
            inside = _low(paths, u) <= price <= float(paths.spot[0, 0, u])
            yield Case(f"{name} {coin} is closed inside the fall", 0.0 if inside else 1.0, 0.0, f"at {price:.3f}")


def _may(name: str, facts: Facts, _case_of: Facts) -> Iterator[Finding]:
    paths, base = _paths("2021-05-19", "BTC", "DOGE"), event("2021-05-19").base["price"]["BTC"].value
    if "btc_low" in facts:
        yield absolute(f"{name} the event's low", base * (1.0 + _low(paths)), facts["btc_low"], 0.5)
    if "btc_plunge" in facts:
        why = "the event starts at 11:00, when 8 % of the day's fall was over"
        yield _within(f"{name} the event's BTC", _low(paths), facts["btc_plunge"], 0.065, why)
    if "avg_token_drawdown" in facts:
        yield absolute(f"{name} the event's others", _low(paths, 1), facts["avg_token_drawdown"], 1e-12)


def _march(name: str, facts: Facts, _case_of: Facts) -> Iterator[Finding]:
    paths = _paths("2020-03-12", "BTC", "ETH")
    low, gap = facts.get("bitmex_low"), facts.get("spot_minus_perp_at_low")
    assert paths.basis is not None
    if low and gap:
        ours = float(paths.basis.perpetual[0, paths.worst_step(0), 0])
        yield absolute(f"{name} the event's gap of perpetuals", ours, -gap / (low + gap), 5e-4)
        spot = event("2020-03-12").base["price"]["BTC"].value * (1.0 + _low(paths))
        yield _within(f"{name} the spot at the low", spot / (low + gap), 1.0, 0.06, "Binance against the index of then")
    if "drop_24h" in facts:
        yield _within(f"{name} the event's BTC", _low(paths), facts["drop_24h"], 0.02, "printed as a half")
    for i, leg in enumerate(facts.get("two_leg_pattern") or ()):
        start, end = (0, "first leg") if i == 0 else ("pause", "low")
        before = 0.0 if start == 0 else float(paths.at(str(start)).spot[0, 0])
        ours = (1.0 + float(paths.at(end).spot[0, 0])) / (1.0 + before) - 1.0
        yield _within(f"{name} leg {i + 1}", ours, leg[1] / leg[0] - 1.0, 0.06, "another venue, and lows against lows")
    prints = facts.get("bitmex_xbtusd")
    if prints:
        ours, theirs = float(paths.at("first leg").spot[0, 0]), prints[1][1] / prints[0][1] - 1.0
        yield _within(f"{name} the first leg", ours, theirs, 0.03, "Binance against BitMEX")


def _maker(name: str, facts: Facts, _case_of: Facts) -> Iterator[Finding]:
    paths = _paths("2020-03-12", "ETH")
    if "eth_drop_24h" in facts:
        yield _within(f"{name} the event's ETH", _low(paths), facts["eth_drop_24h"], 0.02, "printed as a half")


def _library(name: str, facts: Facts, _case_of: Facts) -> Iterator[Finding]:
    crash = facts.get("flash_crash")
    if crash:
        lows = {"BTC": crash["btc"], "ETH": crash["eth"], "ALT": crash["alts"]}
        made = FlashCrash(
            lows, fall_minutes=crash["horizon_min"], recovery_share=crash["recovery_fraction"],
            depth_factor=crash["depth_multiplier"], spread_factor=crash["spread_multiplier"],
            vol_points=crash["vol_abs_shift"],
        ).paths()  # fmt: skip
        low = made.worst_step(0)
        for u, coin in enumerate(made.underlyings):
            yield absolute(f"{name} flash crash {coin}", float(made.spot[0, low, u]), lows[coin], 1e-12)
        yield absolute(f"{name} flash crash minutes", float(made.minutes[low]), crash["horizon_min"], 1e-9)
        yield absolute(f"{name} flash crash depth", float(made.depth[0, low]), crash["depth_multiplier"], 1e-12)
        yield absolute(f"{name} flash crash spread", float(made.spread[0, low]), crash["spread_multiplier"], 1e-12)
        end = np.log1p(made.spot[0, -1]) / np.log1p(made.spot[0, low])
        yield absolute(f"{name} flash crash recovery", 1.0 - float(end.max()), crash["recovery_fraction"], 1e-12)
        shocked = made.vol_shocks[int(made.vol_index[0, low, 0])].apply(*(np.array([x]) for x in (0.5, 0.1, 0.0)))
        yield absolute(f"{name} flash crash vol", float(shocked[0]) - 0.5, crash["vol_abs_shift"], 1e-12)
    drain = facts.get("liquidity_drain")
    if drain:
        dry = LiquidityDrain(
            ("BTC",), minutes=drain["duration_min"], depth_factor=drain["depth_multiplier"], drift=drain["price"]
        ).paths()
        yield absolute(f"{name} drain depth", float(dry.depth.min()), drain["depth_multiplier"], 1e-12)
        yield absolute(f"{name} drain price", float(np.abs(dry.spot).max()), abs(drain["price"]), 1e-12)
        yield absolute(f"{name} drain minutes", float(dry.minutes[-1]), drain["duration_min"], 1e-9)
    for key, day, coins in (
        ("covid", "2020-03-12", ("BTC", "ETH", "ALT")),
        ("may21", "2021-05-19", ("BTC", "ETH", "ALT")),
    ):
        told = facts.get(key)
        if told:
            yield from _proposal(f"{name} {key}", told, _paths(day, *coins))


def _proposal(name: str, told: Facts, paths: PathSet) -> Iterator[Finding]:
    columns = {"btc": "BTC", "eth": "ETH", "alts": "ALT"}
    for key, coin in columns.items():
        if key in told:
            why = "a round number beside the prices of the day"
            yield _within(f"{name} {key}", _low(paths, paths.underlyings.index(coin)), told[key], 0.07, why)
    yield absolute(f"{name} depth", float(paths.depth.min()), told["depth_multiplier"], 1e-12)
    if "perp_basis" in told:
        assert paths.basis is not None
        yield absolute(f"{name} basis", float(paths.basis.perpetual.min()), told["perp_basis"], 1e-12)
    shocked = [float(shock.apply(*(np.array([x]) for x in (0.5, 0.1, 0.0)))[0]) - 0.5 for shock in paths.vol_shocks]
    yield absolute(f"{name} vol", max(shocked), told["vol_abs_shift"], 1e-12)


_READERS: tuple[tuple[str, Callable[[str, Facts, Facts], Iterator[Finding]]], ...] = (
    ("2025-10-10_hyperliquid", _replay),
    ("2025-10-10", _october),
    ("2021-05-19", _may),
    ("2020-03-12_maker", _maker),
    ("2020-03-12", _march),
    ("stress_library", _library),
)
_OF_LIQUIDATIONS = frozenset({
    "reported_liquidations_24h_usd", "accounts_liquidated", "btc_perp_oi_change", "top100_avg", "funding_before_annual",
    "eth_low", "eth_drawdown", "liquidation_fills", "liquidation_pnl", "adl_fills", "adl_pnl", "accounts_reconstructed",
    "users_adl", "tickers", "negative_equity_accounts", "first_liq_to_first_adl_s", "adl_duration_s",
    "adl_target_median_leverage", "adl_target_p95_leverage", "adl_profitable_share", "overshoot_usd",
    "best_alternative_overshoot_usd", "liquidations_24h_usd", "binance_vs_other_futures_price_gap_multiple",
    "total_btc_oi_after", "oi_change", "binance_reported_share", "first_leg_liquidations_usd", "sp500_day",
    "basis_vs_coinbase_max", "zero_bid_share", "zero_bid_collateral_usd", "uncollateralised_dai",
    "later_reported_loss_dai", "gas_gwei_mean", "gas_multiple", "min_collateral_ratio", "largest_vault_loss_eth",
    "winner_gain_eth", "depeg", "oracle", "gas",
})  # fmt: skip
"""Facts about liquidations, auctions and venues: they are not prices, depth or stable coins."""
_COMPARED = frozenset({
    "btc_high_friday", "btc_low", "btc_drawdown", "avg_token_drawdown", "usde_low_on_binance",
    "order_book_depth_collapse", "perp_open_interest", "hyperliquid_oi", "amberdata", "liquidation_notional",
    "adl_notional", "total_notional", "adl_share_of_total", "top", "adl_overshoot_claim_usd", "negative_equity_usd",
    "claim_ratio_to_bad_debt", "peak_second", "mean_adl_price", "btc_plunge", "bitmex_low", "spot_minus_perp_at_low",
    "drop_24h", "two_leg_pattern", "bitmex_xbtusd", "eth_drop_24h", "flash_crash", "liquidity_drain", "covid", "may21",
})  # fmt: skip
_UNDERSTOOD = _OF_LIQUIDATIONS | _COMPARED

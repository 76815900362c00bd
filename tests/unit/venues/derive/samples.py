"""Small answers by hand, in the shapes that public sources show; no recording of Derive's API is kept here.

Sources of the shapes, read in November 2026: the venue's own pages (docs.derive.xyz, API reference of v2 and v3), the
examples in ccxt's `derive` (a live subaccount of January 2025) and in nautilus_trader's `crates/adapters/derive`
(tickers of May 2026, a live subaccount of 2026). Numbers of `LIVE_PM2` and `LIVE_SM` are those sources' facts.
"""

from __future__ import annotations

import json
from typing import Any

T0_MS = 1_785_607_084_000  # 2026-08-01T17:58:04Z
EXPIRY_S = 1_790_323_200  # 2026-09-25T08:00Z
CALL, PUT, PERP, SPOT = "BTC-20260925-70000-C", "BTC-20260925-60000-P", "BTC-PERP", "BTC-USDC"


def listed(name: str, kind: str, **changes: Any) -> dict[str, Any]:
    """A row of public/get_instruments."""
    row: dict[str, Any] = {
        "instrument_name": name, "instrument_type": kind, "base_currency": "BTC", "quote_currency": "USDC",
        "amount_step": "0.01", "minimum_amount": "0.1", "maximum_amount": "100", "tick_size": "1", "is_active": True,
        "scheduled_activation": 1_701_840_228, "scheduled_deactivation": 9_223_372_036_854_775_807,
        "base_asset_address": "0x0000000000000000000000000000000000000001", "base_asset_sub_id": "42",
        "maker_fee_rate": "0.0001", "taker_fee_rate": "0.0003", "base_fee": "0.5", "mark_price_fee_rate_cap": None,
        "option_details": None, "perp_details": None, "erc20_details": None,
    }  # fmt: skip
    if kind == "option":
        right, strike = name.rsplit("-", 1)[1], name.rsplit("-", 2)[1]
        row["option_details"] = {"index": "BTC-USD", "expiry": EXPIRY_S, "option_type": right, "settlement_price": None,
                                 "strike": strike.replace("_", ".")}  # fmt: skip
    if kind == "perp":
        row["perp_details"] = {"index": "BTC-USD", "funding_rate": "0.0000125", "aggregate_funding": "10538.57"}
    return row | changes


def ticker(name: str, kind: str, **changes: Any) -> dict[str, Any]:
    """The answer of public/get_ticker: the listing with prices."""
    row = listed(name, kind) | {
        "best_ask_amount": "10", "best_ask_price": "63010", "best_bid_amount": "0", "best_bid_price": "0",
        "index_price": "62950.5", "mark_price": "63000.25", "min_price": "1", "max_price": "99999",
        "option_pricing": None, "timestamp": T0_MS,
        "stats": {"contract_volume": "100", "num_trades": "20", "open_interest": "1000", "percent_change": "0.02"},
    }  # fmt: skip
    if kind == "option":
        row["option_pricing"] = {
            "ask_iv": "0.62", "bid_iv": "0.58", "delta": "0.55", "discount_factor": "0.993", "forward_price": "63400",
            "gamma": "0.0008", "iv": "0.60", "mark_price": "3100.5", "rho": "1.2", "theta": "-2.1", "vega": "4.5",
        }  # fmt: skip
    return row | changes


def slim(**changes: Any) -> dict[str, Any]:
    """One entry of public/get_tickers."""
    row: dict[str, Any] = {
        "t": T0_MS + 500, "A": "0.4", "a": "1420", "B": "0.3", "b": "1341", "f": None, "I": "62951", "M": "1400",
        "option_pricing": {"d": "-0.24967", "t": "-453.8", "g": "0.00013192", "v": "10.84", "i": "0.70513",
                           "r": "0.84", "f": "63401", "m": "1400.5", "df": "1", "bi": "0.68", "ai": "0.75"},
        "stats": {"c": "1.3", "v": "91411.6", "pr": "787.3", "n": 2, "oi": "1.3", "h": "943", "l": "504", "p": "-0.4"},
        "minp": "4", "maxp": "1968",
    }  # fmt: skip
    return row | changes


def feeds(**changes: Any) -> dict[str, Any]:
    """The answer of public/get_latest_signed_feeds, without signatures."""
    expiry = str(EXPIRY_S)
    row: dict[str, Any] = {
        "spot_data": {"BTC": {"currency": "BTC", "confidence": "0.98", "price": "62949", "timestamp": T0_MS},
                      "USDC": {"currency": "USDC", "confidence": "1", "price": "0.9991", "timestamp": T0_MS}},
        "perp_data": {"BTC": {"P": {"confidence": "0.9", "spot_diff_value": "49.75", "type": "P"},
                              "A": {"confidence": "0.1", "spot_diff_value": "60", "type": "A"}}},
        "fwd_data": {"BTC": {expiry: {"confidence": "0.8", "expiry": EXPIRY_S, "fwd_diff": "450",
                                      "spot_aggregate_latest": "0", "spot_aggregate_start": "0"}}},
        "vol_data": {"BTC": {expiry: {"confidence": "0.7", "expiry": EXPIRY_S, "vol_data": {"SVI_a": "0.01"}}}},
        "rate_data": {"BTC": {expiry: {"confidence": "0.6", "expiry": EXPIRY_S, "rate": "0.045"}}},
    }  # fmt: skip
    return row | changes


def answer(result: Any) -> dict[str, Any]:
    return {"id": "1f1f9a1e", "result": result}


def native(**changes: Any) -> dict[str, Any]:
    """A file of answers side by side."""
    file: dict[str, Any] = {
        "public/get_instruments": [answer([listed(CALL, "option"), listed(PUT, "option")]),
                                   answer({"instruments": [listed(PERP, "perp")], "pagination": {"count": 1}})],
        "public/get_ticker": [answer(ticker(PERP, "perp")), answer(ticker(CALL, "option"))],
        "public/get_tickers": answer({"tickers": {PUT: slim()}}),
        "public/get_latest_signed_feeds": answer(feeds()),
    }  # fmt: skip
    return {key: part for key, part in (file | changes).items() if part is not None}


def as_bytes(file: Any) -> bytes:
    return json.dumps(file).encode()


LIVE_PM2: dict[str, Any] = {
    "subaccount_id": 42, "margin_type": "PM2", "currency": ["BTC", "ETH"], "open_orders": [], "open_orders_margin": "0",
    "subaccount_value": "45.894651148427", "initial_margin": "0.942665488817", "maintenance_margin": "11.088866092881",
    "collaterals": [{"amount": "45.894332381059", "asset_name": "USDC", "asset_type": "erc20", "currency": "USDC",
                     "cumulative_interest": "0.000033050686", "pending_interest": "0", "mark_price": "1",
                     "mark_value": "45.894332381059"}],
    "positions": [{"amount": "0.1", "average_price": "2569.76052743622", "instrument_name": "ETH-PERP",
                   "instrument_type": "perp", "index_price": "2568.45224855817", "mark_price": "2568.706708413625",
                   "mark_value": "0.000318767368", "net_settlements": "-0.105700669627", "pending_funding": "0",
                   "unrealized_pnl": "-0.105381902259", "leverage": "5.596963140881", "liquidation_price": None}],
}  # fmt: skip
"""A live subaccount of 2026 with one perpetual."""

LIVE_SM: dict[str, Any] = {
    "subaccount_id": 130837, "label": "", "currency": "all", "margin_type": "SM", "positions": [], "open_orders": [],
    "subaccount_value": "318.0760325000001103", "open_orders_margin": "0", "projected_margin_change": "0",
    "maintenance_margin": "238.557024375000082", "initial_margin": "190.845619500000083",
    "collaterals": [{"asset_type": "erc20", "asset_name": "ETH", "currency": "ETH", "amount": "0.1",
                     "mark_price": "3180.760325000000438272", "pending_interest": "0", "cumulative_interest": "0"}],
}  # fmt: skip
"""A live subaccount of January 2025 that holds 0.1 ETH."""

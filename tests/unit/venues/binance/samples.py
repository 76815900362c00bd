"""Small answers by hand in the shapes of Binance's API reference, read in 2026; no recording is kept here."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[4]
DATA = Path(os.environ.get("SEAWALL_DATA", ROOT.parent / "shared" / "data"))
SHAPES = DATA / "native_shapes_cex.json"

T0_MS = 1_785_607_084_000  # 2026-08-01T17:58:04Z
EXPIRY_MS = 1_790_323_200_000  # 2026-09-25T08:00Z
CALL, PUT, PERP, COIN = "BTC-260925-70000-C", "BTC-260925-60000-P", "BTCUSDT", "BTCUSD_PERP"
HOSTILE = (None, True, -1, 1e300, 10**400, "", "x", "1e999", "NaN", "\ud800", [], [[]], {}, [None], [1], {"error": 1})
"""What stands where a number, a name, a list or an object is meant."""


def listed(name: str, **changes: Any) -> dict[str, Any]:
    """A row of optionSymbols."""
    strike, right = name.split("-")[2:]
    row: dict[str, Any] = {
        "symbol": name, "side": "CALL" if right == "C" else "PUT", "strikePrice": strike, "underlying": "BTCUSDT",
        "unit": 1, "expiryDate": EXPIRY_MS, "quoteAsset": "USDT", "liquidationFeeRate": "0.0019", "minQty": "0.01",
        "initialMargin": "0.15", "maintenanceMargin": "0.075", "minInitialMargin": "0.1", "status": "TRADING",
        "filters": [{"filterType": "PRICE_FILTER", "tickSize": "5"}, {"filterType": "LOT_SIZE", "stepSize": "0.01"}],
    }  # fmt: skip
    return row | changes


def marked(name: str, price: str, vol: str) -> dict[str, Any]:
    """A row of eapi/v1/mark."""
    return {"symbol": name, "markPrice": price, "markIV": vol, "bidIV": "0.5", "askIV": "-1", "delta": "0.3",
            "riskFreeInterest": "0.1", "highPriceLimit": "9000", "lowPriceLimit": ""}  # fmt: skip


def native(**changes: Any) -> dict[str, Any]:
    """A file of public answers; a part that is changed to None is left out."""
    made: dict[str, Any] = {
        "GET /eapi/v1/exchangeInfo": {"serverTime": T0_MS - 5, "optionSymbols": [listed(CALL), listed(PUT)]},
        "GET /eapi/v1/mark": [marked(CALL, "3100.5", "0.60"), marked(PUT, "1400.25", "0.70513")],
        "/eapi/v1/ticker": [{"symbol": CALL, "bidPrice": "3050.0", "askPrice": "0.0"}],
        "/eapi/v1/index?underlying=BTCUSDT": {"time": T0_MS, "indexPrice": "62655.5"},
        "/fapi/v1/premiumIndex": [{"symbol": PERP, "markPrice": "62700.5", "indexPrice": "62655.25", "time": T0_MS}],
        "/dapi/v1/premiumIndex": [
            {"symbol": COIN, "markPrice": "62690.1", "indexPrice": "62640.0", "lastFundingRate": "", "time": T0_MS - 1}
        ],
    }
    return {key: part for key, part in (made | changes).items() if part is not None}


def account(**changes: Any) -> dict[str, Any]:
    """The private answers of an account that holds a little of everything."""
    made: dict[str, Any] = {
        "papi/v1/balance": [
            {"asset": "USDT", "totalWalletBalance": "1300.5", "crossMarginAsset": "100.5", "crossMarginBorrowed": "0",
             "crossMarginInterest": "0.5", "umWalletBalance": "1200", "umUnrealizedPNL": "23.7", "cmWalletBalance": "0",
             "cmUnrealizedPNL": "", "updateTime": T0_MS, "negativeBalance": "0"},
            {"asset": "BTC", "crossMarginFree": "0.07", "crossMarginLocked": "0.03", "crossMarginBorrowed": "0.04",
             "crossMarginInterest": "0", "umWalletBalance": "0", "cmWalletBalance": "0.5"},
        ],
        "papi/v1/um/positionRisk": [
            {"symbol": PERP, "positionAmt": "-0.25", "entryPrice": "62000", "markPrice": "62700.5", "leverage": "4",
             "unRealizedProfit": "-175.125", "positionSide": "BOTH", "liquidationPrice": "0", "notional": "-15675.125"},
            {"symbol": "ETHUSDT", "positionAmt": "0.000", "entryPrice": "0.0", "markPrice": "0.0",
             "positionSide": "LONG"},
        ],
        "papi/v1/cm/positionRisk": [
            {"symbol": COIN, "positionAmt": "3", "entryPrice": "50000", "markPrice": "62690.1", "positionSide": "LONG",
             "maxQty": "50", "notionalValue": "0.00478"},
        ],
        "papi/v1/um/openOrders": [
            {"symbol": PERP, "side": "BUY", "origQty": "1", "executedQty": "0.4", "reduceOnly": False},
            {"symbol": PERP, "side": "BUY", "origQty": "0.5", "executedQty": "0", "reduceOnly": False},
            {"symbol": PERP, "side": "BUY", "origQty": "0.25", "executedQty": "0", "reduceOnly": True},
        ],
        "papi/v1/cm/openOrders": [{"symbol": COIN, "side": "SELL", "origQty": "2", "executedQty": "0"}],
        "papi/v1/account": {"uniMMR": "99.5", "accountEquity": "1.0", "accountMaintMargin": "1.0"},
    }  # fmt: skip
    return {key: part for key, part in (made | changes).items() if part is not None}


def options_account(**changes: Any) -> dict[str, Any]:
    """The private answers of an option account."""
    made: dict[str, Any] = {
        "GET /eapi/v1/marginAccount": {
            "asset": [{"asset": "USDT", "marginBalance": "1877.5", "equity": "617.7", "available": "0"}],
            "greek": [], "time": T0_MS,
        },
        "GET /eapi/v1/position": [
            {"symbol": CALL, "side": "SHORT", "quantity": "-0.1", "entryPrice": "1200", "markValue": "-310"},
            {"symbol": PUT, "side": "LONG", "quantity": "2", "entryPrice": "1000"},
        ],
        "GET /eapi/v1/openOrders": [{"symbol": PUT, "side": "SELL", "quantity": "2", "executedQty": "0.5"}],
    }  # fmt: skip
    return {key: part for key, part in (made | changes).items() if part is not None}


def answered(**changes: Any) -> dict[str, Any]:
    """An account of round numbers: 1,000 USDT and 0.1 BTC from 60,000 at 62,000; its totals follow by hand."""
    made: dict[str, Any] = {
        "papi/v1/account": {"uniMMR": "48.38709677", "accountEquity": "1200.0", "actualEquity": "1200.0",
                            "accountInitialMargin": "310.0", "accountMaintMargin": "24.8", "accountStatus": "NORMAL",
                            "totalMarginOpenLoss": "", "updateTime": T0_MS},
        "papi/v1/balance": [{"asset": "USDT", "crossMarginAsset": "0", "umWalletBalance": "1000"}],
        "papi/v1/um/positionRisk": [{"symbol": PERP, "positionAmt": "0.1", "entryPrice": "60000", "markPrice": "62000",
                                     "unRealizedProfit": "200.0", "positionSide": "BOTH"}],
        "papi/v1/cm/positionRisk": [],
        "sapi/v1/portfolio/asset-index-price": [{"asset": "BTC", "assetIndexPrice": "62000"},
                                                {"asset": "USDT", "assetIndexPrice": "1.0"}],
    }  # fmt: skip
    return {key: part for key, part in (made | changes).items() if part is not None}


def as_bytes(document: Any) -> bytes:
    return json.dumps(document).encode()


def places(document: Any) -> list[tuple[Any, Any]]:
    """Return every place of a document as its holder and its key there."""

    def walk(holder: Any) -> Iterator[tuple[Any, Any]]:
        for key in list(holder) if isinstance(holder, dict) else range(len(holder)):
            yield holder, key
            if isinstance(holder[key], dict | list):
                yield from walk(holder[key])

    return list(walk(document))


def spoiled(document: Any, place: int, part: Any) -> Any:
    """Return a copy of a document with another part at one of its places."""
    copied = copy.deepcopy(document)
    found = places(copied)
    holder, key = found[place % len(found)]
    holder[key] = part
    return copied

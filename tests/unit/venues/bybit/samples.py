"""Small answers by hand in the venue's shapes, as its API reference of 2026 shows them; no recording is kept here."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

DATA = Path(os.environ.get("SEAWALL_DATA", Path(__file__).parents[5] / "shared" / "data"))
SHAPES = DATA / "native_shapes_cex.json"
RECORDED = DATA / "account_json" / "nautilus_adapters_test_data_lgpl.tar.gz"

T0_MS = 1_785_607_084_000  # 2026-08-01T17:58:04Z
EXPIRY_MS = 1_790_323_200_000  # 2026-09-25T08:00Z
CALL, PUT, PERP, INVERSE = "BTC-25SEP26-80000-C-USDT", "BTC-25SEP26-60000-P-USDT", "BTCUSDT", "BTCUSD"
MOVES = tuple(round(-0.1 + 0.02 * k, 2) for k in range(11))
UP, DOWN, POWER = 0.24, 0.20, 0.3


def answer(result: Any, **more: Any) -> dict[str, Any]:
    return {"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": T0_MS} | more


def as_bytes(tree: Any) -> bytes:
    return json.dumps(tree).encode()


def ticker(symbol: str, **changes: Any) -> dict[str, Any]:
    """A row of market/tickers: an option's where the symbol has a strike."""
    row: dict[str, Any] = {
        "symbol": symbol, "lastPrice": "66000", "indexPrice": "66010.5", "markPrice": "66005", "openInterest": "10.5",
        "bid1Price": "66000", "bid1Size": "1.5", "ask1Price": "66010", "ask1Size": "0.5",
    }  # fmt: skip
    if symbol.count("-") >= 3:
        row |= {"markPrice": "2608.5", "markIv": "0.5774", "underlyingPrice": "66200", "bid1Price": "0",
                "bid1Size": "0", "ask1Price": "2700", "ask1Size": "3", "bid1Iv": "0", "ask1Iv": "0.6"}  # fmt: skip
    else:
        row |= {"fundingRate": "0.0001", "fundingIntervalHour": "8", "deliveryTime": "0"}
    return row | changes


def listing(symbol: str, **changes: Any) -> dict[str, Any]:
    """A row of market/instruments-info."""
    row: dict[str, Any] = {
        "symbol": symbol, "status": "Trading", "baseCoin": "BTC", "quoteCoin": "USDT", "settleCoin": "USDT",
        "deliveryTime": "0", "lotSizeFilter": {"maxOrderQty": "500", "minOrderQty": "0.01", "qtyStep": "0.01"},
    }  # fmt: skip
    if symbol.count("-") >= 3:
        row |= {"optionsType": "Call" if "-C" in symbol else "Put", "deliveryTime": str(EXPIRY_MS)}
    else:
        row |= {"contractType": "LinearPerpetual", "fundingInterval": 480}
    return row | changes


def native(**changes: Any) -> dict[str, Any]:
    """A file of public answers: two options, a linear and an inverse perpetual."""
    return {
        "/v5/market/tickers": [
            answer({"category": "option", "list": [ticker(CALL), ticker(PUT)]}),
            answer({"category": "linear", "list": [ticker(PERP)]}),
            answer({"category": "inverse", "list": [ticker(INVERSE, indexPrice="66000", markPrice="65990")]}),
        ],
        "/v5/market/instruments-info": [
            answer({"category": "option", "list": [listing(CALL), listing(PUT)]}),
            answer({"category": "linear", "list": [listing(PERP)]}),
        ],
    } | changes


def position(symbol: str, size: float, **changes: Any) -> dict[str, Any]:
    """A row of position/list; the side says which way."""
    row = {"symbol": symbol, "side": "Buy" if size > 0 else "Sell", "size": str(abs(size)), "avgPrice": "64000",
           "positionValue": "1000", "markPrice": "66005", "sessionAvgPrice": "", "unrealisedPnl": "1"}  # fmt: skip
    return row | changes


def positions(category: str, *rows: dict[str, Any], cursor: str = "") -> dict[str, Any]:
    return answer({"category": category, "list": list(rows), "nextPageCursor": cursor})


def wallet(**amounts: Any) -> dict[str, Any]:
    """An answer of wallet-balance: amounts by coin, or whole rows."""
    rows = [
        {"walletBalance": "0", "spotBorrow": "0", "equity": "0", "coin": coin}
        | (amount if isinstance(amount, dict) else {"walletBalance": str(amount)})
        for coin, amount in amounts.items()
    ]
    return answer({"list": [{"accountType": "UNIFIED", "totalEquity": "1", "coin": rows}]})


def private(*answers: dict[str, Any], **amounts: Any) -> dict[str, Any]:
    """The document of both private answers."""
    return {"/v5/position/list": list(answers), "/v5/account/wallet-balance": wallet(**amounts)}


def textbook(forward: float, strike: float, total_vol: float, *, is_call: bool) -> float:
    """Return the textbook's Black-76 price, from the error function and nothing of ours."""

    def below(x: float) -> float:
        return 0.5 * math.erfc(-x / math.sqrt(2.0))

    d1 = math.log(forward / strike) / total_vol + total_vol / 2.0
    call = forward * below(d1) - strike * below(d1 - total_vol)
    return call if is_call else call - forward + strike


def option_row(
    symbol: str, size: float, *, forward: float, vol: float, coin_usd: float, time_ms: int = T0_MS
) -> dict[str, Any]:
    """A row of optionPositionPnlRanges, by the rule that Bybit's documented response follows."""
    strike, is_call = float(symbol.split("-")[2]), symbol.split("-")[3] == "C"
    days = (EXPIRY_MS - time_ms) / 86_400_000.0
    scale = (30.0 / math.ceil(days)) ** POWER
    root = math.sqrt(days / 365.0)
    mark = round(textbook(forward, strike, vol * root, is_call=is_call), 8)
    rows = []
    for move in MOVES:
        vols = (vol * (1.0 + UP * scale), vol, vol * (1.0 - DOWN * scale))
        priced = [textbook(forward * (1.0 + move), strike, one * root, is_call=is_call) for one in vols]
        rows.append({"priceScale": str(move), "pnls": [f"{size * coin_usd * (price - mark):.8f}" for price in priced]})
    return {"symbolName": symbol, "position": str(size), "pnlRanges": rows, "sessionAvgPrice": "0",
            "markPrice": f"{mark:.8f}", "orderSize": "0.0", "contractType": 5, "settleCoin": "USDT"}  # fmt: skip


def linear_row(symbol: str, size: float, mark: float, coin_usd: float) -> dict[str, Any]:
    """A row of perpPositionPnlRanges."""
    rows = [{"priceScale": str(m), "pnls": [f"{size * mark * m * coin_usd:.8f}"]} for m in MOVES]
    return {"symbolName": symbol, "position": str(size), "pnlRanges": rows, "sessionAvgPrice": "64000",
            "markPrice": f"{mark:.8f}", "orderSize": "0.0", "contractType": 2, "settleCoin": "USDT"}  # fmt: skip


def inverse_row(symbol: str, size: float, mark: float, index: float) -> dict[str, Any]:
    rows = [{"priceScale": str(m), "pnls": [f"{size / mark * index * m:.8f}"]} for m in MOVES]
    return {"symbolName": symbol, "position": str(size), "pnlRanges": rows, "markPrice": f"{mark:.8f}",
            "orderSize": "0.0", "contractType": 1, "settleCoin": "BTC"}  # fmt: skip


def summed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The pnlRanges of several rows together."""
    added = []
    for k, move in enumerate(MOVES):
        columns = zip(*(row["pnlRanges"][k]["pnls"] for row in rows), strict=True)
        added.append({"priceScale": str(move), "pnls": [f"{sum(map(float, column)):.8f}" for column in columns]})
    return added


def margin_answer(
    options: list[dict[str, Any]], futures: list[dict[str, Any]], *, hedge: dict[str, Any] | None = None, **coin: Any
) -> dict[str, Any]:
    """An answer of asset/portfolio-margin for one coin."""
    item: dict[str, Any] = {
        "baseCoin": "BTC", "totalPnlRanges": {}, "perpPositionPnlRanges": futures, "optionExpiryDatePnlRanges": [],
        "contingency": {}, "asset": {"coin": "BTC"}, "maxLossPriceMove": "", "maxLossIvShock": "",
        "spotHedgeInfo": hedge or {}, "maxLossIvShockList": [],
    }  # fmt: skip
    if options:
        item["optionExpiryDatePnlRanges"] = [
            {"expiryDateRepresentation": "25SEP26", "pnlRanges": summed(options), "optionPositionPnlRanges": options}
        ]
    return answer({"wallet": {"equity": "50000"}, "assetPnlRange": [item | coin]}, retMsg="Success")

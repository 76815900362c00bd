"""Small answers by hand, in the shapes of OKX's API reference; and a position-builder answer of our own numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from seawall.margining import Margins
from seawall.margining.figures import computed

T0_MS = 1_785_607_084_000  # 2026-08-01T17:58:04Z
EXPIRY_MS = 1_790_323_200_000  # 2026-09-25T08:00Z
CALL, SWAP, COIN_SWAP, FUTURE, PAIR = (
    "BTC-USD-260925-70000-C",
    "BTC-USDT-SWAP",
    "BTC-USD-SWAP",
    "BTC-USDT-260925",
    "BTC-USDT",
)
PUBLISHED = Path(__file__).parents[3] / "vectors" / "published" / "cex_okx_position_builder_2025-01-15.json"


def documented() -> dict[str, Any]:
    """OKX's documented position-builder answer, as the API reference prints it."""
    answer: dict[str, Any] = json.loads(PUBLISHED.read_text(encoding="utf-8"))["response"]
    return answer


def answer(rows: Any, **more: Any) -> dict[str, Any]:
    return {"code": "0", "msg": "", "data": rows} | more


def listed(name: str, kind: str, **changes: Any) -> dict[str, Any]:
    """A row of public/instruments."""
    row = {"instId": name, "instType": kind, "baseCcy": "", "quoteCcy": "", "settleCcy": "USDT", "ctVal": "0.01",
           "ctMult": "1", "ctValCcy": "BTC", "ctType": "linear", "optType": "", "stk": "", "expTime": "",
           "lotSz": "0.1", "state": "live", "uly": "BTC-USDT", "instFamily": "BTC-USDT"}  # fmt: skip
    if kind == "OPTION":
        row |= {"settleCcy": "BTC", "ctVal": "0.01", "ctType": "", "optType": "C", "stk": "70000", "lotSz": "1",
                "expTime": str(EXPIRY_MS)}  # fmt: skip
    if kind == "SPOT":
        row |= {"baseCcy": "BTC", "quoteCcy": "USDT", "settleCcy": "", "ctVal": "", "ctMult": "", "ctValCcy": "",
                "ctType": "", "lotSz": "0.00000001"}  # fmt: skip
    return row | changes


LISTED = (
    listed(CALL, "OPTION"), listed(SWAP, "SWAP"), listed(FUTURE, "FUTURES", expTime=str(EXPIRY_MS)),
    listed(PAIR, "SPOT"),
    listed(COIN_SWAP, "SWAP", settleCcy="BTC", ctVal="100", ctValCcy="USD", ctType="inverse", lotSz="1"),
)  # fmt: skip


def mark(name: str, price: str, **changes: Any) -> dict[str, Any]:
    return {"instId": name, "instType": "SWAP", "markPx": price, "ts": str(T0_MS)} | changes


def public(**changes: Any) -> dict[str, Any]:
    """A file of public answers side by side; a change of None leaves one out."""
    file: dict[str, Any] = {
        "public/instruments": [answer([LISTED[0]]), answer(list(LISTED[1:]))],
        "public/mark-price": answer([mark(CALL, "0.0321"), mark(SWAP, "62700.5"), mark(COIN_SWAP, "62650.1"),
                                     mark(FUTURE, "63100")]),
        "public/opt-summary": answer([{"instId": CALL, "uly": "BTC-USD", "markVol": "0.58", "fwdPx": "63120.5",
                                       "bidVol": "", "askVol": "0.6", "ts": str(T0_MS)}]),
        "market/tickers": answer([{"instId": SWAP, "bidPx": "62700.4", "bidSz": "12", "askPx": "62700.6", "askSz": "0",
                                   "ts": str(T0_MS)}]),
        "market/index-tickers": answer([{"instId": "BTC-USD", "idxPx": "62648.5", "ts": str(T0_MS)},
                                        {"instId": "USDT-USD", "idxPx": "0.9995", "ts": str(T0_MS)}]),
        "public/funding-rate": answer([{"instId": SWAP, "fundingRate": "0.0001", "fundingTime": str(T0_MS),
                                        "nextFundingTime": str(T0_MS + 4 * 3_600_000)}]),
        "public/open-interest": answer([{"instId": SWAP, "oi": "2500000", "ts": str(T0_MS)}]),
    }  # fmt: skip
    return {key: part for key, part in (file | changes).items() if part is not None}


def position(name: str = SWAP, pos: str = "-10", **changes: Any) -> dict[str, Any]:
    """A row of account/positions."""
    kind = "OPTION" if name == CALL else "FUTURES" if name == FUTURE else "SWAP"
    return {"instId": name, "instType": kind, "mgnMode": "cross", "posSide": "net", "pos": pos, "avgPx": "62000",
            "ccy": "USDT", "margin": ""} | changes  # fmt: skip


def owned(ccy: str = "USDT", cash: str = "1000", **changes: Any) -> dict[str, Any]:
    """An entry of account/balance."""
    return {"ccy": ccy, "cashBal": cash, "eq": cash, "liab": "0", "upl": "0", "isoEq": "0", "stgyEq": "0"} | changes


def account(**changes: Any) -> dict[str, Any]:
    """The answers of an account side by side."""
    file: dict[str, Any] = {
        "account/positions": answer([position(), position(CALL, "-200", avgPx="0.03")]),
        "account/balance": answer([{"adjEq": "1", "details": [owned(), owned("BTC", "0.5")]}]),
        "public/instruments": answer(list(LISTED)),
    }  # fmt: skip
    return {key: part for key, part in (file | changes).items() if part is not None}


def as_bytes(file: Any) -> bytes:
    return json.dumps(file).encode()


def builder_answer(margins: Margins) -> dict[str, Any]:
    """Return what OKX's position builder would say of a book, if its numbers were ours."""
    found, snapshot, book = computed(margins), margins.snapshot, margins.book.book
    held = book.account(book.accounts[0])
    units: dict[str, dict[str, Any]] = {}
    for entry in held.positions:
        n = snapshot.table.position(entry.instrument)
        fact = snapshot.table.row(n)
        inverse = bool(snapshot.table.inverse[n]) and np.isnan(snapshot.table.strike[n])
        usd = 1.0 if inverse else snapshot.index.get(fact.settlement, 1.0)
        price = float(snapshot.mark[n])
        gained = entry.size * (1 / entry.entry_price - 1 / price if inverse else price - entry.entry_price)
        worth = entry.size * (1.0 if inverse else price * usd)
        line = {"instId": entry.instrument, "instType": "SWAP", "amt": text(entry.size / fact.contract_size),
                "avgPx": text(entry.entry_price), "markPx": text(price), "floatPnl": text(gained), "delta": text(worth),
                "notionalUsd": text(abs(worth) * 0.9999), "posSide": "net", "gamma": "0", "theta": "0",
                "vega": "0"}  # fmt: skip
        units.setdefault(fact.underlying, {"portfolios": []})["portfolios"].append(line)
    for base, unit in units.items():
        numbers = {
            name: found[f"{base}.{name}"] for name in (*(f"mr{k}" for k in range(1, 10)), "mmr", "imr", "upl", "delta")
        }
        unit |= {"riskUnit": base} | {name: text(number) for name, number in numbers.items()}
        [matrix] = [m for m in margins.explain().detail.matrices if m.name == base]
        unit["mr1Scenarios"] = {
            key: {text(move): text(cell) for move, cell in zip(matrix.price_moves, matrix.standard[:, v], strict=True)}
            for v, key in enumerate(("volShockUp", "volSame", "volShockDown"))
        }
        unit["mr6FinalResult"] = {
            name: text(found[f"{base}.mr6_{mine}"]) for name, mine in (("pnl", "pnl"), ("spotShock", "move"))
        }
        if spot := found[f"{base}.spot_in_use"]:
            unit["portfolios"].append({"instId": base, "instType": "SPOT", "amt": text(spot), "delta": text(spot)})
    assets = [
        {"ccy": asset, "availEq": text(found.get(f"collateral.{asset}.equity", 0.0)),
         "borrowImr": text(found.get(f"borrow.{asset}.imr", 0.0)), "borrowMmr": "",
         "spotInUse": text(found.get(f"{asset}.spot_in_use", 0.0))}
        for asset in sorted({*book.assets, *(snapshot.table.settlements)})
    ]  # fmt: skip
    totals = {"eq": "native.adjEq", "totalMmr": "native.totalMmr", "totalImr": "native.totalImr",
              "marginRatio": "native.mgnRatio", "borrowMmr": "borrow.mmr", "derivMmr": "derivatives.mmr",
              "upl": "upl"}  # fmt: skip
    row = {
        "assets": assets,
        "positions": [],
        "riskUnitData": list(units.values()),
        "ts": str(snapshot.time_ns // 1_000_000),
    }
    return answer([row | {name: text(found[mine]) for name, mine in totals.items()}])


def text(number: float) -> str:
    return repr(float(number))

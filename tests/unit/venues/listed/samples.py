"""Cboe's sample position of 23 February 2007: one stock with a call and a put, and an index with options of its own."""

from __future__ import annotations

import json
from typing import Any

CALL, PUT, INDEX_CALL = "IBM-20070421-100-C", "IBM-20070421-95-P", "SPX-20070421-1450-C"
END = "2007-04-21T21:00:00Z"


def option(name: str, underlying: str, strike: float, side: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "underlying": underlying, "expiry": END, "strike": strike, "side": side} | more


def market(**changes: Any) -> dict[str, Any]:
    ibm = {"price": 97.73, "rate": 0.0525, "dividend_yield": 0.0, "exercise": "american"}
    spx = {"price": 1451.19, "rate": 0.0525, "dividend_yield": 0.017, "exercise": "european"}
    options = [
        option(CALL, "IBM", 100.0, "call", price=1.68), option(PUT, "IBM", 95.0, "put", price=1.02, bid=1.0, ask=1.05),
        option(INDEX_CALL, "SPX", 1450.0, "call", vol=0.1),
    ]  # fmt: skip
    made = {"time": "2007-02-23T21:00:00Z", "source": "Cboe sample positions, closing prices",
            "underlyings": {"IBM": ibm, "SPX": spx}, "options": options}  # fmt: skip
    return {"listed": made | changes}


def as_bytes(**changes: Any) -> bytes:
    return json.dumps(market(**changes)).encode()

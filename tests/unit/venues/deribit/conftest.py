"""Recorded answers: a small set written by hand, which a bare clone has, and the shared recordings where present."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

ROOT = Path(__file__).parents[4]
DATA = Path(os.environ.get("SEAWALL_DATA", ROOT.parent / "shared" / "data"))

T0_MS = 1_785_607_084_000  # 2026-08-01T17:58:04Z
NEVER_MS = 32_503_708_800_000
EXPIRY_MS = 1_790_323_200_000  # 2026-09-25T08:00Z


def listed(name: str, kind: str, **changes: Any) -> dict[str, Any]:
    """A row of get_instruments, as the venue wrote them in 2026."""
    row: dict[str, Any] = {
        "instrument_name": name, "kind": kind, "base_currency": "BTC", "settlement_currency": "BTC",
        "counter_currency": "USD", "is_active": True, "state": "open", "tick_size_steps": [],
    }  # fmt: skip
    if kind == "option":
        row |= {"quote_currency": "BTC", "contract_size": 1.0, "min_trade_amount": 0.1, "strike": 100_000.0,
                "option_type": "call", "expiration_timestamp": EXPIRY_MS}  # fmt: skip
    else:
        row |= {"quote_currency": "USD", "contract_size": 10, "min_trade_amount": 10, "expiration_timestamp": NEVER_MS}
    return row | changes


def summary(name: str, **changes: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "instrument_name": name, "creation_timestamp": T0_MS, "base_currency": "BTC", "volume": 1.0,
        "mark_price": 62_700.5, "bid_price": 62_700.0, "ask_price": 62_701.0, "mid_price": 62_700.5,
        "open_interest": 1_012_315_080, "estimated_delivery_price": 62_650.25,
    }  # fmt: skip
    return row | changes


def option_summary(name: str, **changes: Any) -> dict[str, Any]:
    row = summary(name, mark_price=0.0123, bid_price=None, ask_price=0.0125, open_interest=88.5, mark_iv=58.6,
                  underlying_price=63_100.5, underlying_index="BTC-25SEP26", interest_rate=0)  # fmt: skip
    return row | changes


def ticker(name: str, **changes: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "instrument_name": name, "timestamp": T0_MS + 1_500, "mark_price": 62_701.5, "index_price": 62_655.5,
        "best_bid_price": 62_701.0, "best_bid_amount": 385_760.0, "best_ask_price": 62_701.5,
        "best_ask_amount": 23_540.0, "open_interest": 1_012_315_080, "funding_8h": 5.06e-06, "state": "open",
        "estimated_delivery_price": 62_655.5, "stats": {"high": None},
    }  # fmt: skip
    return row | changes


def answer(result: Any, **more: Any) -> bytes:
    return msgspec.json.encode({"jsonrpc": "2.0", "result": result, "testnet": False, **more})


@pytest.fixture
def option_name() -> str:
    return "BTC-25SEP26-100000-C"


@pytest.fixture
def small_market() -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """Instruments, summaries and tickers of one perpetual, one future and one option, by hand."""
    instruments = [
        listed("BTC-PERPETUAL", "future"),
        listed("BTC-25SEP26", "future", expiration_timestamp=EXPIRY_MS),
        listed("BTC-25SEP26-100000-C", "option"),
    ]
    summaries = [
        option_summary("BTC-25SEP26-100000-C"),
        summary("BTC-25SEP26", mark_price=63_101.0, bid_price=63_100.0, ask_price=63_102.5, open_interest=8_901_820),
        summary("BTC-PERPETUAL", funding_8h=4e-06),
    ]
    return instruments, summaries, [ticker("BTC-PERPETUAL")]


@pytest.fixture
def recorded() -> Callable[[str], bytes]:
    """Return a function that reads a shared recording, or skips the test with the reason."""

    def read(name: str) -> bytes:
        path = DATA / name
        if not path.is_file():
            pytest.skip(f"the shared recording {name} is not here (set SEAWALL_DATA)")
        content = path.read_bytes()
        return gzip.decompress(content) if name.endswith(".gz") else content

    return read


@pytest.fixture
def recorded_path() -> Callable[[str], Path]:
    def find(name: str) -> Path:
        if not (DATA / name).is_file():
            pytest.skip(f"the shared recording {name} is not here (set SEAWALL_DATA)")
        return DATA / name

    return find


@pytest.fixture
def make() -> Any:
    """The row writers of this file, for tests that change one field."""

    class Writers:
        listed = staticmethod(listed)
        summary = staticmethod(summary)
        option_summary = staticmethod(option_summary)
        ticker = staticmethod(ticker)
        answer = staticmethod(answer)
        t0_ns = T0_MS * 1_000_000

    return Writers

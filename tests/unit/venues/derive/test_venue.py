"""Derive's answers and Deribit's have methods of the same names: each is told from the other, both ways."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from seawall.api.books import load_book
from seawall.api.snapshots import load_snapshot
from seawall.venues.catalogue import VENUES
from tests.unit.venues.derive import samples

DERIBIT_FILE: Mapping[str, Any] = {
    "public/get_instruments": {"result": [{
        "instrument_name": "BTC-PERPETUAL", "kind": "future", "base_currency": "BTC", "settlement_currency": "BTC",
        "counter_currency": "USD", "quote_currency": "USD", "is_active": True, "state": "open", "contract_size": 10,
        "min_trade_amount": 10, "expiration_timestamp": 32_503_708_800_000,
    }]},
    "public/get_book_summary_by_currency": {"result": [{
        "instrument_name": "BTC-PERPETUAL", "creation_timestamp": samples.T0_MS, "base_currency": "BTC", "volume": 1.0,
        "mark_price": 62_700.5, "bid_price": 62_700.0, "ask_price": 62_701.0, "mid_price": 62_700.5,
        "open_interest": 1_000, "estimated_delivery_price": 62_650.25,
    }]},
}  # fmt: skip
DERIBIT_ACCOUNT: Mapping[str, Any] = {
    "positions": {"result": [{
        "instrument_name": "BTC-PERPETUAL", "kind": "future", "size": -1_000.0, "size_currency": -0.016,
        "average_price": 62_500.0, "mark_price": 62_700.0, "index_price": 62_650.0, "direction": "sell",
        "floating_profit_loss": -0.00005, "settlement_price": 62_500.0,
    }]},
    "summaries": {"result": {"summaries": [{"currency": "BTC", "balance": 1.0, "equity": 1.0, "session_upl": 0.0}]}},
}  # fmt: skip


def first(content: bytes) -> str:
    """Return the venue that the catalogue asks first about a file."""
    return next(name for name, venue in VENUES.items() if venue.is_snapshot(content))


def test_a_file_of_derive_is_read_as_derives(tmp_path: Path) -> None:
    file = tmp_path / "derive.json"
    file.write_bytes(samples.as_bytes(samples.native()))
    assert first(file.read_bytes()) == "derive"
    assert load_snapshot(file).venue == "derive"


@pytest.mark.parametrize("method", ["public/get_instruments", "get_instruments"])
def test_a_file_of_deribit_is_not_taken_for_derives(method: str) -> None:
    file = {method: DERIBIT_FILE["public/get_instruments"], "get_book_summary_by_currency": {"result": []}}
    assert first(json.dumps(file).encode()) == "deribit"
    assert not VENUES["derive"].is_snapshot(json.dumps(DERIBIT_FILE).encode())


def test_a_subaccount_of_derive_makes_derives_book() -> None:
    book = load_book(samples.LIVE_PM2, name_rule=None)
    assert book.accounts == ("42",)
    assert book.instruments == ("ETH-PERP",)


def test_private_answers_of_deribit_are_left_to_deribit() -> None:
    assert VENUES["derive"].read_account(DERIBIT_ACCOUNT, origin="a test", account=None) is None
    for part in DERIBIT_ACCOUNT.values():
        assert VENUES["derive"].read_account(part, origin="a test", account=None) is None


def test_a_subaccount_of_derive_is_none_of_deribits() -> None:
    for answer in (samples.LIVE_PM2, samples.LIVE_SM, samples.answer(samples.LIVE_SM)):
        assert VENUES["deribit"].read_account(answer, origin="a test", account=None) is None

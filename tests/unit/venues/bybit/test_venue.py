from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import seawall as sw
from seawall.core.errors import InputError
from seawall.venues.catalogue import VENUES
from tests.unit.venues.bybit.samples import (
    CALL,
    PERP,
    as_bytes,
    linear_row,
    margin_answer,
    native,
    position,
    positions,
    private,
)


@pytest.fixture
def snapshot_file(tmp_path: Path) -> Path:
    path = tmp_path / "bybit.json"
    path.write_bytes(as_bytes(native()))
    return path


def test_a_file_of_public_answers_is_a_snapshot(snapshot_file: Path) -> None:
    assert VENUES["bybit"].name == "bybit"
    assert sw.load_snapshot(snapshot_file).venue == "bybit"


def test_private_answers_are_margined_on_public_ones(snapshot_file: Path, tmp_path: Path) -> None:
    document = private(positions("linear", position(PERP, -0.5)), positions("option", position(CALL, 2.0)), USDT=90_000)
    path = tmp_path / "account.json"
    path.write_bytes(as_bytes(document))
    for policy in ("bybit/pm", "bybit/sm"):
        [row] = sw.margin(path, snapshot_file, policy)
        assert not row.unavailable
        assert row.initial_margin > row.maintenance_margin > 0.0


@pytest.mark.parametrize("content", [b"", b"{", b'{"wallet": {}, "assetPnlRange": []}', b"\x00", b'{"result": 1}'])
def test_what_is_no_margin_answer_is_an_input_error(content: bytes) -> None:
    with pytest.raises(InputError):
        sw.reconcile(content)


def test_every_truncation_of_a_margin_answer_is_an_input_error() -> None:
    content = as_bytes(margin_answer([], [linear_row(PERP, 1.0, 66_005.0, 1.0)]))
    for end in range(0, len(content), 41):
        with pytest.raises(InputError):
            sw.reconcile(content[:end])


def test_a_private_answer_alone_says_what_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "positions.json"
    path.write_bytes(as_bytes(positions("linear", position(PERP, 1.0))))
    with pytest.raises(InputError, match="wallet-balance"):
        sw.load_book(path)


def test_an_expired_contract_is_told_from_one_that_never_was(snapshot_file: Path) -> None:
    def said(name: str) -> Any:
        with pytest.raises(InputError) as caught:
            sw.margin({name: 1.0}, snapshot_file, "bybit/pm")
        return str(caught.value)

    assert "expired" in said("BTC-26JUN26-80000-C-USDT")
    assert "expired" not in said("BTC-26JUN99-80000-C-USDT")

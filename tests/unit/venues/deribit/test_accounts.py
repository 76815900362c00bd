from __future__ import annotations

import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.core.errors import InputError, SeawallError, UnavailableError, UnknownNameError, VenueError
from seawall.instruments import InstrumentTable
from seawall.market import MarketSnapshot
from seawall.venues.deribit import symbols
from seawall.venues.deribit.accounts import book_from_responses, sizes_from_base

NO_POSITIONS = b'{"jsonrpc":"2.0","result":[]}'


def position(name: str, size: float, **changes: Any) -> dict[str, Any]:
    direction = "buy" if size > 0 else "sell" if size < 0 else "zero"
    row = {"instrument_name": name, "kind": "future", "size": size, "direction": direction, "average_price": 60_000.0,
           "mark_price": 62_000.0, "floating_profit_loss": 0.0, "open_orders_margin": 0.0}  # fmt: skip
    return row | changes


def owned(currency: str, **changes: Any) -> dict[str, Any]:
    row = {"currency": currency, "balance": 2.0, "equity": 2.0, "options_value": 0.0, "futures_session_upl": 0.0,
           "session_rpl": 0.0, "spot_reserve": 0.0}  # fmt: skip
    return row | changes


def book_of(positions: list[dict[str, Any]], *summaries: dict[str, Any], **options: Any) -> Any:
    return book_from_responses(
        msgspec.json.encode({"result": positions}), msgspec.json.encode({"result": {"summaries": summaries}}), **options
    )


def test_sizes_and_entry_prices_are_the_venues_own() -> None:
    option = position("BTC-25SEP26-100000-C", 2.5, average_price=0.012, kind="option")
    held = [position("BTC-PERPETUAL", -620.0), option]
    account = book_of(held, owned("BTC"), account="desk").account("desk")
    assert {(entry.instrument, entry.size, entry.entry_price) for entry in account.positions} == {
        ("BTC-PERPETUAL", -620.0, 60_000.0), ("BTC-25SEP26-100000-C", 2.5, 0.012),
    }  # fmt: skip


@pytest.mark.parametrize("later_mark", [62_000.0, 50_000.0, 75_000.0])
def test_the_venues_equity_is_reproduced_whatever_was_settled_before(later_mark: float) -> None:
    size, entry, settled, mark = 620.0, 55_000.0, 60_000.0, 62_000.0
    floating = size * (1 / settled - 1 / mark)
    equity = 2.0 + floating + 0.03 - 0.01  # balance, session upl, option value, session rpl
    held = [position("BTC-PERPETUAL", size, average_price=entry, mark_price=mark, floating_profit_loss=floating)]
    summary = owned("BTC", equity=equity, options_value=0.03, futures_session_upl=floating, session_rpl=-0.01)
    cash = book_of(held, summary).balances[0, 0]
    venue_equity = 2.0 - 0.01 + 0.03 + size * (1 / settled - 1 / later_mark)
    assert cash + size * (1 / entry - 1 / later_mark) + 0.03 == pytest.approx(venue_equity, abs=1e-12)


def test_a_linear_future_is_sized_in_its_base_and_settles_in_its_stable_coin() -> None:
    held = [position("ETH_USDC-PERPETUAL", -3_000.0, size_currency=-1.5, average_price=2_000.0, mark_price=2_100.0,
                     floating_profit_loss=-150.0)]  # fmt: skip
    book = book_of(held, owned("USDC", balance=500.0, equity=350.0, futures_session_upl=-150.0))
    assert book.account("deribit").positions[0].size == -1.5
    assert book.account("deribit").balances == {"USDC": 500.0}


def test_charges_that_the_venue_states_are_kept() -> None:
    flat = position("BTC-25SEP26", 0.0, open_orders_margin=0.5)
    held = [position("BTC-PERPETUAL", 10.0, open_orders_margin=0.25), flat]
    charges = book_of(held, owned("BTC", spot_reserve=0.125)).account("deribit").charges
    assert charges == {"open_orders_margin": {"BTC": 0.75}, "spot_margin": {"BTC": 0.125}}


def test_a_position_whose_currency_has_no_summary_is_refused() -> None:
    with pytest.raises(InputError, match="it settles in USDC, and the summaries have no entry for USDC"):
        book_of([position("ETH_USDC-PERPETUAL", 1.0)], owned("BTC"))


@pytest.mark.parametrize(
    ("changes", "told"),
    [({"direction": "sell"}, "sizes are positive for buy"), ({"direction": "up"}, "buy, sell and zero"),
     ({"instrument_name": "BTC-PERP"}, "instrument_name is 'BTC-PERP'"),
     ({"average_price": 0.0}, "average_price is 0.0"),
     ({"size": "10"}, r"\$\.result\[0\]\.size is '10'; its type is wrong"),
     ({"floating_profit_loss": None}, "floating_profit_loss")],
)  # fmt: skip
def test_a_position_that_cannot_be_is_refused(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        book_of([position("BTC-PERPETUAL", 10.0) | changes], owned("BTC"))


def test_what_stands_twice_is_refused() -> None:
    with pytest.raises(InputError, match=r"BTC-PERPETUAL.*stands once"):
        book_of([position("BTC-PERPETUAL", 10.0)] * 2, owned("BTC"))
    with pytest.raises(InputError, match="currency is 'BTC'; it stands once"):
        book_of([], owned("BTC"), owned("BTC"))


def test_an_error_of_the_venue_is_told() -> None:
    with pytest.raises(VenueError, match="13009: unauthorized"):
        book_from_responses(b'{"error":{"code":13009,"message":"unauthorized"}}', NO_POSITIONS)


@given(st.binary(max_size=80), st.booleans())
def test_garbage_raises_only_errors_of_ours(junk: bytes, first: bool) -> None:
    good = msgspec.json.encode(owned("BTC"))
    with pytest.raises(SeawallError):
        book_from_responses(*((junk, good) if first else (NO_POSITIONS, junk)))


def test_the_documented_summary_keeps_the_documented_identity(recorded: Callable[[str], bytes]) -> None:
    content = recorded("account_json/joaquinbejar_deribit_account_summary.json")
    rows = {row["currency"]: row for row in json.loads(content)["summaries"]}
    book = book_from_responses(NO_POSITIONS, content)
    assert book.accounts == (str(json.loads(content)["id"]),)
    for asset, row in rows.items():
        cash = book.balances[0, book.assets.index(asset)]
        floating = row.get("futures_session_upl", 0.0) + row.get("options_value", 0.0)
        assert cash + floating == pytest.approx(row["equity"], abs=1e-12)
        assert cash == pytest.approx(row["balance"] + row["session_rpl"], abs=2e-8)
    assert book.account(book.accounts[0]).charges == {"spot_margin": {"ETH": rows["ETH"]["spot_reserve"]}}


def test_documented_positions_are_read(recorded: Callable[[str], bytes]) -> None:
    shapes = json.loads(recorded("native_shapes_cex.json"))["deribit"]
    held = shapes["/private/get_positions#response"]
    summary = shapes["/private/get_account_summary#response"]
    row, total = held["result"][0], summary["result"]
    book = book_from_responses(json.dumps(held).encode(), json.dumps(summary).encode())
    (entry,) = book.account("10").positions
    assert (entry.instrument, entry.size, entry.entry_price) == ("BTC-PERPETUAL", row["size"], row["average_price"])
    settled = total["equity"] - total["options_value"] - total["futures_session_upl"]
    # total_profit_loss is the venue's own profit from average price to mark, of which nothing floats
    assert book.balances[0, 0] == pytest.approx(settled - row["total_profit_loss"], abs=1e-9)
    assert book.charges["open_orders_margin"].sum() == row["open_orders_margin"]


def test_a_cross_margin_account_is_read_in_all_its_currencies(recorded_path: Callable[[str], Path]) -> None:
    archive = recorded_path("account_json/nautilus_adapters_test_data_lgpl.tar.gz")
    with tarfile.open(archive) as files:
        member = next(m for m in files.getmembers() if m.name.endswith("http_get_account_summaries_cross_margin.json"))
        content = files.extractfile(member).read()  # type: ignore[union-attr]
    rows = json.loads(content)["result"]["summaries"]
    book = book_from_responses(NO_POSITIONS, content)
    assert {asset: book.balances[0, c] for c, asset in enumerate(book.assets)} == {
        row["currency"]: row["balance"] for row in rows
    }


def snapshot_of(marks: dict[str, float]) -> MarketSnapshot:
    table = InstrumentTable.of(symbols.parse(name) for name in marks)
    return MarketSnapshot.of(table, name="now", venue="deribit", source="test", time_ns=0, index={},
                             mark=list(marks.values()))  # fmt: skip


def test_base_sizes_of_inverse_futures_become_dollars_at_the_mark() -> None:
    snapshot = snapshot_of(
        {"BTC-PERPETUAL": 65_000.0, "BTC-25SEP26": np.nan, "BTC_USDC-PERPETUAL": 65_001.0, "BTC-25SEP26-7-C": 0.05}
    )
    sizes = {"BTC-PERPETUAL": -1.0, "BTC_USDC-PERPETUAL": 2.0, "BTC-25SEP26-7-C": 3.0}
    assert sizes_from_base(sizes, snapshot) == sizes | {"BTC-PERPETUAL": -65_000.0}
    with pytest.raises(UnavailableError, match="BTC-25SEP26 has no mark"):
        sizes_from_base({"BTC-25SEP26": 1.0}, snapshot)
    with pytest.raises(UnknownNameError):
        sizes_from_base({"ETH-PERPETUAL": 1.0}, snapshot)

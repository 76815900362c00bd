"""The public functions: what goes in, what comes out, and what is refused."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import numpy as np
import pytest

import seawall as sw
from seawall.api.snapshots import MAX_UNZIPPED_BYTES
from seawall.margining.stand_alone import stand_alone
from seawall.market import Origin
from seawall.market.codec import encode
from seawall.policy import at

MARKET = "deribit-btc-2026-08-01"
ROOT = Path(__file__).parents[3]
DATA = Path(os.environ.get("SEAWALL_DATA", ROOT.parent / "shared" / "data"))
STRANGLE = {"BTC-25SEP26-80000-C": -10, "BTC-25SEP26-50000-P": -10, "BTC": 5.0}


def test_a_policy_without_a_date_is_the_newest_at_the_snapshots_time() -> None:
    by_name = sw.margin(STRANGLE, MARKET, "deribit/s_pm")
    dated = sw.margin(STRANGLE, MARKET, "deribit/s_pm/2026-02-15")
    given = sw.margin(STRANGLE, MARKET, at("deribit/s_pm/2026-02-15"))
    assert by_name.policy.id == dated.policy.id == given.policy.id == "deribit/s_pm/2026-02-15"
    assert by_name.initial_margin.tolist() == dated.initial_margin.tolist() == given.initial_margin.tolist()


def test_a_tighter_policy_needs_more_and_says_that_the_user_set_it() -> None:
    tight = at("deribit/s_pm/2026-02-15").with_numbers({"currency_pair.btc_usd.price_range": 0.20})
    [now], [then] = sw.margin(STRANGLE, MARKET, "deribit/s_pm"), sw.margin(STRANGLE, MARKET, tight)
    assert then.initial_margin > now.initial_margin
    assert any("set by the user" in item.source for item in sw.margin(STRANGLE, MARKET, tight).explain().evidence)


def test_a_snapshot_file_gives_the_same_margin_as_the_snapshot(tmp_path: Path) -> None:
    snapshot = sw.load_snapshot(MARKET)
    (tmp_path / "copy.seawall").write_bytes(encode(snapshot))
    again = sw.load_snapshot(tmp_path / "copy.seawall")
    assert again.digest == snapshot.digest
    assert sw.margin(STRANGLE, again).initial_margin.tolist() == sw.margin(STRANGLE, snapshot).initial_margin.tolist()


def test_the_bundled_chain_is_whole_and_says_what_was_derived() -> None:
    snapshot = sw.load_snapshot(MARKET)
    assert len(snapshot) == 868 + 14
    assert not np.isnan(snapshot.mark).any()
    assert set(snapshot.mark_origin) == {Origin.DERIVED}
    assert snapshot.index_origin["BTC"] == Origin.DERIVED
    assert snapshot.notes


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04", b"\x1f\x8b\x08garbage", gzip.compress(b"neither", mtime=0), b"{", b"[]"]
)
def test_what_is_no_snapshot_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "it").write_bytes(content)
    with pytest.raises(sw.SeawallError):
        sw.load_snapshot(tmp_path / "it")


@pytest.mark.parametrize("source", [42, None, 2.5, [], "x" * 5000])
def test_what_cannot_be_a_snapshot_is_refused_by_what_is_accepted(source: object) -> None:
    with pytest.raises(sw.InputError, match=r"bundled|can be read"):
        sw.load_snapshot(source)


def test_json_of_no_venue_is_refused_with_what_each_venue_writes() -> None:
    with pytest.raises(sw.InputError, match="deribit's is an object with a key that holds `get_instruments`"):
        sw.load_snapshot(b'{"prices": []}')


@pytest.mark.parametrize("policy", [None, 5, {}])
def test_what_is_no_policy_is_refused_by_what_is_accepted(policy: object) -> None:
    with pytest.raises(sw.InputError, match="a policy is a MarginPolicy or its id, such as deribit/x_pm"):
        sw.margin(STRANGLE, MARKET, policy)


def test_a_gzip_bomb_is_refused_before_it_fills_memory(tmp_path: Path) -> None:
    block = b"\0" * (1 << 24)
    with gzip.open(tmp_path / "bomb.json.gz", "wb", compresslevel=1) as file:
        for _ in range(MAX_UNZIPPED_BYTES // len(block) + 1):
            file.write(block)
    with pytest.raises(sw.InputError, match="unpacks to at most"):
        sw.load_snapshot(tmp_path / "bomb.json.gz")


def test_a_day_of_the_archive_is_a_snapshot() -> None:
    archives = sorted(DATA.glob("options/deribit_btc_eth_chain_daily_*.parquet"))
    if not archives:
        pytest.skip(f"no daily chains in {DATA}")
    snapshot = sw.load_snapshot(archives[0], currency="ETH", day="2026-03-01")
    assert set(snapshot.table.underlying) == {"ETH"}
    name = next(n for n in snapshot.table.names if n.startswith("ETH-27MAR26") and n.endswith("-P"))
    [row] = sw.margin({name: -10, "ETH": 20}, snapshot, "deribit/s_pm")
    assert row.initial_margin > 0.0


def test_what_if_at_the_mark_leaves_equity_and_adds_up() -> None:
    found = sw.what_if(STRANGLE, MARKET, ["BTC-25SEP26-80000-C 10", "BTC-25SEP26-50000-P 10"], "deribit/s_pm")
    assert found.after[0].equity == pytest.approx(found.before[0].equity, abs=1e-9)
    assert found.initial_after_usd == 0.0
    change = found.initial_after_usd - found.initial_before_usd
    for effect in found.effects:
        other = next(one for one in found.effects if one is not effect)
        assert effect.initial_last + other.initial_alone == pytest.approx(change)


def test_what_if_names_the_account_where_there_are_several() -> None:
    with pytest.raises(sw.InputError, match=r"account= \(--account on the command line\): short_strangle, "):
        sw.what_if("demo", MARKET, "BTC-PERPETUAL 10")
    assert sw.what_if("demo", MARKET, "BTC-PERPETUAL 10", account="box").account == "box"


def test_what_if_is_a_table_with_one_row_a_trade() -> None:
    found = sw.what_if(STRANGLE, MARKET, {"BTC-25SEP26-80000-C": 10, "BTC-PERPETUAL": -10})
    table = found.table("polars")
    assert table.to_dicts() == found.rows()
    assert table["instrument"].to_list() == ["BTC-25SEP26-80000-C", "BTC-PERPETUAL"]


def test_what_if_in_text_says_whose_what_before_and_after_and_each_trade() -> None:
    found = sw.what_if(STRANGLE, MARKET, "BTC-25SEP26-80000-C 10")
    head, _columns, initial, *_, trade, verdict = str(found).splitlines()
    assert head == "book under deribit/x_pm/2026-02-15, in USD"
    change = found.initial_after_usd - found.initial_before_usd
    numbers = [f"{number:,.2f}" for number in (found.initial_before_usd, found.initial_after_usd, change)]
    assert initial.split() == ["initial", "margin", *numbers]
    assert trade.startswith("BTC-25SEP26-80000-C +10 ")
    assert verdict == "initial margin is covered after it"


def test_what_if_in_text_says_why_a_margin_is_unavailable() -> None:
    text = str(sw.what_if({**STRANGLE, "XRP": 5.0}, MARKET, "BTC-25SEP26-80000-C 10"))
    assert "n/a" in text
    assert "before, unavailable: snapshot deribit-btc-2026-08-01 has no USD index for XRP" in text


def test_positions_standing_alone_are_accounts_of_their_own() -> None:
    book = sw.load_book("demo")
    alone = stand_alone(book)
    assert len(alone) == len(book.positions)
    assert alone.account("box/BTC-25DEC26-60000-C").positions[0].size == 30.0
    apart = np.nansum(sw.margin(alone, MARKET, "deribit/s_pm").initial_margin)
    together = np.nansum(sw.margin(book, MARKET, "deribit/s_pm").initial_margin)
    assert apart > together


def test_the_face_offers_what_it_lists_and_nothing_else() -> None:
    for name in sw.__all__:
        assert getattr(sw, name) is not None
    assert set(sw.__all__) <= set(dir(sw))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        sw.nonsense  # noqa: B018

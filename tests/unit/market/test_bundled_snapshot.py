"""The bundled chain: what its quotes, forwards, smiles and marks must look like to be believed."""

from __future__ import annotations

import importlib.util
import os
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from seawall.core.arrays import IntArray
from seawall.core.time import iso
from seawall.instruments import Kind
from seawall.market import MarketSnapshot, Origin
from seawall.market.codec import decode, encode
from seawall.market.derive import mark_errors
from seawall.market.parity import is_two_sided, parity_forward

NAME = "deribit-btc-2026-08-01"
ROOT = Path(__file__).parents[3]
RECORDING = Path(os.environ.get("SEAWALL_DATA", ROOT.parent / "shared" / "data")) / "options"
RECORDING /= "quantflow_deribit_btc_20260801.json.gz"


@pytest.fixture(scope="module")
def content() -> bytes:
    return (resources.files("seawall.data.snapshots") / f"{NAME}.seawall").read_bytes()


@pytest.fixture(scope="module")
def snapshot(content: bytes) -> MarketSnapshot:
    return decode(content)


def expiries(snapshot: MarketSnapshot) -> list[IntArray]:
    rows = np.flatnonzero(snapshot.table.is_kind(Kind.OPTION))
    return [rows[snapshot.table.expiry_ns[rows] == expiry] for expiry in np.unique(snapshot.table.expiry_ns[rows])]


def test_it_holds_the_recorded_chain(snapshot: MarketSnapshot) -> None:
    table = snapshot.table
    assert (snapshot.name, snapshot.venue, iso(snapshot.time_ns)) == (NAME, "deribit", "2026-08-01T17:58:04.320Z")
    assert [int(np.sum(table.is_kind(kind))) for kind in (Kind.OPTION, Kind.FUTURE, Kind.PERPETUAL)] == [868, 13, 1]
    assert set(table.lot[table.is_kind(Kind.OPTION)]) == {0.1}
    assert set(table.contract_size[table.is_kind(Kind.FUTURE)]) == {10.0}


def test_every_mark_is_there_and_says_that_it_is_ours(snapshot: MarketSnapshot) -> None:
    options = snapshot.table.is_kind(Kind.OPTION)
    assert np.isfinite(snapshot.mark).all()
    assert np.isfinite(snapshot.forward).all()
    assert np.isfinite(snapshot.vol[options]).all()
    assert set(snapshot.mark_origin) == set(snapshot.forward_origin) == {Origin.DERIVED}
    assert snapshot.index_origin["BTC"] == Origin.DERIVED
    assert "quantflow" in snapshot.source


def test_at_least_nineteen_of_twenty_marks_lie_between_bid_and_ask(snapshot: MarketSnapshot) -> None:
    quoted = snapshot.table.is_kind(Kind.OPTION) & is_two_sided(snapshot.bid, snapshot.ask)
    beyond = np.maximum(snapshot.bid - snapshot.mark, snapshot.mark - snapshot.ask)[quoted]
    assert np.sum(quoted) == 802
    assert np.mean(beyond <= 0.0) >= 0.95, f"{np.mean(beyond <= 0.0):.1%}"
    assert np.max(beyond) <= 3e-4, "three ticks of the cheapest options"


def test_no_strike_of_an_expiry_offers_a_spread_or_a_butterfly_for_nothing(snapshot: MarketSnapshot) -> None:
    """Calls fall and are convex in strike, with slopes between -1 and 0; puts follow by parity."""
    for rows in expiries(snapshot):
        calls = rows[snapshot.table.is_call[rows]]
        calls = calls[np.argsort(snapshot.table.strike[calls])]
        price, strike = snapshot.mark[calls] * snapshot.forward[calls], snapshot.table.strike[calls]
        slope = np.diff(price) / np.diff(strike)
        assert np.all((slope >= -1.0 - 1e-9) & (slope <= 1e-9)), snapshot.table.names[calls[0]]
        assert np.all(np.diff(slope) >= -1e-9), snapshot.table.names[calls[0]]


def test_a_conversion_against_the_dated_future_is_worth_nothing(snapshot: MarketSnapshot) -> None:
    table = snapshot.table
    for rows in expiries(snapshot):
        future = table.position(table.names[rows[0]].rsplit("-", 2)[0])
        calls, puts = ({table.strike[i]: i for i in rows if table.is_call[i] == right} for right in (True, False))
        for strike in calls.keys() & puts.keys():
            worth = snapshot.mark[calls[strike]] - snapshot.mark[puts[strike]]
            assert worth == pytest.approx(1.0 - strike / snapshot.mark[future], abs=1e-12)


def test_forwards_agree_with_parity_of_the_quotes(snapshot: MarketSnapshot) -> None:
    table = snapshot.table
    for rows in expiries(snapshot):
        calls, puts = ({table.strike[i]: i for i in rows if table.is_call[i] == right} for right in (True, False))
        strikes = sorted(calls.keys() & puts.keys())
        call, put = [calls[strike] for strike in strikes], [puts[strike] for strike in strikes]
        sides = (snapshot.bid[call], snapshot.ask[call], snapshot.bid[put], snapshot.ask[put])
        found = parity_forward(np.array(strikes), *sides, inverse=True)
        assert found.low <= snapshot.forward[rows[0]] <= found.high
        assert abs(found.forward - snapshot.forward[rows[0]]) <= 2.0 * found.standard_error


def test_the_term_structure_of_forwards_is_smooth_and_rising(snapshot: MarketSnapshot) -> None:
    firsts = [rows[0] for rows in expiries(snapshot) if snapshot.years[rows[0]] > 7.0 / 365.0]
    rate = np.log(snapshot.forward[firsts] / snapshot.index["BTC"]) / snapshot.years[firsts]
    assert np.all((rate > 0.02) & (rate < 0.06)), rate
    assert np.max(np.abs(np.diff(rate))) < 0.005, rate


def test_marks_are_black_76_at_the_volatilities_beside_them(snapshot: MarketSnapshot) -> None:
    errors = mark_errors(snapshot)[snapshot.table.is_kind(Kind.OPTION)]
    assert np.max(np.abs(errors)) <= 1e-15


def test_it_is_one_file_that_encodes_as_it_was(content: bytes, snapshot: MarketSnapshot) -> None:
    assert encode(snapshot) == content


def test_the_recording_gives_the_same_snapshot_again(snapshot: MarketSnapshot, tmp_path: Path) -> None:
    if not RECORDING.is_file():
        pytest.skip(f"{RECORDING.name} is not in {RECORDING.parent}; set SEAWALL_DATA")
    spec = importlib.util.spec_from_file_location("make_bundled_snapshot", ROOT / "tools" / "make_bundled_snapshot.py")
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    written = [tmp_path / "one.seawall", tmp_path / "two.seawall"]
    for file in written:
        assert tool.main(["--from", str(RECORDING), "--to", str(file)]) == 0
    assert written[0].read_bytes() == written[1].read_bytes()
    again = decode(written[0].read_bytes())
    assert again.table.names == snapshot.table.names
    # Another machine's last bits may differ; nothing that can be seen may.
    for column in ("bid", "ask", "open_interest", "forward", "vol", "mark"):
        np.testing.assert_allclose(getattr(again, column), getattr(snapshot, column), rtol=1e-7, atol=1e-9)

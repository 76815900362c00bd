"""Feeds of an on-chain venue: kept with the snapshot, in its file and its digest; settled forwards do not move."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest

from seawall.core.time import NS_PER_DAY
from seawall.instruments import InstrumentTable, Option
from seawall.market import Feeds, MarketSnapshot
from seawall.market.codec import decode, encode
from seawall.pricing import black76
from seawall.revaluation import revalue
from seawall.scenarios import ScenarioSet

DAY = NS_PER_DAY


def option(name: str, expiry_ns: int, *, is_call: bool = True) -> Option:
    return Option(name=name, underlying="BTC", quote="USDC", settlement="USDC", strike=100.0, expiry_ns=expiry_ns,
                  is_call=is_call, inverse=False)  # fmt: skip


def chain(feeds: Feeds | None) -> MarketSnapshot:
    table = InstrumentTable.of([option("far", 10 * DAY), option("near", DAY + 1), option("gone", DAY)])
    return MarketSnapshot.of(
        table, name="now", venue="derive", source="by hand", time_ns=DAY, index={"BTC": 100.0, "USDC": 1.0},
        mark=[5.0, 3.0, 10.0], forward=[100.0, 103.0, 110.0], vol=[0.6, 0.6, 0.6], feeds=feeds,
    )  # fmt: skip


FEEDS = Feeds.of(3, rate=[0.05, 0.06, np.nan], settled_forward=[0.0, 51.5, 110.0], vol_confidence=0.9,
                 index_confidence={"BTC": 0.8})  # fmt: skip
DOWN = ScenarioSet.spot_moves(["down"], ("BTC",), [[-0.2]])


def test_feeds_survive_a_file_and_name_the_snapshot() -> None:
    plain, fed = chain(None), chain(FEEDS)
    assert plain.digest != fed.digest
    again = decode(encode(fed))
    assert again.digest == fed.digest
    assert again.feeds is not None
    assert again.feeds.index_confidence == {"BTC": 0.8}
    assert decode(encode(plain)).feeds is None


def test_feeds_follow_their_rows_and_pickle() -> None:
    taken = chain(FEEDS).take([2, 0])
    assert taken.feeds is not None
    assert taken.feeds.settled_forward.tolist() == [110.0, 0.0]
    assert pickle.loads(pickle.dumps(taken)).feeds.rate[1] == 0.05


def test_only_the_live_part_of_a_forward_moves() -> None:
    gains = revalue(chain(FEEDS), DOWN).pnl[0]
    far, near = (
        float(black76.price(forward, 100.0, years, 0.6, is_call=True))
        for forward, years in ((80.0, 9 / 365), (51.5 + 51.5 * 0.8, 1e-9 / 86_400 / 365))
    )
    assert gains[0] == pytest.approx(far - 5.0, abs=1e-12)
    assert gains[1] == pytest.approx(near - 3.0, abs=1e-9)


def test_both_twins_move_it_alike() -> None:
    snapshot = chain(FEEDS)
    np.testing.assert_allclose(
        revalue(snapshot, DOWN, compiled=True).pnl, revalue(snapshot, DOWN, compiled=False).pnl, rtol=1e-13, atol=1e-13
    )


def test_an_expired_option_is_worth_its_intrinsic_once_its_settlement_price_is_known() -> None:
    found = revalue(chain(FEEDS), DOWN)
    assert found.pnl[0, 2] == pytest.approx(0.0)
    assert 2 not in found.failures
    early = revalue(chain(replace(FEEDS, settled_forward=np.array([0.0, 51.5, 60.0]))), DOWN)
    assert "expired" in early.failures[2]
    assert "expired" in revalue(chain(None), DOWN).failures[2]


def test_an_unknown_feed_is_refused() -> None:
    with pytest.raises(TypeError, match="no column nonsense"):
        Feeds.of(1, nonsense=[1.0])

"""Value and deltas of one unit of size, by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from seawall.core.time import NS_PER_DAY
from seawall.instruments import Future, Instrument, InstrumentTable, Option, Perpetual
from seawall.market import MarketSnapshot
from seawall.revaluation import revalue
from seawall.scenarios import ScenarioSet

COIN = {"underlying": "BTC", "quote": "USD", "settlement": "BTC", "inverse": True}
USDC = {"underlying": "BTC", "quote": "USDC", "settlement": "USDC", "inverse": False}
TERM = {"strike": 50_000.0, "expiry_ns": 365 * NS_PER_DAY}


def of(*instruments: Instrument, mark: list[float], vol: float = 0.5) -> MarketSnapshot:
    options = [isinstance(instrument, Option) for instrument in instruments]
    return MarketSnapshot.of(
        InstrumentTable.of(instruments), name="by hand", venue="deribit", source="made", time_ns=0,
        index={"BTC": 50_000.0}, mark=mark, forward=[50_000.0] * len(options),
        vol=[vol if option else math.nan for option in options],
    )  # fmt: skip


def test_a_dollar_of_a_coin_settled_future_is_the_coin_that_it_buys() -> None:
    found = of(Perpetual(name="P", **COIN), Future(name="F", expiry_ns=1, **COIN), mark=[50_000.0, 40_000.0]).exposure
    assert found.delta.tolist() == found.net_delta.tolist() == found.base_size.tolist() == [1 / 50_000, 1 / 40_000]
    assert found.market_value.tolist() == [0.0, 0.0]


def test_a_coin_of_a_dollar_settled_future_is_a_coin() -> None:
    found = of(Perpetual(name="P", **USDC), mark=[50_000.0]).exposure
    assert (found.delta[0], found.net_delta[0], found.base_size[0], found.market_value[0]) == (1.0, 1.0, 1.0, 0.0)


@pytest.mark.parametrize("is_call", [True, False])
def test_an_option_has_its_black_delta_and_its_net_delta_is_less_the_coin_that_it_costs(is_call: bool) -> None:
    inverse, linear = (
        Option(name=f"{i}", is_call=is_call, **TERM, **i_facts) for i, i_facts in enumerate((COIN, USDC))
    )
    found = of(inverse, linear, mark=[0.2, 10_000.0]).exposure
    above = 0.5 * math.erfc(-0.25 / math.sqrt(2.0))  # N(d1) at the money: half of vol √years
    delta = above if is_call else above - 1.0
    assert found.delta.tolist() == pytest.approx([delta, delta])
    assert found.net_delta.tolist() == pytest.approx([delta - 0.2, delta])
    assert found.market_value.tolist() == [0.2, 10_000.0]
    assert found.base_size.tolist() == [1.0, 1.0]


def test_the_net_delta_is_the_coin_gained_per_relative_move() -> None:
    forward, years, vol = 50_000.0, 1.0, 0.5
    total = vol * math.sqrt(years)
    above = [0.5 * math.erfc(-d / math.sqrt(2.0)) for d in (total / 2, -total / 2)]
    mark = above[0] - above[1]  # the Black-76 price over the forward, at the money
    snapshot = of(Option(name="O", is_call=True, **TERM, **COIN), mark=[mark], vol=vol)
    step = 1e-5
    moves = ScenarioSet.spot_moves(["down", "up"], ("BTC",), [[-step], [step]])
    down, up = revalue(snapshot, moves).pnl[:, 0]
    assert (up - down) / (2.0 * step) == pytest.approx(float(snapshot.exposure.net_delta[0]), rel=1e-6)
    assert forward == snapshot.forward[0]


def test_a_missing_price_is_missing_in_every_column_that_needs_it() -> None:
    rows = (Perpetual(name="P", **COIN), Perpetual(name="L", **USDC), Option(name="O", is_call=True, **TERM, **COIN))
    found = of(*rows, mark=[math.nan] * 3).exposure
    assert np.isnan(found.market_value).all()
    assert np.isnan(found.net_delta).all()
    assert np.isnan(found.delta[:2]).all()


def test_columns_are_read_only() -> None:
    assert not of(Perpetual(name="P", **USDC), mark=[1.0]).exposure.delta.flags.writeable

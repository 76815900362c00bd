"""Listed options: discounted values on the index, and early exercise where it is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from seawall.core.time import NS_PER_YEAR
from seawall.instruments import Future, InstrumentTable, Option
from seawall.market import Listed, MarketSnapshot
from seawall.market.codec import decode, encode
from seawall.revaluation import PnlTensor, revalue
from seawall.risk.greeks import unit_greeks
from seawall.scenarios import Relative, ScenarioSet

PLAIN = {"underlying": "XYZ", "quote": "USD", "settlement": "USD", "inverse": False}


def listed(snapshot: MarketSnapshot, scenarios: ScenarioSet, *, rate: float = 0.0, early: bool = False) -> PnlTensor:
    terms = Listed.of(2, rate=[rate, np.nan], early_exercise=[early, False])
    return revalue(replace(snapshot, listed=terms), scenarios)


def market(rate: float = 0.0) -> MarketSnapshot:
    put = Option(name="P", strike=100.0, expiry_ns=NS_PER_YEAR, is_call=False, **PLAIN)  # type: ignore[arg-type]
    future = Future(name="F", expiry_ns=NS_PER_YEAR, **PLAIN)  # type: ignore[arg-type]
    return MarketSnapshot.of(
        InstrumentTable.of([put, future]), name="listed", venue="", source="by hand", time_ns=0, index={"XYZ": 100.0},
        mark=[8.0, 100.0], forward=[100.0 * np.exp(rate), 100.0], vol=[0.2, np.nan],
    )  # fmt: skip


def moves(*spot: float) -> ScenarioSet:
    return ScenarioSet.spot_moves([f"{x}" for x in spot], ("XYZ",), [[x] for x in spot], vol_shock=Relative(0.5))


def test_without_rates_a_european_option_is_the_tables_own() -> None:
    plain = revalue(market(), moves(-0.1, 0.2))
    assert listed(market(), moves(-0.1, 0.2)).pnl == pytest.approx(plain.pnl, abs=1e-10)


def test_what_is_no_option_is_left_as_it_is() -> None:
    assert listed(market(), moves(-0.1), rate=0.05).pnl[0, 1] == pytest.approx(-10.0)


def test_a_put_deep_in_the_money_is_exercised() -> None:
    held = listed(market(0.05), moves(-0.9), rate=0.05).pnl[0, 0]
    exercised = listed(market(0.05), moves(-0.9), rate=0.05, early=True).pnl[0, 0]
    assert exercised == pytest.approx(90.0 - 8.0)
    assert held == pytest.approx(100.0 * np.exp(-0.05) - 10.0 - 8.0)


def test_what_cannot_be_valued_stays_a_failure() -> None:
    snapshot = market()
    holed = MarketSnapshot.of(
        snapshot.table, name="listed", venue="", source="by hand", time_ns=0, index={"XYZ": 100.0},
        mark=[np.nan, 100.0], forward=[100.0, 100.0], vol=[0.2, np.nan],
    )  # fmt: skip
    found = listed(holed, moves(-0.1), early=True)
    assert np.isnan(found.pnl[0, 0])
    assert 0 in found.failures


def test_a_price_of_the_underlying_that_is_missing_is_a_failure() -> None:
    found = listed(replace(market(), index={}), moves(-0.1))
    assert np.isnan(found.pnl[0, 0])
    assert found.failures == {0: "P: the snapshot has no price of its underlying"}


def test_terms_are_part_of_a_snapshots_name_and_file() -> None:
    terms = Listed.of(2, rate=[0.05, np.nan], early_exercise=[True, False])
    snapshot = replace(market(), listed=terms)
    again = decode(encode(snapshot))
    assert again.digest == snapshot.digest != market().digest
    assert again.listed is not None
    assert again.listed.early_exercise.tolist() == [True, False]
    assert len({replace(market(), listed=replace(terms, early_exercise=~terms.early_exercise)).digest,
                snapshot.digest}) == 2  # fmt: skip
    assert snapshot.take([1]).listed is not None
    assert np.isnan(snapshot.take([1]).listed.rate).all()  # type: ignore[union-attr]


def test_deltas_of_listed_options_are_unavailable_and_not_blacks() -> None:
    snapshot = replace(market(), listed=Listed.of(2, rate=[0.05, np.nan]))
    assert np.isnan(snapshot.exposure.delta).tolist() == [True, False]
    assert np.isnan(unit_greeks(snapshot).vega_usd).tolist() == [True, False]
    assert snapshot.exposure.market_value.tolist() == [8.0, 0.0]

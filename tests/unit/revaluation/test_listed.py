"""Listed options: discounted values on the index, and early exercise where it is said."""

from __future__ import annotations

import numpy as np
import pytest

from seawall.core.time import NS_PER_YEAR
from seawall.instruments import Future, InstrumentTable, Option
from seawall.market import MarketSnapshot
from seawall.revaluation import revalue, revalue_listed
from seawall.scenarios import Relative, ScenarioSet

PLAIN = {"underlying": "XYZ", "quote": "USD", "settlement": "USD", "inverse": False}
NONE = np.zeros(2)


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
    listed = revalue_listed(market(), moves(-0.1, 0.2), rate=NONE, dividend_yield=NONE, early_exercise=NONE > 0.0)
    assert listed.pnl == pytest.approx(plain.pnl, abs=1e-10)


def test_what_is_no_option_is_left_as_it_is() -> None:
    found = revalue_listed(market(), moves(-0.1), rate=NONE + 0.05, dividend_yield=NONE, early_exercise=NONE > 0.0)
    assert found.pnl[0, 1] == pytest.approx(-10.0)


def test_a_put_deep_in_the_money_is_exercised() -> None:
    given = {"rate": NONE + 0.05, "dividend_yield": NONE}
    held = revalue_listed(market(0.05), moves(-0.9), early_exercise=NONE > 0.0, **given).pnl[0, 0]
    exercised = revalue_listed(market(0.05), moves(-0.9), early_exercise=NONE == 0.0, **given).pnl[0, 0]
    assert exercised == pytest.approx(90.0 - 8.0)
    assert held == pytest.approx(100.0 * np.exp(-0.05) - 10.0 - 8.0)


def test_what_cannot_be_valued_stays_a_failure() -> None:
    snapshot = market()
    holed = MarketSnapshot.of(
        snapshot.table, name="listed", venue="", source="by hand", time_ns=0, index={"XYZ": 100.0},
        mark=[np.nan, 100.0], forward=[100.0, 100.0], vol=[0.2, np.nan],
    )  # fmt: skip
    found = revalue_listed(holed, moves(-0.1), rate=NONE, dividend_yield=NONE, early_exercise=NONE == 0.0)
    assert np.isnan(found.pnl[0, 0])
    assert 0 in found.failures

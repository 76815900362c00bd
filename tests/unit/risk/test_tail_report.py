"""VaR and ES of a book: what counts, what is unavailable, how it stands to delta-gamma."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from seawall.core.errors import InputError
from seawall.portfolio import Account, Book, Position
from seawall.risk.book_quadratic import book_quadratic
from seawall.risk.tail_report import WHOLE_BOOK, tail_report
from seawall.scenarios import ScenarioSet
from tests.laws.worlds import NAMES, market

MOVES = np.random.default_rng(np.random.SeedSequence(5)).normal(0.0, 0.03, (4_000, 1))
NORMAL = ScenarioSet.spot_moves([f"{s}" for s in range(len(MOVES))], ("BTC",), MOVES)
BOOK = Book.of([
    Account("short gamma", (Position("BTC-120D-60000-C", -10.0), Position("BTC-PERPETUAL", 300_000.0)), {"BTC": 2.0}),
    Account("long", (Position("BTC_USDC-PERPETUAL", 5.0),), {"USDC": 1e5}),
])  # fmt: skip


def test_all_accounts_together_stand_after_each() -> None:
    found = tail_report(BOOK, market(), NORMAL)
    assert [one.account for one in found.accounts] == ["short gamma", "long", WHOLE_BOOK]
    assert found[WHOLE_BOOK].risk.expected_shortfall <= sum(
        found[name].risk.expected_shortfall for name in ("short gamma", "long")
    ) * (1.0 + 1e-12)


def test_delta_gamma_s_exact_quantile_lies_in_the_interval_of_full_revaluation_for_small_moves() -> None:
    sd = 0.004
    small = ScenarioSet.spot_moves(NORMAL.labels, ("BTC",), MOVES * sd / 0.03)
    found = tail_report(BOOK, market(), small, interval_confidence=0.999, incremental=False)["short gamma"].risk
    form = book_quadratic(BOOK, market(), ["BTC"], [[sd**2]], account="short gamma")
    low, high = found.value_at_risk_interval
    assert low < form.value_at_risk(confidence=0.99) < high
    low, high = found.expected_shortfall_interval
    assert low < form.expected_shortfall(confidence=0.99) < high


def test_a_volatility_factor_adds_vega_to_the_form() -> None:
    sigma = np.diag([0.03**2, 0.05**2])
    with_vol = book_quadratic(BOOK, market(), ["BTC", "BTC vol"], sigma, account="short gamma")
    without = book_quadratic(BOOK, market(), ["BTC"], sigma[:1, :1], account="short gamma")
    assert with_vol.standard_deviation > without.standard_deviation


def test_a_book_that_leans_on_no_factor_is_refused_by_name() -> None:
    ether = Book.of([Account("a", (Position("ETH-PERPETUAL", 1_000.0),))])
    with pytest.raises(InputError, match="leans on ETH"):
        book_quadratic(ether, market(), ["BTC"], [[1e-3]])


def test_what_can_not_be_valued_is_unavailable_by_name_and_touches_no_other_account() -> None:
    vol = market().vol.copy()
    vol[NAMES.index("BTC-120D-60000-C")] = np.nan
    found = tail_report(BOOK, replace(market(), vol=vol), NORMAL)
    assert math.isnan(found["short gamma"].risk.value_at_risk)
    assert "BTC-120D-60000-C" in found["short gamma"].unavailable
    assert found["long"].risk.value_at_risk > 0.0


def test_an_underlying_that_no_scenario_moves_is_unavailable_and_not_unmoved() -> None:
    ether = Book.of([Account("a", (Position("ETH-PERPETUAL", 1_000.0),))])
    found = tail_report(ether, market(), NORMAL)["a"]
    assert math.isnan(found.risk.value_at_risk) and "no scenario moves" in found.unavailable


def test_weights_decide_what_the_tail_is() -> None:
    pair = replace(ScenarioSet.spot_moves(["crash", "calm"], ("BTC",), [[-0.5], [0.0]]), weights=np.array([1.0, 99.0]))
    rare = tail_report(BOOK, market(), pair, confidence=0.95)["long"]
    assert rare.risk.value_at_risk == pytest.approx(0.0, abs=1e-9)
    worth = 5.0 * market().mark[NAMES.index("BTC_USDC-PERPETUAL")] * 0.5
    assert rare.risk.expected_shortfall == pytest.approx(worth * 0.01 / 0.05)
    assert rare.tail[0] == ("crash", pytest.approx(0.2))

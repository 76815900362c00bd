"""What moves beside the spot, and what it is worth to futures, perpetuals and options."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from seawall.core.errors import InputError
from seawall.instruments import Kind
from seawall.market import Listed
from seawall.pricing import black76
from seawall.revaluation import revalue
from seawall.scenarios import Basis, ScenarioSet, Unchanged
from tests.laws.worlds import market

UNDERLYINGS = ("BTC", "ETH")


def moved(
    *, spot: float = 0.0, carry: float = 0.0, perpetual: float = 0.0, funding: float = 0.0, days: float = 0.0
) -> ScenarioSet:
    shape = (1, 2)
    return ScenarioSet(
        labels=("one",),
        underlyings=UNDERLYINGS,
        spot=np.full(shape, spot),
        vol_shocks=(Unchanged(),),
        vol_index=np.zeros(shape, np.int64),
        elapsed_years=np.array([days / 365.0]),
        weights=np.ones(1),
        basis=Basis.of(shape, carry=carry, perpetual=perpetual, funding=funding),
    )


def pnl(name: str, scenarios: ScenarioSet) -> float:
    return float(revalue(market(), scenarios, compiled=False).pnl[0, market().table.names.index(name)])


def mark(name: str) -> float:
    return float(market().mark[market().table.names.index(name)])


def test_a_basis_that_does_not_move_is_no_basis() -> None:
    without = ScenarioSet.spot_moves(["one"], UNDERLYINGS, [[-0.2, 0.1]])
    still = ScenarioSet(
        without.labels, UNDERLYINGS, without.spot, without.vol_shocks, without.vol_index, without.elapsed_years,
        without.weights, basis=Basis.still((1, 2)),
    )  # fmt: skip
    for compiled in (False, True):
        one, two = (revalue(market(), made, compiled=compiled).pnl for made in (without, still))
        assert np.abs(one - two).max() <= 1e-11 * np.abs(one).max()


def test_a_linear_perpetual_falls_by_its_gap_and_receives_funding() -> None:
    name = "BTC_USDC-PERPETUAL"
    assert pnl(name, moved(spot=-0.2, perpetual=-0.1)) == pytest.approx(mark(name) * (0.8 * 0.9 - 1.0), rel=1e-14)
    assert pnl(name, moved(funding=-0.003)) == pytest.approx(0.003 * mark(name), rel=1e-12)


def test_an_inverse_perpetual_pays_its_gap_and_its_funding_in_coin() -> None:
    name = "BTC-PERPETUAL"
    expected = 1.0 / mark(name) - 1.0 / (0.9 * mark(name))
    assert pnl(name, moved(perpetual=-0.1)) == pytest.approx(expected, rel=1e-12)
    assert pnl(name, moved(funding=0.01)) == pytest.approx(-0.01 / mark(name), rel=1e-12)


def test_a_dated_future_moves_with_the_carry_over_the_time_that_is_left() -> None:
    name = "BTC-120D"
    for days in (0.0, 20.0, 200.0):
        growth = np.exp(-0.1 * max(120.0 - days, 0.0) / 365.0)
        expected = 1.0 / mark(name) - 1.0 / (mark(name) * growth)
        assert pnl(name, moved(carry=-0.1, days=days)) == pytest.approx(expected, rel=1e-9, abs=1e-18)


def test_perpetuals_know_no_carry_and_futures_no_gap() -> None:
    table = market().table
    found = revalue(market(), moved(carry=0.3), compiled=False).pnl[0]
    assert (found[table.is_kind(Kind.PERPETUAL)] == 0.0).all()
    found = revalue(market(), moved(perpetual=0.3, funding=0.1), compiled=False).pnl[0]
    assert (found[table.is_kind(Kind.FUTURE)] == 0.0).all()


@pytest.mark.parametrize("compiled", [False, True])
def test_an_option_is_priced_on_the_forward_that_the_carry_moved(compiled: bool) -> None:
    table, snapshot = market().table, market()
    found = revalue(snapshot, moved(spot=-0.1, carry=0.2), compiled=compiled).pnl[0]
    for n in np.flatnonzero(table.is_kind(Kind.OPTION)):
        years = float(snapshot.years[n])
        forward = float(snapshot.forward[n]) * 0.9 * np.exp(0.2 * years)
        price = float(
            black76.price(
                forward, float(table.strike[n]), years, float(snapshot.vol[n]), is_call=bool(table.is_call[n])
            )
        )
        worth = price / forward if table.inverse[n] else price
        assert found[n] == pytest.approx(worth - float(snapshot.mark[n]), rel=1e-9, abs=1e-12)


def test_sets_with_and_without_a_basis_concatenate_and_compare() -> None:
    plain, based = ScenarioSet.spot_moves(["plain"], UNDERLYINGS, [[0.0, 0.0]]), moved(perpetual=-0.1)
    both = plain + based
    assert both.basis is not None
    assert both.basis.perpetual.tolist() == [[0.0, 0.0], [-0.1, -0.1]]
    assert (based + plain).basis.perpetual[0].tolist() == [-0.1, -0.1]  # type: ignore[union-attr]
    assert both.keys[0] != both.keys[1]
    wide = based.spread(("BTC", "DOGE", "ETH"))
    assert wide.basis is not None
    assert wide.basis.perpetual.tolist() == [[-0.1, 0.0, -0.1]]


@pytest.mark.parametrize("early", [False, True])
def test_a_listed_option_sees_a_carry_as_a_yield_that_is_as_much_lower(early: bool) -> None:
    """Its forward follows from the index by rate and yield, so that both say the same of what is left of its time."""
    count = len(market().table)
    one, other = (
        replace(market(), listed=Listed.of(count, rate=0.05, dividend_yield=q, early_exercise=early))
        for q in (0.1, 0.02)
    )
    by_carry = revalue(one, moved(spot=-0.1, carry=0.08, days=3.0)).pnl[0]
    by_yield = revalue(other, moved(spot=-0.1, days=3.0)).pnl[0]
    linear = market().table.is_kind(Kind.OPTION) & ~market().table.inverse
    assert linear.sum() == 2
    np.testing.assert_allclose(by_carry[linear], by_yield[linear], rtol=1e-12)
    assert (np.abs(by_carry - revalue(one, moved(spot=-0.1, days=3.0)).pnl[0])[linear] > 1.0).all()


@pytest.mark.parametrize(("leg", "bad"), [("perpetual", -1.0), ("carry", np.inf), ("funding", np.nan)])
def test_a_leg_that_can_not_be_is_refused_by_name(leg: str, bad: float) -> None:
    with pytest.raises(InputError, match=f"basis.{leg}"):
        Basis.of((1, 1), **{leg: bad})  # type: ignore[arg-type]

"""Readable = compiled: the whole revaluation, on random chains and scenario sets."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.core.time import NS_PER_DAY
from seawall.instruments import Future, Instrument, InstrumentTable, Kind, Option, Perpetual
from seawall.market import MarketSnapshot
from seawall.revaluation import PnlTensor, revalue
from seawall.scenarios import Absolute, Relative, ScenarioSet, TermScaled, Unchanged

UNDERLYINGS = ("BTC", "ETH", "SOL")
TOLERANCE = 1e-13
"""Of the larger of moved forward and strike, in the unit of the price: what the two logarithms and exponentials differ
by, a few units of the last place."""


def _compiled_is_there() -> bool:
    try:
        revalue(chain(0, 1), scenario_set(0, 1), compiled=True)
    except NotImplementedError:
        return False
    return True


def chain(seed: int, count: int) -> MarketSnapshot:
    rng = np.random.default_rng(seed)
    price = dict(zip(UNDERLYINGS, (60_000.0, 2_500.0, 150.0), strict=True))
    rows: list[Instrument] = []
    for i in range(count):
        base, inverse = UNDERLYINGS[rng.integers(3)], bool(rng.integers(2))
        settled = {"quote": "USD", "settlement": base} if inverse else {"quote": "USDC", "settlement": "USDC"}
        expiry = int(rng.integers(1, 400)) * NS_PER_DAY
        facts = {"name": f"{i}", "underlying": base, "inverse": inverse, **settled}
        kind = rng.integers(6)
        if kind == 0:
            rows.append(Perpetual(**facts))  # type: ignore[arg-type]
        elif kind == 1:
            rows.append(Future(expiry_ns=expiry, **facts))  # type: ignore[arg-type]
        else:
            strike = float(price[base] * np.exp(rng.normal() * 0.7))
            rows.append(Option(strike=strike, expiry_ns=expiry, is_call=bool(rng.integers(2)), **facts))  # type: ignore[arg-type]
    table = InstrumentTable.of(rows)
    forward = np.array([price[base] for base in table.underlying]) * rng.uniform(0.98, 1.05, count)
    options = table.is_kind(Kind.OPTION)
    vol = np.where(options, rng.choice([0.0, 0.05, 0.6, 2.5], count), np.nan)
    mark = np.where(options, np.where(table.inverse, 0.05, 0.05 * forward), forward)
    gone = rng.random(count) < 0.1
    return MarketSnapshot.of(
        table, name="random", venue="deribit", source="made", time_ns=0, index=price | {"USDC": 1.0},
        mark=np.where(gone, np.nan, mark), forward=forward, vol=vol,
    )  # fmt: skip


def scenario_set(seed: int, count: int) -> ScenarioSet:
    rng = np.random.default_rng(seed)
    shocks = (Unchanged(), Relative(0.5, 0.4), Absolute(-0.1), TermScaled(0.4, 0.3, 0.13, 0.5))
    return ScenarioSet(
        tuple(f"{s}" for s in range(count)), UNDERLYINGS, np.expm1(rng.normal(size=(count, 3))), shocks,
        rng.integers(0, len(shocks), (count, 3)), rng.choice([0.0, 0.01, 0.5, 2.0], count), np.ones(count),
    )  # fmt: skip


pytestmark = pytest.mark.skipif(not _compiled_is_there(), reason="revaluation has no compiled twin yet")


def difference(readable: PnlTensor, compiled: PnlTensor, snapshot: MarketSnapshot) -> np.ndarray:
    """Return how far apart the twins are, over the larger of moved forward and strike, in the price's unit."""
    table, scenarios = snapshot.table, readable.scenarios
    column = [UNDERLYINGS.index(base) for base in table.underlying]
    moved = snapshot.forward * (1.0 + scenarios.spot[:, column])
    larger = np.fmax(moved, table.strike)
    return np.abs(readable.pnl - compiled.pnl) / np.where(table.inverse, larger / moved, larger)


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), instruments=st.integers(1, 40), scenarios=st.integers(1, 40))
def test_both_twins_value_every_cell_alike(seed: int, instruments: int, scenarios: int) -> None:
    snapshot, made = chain(seed, instruments), scenario_set(seed, scenarios)
    readable, compiled = (revalue(snapshot, made, compiled=twin) for twin in (False, True))
    assert readable.failures == compiled.failures
    assert np.array_equal(np.isnan(readable.pnl), np.isnan(compiled.pnl))
    apart = difference(readable, compiled, snapshot)
    assert np.nanmax(apart, initial=0.0) <= TOLERANCE


def test_both_twins_agree_on_a_grid_large_enough_for_threads() -> None:
    snapshot, made = chain(11, 900), scenario_set(11, 1_500)
    readable, compiled = (revalue(snapshot, made, compiled=twin) for twin in (False, True))
    assert np.nanmax(difference(readable, compiled, snapshot)) <= TOLERANCE


def test_the_compiled_twin_gives_the_same_bits_every_time() -> None:
    snapshot, made = chain(5, 700), scenario_set(5, 1_600)
    first = revalue(snapshot, made, compiled=True).pnl.tobytes()
    assert all(revalue(snapshot, made, compiled=True).pnl.tobytes() == first for _ in range(3))


@pytest.mark.parametrize(("instruments", "scenarios"), [(1, 1), (3, 70), (70, 3)])
def test_left_to_itself_a_small_grid_takes_the_readable_twin(instruments: int, scenarios: int) -> None:
    snapshot, made = chain(3, instruments), scenario_set(3, scenarios)
    chosen, readable = revalue(snapshot, made), revalue(snapshot, made, compiled=False)
    assert chosen.pnl.tobytes() == readable.pnl.tobytes()

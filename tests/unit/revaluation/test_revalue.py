"""Revaluation: payoffs by hand, failures as reasons, the same answer in every block, and bounded memory."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import seawall.revaluation.revalue  # noqa: F401 - the package hides the module behind the function of that name
from seawall.core.time import NS_PER_DAY
from seawall.instruments import Future, Instrument, InstrumentTable, Option, Perpetual, Spot
from seawall.market import MarketSnapshot
from seawall.revaluation import PnlTensor, revalue
from seawall.scenarios import Absolute, Relative, ScenarioSet, Unchanged, grid

MODULE = sys.modules["seawall.revaluation.revalue"]
YEAR_NS = 365 * NS_PER_DAY
MARK, FORWARD, STRIKE, VOL = 50_000.0, 51_000.0, 52_000.0, 0.6

COIN = {"underlying": "BTC", "quote": "USD", "settlement": "BTC", "inverse": True}
USDC = {"underlying": "BTC", "quote": "USDC", "settlement": "USDC", "inverse": False}
OPTION = {"strike": STRIKE, "expiry_ns": YEAR_NS // 4}


def black(forward: float, years: float, vol: float, *, is_call: bool, strike: float = STRIKE) -> float:
    """Return the textbook's Black-76 price, from the error function and nothing of ours."""
    intrinsic = max(forward - strike, 0.0) if is_call else max(strike - forward, 0.0)
    total = vol * math.sqrt(max(years, 0.0))
    if total == 0.0:
        return intrinsic
    d1 = math.log(forward / strike) / total + total / 2.0
    below = [0.5 * math.erfc(-d / math.sqrt(2.0)) for d in (d1, d1 - total)]
    call = forward * below[0] - strike * below[1]
    return call if is_call else call - forward + strike


def of(*instruments: Instrument, time_ns: int = 0, **columns: object) -> MarketSnapshot:
    options = [isinstance(instrument, Option) for instrument in instruments]
    years = [(getattr(i, "expiry_ns", 0) - time_ns) / YEAR_NS for i in instruments]
    given_columns: dict[str, object] = {
        "mark": [
            (black(FORWARD, t, VOL, is_call=i.is_call) / (FORWARD if i.inverse else 1.0)) if o else MARK  # type: ignore[union-attr]
            for i, o, t in zip(instruments, options, years, strict=True)
        ],
        "forward": [FORWARD if o else MARK for o in options],
        "vol": [VOL if o else math.nan for o in options],
    }
    return MarketSnapshot.of(
        InstrumentTable.of(instruments), name="by hand", venue="deribit", source="made", time_ns=time_ns,
        index={"BTC": MARK, "ETH": 2_000.0, "USDC": 1.0}, **(given_columns | columns),  # type: ignore[arg-type]
    )  # fmt: skip


def spot(*moves: float) -> ScenarioSet:
    return ScenarioSet.spot_moves([f"{move}" for move in moves], ("BTC",), np.array(moves).reshape(-1, 1))


@pytest.mark.parametrize("move", [-0.66, -0.16, 0.0, 0.16, 5.0])
def test_one_dollar_of_a_coin_settled_future_gains_r_over_one_plus_r_of_its_coin(move: float) -> None:
    snapshot = of(Perpetual(name="P", **COIN), Future(name="F", expiry_ns=YEAR_NS, **COIN))
    found = revalue(snapshot, spot(move)).pnl[0]
    exact = 1.0 / MARK - 1.0 / (MARK * (1.0 + move))
    assert found.tolist() == pytest.approx([exact, exact], rel=1e-13, abs=1e-20)
    assert MARK * found[0] == pytest.approx(move / (1.0 + move), rel=1e-13, abs=1e-16)


@pytest.mark.parametrize("move", [-0.66, 0.0, 5.0])
def test_a_dollar_settled_future_and_spot_gain_what_the_price_gains(move: float) -> None:
    snapshot = of(
        Perpetual(name="P", **USDC), Future(name="F", expiry_ns=YEAR_NS, **USDC),
        Spot(name="S", underlying="BTC", quote="USDC", settlement="USDC"),
    )  # fmt: skip
    assert revalue(snapshot, spot(move)).pnl[0].tolist() == pytest.approx([MARK * move] * 3, rel=1e-14)


@pytest.mark.parametrize("is_call", [True, False])
@pytest.mark.parametrize("inverse", [True, False])
@pytest.mark.parametrize("move", [-0.66, -0.16, 0.0, 0.16, 5.0])
def test_an_option_is_repriced_on_its_own_forward_and_less_its_mark(move: float, inverse: bool, is_call: bool) -> None:
    snapshot = of(Option(name="O", is_call=is_call, **OPTION, **(COIN if inverse else USDC)))
    moved = FORWARD * (1.0 + move)
    unit = (moved, FORWARD) if inverse else (1.0, 1.0)
    expected = black(moved, 0.25, VOL, is_call=is_call) / unit[0] - black(FORWARD, 0.25, VOL, is_call=is_call) / unit[1]
    found = float(revalue(snapshot, spot(move)).pnl[0, 0])
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-12 * FORWARD / unit[1])


def test_the_mark_and_not_the_model_is_where_an_option_starts() -> None:
    option = Option(name="O", is_call=True, **OPTION, **COIN)
    cheap, dear = of(option, mark=[0.10]), of(option, mark=[0.12])
    gap = revalue(cheap, spot(-0.1, 0.1)).pnl - revalue(dear, spot(-0.1, 0.1)).pnl
    assert gap.ravel().tolist() == pytest.approx([0.02, 0.02], rel=1e-12)


@settings(max_examples=30)
@given(move=st.floats(-0.9, 3.0), change=st.floats(-0.9, 3.0))
def test_calls_less_puts_gain_what_the_forward_gains_whatever_the_volatility(move: float, change: float) -> None:
    both = [Option(name=f"{c}{i}", is_call=c, **OPTION, **(COIN if i else USDC)) for c in (True, False) for i in (0, 1)]
    scenarios = ScenarioSet.spot_moves(["one"], ("BTC",), [[move]], vol_shock=Relative(change))
    call_usdc, call_coin, put_usdc, put_coin = revalue(of(*both), scenarios).pnl[0]
    assert call_usdc - put_usdc == pytest.approx(FORWARD * move, abs=1e-8)
    assert call_coin - put_coin == pytest.approx(STRIKE / FORWARD * move / (1.0 + move), abs=1e-12)


def test_volatility_is_shocked_by_each_scenarios_own_rule() -> None:
    shocks = [Relative(0.5), Unchanged(), Absolute(-0.2)]
    made = grid({"BTC": [0.0]}, {"BTC": shocks}, vol_names=["up", "same", "down"])
    found = revalue(of(Option(name="O", is_call=True, **OPTION, **USDC)), made).pnl[:, 0]
    base = black(FORWARD, 0.25, VOL, is_call=True)
    expected = [black(FORWARD, 0.25, vol, is_call=True) - base for vol in (0.9, 0.6, 0.4)]
    assert found.tolist() == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_each_instrument_moves_with_its_own_underlying() -> None:
    eth = {**USDC, "underlying": "ETH"}
    snapshot = of(
        Perpetual(name="E", **eth), Option(name="EO", is_call=True, **OPTION, **eth),
        Option(name="BO", is_call=True, **OPTION, **USDC), Perpetual(name="B", **USDC),
    )  # fmt: skip
    apart = ScenarioSet.spot_moves(["apart"], ("BTC", "ETH"), [[0.1, -0.1]])
    found = revalue(snapshot, apart).pnl[0]
    base = black(FORWARD, 0.25, VOL, is_call=True)
    options = [black(FORWARD * by, 0.25, VOL, is_call=True) - base for by in (0.9, 1.1)]
    assert found.tolist() == pytest.approx([-0.1 * MARK, *options, 0.1 * MARK], rel=1e-9)


@pytest.mark.parametrize("elapsed", [0.0, 0.1, 0.25, 3.0])
def test_time_that_passes_shortens_options_and_never_below_nothing(elapsed: float) -> None:
    snapshot = of(Option(name="C", is_call=True, **OPTION, **USDC), Option(name="P", is_call=False, **OPTION, **USDC))
    still = spot(0.1)
    later = ScenarioSet(
        still.labels, still.underlyings, still.spot, still.vol_shocks, still.vol_index, np.array([elapsed]),
        still.weights,
    )  # fmt: skip
    left = max(0.25 - elapsed, 0.0)
    expected = [
        black(1.1 * FORWARD, left, VOL, is_call=c) - black(FORWARD, 0.25, VOL, is_call=c) for c in (True, False)
    ]
    assert revalue(snapshot, later).pnl[0].tolist() == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_a_set_may_mix_times_and_shocks() -> None:
    snapshot = of(Option(name="C", is_call=True, **OPTION, **USDC))
    moves = np.array([[0.1], [-0.1], [0.1], [0.0]])
    mixed = ScenarioSet(
        ("a", "b", "c", "d"), ("BTC",), moves, (Unchanged(), Relative(0.5)), np.array([[1], [0], [0], [1]]),
        np.array([0.1, 0.0, 0.1, 0.0]), np.ones(4),
    )  # fmt: skip
    base = black(FORWARD, 0.25, VOL, is_call=True)
    expected = [
        black(FORWARD * (1 + m), 0.25 - t, v, is_call=True) - base
        for m, t, v in ((0.1, 0.1, 0.9), (-0.1, 0.0, 0.6), (0.1, 0.1, 0.6), (0.0, 0.0, 0.9))
    ]
    assert revalue(snapshot, mixed).pnl[:, 0].tolist() == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_settlement_assets_are_priced_at_each_scenarios_own_price() -> None:
    snapshot = of(Perpetual(name="P", **COIN), Perpetual(name="L", **USDC))
    tensor = revalue(snapshot, spot(-0.5, 0.5))
    assert tensor.assets == ("BTC", "USDC")
    assert tensor.asset_prices.tolist() == [[25_000.0, 1.0], [75_000.0, 1.0]]


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"mark": [math.nan, MARK]}, "O: the snapshot has no mark price for it"),
        ({"forward": [math.nan, MARK]}, "O: the snapshot has no forward for its expiry"),
        ({"vol": [math.nan, math.nan]}, "O: the snapshot has no implied volatility for it"),
    ],
)
@pytest.mark.parametrize("compiled", [False, True])
def test_what_cannot_be_valued_is_a_column_of_nan_with_a_reason(
    columns: dict[str, list[float]], reason: str, compiled: bool
) -> None:
    pair = (Option(name="O", is_call=True, **OPTION, **USDC), Perpetual(name="P", **USDC))
    tensor = revalue(of(*pair, **columns), spot(-0.1, 0.1), compiled=compiled)
    assert np.isnan(tensor.pnl[:, 0]).all()
    assert tensor.failures == {0: reason}
    assert tensor.pnl[:, 1].tolist() == revalue(of(*pair), spot(-0.1, 0.1)).pnl[:, 1].tolist()


def test_an_expired_option_and_an_underlying_that_does_not_move_are_failures_too() -> None:
    gone = Option(name="O", is_call=True, strike=STRIKE, expiry_ns=YEAR_NS, **USDC)
    eth = Perpetual(name="E", **{**USDC, "underlying": "ETH"})
    snapshot = of(gone, eth, time_ns=YEAR_NS, mark=[1.0, 1.0])
    failures = revalue(snapshot, spot(0.1)).failures
    assert failures == {0: "O: it has expired", 1: "E: no scenario moves its underlying"}


def test_no_scenarios_and_no_instruments_are_empty_tensors() -> None:
    assert revalue(of(Perpetual(name="P", **COIN)), spot()).pnl.shape == (0, 1)
    assert revalue(of(), spot(0.1)).pnl.shape == (1, 0)


def many() -> tuple[MarketSnapshot, ScenarioSet]:
    rng = np.random.default_rng(7)
    facts = [(bool(c), float(k), int(d)) for c, k, d in zip(
        rng.integers(0, 2, 40), rng.uniform(2e4, 1e5, 40), rng.integers(1, 300, 40), strict=True)]  # fmt: skip
    rows: list[Instrument] = [
        Option(name=f"O{i}", is_call=c, strike=k, expiry_ns=d * NS_PER_DAY, **(COIN if i % 2 else USDC))
        for i, (c, k, d) in enumerate(facts)
    ]
    scenarios = ScenarioSet(
        tuple(f"{s}" for s in range(101)), ("BTC",), rng.uniform(-0.6, 2.0, (101, 1)),
        (Unchanged(), Relative(0.4, 0.5), Absolute(-0.1)), rng.integers(0, 3, (101, 1)),
        rng.choice([0.0, 1 / 365, 0.1], 101), np.ones(101),
    )  # fmt: skip
    return of(*rows, Perpetual(name="P", **COIN)), scenarios


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("cells", [1, 40, 41, 1_000])
def test_blocks_of_any_size_give_the_same_bits(monkeypatch: pytest.MonkeyPatch, cells: int, compiled: bool) -> None:
    snapshot, scenarios = many()
    whole = revalue(snapshot, scenarios, compiled=compiled).pnl
    monkeypatch.setattr(MODULE, "BLOCK_CELLS_COUNT", cells)
    assert revalue(snapshot, scenarios, compiled=compiled).pnl.tobytes() == whole.tobytes()


def test_taking_scenarios_takes_the_rows_of_every_part() -> None:
    tensor: PnlTensor = revalue(of(Perpetual(name="P", **COIN)), spot(-0.1, 0.0, 0.1))
    some = tensor.take(np.array([2, 0]))
    assert some.scenarios.labels == ("0.1", "-0.1")
    assert some.pnl.tolist() == tensor.pnl[[2, 0]].tolist()
    assert some.asset_prices.tolist() == tensor.asset_prices[[2, 0]].tolist()


MEASURE = """
import resource, sys
import numpy as np
from seawall.core.time import NS_PER_DAY
from seawall.instruments import InstrumentTable, Option
from seawall.market import MarketSnapshot
from seawall.revaluation import revalue
from seawall.scenarios import Relative, ScenarioSet

N, S, compiled = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "compiled"
facts = dict(underlying="BTC", quote="USD", settlement="BTC", inverse=True, is_call=True)
rows = [Option(name=f"O{i}", strike=2e4 + 10.0 * i, expiry_ns=(1 + i % 300) * NS_PER_DAY, **facts) for i in range(N)]
columns = dict(mark=np.full(N, 0.05), forward=np.full(N, 6e4), vol=np.full(N, 0.6))
snapshot = MarketSnapshot.of(InstrumentTable.of(rows), name="x", venue="x", source="x", time_ns=0, index={"BTC": 6e4},
                             **columns)
moves = np.linspace(-0.5, 1.0, S)[:, None]
labels = [str(s) for s in range(S)]
scenarios = ScenarioSet.spot_moves(labels, ("BTC",), moves, vol_shock=Relative(0.1))
revalue(snapshot, scenarios.take(np.arange(10)), compiled=compiled)  # the compiler's own memory is not what is measured
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
revalue(snapshot, scenarios, compiled=compiled)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024.0)
"""


@pytest.mark.slow
@pytest.mark.parametrize("twin", ["readable", "compiled"])
def test_memory_is_the_result_and_a_bounded_remainder(twin: str) -> None:
    # 2,000 x 12,000 cells are 183 MiB. If temporaries grew with the grid they would be several times that; a grid of
    # 10,000 x 10,000 then would not fit into 4 GiB, of which its result is 0.75.
    result_mib = 2_000 * 12_000 * 8 / 2**20
    run = subprocess.run(
        [sys.executable, "-c", MEASURE, "2000", "12000", twin], capture_output=True, text=True, check=True, timeout=250
    )
    assert float(run.stdout) < result_mib + 700.0, run.stdout

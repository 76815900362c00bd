"""Coincall's portfolio margin, particular by particular."""

from __future__ import annotations

import numpy as np
import pytest

from seawall.core.time import NS_PER_DAY, to_ns
from seawall.instruments import Future, Instrument, InstrumentTable, Option, Perpetual
from seawall.margining import Margins, evaluate
from seawall.market import MarketSnapshot
from seawall.policy import at
from seawall.portfolio import Account, Book, Position
from seawall.pricing import black76

NOW_NS = to_ns("2026-06-01T08:00:00Z")
POLICY = at("coincall/pm/2026-01-01")
SPOT, VOL = 100_000.0, 0.5
LINEAR = {"underlying": "BTC", "quote": "USDT", "settlement": "USDT", "inverse": False}
LISTED: tuple[Instrument, ...] = (
    Perpetual(name="PERP", **LINEAR),  # type: ignore[arg-type]
    Option(name="CALL", strike=105_000.0, is_call=True, expiry_ns=NOW_NS + 10 * NS_PER_DAY, **LINEAR),  # type: ignore[arg-type]
    Option(name="PUT", strike=95_000.0, is_call=False, expiry_ns=NOW_NS + 10 * NS_PER_DAY, **LINEAR),  # type: ignore[arg-type]
    Future(name="FUTURE", expiry_ns=NOW_NS + 30 * NS_PER_DAY, **LINEAR),  # type: ignore[arg-type]
    Perpetual(name="SOL", underlying="SOL", quote="USDT", settlement="USDT", inverse=False),
)


def margins_of(**held: float) -> Margins:
    table = InstrumentTable.of(LISTED)
    option = ~np.isnan(table.strike)
    forward = np.where([one.underlying == "SOL" for one in LISTED], 200.0, SPOT)
    years = np.where(option, 10.0 / 365.0, 0.0)
    priced = black76.price(forward, np.where(option, table.strike, 1.0), years, VOL, is_call=table.is_call)
    snapshot = MarketSnapshot.of(
        table, name="test", venue="coincall", source="made for tests", time_ns=NOW_NS,
        index={"BTC": SPOT, "SOL": 200.0, "USDT": 1.0}, mark=np.where(option, priced, forward), forward=forward,
        vol=np.where(option, VOL, np.nan),
    )  # fmt: skip
    account = Account("desk", tuple(Position(name, size) for name, size in held.items()))
    [margins] = evaluate(Book.of([account]), snapshot, [POLICY], check_lots=False)
    return margins


def price(strike: float, *, move: float = 0.0, vol: float = VOL, is_call: bool = True) -> float:
    return float(black76.price(SPOT * (1.0 + move), strike, 10.0 / 365.0, vol, is_call=is_call))


def test_a_major_coin_moves_fifteen_percent_and_others_thirty() -> None:
    for held, edge in (({"PERP": 1.0}, 0.15 * SPOT), ({"SOL": -1.0}, 0.3 * 200.0)):
        assert margins_of(**held).requirement.maintenance["worst_case"][0] == pytest.approx(edge)


def test_the_grid_has_eleven_prices_with_volatility_down_same_and_up() -> None:
    [matrix] = margins_of(CALL=-1.0).explain().detail.matrices
    assert matrix.price_moves == pytest.approx([0.03 * step for step in range(-5, 6)])
    assert matrix.vol_names == ("down", "same", "up")
    wanted = [price(105_000.0) - price(105_000.0, move=0.15, vol=VOL * factor) for factor in (0.7, 1.0, 1.45)]
    assert matrix.standard[10] == pytest.approx(wanted)
    assert matrix.worst == pytest.approx(-wanted[2])


def test_perpetuals_pay_their_contingency_and_do_not_cancel_with_options() -> None:
    margins = margins_of(PERP=-2.0, CALL=1.0)
    assert margins.requirement.maintenance["futures_contingency"][0] == pytest.approx(0.006 * 2.0 * SPOT)
    assert margins.requirement.maintenance["options_contingency"][0] == 0.0


def test_each_option_that_is_sold_pays_whatever_else_is_bought() -> None:
    margins = margins_of(CALL=-1.0, PUT=3.0)
    assert margins.requirement.maintenance["options_contingency"][0] == pytest.approx(0.01 * SPOT)


def test_initial_margin_is_a_multiple_of_maintenance_margin() -> None:
    margins = margins_of(PERP=1.0, CALL=-2.0, PUT=-1.0, SOL=40.0)
    assert margins.initial_margin[0] == pytest.approx(1.3 * margins.maintenance_margin[0])


def test_coins_add_up_without_offset() -> None:
    apart = margins_of(PERP=1.0).initial_margin[0] + margins_of(SOL=-100.0).initial_margin[0]
    assert margins_of(PERP=1.0, SOL=-100.0).initial_margin[0] == pytest.approx(apart)


def test_dated_futures_are_refused_by_name() -> None:
    [row] = list(margins_of(FUTURE=1.0))
    assert "FUTURE" in row.unavailable
    assert "Coincall margins perpetuals and options" in row.unavailable

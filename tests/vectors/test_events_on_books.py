"""docs/scenarios.md says which facts of the events the bundled books show: recomputed here, cell by cell."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import seawall as sw
from seawall.core.time import iso
from seawall.risk.path_result import MarginPath
from seawall.risk.stress import Stress
from seawall.scenarios import NamedEvent, event
from tests.vectors import theory_events

PAGE = Path(__file__).parents[2] / "docs" / "scenarios.md"
MARKET = "deribit-btc-2026-08-01"
POLICIES = ("deribit/x_pm", "okx/pm", "bybit/pm", "binance/pm", "derive/pmrm2")
LIBRARY = {"flash_crash", "liquidity_drain", "covid", "may21", "depeg", "oracle", "gas"}
"""Parameters for scenarios of one's own, and no facts of a day."""
FALLEN = "delta_hedged_short_gamma"


def rows_below(heading: str) -> list[list[str]]:
    """Return the cells of the first table that has this heading."""
    lines = iter(PAGE.read_text(encoding="utf-8").splitlines())
    for line in lines:
        if line.startswith(heading):
            next(lines)
            table = [line]
            for row in lines:
                if not row.startswith("|"):
                    break
                table.append(row)
            return [[cell.strip() for cell in row.strip("|").split("|")] for row in table]
    raise AssertionError(f"no table begins with {heading}")


@cache
def stressed(policy: str) -> Stress:
    return sw.stress("demo", MARKET, "all", policy)


@cache
def path(name: str, answer: str = "pay") -> MarginPath:
    return sw.margin_path("demo", MARKET, name, "deribit/x_pm", answer=answer)  # type: ignore[arg-type]


def test_the_table_of_who_is_liquidated_holds() -> None:
    head, *rows = rows_below("| account | 2020-03-12 |")
    assert {row[0].strip("`") for row in rows} == set(stressed(POLICIES[0]).accounts)
    for account, *cells in rows:
        for scenario, cell in zip(head[1:], cells, strict=True):
            found = [stressed(policy).of(account.strip("`"), scenario) for policy in POLICIES]
            standing = [one for one in found if not one.unavailable and one.status_before != "liquidated"]
            fallen = sum(one.status == "liquidated" for one in standing)
            assert cell == f"{fallen} of {len(standing)}", f"{account} on {scenario}"


def test_every_fact_of_a_day_is_in_the_table_and_those_that_are_shown_are_checked() -> None:
    _, *rows = rows_below("| facts | shown |")
    named = [key for row in rows for key in re.findall(r"`(\w+)`", row[0])]
    assert sorted(named) == sorted(theory_events._UNDERSTOOD - LIBRARY)
    shown = {key for row in rows for key in re.findall(r"`(\w+)`", row[0]) if row[1] == "yes"}
    assert {row[1] for row in rows} == {"yes", "no"}
    assert shown == {key for keys in SHOWN for key in keys}


def _the_fall_of_btc_is_the_events() -> None:
    for name, known in (("2020-03-12", -0.5), ("2021-05-19", -0.3), ("2025-10-10", -0.145)):
        paths = path(name).path
        assert paths is not None
        low = min(move.spot["BTC"] for move in paths.moves)
        assert low == pytest.approx(float(NamedEvent(event(name), ("BTC",)).paths().spot.min()), abs=1e-12)
        assert low == pytest.approx(known, abs=0.07)


def _liquidations_come_within_forty_minutes_and_are_of_longs() -> None:
    steps = {step.label: iso(step.time_ns)[11:16] for step in event("2025-10-10").steps}
    market, book = sw.load_snapshot(MARKET), sw.load_book("demo")
    for policy in POLICIES:
        fallen = [one for one in stressed(policy) if one.scenario == "2025-10-10" and one.status == "liquidated"]
        mine = [one for one in fallen if one.status_before != "liquidated"]
        assert mine or policy == "derive/pmrm2"
        assert all("20:50" <= steps[one.first_acts] <= "21:30" for one in mine)
        for one in mine:  # another step down loses: it is long
            there = [{"BTC": move} for move in (-0.1623, -0.1723)]
            worth = [_equity(book, market, one.account, move) for move in there]
            assert worth[1] < worth[0]


def _equity(book: sw.Book, market: sw.MarketSnapshot, account: str, spot: dict[str, float]) -> float:
    from seawall.risk.moved_book import moved
    from seawall.risk.shift import Move

    return sum(row.equity for row in sw.margin(*moved(book.take([book.row(account)]), market, Move(spot))))


def _closing_at_the_low_costs_five_times_as_much() -> None:
    for account in path("2025-10-10", "ignore").accounts:
        steps = {step.label: step.closing_cost for step in path("2025-10-10", "ignore").of(account)}
        assert steps["low"] > 5.0 * steps["slide"]


def _one_account_ends_below_zero() -> None:
    for policy in POLICIES:
        one = stressed(policy).of(FALLEN, "2025-10-10")
        assert one.status == "liquidated"
        assert round(one.equity, -3) == -87_000
        assert round(one.deficit, -3) == 148_000


def _calls_come_in_two_legs() -> None:
    called = {step.label: step.called for step in path("2020-03-12").of("short_strangle")}
    assert called["first leg"] > 0.0 < called["second leg"]
    assert called["pause"] == 0.0


def _the_gap_costs_the_perpetual_that_much_more() -> None:
    from dataclasses import replace

    paths = NamedEvent(event("2020-03-12"), ("BTC",)).paths()
    found = sw.stress("demo", MARKET, {"gap": paths, "none": replace(paths, basis=None)})
    long, short = found.of(FALLEN, "gap"), found.of(FALLEN, "none")
    market, low = sw.load_snapshot(MARKET), paths.spot.min()
    mark, coin = market.index["BTC"] * (1.0 + low), 250_000.0  # dollars of an inverse perpetual, paid in coin
    gap = coin * (1.0 / (mark * 0.9) - 1.0 / mark) * mark
    assert short.pnl - long.pnl == pytest.approx(gap, rel=0.1)  # funding is in it, too


SHOWN = {
    ("btc_high_friday", "btc_low", "btc_drawdown", "btc_plunge", "drop_24h"): _the_fall_of_btc_is_the_events,
    ("amberdata",): _liquidations_come_within_forty_minutes_and_are_of_longs,
    ("order_book_depth_collapse",): _closing_at_the_low_costs_five_times_as_much,
    ("negative_equity_accounts", "negative_equity_usd"): _one_account_ends_below_zero,
    ("two_leg_pattern", "bitmex_xbtusd"): _calls_come_in_two_legs,
    ("bitmex_low", "spot_minus_perp_at_low", "basis_vs_coinbase_max"): _the_gap_costs_the_perpetual_that_much_more,
}


@pytest.mark.parametrize("check", SHOWN.values(), ids=lambda check: check.__name__.strip("_"))
def test_a_fact_that_is_said_to_be_shown_is(check: object) -> None:
    assert callable(check)
    check()


def test_what_is_not_shown_says_so_in_the_result() -> None:
    legs = {leg.name: leg for leg in stressed("deribit/x_pm").legs["2025-10-10"]}
    assert legs["stable coins"].reach == "nothing held"
    assert legs["stable coins"].note == "USDE -34.3 %"
    first = path("2020-03-12").of("short_strangle")[0]
    assert 13.0 < first.ratio < 14.0
    assert np.round(first.ratio_seen, 2) == 1.02

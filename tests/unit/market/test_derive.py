from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from seawall.core.arrays import FloatArray
from seawall.core.time import NS_PER_DAY, to_ns
from seawall.instruments import Future, Instrument, InstrumentTable, Kind, Option, Perpetual
from seawall.market import MarketSnapshot, Origin
from seawall.market.derive import complete, fit_error, mark_errors, model_marks
from seawall.market.snapshot import FLOAT_COLUMNS
from seawall.market.svi import Svi

NOW = to_ns("2026-03-01T08:00:00Z")
SPOT = 50_000.0
DAYS = (7, 30, 90)
FORWARDS = {7: 50_050.0, 30: 50_300.0, 90: 51_000.0}
SMILES = {
    days: Svi(a=-0.5 * w, b=0.6 * w**0.5, rho=-0.15, m=0.1 * w**0.5, sigma=2.5 * w**0.5)
    for days, w in ((7, 0.0040), (30, 0.018), (90, 0.060))
}
"""Total variance rises with time at every strike, so that there is no arbitrage to remove."""


def instruments(*, inverse: bool) -> list[Instrument]:
    quote, settlement = ("USD", "BTC") if inverse else ("USDC", "USDC")
    common = {"underlying": "BTC", "quote": quote, "settlement": settlement, "inverse": inverse}
    made: list[Instrument] = [Perpetual(name="PERPETUAL", **common)]
    for days in DAYS:
        expiry = {"expiry_ns": NOW + days * NS_PER_DAY}
        made.append(Future(name=f"{days}", **common, **expiry))
        deviation = float(np.sqrt(SMILES[days].total_variance(0.0)))
        for step in range(-6, 7):
            strike = round(FORWARDS[days] * float(np.exp(0.5 * step * deviation)), -2)
            made += [
                Option(name=f"{days}-{strike:.0f}-{'CP'[put]}", strike=strike, is_call=not put, **common, **expiry)
                for put in (False, True)
            ]
    return made


def known(*, inverse: bool = True, half_spread: float = 2e-4) -> MarketSnapshot:
    """A market whose every number is known, quoted around its marks; options' half spread as a share of the forward."""
    table = InstrumentTable.of(instruments(inverse=inverse))
    days = np.rint((table.expiry_ns - NOW) / NS_PER_DAY)
    forward = np.array([FORWARDS.get(int(day), SPOT) for day in days])
    is_option = table.is_kind(Kind.OPTION)
    vol = np.full(len(table), np.nan)
    for day in DAYS:
        rows = np.flatnonzero(is_option & (days == day))
        vol[rows] = SMILES[day].vol(table.strike[rows], forward=FORWARDS[day], years=day / 365.0)
    index = {"BTC": SPOT} if inverse else {"BTC": SPOT, "USDC": 1.0}
    made = MarketSnapshot.of(
        table, name="known", venue="none", source="made up", time_ns=NOW, index=index, forward=forward, vol=vol
    )
    mark = np.where(is_option, model_marks(made), forward)
    half = np.where(is_option, half_spread * (1.0 if inverse else forward), 1.0)
    bid = np.where(mark > half, mark - half, np.nan)
    return replace(
        made, mark=mark, bid=bid, ask=mark + half, mark_origin=np.full(len(table), Origin.OBSERVED, dtype=np.int8)
    )


def without(snapshot: MarketSnapshot, *columns: str, rows: object = slice(None)) -> MarketSnapshot:
    """The snapshot with some columns unavailable in some rows."""
    changed = {}
    for column in columns:
        content = np.array(getattr(snapshot, column))
        content[rows] = np.nan
        changed[column] = content
        if f"{column}_origin" in ("mark_origin", "forward_origin", "vol_origin"):
            origin = np.array(getattr(snapshot, f"{column}_origin"))
            origin[rows] = Origin.MISSING
            changed[f"{column}_origin"] = origin
    return replace(snapshot, **changed)


def quotes_only(snapshot: MarketSnapshot) -> MarketSnapshot:
    kept = {asset: price for asset, price in snapshot.index.items() if asset != "BTC"}
    return replace(without(snapshot, "mark", "forward", "vol"), index=kept, index_origin={})


def options(snapshot: MarketSnapshot) -> np.ndarray:
    return np.flatnonzero(snapshot.table.is_kind(Kind.OPTION))


def rows_of(snapshot: MarketSnapshot, days: int) -> np.ndarray:
    return options(snapshot)[snapshot.table.expiry_ns[options(snapshot)] == NOW + days * NS_PER_DAY]


@pytest.mark.parametrize("inverse", [True, False])
@pytest.mark.parametrize("prefer_parity", [True, False])
def test_a_chain_of_quotes_gets_back_what_it_was_made_from(inverse: bool, prefer_parity: bool) -> None:
    truth = known(inverse=inverse)
    made, report = complete(quotes_only(truth), prefer_parity=prefer_parity)
    unit = SPOT if not inverse else 1.0
    assert made.index["BTC"] == pytest.approx(SPOT, rel=1e-9)
    assert made.forward == pytest.approx(truth.forward, rel=1e-4)
    rows = options(truth)
    assert made.mark[rows] == pytest.approx(truth.mark[rows], abs=2e-4 * unit)
    assert {row.forward_source for row in report.rows} == {"parity" if prefer_parity else "future"}
    assert report.ok
    assert report.inside_share == 1.0


def test_what_was_derived_says_so_and_what_was_observed_is_untouched() -> None:
    truth = known()
    made, _ = complete(quotes_only(truth))
    assert set(made.mark_origin) == set(made.forward_origin) == {Origin.DERIVED}
    assert set(made.vol_origin[options(made)]) == {Origin.DERIVED}
    assert made.index_origin["BTC"] == Origin.DERIVED
    for column in ("bid", "ask", "open_interest"):
        np.testing.assert_array_equal(getattr(made, column), getattr(truth, column))
    assert all(note.endswith(".") for note in made.notes)
    assert len(made.notes) == len(set(made.notes))


def test_a_complete_snapshot_comes_back_as_it_was() -> None:
    bare = known()
    truth = replace(bare, index={**bare.index, "USDC": 0.9998, "USDT": 1.0003})
    made, report = complete(truth)
    assert made.digest == truth.digest
    assert made.notes == truth.notes
    assert report.rows == ()


@pytest.mark.parametrize("column", ["mark", "forward", "vol"])
def test_observed_numbers_survive_among_derived_ones(column: str) -> None:
    truth = known()
    odd = np.array(getattr(truth, column))
    rows = rows_of(truth, 30)
    odd[rows] = odd[rows] * 1.01
    some = without(replace(truth, **{column: odd}), "mark", "forward", "vol", rows=rows[::2])
    made, _ = complete(some)
    np.testing.assert_array_equal(getattr(made, column)[rows[1::2]], odd[rows[1::2]])
    assert set(getattr(made, f"{column}_origin")[rows[1::2]]) == {Origin.OBSERVED}
    assert set(getattr(made, f"{column}_origin")[rows[::2]]) == {Origin.DERIVED}


def test_a_volatility_is_implied_by_the_mark_where_the_venue_has_one() -> None:
    truth = known()
    made, report = complete(without(truth, "vol"))
    rows = options(truth)
    assert made.vol[rows] == pytest.approx(truth.vol[rows], abs=1e-9)
    assert report.rows == ()
    assert any("implied by the mark" in note for note in made.notes)


def test_smiles_are_fitted_to_published_volatilities_before_quotes() -> None:
    truth = known()
    rows = rows_of(truth, 30)
    part = without(truth, "vol", "mark", rows=rows[4:8])
    wild = replace(part, ask=part.ask * 1.2, bid=part.bid * 1.2)
    made, report = complete(wild)
    assert made.vol[rows[4:8]] == pytest.approx(truth.vol[rows[4:8]], abs=2e-3)
    assert [row.quote_count for row in report.rows] == [11]
    assert np.isnan(report.rows[0].inside_share)


def test_an_expiry_without_pairs_is_interpolated_between_its_neighbours() -> None:
    chain = quotes_only(known())
    puts = [i for i in rows_of(chain, 30) if not chain.table.is_call[i]]
    future = [chain.table.position("30")]
    made, report = complete(without(chain, "bid", "ask", rows=puts + future))
    (row,) = [row for row in report.rows if row.expiry_ns == NOW + 30 * NS_PER_DAY]
    expected = np.exp(np.interp(30.0, [7.0, 90.0], np.log([FORWARDS[7], FORWARDS[90]])))
    assert (row.forward_source, row.forward) == ("between", pytest.approx(expected, rel=1e-6))
    assert made.mark[future[0]] == pytest.approx(expected, rel=1e-6), "a future without quotes is marked at its forward"
    assert any("interpolated" in note and "2026-03-31" in note for note in made.notes)


def test_the_first_expiry_is_interpolated_from_the_index() -> None:
    chain = quotes_only(known())
    gone = [i for i in rows_of(chain, 7) if not chain.table.is_call[i]] + [chain.table.position("7")]
    _, report = complete(without(chain, "bid", "ask", rows=gone))
    expected = np.exp(np.interp(7.0, [0.0, 30.0], np.log([SPOT, FORWARDS[30]])))
    assert (report.rows[0].forward_source, report.rows[0].forward) == ("between", pytest.approx(expected, rel=1e-6))


def test_beyond_the_last_known_forward_nothing_is_guessed() -> None:
    chain = quotes_only(known())
    puts = [i for i in rows_of(chain, 90) if not chain.table.is_call[i]]
    future = chain.table.position("90")
    made, report = complete(without(chain, "bid", "ask", rows=[*puts, future]))
    rows = [*rows_of(chain, 90), future]
    for column in ("forward", "mark"):
        assert np.isnan(getattr(made, column)[rows]).all()
        assert set(getattr(made, f"{column}_origin")[rows]) == {Origin.MISSING}
    assert not report.ok
    assert any("unavailable" in note and "2026-05-30" in note for note in made.notes)


def test_a_future_that_parity_rules_out_is_not_believed() -> None:
    chain = quotes_only(known())
    bid, ask = np.array(chain.bid), np.array(chain.ask)
    for side in (bid, ask):
        side[chain.table.position("30")] *= 1.01
    _, report = complete(replace(chain, bid=bid, ask=ask))
    row = report.rows[1]
    assert (row.forward_source, row.forward) == ("parity", pytest.approx(FORWARDS[30], rel=1e-4))
    assert row.future == pytest.approx(1.01 * FORWARDS[30])


def test_a_future_wider_than_parity_is_not_preferred() -> None:
    chain = quotes_only(known(half_spread=1e-4))
    bid, ask = np.array(chain.bid), np.array(chain.ask)
    at = chain.table.position("30")
    bid[at], ask[at] = FORWARDS[30] - 20.0, FORWARDS[30] + 25.0
    _, report = complete(replace(chain, bid=bid, ask=ask))
    assert [row.forward_source for row in report.rows] == ["future", "parity", "future"]


def test_too_few_quotes_leave_volatilities_unavailable() -> None:
    chain = quotes_only(known())
    made, report = complete(without(chain, "bid", "ask", rows=rows_of(chain, 7)[8:]))
    rows = rows_of(chain, 7)
    assert report.rows[0].smile is None
    assert np.isnan(made.vol[rows]).all()
    assert np.isnan(made.mark[rows]).all()
    assert any("has no smile" in note and "too few" in note for note in made.notes)
    assert np.isfinite(made.mark[rows_of(chain, 30)]).all()


def test_an_expired_option_gets_no_smile() -> None:
    late = replace(quotes_only(known()), time_ns=NOW + 7 * NS_PER_DAY)
    made, report = complete(late)
    assert report.rows[0].smile is None
    assert np.isnan(made.mark[rows_of(late, 7)]).all()
    assert any("it has expired" in note for note in made.notes)


def test_without_a_perpetual_the_index_is_unavailable() -> None:
    chain = quotes_only(known())
    made, _ = complete(without(chain, "bid", "ask", rows=[0]))
    assert "BTC" not in made.index
    assert np.isnan(made.mark[0])
    assert any("index of BTC is unavailable" in note for note in made.notes)


def test_a_perpetual_in_an_unpriced_stable_coin_gives_an_index_at_par() -> None:
    chain = replace(quotes_only(known(inverse=False)), index={}, index_origin={})
    made, _ = complete(chain)
    at = int(np.flatnonzero(chain.table.is_kind(Kind.PERPETUAL))[0])
    assert made.index["BTC"] == pytest.approx((chain.bid[at] + chain.ask[at]) / 2)
    assert made.index["USDC"] == 1.0
    assert {made.index_origin["BTC"], made.index_origin["USDC"]} == {Origin.DERIVED}


@pytest.mark.parametrize(
    ("reason", "bid", "ask"),
    [
        ("no quote", np.nan, np.nan),
        ("one side only", np.nan, 0.01),
        ("zero", 0.0, 0.01),
        ("crossed", 0.03, 0.02),
        ("too wide", 0.0005, 0.02),
    ],
)
def test_a_bad_quote_is_counted_and_kept_out_of_the_fit_only(reason: str, bid: float, ask: float) -> None:
    chain = quotes_only(known())
    bids, asks = np.array(chain.bid), np.array(chain.ask)
    at = next(i for i in rows_of(chain, 30) if chain.table.is_call[i] and chain.table.strike[i] > 1.05 * FORWARDS[30])
    before = complete(chain)[1].rows[1].dropped.get(reason, 0)
    bids[at], asks[at] = bid, ask
    made, report = complete(replace(chain, bid=bids, ask=asks))
    assert report.rows[1].dropped[reason] == before + 1
    np.testing.assert_array_equal(made.bid, bids)
    assert np.isfinite(made.mark[at])


def test_marks_made_from_volatilities_have_no_error_and_wrong_ones_show_it() -> None:
    truth = known()
    rows = options(truth)
    assert mark_errors(truth)[rows] == pytest.approx(np.zeros(len(rows)), abs=1e-15)
    assert np.isnan(mark_errors(truth)[0])
    higher = replace(truth, mark=truth.mark + 0.001)
    assert mark_errors(higher)[rows] == pytest.approx(np.full(len(rows), -0.001))


def test_the_fit_error_of_published_smiles_is_that_of_their_noise() -> None:
    truth = known()
    noise: FloatArray = 0.002 * np.cos(np.arange(len(truth)) // 2 * 2.4)
    report = fit_error(replace(truth, vol=truth.vol + noise))
    assert fit_error(truth).rmse_points < 0.1
    assert 0.05 < report.rmse_points < 0.4
    assert [row.forward_source for row in report.rows] == ["observed"] * 3


def test_the_report_reads_as_a_table_with_a_line_an_expiry() -> None:
    _, report = complete(quotes_only(known()))
    lines = report.text().splitlines()
    assert len(lines) == 1 + len(DAYS)
    assert "2026-03-08" in lines[1]
    assert lines[1].endswith("yes")


def test_completing_twice_gives_the_same_content_and_nothing_new() -> None:
    once, _ = complete(quotes_only(known()))
    again, report = complete(once)
    assert again.digest == once.digest
    assert report.rows == ()
    assert complete(quotes_only(known()))[0].digest == once.digest
    assert all(np.array_equal(getattr(once, c), getattr(again, c), equal_nan=True) for c in FLOAT_COLUMNS)


def test_stable_coins_without_an_index_are_taken_at_par_and_the_snapshot_says_so() -> None:
    made, _ = complete(known())
    for asset in ("USDC", "USDT"):
        assert made.index[asset] == 1.0
        assert made.index_origin[asset] == Origin.DERIVED
        assert any(note.startswith(f"{asset} is taken as 1 USD") for note in made.notes)

"""Named events: what their files must say, what becomes of their numbers, and the prices themselves."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from seawall.core.errors import InputError, UnknownNameError
from seawall.core.evidence import Grade
from seawall.core.time import to_datetime
from seawall.revaluation import revalue
from seawall.scenarios import NamedEvent, all_events, event, events
from seawall.scenarios.event_file import read_event
from tests.laws.worlds import market

DATA = Path(os.environ.get("SEAWALL_DATA", Path(__file__).resolve().parents[3].parent / "shared" / "data"))
EXPECTED = ("2020-03-12", "2021-05-19", "2022-11-08", "2024-08-05", "2025-10-10", "2026-02-05")
SMALL = """
[event]
name = "x"
title = "X"
start = 2026-01-01T00:00:00Z
story = "It fell."
[sources]
us = "ours"
[base.price]
BTC = { value = 100.0, grade = "assumed", source = "us", note = "round" }
[[steps]]
label = "low"
time = 2026-01-01T01:00:00Z
[steps.price]
BTC = { value = 80.0, grade = "documented", source = "us" }
[[steps]]
label = "end"
time = 2026-01-01T02:00:00Z
[steps.price]
BTC = { value = 90.0, grade = "documented", source = "us" }
"""


def small(tmp_path: Path, *changes: tuple[str, str]) -> Path:
    text = SMALL
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    file = tmp_path / "x.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_bundled_events_are_these() -> None:
    assert events() == EXPECTED
    assert tuple(all_events(("BTC", "ETH"))) == EXPECTED
    with pytest.raises(UnknownNameError, match="2020-03-12"):
        event("1929-10-24")


def test_a_file_becomes_a_path(tmp_path: Path) -> None:
    made = NamedEvent(read_event(small(tmp_path), where="x"))
    paths = made.paths()
    assert paths.spot.ravel().tolist() == pytest.approx([-0.2, -0.1])
    assert paths.minutes.tolist() == pytest.approx([60.0, 120.0])
    assert made.grade is Grade.ASSUMED
    assert made.scenarios().labels == ("x low", "x end")


@pytest.mark.parametrize(
    ("before", "after", "word"),
    [
        ("value = 80.0", "value = -80.0", "above 0"),
        ('grade = "documented"', 'grade = "sure"', "verified, documented"),
        ('source = "us" }\n[[steps]]\nlabel = "end"', 'source = "them" }\n[[steps]]\nlabel = "end"', "key of"),
        (', note = "round"', "", "says why"),
        ("2026-01-01T02:00:00Z", "2025-01-01T02:00:00Z", "follow each other"),
        ("2026-01-01T02:00:00Z", '"noon"', "it is a time"),
        ('label = "end"', 'label = ""', "label"),
        ("[steps.price]\nBTC = { value = 90.0", "[steps.volume]\nBTC = { value = 90.0", "a leg is one of"),
        ("[steps.price]\nBTC = { value = 90.0", "[steps.price]\nETH = { value = 90.0", "all steps state"),
        ("[base.price]\nBTC", "[base.price]\nETH", "level has one before"),
        ("value = 90.0,", "value = 90.0, volume = 3,", "a number is a table"),
        ("[event]", "[[event", "not TOML"),
        ("[sources]", "[more]\nx = 1\n[sources]", "event, sources, base and steps"),
    ],
)
def test_a_broken_file_is_refused_with_the_rule(tmp_path: Path, before: str, after: str, word: str) -> None:
    with pytest.raises(InputError, match=word):
        read_event(small(tmp_path, (before, after)), where="x.toml")


def test_a_coin_that_an_event_does_not_tell_of_is_refused_by_name(tmp_path: Path) -> None:
    told = read_event(small(tmp_path), where="x")
    with pytest.raises(InputError, match="DOGE"):
        NamedEvent(told, ("BTC", "DOGE"))
    assert NamedEvent(event("2025-10-10"), ("DOGE",)).paths().spot.min() == pytest.approx(-0.47)


def test_a_coins_own_numbers_go_before_those_of_the_others() -> None:
    made = NamedEvent(event("2025-10-10"), ("BTC", "DOGE")).paths()
    assert made.spot[0, :, 0].min() > -0.2 > made.spot[0, :, 1].min()
    solana = NamedEvent(event("2022-11-08"), ("SOL",)).paths()
    assert solana.spot.min() == pytest.approx(12.37 / 32.61 - 1.0)


def test_evidence_is_of_what_is_used() -> None:
    found = event("2025-10-10")
    ripple = {evidence.subject for evidence in NamedEvent(found, ("XRP",)).evidence}
    assert any("price.XRP" in subject for subject in ripple)
    assert not any("price.BTC" in subject or "move.others" in subject for subject in ripple)
    assert any("depth.all" in subject for subject in ripple)


@pytest.mark.parametrize("name", EXPECTED)
def test_an_event_can_be_revalued_and_hurts_a_long(name: str) -> None:
    made = NamedEvent(event(name), ("BTC", "ETH"))
    tensor = revalue(market(), made.scenarios())
    assert np.isfinite(tensor.pnl).all()
    long = market().table.names.index("BTC_USDC-PERPETUAL")
    low = made.paths().worst_step(0)
    assert tensor.pnl[low, long] < -0.12 * market().mark[long]


SPOT = "spot_perp/binance_spot_1h_btc_eth_sol_xrp_bnb_2017_2026.parquet"
PERPETUAL = "spot_perp/binance_usdm_perp_1h_12coins_202301_202603.parquet"


@pytest.mark.parametrize("name", EXPECTED)
def test_every_price_of_an_event_was_traded_at_about_that_time(name: str) -> None:
    polars = pytest.importorskip("polars")
    found = event(name)
    on_perpetuals = any("perpetuals" in step.legs["price"]["BTC"].evidence.source for step in found.steps)
    file = DATA / (PERPETUAL if on_perpetuals else SPOT)
    if not file.exists():
        pytest.skip(f"no candles at {file}")
    candles = polars.read_parquet(file).with_columns(polars.col("symbol").cast(polars.String))
    compared = 0
    for step in found.steps:
        at = to_datetime(step.time_ns)
        for coin, number in step.legs["price"].items():
            symbol = f"{coin}USDT-PERP" if on_perpetuals else f"{coin}USDT"
            near = candles.filter(
                (polars.col("symbol") == symbol)
                & (polars.col("ts") >= at - timedelta(hours=3))
                & (polars.col("ts") <= at + timedelta(hours=3))
            )
            low, high = near["low"].min(), near["high"].max()
            assert low <= number.value <= high, f"{step.label} {coin}: {number.value} outside {low} to {high}"
            compared += 1
    assert compared >= 8


def test_the_stable_coin_of_october_fell_as_the_minutes_say() -> None:
    polars = pytest.importorskip("polars")
    file = DATA / "spot_perp/usde_usdt_binance_1m_20251003_17.parquet"
    if not file.exists():
        pytest.skip(f"no minutes at {file}")
    low = polars.read_parquet(file)["low"].min()
    told = min(step.legs["asset"]["USDE"].value for step in event("2025-10-10").steps)
    assert low <= told <= low + 0.01


def test_volatilities_of_events_are_those_of_the_index() -> None:
    polars = pytest.importorskip("polars")
    file = DATA / "funding_vol_basis/dvol_btc_daily_20221106_20260822.csv"
    if not file.exists():
        pytest.skip(f"no index at {file}")
    index = dict(polars.read_csv(file).select("date", "dvol").rows())
    for name in ("2022-11-08", "2024-08-05", "2025-10-10"):
        for step in event(name).steps:
            day = to_datetime(step.time_ns)
            near = [index.get(f"{day + timedelta(days=shift):%Y-%m-%d}") for shift in (-1, 0)]
            assert 100.0 * step.legs["vol"]["BTC"].value in [pytest.approx(v) for v in near if v]

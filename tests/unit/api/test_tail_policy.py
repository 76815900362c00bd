"""`tail_policy`, `save_policy`, `load_policy`: scenarios of any making as a policy, in a file and back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import seawall as sw
from seawall.api.outcomes import Outcomes
from seawall.scenarios import ScenarioSet
from seawall.scenarios.historical import HistoricalWindow
from seawall.scenarios.history import History

MARKET = "deribit-btc-2026-08-01"
BOOK = {"BTC-PERPETUAL": -60_000, "BTC": 2.0}
PLAIN = {
    "general.multiplier": 1.0, "general.stress_share": 0.0, "procyclicality.stress_weight": 0.0,
    "procyclicality.long_run_floor": False, "general.impact_coefficient": 0.0, "market.btc.closing_rate": 0.0,
}  # fmt: skip


def plain() -> sw.MarginPolicy:
    return sw.load_policy("house/tail/2026-01-01").with_numbers(PLAIN)


@pytest.fixture(scope="module")
def prices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = np.random.default_rng(5)
    levels = 100.0 * np.exp(np.cumsum(source.standard_t(4, (300, 3)) * 0.02, axis=0))
    days = np.datetime64("2025-09-01") + np.arange(300)
    lines = [f"{day},{b:.4f},{e:.4f},{s:.4f}" for day, (b, e, s) in zip(days, levels.tolist(), strict=True)]
    path = tmp_path_factory.mktemp("prices") / "prices.csv"
    path.write_text("date,BTC,ETH,SOL\n" + "\n".join(lines) + "\n")
    return path


METHODS = [
    ("historical", {"decay": 0.97}), ("historical", {"days": 5}), ("filtered", {}),
    ("monte-carlo", {"vols": {"BTC": 0.6}, "dof": 4, "count": 500}), ("heston", {"mean_reversion": 4.0, "count": 500}),
]  # fmt: skip


@pytest.mark.parametrize(("method", "stated"), METHODS)
def test_a_methods_margin_is_its_value_at_risk(method: str, stated: dict[str, object], prices: Path) -> None:
    given = stated | ({"returns": prices} if method in ("historical", "filtered") else {})
    policy = sw.tail_policy(method, plain(), snapshot=MARKET, coins=["BTC"], **given)
    [row] = sw.margin(BOOK, MARKET, policy)
    risk = sw.value_at_risk(BOOK, MARKET, method, **given)["book"].risk  # type: ignore[arg-type]
    assert row.maintenance_margin == pytest.approx(risk.expected_shortfall, rel=1e-12)
    assert policy.number("general.horizon_days") == stated.get("days", 1)


def test_a_source_says_how_outcomes_were_made_and_what_was_left_out(prices: Path) -> None:
    policy = sw.tail_policy("filtered", snapshot=MARKET, returns=prices)
    moves = policy.parameter("outcomes.eth.current_price_moves")
    assert moves.source.startswith("filtered: 299 changes of BTC, ETH, SOL")
    assert "moves of SOL are left out" in moves.note
    assert "implied volatilities of ETH stay" in policy.parameter("outcomes.eth.current_vol_moves").note
    assert policy.effective_ns == sw.load_snapshot(MARKET).time_ns


def test_given_scenarios_need_no_market_and_keep_the_bases_date(prices: Path) -> None:
    days = ["2026-01-01", "2026-01-02", "2026-01-03"]
    maker = HistoricalWindow(History.of_levels(days, {"BTC": [100.0, 90.0, 99.0]}))
    policy = sw.tail_policy(maker, "house/tail/2026-01-01")
    assert policy.numbers("outcomes.btc.current_price_moves") == tuple(maker.scenarios().spot[:, 0].tolist())
    moves = policy.parameter("outcomes.btc.current_price_moves")
    assert moves.source == "HistoricalWindow: 2 scenarios that were given"
    assert policy.effective_ns == sw.load_policy("house/tail/2026-01-01").effective_ns
    named = sw.tail_policy(maker, "house/tail/2026-01-01", source="my desk", effective="2026-02-01")
    assert named.parameter("outcomes.btc.current_price_moves").source == "my desk"


def test_stressed_and_long_run_outcomes_are_stated_beside(prices: Path) -> None:
    past = Outcomes(method="historical", returns=prices)
    policy = sw.tail_policy("filtered", snapshot=MARKET, returns=prices, stressed=past, long_run=past)
    assert policy.id.endswith("on stated current, stressed, long-run outcomes")
    names = {item.subject for item in sw.margin(BOOK, MARKET, policy).explain().evidence}
    assert "rules.stated_outcomes" in names and "rules.outcomes" not in names


def test_what_does_not_fit_is_refused_by_name(prices: Path) -> None:
    def refused(told: str, *words: object, **given: object) -> None:
        with pytest.raises(sw.InputError, match=told):
            sw.tail_policy(*words, **given)  # type: ignore[arg-type]

    even = ScenarioSet.spot_moves(["down", "up"], ("BTC",), [[-0.1], [0.1]])
    refused("snapshot is 'left out'", "historical", returns=prices)
    refused("general.horizon_days is 0.0; it is from 0.01 to 30", even)
    refused("elapsed_days is 2.0", replace(even, elapsed_years=np.array([1.0, 2.0]) / 365.0))
    refused("seed is '3'; scenarios that are given hold their own", even, seed=3)
    refused(r"delta-gamma.*has no outcomes", "delta-gamma", snapshot=MARKET)
    refused("coins is 'DOGE'", "monte-carlo", snapshot=MARKET, coins=["BTC", "DOGE"])
    refused("coins are stated, or those of a book", "monte-carlo", snapshot=MARKET, coins=["BTC"], book=BOOK)
    refused("model house_tail", "monte-carlo", "deribit/x_pm", snapshot=MARKET, coins=["BTC"])
    day = replace(even, elapsed_years=np.full(2, 1.0 / 365.0))
    refused("stress_weight is 0: the policy does not read them", day, plain(), stressed=day)
    refused("long_run_floor is off", day, plain(), long_run=day)


def test_a_saved_policy_is_the_same_policy(prices: Path, tmp_path: Path) -> None:
    policy = sw.tail_policy("historical", snapshot=MARKET, returns=prices, decay=0.97)
    file = sw.save_policy(policy, tmp_path / "mine.toml")
    again = sw.load_policy(file)
    assert again == policy and again.digest == policy.digest
    rows = [sw.margin(BOOK, MARKET, one).rows() for one in (policy, str(file), file)]
    assert rows[0] == rows[1] == rows[2]
    assert sw.tail_policy("historical", file, snapshot=MARKET, returns=prices, decay=0.97) == policy


def test_files_that_are_no_policy_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(sw.InputError, match="No such file"):
        sw.load_policy(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(sw.InputError, match="can be read"):
        sw.margin(BOOK, MARKET, str(tmp_path / "bytes.toml"))
    with pytest.raises(sw.InputError, match=r"ends with \.toml"):
        sw.save_policy("house/tail/2026-01-01", tmp_path / "mine.txt")
    with pytest.raises(sw.InputError, match="can be written there"):
        sw.save_policy("house/tail/2026-01-01", tmp_path / "no" / "mine.toml")

"""Methods of value at risk by name: each against its law's own quantile, and what each refuses or says."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest

import seawall as sw
from seawall.api.history import load_history
from seawall.api.outcomes import METHODS, NEEDS, READS, Outcomes
from seawall.api.shocks import Shocks
from seawall.api.value_at_risk import as_scenarios
from seawall.core.errors import InputError
from seawall.core.time import NS_PER_DAY
from seawall.risk.daily_moves import VOL_SD
from seawall.scenarios.garch import fit_garch
from seawall.scenarios.history import History
from seawall.scenarios.marginals import WithTails

MARKET = "deribit-btc-2026-08-01"
COIN = {"BTC": 1.0}
NOW = sw.load_snapshot(MARKET)
PRICE = NOW.index["BTC"]
JUMPS = {"jump_rate": 40.0, "jump_mean": -0.05, "jump_sd": 0.03}


def _write(path: Path, columns: dict[str, np.ndarray]) -> Path:
    count = len(next(iter(columns.values())))
    days = np.datetime64("2023-01-01") + np.arange(count)
    lines = [",".join(["date", *columns])]
    lines += [",".join([str(day), *(repr(float(c[i])) for c in columns.values())]) for i, day in enumerate(days)]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="module")
def returns(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two coins and a volatility over 800 days, the first with GARCH in it and tails of Student-t."""
    rng, h, moves = np.random.default_rng(11), 4e-4, []
    for _ in range(800):
        moves.append(rng.standard_t(5) * math.sqrt(0.6 * h))
        h = 3e-5 + 0.12 * moves[-1] ** 2 + 0.80 * h
    bitcoin = np.array(moves)
    ether = 1.2 * bitcoin + 0.01 * rng.standard_normal(800)
    vol = -0.5 * bitcoin + 0.04 * rng.standard_normal(800)
    columns = {"BTC": 6e4 * np.exp(np.cumsum(bitcoin)), "ETH": 3e3 * np.exp(np.cumsum(ether))}
    return _write(tmp_path_factory.mktemp("prices") / "two.csv", columns | {"BTC vol": 50.0 * np.exp(0.2 * vol)})


@pytest.fixture(scope="module")
def of_one_coin(returns: Path) -> Path:
    levels = PRICE * np.exp(np.cumsum(load_history(returns).changes[:, 0]))
    return _write(returns.parent / "one.csv", {"BTC": levels})


def _merton_quantile(level: float, *, vol: float, days: float) -> float:
    """Return the quantile of the logarithm by the Poisson mixture of normals, found by halving."""
    years, rate, mean, sd = days / 365.0, JUMPS["jump_rate"], JUMPS["jump_mean"], JUMPS["jump_sd"]
    diffusion = vol**2 - rate * (mean**2 + sd**2)
    trend = (-0.5 * diffusion - rate * math.expm1(mean + 0.5 * sd**2)) * years

    def below(x: float) -> float:
        chance, total = math.exp(-rate * years), 0.0
        for n in range(60):
            total += chance * NormalDist(trend + n * mean, math.sqrt(diffusion * years + n * sd**2)).cdf(x)
            chance *= rate * years / (n + 1)
        return total

    low, high = -2.0, 2.0
    for _ in range(100):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if below(middle) < level else (low, middle)
    return low


@pytest.mark.parametrize("days", [1.0, 10.0])
def test_merton_draws_of_a_coin_meet_the_quantile_of_the_poisson_mixture(days: float) -> None:
    found = sw.value_at_risk(COIN, MARKET, "merton", vols={"BTC": 0.6}, days=days, count=40_000, seed=3, **JUMPS)
    low, high = found["book"].risk.value_at_risk_interval
    exact = -PRICE * math.expm1(_merton_quantile(0.01, vol=0.6, days=days))
    assert low < exact < high
    assert high < 1.08 * low


def test_jumps_are_a_part_of_the_volatility_and_not_on_top_of_it() -> None:
    made, notes = as_scenarios(
        Outcomes(method="merton", vols={"BTC": 0.6}, days=30.0, count=40_000, **JUMPS), sw.load_book(COIN), NOW
    )
    logs = np.log1p(made.spot[:, 0])
    assert logs.std() == pytest.approx(0.6 * math.sqrt(30.0 / 365.0), rel=0.02)
    assert any("without jumps" in note for note in notes)
    with pytest.raises(InputError, match=r"BTC: jumps is .* its volatility of 20\.0 %"):
        sw.value_at_risk(COIN, MARKET, "merton", vols={"BTC": 0.2}, **JUMPS)


def test_jumps_can_be_stated_by_name_and_volatilities_jump_only_then() -> None:
    stated = {"jump_rate": 300.0, "jump_mean": {"BTC": 0.0, "BTC vol": 0.02}, "jump_sd": {"BTC": 0.01}}
    made, _ = as_scenarios(
        Outcomes(method="merton", vols={"BTC": 0.6, "BTC vol": 0.5}, **stated), sw.load_book(COIN), NOW
    )
    assert len(made.vol_shocks) > 10
    with pytest.raises(InputError, match="jump_mean is 'left out for BTC'"):
        sw.value_at_risk(COIN, MARKET, "merton", **(stated | {"jump_mean": {"BTC vol": 0.1}}))
    with pytest.raises(InputError, match="jump_sd is 'ETH'"):
        sw.value_at_risk(COIN, MARKET, "merton", **(stated | {"jump_sd": {"BTC": 0.1, "ETH": 0.1}}))


def test_heston_without_volatility_of_variance_is_lognormal() -> None:
    still = {"mean_reversion": 5.0, "vol_of_vol": 1e-6, "count": 40_000, "seed": 5}
    found = sw.value_at_risk(COIN, MARKET, "heston", vols={"BTC": 0.6}, days=5.0, **still)
    low, high = found["book"].risk.value_at_risk_interval
    sd = 0.6 * math.sqrt(5.0 / 365.0)
    exact = -PRICE * math.expm1(-0.5 * sd**2 + sd * NormalDist().inv_cdf(0.01))
    assert low < exact < high
    assert high < 1.05 * low


def test_heston_moves_volatilities_of_thirty_days_as_they_are_measured_to_move() -> None:
    asked = Outcomes(method="heston", vols={"BTC": 0.6}, mean_reversion=6.0, long_run_vol=0.9, count=20_000)
    made, notes = as_scenarios(asked, sw.load_book(COIN), NOW)
    years = np.full(1, 30.0 / 365.0)
    moved = np.array([float(shock.apply(np.array([0.7]), years, np.zeros(1))[0]) for shock in made.vol_shocks]) / 0.7
    logs = np.log(moved[made.vol_index[:, 0]])
    assert logs.std() == pytest.approx(VOL_SD, rel=0.04)
    assert any("how volatilities of 30 days move" in note for note in notes)


def test_heston_asks_for_what_nothing_tells_and_takes_jumps_whole() -> None:
    with pytest.raises(InputError, match="--mean-reversion 4"):
        sw.value_at_risk(COIN, MARKET, "heston")
    with pytest.raises(InputError, match="jump_sd is 'left out'"):
        sw.value_at_risk(COIN, MARKET, "heston", mean_reversion=4.0, jump_rate=5.0, jump_mean=-0.03)
    with pytest.raises(InputError, match="speed above 0"):
        sw.value_at_risk(COIN, MARKET, "heston", mean_reversion=-1.0)
    found = sw.value_at_risk(COIN, MARKET, "heston", mean_reversion=4.0, vols={"BTC": 0.7}, count=2000, **JUMPS)
    assert found.notes[0].startswith("Bates")


def test_heston_takes_the_lean_of_prices_on_volatilities_from_a_history(returns: Path) -> None:
    found = sw.value_at_risk(COIN, MARKET, "heston", mean_reversion=4.0, returns=returns, count=500)
    assert any("of past prices" in note for note in found.notes)
    assert not any("ETH: volatility" in note for note in found.notes)


def test_tails_of_a_coin_go_as_far_as_the_pareto_formula_says(of_one_coin: Path) -> None:
    found = sw.value_at_risk(COIN, MARKET, "extreme-value", returns=of_one_coin, confidence=0.995, count=100_000)
    tail = WithTails.of(load_history(of_one_coin).changes[:, 0], tail_share=0.1).lower
    low, high = found["book"].risk.value_at_risk_interval
    assert low < -PRICE * math.expm1(-tail.quantile(0.995)) < high
    shares = (np.arange(200_000) + 0.5) / 200_000 * 0.005 / tail.share
    exact = float(np.mean(-PRICE * np.expm1(-tail.at_tail(shares))))
    below, above = found["book"].risk.expected_shortfall_interval
    assert below < exact < above
    assert above < 1.06 * below


def test_a_tail_of_too_few_days_is_refused_by_name(of_one_coin: Path) -> None:
    with pytest.raises(InputError, match=r"BTC: tail_share is '0\.005 of 798 changes'"):
        sw.value_at_risk(COIN, MARKET, "extreme-value", returns=of_one_coin, tail_share=0.005)
    with pytest.raises(InputError, match="below one half"):
        sw.value_at_risk(COIN, MARKET, "extreme-value", returns=of_one_coin, tail_share=0.6)


def test_a_garch_filter_scales_each_day_to_the_volatility_of_the_next(of_one_coin: Path) -> None:
    changes = load_history(of_one_coin).changes[:, 0]
    fit = fit_garch(changes)
    variances = fit.variances(changes)
    made, notes = as_scenarios(
        Outcomes(method="filtered", returns=of_one_coin, filter="garch"), sw.load_book(COIN), NOW
    )
    assert np.log1p(made.spot[:, 0]) == pytest.approx(changes * np.sqrt(variances[-1] / variances[:-1]))
    assert any(f"alpha {fit.alpha:.3f}" in note for note in notes)


def test_filters_are_refused_where_they_cannot_be(of_one_coin: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="ewma or garch"):
        sw.value_at_risk(COIN, MARKET, "filtered", returns=of_one_coin, filter="kalman")
    with pytest.raises(InputError, match="measures its own weights"):
        sw.value_at_risk(COIN, MARKET, "filtered", returns=of_one_coin, filter="garch", decay=0.9)
    with pytest.raises(InputError, match="of a filter"):
        sw.value_at_risk(COIN, MARKET, "extreme-value", returns=of_one_coin, decay=0.9)
    short = _write(tmp_path / "short.csv", {"BTC": 100.0 + np.arange(30.0) % 3})
    with pytest.raises(InputError, match="50 changes or more"):
        sw.value_at_risk(COIN, MARKET, "filtered", returns=short, filter="garch")


def test_garch_at_its_edge_is_constant_volatility_and_told(tmp_path: Path) -> None:
    even = _write(tmp_path / "even.csv", {"BTC": np.exp(0.01 * (np.arange(200) % 2))})
    found = sw.value_at_risk(COIN, MARKET, "filtered", returns=even, filter="garch").accounts[0].risk
    as_it_was = sw.value_at_risk(COIN, MARKET, "historical", returns=even).accounts[0].risk
    assert found.value_at_risk == pytest.approx(as_it_was.value_at_risk, rel=1e-12)
    _made, notes = as_scenarios(Outcomes(method="filtered", returns=even, filter="garch"), sw.load_book(COIN), NOW)
    assert any("BTC: alpha 0.000, beta 0.000" in one and "constant volatility" in one for one in notes)


def test_a_funding_is_a_fraction_and_told(tmp_path: Path) -> None:
    """Half the notional a day is read, as a venue may charge it, and said; three times the notional is per cent."""
    days = 300
    prices = {"BTC": 6e4 * np.exp(0.01 * np.sin(np.arange(days)))}
    large = _write(tmp_path / "large.csv", prices | {"BTC funding": np.full(days, 0.5)})
    for method in ("historical", "monte-carlo"):
        _made, notes = as_scenarios(Outcomes(method=method, returns=large), sw.load_book(COIN), NOW)
        assert "BTC funding: +50 to +50 % of the notional in a step" in notes
    for kind, level in (("funding", 3.0), ("funding", -1.5), ("perpetual", 2.0), ("carry", 12.0)):
        wrong = _write(tmp_path / "wrong.csv", prices | {f"BTC {kind}": np.where(np.arange(days) == 7, level, 0.01)})
        with pytest.raises(InputError, match=rf"2023-01-08.*BTC {kind} is {level}; .* is a fraction, at most"):
            sw.value_at_risk(COIN, MARKET, "historical", returns=wrong)
    with pytest.raises(InputError, match=r"BTC funding is 3\.0"):
        sw.value_at_risk(COIN, MARKET, "conditional", returns=large, shocks={"BTC funding": 3.0})


def test_shapes_that_are_told_as_zero_are_not_above_it(of_one_coin: Path) -> None:
    for seed in range(6):
        rng = np.random.default_rng(seed)
        past = History(("BTC",), NOW.time_ns - NS_PER_DAY * np.arange(900)[::-1], 0.02 * rng.standard_normal((900, 1)),
                       NS_PER_DAY)  # fmt: skip
        _made, notes = as_scenarios(Outcomes(method="extreme-value", returns=past, count=100), sw.load_book(COIN), NOW)
        [line] = [one for one in notes if one.startswith("BTC: beyond")]
        low, high = (float(word.rstrip(",")) for word in line.partition("shapes ")[2].split(" ")[:3:2])
        assert any("a shape above 0" in one for one in notes) == (max(low, high) > 0.0), line


def test_where_all_prices_are_shocked_no_volatility_is_asked_for() -> None:
    """The bundled market has no option on ETH."""
    moves = {"BTC": -0.3, "ETH": -0.4}
    found = sw.stress({"BTC": 1.0}, MARKET, Shocks(moves=moves))
    as_stated = sw.stress({"BTC": 1.0}, MARKET, Shocks(moves=moves, vols={"ETH": 0.9}))
    assert found.rows() == as_stated.rows()
    with pytest.raises(InputError, match="no option tells the volatility of ETH"):
        sw.stress({"BTC": 1.0}, MARKET, Shocks(moves={"ETH": -0.3}))


READERS = (
    Outcomes(method="historical", returns="later"), Outcomes(method="filtered", returns="later"),
    Outcomes(method="extreme-value", returns="later"), Outcomes(method="monte-carlo", returns="later"),
    Outcomes(method="conditional", returns="later", shocks={"ETH": -0.3}),
)  # fmt: skip


@pytest.mark.parametrize("asked", READERS, ids=lambda asked: asked.method)
def test_what_came_after_the_snapshot_is_not_read(asked: Outcomes, returns: Path) -> None:
    whole = load_history(returns)
    book, middle = sw.load_book(COIN), int(whole.times_ns[599])
    made, notes = as_scenarios(replace(asked, returns=whole), book, replace(NOW, time_ns=middle))
    known, _ = as_scenarios(replace(asked, returns=whole.between(None, middle)), book, replace(NOW, time_ns=middle))
    assert np.array_equal(made.spot, known.spot)
    assert any(one.startswith("199 changes after 2024-08-23 00:00, the snapshot's time, are left out") for one in notes)
    with pytest.raises(InputError, match="up to the snapshot's time"):
        as_scenarios(replace(asked, returns=whole), book, replace(NOW, time_ns=int(whole.times_ns[0]) - 1))


@pytest.mark.parametrize("asked", READERS, ids=lambda asked: asked.method)
def test_returns_that_end_long_before_the_snapshot_are_told_to(asked: Outcomes, returns: Path) -> None:
    book, last = sw.load_book(COIN), int(load_history(returns).times_ns[-1])
    _made, notes = as_scenarios(replace(asked, returns=returns), book, replace(NOW, time_ns=last + 10 * NS_PER_DAY))
    told = " ".join(notes)
    assert "the returns end 10.0 days before the snapshot's time" in told and "today's volatility" not in told
    _made, notes = as_scenarios(replace(asked, returns=returns), book, replace(NOW, time_ns=last + NS_PER_DAY))
    told = " ".join(notes)
    assert "the returns end" not in told and ("at today's volatility" in told) == (asked.method == "filtered")


def test_the_mean_of_conditional_draws_is_the_conditional_expectation(returns: Path) -> None:
    asked = Outcomes(method="conditional", returns=returns, shocks={"ETH": -0.3}, count=40_000)
    made, notes = as_scenarios(asked, sw.load_book(COIN), NOW)
    changes = load_history(returns).changes
    beta = float(changes[:, 0] @ changes[:, 1] / (changes[:, 1] @ changes[:, 1]))
    bitcoin, ether = (np.log1p(made.spot[:, made.underlyings.index(name)]) for name in ("BTC", "ETH"))
    assert np.unique(ether) == pytest.approx(math.log(0.7))
    assert bitcoin.mean() == pytest.approx(beta * math.log(0.7), abs=1e-3)
    left = float(np.mean(changes[:, 0] ** 2) - beta * np.mean(changes[:, 0] * changes[:, 1]))
    assert bitcoin.std() == pytest.approx(math.sqrt(left), rel=0.02)
    assert f"BTC {100.0 * math.expm1(beta * math.log(0.7)):+.4g} %" in notes[1]


def test_shocks_that_leave_nothing_open_belong_to_a_stress() -> None:
    with pytest.raises(InputError, match="seawall stress --shock"):
        sw.value_at_risk(COIN, MARKET, "conditional", shocks={"BTC": -0.3, "BTC vol": 0.5})
    for shocks, said in [
        ({}, "one factor or more"),
        ({"BTC": -1.0}, "less than 100 %"),
        ({"BTC carry": 0.1}, "--returns"),
    ]:
        with pytest.raises(InputError, match=said):
            sw.value_at_risk(COIN, MARKET, "conditional", shocks=shocks)


def test_a_stress_by_shocks_moves_the_other_coin_by_its_expectation() -> None:
    moved = Shocks(moves={"BTC": -0.3, "BTC vol": 0.5})
    found = sw.stress({"BTC": 2.0}, MARKET, moved)
    [one] = found
    assert one.scenario == "BTC -30 %, BTC vol +50 %"
    assert one.pnl == pytest.approx(-0.3 * 2.0 * PRICE)
    assert "nothing else moves" in found.notes[0]


def test_prices_that_tell_nothing_of_volatilities_are_said_to() -> None:
    alone = sw.stress({"BTC": 2.0}, MARKET, Shocks(moves={"BTC": -0.3}))
    assert any("volatilities stay" in note for note in alone.notes)
    leaning = sw.stress(
        {"BTC": 2.0}, MARKET, Shocks(moves={"BTC": -0.3}, price_vol_correlation=-0.5, vols={"BTC": 0.6, "BTC vol": 0.9})
    )
    rise = 100.0 * math.expm1(-0.5 * 0.9 / 0.6 * math.log(0.7))
    assert f"BTC vol {rise:+.4g} %" in leaning.notes[0]


def test_correlation_under_stress_goes_before_that_of_the_past(returns: Path) -> None:
    given = {"returns": returns, "shocks": {"ETH": -0.3}, "count": 200}
    book = sw.load_book(COIN)
    _, usual = as_scenarios(Outcomes(method="conditional", **given), book, NOW)
    _, none = as_scenarios(Outcomes(method="conditional", stressed_correlation=0.0, **given), book, NOW)
    assert "BTC +0 %" in none[1]
    assert "BTC +0 %" not in usual[1]
    with pytest.raises(InputError, match="between -1 and 1"):
        as_scenarios(Outcomes(method="conditional", stressed_correlation=1.5, **given), book, NOW)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_asks_for_all_that_it_needs_and_refuses_the_rest(method: str) -> None:
    samples = {name: 0.5 for of in READS.values() for name in of} | {"returns": "x.csv", "shocks": {"BTC": -0.1}}
    needed = {name: samples[name] for name in NEEDS.get(method, ())}
    assert Outcomes(method=method, **needed).method == method
    for name in needed:
        with pytest.raises(InputError, match=f"{name} is 'left out'"):
            Outcomes(method=method, **{key: value for key, value in needed.items() if key != name})
    for name in set(samples) - set(READS[method]):
        with pytest.raises(InputError, match=f"{name} is .*does not read it"):
            Outcomes(method=method, **needed, **{name: samples[name]})


def test_limits_are_checked_by_any_method_that_has_outcomes() -> None:
    from seawall.risk.limits import Limit, Limits

    desk = Limits("desk", (Limit("tail", "value_at_risk_usd", upper=1.0),))
    asked = Outcomes(method="merton", vols={"BTC": 0.6}, count=2000, **JUMPS)
    found = sw.check_limits(COIN, MARKET, desk, scenarios=asked)
    assert [row.limit.name for row in found.breaches] == ["tail"]
    assert any("Merton" in note for note in found.notes)

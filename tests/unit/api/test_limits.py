"""Limits on a book and on trades before they are done; exposures and attribution as the public functions give them."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

import seawall as sw
from seawall.api.volumes import volumes_of_csv
from seawall.core.errors import InputError
from seawall.policy import at
from seawall.portfolio import Account, Book, Position
from seawall.risk.limits import Limit, Limits

MARKET = "deribit-btc-2026-08-01"
CALLS = "BTC-25SEP26-70000-C"


def limits(*members: Limit) -> Limits:
    return Limits("desk", members)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "limits.toml"
    path.write_text('[[limit]]\nname = "tail"\nmeasure = "expected_shortfall_usd"\naccount = "box"\nmax = 2_000\n')
    return path


def test_a_file_of_limits_is_checked_with_the_default_method_and_says_so(file: Path) -> None:
    found = sw.check_limits("demo", MARKET, file)
    tail = sw.value_at_risk("demo", MARKET)["box"].risk.expected_shortfall
    [row] = found.breaches
    assert (row.account, row.measured) == ("box", tail)
    assert any("20,000 draws" in note for note in found.notes)


def test_no_scenarios_are_made_for_limits_that_ask_for_none() -> None:
    assert sw.check_limits("demo", MARKET, limits(Limit("v", "vega_usd", upper=1e9))).notes == ()


def test_days_to_liquidate_need_volumes_and_are_counted_by_them(tmp_path: Path) -> None:
    book = {CALLS: -500.0, "BTC": 20.0}
    asked = limits(Limit("days", "days_to_liquidate", upper=10.0))
    [row] = sw.check_limits(book, MARKET, asked).checks
    assert row.status.value == "unavailable"
    assert CALLS in row.reason
    path = tmp_path / "volumes.csv"
    path.write_text(f"instrument,daily_volume\n{CALLS},1000\n")
    [row] = sw.check_limits(book, MARKET, asked, daily_volume=path).checks
    assert row.measured == 5.0  # a tenth of 1,000 a day is ours


def test_trades_pass_margin_and_limits_or_are_told_what_stands_in_the_way() -> None:
    desk = limits(Limit("vega", "vega_usd", lower=-700_000.0))
    allowed, refused = (
        sw.what_if("demo", MARKET, f"{CALLS} {size}", account="short_strangle", limits=desk).check
        for size in (-1, -100)
    )
    assert allowed.accepted
    assert not refused.accepted
    assert refused.reasons[0].startswith("limit vega: vega_usd would be -1,4")


def test_margin_refuses_too() -> None:
    desk = limits(Limit("vega", "vega_usd", lower=-1e12))
    found = sw.what_if("demo", MARKET, f"{CALLS} -1000", account="short_strangle", limits=desk)
    assert found.check.reasons[0].startswith("margin: initial margin would not be covered by")
    assert found.check.initial_after_usd == pytest.approx(found.initial_after_usd)
    assert "refused by margin" in str(found)


def test_limits_of_all_accounts_together_see_the_trade_of_one() -> None:
    desk = limits(Limit("delta", "cash_delta_usd", account="*", asset="BTC", upper=3_700_000.0))
    before = sw.exposures("demo", MARKET).of("BTC", "cash_delta_usd")
    found = sw.what_if("demo", MARKET, "BTC-PERPETUAL 50000", account="box", limits=desk).check
    assert found.before.checks[0].measured == before < 3_700_000.0
    assert found.after.checks[0].measured == pytest.approx(before + 50_000.0)
    assert not found.accepted


def test_without_limits_nothing_is_checked() -> None:
    assert sw.what_if("demo", MARKET, "BTC-PERPETUAL 50000", account="box").check is None


def test_scenarios_of_ones_own_measure_the_limits_of_a_trade() -> None:
    from seawall.scenarios import ScenarioSet

    fall = ScenarioSet.spot_moves(["fall"], ("BTC",), [[-0.1]])
    desk = limits(Limit("tail", "value_at_risk_usd", upper=1e9))
    found = sw.what_if({"BTC": 10.0}, MARKET, "BTC-PERPETUAL 100000", limits=desk, scenarios=fall).check
    assert found.before.checks[0].measured == pytest.approx(0.1 * 10.0 * sw.load_snapshot(MARKET).index["BTC"])
    assert found.after.checks[0].measured > found.before.checks[0].measured


@pytest.mark.parametrize(
    ("content", "said"),
    [("title = 3", "title"), ("[[limit]]\nname = 'x'\nmeasure = 'charm'\nmax = 1", "charm"), ("not toml", "no TOML")],
)
def test_a_file_of_limits_is_refused_with_its_name(content: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "limits.toml"
    path.write_text(content)
    with pytest.raises(InputError, match=said) as caught:
        sw.check_limits("demo", MARKET, path)
    assert "limits.toml" in str(caught.value)


@pytest.mark.parametrize("text", ["", "instrument\nA\n", "instrument,daily_volume\nA,-1\n",
                                  "instrument,daily_volume\nA,nan\n", "instrument,daily_volume\nA,1\nA,2\n",
                                  "instrument,daily_volume\nA,1,2\n"])  # fmt: skip
def test_a_file_of_volumes_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        volumes_of_csv(text)


def test_delta_gamma_has_no_scenarios_to_measure_limits_with() -> None:
    desk = limits(Limit("tail", "value_at_risk_usd", upper=1.0))
    with pytest.raises(InputError, match="has no outcomes"):
        sw.check_limits("demo", MARKET, desk, scenarios="delta-gamma")


def test_exposures_sum_along_every_level() -> None:
    found = sw.exposures("demo", MARKET)
    for level in ("account", "expiry", "moneyness", "kind", "instrument"):
        parts = found.by(level).parts
        assert math.fsum(part.net["vega_usd"] for part in parts) == pytest.approx(found.total.net["vega_usd"])
    assert sw.exposures("demo", MARKET, with_cash=False).of("BTC", "delta") < found.of("BTC", "delta")


def test_shares_and_the_rest_sum_to_the_margin_that_margin_gives() -> None:
    [margin] = sw.margin("demo", MARKET)["short_strangle"]
    found = sw.attribute("demo", MARKET, account="short_strangle")
    assert sum(row["initial"] for row in found.rows()) == pytest.approx(margin.initial_margin)
    assert [one.ties[0].label for one in found.scenarios] == ["-16 %, vol up"]
    assert found.change is None
    assert found.contracts is None


def test_what_closing_a_position_changes_is_what_a_trade_would() -> None:
    found = sw.attribute("demo", MARKET, account="short_strangle")
    [row] = [row for row in found.rows() if row["name"] == CALLS]
    traded = sw.what_if("demo", MARKET, f"{CALLS} {-row['size']}", account="short_strangle")
    assert row["initial_if_closed"] == pytest.approx(traded.initial_after_usd - traded.initial_before_usd)


def test_a_change_of_policy_alone_is_all_parameters() -> None:
    policy = at("deribit/x_pm/2026-02-15")
    before = policy.with_numbers({"currency_pair.btc_usd.price_range": 0.10})
    found = sw.attribute("demo", MARKET, policy, account="short_strangle", since_policy=before).change
    parts = {part.cause: part.initial for part in found.parts}
    assert parts.pop("parameters") == pytest.approx(found.after["initial"] - found.before["initial"]) != 0.0
    assert set(parts.values()) == {0.0}


def test_what_was_bought_since_is_positions() -> None:
    was, held = {CALLS: -10.0, "BTC": 5.0}, {CALLS: -20.0, "BTC": 5.0}
    found = sw.attribute(held, MARKET, since=was, average=True).change
    parts = {part.cause: part.initial for part in found.parts}
    assert parts["positions"] == pytest.approx(found.after["initial"] - found.before["initial"])
    assert parts["positions"] > 0.0


def test_one_more_of_the_contracts_that_are_named() -> None:
    found = sw.attribute("demo", MARKET, account="short_strangle", contracts=["BTC-25SEP26-55000-P"]).contracts
    [one] = found.contracts
    assert one.initial_bought < 0.0 < one.initial_sold


def test_a_book_of_several_accounts_asks_for_one() -> None:
    with pytest.raises(InputError, match="7 accounts"):
        sw.attribute("demo", MARKET)


def test_a_drawdown_is_measured_where_it_is_given_and_refused_where_it_can_not_be() -> None:
    asked = limits(Limit("fall", "drawdown_ratio", account="box", upper=0.1))
    [row] = sw.check_limits("demo", MARKET, asked, drawdowns={"box": 0.09}).checks
    assert (row.measured, row.status.value) == (0.09, "warning")
    traded = sw.what_if("demo", MARKET, "BTC-PERPETUAL 10", account="box", limits=asked, drawdowns={"box": 0.09})
    assert traded.check is not None and traded.check.accepted
    for given in ({"boxx": 0.09}, {"box": math.nan}, {"box": -0.1}):
        with pytest.raises(InputError, match="drawdown is"):
            sw.check_limits("demo", MARKET, asked, drawdowns=given)


def test_trades_that_margin_does_not_cover_are_told_without_limits() -> None:
    found = sw.what_if("demo", MARKET, f"{CALLS} -1000", account="short_strangle")
    [row] = found.after
    assert row.available_funds < 0.0 and row.margin_ratio > 1.0
    assert found.verdict[0].startswith("short of initial margin after it: ") and "before" not in found.verdict[0]
    assert found.verdict[1].startswith("the venue would liquidate after it")
    fine = sw.what_if("demo", MARKET, f"{CALLS} -1", account="short_strangle")
    assert fine.verdict == ("initial margin is covered after it",)


def test_every_function_asks_for_an_account_in_the_same_words() -> None:
    told = []
    for ask in (sw.attribute, sw.vulnerability):
        with pytest.raises(InputError) as caught:
            ask("demo", MARKET)
        told.append(str(caught.value))
    with pytest.raises(InputError) as caught:
        sw.what_if("demo", MARKET, "BTC-PERPETUAL 10")
    assert len({*told, str(caught.value)}) == 1
    assert "the book has 7 accounts; name one with account=" in told[0]


def test_accounts_that_close_one_contract_share_its_market() -> None:
    calls = "BTC-25SEP26-70000-C"
    both = Book.of([Account(name, (Position(calls, -500.0),), {}) for name in ("a", "b")])
    asked = limits(Limit("slow", "days_to_liquidate", account="*", upper=5.0))
    volume = {calls: 250.0}
    [row] = sw.check_limits(both, MARKET, asked, daily_volume=volume).checks
    [alone] = sw.check_limits(both.take([0]), MARKET, asked, daily_volume=volume).checks
    assert row.measured == pytest.approx(2.0 * alone.measured)

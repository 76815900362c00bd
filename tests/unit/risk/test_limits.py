"""Limits: how they are written, how they stand, and what stands in a trade's way."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

import seawall as sw
from seawall.core.errors import InputError
from seawall.portfolio import Account, Book, Position
from seawall.risk.concentration import Liquidity
from seawall.risk.limit_check import RiskInputs, drawdown, limit_report
from seawall.risk.limits import MEASURES, Limit, Status, read_limits, stand, used_share
from seawall.risk.pre_trade import _objection, pre_trade
from seawall.scenarios import ScenarioSet
from tests.laws.worlds import NAMES, market, policy_of

CROSS = policy_of("deribit/x_pm/2026-02-15")
BOOK = Book.of([Account("a", (), {"BTC": 1.0}), Account("b", (Position("BTC-120D-60000-C", -5.0),), {"BTC": 5.0})])


def one(measure: str, **bounds: object) -> str:
    lines = [f'{key} = "{bound}"' if isinstance(bound, str) else f"{key} = {bound}" for key, bound in bounds.items()]
    return "\n".join(["[[limit]]", f'name = "{measure}"', f'measure = "{measure}"', *lines])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[[limit", "no TOML"), ("", "at least one"), ("limit = 3", "at least one"),
        (one("vega_usd"), "a min or a max"), (one("charm", max=1), "it is one of"),
        (one("vega_usd", max=math.nan), "finite number"), (one("vega_usd", min=2, max=1), "not above max"),
        (one("vega_usd", max=1, warn=0), "share of the bound"), (one("vega_usd", max=1, colour="red"), "a limit has"),
        (one("delta", max=1), "asset by asset"), (one("margin_ratio", max=1, asset="BTC"), "of an account"),
        (one("vega_usd", max="1"), "finite number"), (one("vega_usd", max=1) + "\n" + one("vega_usd", max=2), "unique"),
        ("colour = 1\n" + one("vega_usd", max=1), "a title and limits"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_limits_says_what_and_why(text: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        read_limits(text)


@pytest.mark.parametrize(
    ("lower", "upper", "measured", "used", "status"),
    [
        (-math.inf, 100.0, 50.0, 0.5, Status.WITHIN), (-math.inf, 100.0, 80.0, 0.8, Status.WARNING),
        (-math.inf, 100.0, 100.0, 1.0, Status.WARNING), (-math.inf, 100.0, 101.0, 1.01, Status.BREACH),
        (-100.0, math.inf, -150.0, 1.5, Status.BREACH), (-100.0, 100.0, -90.0, 0.9, Status.WARNING),
        (100.0, math.inf, 200.0, 0.5, Status.WITHIN), (100.0, math.inf, 50.0, 2.0, Status.BREACH),
        (100.0, math.inf, -1.0, math.inf, Status.BREACH), (0.0, math.inf, -1.0, math.inf, Status.BREACH),
        (0.0, math.inf, 5.0, 0.0, Status.WITHIN), (-math.inf, 100.0, math.nan, math.nan, Status.UNAVAILABLE),
    ],
)  # fmt: skip
def test_how_a_limit_stands(lower: float, upper: float, measured: float, used: float, status: Status) -> None:
    limit = Limit("x", "vega_usd", lower=lower, upper=upper)
    assert used_share(limit, measured) == pytest.approx(used, nan_ok=True)
    assert stand(limit, "a", measured).status is status


def test_every_measure_can_be_computed() -> None:
    moves = np.linspace(-0.2, 0.2, 41)[:, None]
    inputs = RiskInputs(
        ScenarioSet.spot_moves([f"{x}" for x in moves[:, 0]], ("BTC",), moves),
        liquidity=Liquidity({"BTC-120D-60000-C": 100.0}),
        drawdowns={"a": 0.0, "b": drawdown([10.0, 8.0])},
    )
    text = "\n".join(
        one(m, max=1e12, **({"asset": "BTC"} if m in ("delta", "net_delta", "gamma") else {})) for m in MEASURES
    )
    snapshot = replace(market(), open_interest=np.full(len(NAMES), 1_000.0))
    report = limit_report(BOOK, snapshot, CROSS, read_limits(text), inputs)
    assert len(report.checks) == 2 * len(MEASURES)
    assert [row for row in report.checks if math.isnan(row.measured)] == []
    found = {(row.limit.measure, row.account): row.measured for row in report.checks}
    assert found["drawdown_ratio", "b"] == pytest.approx(0.2)
    assert found["days_to_liquidate", "b"] == pytest.approx(0.5)
    assert found["open_interest_share", "b"] == pytest.approx(0.005)
    assert found["headroom_usd", "a"] == pytest.approx(60_000.0, rel=0.5)
    assert (found["concentration_hhi", "a"], found["concentration_hhi", "b"]) == (0.0, 1.0)


def test_a_measure_whose_input_is_missing_is_unavailable_and_counts_as_a_breach() -> None:
    report = limit_report(BOOK, market(), CROSS, read_limits(one("value_at_risk_usd", max=1.0, account="b")))
    [row] = report.breaches
    assert row.status is Status.UNAVAILABLE and row.reason == "no scenarios were given"


def test_a_limit_on_all_accounts_adds_them_up() -> None:
    report = limit_report(BOOK, market(), CROSS, read_limits(one("cash_delta_usd", max=1e9, account="*")))
    each = limit_report(BOOK, market(), CROSS, read_limits(one("cash_delta_usd", max=1e9)))
    assert report.checks[0].measured == pytest.approx(sum(row.measured for row in each.checks))


def test_a_limit_on_an_account_that_is_not_there_is_refused() -> None:
    with pytest.raises(InputError, match="account is 'c'"):
        limit_report(BOOK, market(), CROSS, read_limits(one("vega_usd", max=1, account="c")))


def test_a_trade_that_neither_margin_nor_limits_forbid_is_accepted() -> None:
    desk = read_limits(one("cash_delta_usd", max=1e6))
    found = pre_trade(BOOK, market(), CROSS, "BTC-PERPETUAL 1000", desk, account="a")
    assert found.accepted and found.initial_after_usd > found.initial_before_usd
    assert [row["account"] for row in found.rows()] == ["a"]


def test_margin_stands_before_limits_among_the_reasons() -> None:
    desk = read_limits(one("cash_delta_usd", max=1e5))
    found = pre_trade(BOOK, market(), CROSS, "BTC-PERPETUAL 5000000", desk, account="a")
    assert [reason.split(":")[0] for reason in found.reasons] == ["margin", "limit cash_delta_usd"]


def test_a_trade_that_makes_a_breach_smaller_is_let_through_and_one_that_makes_it_larger_is_not() -> None:
    desk = read_limits(one("cash_delta_usd", max=10_000))
    assert pre_trade(BOOK, market(), CROSS, "BTC-PERPETUAL -20000", desk, account="a").accepted
    worse = pre_trade(BOOK, market(), CROSS, "BTC-PERPETUAL 100", desk, account="a")
    assert not worse.accepted and "the most is 10,000" in worse.reasons[0]


def test_a_margin_that_can_not_be_computed_allows_nothing() -> None:
    vol = market().vol.copy()
    vol[NAMES.index("BTC-120D-60000-P")] = np.nan
    desk = read_limits(one("margin_ratio", max=0.9))
    found = pre_trade(BOOK, replace(market(), vol=vol), CROSS, "BTC-120D-60000-P 1", desk, account="a")
    assert found.reasons[0].startswith("margin: it can't be computed")
    assert found.reasons[1].startswith("limit margin_ratio: margin_ratio can't be computed")


def test_a_drawdown_needs_a_peak_above_zero() -> None:
    assert math.isnan(drawdown([])) and math.isnan(drawdown([-1.0, -2.0])) and drawdown([4.0, 3.0]) == 0.25


@pytest.mark.parametrize("policy_id", ["binance/pm/2025-12-26", "deribit/x_pm/2026-02-15"])
def test_a_limit_on_the_margin_ratio_reads_the_ratio_of_the_margin_table(policy_id: str) -> None:
    now = sw.load_snapshot("deribit-btc-2026-08-01")
    book = sw.load_book("demo", snapshot=now).take([0, 1])
    report = limit_report(book, now, policy_of(policy_id), read_limits(one("margin_ratio", max=1)))
    shown = {str(row["account"]): row["margin_ratio"] for row in sw.margin(book, now, policy_id).rows()}
    measured = {row.account: row.measured for row in report.checks if row.account in shown}
    assert measured == shown
    assert all(ratio > 0.0 for ratio in measured.values())


def test_a_number_that_could_not_be_had_before_says_so_and_lets_positions_get_smaller() -> None:
    desk = read_limits(one("drawdown_ratio", max=0.1))
    asked = {"account": "b", "check_lots": False}
    more = pre_trade(BOOK, market(), CROSS, "BTC-120D-60000-C -1", desk, **asked)  # type: ignore[arg-type]
    assert more.reasons == (
        "limit drawdown_ratio: drawdown_ratio can't be computed: its fall from the peak is not known; give drawdowns=, "
        "or --drawdown b=0.08 on the command line (already so before the trade)",
    )
    assert pre_trade(BOOK, market(), CROSS, "BTC-120D-60000-C 2", desk, **asked).accepted  # type: ignore[arg-type]
    for other in ("BTC-120D-60000-C 6", "BTC-PERPETUAL 100", ["BTC-120D-60000-C 2", "BTC-PERPETUAL 100"]):
        assert not pre_trade(BOOK, market(), CROSS, other, desk, **asked).accepted  # type: ignore[arg-type]


def test_a_margin_that_could_not_be_had_before_lets_positions_get_smaller_and_nothing_else() -> None:
    vol = market().vol.copy()
    vol[NAMES.index("BTC-120D-60000-C")] = np.nan
    dark, desk = replace(market(), vol=vol), read_limits(one("margin_ratio", max=0.9))
    assert pre_trade(BOOK, dark, CROSS, "BTC-120D-60000-C 2", desk, account="b").accepted
    refused = pre_trade(BOOK, dark, CROSS, "BTC-120D-60000-C -2", desk, account="b")
    assert len(refused.reasons) == 2 and all("already so before the trade" in reason for reason in refused.reasons)


def test_a_breach_that_grows_by_rounding_alone_is_no_objection_and_one_that_grows_tells_both() -> None:
    limit = read_limits(one("vega_usd", max=100.0)).limits[0]
    was = stand(limit, "a", 1_000.0)
    assert _objection(was, stand(limit, "a", 1_000.0 * (1 + 1e-12)), smaller=False) == ""
    told = _objection(was, stand(limit, "a", 1_001.0), smaller=False)
    assert told.endswith("would be 1,001, and the most is 100; it was 1,000 and past it before the trade")


def test_margin_that_was_short_before_says_by_how_much() -> None:
    poor = Book.of([Account("a", (Position("BTC-120D-60000-C", -5.0),), {"USDC": 1_000.0})])
    desk = read_limits(one("cash_delta_usd", min=-1e9))
    found = pre_trade(poor, market(), CROSS, "BTC-120D-60000-C -1", desk)
    assert "before the trade" in found.reasons[0] and found.headroom_after_usd < found.headroom_before_usd < 0.0

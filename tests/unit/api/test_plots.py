"""Figures of results: what is drawn is what the result says, in its units."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import seawall as sw
from seawall.charts.style import tick
from seawall.core.errors import InputError, SeawallError, UnavailableError, UnknownNameError
from seawall.policy import at
from seawall.risk.limit_check import limit_report
from seawall.risk.limits import read_limits
from seawall.risk.margin_shares import margin_shares
from seawall.risk.quadratic_report import quadratic_report
from seawall.risk.reverse_stress import reverse_stress
from seawall.risk.stress_chart import stress_chart
from seawall.risk.stress_row import StressRow
from seawall.risk.surface import Surface
from seawall.risk.tail_report import TailReport, tail_report
from seawall.scenarios import ScenarioSet

NOW = sw.load_snapshot("deribit-btc-2026-08-01")
BOOK = sw.load_book("demo", snapshot=NOW)
POLICY = at("deribit/x_pm", NOW.time_ns)


def texts(figure: Any) -> list[str]:
    return [one.get_text() for one in figure.axes[0].texts]


def y_names(figure: Any) -> list[str]:
    return [one.get_text() for one in figure.axes[0].get_yticklabels()]


def x_names(figure: Any) -> list[str]:
    return [one.get_text() for one in figure.axes[0].get_xticklabels()]


def legend(figure: Any) -> list[str]:
    [one] = figure.legends or [figure.axes[0].get_legend()]
    return [text.get_text() for text in one.get_texts()]


def test_a_grid_is_drawn_cell_by_cell_and_the_binding_one_is_outlined() -> None:
    [matrix] = sw.margin(BOOK, NOW, POLICY).explain("short_strangle").detail.matrices
    figure = sw.margin(BOOK, NOW, POLICY).plot("short_strangle")
    axes = figure.axes[0]
    assert len(texts(figure)) == matrix.standard.size == 27
    assert x_names(figure)[0] == "-16 %" and y_names(figure) == ["vol up", "vol same", "vol down"]
    assert axes.get_xlabel() == "price move; cells are profit and loss, USD" and axes.get_ylabel() == "volatility"
    worst = [text for text in axes.texts if text.get_text() == "−358k"]
    assert [text.get_position() for text in worst] == [(0, 0)] and matrix.standard.min() == matrix.standard[0, 0]
    [outline] = [patch for patch in axes.patches if not patch.get_fill() and patch.get_linewidth() == 2.0]
    assert outline.get_x() < 0.0 < outline.get_x() + outline.get_width() and outline.get_y() < 0.0
    assert "357,622 USD at -16 %, vol up" in axes.get_title(loc="left")


def test_a_rule_without_a_grid_is_drawn_by_its_components() -> None:
    [margin] = sw.margin(BOOK, NOW, "deribit/x_sm")["short_strangle"]
    figure = sw.margin(BOOK, NOW, "deribit/x_sm").plot("short_strangle")
    widths = [patch.get_width() for patch in figure.axes[0].patches]
    assert widths[:-1] == pytest.approx(list(margin.initial.values())) and widths[-1] == pytest.approx(
        margin.initial_margin
    )
    assert y_names(figure) == [*margin.initial, "initial margin"]
    assert figure.axes[0].get_xlabel() == "initial margin, USD"


@pytest.mark.parametrize("policy", ["house/tail", "occ/tims"])
def test_a_list_of_scenarios_is_drawn_as_bars(policy: str) -> None:
    found = sw.margin(BOOK, NOW, policy)
    [array] = found.explain("short_strangle").detail.arrays
    figure = found.plot("short_strangle")
    assert [patch.get_width() for patch in figure.axes[0].patches] == pytest.approx(array.pnl)
    assert y_names(figure) == list(array.labels)
    assert figure.axes[0].get_xlabel() == f"profit and loss, {array.currency}"
    outlined = [k for k, patch in enumerate(figure.axes[0].patches) if patch.get_linewidth() > 1.0]
    assert outlined == [array.worst_scenario] and array.worst > 0.0


def test_a_grid_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(UnknownNameError, match="btc_usd"):
        sw.margin(BOOK, NOW, POLICY).plot("short_strangle", matrix="eth_usd")


def test_a_comparison_has_a_bar_for_each_policy_and_component() -> None:
    found = sw.compare(BOOK, NOW, ["deribit/x_pm", "okx/pm", "binance/pm"])
    figure = found.plot("short_strangle")
    a = found.accounts.index("short_strangle")
    charged = {c.value: usd[:, a] for c, usd in found.components_usd.items() if usd[:, a].any()}
    assert set(legend(figure)) == set(charged) and y_names(figure) == list(found.policies)
    patches = figure.axes[0].patches
    assert len(patches) == sum(int((usd != 0.0).sum()) for usd in charged.values())
    sums = np.zeros(len(found.policies))
    for patch in patches:
        sums[round(patch.get_y() + patch.get_height() / 2.0)] += patch.get_width()
    assert sums == pytest.approx(found.initial_usd[:, a])
    assert texts(figure) == ["358k", "322k", "727k"] and figure.axes[0].get_xlabel() == "initial margin, USD"
    whole = np.zeros(len(found.policies))
    for patch in found.plot().axes[0].patches:
        whole[round(patch.get_y() + patch.get_height() / 2.0)] += patch.get_width()
    assert whole == pytest.approx(found.initial_usd.sum(axis=1))


def test_what_is_unavailable_has_no_bar() -> None:
    vol = NOW.vol.copy()
    vol[NOW.table.names.index("BTC-25SEP26-70000-C")] = np.nan
    gone = replace(NOW, vol=vol, mark=np.where(np.isnan(vol) & ~np.isnan(NOW.vol), np.nan, NOW.mark))
    found = sw.compare(BOOK.take([0]), gone, ["deribit/x_pm", "okx/pm"])
    assert np.isnan(found.initial_usd).all()
    figure = found.plot()
    assert texts(figure) == ["n/a", "n/a"] and len(figure.axes[0].patches) == 0
    with pytest.raises(UnavailableError):
        sw.margin(BOOK.take([0]), gone, "deribit/x_pm").plot()
    with pytest.raises(UnavailableError, match="short_strangle"):
        margin_shares(BOOK.take([0]), gone, POLICY).plot()


def test_shares_fall_to_the_margin() -> None:
    shares = margin_shares(BOOK, NOW, POLICY, account="calendar")
    figure = shares.plot()
    widths = [patch.get_width() for patch in figure.axes[0].patches]
    rows = shares.rows()
    assert widths[:-2] == pytest.approx([row["initial"] for row in rows[:-1]])
    assert sum(widths[:-1]) == pytest.approx(shares.initial, abs=0.01) and widths[-1] == pytest.approx(sum(widths[:-1]))
    assert [name.split(" (")[0] for name in y_names(figure)] == [*(row["name"] for row in rows), "initial margin"]
    assert figure.axes[0].get_xlabel() == "share of initial margin, USD"


def test_distances_are_drawn_in_per_cent_and_what_is_out_of_reach_says_so() -> None:
    found = sw.distance(BOOK, NOW, POLICY, accounts=["short_strangle", "naked_wing_seller"])
    figure = found.plot("short_strangle")
    assert y_names(figure) == ["BTC down", "BTC up", "vol down (not within reach)", "vol up"]
    widths = [patch.get_width() for patch in figure.axes[0].patches]
    moves = [found.of("short_strangle", name).move for name in ("BTC down", "BTC up", "vol down", "vol up")]
    assert widths == pytest.approx([100.0 * moves[0], 100.0 * moves[1], 0.0, 100.0 * moves[3]])
    assert texts(figure)[2] == "n/a" and figure.axes[0].get_xlabel() == "move until the venue acts, %"
    assert len(found.plot().axes[0].patches) == 8 and "naked_wing_seller, BTC up" in y_names(found.plot())
    with pytest.raises(UnknownNameError, match="short_strangle"):
        found.plot("calendar")


@pytest.fixture(scope="module")
def surface() -> Surface:
    return sw.liquidation_surface(
        BOOK, NOW, POLICY, account="short_strangle", asset="BTC", price_moves=[-0.3, -0.15, 0.0, 0.2, 0.45],
        vol_moves=[-0.25, 0.0, 0.5],
    )  # fmt: skip


def test_a_surface_is_drawn_cell_by_cell(surface: Surface) -> None:
    figure = surface.plot()
    axes = figure.axes[0]
    assert x_names(figure) == ["-30 %", "-15 %", "0 %", "+20 %", "+45 %"]
    assert y_names(figure) == ["+50 %", "0 %", "-25 %"]
    told = {tuple(round(x) for x in text.get_position()): text.get_text() for text in axes.texts}
    today = surface.ratio[2, 1]
    assert told[2, 1] == f"{today:.0%}" and len(told) == surface.ratio.size
    assert axes.get_xlabel() == "move of BTC" and axes.get_ylabel() == "move of its volatilities"
    hatched = [patch for patch in axes.patches if patch.get_hatch()]
    assert len(hatched) == int(surface.acts.sum()) > 0


def test_a_path_is_drawn_with_its_calls() -> None:
    path = sw.margin_path(BOOK, NOW, "2020-03-12", POLICY)
    figure = path.plot("short_strangle")
    axes, steps = figure.axes[0], path.of("short_strangle")
    drawn = {line.get_label(): line for line in axes.lines}
    assert legend(figure) == ["equity", "margin balance", "initial margin", "maintenance margin", "call"]
    assert drawn["equity"].get_ydata().tolist() == [step.equity for step in steps]
    assert drawn["initial margin"].get_ydata().tolist() == [step.initial_margin for step in steps]
    hours = [(step.time_ns - steps[0].time_ns) / 3.6e12 for step in steps]
    assert drawn["equity"].get_xdata() == pytest.approx(hours)
    called = [step for step in steps if step.called > 0.0]
    assert len(drawn["call"].get_xdata()) == len(called) == 3
    assert {f"{step.called:,.0f}" for step in called} <= set(texts(figure))
    assert axes.get_xlabel() == "hours since the first state" and axes.get_ylabel() == "USD"
    assert "call" not in legend(path.plot("box"))
    with pytest.raises(InputError, match=f"it is one of {', '.join(BOOK.accounts)}"):
        path.plot("nobody")


def test_a_path_of_several_accounts_is_drawn_by_their_margin_ratios() -> None:
    path = sw.margin_path(BOOK, NOW, "2020-03-12", POLICY)
    axes = path.plot().axes[0]
    drawn = {line.get_label(): line.get_ydata().tolist() for line in axes.lines[1:]}
    assert set(drawn) == set(BOOK.accounts)
    peaks = [max(step.ratio for step in path.of(name)) for name in drawn]
    assert peaks == sorted(peaks, reverse=True)
    for name, line in drawn.items():
        assert line == pytest.approx([100.0 * min(step.ratio, 2.0) for step in path.of(name)])
    assert set(axes.lines[0].get_ydata()) == {100.0}
    title = axes.get_title(loc="left")
    assert "the venue acts at 100 %" in title and ("drawn up to 200 %" in title) == (peaks[0] > 2.0)
    assert axes.get_ylabel() == "margin ratio, %"


def test_exposures_are_drawn_by_expiry_and_sum_to_the_total() -> None:
    found = sw.exposures(BOOK, NOW)
    figure = found.plot()
    widths = [patch.get_width() for patch in figure.axes[0].patches]
    assert sum(widths) == pytest.approx(found.total.net["cash_delta_usd"])
    names = y_names(figure)
    assert names[:-1] == sorted(names[:-1]) and names[-1] == "no expiry" and len(names) > 2
    assert figure.axes[0].get_xlabel() == "net cash delta, USD"
    assert [patch.get_width() for patch in found.plot("BTC").axes[0].patches] == pytest.approx(widths)
    with pytest.raises(InputError, match="it is one of BTC"):
        found.plot("ETH")


def test_what_cannot_be_valued_has_no_bar_and_says_so() -> None:
    found = sw.exposures({"BTC": 1.0, "DOGE": 4.0}, NOW)
    figure = found.plot("DOGE")
    assert y_names(figure) == ["no expiry, unavailable"]
    assert [patch.get_width() for patch in figure.axes[0].patches] == [0.0]


def test_a_stress_is_drawn_by_scenario_with_the_largest_loss_outlined() -> None:
    found = sw.stress(BOOK, NOW, ["2020-03-12", "2025-10-10"], POLICY)
    figure = stress_chart(tuple(found), "short_strangle", policy_id=found.policy_id)
    pnl = [found.of("short_strangle", name).pnl for name in found.scenarios]
    assert [patch.get_width() for patch in figure.axes[0].patches] == pytest.approx(pnl)
    assert y_names(figure) == [f"{name}, {found.of('short_strangle', name).status}" for name in found.scenarios]
    outlined = [k for k, patch in enumerate(figure.axes[0].patches) if patch.get_linewidth() > 1.0]
    assert outlined == [int(np.argmin(pnl))]
    with pytest.raises(InputError, match="account is 'nobody'; it is one of short_strangle"):
        stress_chart(tuple(found), "nobody", policy_id=found.policy_id)


def test_a_stress_of_several_accounts_is_a_map_with_the_largest_loss_outlined() -> None:
    found = sw.stress(BOOK, NOW, ["2020-03-12", "2025-10-10", "liquidity-drain"], POLICY)
    figure = found.plot()
    assert y_names(figure) == list(BOOK.accounts) and x_names(figure) == list(found.scenarios)
    told = {tuple(text.get_position()): text.get_text() for text in figure.axes[0].texts}
    pnl = np.array([[found.of(name, scenario).pnl for scenario in found.scenarios] for name in found.accounts])
    assert len(told) == pnl.size
    row, across = np.unravel_index(int(pnl.argmin()), pnl.shape)
    assert told[int(across), int(row)] == tick(float(pnl.min()))
    [outline] = [patch for patch in figure.axes[0].patches if not patch.get_fill() and patch.get_linewidth() == 2.0]
    assert (outline.get_x() + 0.47, outline.get_y() + 0.47) == pytest.approx((across, row))


def test_of_many_accounts_those_with_the_largest_losses_are_drawn() -> None:
    rows = [StressRow(account=f"a{k}", scenario="crash", pnl=-float(k)) for k in range(50)]
    figure = stress_chart((*rows, StressRow(account="gone", scenario="crash")), None, policy_id="p")
    assert y_names(figure) == [f"a{k}" for k in range(10, 50)]
    assert "40 of 51 accounts" in figure.axes[0].get_title(loc="left")


def test_a_nearest_joint_move_is_drawn_in_each_factors_own_standard_deviations() -> None:
    covariance = [[0.0036, -0.0024], [-0.0024, 0.0064]]
    found = reverse_stress(BOOK, NOW, POLICY, "short_strangle", factors=["BTC", "vol BTC"], covariance=covariance,
                           starts=0)  # fmt: skip
    figure = found.plot()
    widths = [patch.get_width() for patch in figure.axes[0].patches]
    assert widths == pytest.approx([found.logs[0] / 0.06, found.logs[1] / 0.08])
    correlation = -0.0024 / (0.06 * 0.08)  # the distance of the two together is that of the result
    x, y = widths
    joint = (x * x - 2.0 * correlation * x * y + y * y) / (1.0 - correlation**2)
    assert joint**0.5 == pytest.approx(found.sigmas)
    assert f"{found.sigmas:.3g} standard deviations away" in figure.axes[0].get_title(loc="left")


def test_limits_are_drawn_by_how_much_is_used_the_worst_first_and_cut_off_where_it_is_far_beyond() -> None:
    limits = read_limits("""
        title = "Desk limits"
        [[limit]]
        name = "vega"
        measure = "vega_usd"
        min = -100_000
        max = 100_000
        [[limit]]
        name = "loss"
        measure = "expected_shortfall_usd"
        max = 1.0
    """)
    found = limit_report(BOOK, NOW, POLICY, limits)
    figure = found.plot()
    rows = found.rows()
    names = y_names(figure)
    assert [name.rpartition(", ")[2] for name in names] == [row["status"] for row in rows]
    widths = [patch.get_width() for patch in figure.axes[0].patches]
    used = np.array([row["used"] for row in rows], dtype=float)
    assert widths == pytest.approx(np.nan_to_num(100.0 * np.minimum(used, 3.0)))
    assert used[np.isfinite(used)].max() > 3.0 and "from 300 % on cut off" in figure.axes[0].get_xlabel()
    gone = [k for k, share in enumerate(used) if np.isnan(share)]
    assert gone and all(texts(figure)[k] == "n/a" for k in gone)
    assert figure.axes[0].get_title(loc="left") == "Desk limits"


@pytest.fixture(scope="module")
def tail() -> TailReport:
    moves = np.random.default_rng(1).normal(0.0, 0.03, (2_000, 1))
    outcomes = ScenarioSet.spot_moves([str(s) for s in range(2_000)], ("BTC",), moves)
    return tail_report(BOOK, NOW, outcomes, incremental=False)


def test_a_distribution_has_all_outcomes_and_its_levels(tail: TailReport) -> None:
    one = tail["short_strangle"]
    figure = tail.plot("short_strangle")
    axes = figure.axes[0]
    assert sum(patch.get_height() for patch in axes.patches) == pytest.approx(100.0)
    var, shortfall = (line.get_xdata()[0] for line in axes.lines)
    assert (var, shortfall) == (-one.risk.value_at_risk, -one.risk.expected_shortfall)
    beyond = sum(patch.get_height() for patch in axes.patches if patch.get_hatch())
    assert 0.5 < beyond < 1.5  # per cent, of a confidence of 99 %
    assert legend(figure)[0].startswith("VaR 0.99 −") and axes.get_yscale() == "log"
    assert axes.get_xlabel() == "profit and loss, USD" and axes.get_ylabel() == "share of outcomes, %, logarithmic"
    assert tail.plot().axes[0].get_title(loc="left") == "all accounts"


def test_delta_gamma_draws_the_distribution_of_its_form() -> None:
    report = quadratic_report(BOOK.take([0]), NOW, ["BTC"], [[0.03**2]], days=1.0)
    one = report["short_strangle"]
    axes = report.plot().axes[0]
    columns = [(patch.get_x(), patch.get_width(), patch.get_height()) for patch in axes.patches]
    assert sum(height for *_, height in columns) == pytest.approx(100.0, abs=2.1e-3)
    mean = sum((x + 0.5 * width) * height for x, width, height in columns) / 100.0
    assert mean == pytest.approx(one.form.mean, abs=columns[0][1])
    below = sum(height for x, width, height in columns if x + width <= -one.risk.value_at_risk)
    assert 0.3 < below <= 1.0  # per cent, of a confidence of 99 %, less a part of one column
    var, shortfall = (line.get_xdata()[0] for line in axes.lines)
    assert (var, shortfall) == (-one.risk.value_at_risk, -one.risk.expected_shortfall)
    assert axes.get_ylabel() == "probability, %, logarithmic"


def test_a_quadratic_form_that_nothing_moves_has_no_distribution() -> None:
    still = quadratic_report(sw.load_book({"USDC": 5.0}, snapshot=NOW), NOW, ["BTC"], [[0.03**2]], days=1.0)
    with pytest.raises(UnavailableError, match="nothing about it moves"):
        still.plot()


@pytest.mark.parametrize("make", [
    lambda: sw.margin(BOOK, NOW, POLICY).plot("box"), lambda: sw.compare(BOOK, NOW, ["okx/pm"]).plot(),
    lambda: margin_shares(BOOK, NOW, POLICY, account="box").plot(),
])  # fmt: skip
def test_without_matplotlib_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, make: Callable[[], Any]
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(SeawallError, match=r"pip install 'seawall\[plot\]'"):
        make()


def test_what_if_draws_margins_before_and_after_its_trades() -> None:
    found = sw.what_if(BOOK.take([BOOK.row("short_strangle")]), NOW, "BTC-PERPETUAL -50000")
    axes = found.plot().axes[0]
    margins = (found.initial_before_usd, found.initial_after_usd, found.maintenance_before_usd,
               found.maintenance_after_usd)  # fmt: skip
    assert [patch.get_width() for patch in axes.patches] == pytest.approx(margins)
    assert "BTC-PERPETUAL -50,000" in axes.get_title(loc="left") + axes.get_title()

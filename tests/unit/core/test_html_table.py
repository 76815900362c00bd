"""What a notebook shows of a result: its rows, escaped, and never a number that is not there."""

from __future__ import annotations

import inspect
import pkgutil
import re
from collections.abc import Callable
from html.parser import HTMLParser
from importlib import import_module

import numpy as np
import pytest

import seawall as sw
import seawall.api
import seawall.margining
import seawall.risk
from seawall.core.html_table import ROWS_SHOWN, Tabular, html_table
from seawall.policy import at
from seawall.portfolio import Account, Book, Position
from seawall.risk.concentration import Liquidity, liquidity_report
from seawall.risk.distance import distances
from seawall.risk.exposures import exposures
from seawall.risk.limit_check import limit_report
from seawall.risk.limits import read_limits
from seawall.risk.margin_path import margin_path
from seawall.risk.margin_shares import margin_shares
from seawall.risk.marginal_margin import contract_margins, position_margins
from seawall.risk.market_path import MarketPath
from seawall.risk.surface import liquidation_surface
from seawall.risk.tail_report import tail_report
from seawall.scenarios import FlashCrash, ScenarioSet

HOSTILE = '<script>alert("desk")</script>&'
SHORT = (Position("BTC-25SEP26-70000-C", -10.0), Position("BTC-PERPETUAL", -60_000.0))
LIMITS = '[[limit]]\nname = "vega"\nmeasure = "vega_usd"\nmax = 1\n'


class Page(HTMLParser):
    """Cells and tags of a fragment."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.cells: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "td":
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        if self.tags[-1] == "td" and data != "\n":
            self.cells[-1] += data


def tabular_classes() -> list[type[Tabular]]:
    for room in (seawall.api, seawall.risk, seawall.margining):
        for module in pkgutil.iter_modules(room.__path__, f"{room.__name__}."):
            import_module(module.name)
    found, todo = [], [Tabular]
    while todo:
        below = todo.pop().__subclasses__()
        found += [one for one in below if one.__module__.startswith("seawall.")]
        todo += below
    return sorted(set(found), key=lambda one: one.__qualname__)


def test_every_result_that_becomes_a_frame_shows_itself_in_a_notebook() -> None:
    tabular = set(tabular_classes())
    assert len(tabular) >= 20
    for module in {cls.__module__ for cls in tabular}:
        for name, cls in inspect.getmembers(import_module(module), inspect.isclass):
            if "rows" in vars(cls) and "table" in vars(cls):
                assert issubclass(cls, Tabular), f"{module}.{name}"


def test_no_result_shows_a_name_as_code() -> None:
    row = {"account": HOSTILE, "<b>": 1.0}
    for cls in tabular_classes():
        hostile = type(cls.__name__, (cls,), {"rows": lambda self: [row]})
        page = Page(object.__new__(hostile)._repr_html_())
        assert "script" not in page.tags and "b" not in page.tags, cls
        assert page.cells == [HOSTILE, "1"], cls


@pytest.fixture(scope="module")
def made() -> dict[str, Callable[[], Tabular]]:
    now = sw.load_snapshot("deribit-btc-2026-08-01")
    book = Book.of([Account(HOSTILE, SHORT, {"BTC": 5.0})])
    policy = at("deribit/x_pm", now.time_ns)
    moves = np.linspace(-0.2, 0.2, 41)[:, None]
    even = ScenarioSet.spot_moves([f"{x:+.2f}" for x in moves[:, 0]], ("BTC",), moves)
    crash = MarketPath.of_paths(FlashCrash({"BTC": -0.3}).paths(), now)
    return {
        "Margins": lambda: sw.margin(book, now, policy),
        "Comparison": lambda: sw.compare(book, now, ["deribit/x_pm", "deribit/s_pm"]),
        "PolicyImpact": lambda: sw.policy_impact("deribit/x_pm", "deribit/s_pm", book, now),
        "WhatIf": lambda: sw.what_if(book, now, "BTC-PERPETUAL +100", policy, account=HOSTILE),
        "Exposures": lambda: exposures(book, now),
        "TailReport": lambda: tail_report(book, now, even),
        "Distances": lambda: distances(book, now, policy),
        "Surface": lambda: liquidation_surface(
            book, now, policy, HOSTILE, asset="BTC", price_moves=[-0.1, 0.1], vol_moves=[0.0, 0.5]
        ),
        "MarginPath": lambda: margin_path(book, now, policy, crash),
        "MarginShares": lambda: margin_shares(book, now, policy),
        "PositionMargins": lambda: position_margins(book, now, policy),
        "ContractMargins": lambda: contract_margins(book, now, policy),
        "LimitReport": lambda: limit_report(book, now, policy, read_limits(LIMITS)),
        "LiquidityReport": lambda: liquidity_report(book, now, Liquidity({})),
    }


NAMES = (
    "Margins", "Comparison", "PolicyImpact", "WhatIf", "Exposures", "TailReport", "Distances", "Surface", "MarginPath",
    "MarginShares", "PositionMargins", "ContractMargins", "LimitReport", "LiquidityReport",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_result_shows_its_rows(made: dict[str, Callable[[], Tabular]], name: str) -> None:
    result = made[name]()
    rows = result.rows()
    page = Page(result._repr_html_())
    assert page.tags.count("tr") == 1 + min(len(rows), ROWS_SHOWN) and "script" not in page.tags
    assert page.tags.count("td") == len(rows[0]) * min(len(rows), ROWS_SHOWN)
    texts = [str(cell) for row in rows[:ROWS_SHOWN] for cell in row.values() if isinstance(cell, str)]
    assert set(texts) <= set(page.cells)
    if any("account" in row for row in rows):
        assert HOSTILE in page.cells


def test_a_long_result_says_how_many_more_there_are() -> None:
    shown = html_table([{"x": i} for i in range(ROWS_SHOWN + 1234)], title="long")
    assert shown.count("<td") == ROWS_SHOWN and "and 1,234 more rows" in shown
    assert "more row" not in html_table([{"x": i} for i in range(ROWS_SHOWN)], title="just")
    assert "and 1 more row;" in html_table([{"x": i} for i in range(ROWS_SHOWN + 1)], title="one more")


def test_numbers_stand_to_the_right_and_a_missing_one_is_not_zero() -> None:
    shown = html_table([{"name": "a", "margin": float("nan")}, {"name": "b", "margin": -1_234_567.0}], title="two")
    cells = re.findall(r'<td style="text-align:(\w+)">([^<]*)</td>', shown)
    assert cells == [("left", "a"), ("right", "n/a"), ("left", "b"), ("right", "-1,234,567")]


def test_no_rows_are_a_table_without_rows() -> None:
    shown = html_table([], title="none")
    assert "none, 0 rows" in shown and "<td" not in shown

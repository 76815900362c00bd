"""Charts: the same figure gives the same text, any text is safe in it, and nothing is said by colour alone."""

from __future__ import annotations

import re
import sys
import xml.etree.ElementTree as ElementTree

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

import seawall as sw
from seawall.charts import bars, contour_surface, curve, curves, distribution, heat_map, to_svg, waterfall
from seawall.charts.style import LINES, short, tint
from seawall.core.errors import SeawallError

HOSTILE = "<img src=x onerror=alert(1)> & $x^2$ \"quoted\" 'too' 漢字"
X = np.linspace(40_000.0, 90_000.0, 11)


def all_charts() -> dict[str, object]:
    return {
        "curves": curves(X, {"equity": X - 5e4, "margin": 0.1 * X}, now=62_000.0, marks={"liquidation": 45_000.0}),
        "waterfall": waterfall(["call", "coin"], [3e5, -1e5], total="margin"),
        "bars": bars(["up", "down", "gone"], [1.0, -2.0, float("nan")], marked=1),
        "heat": heat_map([[1.0, -2.0], [float("nan"), 0.0]], ["a", "b"], ["x", "y"], marked=(0, 1)),
        "surface": contour_surface(
            np.array([[2.0, np.inf], [0.5, 0.6]]), ["-10 %", "0 %"], ["0 %", "+50 %"], here=(1, 0),
        ),
    }  # fmt: skip


def svg_of(figure: object, key: str = "k") -> str:
    return to_svg(figure, title="Title", description="What it says.", key=key)  # type: ignore[arg-type]


def test_two_figures_of_the_same_numbers_give_the_same_text_and_one_figure_gives_it_twice() -> None:
    first, second = all_charts(), all_charts()
    for name, figure in first.items():
        made = svg_of(figure)
        assert made == svg_of(second[name]) == svg_of(figure), name


def test_a_figure_is_well_formed_says_what_it_is_and_refers_to_itself_alone() -> None:
    for name, figure in all_charts().items():
        svg = svg_of(figure, key=name)
        root = ElementTree.fromstring(svg)
        assert root.get("role") == "img"
        said = [root.find(f"{{*}}{part}") for part in ("title", "desc")]
        assert [part.text for part in said if part is not None] == ["Title", "What it says."]
        ids = re.findall(r'\bid="([^"]+)"', svg)
        assert len(ids) == len(set(ids))
        assert all(one.startswith(f"{name}-") for one in ids)
        used = {a or b for a, b in re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', svg)}
        assert used <= set(ids)
        assert not re.search(r'(?:href|src)="(?!#)|@import|url\((?!#)', svg)


def test_texts_are_kept_as_they_are_and_can_be_no_markup_and_no_formula() -> None:
    made = [
        svg_of(curves(X, {HOSTILE: X}, marks={HOSTILE: 50_000.0})), svg_of(waterfall([HOSTILE], [1.0], total=HOSTILE)),
        svg_of(bars([HOSTILE], [1.0])), svg_of(heat_map([[1.0]], [HOSTILE], [HOSTILE])),
    ]  # fmt: skip
    for svg in made:
        assert "<img" not in svg
        texts = [
            "".join(node.itertext()) for node in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")
        ]
        assert HOSTILE in texts


def test_lines_differ_in_dashes_and_not_by_colour_alone() -> None:
    figure = curves(X, {str(k): X + k for k in range(4)})
    drawn = [line.get_linestyle() for line in figure.axes[0].lines if line.get_label() in "0123"]
    assert len(set(drawn)) == 4 == len({colour for colour, _ in LINES})


def test_losses_are_signed_and_hatched_and_gains_are_not() -> None:
    loss, gain = heat_map([[-1.0, 1.0]], ["a"], ["x", "y"]).axes[0].texts
    assert (loss.get_text(), gain.get_text()) == ("−1", "+1")
    up, down = bars(["up", "down"], [1.0, -1.0]).axes[0].patches
    assert not up.get_hatch()
    assert down.get_hatch()


def test_what_is_not_known_says_so_and_is_no_zero() -> None:
    assert [text.get_text() for text in heat_map([[float("nan"), 0.0]], ["a"], ["x", "y"]).axes[0].texts] == [
        "n/a",
        "0",
    ]
    assert tint(float("nan")) not in (tint(0.0), tint(1.0), tint(-1.0))
    gap = curve([0.0, 1.0, 2.0], [1.0, float("inf"), 2.0]).axes[0].lines[1].get_ydata()
    assert np.isnan(np.asarray(gap, dtype=float)).tolist() == [False, True, False]


def test_a_waterfall_begins_each_part_where_the_last_one_ended_and_ends_at_their_sum() -> None:
    parts = [5.0, -2.0, 0.5]
    drawn = waterfall(["a", "b", "c"], parts, total="sum").axes[0].patches
    ends = [patch.get_x() + patch.get_width() for patch in drawn]
    assert [patch.get_x() for patch in drawn] == pytest.approx([0.0, 5.0, 3.0, 0.0])
    assert ends == pytest.approx([5.0, 3.0, 3.5, sum(parts)])


def edges_of(figure: object) -> set[frozenset[tuple[float, float]]]:
    """Return the ends of every stretch of the line of a surface."""
    [line] = figure.axes[0].lines  # type: ignore[attr-defined]
    points = list(zip(line.get_xdata().tolist(), line.get_ydata().tolist(), strict=True))
    return {frozenset(points[k : k + 2]) for k in range(0, len(points), 3)}


def test_the_line_of_a_surface_runs_between_cells_that_are_hatched_and_cells_that_are_not() -> None:
    rng = np.random.default_rng(3)
    ratio = rng.uniform(0.5, 1.5, (7, 5))
    figure = contour_surface(ratio, [str(k) for k in range(7)], [str(k) for k in range(5)])
    over = (ratio >= 1.0).T[::-1]  # the last row of the map is the lowest volatility
    wanted = set()
    for i in range(5):
        for j in range(7):
            if j < 6 and over[i, j] != over[i, j + 1]:
                wanted.add(frozenset({(j + 0.5, i - 0.5), (j + 0.5, i + 0.5)}))
            if i < 4 and over[i, j] != over[i + 1, j]:
                wanted.add(frozenset({(j - 0.5, i + 0.5), (j + 0.5, i + 0.5)}))
    assert edges_of(figure) == wanted
    whole = [patch.get_bbox().bounds for patch in figure.axes[0].patches if patch.get_hatch()]
    assert sorted(whole) == sorted((j - 0.5, i - 0.5, 1.0, 1.0) for i, j in np.argwhere(over).tolist())


def test_the_line_of_a_surface_crosses_no_number() -> None:
    figure = contour_surface(np.array([[2.0, 3.0], [0.5, 0.6]]), ["-10 %", "0 %"], ["0 %", "+50 %"])
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    axes = figure.axes[0]
    boxes = [text.get_window_extent(renderer) for text in axes.texts]
    for edge in edges_of(figure):
        (x0, y0), (x1, y1) = (axes.transData.transform(end) for end in edge)
        along = [(x0 + (x1 - x0) * k / 50.0, y0 + (y1 - y0) * k / 50.0) for k in range(51)]
        assert not any(box.contains(x, y) for box in boxes for x, y in along)


def test_lines_past_the_fourth_have_marks_and_no_two_look_alike() -> None:
    drawn = curves(X, {f"line {k}": X + k for k in range(12)}).axes[0].lines[1:]
    assert len({(line.get_linestyle(), line.get_marker()) for line in drawn}) == 12


def test_long_names_stand_in_fewer_columns_so_that_the_legend_fits() -> None:
    figure = curves(X, {f"a_rather_long_account_name_{k}": X + k for k in range(7)})
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    assert figure.axes[0].get_legend().get_window_extent(renderer).x1 <= figure.bbox.x1


def test_long_names_of_columns_do_not_cover_each_other() -> None:
    names = ["2020-03-12", "2021-05-19", "2022-11-08", "flash-crash", "liquidity-drain", "2025-10-10", "2026-02-05"]
    figure = heat_map([[-1.0] * 7], ["account"], names)
    assert {label.get_rotation() for label in figure.axes[0].get_xticklabels()} == {30.0}
    assert {label.get_rotation() for label in heat_map([[-1.0]], ["a"], ["x"]).axes[0].get_xticklabels()} == {0.0}


def test_what_sums_of_floats_leave_over_is_written_as_nothing() -> None:
    told = [text.get_text() for text in heat_map([[-3.4e6, -5.8e-11, 0.01]], ["a"], ["x", "y", "z"]).axes[0].texts]
    assert told == ["−3.4m", "0", "+0.01"]


def test_names_of_near_points_do_not_cover_each_other() -> None:
    figure = curves(X, {"y": X}, now=62_000.0, marks={"liquidation 61,000": 61_000.0, "liquidation 63,000": 63_000.0})
    heights = [note.get_position()[1] for note in figure.axes[0].texts]
    assert len(set(heights)) == 3


@pytest.mark.parametrize("marks", [{}, {"liquidation": 50_000.0}])
def test_the_legend_covers_neither_the_title_nor_the_names_of_points(marks: dict[str, float]) -> None:
    figure = curves(X, {"equity": X, "margin": 0.1 * X}, title="one account", marks=marks)
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    axes = figure.axes[0]
    legend = axes.get_legend().get_window_extent(renderer)
    others = [axes._left_title, *axes.texts]  # matplotlib names a title on the left in no other way
    assert all(not legend.overlaps(one.get_window_extent(renderer)) for one in others)


def test_the_legend_of_a_distribution_covers_no_column_no_line_and_no_title() -> None:
    figure = distribution([-2.0, -1.0, 0.0, 1.0], [0.5, 0.4, 0.1], levels={"VaR": -1.0, "ES": -1.5}, beyond=-1.0,
                          title="one account")  # fmt: skip
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    axes = figure.axes[0]
    legend = axes.get_legend().get_window_extent(renderer)
    assert legend.y0 >= axes.get_window_extent(renderer).y1
    assert not legend.overlaps(axes._left_title.get_window_extent(renderer))


def test_a_distribution_has_a_column_for_each_share_the_tail_hatched_and_its_levels_named() -> None:
    figure = distribution([-2.0, -1.0, 0.0, 1.0], [0.1, 0.4, 0.5], levels={"VaR": -1.0, "ES": -1.5}, beyond=-1.0)
    columns = figure.axes[0].patches
    assert [bool(one.get_hatch()) for one in columns] == [True, False, False]
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == ["VaR −1", "ES −1.5"]


def test_an_attribution_draws_its_shares_and_their_sum() -> None:
    found = sw.attribute("demo", "deribit-btc-2026-08-01", account="covered_call")
    *_, whole = found.plot().axes[0].patches
    assert whole.get_width() == pytest.approx(found.shares.initial, abs=0.01)


def test_settings_of_the_user_have_no_say_and_come_back() -> None:
    plain = svg_of(curve(X, X))
    with matplotlib.rc_context({"font.size": 30.0, "axes.grid": False, "svg.fonttype": "path"}):
        assert svg_of(curve(X, X)) == plain
        assert matplotlib.rcParams["font.size"] == 30.0


def test_without_matplotlib_the_way_to_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(SeawallError, match=r"pip install 'seawall\[plot\]'"):
        curve(X, X)


@pytest.mark.parametrize(("number", "words"), [(999.4, "999"), (1000.0, "1k"), (-2.5e9, "-2.5bn"), (-1e-3, "-0.001")])
def test_axis_numbers_are_short(number: float, words: str) -> None:
    assert short(number) == words

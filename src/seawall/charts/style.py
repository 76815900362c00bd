"""How charts look: colours that readers who see colours differently can tell apart, fonts, and SVG that never changes.

Settings of the user's own matplotlib have no say, and are as they were afterwards.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from io import StringIO
from math import isfinite
from typing import TYPE_CHECKING, Any

from seawall.core.errors import SeawallError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK, FAINT, RULE, PAPER = "#1b1f24", "#59626d", "#d5dae0", "#ffffff"
BLUE, ORANGE, VIOLET, GREY = "#1f5fa8", "#b84a00", "#6a4c93", "#59626d"
LINES = ((BLUE, "-"), (ORANGE, "--"), (INK, "-."), (VIOLET, ":"))
"""Colour and dashes of the first four lines of a chart, which go round from there."""
GAIN_TINT, LOSS_TINT = (0x86, 0xB6, 0xE8), (0xF2, 0xA4, 0x5F)
"""The strongest tints: dark text on them has a contrast above 7 to 1."""
LOSS_HATCH = "////"
WIDTH_INCHES = 7.2
_UNITS = ((1e9, "bn"), (1e6, "m"), (1e3, "k"))
_OURS = {
    "font.family": ["sans-serif"], "font.sans-serif": ["DejaVu Sans"], "font.size": 9.0,
    "text.parse_math": False, "text.usetex": False, "text.color": INK,
    "axes.edgecolor": RULE, "axes.labelcolor": FAINT, "axes.labelsize": 8.5, "axes.titlesize": 10.0,
    "axes.spines.top": False, "axes.spines.right": False, "axes.axisbelow": True, "axes.grid": True,
    "axes.unicode_minus": True, "grid.color": RULE, "grid.linewidth": 0.6, "xtick.color": FAINT, "ytick.color": FAINT,
    "xtick.labelsize": 8.5, "ytick.labelsize": 8.5, "legend.frameon": False, "legend.fontsize": 8.5,
    "hatch.linewidth": 0.5, "hatch.color": INK,
    "svg.fonttype": "none", "svg.hashsalt": "seawall", "svg.id": None, "savefig.bbox": None,
}  # fmt: skip
_ROOMS = (
    "axes",
    "font",
    "grid",
    "hatch",
    "legend",
    "lines",
    "patch",
    "path",
    "savefig",
    "svg",
    "text",
    "xtick",
    "ytick",
)


@contextmanager
def drawing() -> Iterator[None]:
    """Draw with our settings, and with matplotlib's own defaults for all others.

    Raises
    ------
    SeawallError
        When matplotlib is not installed.
    """
    try:
        import matplotlib
    except ImportError:
        raise SeawallError("charts need matplotlib: pip install 'seawall[plot]'") from None
    plain: dict[Any, Any] = {
        name: cell for name, cell in matplotlib.rcParamsDefault.items() if name.split(".")[0] in _ROOMS
    }
    with matplotlib.rc_context(plain | dict(_OURS)), warnings.catch_warnings():
        # The browser has the letters that matplotlib's font lacks: text stays text.
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from", category=UserWarning)
        yield


def new_figure(height: float, *, width: float = WIDTH_INCHES) -> tuple[Figure, Any]:
    """Return a figure with one set of axes; inches."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained", facecolor=PAPER)
    return figure, figure.add_subplot()


def tint(share: float) -> str:
    """Return the colour of a cell: orange to -1, white at 0 and blue to 1; grey where there is no number.

    Examples
    --------
    >>> tint(-1.0), tint(0.0), tint(2.0), tint(float("nan"))
    ('#f2a45f', '#ffffff', '#86b6e8', '#e4e7eb')
    """
    if share != share:
        return "#e4e7eb"
    full = LOSS_TINT if share < 0.0 else GAIN_TINT
    mixed = (round(255 + (to - 255) * min(abs(share), 1.0)) for to in full)
    return "#" + "".join(f"{part:02x}" for part in mixed)


def short(number: float) -> str:
    """Return a number for an axis or a bar, with a unit of thousands.

    Examples
    --------
    >>> short(1_250_000.0), short(-20_000.0), short(0.5), short(0.0), short(float("nan"))
    ('1.25m', '-20k', '0.5', '0', 'n/a')
    """
    if not isfinite(number):
        return "n/a" if number != number else f"{number:+}"
    for unit, name in _UNITS:
        if abs(number) >= unit:
            return f"{number / unit:.3g}{name}" if abs(number) < 999.5 * unit else f"{number / unit:,.0f}{name}"
    return f"{number:.3g}"


def tick(number: float) -> str:
    """Return a number as `short` does, its minus a minus and no hyphen.

    Examples
    --------
    >>> tick(-20_000.0)
    '−20k'
    """
    return short(number).replace("-", "−")


def to_svg(figure: Figure, *, title: str, description: str, key: str) -> str:
    """Return a figure as an SVG element: the same figure gives the same text, and text in it stays text.

    Parameters
    ----------
    figure
        From a function of this room.
    title, description
        What a screen reader says.
    key
        Letters, digits and hyphens; begins every id, so that several charts fit on one page.

    Examples
    --------
    >>> from seawall.charts import curve
    >>> svg = to_svg(curve([0.0, 1.0], [1.0, 2.0]), title="Rise & fall", description="From 1 to 2.", key="one")
    >>> svg.startswith("<svg "), "Rise &amp; fall" in svg
    (True, True)
    """
    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", key), f"{key!r} is no beginning of an id"
    sink = StringIO()
    with drawing():
        from matplotlib.backends.backend_svg import FigureCanvasSVG

        engine = figure.get_layout_engine()
        if engine is not None:  # once: a second pass would move everything by a hair
            engine.execute(figure)
            figure.set_layout_engine("none")
        canvas: Any = FigureCanvasSVG(figure)  # `savefig` draws everything once more before it writes
        canvas.print_svg(sink, metadata={"Date": None, "Creator": None})
    body = sink.getvalue()
    box = re.search(r'viewBox="([0-9. ]+)"', body)
    assert box, "matplotlib writes a viewBox"
    body = body[body.index(">", body.index("<svg")) + 1 :]
    body = re.sub(
        r"<metadata>.*?</metadata>\s*|<style type=\"text/css\">.*?</style>|<!--.*?-->\s*", "", body, flags=re.DOTALL
    )
    used = set(re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', body))
    names = {name for pair in used for name in pair if name}
    body = re.sub(r' id="([^"]+)"', lambda m: f' id="{key}-{m[1]}"' if m[1] in names else "", body)
    body = re.sub(r"url\(#", f"url(#{key}-", body).replace('xlink:href="#', f'href="#{key}-')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box[1]}" role="img" '
        f'aria-labelledby="{key}-title {key}-desc" style="stroke-linejoin:round;stroke-linecap:butt">\n'
        f'<title id="{key}-title">{escape(title)}</title>\n<desc id="{key}-desc">{escape(description)}</desc>{body}'
    ).rstrip()

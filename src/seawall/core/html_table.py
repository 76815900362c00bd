"""A result as a table: a DataFrame for programs, HTML for notebooks; both from the same rows."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from html import escape
from typing import Any

from seawall.core.frames import to_frame

ROWS_SHOWN = 60
"""Rows that a notebook shows; a book may have a hundred thousand accounts."""
_RIGHT = ' style="text-align:right"'
_LEFT = ' style="text-align:left"'


class Tabular(ABC):
    """A result with `rows()`: one mapping a row, with the same names in each.

    Examples
    --------
    >>> class Pair(Tabular):
    ...     def rows(self):
    ...         return [{"account": "<desk>", "margin_usd": 1234567.8}]
    >>> "&lt;desk&gt;" in Pair()._repr_html_(), "1,234,568" in Pair()._repr_html_()
    (True, True)
    """

    __slots__ = ()

    @abstractmethod
    def rows(self) -> list[dict[str, object]]:
        """Return one mapping a row, with nothing but Python's own types."""

    def table(self, library: str | None = None) -> Any:
        """Return `rows` as a DataFrame of `polars`, `pandas` or `pyarrow`; of the loaded one, if none is named."""
        rows = self.rows()
        names = list(rows[0]) if rows else []
        return to_frame({name: [row[name] for row in rows] for name in names}, library=library)

    def _repr_html_(self) -> str:
        return html_table(self.rows(), title=type(self).__name__)


def html_table(rows: list[dict[str, object]], *, title: str, limit: int = ROWS_SHOWN) -> str:
    """Return rows as an HTML table; every text is escaped, numbers are formatted and stand to the right.

    Parameters
    ----------
    rows
        A column that a row lacks stays empty there.
    title
        Caption.
    limit
        Rows shown; how many more there are is said below.

    Examples
    --------
    >>> html_table([{"x": 0.5}], title="one").count("<td")
    1
    """
    shown = rows[:limit]
    names = list(dict.fromkeys(name for row in shown for name in row))
    sides = [_RIGHT if _is_numeric([row.get(name) for row in shown]) else _LEFT for name in names]
    head = "".join(f'<th scope="col"{side}>{escape(name)}</th>' for name, side in zip(names, sides, strict=True))
    body = "".join(
        "<tr>"
        + "".join(
            f"<td{side}>{escape(cell_text(row.get(name, '')))}</td>" for name, side in zip(names, sides, strict=True)
        )
        + "</tr>\n"
        for row in shown
    )
    more = len(rows) - len(shown)
    foot = f"<p>and {more:,} more row{'s' if more > 1 else ''}; <code>.rows()</code> has all</p>\n" if more else ""
    caption = f"{escape(title)}, {len(rows):,} row{'' if len(rows) == 1 else 's'}"
    top = f"<caption>{caption}</caption>\n<thead><tr>{head}</tr></thead>\n"
    return f"<table>\n{top}<tbody>\n{body}</tbody>\n</table>\n{foot}"


def cell_text(cell: object) -> str:
    """Return a cell for people: NaN is *n/a* and never 0, numbers have as many digits as one reads.

    Examples
    --------
    >>> [cell_text(cell) for cell in (1234567.8, 1234.5, 0.1625, float("nan"), float("inf"), True, 12, None, "x")]
    ['1,234,568', '1,234.50', '0.1625', 'n/a', 'infinite', 'yes', '12', '', 'x']
    """
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int):
        return f"{cell:,}"
    if not isinstance(cell, float):
        return str(cell)
    if math.isnan(cell):
        return "n/a"
    if math.isinf(cell):
        return "infinite" if cell > 0.0 else "-infinite"
    size = abs(cell)
    if size >= 1e12:
        return f"{cell:.6g}"
    if size >= 10_000.0:
        return f"{cell:,.0f}"
    return f"{cell:,.2f}" if size >= 100.0 else f"{cell:.4g}"


def _is_numeric(cells: list[object]) -> bool:
    return all(cell is None or (isinstance(cell, (int, float)) and not isinstance(cell, bool)) for cell in cells)

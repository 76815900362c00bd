"""The table without lines that most commands print."""

from __future__ import annotations

from rich.table import Table


def plain_table(title: str = "", *, padding: int = 2, header: bool = True) -> Table:
    """Return a table without lines, `padding` blanks between its columns."""
    return Table(
        title=title or None, title_justify="left", box=None, padding=(0, padding, 0, 0), pad_edge=False,
        show_header=header,
    )  # fmt: skip

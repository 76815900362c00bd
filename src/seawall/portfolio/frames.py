"""pandas, polars and pyarrow frames to a book and back, with the columns of the plain form."""

from __future__ import annotations

from typing import Any

import numpy as np

from seawall.core.errors import InputError, Problem
from seawall.portfolio.assemble import NameRule, book_of_cells
from seawall.portfolio.book import Book
from seawall.portfolio.cells import FIELDS, NEEDED_FIELDS, Cells
from seawall.portfolio.findings import Findings, by_row
from seawall.portfolio.rows import to_columns


def is_frame(source: Any) -> bool:
    """Return whether a source is a frame of a library that narwhals knows."""
    from narwhals.dependencies import is_into_dataframe, is_polars_lazyframe  # a slow import, and few need it

    return bool(is_into_dataframe(source)) or bool(is_polars_lazyframe(source))


def read_frame(frame: Any, *, origin: str = "frame", name_rule: NameRule | None = None) -> Book:
    """Return the book that a frame states.

    Parameters
    ----------
    frame
        A pandas, polars or pyarrow frame with columns `instrument` and `size`, and `account`, `kind` and `entry_price`
        where they are known. Nulls are refused, except that an unknown entry price is null.
    origin
        What the frame is called in messages.
    name_rule
        A venue's grammar, asked about every instrument name.

    Raises
    ------
    InputError
        With every problem found, each with its row, counted from 0.

    Examples
    --------
    >>> import polars as pl
    >>> read_frame(pl.DataFrame({"instrument": ["BTC", "BTC-PERPETUAL"], "size": [2.0, -500.0]})).assets
    ('BTC',)
    """
    findings = Findings(origin, by_row(origin))
    book = book_of_cells(frame_cells(frame, findings), findings, name_rule=name_rule)
    findings.raise_any()
    return book


def frame_cells(frame: Any, findings: Findings) -> Cells:
    """Return the cells of a frame; a wrong header goes to `findings`."""
    import narwhals as nw

    table = nw.from_native(frame)
    eager = table.collect() if isinstance(table, nw.LazyFrame) else table
    names = [str(name).strip().lower() for name in eager.columns]
    columns = dict(zip(names, eager.columns, strict=True))
    rule = f"the columns are {', '.join(FIELDS)}, of which {' and '.join(NEEDED_FIELDS)} must be there"
    if len(columns) != len(names) or not set(NEEDED_FIELDS) <= set(names) <= set(FIELDS):
        findings.add("columns", ", ".join(map(str, eager.columns)), rule)
        columns = {}
    cells = {field: eager[column].to_list() for field, column in columns.items()}
    return Cells(
        instrument=cells.get("instrument", []),
        size=cells.get("size", []),
        account=cells.get("account"),
        kind=cells.get("kind"),
        entry_price=cells.get("entry_price"),
        at=np.arange(len(cells.get("size", [])), dtype=np.int64),
    )


def book_frame(book: Book, library: Any) -> Any:
    """Return a book as a frame of the plain form, in the library that the caller brings.

    Parameters
    ----------
    book
        The book.
    library
        `polars`, `pandas` or `pyarrow`: the module or its name.

    Raises
    ------
    InputError
        When the library is none of them.

    Examples
    --------
    >>> import polars as pl
    >>> book = read_frame(pl.DataFrame({"instrument": ["BTC"], "size": [2.0]}))
    >>> book_frame(book, pl)["size"].to_list()
    [2.0]
    """
    import narwhals as nw

    name = getattr(library, "__name__", library)
    if name not in ("polars", "pandas", "pyarrow"):
        raise InputError(Problem("library", str(name), "frames come from polars, pandas or pyarrow"))
    types = {field: nw.Float64() if field in ("size", "entry_price") else nw.String() for field in FIELDS}
    return nw.from_dict(to_columns(book), schema=types, backend=name).to_native()

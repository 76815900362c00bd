"""pandas, polars and pyarrow frames to cells, with the columns of the plain form."""

from __future__ import annotations

from typing import Any

import numpy as np

from seawall.portfolio.cells import FIELDS, NEEDED_FIELDS, Cells
from seawall.portfolio.findings import Findings


def is_frame(source: Any) -> bool:
    """Return whether a source is a frame of a library that narwhals knows."""
    from narwhals.dependencies import is_into_dataframe, is_polars_lazyframe  # a slow import, and few need it

    return bool(is_into_dataframe(source)) or bool(is_polars_lazyframe(source))


def frame_cells(frame: Any, findings: Findings) -> Cells:
    """Return the cells of a frame; a wrong header goes to `findings`.

    Parameters
    ----------
    frame
        A pandas, polars (also lazy) or pyarrow frame with columns `instrument` and `size`, and `account`, `kind` and
        `entry_price` where they are known. Nulls are refused, except that an unknown entry price is null.
    findings
        Each problem with its row, counted from 0.

    Examples
    --------
    >>> import polars as pl
    >>> frame = pl.DataFrame({"instrument": ["BTC", "BTC-PERPETUAL"], "size": [2.0, -500.0]})
    >>> frame_cells(frame, Findings("frame")).size
    [2.0, -500.0]
    """
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

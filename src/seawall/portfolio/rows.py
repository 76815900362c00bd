"""The plain form: rows of account, instrument, size, kind and entry price.

A bare asset, a name without `-` and `_` such as `BTC`, is a balance; every other name is an instrument. `kind` is
`position` unless it says `order` (an open order, its signed remaining size) or one of the charges that a venue may
state for an account (`seawall.portfolio.book.CHARGES`), which are amounts of an asset.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from seawall.portfolio.cells import FIELDS, NEEDED_FIELDS, Cells
from seawall.portfolio.findings import Findings


def cells_of_rows(rows: Sequence[object], findings: Findings) -> Cells:
    """Return the cells of rows given as mappings; positions count from 0.

    Examples
    --------
    >>> cells_of_rows([{"instrument": "BTC-PERPETUAL", "size": -500}], Findings("rows")).size
    [-500]
    """
    whole: list[Mapping[str, object]] = []
    at: list[int] = []
    fields: dict[str, None] = {}
    for i, row in enumerate(rows):
        if not isinstance(row, Mapping):
            findings.add("row", row, f"a row is an object with the fields {', '.join(FIELDS)}", at=i)
            continue
        if strange := [key for key in row if key not in FIELDS]:
            findings.add("field", strange[0], f"the fields of a row are {', '.join(FIELDS)}", at=i)
            continue
        whole.append(row)
        at.append(i)
        fields.update(dict.fromkeys(row))

    def column(field: str) -> list[object] | None:
        if field not in fields and field not in NEEDED_FIELDS:
            return None
        missing = "position" if field == "kind" else None
        return [row.get(field, missing) for row in whole]

    return Cells(
        instrument=column("instrument") or [],
        size=column("size") or [],
        account=column("account"),
        kind=column("kind"),
        entry_price=column("entry_price"),
        at=np.array(at, dtype=np.int64),
    )

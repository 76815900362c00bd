"""The plain form: rows of account, instrument, size, kind and entry price, to a book and back.

A bare asset, a name without `-` and `_` such as `BTC`, is a balance; every other name is an instrument. `kind` is
`position` unless it says `order` (an open order, its signed remaining size) or one of the charges that a venue may
state for an account (`seawall.portfolio.book.CHARGES`), which are amounts of an asset.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from seawall.core.arrays import FloatArray, IntArray
from seawall.portfolio.assemble import KINDS, ORDER, POSITION, NameRule, book_of_cells
from seawall.portfolio.book import Book
from seawall.portfolio.cells import FIELDS, NEEDED_FIELDS, Cells
from seawall.portfolio.findings import Findings, by_row


def read_rows(rows: Sequence[Mapping[str, object]], *, origin: str = "rows", name_rule: NameRule | None = None) -> Book:
    """Return the book of rows given as mappings.

    Parameters
    ----------
    rows
        Each with `instrument` and `size`; `account`, `kind` and `entry_price` may be left out.
    origin
        What the rows are called in messages.
    name_rule
        A venue's grammar, asked about every instrument name.

    Raises
    ------
    InputError
        With every problem found.

    Examples
    --------
    >>> read_rows([{"instrument": "BTC", "size": 2}, {"instrument": "BTC-PERPETUAL", "size": -500}]).accounts
    ('book',)
    """
    findings = Findings(origin, by_row(origin))
    book = book_of_cells(cells_of_rows(rows, findings), findings, name_rule=name_rule)
    findings.raise_any()
    return book


def to_columns(book: Book) -> dict[str, list[object]]:
    """Return a book as the columns of the plain form: positions, orders, balances and charges, account by account.

    Balances of zero have no row, except that an account which holds nothing keeps one: it is still an account. Unknown
    entry prices are None.
    """
    parts: list[tuple[IntArray, Sequence[str], FloatArray, int, FloatArray | None]] = []
    for holdings, code in ((book.positions, POSITION), (book.orders, ORDER)):
        names = [book.instruments[i] for i in holdings.columns.tolist()]
        parts.append((holdings.rows, names, holdings.sizes, code, holdings.entry_prices))
    held = np.zeros(len(book), np.bool_)
    tables = [(book.balances, POSITION)] + [(table, KINDS.index(charge)) for charge, table in book.charges.items()]
    for table, code in tables:
        rows, columns = np.nonzero(table)
        parts.append((rows, [book.assets[c] for c in columns.tolist()], table[rows, columns], code, None))
    for part in parts:
        held[part[0]] = True
    idle = np.flatnonzero(~held)
    parts.append((idle, [book.assets[0] if book.assets else "USD"] * len(idle), np.zeros(len(idle)), POSITION, None))
    account = np.concatenate([part[0] for part in parts])
    order = np.argsort(account, kind="stable")
    names = [text for part in parts for text in part[1]]
    prices = np.concatenate([np.full(len(part[0]), np.nan) if part[4] is None else part[4] for part in parts])[order]
    kinds = np.concatenate([np.full(len(part[0]), part[3]) for part in parts])[order]
    return {
        "account": [book.accounts[a] for a in account[order].tolist()],
        "instrument": [names[i] for i in order.tolist()],
        "size": np.concatenate([part[2] for part in parts])[order].tolist(),
        "kind": [KINDS[code] for code in kinds.tolist()],
        "entry_price": [None if price != price else price for price in prices.tolist()],
    }


def to_rows(book: Book) -> list[dict[str, object]]:
    """Return a book as rows of the plain form, which `read_rows` reads back.

    Examples
    --------
    >>> to_rows(read_rows([{"instrument": "BTC-PERPETUAL", "size": -500}]))
    [{'account': 'book', 'instrument': 'BTC-PERPETUAL', 'size': -500.0, 'kind': 'position', 'entry_price': None}]
    """
    columns = to_columns(book)
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def cells_of_rows(rows: Sequence[object], findings: Findings) -> Cells:
    """Return the cells of rows given as mappings; positions count from 0."""
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

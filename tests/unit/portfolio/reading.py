"""A form's cells to a book, as `load_book` does it, for tests of one form alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from seawall.portfolio import Book
from seawall.portfolio.assemble import book_of_cells
from seawall.portfolio.cells import Cells
from seawall.portfolio.csv_form import csv_cells
from seawall.portfolio.findings import Findings, by_row
from seawall.portfolio.frames import frame_cells
from seawall.portfolio.json_form import document_cells, parsed_json
from seawall.portfolio.rows import cells_of_rows

Held = Mapping[str, tuple[tuple[str, str, float, str], ...]]


def read_csv(text: str | bytes, *, origin: str = "book.csv") -> Book:
    return _book(csv_cells, text, Findings(origin))


def read_rows(rows: object) -> Book:
    return _book(cells_of_rows, rows, Findings("rows", by_row("rows")))


def read_frame(frame: object) -> Book:
    return _book(frame_cells, frame, Findings("frame", by_row("frame")))


def read_document(document: object) -> Book:
    return _book(document_cells, document, Findings("book.json"))


def read_json(text: str | bytes) -> Book:
    findings = Findings("book.json")
    document = parsed_json(text, findings)
    findings.raise_any()
    return read_document(document)


def _book(cells_of: Callable[[Any, Findings], Cells], source: object, findings: Findings) -> Book:
    book = book_of_cells(cells_of(source, findings), findings)
    findings.raise_any()
    return book


def held_by(book: Book) -> Held:
    """Return what each account holds as plain, comparable values: an unknown entry price is text."""
    found = {}
    for name in book.accounts:
        account = book.account(name)
        rows = [("position", p.instrument, p.size, str(p.entry_price)) for p in account.positions]
        rows += [("order", p.instrument, p.size, str(p.entry_price)) for p in account.orders]
        rows += [("balance", asset, amount, "") for asset, amount in account.balances.items()]
        rows += [(kind, a, amount, "") for kind, amounts in account.charges.items() for a, amount in amounts.items()]
        found[name] = tuple(sorted(rows))
    return found

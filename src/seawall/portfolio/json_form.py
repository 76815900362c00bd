"""JSON to a book and back: a list of rows, or an object of accounts.

The rows are those of the plain form. The object of accounts is

    {"desk": {"positions": {"BTC-PERPETUAL": -10000, "BTC-25SEP26-70000-C": {"size": 5, "entry_price": 0.015}},
              "orders": {"BTC-PERPETUAL": [500, -500]},
              "balances": {"BTC": 2.5},
              "charges": {"spot_margin": {"BTC": 0.01}}}}

where every part may be left out, and a list under one instrument holds one entry a side. Messages name the JSON path.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import NamedTuple, cast

import numpy as np

from seawall.portfolio.assemble import NameRule, book_of_cells, is_asset
from seawall.portfolio.book import CHARGES, Book
from seawall.portfolio.cells import Cells
from seawall.portfolio.csv_form import decoded_text
from seawall.portfolio.findings import SHOWN_CHARACTERS_COUNT, Findings
from seawall.portfolio.rows import cells_of_rows, to_rows

PARTS = ("positions", "balances", "orders", "charges")
PART_OF_KIND = {"position": "positions", "order": "orders"}
_ENTRY_RULE = "an entry is a number, or an object with size and, if known, entry_price"


class _Entry(NamedTuple):
    """One row of an account, with the JSON path that it stands at."""

    account: object
    instrument: object
    size: object
    kind: str
    entry_price: object
    path: str


def read_json(text: str | bytes, *, origin: str = "book.json", name_rule: NameRule | None = None) -> Book:
    """Return the book that a JSON text states, in either form.

    Raises
    ------
    InputError
        With every problem of the text, each with its JSON path.

    Examples
    --------
    >>> read_json('{"desk": {"positions": {"BTC-PERPETUAL": -1000}, "balances": {"BTC": 2}}}').balances.tolist()
    [[2.0]]
    """
    findings = Findings(origin)
    document = parsed_json(text, findings)
    findings.raise_any()
    return read_document(document, origin=origin, name_rule=name_rule)


def read_document(document: object, *, origin: str = "book", name_rule: NameRule | None = None) -> Book:
    """Return the book that parsed JSON states: a list of rows, or an object of accounts.

    Raises
    ------
    InputError
        With every problem of the document.
    """
    findings = Findings(origin)
    book = book_of_cells(document_cells(document, findings), findings, name_rule=name_rule)
    findings.raise_any()
    return book


def parsed_json(text: str | bytes, findings: Findings) -> object:
    """Return parsed JSON; None, and a finding, when it is none or when an object states one key twice."""
    decoded = decoded_text(text, findings) if isinstance(text, bytes) else text.removeprefix("\ufeff")
    if decoded is None:
        return None

    def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
        made = dict(pairs)
        if len(made) != len(pairs):
            seen: set[str] = set()
            for key, _ in pairs:
                if key in seen:
                    findings.add("key", key, "an object of the text has it twice, and only one can be meant")
                seen.add(key)
        return made

    try:
        return json.loads(decoded, object_pairs_hook=unique)
    except json.JSONDecodeError as error:
        shown = decoded[max(error.pos - 20, 0) : error.pos + 20]
        findings.add("text", shown, f"it is not JSON: {error.msg} in column {error.colno}", at=error.lineno)
    except RecursionError:
        findings.add("text", decoded[:20], "it is nested deeper than any book")
    except ValueError:
        findings.add("text", decoded[:20], "it holds an integer too long to be a size")
    return None


def document_cells(document: object, findings: Findings) -> Cells:
    """Return the cells of parsed JSON; the places of `findings` become JSON paths."""
    origin = findings.origin
    if isinstance(document, list | tuple):
        findings.place = lambda at: (f"{origin} $[{at}]", None)
        return cells_of_rows(document, findings)
    entries: list[_Entry] = []
    findings.place = lambda at: (f"{origin} {entries[at].path}", None)
    if isinstance(document, Mapping):
        for account, parts in document.items():
            _read_account(account, parts, entries, findings)
    else:
        findings.add("document", document, "a book is a list of rows or an object of accounts")
    return Cells(
        instrument=[entry.instrument for entry in entries],
        size=[entry.size for entry in entries],
        account=[entry.account for entry in entries],
        kind=[entry.kind for entry in entries],
        entry_price=[entry.entry_price for entry in entries],
        at=np.arange(len(entries), dtype=np.int64),
    )


def _read_account(account: object, parts: object, entries: list[_Entry], findings: Findings) -> None:
    path = _step("$", account)
    if not isinstance(parts, Mapping):
        findings.add("account", parts, f"an account is an object with {', '.join(PARTS)}", within=path)
        return
    before = len(entries)
    for part, held in parts.items():
        here = _step(path, part)
        if part not in PARTS:
            findings.add("part", part, f"the parts of an account are {', '.join(PARTS)}", within=path)
        elif not isinstance(held, Mapping):
            findings.add(part, held, "it is an object from names to sizes", within=here)
        elif part == "charges":
            for charge, amounts in held.items():
                if charge in CHARGES and isinstance(amounts, Mapping):
                    entries.extend(_entries(account, amounts, charge, _step(here, charge), findings))
                else:
                    rule = f"charges are {', '.join(CHARGES)}, each an object from assets to amounts"
                    findings.add("charge", charge, rule, within=here)
        else:
            for name in held:
                if is_asset(str(name)) != (part == "balances"):
                    rule = "balances are of assets; positions and orders are of instruments, with a - or a _"
                    findings.add("name", name, rule, within=here)
            entries.extend(_entries(account, held, "order" if part == "orders" else "position", here, findings))
    if len(entries) == before:
        entries.append(_Entry(account, "USD", 0.0, "position", None, path))  # an empty account is still an account


def _entries(
    account: object, held: Mapping[object, object], kind: str, path: str, findings: Findings
) -> Iterator[_Entry]:
    for name, entry in held.items():
        here = _step(path, name)
        sides = entry if isinstance(entry, list | tuple) and entry else (entry,)
        for side in sides:
            if not isinstance(side, Mapping):
                yield _Entry(account, name, side, kind, None, here)
            elif "size" in side and set(side) <= {"size", "entry_price"}:
                yield _Entry(account, name, side["size"], kind, side.get("entry_price"), here)
            else:
                findings.add("entry", side, _ENTRY_RULE, within=here)


def _step(path: str, key: object) -> str:
    name = str(key)[:SHOWN_CHARACTERS_COUNT]
    return f"{path}.{name}" if name.isidentifier() else f"{path}[{json.dumps(name)}]"


def to_document(book: Book) -> dict[str, dict[str, dict[str, object]]]:
    """Return a book as the object of accounts, which `read_document` reads back.

    Examples
    --------
    >>> from seawall.portfolio import Account, Position
    >>> to_document(Book.of([Account("desk", (Position("BTC-PERPETUAL", -10.0),), {"BTC": 2.0})]))
    {'desk': {'positions': {'BTC-PERPETUAL': -10.0}, 'balances': {'BTC': 2.0}}}
    """
    document: dict[str, dict[str, dict[str, object]]] = {}
    for row in to_rows(book):
        account, name, kind = str(row["account"]), str(row["instrument"]), str(row["kind"])
        parts = document.setdefault(account, {})
        if kind in CHARGES:
            cast("dict[str, object]", parts.setdefault("charges", {}).setdefault(kind, {}))[name] = row["size"]
            continue
        part = "balances" if is_asset(name) else PART_OF_KIND[kind]
        held = parts.setdefault(part, {})
        known = row["entry_price"] is not None
        stated: object = {key: row[key] for key in ("size", "entry_price")} if known else row["size"]
        if name in held:
            earlier = held[name]
            stated = [*earlier, stated] if isinstance(earlier, list) else [earlier, stated]
        held[name] = stated
    return document

"""JSON to cells: a list of rows, or an object of accounts.

The rows are those of the plain form. The object of accounts is

    {"desk": {"positions": {"BTC-PERPETUAL": -10000, "BTC-25SEP26-70000-C": {"size": 5, "entry_price": 0.015}},
              "orders": {"BTC-PERPETUAL": [500, -500]},
              "balances": {"BTC": 2.5},
              "charges": {"spot_margin": {"BTC": 0.01}}}}

where every part may be left out, and a list under one instrument holds one entry a side. Messages name the JSON path.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterator, Mapping
from typing import NamedTuple

import numpy as np

from seawall.portfolio.assemble import is_asset
from seawall.portfolio.book import CHARGES
from seawall.portfolio.cells import STATED_NAN, Cells
from seawall.portfolio.csv_form import decoded_text
from seawall.portfolio.findings import SHOWN_CHARACTERS_COUNT, Findings
from seawall.portfolio.rows import cells_of_rows

PARTS = ("positions", "balances", "orders", "charges")
_ENTRY_RULE = "an entry is a number, or an object with size and, if known, entry_price"


class _Entry(NamedTuple):
    """One row of an account, with the JSON path that it stands at."""

    account: object
    instrument: object
    size: object
    kind: str
    entry_price: object
    path: str


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
        return json.loads(decoded, object_pairs_hook=unique, parse_constant=_constant)
    except json.JSONDecodeError as error:
        shown = decoded[max(error.pos - 20, 0) : error.pos + 20]
        findings.add("text", shown, f"it is not JSON: {error.msg} in column {error.colno}", at=error.lineno)
    except RecursionError:
        findings.add("text", decoded[:20], "it is nested deeper than any book")
    except ValueError:
        findings.add("text", decoded[:20], "it holds an integer too long to be a size")
    return None


def _constant(word: str) -> float:
    """Return one of the words that Python takes for a number though JSON has none such; a later look refuses it."""
    return STATED_NAN if word == "NaN" else float(word)


def document_cells(document: object, findings: Findings, *, listed: Container[str] = ()) -> Cells:
    """Return the cells of parsed JSON; the places of `findings` become JSON paths.

    Examples
    --------
    >>> document = {"desk": {"positions": {"BTC-PERPETUAL": -1000}, "balances": {"BTC": 2}}}
    >>> document_cells(document, Findings("book.json")).instrument
    ['BTC-PERPETUAL', 'BTC']
    """
    origin = findings.origin
    if isinstance(document, list | tuple):
        findings.place = lambda at: (f"{origin} $[{at}]", None)
        return cells_of_rows(document, findings)
    entries: list[_Entry] = []
    findings.place = lambda at: (f"{origin} {entries[at].path}", None)
    if isinstance(document, Mapping):
        for account, parts in document.items():
            _read_account(account, parts, entries, findings, listed)
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


def _read_account(
    account: object, parts: object, entries: list[_Entry], findings: Findings, listed: Container[str]
) -> None:
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
                if is_asset(str(name), listed) != (part == "balances"):
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

"""`load_book`: a book from a file, a frame, rows, a mapping, or Deribit's own JSON; all problems in one error."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import IO, Any, TypeAlias

from seawall.core.errors import InputError, Problem, UnknownNameError
from seawall.market import MarketSnapshot
from seawall.portfolio import Book
from seawall.portfolio.assemble import NameRule, book_of_cells
from seawall.portfolio.cells import Cells
from seawall.portfolio.csv_form import csv_cells
from seawall.portfolio.findings import SHOWN_CHARACTERS_COUNT, Findings, by_row
from seawall.portfolio.frames import frame_cells, is_frame
from seawall.portfolio.json_form import document_cells, parsed_json
from seawall.portfolio.resolve import resolve_findings
from seawall.venues.deribit import accounts, symbols

BookSource: TypeAlias = Any
"""A path, `-`, bytes, an open file, a frame, rows, a mapping, or a book; `load_book` says what each is read as."""

POSITIONS_KEYS = ("positions", "get_positions")
SUMMARIES_KEYS = ("summaries", "account_summaries", "get_account_summaries")
"""Keys under which one mapping brings Deribit's two answers."""

_CSV_SUFFIXES = (".csv", ".tsv", ".txt")
_RULE = (
    "a book is a path to CSV or JSON, '-', bytes, an open file, a pandas, polars or pyarrow frame, a list of rows, "
    "a mapping from instruments to sizes, or Deribit's positions and summaries"
)


def bundled_books() -> tuple[str, ...]:
    """Return the names of the books that come with the package."""
    folder = resources.files("seawall") / "data" / "books"
    return tuple(sorted(entry.name.removesuffix(".csv") for entry in folder.iterdir() if entry.name.endswith(".csv")))


def load_book(
    source: BookSource,
    *,
    snapshot: MarketSnapshot | None = None,
    check_lots: bool = True,
    account: str | None = None,
    name_rule: NameRule | None = symbols.parse,
) -> Book:
    """Return a book.

    Parameters
    ----------
    source
        A path to a `.csv` or `.json` file, `-` for standard input, the name of a bundled book, bytes or an open file of
        either form; a pandas, polars or pyarrow frame; a list of mappings with `instrument` and `size`; a mapping from
        instruments and assets to sizes, or from accounts to their parts; Deribit's answers to `get_positions` and
        `get_account_summaries` as `{"positions": ..., "summaries": ...}`, in a file or parsed. A `Book` comes back
        as it is, checked.
    snapshot
        When given, the book is checked against it too: unknown and expired instruments, sizes off the lot.
    check_lots
        Refuse sizes off the lot; needs `snapshot`. Deribit's own answers are never checked for it: they can hold dust.
    account
        Name of the account in Deribit's answers; by default the venue's id of it.
    name_rule
        Grammar of instrument names, asked where there is no snapshot; Deribit's, or None to take any name.

    Raises
    ------
    InputError
        With every problem found in the source and, with a snapshot, between the two.

    Examples
    --------
    >>> load_book({"BTC-PERPETUAL": -10_000, "BTC": 1.5}).account("book").positions[0].size
    -10000.0
    >>> load_book([{"account": "desk", "instrument": "BTC-30FEB27", "size": 10}])
    Traceback (most recent call last):
    ...
    seawall.core.errors.InputError: rows $[0]: instrument is 'BTC-30FEB27'; there is no day 30FEB27
    """
    if isinstance(source, Book):
        book, findings, lots = source, Findings(source.origin), check_lots
    else:
        content, origin = _content(source)
        findings = Findings(origin)
        if (answers := _deribit_answers(content, findings)) is not None:
            book, lots = accounts.book_from_responses(*answers, account=account), False
        else:
            rule = name_rule if snapshot is None else None  # the snapshot knows better which names there are
            book, lots = book_of_cells(_cells(content, findings), findings, name_rule=rule), check_lots
    problems = list(findings.problems())
    if snapshot is not None:
        problems += resolve_findings(book, snapshot, check_lots=lots, parse=symbols.parse).problems()
    if problems:
        raise InputError(problems)
    return book


def _content(source: BookSource) -> tuple[Any, str]:
    """Return CSV text as bytes or text, anything else as the object it is, and the name of the source."""
    if isinstance(source, str | Path):
        return _file_content(source)
    if isinstance(source, bytes | bytearray):
        return _sniffed(bytes(source), "book")
    if hasattr(source, "read"):
        return _sniffed(_read(source), str(getattr(source, "name", "book")))
    if not _is_document(source) and is_frame(source):
        return source, "frame"
    return source, "rows" if isinstance(source, list | tuple) else "book"


def _file_content(source: str | Path) -> tuple[Any, str]:
    if str(source) == "-":
        return _sniffed(sys.stdin.buffer.read(), "standard input")
    path = Path(source)
    try:
        if not path.is_file():
            if str(source) in bundled_books():
                content = (resources.files("seawall") / "data" / "books" / f"{source}.csv").read_bytes()
                return _Csv(content), f"{source}.csv"
            rule = f"it is a file, or one of the bundled books: {', '.join(bundled_books()) or 'none'}"
            raise UnknownNameError(Problem("book", str(source)[:200], rule))
        content = path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL in it
        raise InputError(Problem("book", str(source)[:200], f"a book's file can be read: {error}"[:300])) from None
    if path.suffix.lower() in _CSV_SUFFIXES:
        return _Csv(content), path.name
    return _sniffed(content, path.name)


class _Csv(bytes):
    """Bytes that are CSV whatever they begin with."""


def _sniffed(content: bytes, origin: str) -> tuple[Any, str]:
    """Tell JSON from CSV by the first sign: no CSV header begins with a bracket."""
    start = content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if start not in (b"{", b"["):
        return _Csv(content), origin
    findings = Findings(origin)
    document = parsed_json(content, findings)
    findings.raise_any()
    return document, origin


def _read(file: IO[Any]) -> bytes:
    content = file.read()
    return content.encode("utf-8", "surrogatepass") if isinstance(content, str) else bytes(content)


def _cells(content: Any, findings: Findings) -> Cells:
    if isinstance(content, bytes):
        return csv_cells(content, findings)
    if not _is_document(content) and is_frame(content):
        findings.place = by_row(findings.origin)
        return frame_cells(content, findings)
    if isinstance(content, Mapping) and content and not any(isinstance(held, Mapping) for held in content.values()):
        names, origin = list(content), findings.origin
        cells = document_cells([{"instrument": name, "size": content[name]} for name in names], findings)
        findings.place = lambda at: (f"{origin}, {str(names[at])[:SHOWN_CHARACTERS_COUNT]}", None)
        return cells
    if not _is_document(content):
        findings.add("source", type(content).__name__, _RULE)
    return document_cells(content if _is_document(content) else [], findings)


def _is_document(content: Any) -> bool:
    return isinstance(content, list | tuple | Mapping)


def _deribit_answers(content: Any, findings: Findings) -> tuple[bytes, bytes] | None:
    """Return Deribit's two answers as bytes when the content is them, told by their shape; None for other content."""
    both = "Deribit's positions and summaries make a book together: give {'positions': ..., 'summaries': ...}"
    if _holds(content, "instrument_name"):
        findings.add("summaries", "missing", both)
    elif _holds(content, "summaries") or _holds(content, "currency"):
        findings.add("positions", "missing", both)
    if len(findings):
        findings.raise_any()
    if not isinstance(content, Mapping):
        return None
    positions = [key for key in POSITIONS_KEYS if key in content]
    summaries = [key for key in SUMMARIES_KEYS if key in content]
    if len(positions) != 1 or len(summaries) != 1 or len(content) != 2:
        return None
    return _as_bytes(content[positions[0]]), _as_bytes(content[summaries[0]])


def _holds(answer: Any, key: str) -> bool:
    """Return whether an answer, with or without its JSON-RPC frame, is or lists objects with `key`."""
    if isinstance(answer, Mapping) and "result" in answer:
        answer = answer["result"]
    if isinstance(answer, list | tuple):
        answer = answer[0] if answer else None
    both = isinstance(answer, Mapping) and any(name in answer for name in POSITIONS_KEYS)
    return isinstance(answer, Mapping) and isinstance(answer.get(key), str | list) and not both


def _as_bytes(answer: Any) -> bytes:
    if isinstance(answer, bytes | bytearray):
        return bytes(answer)
    try:
        return json.dumps(answer, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(Problem("answer", str(answer)[:SHOWN_CHARACTERS_COUNT], f"it is JSON: {error}")) from None

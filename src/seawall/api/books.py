"""`load_book`: a book from a file, a frame, rows, a mapping, or a venue's own JSON; all problems in one error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Container, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import IO, Any, TypeAlias

from seawall.api.other_kinds import ACCOUNT, other_kind
from seawall.api.snapshots import grammar_of
from seawall.core.errors import InputError, Problem, UnknownNameError
from seawall.market import MarketSnapshot
from seawall.portfolio import Book
from seawall.portfolio.assemble import NamesRule, book_of_cells
from seawall.portfolio.cells import Cells
from seawall.portfolio.csv_form import csv_cells
from seawall.portfolio.findings import SHOWN_CHARACTERS_COUNT, Findings, by_row
from seawall.portfolio.frames import frame_cells, is_frame
from seawall.portfolio.json_form import document_cells, parsed_json
from seawall.portfolio.names import refused_names
from seawall.portfolio.resolve import resolve_findings
from seawall.venues.catalogue import VENUES

BookSource: TypeAlias = Any
"""A path, `-`, bytes, an open file, a frame, rows, a mapping, or a book; `load_book` says what each is read as."""

NameRule: TypeAlias = Callable[[str], object]
"""A grammar: raises InputError for a name that no instrument can have."""

_CSV_SUFFIXES = (".csv", ".tsv", ".txt")
_RULE = (
    "a book is a path to CSV or JSON, '-', bytes, an open file, a pandas, polars or pyarrow frame, a list of rows, "
    "a mapping from instruments to sizes, or a venue's own positions and balances side by side"
)


def bundled_books() -> tuple[str, ...]:
    """Return the names of the books that come with the package."""
    folder = resources.files("seawall") / "data" / "books"
    return tuple(sorted(entry.name.removesuffix(".csv") for entry in folder.iterdir() if entry.name.endswith(".csv")))


_WHOLE_GRAMMAR = " writes "
"""What a grammar's message says where nothing of a name is like its own: `Deribit writes PAIR-DATE-STRIKE-C ...`."""


def written_by_a_venue(name: str) -> None:
    """Refuse a name that no venue of the catalogue could write.

    Raises
    ------
    InputError
        With what the venues say against it that understand all of it but a part; where none does, with their names.
    """
    problems: list[Problem] = []
    for venue in VENUES.values():
        try:
            venue.parse(name)
        except InputError as error:
            problems.extend(error.problems)
        else:
            return
    if of_a_part := [problem for problem in problems if _WHOLE_GRAMMAR not in problem.rule]:
        raise InputError(of_a_part)
    rule = f"none of {', '.join(sorted(VENUES))} writes such a name; Deribit writes BTC-25SEP26-100000-C, for example"
    raise InputError(Problem("instrument", name, rule))


def load_book(
    source: BookSource,
    *,
    snapshot: MarketSnapshot | None = None,
    check_lots: bool = True,
    account: str | None = None,
    name_rule: NameRule | None = written_by_a_venue,
) -> Book:
    """Return a book.

    Parameters
    ----------
    source
        A path to a `.csv` or `.json` file, `-` for standard input, the name of a bundled book, bytes or an open file of
        either form; a pandas, polars or pyarrow frame; a list of mappings with `instrument` and `size`; a mapping from
        instruments and assets to sizes, or from accounts to their parts; a venue's own private answers side by side,
        such as Deribit's `{"positions": ..., "summaries": ...}`, in a file or parsed. A `Book` comes back checked.
    snapshot
        When given, the book is checked against it too: unknown and expired instruments, sizes off the lot.
    check_lots
        Refuse sizes off the lot; needs `snapshot`. A venue's own answers are never checked for it: they can hold dust.
    account
        Name of the account in a venue's answers; by default the venue's id of it.
    name_rule
        Grammar of instrument names, asked where there is no snapshot; that of any venue, or None to take any name.

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
        if (answered := _venue_book(content, origin, account)) is not None:
            book, lots = answered, False
        else:
            rule = _names_rule(name_rule, snapshot)
            listed = () if snapshot is None else snapshot.table
            cells = _cells(content, findings, listed=listed)
            book, lots = book_of_cells(cells, findings, names_rule=rule, listed=listed), check_lots
            if findings and (told := other_kind(content, wanted=ACCOUNT, origin=origin)) is not None:
                raise InputError(told)
    if snapshot is not None:
        findings.add_all(resolve_findings(book, snapshot, check_lots=lots, parse=grammar_of(snapshot)))
    findings.raise_any()
    return book


def _venue_book(content: Any, origin: str, account: str | None) -> Book | None:
    """Return the book of a venue's private answers, told by their shape; None for other content."""
    books = (venue.read_account(content, origin=origin, account=account) for venue in VENUES.values())
    return next((book for book in books if book is not None), None)


def _names_rule(name_rule: NameRule | None, snapshot: MarketSnapshot | None) -> NamesRule | None:
    """Return what names are checked against: a snapshot knows better than any grammar which names there are."""
    if snapshot is not None:
        return lambda names: refused_names(names, snapshot, parse=grammar_of(snapshot))
    return None if name_rule is None else lambda names: _ungrammatical(names, name_rule)


def _ungrammatical(names: Sequence[str], name_rule: NameRule) -> dict[int, str]:
    rules: dict[int, str] = {}
    for i, name in enumerate(names):
        try:
            name_rule(name)
        except InputError as error:
            problem = error.problems[0]
            part = "" if problem.value == name else f"its {problem.field} is {problem.value!r}: "
            rules[i] = part + problem.rule
    return rules


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


def _cells(content: Any, findings: Findings, *, listed: Container[str] = ()) -> Cells:
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
    return document_cells(content if _is_document(content) else [], findings, listed=listed)


def _is_document(content: Any) -> bool:
    return isinstance(content, list | tuple | Mapping)

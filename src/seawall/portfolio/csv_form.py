"""CSV to cells: header `account,instrument,size`, and `kind` and `entry_price` where they are known.

Columns come in any order. Blank lines and lines that start with `#` are comments. A file that is separated by `;` or
by tabs is read when its header, read so, is exactly right.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence

import numpy as np

from seawall.portfolio.cells import FIELDS, NEEDED_FIELDS, Cells
from seawall.portfolio.findings import Findings

SEPARATORS = {",": "a comma", ";": "a semicolon", "\t": "a tab"}
CHUNK_LINES_COUNT = 512
"""Lines split at a time: fewer lists than wake Python's cycle collector (700), which makes reading 3 times faster, and
few lines to split again one by one when one of them is broken."""

_EXPECTED = f"the columns are {', '.join(FIELDS)}, of which {' and '.join(NEEDED_FIELDS)} must be there"


def csv_cells(text: str | bytes, findings: Findings) -> Cells:
    r"""Return the cells of a CSV text; what is wrong with its shape goes to `findings`.

    Parameters
    ----------
    text
        The file's content; bytes are UTF-8, with or without a byte order mark.
    findings
        Each problem with its line.

    Examples
    --------
    >>> csv_cells("account,instrument,size\ndesk,BTC,2.5\ndesk,BTC-PERPETUAL,-1000", Findings("book.csv")).size
    ['2.5', '-1000']
    """
    decoded = decoded_text(text, findings) if isinstance(text, bytes) else text.removeprefix("\ufeff")
    if decoded is None:
        return _no_cells()
    lines = decoded.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept = [i for i, line in enumerate(lines) if line and not line.isspace() and line.lstrip()[0] != "#"]
    if not kept:
        findings.add("file", "empty", f"it has no header; {_EXPECTED}")
        return _no_cells()
    head, *body = kept
    separator, header = _header(lines[head])
    if fault := _header_fault(header):
        findings.add("header", lines[head].strip(), fault, at=head + 1)
        return _no_cells()
    if not body:
        findings.add("rows", 0, "no rows below the header; a book has at least one")
        return _no_cells()
    columns: list[list[str]] = [[] for _ in header]
    at: list[int] = []
    for start in range(0, len(body), CHUNK_LINES_COUNT):
        chunk = body[start : start + CHUNK_LINES_COUNT]
        rows, where = _split_chunk(lines, chunk, separator, len(header), findings)
        at.extend(where)
        for column, part in zip(columns, zip(*rows, strict=True), strict=False):
            column.extend(part)
    found = dict(zip(header, columns, strict=True))
    return Cells(
        instrument=found["instrument"],
        size=found["size"],
        account=found.get("account"),
        kind=found.get("kind"),
        entry_price=found.get("entry_price"),
        at=np.array(at, dtype=np.int64),
        has_lines=True,
    )


def decoded_text(content: bytes, findings: Findings) -> str | None:
    """Return UTF-8 bytes as text, without the byte order mark; None, and a finding, when they are not UTF-8."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        found = "UTF-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else f"{content[error.start]:#04x}"
        line = content[: error.start].count(b"\n") + 1
        findings.add("byte" if found != "UTF-16" else "encoding", found, "a text is UTF-8; save it so", at=line)
        return None


def _header(line: str) -> tuple[str, list[str]]:
    """Return the separator and the column names; a comma, unless another separator makes the header right."""
    headers = {separator: _names(line, separator) for separator in SEPARATORS}
    for separator, header in headers.items():
        if not _header_fault(header):
            return separator, header
    return ",", headers[","]


def _names(line: str, separator: str) -> list[str]:
    row = _split_line(line, separator)
    return [] if row is None else [name.strip().lower() for name in row]


def _header_fault(header: Sequence[str]) -> str | None:
    if repeated := sorted(name for name, count in Counter(header).items() if count > 1):
        return f"column {repeated[0]!r} is there twice; {_EXPECTED}"
    if set(NEEDED_FIELDS) <= set(header) <= set(FIELDS):
        return None
    if len(header) == 1 and (other := next((label for mark, label in SEPARATORS.items() if mark in header[0]), None)):
        return f"it seems separated by {other}; {_EXPECTED}"
    missing = [f"{name!r} is missing" for name in NEEDED_FIELDS if name not in header]
    strange = [f"{name!r} is unknown" for name in header if name not in FIELDS]
    return f"{', '.join([*missing, *strange][:5])}; {_EXPECTED}"


def _split_chunk(
    lines: Sequence[str], chunk: Sequence[int], separator: str, width: int, findings: Findings
) -> tuple[list[list[str]], list[int]]:
    """Return the rows of a chunk that have the header's width, and the line of each."""
    try:
        rows = list(csv.reader([lines[i] for i in chunk], delimiter=separator, skipinitialspace=True, strict=True))
        if len(rows) == len(chunk) and set(map(len, rows)) == {width}:
            return rows, [i + 1 for i in chunk]
    except csv.Error:
        pass
    whole: list[list[str]] = []
    at: list[int] = []
    for i in chunk:
        row = _split_line(lines[i], separator)
        if row is None:
            findings.add("row", lines[i].strip(), "a quoted field closes on its own line, before a separator", at=i + 1)
        elif len(row) != width:
            rule = f"it has {len(row)} fields and the header has {width}"
            hint = "; sizes are written without separators" if len(row) > width else ""
            findings.add("row", lines[i].strip(), rule + hint, at=i + 1)
        else:
            whole.append(row)
            at.append(i + 1)
    return whole, at


def _split_line(line: str, separator: str) -> list[str] | None:
    try:
        return next(csv.reader([line], delimiter=separator, skipinitialspace=True, strict=True), [])
    except csv.Error:
        return None


def _no_cells() -> Cells:
    return Cells([], [], None, None, None, np.zeros(0, np.int64))

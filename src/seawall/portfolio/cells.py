"""Raw cells to typed columns: names become codes, numbers become float64, and what is neither becomes a finding."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from numbers import Integral, Real

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray, IntArray
from seawall.portfolio.findings import Findings

FIELDS = ("account", "instrument", "size", "kind", "entry_price")
"""Columns of the plain form; `instrument` and `size` must be there."""
NEEDED_FIELDS = ("instrument", "size")
NAME_LENGTH_COUNT = 100
"""Longest name that is taken; venues stay far below it, so what is longer is a broken file."""

_PLAIN_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
"""Digits can be told apart in one way only: in two, a long cell would take the square of its length."""
_FINITE = "{}s are finite numbers"
_PLAIN = "{}s are plain numbers such as 1000, 0.5 or 1e3, without separators or units"


STATED_NAN = float("nan")
"""The NaN that a text spells out, told by its identity. A blank cell of a frame is a NaN too, and states nothing."""


@dataclass(frozen=True, slots=True)
class Cells:
    """L rows as they were found, one sequence a field; None where the input has no such column.

    Attributes
    ----------
    at
        `(L,)`: position of each row in its input, which `Findings.place` understands.
    has_lines
        Whether `at` counts lines, which the book then keeps.
    """

    instrument: Sequence[object]
    size: Sequence[object]
    account: Sequence[object] | None
    kind: Sequence[object] | None
    entry_price: Sequence[object] | None
    at: IntArray
    has_lines: bool = False


def name_codes(
    cells: Sequence[object], *, field: str, at: IntArray, findings: Findings
) -> tuple[tuple[str, ...], IntArray]:
    """Return distinct names in order of appearance and the code of each cell, -1 where it is no name.

    An account may be a whole number, which is read as its text: databases and frames number accounts.

    Examples
    --------
    >>> names, codes = name_codes(["b", " a", "b "], field="account", at=np.arange(3), findings=Findings("rows"))
    >>> names, codes.tolist()
    (('b', 'a'), [0, 1, 0])
    """
    texts = cells
    numbered = field == "account"
    if not set(map(type, cells)) <= {str}:
        read = [str(cell) if isinstance(cell, str) or (numbered and _is_id(cell)) else None for cell in cells]
        is_text = np.fromiter((text is not None for text in read), np.bool_, len(cells))
        kinds = "as text or a whole number" if numbered else "as text"
        findings.add_each(~is_text, field, lambda i: _shown(cells[i]), f"every row names its {field}, {kinds}", at=at)
        texts = read
    distinct = list(dict.fromkeys(texts))
    number = dict(zip(distinct, range(len(distinct)), strict=True))
    coded = np.fromiter(map(number.__getitem__, texts), np.int64, len(texts))
    code_of: dict[str, int] = {}
    codes = np.full(len(distinct), -1, np.int64)
    refused = np.zeros(len(distinct), np.bool_)
    for i, text in enumerate(distinct):
        if isinstance(text, str):
            name = text.strip()
            refused[i] = not name or len(name) > NAME_LENGTH_COUNT or not name.isprintable()
            if not refused[i]:
                codes[i] = code_of.setdefault(name, len(code_of))
    rule = f"every row names its {field}, in printable text of at most {NAME_LENGTH_COUNT} characters"
    findings.add_each(refused[coded], field, cells, rule, at=at)
    return tuple(code_of), codes[coded]


def _is_id(cell: object) -> bool:
    """Return whether a cell is a whole number that some database can have as an id."""
    return not isinstance(cell, bool) and isinstance(cell, Integral) and -(2**63) <= int(cell) < 2**64


def numbers(
    cells: Sequence[object], *, field: str, at: IntArray, findings: Findings, blank_allowed: bool = False
) -> tuple[FloatArray, BoolArray]:
    """Return the cells as float64 (NaN where blank or bad) and which are bad, each `(L,)`.

    Numbers and the text of plain numbers are taken. NaN and infinities are refused, and so is text that could mean
    two things, such as `1,000`.

    Examples
    --------
    >>> column, bad = numbers(["1e3", " -2 "], field="size", at=np.arange(2), findings=Findings("rows"))
    >>> column.tolist()
    [1000.0, -2.0]
    """
    column = np.full(len(cells), np.nan)
    filled = np.ones(len(cells), np.bool_)
    if blank_allowed:
        filled = np.fromiter((not _is_blank(cell) for cell in cells), np.bool_, len(cells))
    rows = np.flatnonzero(filled)
    given = cells if len(rows) == len(cells) else [cells[i] for i in rows.tolist()]
    read = _all_numbers(given)
    column[rows] = np.array([_number(cell) for cell in given], dtype=np.float64) if read is None else read
    bad = filled & ~np.isfinite(column)
    findings.add_each(bad, field, lambda i: _shown(cells[i]), lambda i: _broken_rule(cells[i], field), at=at)
    column[bad] = np.nan
    return column, bad


def _all_numbers(cells: Sequence[object]) -> FloatArray | None:
    """Read a column at once where all cells are of one plain type; None sends the caller cell by cell."""
    kinds = set(map(type, cells))
    try:
        if kinds <= {int, float}:
            return np.array(cells, dtype=np.float64)
        if kinds == {str}:
            joined = "".join(cells)  # type: ignore[arg-type]
            if joined.isascii() and "_" not in joined:  # float() would read 1_000 and other scripts' digits
                return np.array(list(map(float, cells)))  # type: ignore[arg-type]
    except (ValueError, OverflowError):
        pass
    return None


def _number(cell: object) -> float:
    """Return a cell as a number, NaN where it is none."""
    if isinstance(cell, str):
        text = cell.strip()
        return float(text) if _PLAIN_NUMBER.fullmatch(text) else math.nan
    if isinstance(cell, bool | np.bool_) or not isinstance(cell, Real | Decimal):
        return math.nan
    try:
        return float(cell)
    except (ValueError, OverflowError):
        return math.nan


def _broken_rule(cell: object, field: str) -> str:
    label = field.replace("_", " ")
    if _is_blank(cell) and not isinstance(cell, float):
        return f"every row has a {label}"
    if isinstance(cell, str) and not re.fullmatch(r"[+-]?(nan|inf|infinity)", cell.strip(), re.IGNORECASE):
        return (_FINITE if _PLAIN_NUMBER.fullmatch(cell.strip()) else _PLAIN).format(label)
    return _FINITE.format(label)


def _is_blank(cell: object) -> bool:
    if isinstance(cell, str):
        return not cell or cell.isspace()
    if isinstance(cell, float):
        return math.isnan(cell) and cell is not STATED_NAN
    return cell is None or type(cell).__name__ in ("NAType", "NaTType")  # pandas' own nulls, without its import


def _shown(cell: object) -> object:
    return "null" if _is_blank(cell) and not isinstance(cell, str | float) else cell

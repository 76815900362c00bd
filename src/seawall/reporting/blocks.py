"""What a page is made of: sections of sentences, tables and charts, as plain data. The template alone writes HTML."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from seawall.charts.style import tint
from seawall.core.amounts import PLAIN_UP_TO, WHOLE_DOLLARS_FROM, amount, compact


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table: its text, and how it looks.

    Attributes
    ----------
    text
        As it stands on the page.
    is_number
        To the right, in figures of one width.
    colour
        Background, `#rrggbb`; none where empty.
    marked
        Outlined: the cell that binds.
    style
        `strong`, `bad` or `quiet`; empty for plain.
    """

    text: str
    is_number: bool = False
    colour: str = ""
    marked: bool = False
    style: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a caption.

    Attributes
    ----------
    columns
        Heads; those of columns of numbers begin with `>`.
    rows
        The first cell of each names the row.
    total
        The last row, set apart.
    """

    form: ClassVar[str] = "table"
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...] = ()
    note: str = ""
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart as an SVG element, with its caption."""

    form: ClassVar[str] = "chart"
    caption: str
    svg: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Prose:
    """A sentence or more; `style` is `lead`, `note` or `warning`."""

    form: ClassVar[str] = "prose"
    text: str
    style: str = "note"


@dataclass(frozen=True, slots=True)
class Cards:
    """Named figures side by side; each is a name, a figure and what it means."""

    form: ClassVar[str] = "cards"
    cards: tuple[tuple[str, str, str], ...]
    status: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """Sentences one below the other."""

    form: ClassVar[str] = "listing"
    items: tuple[str, ...]


Block: TypeAlias = Table | Chart | Prose | Cards | Listing


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with what stands below it; `key` is the end of its address on the page."""

    key: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One account, or what belongs to the whole report."""

    key: str
    title: str
    sections: tuple[Section, ...]
    status: str = ""


def words(text: str, *, style: str = "") -> Cell:
    """Return a cell of text."""
    return Cell(text, style=style)


def number(text: str, *, style: str = "", marked: bool = False) -> Cell:
    """Return a cell of a number that is written already; its minus is a minus and no hyphen.

    Examples
    --------
    >>> number("-1,200").text
    '−1,200'
    """
    return Cell(typeset(text), is_number=True, style=style, marked=marked)


def column(amounts: Sequence[float], currency: str, *, style: str = "") -> list[Cell]:
    """Return the cells of one column of amounts, whose points stand below each other.

    Cents are left out where one amount of the column is large; what would then be nothing keeps them.

    Examples
    --------
    >>> [one.text for one in column([501_919.3, -958.11, 0.25, 0.0], "USD")]
    ['501,919', '−958', '0.25', '0']
    >>> [one.text for one in column([1_234.5, 0.0], "USD")]
    ['1,234.50', '0.00']
    """
    return [number(text, style=style) for text in together(amounts, currency)]


def columns(amounts: Sequence[Sequence[float]], currency: str) -> list[list[Cell]]:
    """Return the cells of several columns of one table that share one precision.

    Examples
    --------
    >>> [[cell.text for cell in one] for one in columns([[501_919.3], [-958.11]], "USD")]
    [['501,919'], ['−958']]
    """
    cells = iter(column([one for some in amounts for one in some], currency))
    return [[next(cells) for _ in some] for some in amounts]


def together(amounts: Sequence[float], currency: str) -> list[str]:
    """Return amounts that are read side by side, in a column or a sentence, in one precision; see `column`."""
    large = any(WHOLE_DOLLARS_FROM <= abs(one) < math.inf for one in amounts)
    return [_without_cents(one, currency) if large else amount(one, currency) for one in amounts]


def _without_cents(one: float, currency: str) -> str:
    if not currency.startswith("USD") or not abs(one) < PLAIN_UP_TO:
        return amount(one, currency)
    return f"{one:,.0f}" if abs(one) >= 0.5 or one == 0.0 else f"{one:.2g}"


def heat(amount: float, top: float, *, marked: bool = False) -> Cell:
    """Return a signed amount on a tint that grows with it."""
    told = typeset(compact(amount))
    return Cell(f"◀ {told}" if marked else told, is_number=True, colour=tint(amount / top), marked=marked)


def typeset(text: str) -> str:
    r"""Return a text whose hyphens before figures are minus signs, and whose per cents stay with their figures.

    Examples
    --------
    >>> typeset("BTC-7AUG26 at -1.5% of 100 %")
    'BTC-7AUG26 at −1.5\xa0% of 100\xa0%'
    """
    return re.sub(r"(?<=\d) ?%", "\u00a0%", re.sub(r"(?<![A-Za-z0-9)\]])-(?=[.\d])", "−", text))


def of_rows(caption: str, columns: Sequence[str], rows: Sequence[Sequence[Cell]], **more: object) -> Table:
    """Return a table from lists."""
    return Table(caption, tuple(columns), tuple(tuple(row) for row in rows), **more)  # type: ignore[arg-type]

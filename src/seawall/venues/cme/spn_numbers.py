"""Numbers of a parameter file, and every problem found on the way."""

from __future__ import annotations

import math
from xml.etree.ElementTree import Element

from seawall.core.errors import InputError, Problem
from seawall.portfolio.book import LARGEST_AMOUNT
from seawall.portfolio.cells import NAME_LENGTH_COUNT
from seawall.venues.cme.xml_tree import lines_of

KEPT_COUNT = 1000
"""A broken file can hold a million problems; this many are kept and all are counted."""


class Findings:
    """Problems of one file, gathered while it is read."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._problems: list[tuple[str, object, str, Element]] = []
        self._count = 0

    def add(self, field: str, value: object, rule: str, element: Element) -> None:
        """Note a problem at an element."""
        self._count += 1
        if len(self._problems) < KEPT_COUNT:
            self._problems.append((field, value, rule, element))

    def check_name(self, text: str, element: Element) -> None:
        """Note a name that no book could hold."""
        if len(text) > NAME_LENGTH_COUNT or not text.isprintable():
            rule = f"names are printable text of at most {NAME_LENGTH_COUNT} characters"
            self.add("name", text, rule, element)

    def raise_any(self, content: bytes, root: Element) -> None:
        """Raise `InputError` with lines where anything was found; the file's bytes and its tree know them."""
        if self._problems:
            lines = lines_of(content, root, [element for *_, element in self._problems])
            problems = [
                Problem(field, value, rule, where=self.name, line=lines[element])
                for field, value, rule, element in self._problems
            ]
            raise InputError(problems, count=self._count)

    def number(self, element: Element, tag: str, *, default: float | None = None) -> float:
        """Return the number in a child; the default where there is no such child, and a problem where there is none."""
        child = element.find(tag)
        if child is None:
            if default is None:
                self.add(tag, None, f"{element.tag} has a {tag}", element)
                return math.nan
            return default
        return self.text_number(child)

    def text_number(self, element: Element) -> float:
        """Return the number that an element holds; NaN, and a problem, where it holds none that is finite."""
        text = (element.text or "").strip()
        number = parsed(text)
        if not math.isfinite(number):
            self.add(element.tag, text, "it is a finite number", element)
            return math.nan
        if abs(number) > LARGEST_AMOUNT:
            self.add(element.tag, text, f"numbers are between {-LARGEST_AMOUNT:g} and {LARGEST_AMOUNT:g}", element)
        return number


def parsed(text: str) -> float:
    """Return the number that a text is, NaN where it is none; Python alone takes `1_000` for one.

    Examples
    --------
    >>> parsed("2.50"), parsed("1_000"), parsed("much")
    (2.5, nan, nan)
    """
    try:
        return math.nan if "_" in text else float(text)
    except ValueError:
        return math.nan

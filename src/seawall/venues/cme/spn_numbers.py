"""Numbers of a parameter file, and every problem found on the way."""

from __future__ import annotations

import math

from seawall.core.errors import InputError, Problem
from seawall.venues.cme.xml_tree import Node

KEPT_COUNT = 1000
"""A broken file can hold a million problems; this many are kept and all are counted."""


class Findings:
    """Problems of one file, gathered while it is read."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._problems: list[Problem] = []
        self._count = 0

    def add(self, field: str, value: object, rule: str, node: Node) -> None:
        """Note a problem at an element."""
        self._count += 1
        if len(self._problems) < KEPT_COUNT:
            self._problems.append(Problem(field, value, rule, where=self.name, line=node.line))

    def raise_any(self) -> None:
        """Raise `InputError` where anything was found."""
        if self._problems:
            raise InputError(self._problems, count=self._count)

    def number(self, node: Node, tag: str, *, default: float | None = None) -> float:
        """Return the number in a child; the default where there is no such child, and a problem where there is none."""
        child = node.first(tag)
        if child is None:
            if default is None:
                self.add(tag, None, f"{node.tag} has a {tag}", node)
                return math.nan
            return default
        return self.text_number(child)

    def text_number(self, node: Node) -> float:
        """Return the number that an element holds."""
        try:
            number = float(node.text)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            self.add(node.tag, node.text.strip(), "it is a finite number", node)
        return number

"""One number from outside against ours: how far apart, how far they may be."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Case:
    """One comparison. It passes where `error <= tolerance`; an error that is NaN or infinite fails at any tolerance."""

    name: str
    error: float
    tolerance: float
    note: str = ""

    @property
    def passes(self) -> bool:
        return math.isfinite(self.error) and self.error <= self.tolerance

    @property
    def strain(self) -> float:
        """Error over tolerance, for finding the worst of cases with different tolerances."""
        if self.passes:
            return self.error / self.tolerance if self.tolerance > 0.0 else 0.0
        return self.error / self.tolerance if math.isfinite(self.error) and self.tolerance > 0.0 else math.inf

    def __str__(self) -> str:
        said = f"{self.name}: error {self.error:.3g}, tolerance {self.tolerance:.3g}"
        return f"{said} ({self.note})" if self.note else said


@dataclass(frozen=True, slots=True)
class Later:
    """Cases of a file that belong to a part that is not built yet; counted, so that they are not forgotten."""

    name: str
    count: int


Finding: TypeAlias = Case | Later
Document: TypeAlias = Mapping[str, Any]

ABOUT = frozenset({
    "id", "title", "venue", "model", "method", "observed", "note", "notes", "source", "sources", "source_urls",
    "provenance", "provenance_legend", "verified", "not_verified", "formula", "residual", "caveat", "n_cases",
    "tolerance", "license", "licence", "units", "schema", "version",
})  # fmt: skip
"""Keys that describe a file; everything else that looks like numbers has to be understood."""


def absolute(name: str, ours: float, theirs: float, tolerance: float) -> Case:
    """Return a comparison of the difference itself; equal infinities do not differ."""
    return Case(name, _difference(ours, theirs), tolerance, f"ours {ours!r}, theirs {theirs!r}")


def relative(name: str, ours: float, theirs: float, tolerance: float) -> Case:
    """Return a comparison of the difference over the published number; a published zero has to be met exactly."""
    error = _difference(ours, theirs)
    scaled = error / abs(float(theirs)) if theirs and error else (0.0 if error == 0.0 else math.inf)
    return Case(name, scaled, tolerance, f"ours {ours!r}, theirs {theirs!r}")


def _difference(ours: float, theirs: float) -> float:
    return 0.0 if float(ours) == float(theirs) else abs(float(ours) - float(theirs))


def same(name: str, ours: object, theirs: object) -> Case:
    """Return a comparison of words or counts."""
    return Case(name, 0.0 if ours == theirs else math.inf, 0.0, f"ours {ours!r}, theirs {theirs!r}")


def not_understood(name: str, why: str) -> Case:
    """Return a case that fails because nothing could be compared."""
    return Case(name, math.inf, 0.0, f"not understood: {why}")


def guarded(name: str, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield what one case shows; where its reading breaks, one failure more, so that the cases after it are read."""
    try:
        yield from findings
    except Exception as error:  # noqa: BLE001 - whatever it holds, an odd case hides no other
        yield not_understood(name, f"{type(error).__name__}: {error}")


def each(
    section: Any, read: Callable[[str, Any], Iterator[Finding]], *, name: str = "", named_by: Sequence[str] = ()
) -> Iterator[Finding]:
    """Read every case of a section: a list, or a mapping that has it under `cases`."""
    rows = section.get("cases", section) if isinstance(section, Mapping) else section
    if rows and not isinstance(rows, list):
        yield not_understood(name or "cases", f"cases are a list, not {type(rows).__name__}")
        return
    for number, row in enumerate(rows or []):
        words = [str(row.get(key, "?")) for key in named_by] if isinstance(row, Mapping) else []
        label = " ".join([*name.split(), str(number), *words])
        yield from guarded(label, read(label, row))


def holds_number(content: Any) -> bool:
    """Return whether a block holds a number other than zero, however deep; numbers in quotes are numbers."""
    if isinstance(content, Mapping):
        return any(holds_number(inner) for inner in content.values())
    if isinstance(content, list):
        return any(holds_number(inner) for inner in content)
    if content is None or isinstance(content, bool):
        return False
    try:
        return float(content) != 0.0
    except ValueError:
        return False


def unread(name: str, block: Document, known: Iterable[str]) -> Iterator[Case]:
    """Yield a failure for each key of a block that no reader knows and that holds a number other than zero."""
    for key in sorted(set(block) - set(known)):
        if holds_number(block[key]):
            yield not_understood(f"{name} {key}", f"no number of ours has that name: {json.dumps(block[key])[:80]}")


def strangers(document: Document, known: Iterable[str]) -> Iterator[Case]:
    """Yield a failure for each key of a file that looks like cases and that no reader knows."""
    for key in sorted(set(document) - set(known) - ABOUT):
        content = document[key]
        rows = content.get("cases", content) if isinstance(content, Mapping) else content
        if isinstance(rows, list) and any(isinstance(row, Mapping) for row in rows):
            yield not_understood(key, f"no reader for this section: {json.dumps(content)[:80]}")

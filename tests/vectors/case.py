"""One number from outside against ours: how far apart, how far they may be."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Case:
    """One comparison. It passes where `error <= tolerance`; an error that is NaN fails."""

    name: str
    error: float
    tolerance: float
    note: str = ""

    @property
    def passes(self) -> bool:
        return self.error <= self.tolerance

    @property
    def strain(self) -> float:
        """Error over tolerance, for finding the worst of cases with different tolerances."""
        if self.passes:
            return self.error / self.tolerance if self.tolerance > 0.0 else 0.0
        return math.inf if math.isnan(self.error) or self.tolerance == 0.0 else self.error / self.tolerance

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
    """Return a comparison of the difference itself."""
    return Case(name, abs(float(ours) - float(theirs)), tolerance, f"ours {ours!r}, theirs {theirs!r}")


def relative(name: str, ours: float, theirs: float, tolerance: float) -> Case:
    """Return a comparison of the difference over the published number; a published zero has to be met exactly."""
    error = abs(float(ours) - float(theirs))
    scaled = error / abs(float(theirs)) if theirs else (0.0 if error == 0.0 else math.inf)
    return Case(name, scaled, tolerance, f"ours {ours!r}, theirs {theirs!r}")


def same(name: str, ours: object, theirs: object) -> Case:
    """Return a comparison of words or counts."""
    return Case(name, 0.0 if ours == theirs else math.inf, 0.0, f"ours {ours!r}, theirs {theirs!r}")


def not_understood(name: str, why: str) -> Case:
    """Return a case that fails because nothing could be compared."""
    return Case(name, math.inf, 0.0, f"not understood: {why}")


def strangers(document: Document, known: Iterable[str]) -> Iterator[Case]:
    """Yield a failure for each key of a file that looks like cases and that no reader knows."""
    for key in sorted(set(document) - set(known) - ABOUT):
        content = document[key]
        rows = content.get("cases", content) if isinstance(content, Mapping) else content
        if isinstance(rows, list) and any(isinstance(row, Mapping) for row in rows):
            yield not_understood(key, f"no reader for this section: {json.dumps(content)[:80]}")

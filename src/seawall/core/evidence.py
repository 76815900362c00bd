"""How sure a number is, from *the venue's own published figures are reproduced* down to *assumed*."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Grade(Enum):
    """Evidence grade of a number or of a rule; `rank` 0 is the strongest.

    Examples
    --------
    >>> weakest([Grade.VERIFIED, Grade.SECOND_HAND]).value
    'second_hand'
    """

    VERIFIED = "verified"
    """The venue's own published numbers are reproduced with it."""
    DOCUMENTED = "documented"
    """The venue's text says so; no published number checks it."""
    SECOND_HAND = "second_hand"
    """Third-party text or a public re-implementation."""
    ASSUMED = "assumed"
    """Unknown or contradictory; a stated choice of ours."""

    @property
    def rank(self) -> int:
        """Position from strongest (0) to weakest (3)."""
        return list(Grade).index(self)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One number or rule that a result used: its grade, where it comes from, and what a reader should know of it."""

    subject: str
    grade: Grade
    source: str
    note: str = ""

    @property
    def why(self) -> str:
        """What to show beside the grade: the reason of what is assumed, the source of everything else."""
        return self.note if self.grade is Grade.ASSUMED and self.note else self.source


NOTHING_RANK = -1
"""Rank of what relied on no number and no rule, such as the margin of an account that holds nothing."""


def grade_word(grade: Grade | None) -> str:
    """Return a grade in a word; empty where nothing was relied on."""
    return grade.value if grade else ""


def weakest(grades: Iterable[Grade]) -> Grade:
    """Return the weakest of `grades`; nothing used means nothing is in doubt."""
    return max(grades, key=lambda grade: grade.rank, default=Grade.VERIFIED)

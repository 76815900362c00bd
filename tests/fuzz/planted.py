"""One decoder with a fault that a search has to find, and one without: what finds nothing may search nothing."""

from __future__ import annotations

from collections.abc import Sequence

from seawall.core.errors import InputError, Problem
from tests.fuzz.mutate import mutated_bytes
from tests.fuzz.targets import Target


def targets() -> Sequence[Target]:
    """Return them, as `tests.fuzz.targets` does."""
    return [
        Target(name="planted/fault", read=_faulty, check=_nothing, mutate=mutated_bytes, seeds=[b"size=10"]),
        Target(name="planted/sound", read=_sound, check=_nothing, mutate=mutated_bytes, seeds=[b"size=10"]),
    ]


def _faulty(content: bytes) -> int:
    """Do as a careless reader does, which forgets that not every text is a number."""
    head, _, size = content.partition(b"=")
    if head != b"size":
        raise InputError(Problem("field", str(head), "it is size"))
    return int(size)


def _sound(content: bytes) -> int:
    try:
        return _faulty(content)
    except ValueError:
        raise InputError(Problem("size", str(content), "sizes are whole numbers")) from None


def _nothing(taken: object) -> None:
    assert isinstance(taken, int)

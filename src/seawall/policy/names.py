"""Names close to one that nothing answers to, for error messages."""

from __future__ import annotations

from collections.abc import Iterable

SHOWN_NAMES_COUNT = 5
"""Nearest names that a message lists."""
_CLOSE_ENOUGH = 0.6
"""Similarity, 0 to 1, from which a name counts as near; difflib's own choice."""


def nearest_names(name: str, known: Iterable[str]) -> str:
    """Return `; nearest: a, b`, or nothing when no known name is near.

    Examples
    --------
    >>> nearest_names("price_rnge", ["price_range", "haircut"])
    '; nearest: price_range'
    """
    from difflib import get_close_matches  # only needed when something went wrong

    close = get_close_matches(name, list(known), n=SHOWN_NAMES_COUNT, cutoff=_CLOSE_ENOUGH)
    return f"; nearest: {', '.join(close)}" if close else ""

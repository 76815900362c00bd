"""Reasons why numbers are unavailable, as one text: what several contracts have in common is said once."""

from __future__ import annotations

from collections.abc import Iterable

NAMED_COUNT = 20
"""So many names are told with a reason, and how many others it has."""


def grouped(reasons: Iterable[str]) -> str:
    """Return reasons as one text, each once; those of the form `NAME: why` with the same why are one.

    Examples
    --------
    >>> grouped(["BTC-A: no rule for options", "BTC-B: no rule for options", "no index", "no index"])
    'BTC-A, BTC-B: no rule for options; no index'
    >>> grouped(f"BTC-{n}: no rule for options" for n in range(100))[-41:]
    'BTC-19 and 80 others: no rule for options'
    """
    names: dict[str, list[str]] = {}
    for reason in dict.fromkeys(reason for reason in reasons if reason):
        name, colon, why = reason.partition(": ")
        is_named = bool(colon) and " " not in name
        names.setdefault(why if is_named else reason, []).extend([name] if is_named else [])
    return "; ".join(f"{_named(several)}{why}" for why, several in names.items())


def _named(names: list[str]) -> str:
    if not names:
        return ""
    rest = len(names) - NAMED_COUNT
    return ", ".join(names[:NAMED_COUNT]) + (f" and {rest} others: " if rest > 0 else ": ")

"""Reasons why numbers are unavailable, as one text: what several contracts have in common is said once."""

from __future__ import annotations

from collections.abc import Iterable

NAMED_COUNT = 3
"""With more names than this a reason is told of the first and of how many others."""


def grouped(reasons: Iterable[str]) -> str:
    """Return reasons as one text, each once; those of the form `NAME: why` with the same why are one.

    Examples
    --------
    >>> grouped(["BTC-A: no rule for options", "BTC-B: no rule for options", "no index", "no index"])
    'BTC-A, BTC-B: no rule for options; no index'
    >>> grouped(f"BTC-{n}: no rule for options" for n in range(17))
    'BTC-0 and 16 others: no rule for options'
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
    told = ", ".join(names) if len(names) <= NAMED_COUNT else f"{names[0]} and {len(names) - 1} others"
    return f"{told}: "

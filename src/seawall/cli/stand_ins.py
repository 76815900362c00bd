"""`--map-underlying SOL=ETH`: what is given on the command line, as the library takes it."""

from __future__ import annotations

from collections.abc import Sequence

from seawall.core.errors import InputError, Problem


def stand_ins(given: Sequence[str] | None) -> dict[str, str]:
    """Return pairs of an asset and the one whose numbers it takes.

    Raises
    ------
    InputError
        When one is not of the form `SOL=ETH`, or names an asset twice.

    Examples
    --------
    >>> stand_ins(["sol=ETH", "XRP=ETH"])
    {'SOL': 'ETH', 'XRP': 'ETH'}
    """
    found: dict[str, str] = {}
    problems = []
    for text in given or ():
        asset, equals, other = (part.strip() for part in text.upper().partition("="))
        if not (asset and equals and other) or asset in found or asset == other:
            rule = "it is ASSET=OTHER, as SOL=ETH, and names an asset once"
            problems.append(Problem("map-underlying", text, rule))
        found[asset] = other
    if problems:
        raise InputError(problems)
    return found

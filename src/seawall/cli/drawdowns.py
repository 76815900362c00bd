"""`--drawdown desk-1=0.08`: falls from the peak as the command line has them."""

from __future__ import annotations

from collections.abc import Sequence

from seawall.core.errors import InputError, Problem


def drawdowns(given: Sequence[str] | None) -> dict[str, float]:
    """Return the fall of equity from its peak by account, as a share of the peak.

    Raises
    ------
    InputError
        When one is not of the form `desk-1=0.08`, or an account is named twice.

    Examples
    --------
    >>> drawdowns(["desk-1=0.08", "*=0.02"])
    {'desk-1': 0.08, '*': 0.02}
    """
    found: dict[str, float] = {}
    problems = []
    for text in given or ():
        account, _, share = (part.strip() for part in text.rpartition("="))
        try:
            fall = float(share)
        except ValueError:
            fall = -1.0
        if not account or account in found or not 0.0 <= fall < float("inf"):
            rule = "it is ACCOUNT=SHARE, as desk-1=0.08, a share of the peak; it names an account once"
            problems.append(Problem("drawdown", text, rule))
        found[account] = fall
    if problems:
        raise InputError(problems)
    return found

"""The sentences with which a snapshot's notes say what was derived, how, and what could not be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from seawall.core.arrays import BoolArray
from seawall.core.time import to_datetime
from seawall.market.fit_report import FitReport, SliceFit
from seawall.market.forwards import BETWEEN, FUTURE, NONE, OBSERVED, PARITY, ExpiryForward

SHOWN_NAMES = 10
"""A sentence lists this many instruments and counts the rest."""
_WORDS_FOR_SOURCE = {
    OBSERVED: "are the one that the venue publishes for other options of the expiry",
    FUTURE: "are the price of the dated future, which is quoted tighter than put-call parity of the options",
    PARITY: "come from put-call parity of the options",
    BETWEEN: "are interpolated in time between the neighbouring forwards, with the index at time zero",
    NONE: "are unavailable: no usable future, too few strikes for parity, and no later forward to interpolate to",
}


def count_of(where: BoolArray, one: str, many: str) -> str:
    """Return how many are true, with the noun that fits.

    Examples
    --------
    >>> count_of(np.array([True, False, True]), "option is", "options are")
    '2 options are'
    """
    count = int(np.sum(where))
    return f"{count} {one if count == 1 else many}"


def on_forwards(expiries: Sequence[ExpiryForward]) -> list[str]:
    """Return one sentence for each way in which forwards were had."""
    sentences = []
    for source, words in _WORDS_FOR_SOURCE.items():
        some = [f"{one.underlying} {_day(one.expiry_ns)}" for one in expiries if one.source == source]
        if some:
            sentences.append(f"Forwards of {len(some)} expiries {words} ({', '.join(some)}).")
    return sentences


def on_smiles(report: FitReport, there: BoolArray) -> list[str]:
    """Return what was fitted, what was left out of it, what could not be fitted and what is not free of arbitrage."""
    fitted = [row for row in report.rows if row.smile is not None]
    sentences = []
    if np.any(there):
        dropped: Counter[str] = Counter()
        for row in fitted:
            dropped.update(row.dropped)
        left_out = ", ".join(f"{count} {reason}" for reason, count in sorted(dropped.items()))
        quotes = sum(row.quote_count for row in fitted)
        sentences.append(
            f"Volatilities of {count_of(there, 'option comes', 'options come')} from SVI smiles, one an expiry, "
            f"fitted to {quotes} quotes" + (f"; left out of the fit: {left_out}." if left_out else ".")
        )
    sentences += [f"{_named(row)} has no smile: {_why_not(row)}." for row in report.rows if row.smile is None]
    broken = [row for row in fitted if not row.ok]
    sentences += [f"The smile of {_named(row)} is not free of arbitrage where it was checked." for row in broken]
    return sentences


def on_unmarked(names: Sequence[str]) -> list[str]:
    """Return which instruments have no mark, if any."""
    if not names:
        return []
    more = f" and {len(names) - SHOWN_NAMES} more" if len(names) > SHOWN_NAMES else ""
    noun = "instrument is" if len(names) == 1 else "instruments are"
    return [f"Marks of {len(names)} {noun} unavailable: {', '.join(names[:SHOWN_NAMES])}{more}."]


def _why_not(row: SliceFit) -> str:
    if not row.years > 0.0:
        return "it has expired"
    if not np.isfinite(row.forward):
        return "it has no forward"
    return f"{row.quote_count} usable quotes are too few"


def _named(row: SliceFit) -> str:
    return f"{row.underlying} {_day(row.expiry_ns)}"


def _day(expiry_ns: int) -> str:
    return to_datetime(expiry_ns).date().isoformat()

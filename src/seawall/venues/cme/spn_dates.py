"""Days of a parameter file: `YYYYMMDD`, and expiries that are a month or have a letter of their own."""

from __future__ import annotations

import re
from datetime import date

from seawall.core.time import NO_EXPIRY_NS, NS_PER_DAY, to_ns
from seawall.market.span_file import NO_EXPIRY

_DAY = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_MONTH = re.compile(r"([0-9]{4})([0-9]{2})")
FIRST_YEAR, LAST_YEAR = 1970, 2261
"""Years that nanoseconds since 1970 can hold."""


def day_ns(text: str) -> int | None:
    """Return the first instant of a day, UTC; None where the text is none.

    Examples
    --------
    >>> day_ns("19700102") == NS_PER_DAY, day_ns("20260230")
    (True, None)
    """
    found = _DAY.fullmatch(text)
    return None if found is None else _start_ns(*map(int, found.groups()))


def expiry_ns(expiry: str, settles: str, today_ns: int) -> int:
    """Return the end of the day that a contract settles on, or else of its expiry, UTC, and never before today's end.

    What has no expiry never expires, and an expiry that is no date has none that a table could hold. A month without a
    day of settlement counts to its end. No rule for the file reads it: spreads go by the file's own words.

    Examples
    --------
    >>> (expiry_ns("202602", "", 0) - day_ns("20260228")) // NS_PER_DAY
    1
    """
    begins = None if expiry == NO_EXPIRY else next(filter(None, map(day_ns, (settles, expiry[:8]))), None)
    if begins is None and expiry != NO_EXPIRY and (month := _MONTH.match(expiry)):
        year, number = map(int, month.groups())
        after = _start_ns(year + number // 12, number % 12 + 1, 1) if 1 <= number <= 12 else None
        begins = None if after is None else after - NS_PER_DAY
    return NO_EXPIRY_NS if begins is None else max(begins, today_ns) + NS_PER_DAY


def _start_ns(year: int, month: int, day: int) -> int | None:
    try:
        return to_ns(date(year, month, day)) if FIRST_YEAR <= year <= LAST_YEAR else None
    except ValueError:
        return None

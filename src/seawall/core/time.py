"""Instants as integer nanoseconds since 1970 UTC, and years as ACT/365F."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from seawall.core.errors import InputError, Problem

NS_PER_MS = 1_000_000
NS_PER_SECOND = 1_000_000_000
NS_PER_DAY = 86_400 * NS_PER_SECOND
DAYS_PER_YEAR = 365.0
"""ACT/365F: crypto venues count a year as 365 days of 86,400 seconds."""
NS_PER_YEAR = DAYS_PER_YEAR * NS_PER_DAY
NO_EXPIRY_NS = 2**63 - 1
"""Expiry of what never expires. Venues write far-off dates that don't fit nanoseconds in 64 bits."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_ns(moment: int | str | date | datetime) -> int:
    """Return an instant as nanoseconds since 1970 UTC.

    Parameters
    ----------
    moment
        Nanoseconds, an ISO 8601 text, a date (midnight UTC) or a datetime; without a zone it is read as UTC.

    Raises
    ------
    InputError
        When a text is not ISO 8601.

    Examples
    --------
    >>> to_ns("2024-06-17T10:22:20.501Z")
    1718619740501000000
    """
    if isinstance(moment, bool):
        raise InputError(Problem("time", moment, "times are ISO 8601, for example 2026-08-01T17:58:04Z"))
    if isinstance(moment, int):
        return moment
    if isinstance(moment, str):
        try:
            moment = datetime.fromisoformat(moment)
        except ValueError:
            raise InputError(Problem("time", moment, "times are ISO 8601, for example 2026-08-01T17:58:04Z")) from None
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1_000


def to_datetime(time_ns: int) -> datetime:
    """Return nanoseconds since 1970 as a UTC datetime (microsecond precision)."""
    return _EPOCH + timedelta(microseconds=time_ns // 1_000)


def iso(time_ns: int) -> str:
    """Return an instant as ISO 8601 with a `Z`, to the millisecond.

    Examples
    --------
    >>> iso(1718619740501000000)
    '2024-06-17T10:22:20.501Z'
    """
    return to_datetime(time_ns).isoformat(timespec="milliseconds").replace("+00:00", "Z")

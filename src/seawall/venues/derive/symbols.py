"""Derive's instrument names, read and written: `BTC-20260925-100000-C`, `HYPE-20260904-77_5-C`, `ETH-PERP`, `ETH-USDC`.

A name says kind, underlying, strike and expiry; everything is linear and settles in USDC. It does not say the smallest
size step: a name's lot is 0, which means unknown, until a listing tells it.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache

from seawall.core.errors import InputError, Problem
from seawall.core.time import iso, to_datetime, to_ns
from seawall.instruments import Instrument, Option, Perpetual, Spot

FIELD = "instrument"
EXPIRY_HOUR = 8
"""Options expire at 08:00 UTC."""
CASH = "USDC"
"""The one asset that everything is quoted in and settles in; on chain it is the cash asset."""

_GRAMMAR = (
    "Derive writes COIN-YYYYMMDD-STRIKE-C (or -P) for options, COIN-PERP for perpetuals and COIN-USDC for spot; a "
    "strike's decimal point is an underscore, for example BTC-20260925-100000-C or HYPE-20260904-77_5-P"
)
_COIN = r"(?P<base>[A-Za-z0-9]{1,16})"
_STRIKE = r"(?:0|[1-9][0-9]{0,11})(?:_[0-9]{0,11}[1-9])?"
_NAME = re.compile(rf"{_COIN}-(?:(?P<plain>PERP|{CASH})|(?P<date>20[0-9]{{6}})-(?P<strike>{_STRIKE})-(?P<right>[CP]))")
_SHOWN_CHARACTERS_COUNT = 80


def parse(name: str, *, after_ns: int | None = None) -> Instrument:
    """Return the instrument that a Derive name stands for.

    Parameters
    ----------
    name
        The venue's name, as it writes it.
    after_ns
        When given, what expires at or before this instant (nanoseconds since 1970 UTC) is refused.

    Raises
    ------
    InputError
        When the name is none of Derive's, or holds a date that does not exist or has expired.

    Examples
    --------
    >>> parse("HYPE-20260904-77_5-C").strike
    77.5
    >>> parse("ETH-PERP")  # doctest: +ELLIPSIS
    Perpetual(name='ETH-PERP', underlying='ETH', quote='USDC', settlement='USDC', inverse=False, contract_size=1.0, ...
    """
    if not isinstance(name, str):
        raise InputError(Problem(FIELD, name, _GRAMMAR))
    instrument = _parsed(name)
    if after_ns is not None and isinstance(instrument, Option) and instrument.expiry_ns <= after_ns:
        raise InputError(Problem(FIELD, name, f"it expired at {iso(instrument.expiry_ns)}, not after {iso(after_ns)}"))
    return instrument


def format(instrument: Instrument) -> str:  # noqa: A001  # the inverse of `parse`; called as symbols.format
    """Return Derive's name for an instrument, from its facts and not from its `name`.

    Raises
    ------
    InputError
        When Derive has no way to write it: a dated future, an inverse contract, an expiry that is not 08:00 UTC.

    Examples
    --------
    >>> format(parse("SNX-20240830-1_5-P"))
    'SNX-20240830-1_5-P'
    """
    name = _written(instrument)
    _parsed(name)  # what can't be read back was never a Derive name
    return name


@lru_cache(maxsize=65_536)  # one chain repeats the names of the last
def _parsed(name: str) -> Instrument:
    match = _NAME.fullmatch(name)
    if match is None:
        cut = _SHOWN_CHARACTERS_COUNT
        shown = name if len(name) <= cut else name[: cut - 3] + "..."
        raise InputError(Problem(FIELD, shown.encode("utf-8", "replace").decode(), _GRAMMAR))
    part = match.groupdict()
    base = part["base"]
    if base == CASH:  # nothing is priced in itself
        raise InputError(Problem(FIELD, name, _GRAMMAR))
    if part["plain"] == CASH:
        return Spot(name=name, underlying=base, quote=CASH, settlement=CASH)
    if part["plain"]:
        return Perpetual(name=name, underlying=base, quote=CASH, settlement=CASH, inverse=False)
    strike = float(part["strike"].replace("_", "."))
    if not strike > 0.0:
        raise InputError(Problem(FIELD, name, "a strike is above 0"))
    return Option(
        name=name, underlying=base, quote=CASH, settlement=CASH, strike=strike, inverse=False,
        expiry_ns=_expiry_ns(name, part["date"]), is_call=part["right"] == "C",
    )  # fmt: skip


def _expiry_ns(name: str, date: str) -> int:
    try:
        return to_ns(datetime(int(date[:4]), int(date[4:6]), int(date[6:]), EXPIRY_HOUR, tzinfo=UTC))
    except ValueError:
        raise InputError(Problem(FIELD, name, f"there is no day {date}")) from None


def _written(instrument: Instrument) -> str:
    if isinstance(instrument, Spot):
        return f"{instrument.underlying}-{instrument.quote}"
    if isinstance(instrument, Perpetual | Option) and instrument.inverse:
        raise InputError(Problem(FIELD, instrument.name, "it is inverse, and Derive's contracts are linear"))
    if isinstance(instrument, Perpetual):
        return f"{instrument.underlying}-PERP"
    if not isinstance(instrument, Option):
        raise InputError(Problem(FIELD, instrument.name, "Derive lists no dated futures"))
    expiry = to_datetime(instrument.expiry_ns)
    if to_ns(expiry.replace(hour=EXPIRY_HOUR, minute=0, second=0, microsecond=0)) != instrument.expiry_ns:
        raise InputError(Problem("expiry_ns", instrument.expiry_ns, "Derive's expiries are at 08:00 UTC"))
    right = "C" if instrument.is_call else "P"
    return f"{instrument.underlying}-{expiry:%Y%m%d}-{_strike_text(instrument.strike)}-{right}"


def _strike_text(strike: float) -> str:
    if not 0.0 < strike < 1e12:
        raise InputError(Problem("strike", strike, "a strike is above 0 and below 1e12"))
    whole, _, fraction = f"{Decimal(repr(float(strike))):f}".partition(".")
    fraction = fraction.rstrip("0")
    return f"{whole}_{fraction}" if fraction else whole

"""OKX's instrument names, read and written: `BTC-USD-250926-100000-C`, `BTC-USDT-SWAP`, `BTC-USDT`.

A name says kind, underlying, settlement, strike and expiry. It does not say what one contract is worth: OKX lists that
(`ctVal`, `ctMult`) and has changed it before. So an instrument by its name alone has a contract of one unit of size and
an unknown lot, which is 0.

Source: OKX API v5, `public/instruments`. The family `BASE-USD_UM` is quoted in USD and paid in USD or its stable coins.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import TypeAlias

from seawall.core.errors import InputError, Problem
from seawall.core.time import iso, to_datetime, to_ns
from seawall.instruments import Future, Instrument, Option, Perpetual, Spot

FIELD = "instrument"
EXPIRY_HOUR = 8
"""Everything that expires does so at 08:00 UTC."""
LARGEST_STRIKE = 1e12
"""A strike has at most twelve digits before the point."""

INVERSE_QUOTE = "USD"
"""Derivatives quoted in plain USD are paid in their coin."""
UNITED = "_UM"
"""After USD it marks the family that is paid in USD and not in coin."""
LINEAR_QUOTES = ("USDT", "USDC")
"""Derivatives quoted in one of these are paid in it."""
SPOT_QUOTES = (
    "USD", *LINEAR_QUOTES, "USDG", "DAI", "BTC", "ETH", "OKB", "EUR", "GBP", "AUD", "SGD", "AED", "BRL", "TRY",
)  # fmt: skip
"""What a bare pair is quoted in. A listing may name others; a name alone may not, lest any two words be a pair."""

_GRAMMAR = (
    "OKX writes BASE-QUOTE-YYMMDD-STRIKE-C (or -P) for options, BASE-QUOTE-YYMMDD for futures, BASE-QUOTE-SWAP for "
    f"perpetuals, with a quote of {INVERSE_QUOTE}, {INVERSE_QUOTE}{UNITED}, {' or '.join(LINEAR_QUOTES)}, and "
    "BASE-QUOTE for spot, for example BTC-USD-260925-100000-C"
)
_OTHER_RULE = "it is an X-Perp, which is neither a perpetual nor a future by its rules and is not read"
_STRIKE = r"(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{0,11}[1-9])?"
_DATED = rf"(?P<date>[0-9]{{6}})(?:-(?P<strike>{_STRIKE})-(?P<right>[CP]))?"
_NAME = re.compile(
    rf"(?P<base>[A-Z0-9]{{1,20}})-(?P<quote>[A-Z]{{3,5}})(?P<united>{UNITED})?(?:-(?:(?P<swap>SWAP)|{_DATED}))?"
)
_OTHER = re.compile(r"[A-Z0-9]{1,20}-[A-Z]{3,5}_(?:UM_)?XPERP(?:-[0-9]{6})?")

_Pair: TypeAlias = tuple[str, str, str, bool]


def parse(name: str, *, after_ns: int | None = None) -> Instrument:
    """Return the instrument that an OKX name stands for.

    Parameters
    ----------
    name
        The venue's name, as it writes it.
    after_ns
        When given, what expires at or before this instant (nanoseconds since 1970 UTC) is refused.

    Returns
    -------
    Instrument
        With a contract size of 1 and a lot of 0: `public/instruments` says what they are. Options of the family
        BASE-USD are paid in coin and have their strike's currency, USD, as `quote`.

    Raises
    ------
    InputError
        When the name is none of OKX's, holds a date that does not exist or has expired.

    Examples
    --------
    >>> parse("BTC-USD-250926-100000-C").strike
    100000.0
    >>> parse("BTC-USDT-SWAP")  # doctest: +ELLIPSIS
    Perpetual(name='BTC-USDT-SWAP', underlying='BTC', quote='USDT', settlement='USDT', inverse=False, ...
    """
    if not isinstance(name, str):
        raise InputError(Problem(FIELD, str(type(name).__name__), _GRAMMAR))
    instrument = _parsed(name)
    if after_ns is not None and isinstance(instrument, Option | Future) and instrument.expiry_ns <= after_ns:
        raise InputError(Problem(FIELD, name, f"it expired at {iso(instrument.expiry_ns)}, not after {iso(after_ns)}"))
    return instrument


def format(instrument: Instrument) -> str:  # noqa: A001  # the inverse of `parse`; called as symbols.format
    """Return OKX's name for an instrument, from its facts and not from its `name`.

    Raises
    ------
    InputError
        When OKX has no way to write it: an expiry that is not 08:00 UTC, or a pair it does not settle.

    Examples
    --------
    >>> format(parse("ETH-USD_UM-260327-3000-P"))
    'ETH-USD_UM-260327-3000-P'
    """
    name = _written(instrument)
    _parsed(name)  # what can't be read back was never an OKX name
    return name


def is_other_product(name: str) -> bool:
    """Return whether a name is of a product that OKX lists and seawall does not read.

    Examples
    --------
    >>> is_other_product("BTC-USD_UM_XPERP-310404"), is_other_product("BTC-USD_UM-SWAP")
    (True, False)
    """
    return _OTHER.fullmatch(name) is not None


@lru_cache(maxsize=65_536)  # accounts name the same instruments again and again
def _parsed(name: str) -> Instrument:
    match = _NAME.fullmatch(name)
    if match is None:
        rule = _OTHER_RULE if is_other_product(name) else _GRAMMAR
        shown = name if len(name) <= 80 else name[:77] + "..."
        raise InputError(Problem(FIELD, shown.encode("utf-8", "replace").decode(), rule))
    part = match.groupdict()
    base, is_spot = part["base"], part["swap"] is None and part["date"] is None
    if is_spot and (part["united"] or part["quote"] not in SPOT_QUOTES or part["quote"] == base):
        raise InputError(Problem(FIELD, name, _GRAMMAR))
    if is_spot:
        return Spot(name=name, underlying=base, quote=part["quote"], settlement=part["quote"])
    underlying, quote, settlement, inverse = _pair(name, base, part["quote"], part["united"] or "")
    if part["date"] is None:
        return Perpetual(name=name, underlying=underlying, quote=quote, settlement=settlement, inverse=inverse)
    expiry_ns = _expiry_ns(name, part["date"])
    if part["strike"] is None:
        return Future(
            name=name, underlying=underlying, quote=quote, settlement=settlement, expiry_ns=expiry_ns, inverse=inverse
        )
    strike = float(part["strike"])
    if not strike > 0.0:
        raise InputError(Problem(FIELD, name, "a strike is above 0"))
    return Option(
        name=name, underlying=underlying, quote=quote, settlement=settlement, strike=strike, expiry_ns=expiry_ns,
        is_call=part["right"] == "C", inverse=inverse,
    )  # fmt: skip


def _pair(name: str, base: str, quote: str, united: str) -> _Pair:
    """Return underlying, quote, settlement and whether the pair is inverse."""
    if quote == INVERSE_QUOTE and base != quote:
        return (base, quote, quote, False) if united else (base, quote, base, True)
    if quote in LINEAR_QUOTES and not united and base != quote:
        return base, quote, quote, False
    raise InputError(Problem(FIELD, name, _GRAMMAR))


def _expiry_ns(name: str, date: str) -> int:
    year, month, day = 2000 + int(date[:2]), int(date[2:4]), int(date[4:])
    try:
        return to_ns(datetime(year, month, day, EXPIRY_HOUR, tzinfo=UTC))
    except ValueError:
        raise InputError(Problem(FIELD, name, f"there is no day {date}")) from None


def _written(instrument: Instrument) -> str:
    if isinstance(instrument, Spot):
        return f"{instrument.underlying}-{instrument.quote}"
    pair = f"{instrument.underlying}-{instrument.quote}"
    if instrument.inverse != (instrument.settlement == instrument.underlying):
        rule = "what is inverse is paid in its underlying, and nothing else is"
        raise InputError(Problem("settlement", instrument.settlement, rule))
    if instrument.quote == INVERSE_QUOTE and not instrument.inverse:
        pair += UNITED
    if isinstance(instrument, Perpetual):
        return f"{pair}-SWAP"
    expiry = to_datetime(instrument.expiry_ns)
    if to_ns(expiry.replace(hour=EXPIRY_HOUR, minute=0, second=0, microsecond=0)) != instrument.expiry_ns:
        raise InputError(Problem("expiry_ns", instrument.expiry_ns, "OKX's expiries are at 08:00 UTC"))
    if not 2000 <= expiry.year <= 2099:
        raise InputError(Problem("expiry_ns", instrument.expiry_ns, "OKX writes years of this century"))
    date = f"{expiry.year % 100:02d}{expiry.month:02d}{expiry.day:02d}"
    if isinstance(instrument, Future):
        return f"{pair}-{date}"
    return f"{pair}-{date}-{_strike_text(instrument.strike)}-{'C' if instrument.is_call else 'P'}"


def _strike_text(strike: float) -> str:
    if not 0.0 < strike < LARGEST_STRIKE:
        raise InputError(Problem("strike", strike, f"a strike is above 0 and below {LARGEST_STRIKE:g}"))
    text = f"{Decimal(repr(float(strike))):f}"
    whole, _, fraction = text.partition(".")
    fraction = fraction.rstrip("0")
    return f"{whole}.{fraction}" if fraction else whole

"""Deribit's instrument names, read and written: `BTC-25SEP26-100000-C`, `XRP_USDC-30JUN23-0d625-C`.

A name says kind, underlying, settlement, strike and expiry. It says contract size and lot only where those are the same
for every instrument of its kind; elsewhere the lot is 0, which means unknown, and one contract is one unit of size.
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
from seawall.market.stable_coins import STABLE_ASSETS

FIELD = "instrument"
EXPIRY_HOUR = 8
"""Everything that expires does so at 08:00 UTC."""

COIN_FUTURE_SIZE_USD = {"BTC": 10.0, "ETH": 1.0, "SOL": 10.0}
"""USD per contract of coin-settled futures; also their lot. SOL's were delisted (public/get_instruments, May 2022)."""
COIN_OPTION_LOT = {"BTC": 0.1, "ETH": 1.0, "SOL": 1.0}
"""Smallest size step of coin-settled options, in coin; a contract is one coin (public/get_instruments, 2021-2026)."""
STABLE_SETTLEMENTS = STABLE_ASSETS
"""Linear derivatives settle in one of these; Deribit writes it after the coin."""

_GRAMMAR = (
    "Deribit writes PAIR-DATE-STRIKE-C (or -P) for options, PAIR-DATE for futures, PAIR-PERPETUAL and, for spot, "
    f"BASE_QUOTE; PAIR is {', '.join(COIN_FUTURE_SIZE_USD)}, COIN_USDC or COIN_USDT, a date has no leading zero, "
    "for example BTC-3AUG26-100000-C"
)
_COMBO_RULE = "it is a combo, which is a package of instruments; name its legs instead"
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DATE = rf"[1-9][0-9]?(?:{'|'.join(_MONTHS)})[0-9]{{2}}"
_PAIR = r"(?P<base>[A-Z0-9]{2,12})(?:_(?P<quote>[A-Z0-9]{2,12}))?"
_STRIKE = r"(?:0|[1-9][0-9]{0,11})(?:d[0-9]{0,11}[1-9])?"
_DATED = rf"(?P<date>{_DATE})(?:-(?P<strike>{_STRIKE})-(?P<right>[CP]))?"
_NAME = re.compile(rf"{_PAIR}(?:-(?:(?P<perpetual>PERPETUAL)|{_DATED}))?")
_COMBO = re.compile(r"[A-Z0-9_]{2,25}-[A-Z][A-Z0-9]{1,9}-[A-Z0-9_d-]{1,80}")

_Pair: TypeAlias = tuple[str, str, str, bool]


def parse(name: str, *, after_ns: int | None = None) -> Instrument:
    """Return the instrument that a Deribit name stands for.

    Parameters
    ----------
    name
        The venue's name, as it writes it.
    after_ns
        When given, what expires at or before this instant (nanoseconds since 1970 UTC) is refused.

    Returns
    -------
    Instrument
        Coin-settled options have their strike's currency, USD, as `quote`, though their price is in coin.

    Raises
    ------
    InputError
        When the name is none of Deribit's, is a combo, holds a date that does not exist or has expired.

    Examples
    --------
    >>> parse("XRP_USDC-30JUN23-0d625-C").strike
    0.625
    >>> parse("BTC-PERPETUAL")  # doctest: +ELLIPSIS
    Perpetual(name='BTC-PERPETUAL', underlying='BTC', quote='USD', settlement='BTC', inverse=True, contract_size=...
    """
    if not isinstance(name, str):
        raise InputError(Problem(FIELD, name, _GRAMMAR))
    instrument = _parsed(name)
    if after_ns is not None and isinstance(instrument, Option | Future) and instrument.expiry_ns <= after_ns:
        raise InputError(Problem(FIELD, name, f"it expired at {iso(instrument.expiry_ns)}, not after {iso(after_ns)}"))
    return instrument


def format(instrument: Instrument) -> str:  # noqa: A001  # the inverse of `parse`; called as symbols.format
    """Return Deribit's name for an instrument, from its facts and not from its `name`.

    Raises
    ------
    InputError
        When Deribit has no way to write it: an expiry that is not 08:00 UTC, or a pair it does not settle.

    Examples
    --------
    >>> format(parse("ETH_USDC-27MAR26-3000-P"))
    'ETH_USDC-27MAR26-3000-P'
    """
    name = _written(instrument)
    _parsed(name)  # what can't be read back was never a Deribit name
    return name


def is_combo(name: str) -> bool:
    """Return whether a name has the shape of a combo: a structure's code where others have their date.

    Examples
    --------
    >>> is_combo("BTC-FS-14AUG26_2AUG26"), is_combo("BTC-2AUG26")
    (True, False)
    """
    return _NAME.fullmatch(name) is None and _COMBO.fullmatch(name) is not None


@lru_cache(maxsize=65_536)  # one day's chain repeats the names of the day before
def _parsed(name: str) -> Instrument:
    match = _NAME.fullmatch(name)
    if match is None:
        shown = name if len(name) <= 80 else name[:77] + "..."
        raise InputError(Problem(FIELD, shown, _COMBO_RULE if is_combo(name) else _GRAMMAR))
    part = match.groupdict()
    if part["perpetual"] is None and part["date"] is None:
        return _spot(name, part["base"], part["quote"])
    underlying, quote, settlement, inverse = _pair(name, part["base"], part["quote"])
    future_size = COIN_FUTURE_SIZE_USD[underlying] if inverse else 1.0
    future_lot = future_size if inverse else 0.0
    if part["date"] is None:
        return Perpetual(
            name=name, underlying=underlying, quote=quote, settlement=settlement,
            inverse=inverse, contract_size=future_size, lot=future_lot,
        )  # fmt: skip
    expiry_ns = _expiry_ns(name, part["date"])
    if part["strike"] is None:
        return Future(
            name=name, underlying=underlying, quote=quote, settlement=settlement, expiry_ns=expiry_ns,
            inverse=inverse, contract_size=future_size, lot=future_lot,
        )  # fmt: skip
    strike = float(part["strike"].replace("d", "."))
    if not strike > 0.0:
        raise InputError(Problem(FIELD, name, "a strike is above 0"))
    return Option(
        name=name, underlying=underlying, quote=quote, settlement=settlement, strike=strike, expiry_ns=expiry_ns,
        is_call=part["right"] == "C", inverse=inverse, lot=COIN_OPTION_LOT[underlying] if inverse else 0.0,
    )  # fmt: skip


def _spot(name: str, base: str, quote: str | None) -> Spot:
    if quote is None or quote == base:
        raise InputError(Problem(FIELD, name, _GRAMMAR))
    return Spot(name=name, underlying=base, quote=quote, settlement=quote)


def _pair(name: str, base: str, quote: str | None) -> _Pair:
    """Return underlying, quote, settlement and whether the pair is inverse."""
    if quote is None and base in COIN_FUTURE_SIZE_USD:
        return base, "USD", base, True
    if quote in STABLE_SETTLEMENTS and base != quote:
        return base, quote, quote, False
    raise InputError(Problem(FIELD, name, _GRAMMAR))


def _expiry_ns(name: str, date: str) -> int:
    day, month, year = int(date[:-5]), _MONTHS.index(date[-5:-2]) + 1, 2000 + int(date[-2:])
    try:
        return to_ns(datetime(year, month, day, EXPIRY_HOUR, tzinfo=UTC))
    except ValueError:
        raise InputError(Problem(FIELD, name, f"there is no day {date}")) from None


def _written(instrument: Instrument) -> str:
    if isinstance(instrument, Spot):
        return f"{instrument.underlying}_{instrument.quote}"
    pair = instrument.underlying if instrument.inverse else f"{instrument.underlying}_{instrument.settlement}"
    if isinstance(instrument, Perpetual):
        return f"{pair}-PERPETUAL"
    expiry = to_datetime(instrument.expiry_ns)
    if to_ns(expiry.replace(hour=EXPIRY_HOUR, minute=0, second=0, microsecond=0)) != instrument.expiry_ns:
        raise InputError(Problem("expiry_ns", instrument.expiry_ns, "Deribit's expiries are at 08:00 UTC"))
    date = f"{expiry.day}{_MONTHS[expiry.month - 1]}{expiry.year % 100:02d}"
    if isinstance(instrument, Future):
        return f"{pair}-{date}"
    return f"{pair}-{date}-{_strike_text(instrument.strike)}-{'C' if instrument.is_call else 'P'}"


def _strike_text(strike: float) -> str:
    if not 0.0 < strike < 1e12:
        raise InputError(Problem("strike", strike, "a strike is above 0 and below 1e12"))
    text = f"{Decimal(repr(float(strike))):f}"
    whole, _, fraction = text.partition(".")
    fraction = fraction.rstrip("0")
    return f"{whole}d{fraction}" if fraction else whole

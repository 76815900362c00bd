"""Bybit's symbols, read and written: `BTC-25SEP26-80000-C-USDT`, `BTCUSDT`, `BTCPERP`, `BTCUSDM26`.

A symbol says kind, underlying, settlement, strike and expiry. It does not say the lot, but for inverse contracts, which
are one dollar each; elsewhere the lot is 0, which means unknown.

One symbol can stand for two things: `BTCUSDT` is a perpetual in the category `linear` and a pair in the category
`spot`. Without a category it is the perpetual, because positions and marks have symbols, while what was bought on the
spot market is held as coins and shows in balances alone.
"""

from __future__ import annotations

import re
from calendar import FRIDAY, monthrange
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from seawall.core.errors import InputError, Problem
from seawall.core.time import iso, to_datetime, to_ns
from seawall.instruments import Future, Instrument, Option, Perpetual, Spot

FIELD = "instrument"
CATEGORIES = ("option", "linear", "inverse", "spot")
"""What Bybit's `category` can be."""
EXPIRY_HOUR = 8
"""Everything that expires does so at 08:00 UTC (help centre, introductions to futures and to options)."""
INVERSE_CONTRACT_USD = 1.0
"""One inverse contract is one dollar, and contracts are whole (help centre, introduction to inverse contracts)."""
UNSETTLED_OPTION_COIN = "USDC"
"""Options without a coin at the end of their symbol settle in it: there were USDC options before there were others."""
LINEAR_COINS = ("USDT", "USDC")
"""Linear contracts settle in one of these."""

_GRAMMAR = (
    "Bybit writes BASE-DATE-STRIKE-C (or -P), and -USDT after it unless it settles in USDC, BASEUSDT, BASEPERP (USDC) "
    "and BASEUSD for perpetuals, BASEUSDT-DATE, BASE-DATE (USDC) and BASEUSDM26 (H, M, U, Z) for futures; a date has "
    "no leading zero, for example BTC-3AUG26-100000-C-USDT"
)
_SPOT_GRAMMAR = "Bybit writes a spot pair as base and quote together, for example BTCUSDT; known quotes are"
SPOT_QUOTES = (
    "USDT", "USDC", "USDE", "USD1", "USDQ", "EUR", "BRL", "TRY", "PLN", "DAI", "BTC", "ETH", "MNT", "SOL",
)  # fmt: skip
"""Coins that spot pairs are quoted in; where one ends another, the longer one comes first."""
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_QUARTER_MONTHS = {"H": 3, "M": 6, "U": 9, "Z": 12}
"""Month by the letter in the symbols of inverse futures (enum definitions: first to fourth quarter)."""
_DATE = rf"[1-9][0-9]?(?:{'|'.join(_MONTHS)})[0-9]{{2}}"
_BASE = r"(?P<base>[A-Z0-9]{1,20})"
_STRIKE = r"(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{0,11}[1-9])?"
_OPTION = re.compile(rf"{_BASE}-(?P<date>{_DATE})-(?P<strike>{_STRIKE})-(?P<right>[CP])(?:-(?P<coin>USDT))?")
_LINEAR_FUTURE = re.compile(rf"{_BASE}-(?P<date>{_DATE})")
_LINEAR_PERPETUAL = re.compile(rf"{_BASE}(?P<coin>USDT|PERP)")
_INVERSE = re.compile(rf"{_BASE}USD(?:(?P<letter>[HMUZ])(?P<year>[0-9]{{2}}))?")


def parse(name: str, *, category: str | None = None, after_ns: int | None = None) -> Instrument:
    """Return the instrument that a Bybit symbol stands for.

    Parameters
    ----------
    name
        The venue's symbol, as it writes it.
    category
        One of `CATEGORIES`: the symbol has to be of that kind. Without it, `BTCUSDT` is the perpetual; a symbol that no
        contract can have, such as `BTCUSDC`, is the spot pair.
    after_ns
        When given, what expires at or before this instant (nanoseconds since 1970 UTC) is refused.

    Returns
    -------
    Instrument
        Inverse futures expire on the last Friday of their month, for their symbol names the month alone.

    Raises
    ------
    InputError
        When the symbol is none of Bybit's, is of another category, holds a date that does not exist or has expired.

    Examples
    --------
    >>> parse("BTC-25SEP26-80000-C-USDT").settlement, parse("BTC-25SEP26-80000-C").settlement
    ('USDT', 'USDC')
    >>> parse("BTCUSDT")  # doctest: +ELLIPSIS
    Perpetual(name='BTCUSDT', underlying='BTC', quote='USDT', settlement='USDT', inverse=False, ...
    >>> type(parse("BTCUSDT", category="spot")).__name__
    'Spot'
    """
    if not isinstance(name, str):
        raise InputError(Problem(FIELD, name, _GRAMMAR))
    if category is not None and category not in CATEGORIES:
        raise InputError(Problem("category", category, f"categories are {', '.join(CATEGORIES)}"))
    instrument = _parsed(name, category)
    if after_ns is not None and isinstance(instrument, Option | Future) and instrument.expiry_ns <= after_ns:
        raise InputError(Problem(FIELD, name, f"it expired at {iso(instrument.expiry_ns)}, not after {iso(after_ns)}"))
    return instrument


def format(instrument: Instrument) -> str:  # noqa: A001  # the inverse of `parse`; called as symbols.format
    """Return Bybit's symbol for an instrument, from its facts and not from its `name`.

    Raises
    ------
    InputError
        When Bybit has no way to write it: another settlement, an inverse option, an expiry that is not at 08:00 UTC or,
        for an inverse future, not on the last Friday of a quarter.

    Examples
    --------
    >>> format(parse("BTCUSDM26")), format(parse("SOL-27MAR26-95.5-P"))
    ('BTCUSDM26', 'SOL-27MAR26-95.5-P')
    """
    name = _written(instrument)
    again = _parsed(name, "spot" if isinstance(instrument, Spot) else None)
    if type(again) is not type(instrument) or again.underlying != instrument.underlying:
        rule = f"its symbol would be {name}, which is {again.underlying}'s {type(again).__name__.lower()}"
        raise InputError(Problem(FIELD, instrument.name, rule))
    return name


def category_of(instrument: Instrument) -> str:
    """Return the category in which Bybit lists an instrument.

    Examples
    --------
    >>> category_of(parse("BTCUSDU26")), category_of(parse("ETHPERP"))
    ('inverse', 'linear')
    """
    if isinstance(instrument, Option):
        return "option"
    if isinstance(instrument, Spot):
        return "spot"
    return "inverse" if instrument.inverse else "linear"


def day_of(text: str) -> str | None:
    """Return the day that Bybit writes as in its symbols, in ISO 8601; None where it is none.

    Examples
    --------
    >>> day_of("25SEP26"), day_of("31SEP26"), day_of("025SEP26")
    ('2026-09-25', None, None)
    """
    if not re.fullmatch(_DATE, text):
        return None
    try:
        return iso(_day_ns(text, text))[:10]
    except InputError:
        return None


@lru_cache(maxsize=65_536)  # one day's chain repeats the symbols of the day before
def _parsed(name: str, category: str | None) -> Instrument:
    if category == "spot":
        return _spot(name)
    found = _contract(name)
    if found is not None and found.underlying == found.quote:
        found = None  # nothing is priced in itself
    if found is None and category is None and name.endswith("USDC"):
        return _spot(name)  # no contract's symbol ends so
    if found is None:
        raise InputError(Problem(FIELD, _cut(name), _GRAMMAR))
    if category is not None and category_of(found) != category:
        raise InputError(Problem(FIELD, name, f"it stands under {category}, while its symbol is {category_of(found)}"))
    return found


def _contract(name: str) -> Instrument | None:
    if match := _OPTION.fullmatch(name):
        strike = float(match["strike"])
        if not strike > 0.0:
            raise InputError(Problem(FIELD, name, "a strike is above 0"))
        coin = match["coin"] or UNSETTLED_OPTION_COIN
        return Option(
            name=name, underlying=match["base"], quote=coin, settlement=coin, strike=strike,
            expiry_ns=_day_ns(name, match["date"]), is_call=match["right"] == "C", inverse=False,
        )  # fmt: skip
    if match := _LINEAR_FUTURE.fullmatch(name):
        base, coin = _split(match["base"])
        return Future(name=name, underlying=base, quote=coin, settlement=coin,
                      expiry_ns=_day_ns(name, match["date"]), inverse=False)  # fmt: skip
    if match := _LINEAR_PERPETUAL.fullmatch(name):
        coin = "USDT" if match["coin"] == "USDT" else "USDC"
        if match["base"] == coin:
            return None
        return Perpetual(name=name, underlying=match["base"], quote=coin, settlement=coin, inverse=False)
    if match := _INVERSE.fullmatch(name):
        base = match["base"]
        if match["letter"] is None:
            return Perpetual(name=name, underlying=base, quote="USD", settlement=base, inverse=True,
                             contract_size=INVERSE_CONTRACT_USD, lot=INVERSE_CONTRACT_USD)  # fmt: skip
        expiry = _last_friday(2000 + int(match["year"]), _QUARTER_MONTHS[match["letter"]])
        return Future(name=name, underlying=base, quote="USD", settlement=base, expiry_ns=_at_expiry_hour(expiry),
                      inverse=True, contract_size=INVERSE_CONTRACT_USD, lot=INVERSE_CONTRACT_USD)  # fmt: skip
    return None


def _split(base: str) -> tuple[str, str]:
    """Return underlying and settlement of a dated linear future: `BTCUSDT-26JUN26` or `BTC-26JUN26`."""
    if base.endswith("USDT") and base != "USDT":
        return base.removesuffix("USDT"), "USDT"
    return base, "USDC"


def _spot(name: str) -> Spot:
    for quote in SPOT_QUOTES:
        base = name.removesuffix(quote)
        if base not in ("", name, quote) and re.fullmatch("[A-Z0-9]{1,20}", base):
            return Spot(name=name, underlying=base, quote=quote, settlement=quote)
    raise InputError(Problem(FIELD, _cut(name), f"{_SPOT_GRAMMAR} {', '.join(SPOT_QUOTES)}"))


def _day_ns(name: str, text: str) -> int:
    try:
        day = date(2000 + int(text[-2:]), _MONTHS.index(text[-5:-2]) + 1, int(text[:-5]))
    except ValueError:
        raise InputError(Problem(FIELD, name, f"there is no day {text}")) from None
    return _at_expiry_hour(day)


def _at_expiry_hour(day: date) -> int:
    return to_ns(datetime(day.year, day.month, day.day, EXPIRY_HOUR, tzinfo=UTC))


def _last_friday(year: int, month: int) -> date:
    last = date(year, month, monthrange(year, month)[1])
    return last - timedelta(days=(last.weekday() - FRIDAY) % 7)


def _written(instrument: Instrument) -> str:
    base = instrument.underlying
    if isinstance(instrument, Spot):
        return f"{base}{instrument.quote}"
    if isinstance(instrument, Option) and instrument.inverse:
        raise InputError(Problem(FIELD, instrument.name, "Bybit's options are linear"))
    if isinstance(instrument, Perpetual) and instrument.inverse:
        return f"{base}USD"
    if isinstance(instrument, Future) and instrument.inverse:
        return f"{base}USD{_quarter(instrument)}"
    if instrument.settlement not in LINEAR_COINS:
        rule = f"linear contracts settle in {' or '.join(LINEAR_COINS)}"
        raise InputError(Problem("settlement", instrument.settlement, rule))
    in_usdt = instrument.settlement == "USDT"
    if isinstance(instrument, Perpetual):
        return f"{base}{'USDT' if in_usdt else 'PERP'}"
    day = _expiry_day(instrument)
    text = f"{day.day}{_MONTHS[day.month - 1]}{day.year % 100:02d}"
    if isinstance(instrument, Future):
        return f"{base}{'USDT' if in_usdt else ''}-{text}"
    right, end = "C" if instrument.is_call else "P", "-USDT" if in_usdt else ""
    return f"{base}-{text}-{_strike_text(instrument.strike)}-{right}{end}"


def _quarter(future: Future) -> str:
    day = _expiry_day(future)
    letter = next((letter for letter, month in _QUARTER_MONTHS.items() if month == day.month), None)
    if letter is None or day != _last_friday(day.year, day.month):
        rule = "Bybit's inverse futures expire on the last Friday of March, June, September or December"
        raise InputError(Problem("expiry_ns", future.expiry_ns, rule))
    return f"{letter}{day.year % 100:02d}"


def _expiry_day(instrument: Option | Future) -> date:
    expiry = to_datetime(instrument.expiry_ns)
    if _at_expiry_hour(expiry.date()) != instrument.expiry_ns:
        raise InputError(Problem("expiry_ns", instrument.expiry_ns, "Bybit's expiries are at 08:00 UTC"))
    return expiry.date()


def _strike_text(strike: float) -> str:
    if not 0.0 < strike < 1e12:
        raise InputError(Problem("strike", strike, "a strike is above 0 and below 1e12"))
    text = f"{Decimal(repr(float(strike))):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _cut(name: str) -> str:
    text = name if len(name) <= 80 else name[:77] + "..."
    return text.encode("utf-8", "replace").decode()

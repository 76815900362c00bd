"""Binance's instrument names, read and written: `BTCUSDT`, `BTCUSDT_260626`, `BTCUSD_PERP`, `BTC-260925-100000-C`.

A name says kind, underlying, quote, strike and expiry, and that what is quoted in USD settles in coin. `BTCUSDT` is the
perpetual: the spot pair of that name is held as balances.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache

from seawall.core.errors import InputError, Problem
from seawall.core.time import iso, to_datetime, to_ns
from seawall.instruments import Future, Instrument, Option, Perpetual, Spot

FIELD = "instrument"
EXPIRY_HOUR = 8
"""Everything that expires does so at 08:00 UTC."""
COIN_QUOTE = "USD"
"""What coin-settled contracts are quoted in."""
LINEAR_QUOTES = ("FDUSD", "USDT", "USDC", "BUSD", "USD1", "BTC")
"""What linear contracts are quoted and settled in; longest first, for a name runs base and quote together."""
OPTION_QUOTE = "USDT"
"""What options are quoted and settled in; their names do not say it."""
COIN_CONTRACT_USD = {"BTC": 100.0}
OTHER_COIN_CONTRACT_USD = 10.0
"""USD per contract of coin-settled futures: 100 for BTC, 10 for every other coin; also the lot of a size in USD."""

_GRAMMAR = (
    "Binance writes BASEQUOTE or BASEQUOTE_DATE for futures in stable coins, BASEUSD_PERP or BASEUSD_DATE for futures "
    "in coin, BASE-DATE-STRIKE-C (or -P) for options; a date is six digits, for example BTC-260925-100000-C"
)
_BASE = r"(?P<base>[^\W_a-z]{1,20})"
_DATE = r"(?P<date>[0-9]{6})"
_STRIKE = r"(?P<strike>(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{1,12})?)"
_COIN = re.compile(rf"{_BASE}{COIN_QUOTE}_(?:(?P<perpetual>PERP)|{_DATE})")
_LINEAR = re.compile(rf"{_BASE}(?P<quote>{'|'.join(LINEAR_QUOTES)})(?:_{_DATE})?")
_OPTION = re.compile(rf"{_BASE}-{_DATE}-{_STRIKE}-(?P<right>[CP])")


def parse(name: str, *, after_ns: int | None = None) -> Instrument:
    """Return the instrument that a Binance name stands for.

    Parameters
    ----------
    name
        The venue's name, as it writes it.
    after_ns
        When given, what expires at or before this instant (nanoseconds since 1970 UTC) is refused.

    Returns
    -------
    Instrument
        The lot is 0, which means unknown, but for coin-settled futures: they are sized in USD, contract by contract.

    Raises
    ------
    InputError
        When the name is none of Binance's, holds a date that does not exist or has expired.

    Examples
    --------
    >>> parse("XRP-260925-0.55-P").strike
    0.55
    >>> parse("BTCUSD_PERP").contract_size, parse("ETHUSD_260626").settlement, parse("1000SHIBUSDT").underlying
    (100.0, 'ETH', '1000SHIB')
    """
    if not isinstance(name, str):
        raise InputError(Problem(FIELD, name, _GRAMMAR))
    instrument = _parsed(name)
    if after_ns is not None and isinstance(instrument, Option | Future) and instrument.expiry_ns <= after_ns:
        raise InputError(Problem(FIELD, name, f"it expired at {iso(instrument.expiry_ns)}, not after {iso(after_ns)}"))
    return instrument


def format(instrument: Instrument) -> str:  # noqa: A001  # the inverse of `parse`; called as symbols.format
    """Return Binance's name for an instrument, from its facts and not from its `name`.

    Raises
    ------
    InputError
        When Binance has no way to write it: a spot pair, an expiry that is not 08:00 UTC, an option that is no linear
        one in USDT.

    Examples
    --------
    >>> format(parse("BTCUSDT_260626")), format(parse("BTC-260925-100000-C"))
    ('BTCUSDT_260626', 'BTC-260925-100000-C')
    """
    name = _written(instrument)
    _parsed(name)  # what can't be read back was never a Binance name
    return name


def contract_usd(base: str) -> float:
    """Return USD per contract of a coin-settled future.

    Examples
    --------
    >>> contract_usd("BTC"), contract_usd("SOL")
    (100.0, 10.0)
    """
    return COIN_CONTRACT_USD.get(base, OTHER_COIN_CONTRACT_USD)


@lru_cache(maxsize=65_536)  # one day's chain repeats the names of the day before
def _parsed(name: str) -> Instrument:
    if (match := _OPTION.fullmatch(name)) and match["base"] != OPTION_QUOTE:
        strike = float(match["strike"])
        if not strike > 0.0:
            raise InputError(Problem(FIELD, name, "a strike is above 0"))
        return Option(
            name=name, underlying=match["base"], quote=OPTION_QUOTE, settlement=OPTION_QUOTE, strike=strike,
            expiry_ns=_expiry_ns(name, match["date"]), is_call=match["right"] == "C", inverse=False,
        )  # fmt: skip
    if (match := _COIN.fullmatch(name)) and match["base"] != COIN_QUOTE:
        size = contract_usd(match["base"])
        coin = {"underlying": match["base"], "quote": COIN_QUOTE, "settlement": match["base"]}
        return _future(name, match["date"], inverse=True, size=size, lot=size, **coin)
    if (match := _LINEAR.fullmatch(name)) and match["base"] != match["quote"]:
        coin = {"underlying": match["base"], "quote": match["quote"], "settlement": match["quote"]}
        return _future(name, match["date"], inverse=False, size=1.0, lot=0.0, **coin)
    shown = name if len(name) <= 80 else name[:77] + "..."
    raise InputError(Problem(FIELD, shown.encode("utf-8", "replace").decode(), _GRAMMAR))


def _future(
    name: str, date: str | None, *, inverse: bool, size: float, lot: float, underlying: str, quote: str, settlement: str
) -> Future | Perpetual:
    if date is None:
        return Perpetual(
            name=name, underlying=underlying, quote=quote, settlement=settlement,
            inverse=inverse, contract_size=size, lot=lot,
        )  # fmt: skip
    return Future(
        name=name, underlying=underlying, quote=quote, settlement=settlement, expiry_ns=_expiry_ns(name, date),
        inverse=inverse, contract_size=size, lot=lot,
    )  # fmt: skip


def _expiry_ns(name: str, date: str) -> int:
    try:
        return to_ns(datetime(2000 + int(date[:2]), int(date[2:4]), int(date[4:]), EXPIRY_HOUR, tzinfo=UTC))
    except ValueError:
        raise InputError(Problem(FIELD, name, f"there is no day {date}")) from None


def _written(instrument: Instrument) -> str:
    base = instrument.underlying
    if isinstance(instrument, Spot):
        raise InputError(Problem("kind", "spot", "Binance's spot pairs are held as balances"))
    if isinstance(instrument, Option):
        if instrument.inverse or instrument.settlement != OPTION_QUOTE:
            rule = f"Binance's options settle in {OPTION_QUOTE}"
            raise InputError(Problem("settlement", instrument.settlement, rule))
        right = "C" if instrument.is_call else "P"
        return f"{base}-{_date_text(instrument.expiry_ns)}-{_strike_text(instrument.strike)}-{right}"
    pair = f"{base}{instrument.quote}"
    if isinstance(instrument, Perpetual):
        return f"{pair}_PERP" if instrument.inverse else pair
    return f"{pair}_{_date_text(instrument.expiry_ns)}"


def _date_text(expiry_ns: int) -> str:
    expiry = to_datetime(expiry_ns)
    if to_ns(expiry.replace(hour=EXPIRY_HOUR, minute=0, second=0, microsecond=0)) != expiry_ns:
        raise InputError(Problem("expiry_ns", expiry_ns, "Binance's expiries are at 08:00 UTC"))
    return f"{expiry.year % 100:02d}{expiry.month:02d}{expiry.day:02d}"


def _strike_text(strike: float) -> str:
    if not 0.0 < strike < 1e12:
        raise InputError(Problem("strike", strike, "a strike is above 0 and below 1e12"))
    text = f"{Decimal(repr(float(strike))):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text

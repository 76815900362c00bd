"""A market of stocks and their options as JSON, as a person would write it.

    {"listed": {"time": "2007-02-23T21:00:00Z",
                "source": "closing prices",
                "underlyings": {"IBM": {"price": 97.73, "rate": 0.0525, "dividend_yield": 0.0, "exercise": "american"}},
                "options": [{"name": "IBM-20070421-100-C", "underlying": "IBM", "expiry": "2007-04-21T21:00:00Z",
                             "strike": 100, "side": "call", "price": 1.68}]}}

All is in USD. An option has a price, a volatility or both; what it lacks follows from what it has, with the rate, the
yield and the exercise of its underlying (`market.listed_prices`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec
import numpy as np
from msgspec import Meta

from seawall.core.errors import InputError, Problem
from seawall.core.time import to_ns
from seawall.instruments import InstrumentTable, Option
from seawall.market import Listed, MarketSnapshot
from seawall.portfolio.assemble import is_asset_name
from seawall.portfolio.findings import Findings
from seawall.portfolio.json_form import parsed_json

KEY = "listed"
USD = "USD"
_Price = Annotated[float, Meta(gt=1e-9, le=1e12)]
_Worth = Annotated[float, Meta(ge=0.0, le=1e12)]
_Rate = Annotated[float, Meta(ge=-1.0, le=1.0)]
_Vol = Annotated[float, Meta(gt=0.0, le=10.0)]
_Text = Annotated[str, Meta(min_length=1, max_length=100)]


class _Underlying(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    price: _Price
    rate: _Rate
    exercise: Literal["american", "european"]
    dividend_yield: _Rate


class _Option(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: _Text
    underlying: _Text
    expiry: _Text
    strike: _Price
    side: Literal["call", "put"]
    price: _Worth | None = None
    vol: _Vol | None = None
    bid: _Worth | None = None
    ask: _Worth | None = None


class _Market(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    time: _Text
    source: _Text
    underlyings: dict[_Text, _Underlying]
    options: list[_Option] = []


def is_listed(document: object) -> bool:
    """Whether parsed JSON is such a market."""
    return isinstance(document, dict) and set(document) == {KEY}


def read_listed(content: bytes, *, name: str) -> MarketSnapshot:
    """Return the market that the bytes of a file describe; prices and volatilities that it leaves out stay missing.

    Raises
    ------
    InputError
        When a part is missing, of another kind or out of bounds, or when a name is none that a book can have.
    """
    findings = Findings(name)
    document = parsed_json(content, findings)
    findings.raise_any()
    if not isinstance(document, dict) or set(document) != {KEY}:
        raise InputError(Problem("keys", None, f"such a market is an object with the one key {KEY!r}", where=name))
    try:
        market = msgspec.convert(document[KEY], _Market)
    except (msgspec.ValidationError, UnicodeError) as error:  # half a surrogate pair is no text
        raise InputError(Problem(KEY, None, f"{error}"[:300], where=name)) from None
    time_ns = _moment_ns(market.time, "time", name)
    if problems := list(_wrong_names(market, name)):
        raise InputError(problems)
    ends = {text: _moment_ns(text, "expiry", name) for text in {option.expiry for option in market.options}}
    table = InstrumentTable.of(
        Option(name=one.name, underlying=one.underlying, quote=USD, settlement=USD, strike=one.strike,
               expiry_ns=ends[one.expiry], is_call=one.side == "call", inverse=False) for one in market.options
    )  # fmt: skip
    terms = [market.underlyings[one.underlying] for one in market.options]
    return MarketSnapshot.of(
        table, name=name, venue=KEY, source=market.source, time_ns=time_ns,
        index={base: one.price for base, one in market.underlyings.items()},
        listed=Listed.of(
            len(terms), rate=[one.rate for one in terms], dividend_yield=[one.dividend_yield for one in terms],
            early_exercise=[one.exercise == "american" for one in terms],
        ),
        mark=_column([one.price for one in market.options]), vol=_column([one.vol for one in market.options]),
        bid=_column([one.bid for one in market.options]), ask=_column([one.ask for one in market.options]),
    )  # fmt: skip


def _column(numbers: list[float | None]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.array([np.nan if number is None else number for number in numbers], dtype=np.float64)


def _moment_ns(text: str, field: str, name: str) -> int:
    try:
        moment = to_ns(text)
    except (InputError, ValueError, OverflowError):
        moment = -1
    if not 0 < moment < 2**62:
        raise InputError(Problem(field, text, "it is a time since 1970, such as 2007-02-23T21:00:00Z", where=name))
    return moment


def _wrong_names(market: _Market, where: str) -> Iterator[Problem]:
    """Yield the names that no book can hold, or that say nothing or two things."""
    for base in market.underlyings:
        if not is_asset_name(base) or base == USD:
            yield Problem("underlying", base, "it is held as an asset is: letters and digits, and not USD", where=where)
    if not market.underlyings:
        yield Problem("underlyings", 0, "there is at least one", where=where)
    if not (market.source.strip() and market.source.isprintable()):
        yield Problem("source", market.source, "it says where the prices were read", where=where)
    taken = {USD, *market.underlyings}
    for option in market.options:
        if option.underlying not in market.underlyings:
            known = ", ".join(list(market.underlyings)[:10])
            yield Problem("underlying", option.underlying, f"underlyings has it; there are {known}", where=where)
        if option.name in taken or not option.name.strip() or not option.name.isprintable():
            yield Problem("name", option.name, "each option has a name of its own that can be printed", where=where)
        if option.price is None and option.vol is None:
            yield Problem(option.name, None, "an option has a price or a vol", where=where)
        taken.add(option.name)

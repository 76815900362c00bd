"""What OKX says of one instrument, out of five answers; and the USD index of each asset, out of its index pairs."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from seawall.core.errors import Problem
from seawall.core.time import NS_PER_MS
from seawall.instruments import Instrument, Option, Perpetual
from seawall.market import Origin
from seawall.market.stable_coins import STABLE_ASSETS, STABLE_USD, par_note
from seawall.venues.okx.messages import (
    FundingMessage,
    IndexMessage,
    InterestMessage,
    MarkMessage,
    OptionMessage,
    TickerMessage,
)
from seawall.venues.okx.reading import MessageT, Row, product

FUNDING_HOURS = 8.0
"""A snapshot holds funding per eight hours; OKX settles it every eight, or more often where it moves much."""
_MS_PER_HOUR = 3_600_000.0
_PAIR = re.compile(r"([A-Za-z0-9]{1,20})-([A-Z0-9]{2,8})")


@dataclass(frozen=True, slots=True)
class Quote:
    """One instrument's numbers in the snapshot's units; NaN where the venue gave none."""

    mark: float = math.nan
    forward: float = math.nan
    vol: float = math.nan
    bid: float = math.nan
    ask: float = math.nan
    bid_size: float = math.nan
    ask_size: float = math.nan
    open_interest: float = math.nan
    funding_8h: float = math.nan
    observed_ns: int = 0


def quote_of(
    fact: Instrument,
    *,
    mark: Row[MarkMessage] | None,
    option: Row[OptionMessage] | None,
    ticker: Row[TickerMessage] | None,
    funding: Row[FundingMessage] | None,
    interest: Row[InterestMessage] | None,
    problems: list[Problem],
) -> Quote:
    """Return what the answers say of an instrument together; sizes turn from contracts into units of size."""
    is_option = isinstance(fact, Option)
    price = math.nan if mark is None else _known(mark.message.mark_px)
    if mark is not None and price == 0.0 and not is_option:
        problems.append(mark.problem("markPx", price, "only an option may be worth 0"))
    bid, bid_size, ask, ask_size = math.nan, math.nan, math.nan, math.nan
    if ticker is not None:
        message = ticker.message
        bid, ask = _offered(message.bid_px, message.bid_sz), _offered(message.ask_px, message.ask_sz)
        bid_size, ask_size = _units(message.bid_sz, fact), _units(message.ask_sz, fact)
    stamps = [row.message.ts for row in (mark, option, ticker) if row is not None]
    return Quote(
        mark=price,
        forward=price if not is_option else math.nan if option is None else _known(option.message.fwd_px),
        vol=math.nan if option is None or not is_option else _known(option.message.mark_vol),
        bid=bid, ask=ask, bid_size=bid_size, ask_size=ask_size,
        open_interest=math.nan if interest is None else _units(interest.message.oi, fact),
        funding_8h=_per_eight_hours(funding, problems) if isinstance(fact, Perpetual) else math.nan,
        observed_ns=stamps[0] * NS_PER_MS if stamps else 0,
    )  # fmt: skip


def _known(number: float | None) -> float:
    return math.nan if number is None else number


def _offered(price: float | None, size: float | None) -> float:
    """Return a best price; OKX writes an empty side as nothing or as 0, and 0 is no tick."""
    return math.nan if size == 0.0 else price or math.nan


def _units(contracts: float | None, fact: Instrument) -> float:
    return math.nan if contracts is None else product(contracts, fact.contract_size)


def _per_eight_hours(row: Row[FundingMessage] | None, problems: list[Problem]) -> float:
    """Return the funding rate per eight hours; unknown where the answer does not say for how long it is."""
    if row is None or row.message.funding_rate is None:
        return math.nan
    start, end = row.message.funding_time, row.message.next_funding_time
    if start is None or end is None:
        return math.nan
    if end <= start:
        problems.append(row.problem("nextFundingTime", end, f"it is after fundingTime, which is {start}"))
        return math.nan
    return row.message.funding_rate * FUNDING_HOURS / ((end - start) / _MS_PER_HOUR)


def index_prices(
    rows: Sequence[Row[IndexMessage]], *, needed: Iterable[str], problems: list[Problem]
) -> tuple[dict[str, float], dict[str, Origin], list[str]]:
    """Return USD per unit of every asset that an index is of, the origin of each, and notes.

    The index against USD counts first. Without one, an asset is worth its index against a stable coin times the stable
    coin's own. A stable coin without index is taken at par, and the notes say so; it is derived then, and not observed.
    `needed` are assets that instruments are on or are paid in.
    """
    pairs: dict[tuple[str, str], float] = {}
    for row in rows:
        match = _PAIR.fullmatch(row.message.inst_id)
        if match is None:
            problems.append(row.problem("instId", row.message.inst_id, "an index is named BASE-QUOTE, as BTC-USDT"))
        elif match.groups() in pairs:
            problems.append(row.problem("instId", row.message.inst_id, "an index stands once"))
        else:
            pairs[match.group(1), match.group(2)] = row.message.idx_px
    index = {base: price for (base, quote), price in pairs.items() if quote == "USD" and base != "USD"}
    origin = dict.fromkeys(index, Origin.OBSERVED)
    notes: list[str] = []
    wanted = {*needed} - {"USD"}
    via = {quote for base, quote in pairs if base not in index}
    for asset in STABLE_ASSETS:
        if asset not in index and asset in wanted | via:
            index[asset], origin[asset] = STABLE_USD, Origin.DERIVED
            notes.append(par_note(asset))
    for coin in reversed(STABLE_ASSETS):  # USDT before USDC: most indices are against it
        for (base, quote), price in pairs.items():
            if quote == coin and base not in index:
                index[base], origin[base] = price * index[coin], Origin.DERIVED
                if base in wanted:
                    notes.append(f"The USD index of {base} is its {coin} index times the USD index of {coin}.")
    return index, origin, notes


def by_name(
    rows: Sequence[Row[MessageT]], known: Mapping[str, object], problems: list[Problem]
) -> tuple[dict[str, Row[MessageT]], set[str]]:
    """Return the rows of known instruments by name, and the names of the others; a name that stands twice is refused.

    Rows are of messages that name an instrument.
    """
    found: dict[str, Row[MessageT]] = {}
    for row in rows:
        name: str = row.message.inst_id  # type: ignore[attr-defined]  # every message given has one
        if name in found:
            problems.append(row.problem("instId", name, f"it stands once; it is at {found[name].path} already"))
        found.setdefault(name, row)
    return {name: row for name, row in found.items() if name in known}, {*found} - {*known}

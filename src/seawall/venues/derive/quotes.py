"""What Derive's ticker says of one instrument, in its long form and in the short one of `get_tickers`.

The short form, by its examples: `t` time, `M` mark, `I` index, `b` and `B` best bid's price and amount, `a` and `A` the
ask's, `f` hourly funding; inside `option_pricing` `m` mark, `i` volatility, `f` forward, `df` discount factor; inside
`stats` `oi` open interest.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from seawall.core.time import NS_PER_MS
from seawall.instruments import Instrument, Option
from seawall.venues.derive.messages import POSITIVE, Fields

HOURS_OF_FUNDING = 8.0
"""Derive states funding by the hour; a snapshot keeps it for eight."""
_PRICE = "prices are finite and >= 0"
_FORWARD = "forward and index prices are finite and above 0"
_AMOUNT = "amounts are finite and >= 0"
_VOL = "implied volatilities are finite, 0 to 100 (0.60 is 60 points)"
_DISCOUNT = "discount factors are above 0 and at most 2"
_LARGEST_VOL = 100.0
_LARGEST_DISCOUNT = 2.0
_LARGEST_FUNDING = 1.0


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
    index: float = math.nan
    discount: float = math.nan


def quote_of(ticker: Fields, fact: Instrument) -> Quote:
    """Return what a ticker says; what is wrong with it is added to its problems."""
    is_option = isinstance(fact, Option)
    pricing = ticker.part("option_pricing") if is_option else None
    stats, perp = ticker.part("stats"), ticker.part("perp_details")
    mark = math.nan
    forward = vol = discount = math.nan
    if pricing is not None:
        mark = pricing.number("mark_price", "m", rule=_PRICE, least=0.0)
        vol = pricing.number("iv", "i", rule=_VOL, least=0.0, most=_LARGEST_VOL)
        forward = pricing.number("forward_price", "f", rule=_FORWARD, least=POSITIVE)
        discount = pricing.number("discount_factor", "df", rule=_DISCOUNT, least=POSITIVE, most=_LARGEST_DISCOUNT)
    if math.isnan(mark):
        mark = ticker.number("mark_price", "M", rule=_PRICE, least=0.0)
    if not is_option and mark == 0.0:
        ticker.refuse("mark_price", mark, "only an option may be worth 0")
    bid, bid_size = _side(ticker, ("best_bid_price", "b"), ("best_bid_amount", "B"))
    ask, ask_size = _side(ticker, ("best_ask_price", "a"), ("best_ask_amount", "A"))
    return Quote(
        mark=mark, forward=forward if is_option else mark, vol=vol, discount=discount,
        bid=bid, ask=ask, bid_size=bid_size, ask_size=ask_size,
        open_interest=math.nan if stats is None else stats.number("open_interest", "oi", rule=_AMOUNT, least=0.0),
        funding_8h=math.nan if is_option else _funding(ticker, perp),
        observed_ns=ticker.moment_ms("timestamp", "t") * NS_PER_MS,
        index=ticker.number("index_price", "I", rule=_FORWARD, least=POSITIVE),
    )  # fmt: skip


def _side(ticker: Fields, price_names: tuple[str, str], amount_names: tuple[str, str]) -> tuple[float, float]:
    """Return best price and its size; Derive writes an empty side as a price of 0 with an amount of 0."""
    price = ticker.number(*price_names, rule=_PRICE, least=0.0)
    size = ticker.number(*amount_names, rule=_AMOUNT, least=0.0)
    return (math.nan if price == 0.0 or size == 0.0 else price), size


def _funding(ticker: Fields, perp: Fields | None) -> float:
    holder, names = (perp, ("funding_rate",)) if perp is not None else (ticker, ("funding_rate", "f"))
    rule = "funding rates are fractions by the hour, -1 to 1"
    hourly = holder.number(*names, rule=rule, least=-_LARGEST_FUNDING, most=_LARGEST_FUNDING)
    return hourly * HOURS_OF_FUNDING

"""What Bybit's tickers say of one instrument, and the USD prices of assets out of them all.

Bybit's `indexPrice` is in the contract's quote: dollars for inverse contracts, the stable coin for linear ones and for
options. Dollars per coin come from a spot pair's `usdIndexPrice`, else from an inverse contract. The dollar price of
USDT is the BTC index in dollars over the BTC index in USDT, which is how the venue converts it (help centre, Unified
Trading Account asset page). A price of 0 stands for none, but the mark of an option that is worth nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from seawall.core.errors import InputError, Problem
from seawall.core.time import NS_PER_MS
from seawall.instruments import Instrument, Option, Perpetual
from seawall.market import Origin
from seawall.market.stable_coins import STABLE_ASSETS, STABLE_USD, par_note
from seawall.venues.bybit import symbols
from seawall.venues.bybit.messages import NAN, Row, TickerMessage

FUNDING_HOURS = 8.0
"""Hours to which funding rates are brought."""
CONVERSION_COIN = "BTC"
"""The coin whose two indices give the dollar price of USDT; another one where it is missing."""


@dataclass(frozen=True, slots=True)
class Quote:
    """One instrument's numbers in the snapshot's units; NaN where the venue gave none."""

    mark: float = NAN
    forward: float = NAN
    vol: float = NAN
    bid: float = NAN
    ask: float = NAN
    bid_size: float = NAN
    ask_size: float = NAN
    open_interest: float = NAN
    funding_8h: float = NAN
    observed_ns: int = 0
    index: float = NAN


@dataclass(slots=True)
class IndexPrices:
    """USD per unit of assets, where each comes from, and the sentences that say how."""

    index: dict[str, float]
    origin: dict[str, Origin]
    notes: list[str] = field(default_factory=list)

    def add(self, asset: str, price: float, origin: Origin) -> bool:
        """Take a price unless there is one already; return whether it was taken."""
        if asset in self.index or not price > 0.0:
            return False
        self.index[asset], self.origin[asset] = price, origin
        return True


def quote_of(
    ticker: Row[TickerMessage], fact: Instrument, *, time_ms: int, interval_hours: float, problems: list[Problem]
) -> Quote:
    """Return what a ticker says of its instrument; `interval_hours` is the listing's funding interval, or NaN."""
    message = ticker.message
    is_option = isinstance(fact, Option)
    mark = message.mark_price if is_option else _positive(message.mark_price)
    bid, bid_size = _side(ticker, "bid1", message.bid1_price, message.bid1_size, problems)
    ask, ask_size = _side(ticker, "ask1", message.ask1_price, message.ask1_size, problems)
    hours = message.funding_interval_hour if message.funding_interval_hour > 0.0 else _positive(interval_hours)
    return Quote(
        mark=mark, forward=_positive(message.underlying_price) if is_option else mark,
        vol=message.mark_iv if is_option else NAN, bid=bid, ask=ask, bid_size=bid_size, ask_size=ask_size,
        open_interest=message.open_interest,
        funding_8h=message.funding_rate * FUNDING_HOURS / hours if isinstance(fact, Perpetual) else NAN,
        observed_ns=time_ms * NS_PER_MS, index=_positive(message.index_price),
    )  # fmt: skip


def _side(
    ticker: Row[TickerMessage], side: str, price: float, size: float, problems: list[Problem]
) -> tuple[float, float]:
    """Return best price and its size; Bybit writes an empty side as a price of 0 with a size of 0."""
    if price == 0.0 and size > 0.0:
        problems.append(ticker.problem(f"{side}Price", price, f"a side with a size ({size:g}) has a price above 0"))
    return _positive(price), size


def _positive(price: float) -> float:
    return price if price > 0.0 else NAN


def index_prices(
    facts: Sequence[Instrument], quotes: Sequence[Quote], spots: Sequence[TickerMessage], *, given: Mapping[str, float]
) -> IndexPrices:
    """Return USD per unit of the assets that instruments are on or settle in, and of coins that spot pairs price.

    What is given counts most, then what is published in dollars, then a stable coin's price times the stable coin. An
    asset about which nothing is known is left out, and so unavailable.
    """
    found = IndexPrices(dict(given), dict.fromkeys(given, Origin.OBSERVED))
    for message in sorted(spots, key=lambda message: _quote_rank(message.symbol)):
        try:
            base = symbols.parse(message.symbol, category="spot").underlying
        except InputError:  # a pair whose quote we don't know tells nothing that a contract needs
            continue
        found.add(base, message.usd_index_price, Origin.OBSERVED)
    by_quote = _by_quote(facts, quotes)
    for asset, price in by_quote.get("USD", {}).items():
        found.add(asset, price, Origin.OBSERVED)
    _add_usdt(found, by_quote)
    needed = {asset for fact in facts for asset in (fact.quote, fact.settlement)}
    for asset in STABLE_ASSETS:
        if asset in needed and found.add(asset, STABLE_USD, Origin.DERIVED):
            found.notes.append(par_note(asset))
    for coin in STABLE_ASSETS:
        usd, prices = found.index.get(coin, NAN), by_quote.get(coin, {})
        added = [asset for asset, price in prices.items() if found.add(asset, price * usd, Origin.DERIVED)]
        if added:
            shown = ", ".join(added[:3]) + (f" and {len(added) - 3} more" if len(added) > 3 else "")
            found.notes.append(f"The USD index of {shown} is the index price in {coin} times the price of {coin}.")
    return found


def _quote_rank(symbol: str) -> tuple[int, str]:
    """Order pairs so that the one most traded names a coin's price: in USDT, in USDC, in anything else."""
    return next((i for i, coin in enumerate(STABLE_ASSETS[::-1]) if symbol.endswith(coin)), len(STABLE_ASSETS)), symbol


def _by_quote(facts: Sequence[Instrument], quotes: Sequence[Quote]) -> dict[str, dict[str, float]]:
    """Return index prices by what they are quoted in and by underlying; the one of the perpetual where there is one."""
    found: dict[str, dict[str, float]] = {}
    ranked = sorted(zip(facts, quotes, strict=True), key=lambda pair: not isinstance(pair[0], Perpetual))
    for fact, quote in ranked:
        if quote.index > 0.0:
            found.setdefault(fact.quote, {}).setdefault(fact.underlying, quote.index)
    return found


def _add_usdt(found: IndexPrices, by_quote: Mapping[str, Mapping[str, float]]) -> None:
    in_usd, in_usdt = by_quote.get("USD", {}), by_quote.get("USDT", {})
    both = sorted(in_usd.keys() & in_usdt.keys(), key=lambda coin: (coin != CONVERSION_COIN, coin))
    if both and found.add("USDT", in_usd[both[0]] / in_usdt[both[0]], Origin.DERIVED):
        found.notes.append(f"The price of USDT is the {both[0]} index in USD over that in USDT, as the venue has it.")

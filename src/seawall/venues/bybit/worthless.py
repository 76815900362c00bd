"""Options that are worth nothing: they tell neither forward nor volatility, and take what others tell."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from seawall.instruments import Future, Option, Perpetual
from seawall.market.stable_coins import STABLE_USD
from seawall.pricing import implied_vol
from seawall.venues.bybit.margin_answer import SAME, Coin, Line
from seawall.venues.bybit.solve import PRINT_ERROR_USD, ratio

NOTHING_USD = 2.0 * PRINT_ERROR_USD
"""A whole position that is worth no more than this is printed as nothing."""


def is_worthless(line: Line) -> bool:
    """Return whether an option's price, where nothing moves, is lost in printing.

    The settlement coin is taken as 1 USD, which a stable coin nearly is.
    """
    unmoved = line.ladder.cells[int(np.argmin(np.abs(line.ladder.moves))), SAME]
    return bool(abs(line.size * line.mark + unmoved) <= NOTHING_USD)


def borrowed_forward(
    line: Line, coin: Coin, forwards: Mapping[str, float], usd: Mapping[str, float]
) -> tuple[float, str]:
    """Return a forward for a worthless option, and whose it is; NaN where the answer has no price of its underlying.

    The forward of the nearest expiry whose options tell one comes first, then the mark of the nearest future, the
    perpetual for one, then the index, as printed or as the spot hedge tells it.

    Parameters
    ----------
    line, coin
        The option, and all that the answer says of its base coin.
    forwards
        Forwards that were solved, by name of option, each in its quote.
    usd
        USD per settlement coin.
    """
    quoted_in = usd.get(line.fact.quote, STABLE_USD)
    for price_usd, whose in _prices_usd(line, coin, forwards, usd):
        if 0.0 < price_usd < math.inf:
            return price_usd / quoted_in, whose
    return math.nan, ""


def _prices_usd(
    line: Line, coin: Coin, forwards: Mapping[str, float], usd: Mapping[str, float]
) -> Iterator[tuple[float, str]]:
    assert isinstance(line.fact, Option), "only an option can be worth nothing"
    expiry_ns = line.fact.expiry_ns

    def distance(other: Line) -> float:  # what never expires is as if it expired now
        return float(abs(getattr(other.fact, "expiry_ns", 0) - expiry_ns))

    def worth(other: Line, price: float) -> float:
        return price * (STABLE_USD if _inverse(other) else usd.get(other.fact.quote, STABLE_USD))

    told = sorted((other for other in coin.options if other.fact.name in forwards), key=distance)
    yield from ((worth(other, forwards[other.fact.name]), f"the forward of {other.fact.name}") for other in told)
    futures = sorted((other for other in coin.futures if other.mark > 0.0), key=distance)
    yield from ((worth(other, other.mark), f"the mark of {other.fact.name}") for other in futures)
    if (hedge := coin.hedge) is not None:
        yield hedge.index, f"the index of {coin.base}"
        if hedge.ladder is not None and hedge.size != 0.0:
            gained, moves = hedge.ladder.cells[:, 0], hedge.ladder.moves
            counted = gained != 0.0
            yield ratio(gained[counted], hedge.size * moves[counted])[0], f"the index of {coin.base}"


def _inverse(line: Line) -> bool:
    return isinstance(line.fact, Future | Perpetual) and line.fact.inverse


def borrowed_total_vol(line: Line, forward: float, coin_usd: float) -> float:
    """Return the vol·√years at which the cell that is worth most is met; 0 where every cell is lost in printing."""
    assert isinstance(line.fact, Option), "only an option can be worth nothing"
    prices = line.mark + line.ladder.cells[:, SAME] / (line.size * coin_usd)
    k = int(np.argmax(prices))
    if not prices[k] * abs(line.size) * coin_usd > NOTHING_USD:
        return 0.0
    moved = forward * (1.0 + line.ladder.moves[k])
    found = float(implied_vol.from_price(prices[k], moved, line.fact.strike, 1.0, is_call=line.fact.is_call))
    return found if found > 0.0 else 0.0


def worthless_lines(lines: Sequence[Line]) -> list[Line]:
    """Return the options of some contracts that are worth nothing."""
    return [line for line in lines if isinstance(line.fact, Option) and is_worthless(line)]

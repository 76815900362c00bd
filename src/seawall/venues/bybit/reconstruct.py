"""The market that a margin answer was computed on: what it prints, and what is solved from its profits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.errors import InputError, Problem
from seawall.core.time import NS_PER_MS, NS_PER_YEAR, iso
from seawall.instruments import Future, InstrumentTable, Option, Perpetual
from seawall.market import MarketSnapshot, Origin
from seawall.market.stable_coins import STABLE_USD
from seawall.venues.bybit.margin_answer import DOCUMENT, SAME, Coin, Line, MarginAnswer
from seawall.venues.bybit.solve import LARGEST_UNCERTAINTY, OptionRows, Solution, best, ratio, solve_expiry
from seawall.venues.bybit.worthless import borrowed_forward, borrowed_total_vol, is_worthless, worthless_lines

VENUE = "bybit"

_Expiry = tuple[str, str, int]
"""Base coin, settlement coin and expiry: what options must share to have one forward."""


@dataclass(slots=True)
class Reconstruction:
    """Prices that are being gathered, and the sentences that say where they come from.

    `borrowed` are forwards of worthless options, which other contracts tell; NaN where none does.
    """

    index: dict[str, float] = field(default_factory=dict)
    forward: dict[str, float] = field(default_factory=dict)
    vol: dict[str, float] = field(default_factory=dict)
    borrowed: dict[str, float] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)


def held(coin: Coin) -> tuple[Line, ...]:
    """Return the contracts that are held; an answer may list others, which have orders alone."""
    return tuple(line for line in coin.lines if line.size != 0.0)


def market_of(answer: MarginAnswer, *, future_contingency: dict[str, float]) -> tuple[MarketSnapshot, tuple[str, ...]]:
    """Return the market of an answer, and a sentence for each thing in it that was solved.

    Parameters
    ----------
    answer
        What the venue prints.
    future_contingency
        Share of the index that each coin of a future pays, by base coin: with it the index follows from the charge
        where nothing else tells it.

    Raises
    ------
    InputError
        When an option has expired, or no forward explains an expiry's profits.
    """
    found = Reconstruction()
    time_ns = answer.time_ms * NS_PER_MS
    lines = [line for coin in answer.coins for line in held(coin)]
    _refuse_expired(lines, time_ns)
    _solve_coins_and_options(found, lines, time_ns)
    for coin in answer.coins:
        _borrow(found, coin, time_ns)
        price = _index(coin, found, future_contingency.get(coin.base, math.nan)) if held(coin) else math.nan
        if price > 0.0:
            found.index[coin.base] = price
    forward = {**found.forward, **found.borrowed}
    snapshot = MarketSnapshot.of(
        InstrumentTable.of([line.fact for line in lines]),
        name=f"{VENUE}-answer-{iso(time_ns)[:10]}", venue=VENUE, source="asset/portfolio-margin", time_ns=time_ns,
        index=found.index, index_origin=dict.fromkeys(found.index, Origin.DERIVED), notes=tuple(found.said),
        mark=[line.mark for line in lines],
        forward=[forward.get(line.fact.name, line.mark) for line in lines],
        vol=[found.vol.get(line.fact.name, math.nan) for line in lines],
        forward_origin=[_origin(forward.get(line.fact.name)) for line in lines],
        vol_origin=[Origin.DERIVED if line.fact.name in found.vol else Origin.MISSING for line in lines],
    )  # fmt: skip
    return snapshot, tuple(found.said)


def _origin(solved: float | None) -> Origin:
    if solved is None:
        return Origin.OBSERVED
    return Origin.MISSING if math.isnan(solved) else Origin.DERIVED


def _refuse_expired(lines: Sequence[Line], time_ns: int) -> None:
    rule = f"contracts expire after the answer of {iso(time_ns)}"
    problems = [
        Problem(f"{line.path}.symbolName", line.fact.name, rule, where=DOCUMENT)
        for line in lines
        if isinstance(line.fact, Option | Future) and line.fact.expiry_ns <= time_ns
    ]  # fmt: skip
    if problems:
        raise InputError(problems)


def _solve_coins_and_options(found: Reconstruction, lines: Sequence[Line], time_ns: int) -> None:
    """Find USD per settlement coin, then each expiry's forward and its options' volatilities."""
    groups: dict[_Expiry, list[Line]] = {}
    for line in lines:
        if isinstance(line.fact, Option) and not is_worthless(line):
            groups.setdefault((line.fact.underlying, line.fact.settlement, line.fact.expiry_ns), []).append(line)
    coins = sorted({line.fact.settlement for line in lines if line.fact.settlement != line.fact.underlying})
    for coin in coins:
        price = _coin_from_futures(coin, lines)
        if price > 0.0:
            found.said.append(f"{coin} is {price:.9g} USD: the profits of linear contracts over size, mark and move.")
        else:
            price = _coin_from_options(found, coin, [rows for key, rows in groups.items() if key[1] == coin])
        found.index[coin] = price
    for (base, coin, expiry_ns), rows in groups.items():
        solved = solve_expiry(_option_rows(rows), coin_usd=found.index[coin])
        _keep(found, rows, solved, (expiry_ns - time_ns) / NS_PER_YEAR, f"{base} on {iso(expiry_ns)[:10]}")


def _borrow(found: Reconstruction, coin: Coin, time_ns: int) -> None:
    """Give worthless options the forward of others, and say so; they have none where the answer tells no price."""
    for line in worthless_lines(held(coin)):
        forward, whose = borrowed_forward(line, coin, found.forward, found.index)
        found.borrowed[line.fact.name] = forward
        if math.isnan(forward):
            found.said.append(f"{line.fact.name} is worth nothing, and nothing tells a price of {coin.base}.")
            continue
        years = (getattr(line.fact, "expiry_ns", time_ns) - time_ns) / NS_PER_YEAR
        found.vol[line.fact.name] = borrowed_total_vol(line, forward, found.index[line.fact.settlement]) / years**0.5
        found.said.append(
            f"{line.fact.name} is worth nothing, so that its profits tell no forward: it has {whose}, {forward:,.8g}, "
            f"and a volatility of {found.vol[line.fact.name]:.6g}."
        )


def _coin_from_futures(coin: str, lines: Sequence[Line]) -> float:
    """Return USD per settlement coin from linear futures and perpetuals; NaN where none is held."""
    linear = [line for line in lines if isinstance(line.fact, Future | Perpetual)
              and not line.fact.inverse and line.fact.settlement == coin]  # fmt: skip
    if not linear:
        return math.nan
    gained = np.concatenate([line.ladder.cells[:, 0] for line in linear])
    factor, _ = ratio(gained, np.concatenate([line.size * line.mark * line.ladder.moves for line in linear]))
    return factor


def _coin_from_options(found: Reconstruction, coin: str, groups: Sequence[Sequence[Line]]) -> float:
    """Return USD per settlement coin from the expiry that tells it best, or par where none tells it."""
    solved = best([solve_expiry(_option_rows(rows), coin_usd=None) for rows in groups])
    if solved is None or not solved.uncertainty <= LARGEST_UNCERTAINTY:
        found.said.append(f"{coin} is taken as {STABLE_USD:g} USD: the answer does not tell its price.")
        return STABLE_USD
    found.said.append(f"{coin} is {solved.coin_usd:.9g} USD: solved with the forward from options' profits.")
    return solved.coin_usd


def _option_rows(rows: Sequence[Line]) -> OptionRows:
    facts = [line.fact for line in rows]
    assert all(isinstance(fact, Option) for fact in facts)
    return OptionRows(
        strike=np.array([fact.strike for fact in facts]),  # type: ignore[union-attr]
        is_call=np.array([fact.is_call for fact in facts]),  # type: ignore[union-attr]
        size=np.array([line.size for line in rows]),
        mark=np.array([line.mark for line in rows]),
        moves=rows[0].ladder.moves,
        cells=_aligned(rows),
    )


def _aligned(rows: Sequence[Line]) -> FloatArray:
    """Return the cells of unchanged volatility, `(M, P)`, when all rows have the same price moves."""
    moves = rows[0].ladder.moves
    for line in rows:
        if len(line.ladder.moves) != len(moves) or not np.allclose(line.ladder.moves, moves, rtol=0.0, atol=1e-9):
            rule = f"it has the price moves of {rows[0].fact.name}, of the same expiry"
            raise InputError(Problem(f"{line.path}.pnlRanges", line.fact.name, rule, where=DOCUMENT))
    return np.array([line.ladder.cells[:, SAME] for line in rows], dtype=np.float64)


def _keep(found: Reconstruction, rows: Sequence[Line], solved: Solution | None, years: float, day: str) -> None:
    """Take an expiry's forward and volatilities, and say how well they are known."""
    if solved is None:
        rule = "profits at unchanged volatility are those of an option on some forward"
        raise InputError(Problem(f"{rows[0].path}.pnlRanges", rows[0].fact.name, rule, where=DOCUMENT))
    for line, total_vol in zip(rows, solved.total_vol.tolist(), strict=True):
        found.forward[line.fact.name] = solved.forward
        found.vol[line.fact.name] = total_vol / math.sqrt(years)
    vols = ", ".join(f"{found.vol[line.fact.name]:.6g}" for line in rows[:4]) + (", ..." if len(rows) > 4 else "")
    sentence = (
        f"The forward of {day} is {solved.forward:,.8g} and the volatilities of its options are {vols}: from their "
        f"profits at unchanged volatility, which are met within {solved.misfit_usd:.2g} USD"
    )
    if not solved.fits(_aligned(rows)):
        sentence += "; that is more than printing explains, so that the venue's rule is another one"
    elif not solved.uncertainty <= LARGEST_UNCERTAINTY:
        sentence += "; they are not well determined by them"
    found.said.append(sentence + ".")


def _index(coin: Coin, found: Reconstruction, charge: float) -> float:
    """Return USD per base coin: as printed, or from the first of what tells it; NaN where nothing does."""
    hedge = coin.hedge
    if hedge is not None and hedge.index > 0.0:
        return hedge.index
    told: list[tuple[float, str]] = []
    if hedge is not None and hedge.ladder is not None and hedge.size != 0.0:
        gained, moves = hedge.ladder.cells[:, 0], hedge.ladder.moves
        counted = gained != 0.0
        told.append((ratio(gained[counted], hedge.size * moves[counted])[0], "the spot hedge's profits"))
    inverse = [line for line in held(coin) if line.fact.settlement == coin.base]
    if inverse:
        gained = np.concatenate([line.ladder.cells[:, 0] for line in inverse])
        base = np.concatenate([line.size / line.mark * line.ladder.moves for line in inverse])
        told.append((ratio(gained, base)[0], "the profits of inverse contracts"))
    futures = [line for line in held(coin) if isinstance(line.fact, Future | Perpetual)]
    coins = sum(abs(line.size) / (line.mark if line in inverse else 1.0) for line in futures)
    if coins > 0.0 and charge > 0.0:
        amount = coin.contingency.get("futureContingency", math.nan) / coins / charge
        told.append((amount, "the contingency of futures at the policy's share, which so agrees by construction"))
    telling = [line for line in held(coin) if line.fact.name not in found.borrowed]
    if telling:
        nearest = min(telling, key=lambda line: getattr(line.fact, "expiry_ns", 0))
        quoted_in = found.index.get(nearest.fact.quote, STABLE_USD)  # an inverse contract's quote is the dollar itself
        forward = found.forward.get(nearest.fact.name, nearest.mark) * quoted_in
        told.append((forward, f"the forward of {nearest.fact.name}, because the answer does not tell the index"))
    price, source = next(((price, source) for price, source in told if 0.0 < price < math.inf), (math.nan, ""))
    if math.isnan(price):
        found.said.append(f"The answer does not tell the price of {coin.base}, so that nothing on it is computed.")
        return price
    found.said.append(f"{coin.base} is {price:,.9g} USD: {source}.")
    return price

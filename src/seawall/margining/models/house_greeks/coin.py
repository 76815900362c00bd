"""One coin's ladder: a unit of each instrument by its Greeks, A accounts, and the same ladder revalued in full."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray, IntArray
from seawall.instruments import Kind
from seawall.margining.blocks.lookups import of_underlying
from seawall.margining.blocks.usd import sums_of
from seawall.margining.models.house_greeks.bounds import option_bounds
from seawall.margining.models.house_greeks.expansion import expand, ladder_terms
from seawall.margining.models.house_greeks.numbers import ladder, look_ahead_days, vol_moves
from seawall.policy import MarginPolicy
from seawall.portfolio import Holdings, ResolvedBook


@dataclass(frozen=True, slots=True)
class UnitLadder:
    """One unit of each instrument on one coin's ladder, in USD.

    Attributes
    ----------
    members
        `(N,)` which instruments follow the coin; all else here is 0 for the others.
    cash
        `(6, N)` cash Greeks in the order of `TERMS`.
    terms
        `(6, S)` what each is multiplied by.
    pnl
        `(S, N)` profit and loss by the Greeks, and no further than an option's value can go.
    doubt
        `(S, N)` how far apart those bounds are: by so much the Greeks can be wrong.
    """

    members: BoolArray
    cash: FloatArray
    terms: FloatArray
    pnl: FloatArray
    doubt: FloatArray


@dataclass(frozen=True, slots=True)
class CoinLadder:
    """What the Greeks say of one coin, in USD.

    Attributes
    ----------
    greeks
        `(A, 6)` net cash Greeks in the order of `TERMS`.
    pnl
        `(A, S)` profit and loss by the Greeks within the bounds of each option.
    worst, cell
        `(A,)` largest loss by the Greeks, not negative, and where it is.
    """

    greeks: FloatArray
    pnl: FloatArray
    worst: FloatArray
    cell: IntArray


@dataclass(frozen=True, slots=True)
class Check:
    """The same ladder by full revaluation, `(A,)` each in USD.

    Attributes
    ----------
    worst
        Largest loss, not negative.
    error
        Loss by the Greeks less that: above zero where the Greeks ask for too much.
    largest_gap
        The largest difference in any one cell, either way.
    error_bound
        What the difference can be at most, known without the full revaluation.
    """

    worst: FloatArray
    error: FloatArray
    largest_gap: FloatArray
    error_bound: FloatArray


def unit_ladder(policy: MarginPolicy, book: ResolvedBook, base: str, greeks: FloatArray) -> UnitLadder:
    """Return the ladder of one coin for one unit of every instrument of a book, whose cash Greeks are `(6, N)`."""
    snapshot, days = book.snapshot, look_ahead_days(policy)
    moves, vols = ladder(policy, base).moves, vol_moves(policy, base)
    members = of_underlying(book, base)
    cash, terms = np.where(members, greeks, 0.0), ladder_terms(moves, vols)
    pnl = expand(cash.T, terms).T
    doubt = np.zeros_like(pnl)
    options = np.flatnonzero(members & snapshot.table.is_kind(Kind.OPTION))
    bounds = option_bounds(snapshot, options, moves, vols, days=days)
    pnl[:, options] = np.clip(pnl[:, options], bounds.lowest, bounds.highest)
    doubt[:, options] = bounds.highest - bounds.lowest
    return UnitLadder(members, cash, terms, pnl, doubt)


def coin_ladder(unit: UnitLadder, held: Holdings, owned: FloatArray) -> CoinLadder:
    """Return the charge of one coin.

    Parameters
    ----------
    unit
        The coin's ladder for one unit of each instrument.
    held
        Sizes of A accounts.
    owned
        `(A,)` USD that the accounts own of the coin itself: delta, and nothing else.
    """
    mine = held.where(unit.members[held.columns])
    net = sums_of(mine, unit.cash)
    greeks = np.column_stack([net[:, 0] + owned, net[:, 1:]])
    pnl = sums_of(mine, unit.pnl) + owned[:, None] * unit.terms[0]
    cell = np.argmin(pnl, axis=1).astype(np.int64)
    worst = np.maximum(-np.take_along_axis(pnl, cell[:, None], axis=1)[:, 0], 0.0)
    return CoinLadder(greeks, pnl, worst, cell)


def check(unit: UnitLadder, held: Holdings, usd: FloatArray, owned: FloatArray, found: CoinLadder) -> Check:
    """Return how far the Greeks are from the full revaluation, `(S, N)` in USD; others as for `coin_ladder`."""
    mine = held.where(unit.members[held.columns])
    full = sums_of(mine, usd) + owned[:, None] * unit.terms[0]
    worst = np.maximum(-full.min(axis=1, initial=0.0), 0.0)
    gap = np.abs(found.pnl - full).max(axis=1, initial=0.0)
    bound = sums_of(replace(mine, sizes=np.abs(mine.sizes)), unit.doubt).max(axis=1, initial=0.0)
    return Check(worst, found.worst - worst, gap, bound)

"""One coin of A accounts: net Greeks over the ladder, and the same ladder revalued in full."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seawall.core.arrays import FloatArray, IntArray
from seawall.margining.blocks.lookups import of_underlying
from seawall.margining.blocks.usd import sums_of
from seawall.margining.models.house_greeks.expansion import expand, ladder_terms
from seawall.margining.models.house_greeks.numbers import ladder, vol_moves
from seawall.policy import MarginPolicy
from seawall.portfolio import Holdings, ResolvedBook


@dataclass(frozen=True, slots=True)
class CoinLadder:
    """What the Greeks say of one coin, in USD.

    Attributes
    ----------
    greeks
        `(A, 6)` net cash Greeks in the order of `TERMS`.
    terms
        `(6, S)` what each is multiplied by.
    pnl
        `(A, S)` profit and loss by the Greeks.
    worst, cell
        `(A,)` largest loss by the Greeks, not negative, and where it is.
    """

    greeks: FloatArray
    terms: FloatArray
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
    """

    worst: FloatArray
    error: FloatArray
    largest_gap: FloatArray


def coin_ladder(
    policy: MarginPolicy, book: ResolvedBook, held: Holdings, cash: FloatArray, owned: FloatArray, base: str
) -> CoinLadder:
    """Return the charge of one coin.

    Parameters
    ----------
    policy, book
        The ladder, and whose instruments the holdings refer to.
    held
        Sizes of A accounts.
    cash
        `(6, N)` cash Greeks of every instrument.
    owned
        `(A,)` USD that the accounts own of the coin itself: delta, and nothing else.
    base
        The coin.
    """
    mine = held.where(of_underlying(book, base)[held.columns])
    greeks = sums_of(mine, cash)
    greeks[:, 0] = greeks[:, 0] + owned
    terms = ladder_terms(ladder(policy, base).moves, vol_moves(policy, base))
    pnl = expand(greeks, terms)
    cell = np.argmin(pnl, axis=1).astype(np.int64)
    worst = np.maximum(-np.take_along_axis(pnl, cell[:, None], axis=1)[:, 0], 0.0)
    return CoinLadder(greeks, terms, pnl, worst, cell)


def check(
    book: ResolvedBook, held: Holdings, usd: FloatArray, owned: FloatArray, base: str, found: CoinLadder
) -> Check:
    """Return how far the Greeks are from the full revaluation, `(S, N)` in USD; others as for `coin_ladder`."""
    mine = held.where(of_underlying(book, base)[held.columns])
    full = sums_of(mine, usd) + owned[:, None] * found.terms[0]
    worst = np.maximum(-full.min(axis=1, initial=0.0), 0.0)
    return Check(worst, found.worst - worst, np.abs(found.pnl - full).max(axis=1, initial=0.0))

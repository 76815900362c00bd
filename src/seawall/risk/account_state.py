"""What every account holds, owes and is short of in one state of the market, all its netting sets together in USD."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray
from seawall.core.errors import UnavailableError
from seawall.margining.result import Margins
from seawall.portfolio import Book
from seawall.risk.shift import Move
from seawall.risk.standing import Cost, Probe


@dataclass(frozen=True)
class AccountState:
    """A accounts in one state, `(A,)` USD each, and what each of R netting sets is short of, in its own currency.

    Attributes
    ----------
    equity, balance, initial, maintenance
        Of all netting sets of an account together.
    ratio
        Margin ratio of the netting set that is worst off, 1 where the venue acts.
    acts
        Whether the venue acts.
    called
        What is short of initial margin.
    closing_cost
        What it costs to close everything there; NaN where that is not known.
    sets, short, size, price
        Account row and currency of each netting set, what it is short of (negative where nothing is), its initial
        margin, and USD per unit of its currency.
    """

    equity: FloatArray
    balance: FloatArray
    initial: FloatArray
    maintenance: FloatArray
    ratio: FloatArray
    acts: BoolArray
    called: FloatArray
    closing_cost: FloatArray
    sets: tuple[tuple[int, str], ...]
    short: FloatArray
    size: FloatArray
    price: FloatArray


def account_state(probe: Probe, book: Book, move: Move, *, cost: Cost | None = None) -> AccountState:
    """Return where accounts stand after a move.

    Parameters
    ----------
    probe
        What asks the policy.
    book
        The probe's `compact`, but for its balances.
    move
        From the probe's market.
    cost
        What closing costs, from `slippage.closing_cost`.

    Examples
    --------
    >>> import seawall as sw
    >>> from seawall.policy import at
    >>> now, book = sw.load_snapshot("deribit-btc-2026-08-01"), sw.load_book("demo")
    >>> probe = Probe(book.take([0]), now, at("deribit/x_pm/2026-02-15"))
    >>> fallen = account_state(probe, probe.compact, Move({"BTC": -0.3}))
    >>> fallen.acts.tolist(), bool(fallen.called[0] > 0.0)
    ([True], True)
    """
    margins, states = probe.margins_of(book, move)
    need = margins.requirement
    index = margins.book.snapshot.index
    price = np.array([1.0 if name == "USD" else index.get(name, np.nan) for name in need.currencies])[need.currency]

    def usd(amounts: FloatArray) -> FloatArray:
        worth = np.where(amounts == 0.0, 0.0, amounts * price)
        return np.bincount(need.account, weights=worth, minlength=len(book)).astype(np.float64)

    short = margins.initial_margin - (need.margin_balance - need.haircut)
    ratio, acts = np.zeros(len(book)), np.zeros(len(book), np.bool_)
    with np.errstate(invalid="ignore"):  # what is not known stays so
        np.maximum.at(ratio, need.account, states.ratio[0])
    np.logical_or.at(acts, need.account, states.short[0] >= 0.0)
    sets = tuple((int(a), need.currencies[c]) for a, c in zip(need.account, need.currency, strict=True))
    return AccountState(
        usd(need.equity), usd(need.margin_balance), usd(margins.initial_margin), usd(margins.maintenance_margin),
        ratio, acts, usd(np.maximum(short, 0.0)), _cost(cost, margins, len(book)), sets, short, margins.initial_margin,
        price,
    )  # fmt: skip


def _cost(cost: Cost | None, margins: Margins, count: int) -> FloatArray:
    """Return what closing costs, account by account where it is not known for some."""
    if cost is None:
        return np.full(count, np.nan)
    try:
        return cost(margins.book)
    except UnavailableError:
        found = np.full(count, np.nan)
        for a in range(count):
            try:
                found[a] = cost(margins.book.take(np.array([a], dtype=np.int64)))[0]
            except UnavailableError:
                continue
        return found

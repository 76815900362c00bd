"""Netting sets of an account together, in one currency: where one number is wanted for a segregated account."""

from __future__ import annotations

from typing import Literal

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.margining.result import Margins


def total_usd(margins: Margins, which: Literal["initial", "maintenance"]) -> FloatArray:
    """Return the margin of all netting sets of each account in USD, `(A,)`, at the snapshot's index.

    NaN where a netting set is unavailable, or needs margin in a currency that has no index. What needs nothing needs no
    price either.

    Examples
    --------
    >>> import seawall as sw
    >>> margins = sw.margin({"BTC-PERPETUAL": 10_000, "BTC": 1.0}, "deribit-btc-2026-08-01", "deribit/s_sm")
    >>> total_usd(margins, "initial").round(2).tolist()
    [200.08]
    """
    return usd_of(margins, margins.initial_margin if which == "initial" else margins.maintenance_margin)


def usd_of(margins: Margins, amounts: FloatArray) -> FloatArray:
    """Return amounts of netting sets, `(R,)` in the currency of each, as USD of accounts, `(A,)`."""
    need, index = margins.requirement, margins.snapshot.index
    prices = np.array([1.0 if name == "USD" else index.get(name, np.nan) for name in need.currencies])
    worth = np.where(amounts == 0.0, 0.0, amounts * prices[need.currency])
    summed = np.bincount(need.account, weights=worth, minlength=len(margins.book.book))
    return np.asarray(summed, dtype=np.float64)

"""Calls that are paid: how much of an asset brings every netting set back to its initial margin."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.portfolio import Book
from seawall.risk.account_state import account_state
from seawall.risk.shift import Move
from seawall.risk.standing import Probe

PAYMENT_ROUNDS = 8
PAID_TOLERANCE = 1e-9
"""Share of the requirement below which nothing more is asked for."""
LEAST_COUNTED = 1e-3
"""A payment that counts for less than this share of its worth is of no use."""


def pay(
    probe: Probe, book: Book, move: Move, pay_in: str, *, leave: Collection[int] = ()
) -> tuple[Book, FloatArray, dict[int, str]]:
    """Return the book with what is short paid in, what that was worth, `(A,)` USD, and which asset who paid in vain.

    A unit may count for less than its worth, and may be margined itself: what a payment did says how much more is
    needed, until nothing is short. An account whose payment does not lower what it is short of pays no more.

    Parameters
    ----------
    leave
        Rows of accounts that pay nothing.
    """
    vain: dict[int, str] = {}
    paid, here, held = np.zeros(len(book)), account_state(probe, book, move), book
    counts = dict.fromkeys(here.sets, 1.0)
    for _ in range(PAYMENT_ROUNDS):
        due = [
            s
            for s, (a, _) in enumerate(here.sets)
            if here.short[s] > PAID_TOLERANCE * here.size[s] and a not in vain and a not in leave
        ]
        if not due:
            break
        worth, assets = {}, {}
        for s in due:
            a, currency = here.sets[s]
            asset = pay_in or (probe.dollar if currency == "USD" else currency)
            assets[a, currency] = asset
            price = probe.snapshot.price_usd(asset) * (1.0 + move.spot.get(asset, 0.0))
            usd = float(here.short[s] * here.price[s]) / counts[a, currency]
            held = _with_more(held, a, asset, usd / price)
            worth[a, currency] = usd / float(here.price[s])
            paid[a] += usd
        after = account_state(probe, held, move)
        for s in due:
            key = here.sets[s]
            counts[key] = float(here.short[s] - after.short[after.sets.index(key)]) / worth[key]
            if not counts[key] > LEAST_COUNTED:
                vain[key[0]] = assets[key]
        here = after
    return held, paid, vain


def _with_more(book: Book, account: int, asset: str, amount: float) -> Book:
    """Return the book with some units of an asset more in one account."""
    wide = 0 if asset in book.assets else 1
    none = np.zeros((len(book), wide))
    balances = np.hstack([book.balances, none])
    assets = book.assets if not wide else (*book.assets, asset)
    balances[account, assets.index(asset)] += amount
    charges = {name: np.hstack([amounts, none]) for name, amounts in book.charges.items()}
    return replace(book, assets=assets, balances=balances, charges=charges)

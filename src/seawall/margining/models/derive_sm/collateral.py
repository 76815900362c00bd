"""What an account has beside its positions: cash at par, profit not yet settled, and assets that count in part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.margining.blocks.cash_coin import stable_price
from seawall.margining.blocks.confidence import low_confidence_charge, stated
from seawall.margining.blocks.equity import equity_in
from seawall.margining.blocks.lookups import usd_price
from seawall.margining.models.derive_sm.numbers import Counted, read_counted, read_general
from seawall.market import Exposure
from seawall.policy import MarginPolicy
from seawall.portfolio import ResolvedBook

CASH = ("USD", "USDC")
"""Counts at par: Derive's cash is USDC, whatever it trades at."""
STABLE = "USDC"
"""The coin whose price an asset's worth is divided by."""


@dataclass(frozen=True)
class Asset:
    """One asset of A accounts, USD: what it is worth `(A,)`, and what counts for both margins, `(2, A)`."""

    worth: FloatArray
    counted: FloatArray


@dataclass(frozen=True)
class Collateral:
    """What A accounts have beside positions, USD.

    Attributes
    ----------
    worth
        `(A,)` all of it: cash, unrealised profit, and assets at their price over the cash coin's.
    left_out
        `(2, A)` what does not count for initial and for maintenance margin.
    confidence
        `(A,)` what initial margin adds where an asset's price is unsure.
    assets
        By name.
    refused
        Assets that the policy does not take, and why.
    """

    worth: FloatArray
    left_out: FloatArray
    confidence: FloatArray
    assets: Mapping[str, Asset]
    refused: Mapping[str, str]


def collateral_of(policy: MarginPolicy, book: ResolvedBook, leaning: Exposure) -> Collateral:
    """Return what every account has beside its positions; a debt counts whole."""
    table, feeds, count = book.snapshot.table, book.snapshot.feeds, len(book.book)
    general, stable = read_general(policy), stable_price(book, STABLE)
    worth, confidence, left_out = np.zeros(count), np.zeros(count), np.zeros((2, count))
    assets: dict[str, Asset] = {}
    refused: dict[str, str] = {}
    coins = {table.settlement[n] for n in np.flatnonzero(table.inverse)}
    for name in sorted({*table.settlements, *book.book.assets}):
        part = equity_in(name, book, leaning)
        price = usd_price(book, name)
        at = price if name in coins else 1.0
        worth = worth + np.where(part.unrealised == 0.0, 0.0, part.unrealised * at)
        if name in CASH:
            worth = worth + part.cash
        elif name in book.book.assets:
            shares = read_counted(policy, name)
            if shares is None:
                refused[name] = f"{name}: {policy.id} does not take it as collateral"
            one = _asset(part.cash, price, stable, shares or Counted(np.nan, np.nan))
            assets[name] = one
            worth, left_out = worth + one.worth, left_out + (one.worth - one.counted)
            sure = stated(np.nan if feeds is None else feeds.index_confidence.get(name, np.nan))
            if shares is not None and shares.mm > 0.0:
                confidence = confidence + low_confidence_charge(
                    np.full(count, float(sure)),
                    np.where(part.cash == 0.0, 0.0, np.abs(part.cash) * price),
                    threshold=general.base_conf_threshold,
                    margin=general.conf_factor,
                )
    return Collateral(worth, left_out, confidence, assets, refused)


def _asset(amount: FloatArray, price: float, stable: float, shares: Counted) -> Asset:
    usd = np.where(amount == 0.0, 0.0, amount * price)
    worth = usd / stable
    counted = [np.where(amount > 0.0, usd * share, worth) for share in (shares.im, shares.mm)]
    return Asset(worth, np.array(counted))

"""Collateral of a cross account: which group of numbers an asset takes, and what a haircut leaves out."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.market.stable_coins import STABLE_ASSETS

USD_ASSETS = frozenset({"USD", *STABLE_ASSETS})
"""Assets that take the numbers of the currency `usd`."""


def currency_key(asset: str) -> str:
    """Return the policy's name for an asset's group of numbers."""
    return "usd" if asset in USD_ASSETS else asset.lower()


def worth(amounts: Mapping[str, FloatArray], prices: Mapping[str, float], *, accounts_count: int) -> FloatArray:
    """Return amounts of several assets at their prices, `(A,)`; a price that is missing touches only its holders."""
    total = np.zeros(accounts_count)
    for asset, amount in amounts.items():
        total = total + np.where(amount == 0.0, 0.0, amount * prices[asset])
    return total


def haircut_of(
    amounts: Mapping[str, FloatArray], prices: Mapping[str, float], shares: Mapping[str, float], *, accounts_count: int
) -> FloatArray:
    """Return what haircuts leave out of positive amounts, `(A,)`; debts count whole."""
    cut = {asset: prices[asset] * shares[asset] for asset in amounts}
    owned = {asset: np.maximum(amount, 0.0) for asset, amount in amounts.items()}
    return worth(owned, cut, accounts_count=accounts_count)

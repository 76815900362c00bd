"""Collateral by tiers of its amount, and debts: what an asset counts for, and what owing it costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.memo import remembered
from seawall.margining.blocks.brackets import bracketed
from seawall.policy import MarginPolicy

COLLATERAL_NUMBERS = ("lower_bounds", "ratios")
DEBT_NUMBERS = ("borrow_initial", "borrow_maintenance")


@dataclass(frozen=True, slots=True)
class Tiers:
    """An asset's numbers as collateral and as debt.

    Attributes
    ----------
    lower_bounds, ratios
        Where each tier begins, in units of the asset, and the share of it that counts.
    borrow_initial, borrow_maintenance
        Margin of a debt, as a share of its worth.
    """

    lower_bounds: tuple[float, ...]
    ratios: tuple[float, ...]
    borrow_initial: float
    borrow_maintenance: float


def tiers_path(asset: str) -> str:
    """Return where a policy keeps an asset's numbers."""
    return f"collateral.{asset.lower()}"


@remembered
def tiers_of(policy: MarginPolicy, asset: str) -> Tiers | None:
    """Return an asset's numbers; None where the policy has none, so that its holders are refused."""
    path = tiers_path(asset)
    if not policy.has(f"{path}.ratios"):
        return None
    return Tiers(
        policy.numbers(f"{path}.lower_bounds"), policy.numbers(f"{path}.ratios"),
        *(policy.number(f"{path}.{name}") for name in DEBT_NUMBERS),
    )  # fmt: skip


def refused_asset(policy: MarginPolicy, asset: str) -> str:
    """Say why an asset can't be counted; empty where it can."""
    return "" if tiers_of(policy, asset) else f"{asset}: {policy.id} has no collateral ratio for it"


def counted(amount: FloatArray, lower_bounds: Sequence[float], ratios: Sequence[float]) -> FloatArray:
    """Return what of an amount counts: each slice of what is owned at its own share, and a debt whole.

    Parameters
    ----------
    amount
        Any shape, negative where it is owed; NaN stays NaN.
    lower_bounds
        Where each tier begins, in the unit of the amount; the last has no end.
    ratios
        The share that counts in each tier.

    Examples
    --------
    >>> counted(np.array([10.0, 30.0, -5.0]), (0.0, 20.0), (0.9, 0.5)).tolist()
    [9.0, 23.0, -5.0]
    """
    return bracketed(np.maximum(amount, 0.0), lower_bounds, ratios) + np.minimum(amount, 0.0)


def uncounted(amount: FloatArray, tiers: Tiers | None) -> FloatArray:
    """Return how much of an amount does not count as collateral, in units of the asset; a debt counts whole.

    Examples
    --------
    >>> uncounted(np.array([10.0, 30.0, -5.0]), Tiers((0.0, 20.0), (0.9, 0.5), 0.2, 0.04)).tolist()
    [1.0, 7.0, 0.0]
    """
    owned = np.maximum(amount, 0.0)
    if tiers is None:
        return np.where(owned > 0.0, np.nan, 0.0)
    return owned - counted(owned, tiers.lower_bounds, tiers.ratios)


@dataclass(frozen=True, slots=True)
class DebtMargin:
    """Margin of debts in USD, `(A,)` each."""

    initial: FloatArray
    maintenance: FloatArray


def debt_margin(
    amounts: Mapping[str, FloatArray],
    prices: Mapping[str, float],
    tiers: Mapping[str, Tiers | None],
    *,
    accounts_count: int,
) -> DebtMargin:
    """Return the margin of what accounts owe, asset by asset.

    Parameters
    ----------
    amounts
        Cash and unrealised profit of A accounts by asset; a debt is below zero.
    prices
        USD for a unit of each asset; NaN touches only those who owe it.
    tiers
        Numbers of each asset; None makes those who owe it unavailable.
    """
    initial, maintenance = np.zeros(accounts_count), np.zeros(accounts_count)
    for asset, amount in amounts.items():
        numbers, debt = tiers[asset], np.maximum(-amount, 0.0)
        rates = (numbers.borrow_initial, numbers.borrow_maintenance) if numbers else (np.nan, np.nan)
        owed = debt > 0.0
        initial = initial + np.where(owed, debt * prices[asset] * rates[0], 0.0)
        maintenance = maintenance + np.where(owed, debt * prices[asset] * rates[1], 0.0)
    return DebtMargin(initial, maintenance)

"""The policy's numbers as the rules read them: tiers of a market, loan-to-value and caps of a coin."""

from __future__ import annotations

from dataclasses import dataclass

from seawall.margining.models.hyperliquid.liquidation import LiquidationConfig
from seawall.margining.models.hyperliquid.tiers import Tiers
from seawall.policy import MarginPolicy

CASH = ("USD", "USDC")
"""Counts at par: what perpetuals settle in, and dollars of other venues' books, which are taken for it."""
MARKET_NUMBERS = ("lower_bounds", "max_leverages")
COLLATERAL_NUMBERS = ("loan_to_value", "supply_cap")
LIQUIDATION_NUMBERS = ("backstop_share", "partial_above", "partial_share", "cooldown_seconds")


@dataclass(frozen=True, slots=True)
class Collateral:
    """A coin that is lent against: share of its worth that may be borrowed, and how many units of it count."""

    loan_to_value: float
    supply_cap: float


def market_paths(base: str) -> list[str]:
    """Return the paths of a market's tiers."""
    return [f"market.{base.lower()}.{name}" for name in MARKET_NUMBERS]


def collateral_paths(asset: str) -> list[str]:
    """Return the paths of a coin's numbers as collateral."""
    return [f"collateral.{asset.lower()}.{name}" for name in COLLATERAL_NUMBERS]


def read_tiers(policy: MarginPolicy, base: str) -> Tiers | None:
    """Return a market's tiers; None where the policy has none."""
    bounds, leverages = market_paths(base)
    return Tiers(policy.numbers(bounds), policy.numbers(leverages)) if policy.has(bounds) else None


def read_collateral(policy: MarginPolicy, asset: str) -> Collateral | None:
    """Return a coin's numbers as collateral; None where the policy has none."""
    paths = collateral_paths(asset)
    return Collateral(*(policy.number(path) for path in paths)) if policy.has(paths[0]) else None


def read_liquidation(policy: MarginPolicy) -> LiquidationConfig:
    """Return the venue's liquidation settings."""
    return LiquidationConfig(*(policy.number(f"liquidation.{name}") for name in LIQUIDATION_NUMBERS))

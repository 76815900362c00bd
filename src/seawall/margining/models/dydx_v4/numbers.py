"""The policy's numbers as the rule reads them: in the chain's own integers."""

from __future__ import annotations

from dataclasses import dataclass

from seawall.margining.blocks.fixed_point import to_units
from seawall.margining.models.dydx_v4.liquidation import LiquidationConfig
from seawall.margining.models.dydx_v4.quantums import QUOTE_DECIMALS, Tier
from seawall.policy import MarginPolicy

TIER_NUMBERS = (
    "initial_margin_ppm", "maintenance_fraction_ppm", "open_interest_lower_cap", "open_interest_upper_cap",
)  # fmt: skip
MARKET_NUMBERS = ("liquidity_tier", "atomic_resolution", "price_exponent")
FILL_NUMBERS = ("max_liquidation_fee_ppm", "bankruptcy_adjustment_ppm", "spread_to_maintenance_margin_ratio_ppm")
BLOCK_NUMBERS = (
    "min_position_notional_liquidated", "max_position_portion_liquidated_ppm", "max_subaccount_notional_liquidated",
)  # fmt: skip
ISOLATED = "isolated"
"""Tier of markets that a cross-margined subaccount can't hold."""


@dataclass(frozen=True, slots=True)
class MarketNumbers:
    """A market's numbers that do not move: its tier, and what its quantums and prices are in."""

    tier_name: str
    tier: Tier
    atomic_resolution: int
    price_exponent: int


def market_path(base: str) -> str:
    """Return where the policy keeps a coin's numbers."""
    return f"market.{base.lower()}"


def read_market(policy: MarginPolicy, base: str) -> MarketNumbers | None:
    """Return a market's numbers, None where the policy has none."""
    path = market_path(base)
    if not policy.has(f"{path}.{MARKET_NUMBERS[0]}"):
        return None
    tier = policy.word(f"{path}.liquidity_tier")
    return MarketNumbers(
        tier, read_tier(policy, tier), _whole(policy, f"{path}.atomic_resolution"),
        _whole(policy, f"{path}.price_exponent"),
    )  # fmt: skip


def read_tier(policy: MarginPolicy, name: str) -> Tier:
    """Return a liquidity tier; caps are kept in USD and read in quote quantums."""
    initial, fraction, lower, upper = (f"tier.{name}.{number}" for number in TIER_NUMBERS)
    return Tier(_whole(policy, initial), _whole(policy, fraction), _quote(policy, lower), _quote(policy, upper))


def read_liquidation(policy: MarginPolicy) -> LiquidationConfig:
    """Return the chain's liquidation settings."""
    fee, adjustment, spread = (_whole(policy, f"liquidation.{name}") for name in FILL_NUMBERS)
    least, share, most = (f"liquidation.{name}" for name in BLOCK_NUMBERS)
    return LiquidationConfig(
        fee, adjustment, spread, _quote(policy, least), _whole(policy, share), _quote(policy, most)
    )


def number_paths(policy: MarginPolicy, base: str) -> list[str]:
    """Return the paths of all numbers that a market's margin reads."""
    tier = policy.word(f"{market_path(base)}.liquidity_tier")
    market = [f"{market_path(base)}.{name}" for name in MARKET_NUMBERS]
    return [*market, *(f"tier.{tier}.{name}" for name in TIER_NUMBERS)]


def _whole(policy: MarginPolicy, path: str) -> int:
    return int(policy.number(path))


def _quote(policy: MarginPolicy, path: str) -> int:
    return to_units(policy.number(path), QUOTE_DECIMALS)

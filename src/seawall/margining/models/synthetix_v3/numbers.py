"""The policy's numbers as the rule reads them: in the contract's whole units."""

from __future__ import annotations

from seawall.margining.blocks.fixed_point import WEI
from seawall.margining.models.synthetix_v3.collateral import Discount
from seawall.margining.models.synthetix_v3.liquidation import KeeperGuards
from seawall.margining.models.synthetix_v3.market import Market
from seawall.policy import MarginPolicy

CASH = ("USD", "USDC")
"""Counts at par: the contract's collateral is its own dollar, and those of other venues' books are taken for it."""
MARKET_NUMBERS = (
    "skew_scale", "initial_margin_fraction", "minimum_initial_margin_ratio", "maintenance_margin_scalar",
    "minimum_position_margin", "flag_reward_ratio", "maker_fee", "taker_fee", "liquidation_limit_multiplier",
)  # fmt: skip
WINDOW = "liquidation_window_seconds"
KEEPER_NUMBERS = (
    "min_keeper_reward", "min_profit_ratio", "max_keeper_reward", "max_scaling_ratio", "flag_cost", "liquidate_cost",
)  # fmt: skip
DISCOUNT_NUMBERS = ("upper_limit_discount", "lower_limit_discount", "discount_scalar", "spot_skew_scale")


def market_paths(base: str) -> list[str]:
    """Return the paths of a market's numbers."""
    return [f"market.{base.lower()}.{name}" for name in (*MARKET_NUMBERS, WINDOW)]


def discount_paths(asset: str) -> list[str]:
    """Return the paths of a coin's numbers as collateral."""
    return [f"collateral.{asset.lower()}.{name}" for name in DISCOUNT_NUMBERS]


def keeper_paths() -> list[str]:
    """Return the paths of what keepers are paid."""
    return [f"keeper.{name}" for name in KEEPER_NUMBERS]


def read_market(policy: MarginPolicy, base: str) -> Market | None:
    """Return a market's numbers; None where the policy has none."""
    *paths, window = market_paths(base)
    if not policy.has(window):
        return None
    return Market(*[*(WEI.of(policy.number(path)) for path in paths), int(policy.number(window))])


def read_discount(policy: MarginPolicy, asset: str) -> Discount | None:
    """Return a coin's numbers as collateral; None where the policy has none."""
    paths = discount_paths(asset)
    return Discount(*(WEI.of(policy.number(path)) for path in paths)) if policy.has(paths[0]) else None


def read_keeper(policy: MarginPolicy) -> KeeperGuards:
    """Return what keepers are paid."""
    return KeeperGuards(*(WEI.of(policy.number(path)) for path in keeper_paths()))

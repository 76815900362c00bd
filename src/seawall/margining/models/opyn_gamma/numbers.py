"""The policy's numbers as the rule reads them: in the calculator's whole units."""

from __future__ import annotations

from seawall.margining.blocks.fixed_point import RAY
from seawall.margining.models.opyn_gamma.naked import SECONDS_PER_DAY, Product
from seawall.policy import MarginPolicy

PRODUCT_NUMBERS = ("spot_shock", "days", "upper_bounds")

CHAIN_DECIMALS = 8
"""Decimals of option amounts, strikes and oracle prices on the chain."""


def on_chain(number: float) -> int:
    """Return an amount, strike or price as the calculator has it: rounded to the decimals that the chain has of it."""
    return RAY.of(number, kept=CHAIN_DECIMALS)


def product_paths(base: str, *, is_put: bool) -> list[str]:
    """Return the paths of a product's numbers."""
    return [f"{'put' if is_put else 'call'}.{base.lower()}.{name}" for name in PRODUCT_NUMBERS]


def decimals_path(asset: str) -> str:
    """Return where the policy keeps the decimals of a collateral."""
    return f"asset.{asset.lower()}.decimals"


def read_product(policy: MarginPolicy, base: str, *, is_put: bool) -> Product | None:
    """Return a product's numbers; None where the policy has none."""
    shock, days, bounds = product_paths(base, is_put=is_put)
    if not policy.has(shock):
        return None
    seconds = tuple(round(day * SECONDS_PER_DAY) for day in policy.numbers(days))
    return Product(RAY.of(policy.number(shock)), seconds, tuple(RAY.of(bound) for bound in policy.numbers(bounds)))


def read_decimals(policy: MarginPolicy, asset: str) -> int | None:
    """Return the decimals of a collateral; None where the policy does not take it."""
    path = decimals_path(asset)
    return int(policy.number(path)) if policy.has(path) else None

"""The policy's numbers as the rule reads them: one ladder for each coin."""

from __future__ import annotations

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.margining.blocks.scenario_grid import GridSpec
from seawall.policy import MarginPolicy
from seawall.scenarios import Relative, Unchanged

VOL_NAMES = ("down", "same", "up")


def coin_path(base: str) -> str:
    """Return where the policy keeps a coin's ladder."""
    return f"market.{base.lower()}"


def knows(policy: MarginPolicy, base: str) -> bool:
    """Whether the policy has a ladder for an underlying."""
    return policy.has(f"{coin_path(base)}.price_range")


def ladder(policy: MarginPolicy, base: str) -> GridSpec:
    """Return a coin's prices and volatilities; there are no far moves."""
    reach = policy.number(f"{coin_path(base)}.vol_range")
    return GridSpec(
        price_range=policy.number(f"{coin_path(base)}.price_range"),
        steps_count=int(policy.number("general.price_steps_count")),
        vol_shocks={"down": Relative(-reach), "same": Unchanged(), "up": Relative(reach)},
        far_moves=(),
        far_vol="same",
    )


def look_ahead_days(policy: MarginPolicy) -> float:
    """Return the time that passes on the ladder."""
    return policy.number("general.look_ahead_days")


def vol_moves(policy: MarginPolicy, base: str) -> FloatArray:
    """Return the relative moves of volatility, `(3,)`, in the order of `VOL_NAMES`."""
    reach = policy.number(f"{coin_path(base)}.vol_range")
    return np.array([-reach, 0.0, reach])

"""The policy's numbers as the rule reads them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.memo import remembered
from seawall.margining.blocks.scenario_grid import GridSpec
from seawall.policy import MarginPolicy
from seawall.scenarios import TermScaled, Unchanged

VOL_NAMES = ("up", "same", "down")
VOL_RANGES = ("volatility_range_up", "volatility_range_down")
SHORT_POWER, LONG_POWER = "short_vega_power", "long_vega_power"
PIVOT_DAYS, MIN_DAYS = "general.vol_pivot_days", "general.vol_min_days"


@dataclass(frozen=True, slots=True)
class CoinNumbers:
    """What the rule reads of one coin.

    Attributes
    ----------
    spec
        Prices and volatilities of the grid; there are no far moves.
    vol_ranges
        `(V,)` relative changes of volatility at the pivot, in the order of the grid: up, none, down.
    im_factor
        Initial margin over maintenance margin.
    future, short_option, stable_spread
        Shares of the index for each coin of a future, of net short options, of delta hedged across settlements.
    vega_per_day, basis_per_year
        Shares of the index for each coin hedged across expiries and each day or year between them.
    """

    spec: GridSpec
    vol_ranges: FloatArray
    im_factor: float
    future: float
    short_option: float
    vega_per_day: float
    basis_per_year: float
    stable_spread: float


def coin_path(base: str) -> str:
    """Return where the policy keeps a coin's numbers."""
    return f"market.{base.lower()}"


def knows(policy: MarginPolicy, base: str) -> bool:
    """Whether the policy has numbers for a coin's derivatives."""
    return policy.has(f"{coin_path(base)}.price_range")


@remembered
def grid_spec(policy: MarginPolicy, base: str) -> GridSpec:
    """Return a coin's grid: eleven prices with three volatilities each, in the venue's order."""
    path = coin_path(base)
    powers = (policy.number(f"{path}.{SHORT_POWER}"), policy.number(f"{path}.{LONG_POWER}"))
    pivot, least = policy.number(PIVOT_DAYS), policy.number(MIN_DAYS)
    up, down = (policy.number(f"{path}.{name}") for name in VOL_RANGES)
    return GridSpec(
        price_range=policy.number(f"{path}.price_range"),
        steps_count=int(policy.number("general.price_steps_count")),
        vol_shocks={
            "up": TermScaled(up, *powers, 0.0, pivot, least, whole_days=True),
            "same": Unchanged(),
            "down": TermScaled(-down, *powers, 0.0, pivot, least, whole_days=True),
        },
        far_moves=(),
        far_vol="up",
    )


@remembered
def coin_numbers(policy: MarginPolicy, base: str) -> CoinNumbers:
    """Return a coin's numbers; raises `UnavailableError` where the policy lacks one."""
    path = coin_path(base)
    return CoinNumbers(
        spec=grid_spec(policy, base),
        vol_ranges=np.array(
            [policy.number(f"{path}.volatility_range_up"), 0.0, -policy.number(f"{path}.volatility_range_down")]
        ),
        im_factor=policy.number(f"{path}.im_factor"),
        future=policy.number(f"{path}.future_contingency"),
        short_option=policy.number(f"{path}.short_option_contingency"),
        vega_per_day=policy.number(f"{path}.vega_spread_per_day"),
        basis_per_year=policy.number(f"{path}.basis_per_year"),
        stable_spread=policy.number(f"{path}.stable_spread"),
    )

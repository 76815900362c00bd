"""The policy's numbers as the model reads them: tables of brackets, option factors, tiers, the ladder."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.instruments import InstrumentTable, Kind
from seawall.margining.blocks.refusals import Sort
from seawall.margining.blocks.short_option_rates import FACTORS
from seawall.market.stable_coins import STABLE_ASSETS
from seawall.policy import MarginPolicy

FAMILIES = ("usdm", "usdm_dated", "coinm")
"""Tables of futures: settled in a stable coin without and with expiry, and settled in coin."""
DOLLARS = ("USD", *STABLE_ASSETS)
TABLE_NUMBERS = ("floor", "rate", "leverage")
COLLATERAL_NUMBERS = ("floor", "rate")


@dataclass(frozen=True, slots=True)
class Brackets:
    """One table: where each bracket begins, its maintenance rate and its largest leverage."""

    floor: tuple[float, ...]
    rate: tuple[float, ...]
    leverage: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Tiers:
    """Collateral rate of one asset: where each tier begins in USD, and its rate."""

    floor: tuple[float, ...]
    rate: tuple[float, ...]


def family_of(sort: Sort) -> str:
    """Return which table a future or perpetual is margined by.

    What settles in coin without being inverse has tables of its own at the venue, in that coin, and none here.
    """
    if sort.inverse:
        return "coinm"
    if sort.settlement not in DOLLARS:
        return "other"
    return "usdm_dated" if sort.kind == Kind.FUTURE else "usdm"


def table_paths(base: str, family: str) -> list[str]:
    """Return the paths of one table of an underlying."""
    return [f"market.{base.lower()}.{family}_{name}" for name in TABLE_NUMBERS]


def option_paths(base: str) -> list[str]:
    """Return the paths of an underlying's option factors."""
    return [f"market.{base.lower()}.option_{name}" for name in FACTORS]


def collateral_paths(asset: str) -> list[str]:
    """Return the paths of an asset's collateral rate."""
    return [f"collateral.{asset.lower()}.{name}" for name in COLLATERAL_NUMBERS]


def knows(policy: MarginPolicy, paths: list[str]) -> bool:
    """Whether all of some numbers are known."""
    return all(policy.has(path) for path in paths)


def brackets(policy: MarginPolicy, base: str, family: str) -> Brackets | None:
    """Return one table; None where the policy has none."""
    paths = table_paths(base, family)
    return Brackets(*(policy.numbers(path) for path in paths)) if knows(policy, paths) else None


def tiers(policy: MarginPolicy, asset: str) -> Tiers:
    """Return an asset's tiers; a rate of NaN where the policy has none, so that its holders see it."""
    paths = collateral_paths(asset)
    if not knows(policy, paths):
        return Tiers((0.0,), (float("nan"),))
    return Tiers(*(policy.numbers(path) for path in paths))


def option_factors(policy: MarginPolicy, table: InstrumentTable) -> dict[str, FloatArray]:
    """Return the four factors of each instrument's underlying, `(N,)` each; NaN where the policy has none."""
    found = {}
    for name in FACTORS:
        by_base = {}
        for base in table.underlyings:
            path = f"market.{base.lower()}.option_{name}"
            by_base[base] = policy.number(path) if policy.has(path) else np.nan
        found[name] = np.array([by_base[base] for base in table.underlying], dtype=np.float64)
    return found


def loan_rate(policy: MarginPolicy) -> float:
    """Return the maintenance rate of loans at the leverage that is set.

    A leverage between two of the venue's takes the rate of the lower, which is the larger rate.
    """
    leverages, rates = policy.numbers("general.loan_leverages"), policy.numbers("general.loan_maintenance_rates")
    reached = [rate for leverage, rate in zip(leverages, rates, strict=True) if leverage <= loan_leverage(policy)]
    return reached[-1] if reached else rates[0]


def loan_leverage(policy: MarginPolicy) -> float:
    """Return the cross-margin leverage that is set."""
    return policy.number("general.loan_leverage")

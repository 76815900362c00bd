"""Where the policy keeps what: a coin's numbers, and the sorts of outcomes."""

from __future__ import annotations

from seawall.core.memo import remembered
from seawall.policy import MarginPolicy

CURRENT, STRESSED, LONG_RUN = "annual_vol", "stressed_annual_vol", "long_run_annual_vol"
"""Which volatility of a coin a block of outcomes is drawn with, where the policy does not state them."""
WORDS = {CURRENT: "current", STRESSED: "stressed", LONG_RUN: "long_run"}
"""What the policy calls each sort of outcomes."""
STATED_RULE = "stated_outcomes"
"""The rule that says what stated outcomes are; only a policy that has some states it."""


@remembered
def listed_coins(policy: MarginPolicy) -> tuple[str, ...]:
    """Return the coins that the policy says anything about, sorted."""
    paths = [path.split(".") for path in policy.parameters if path.startswith("market.")]
    return tuple(sorted({parts[1].upper() for parts in paths}))


def coin_path(base: str) -> str:
    """Return where the policy keeps a coin's numbers."""
    return f"market.{base.lower()}"


def of_coin(policy: MarginPolicy, base: str, name: str) -> float:
    """Return one number of a coin."""
    return policy.number(f"{coin_path(base)}.{name}")

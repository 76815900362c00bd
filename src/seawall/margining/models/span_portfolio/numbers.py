"""The policy's numbers as the rule reads them."""

from __future__ import annotations

from dataclasses import dataclass

from seawall.policy import MarginPolicy

COMMODITY_NUMBERS = (
    "price_scan_range", "vol_scan_range", "spread_near", "spread_far", "spread_near_far", "delivery_spread",
    "delivery_outright", "short_option_minimum",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Commodity:
    """Numbers of one combined commodity; rates are shares of the index for each coin."""

    price_scan_range: float
    vol_scan_range: float
    spread_near: float
    spread_far: float
    spread_near_far: float
    delivery_spread: float
    delivery_outright: float
    short_option_minimum: float


@dataclass(frozen=True, slots=True)
class Pair:
    """Two combined commodities that give each other credit: names, and the share of price risk that is credited."""

    one: str
    other: str
    credit_rate: float
    priority: int
    path: str


def commodity_path(base: str) -> str:
    """Return where the policy keeps a combined commodity's numbers."""
    return f"market.{base.lower()}"


def knows(policy: MarginPolicy, base: str) -> bool:
    """Whether the policy has numbers for an underlying."""
    return policy.has(f"{commodity_path(base)}.price_scan_range")


def commodity(policy: MarginPolicy, base: str) -> Commodity:
    """Return a combined commodity's numbers; raises `UnavailableError` where the policy lacks one."""
    return Commodity(*(policy.number(f"{commodity_path(base)}.{name}") for name in COMMODITY_NUMBERS))


def pairs(policy: MarginPolicy, bases: tuple[str, ...]) -> list[Pair]:
    """Return the pairs of some underlyings that the policy gives a credit, first priority first."""
    found = []
    for i, one in enumerate(sorted(bases)):
        for other in sorted(bases)[i + 1 :]:
            path = f"inter.{one.lower()}_{other.lower()}"
            if policy.has(f"{path}.credit_rate"):
                rate, priority = policy.number(f"{path}.credit_rate"), int(policy.number(f"{path}.priority"))
                found.append(Pair(one, other, rate, priority, path))
    return sorted(found, key=lambda pair: (pair.priority, pair.path))

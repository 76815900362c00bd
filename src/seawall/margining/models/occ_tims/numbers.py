"""The policy's numbers as the rule reads them: valuation points of each class, product groups and their offsets."""

from __future__ import annotations

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.policy import MarginPolicy

ALONE = "stocks"
"""The product group whose classes do not offset each other: each has its own worst point."""


def class_path(base: str) -> str:
    """Return where the policy keeps the numbers of an underlying's class."""
    return f"market.{base.lower()}"


def offset_path(group: str) -> str:
    """Return where the policy keeps the offset of a product group."""
    return f"group.{group}.offset"


def knows(policy: MarginPolicy, base: str) -> bool:
    """Whether the policy has a class for an underlying, and an offset for its product group where it shares one."""
    path = f"{class_path(base)}.product_group"
    return policy.has(path) and (policy.word(path) == ALONE or policy.has(offset_path(policy.word(path))))


def valuation_points(down: float, up: float, count: int) -> FloatArray:
    """Return the relative moves of one class, `(2 * count,)`, from the lowest price to the highest.

    Examples
    --------
    >>> valuation_points(0.08, 0.06, 2).tolist()
    [-0.08, -0.04, 0.03, 0.06]
    """
    steps = np.arange(1, count + 1) / count
    return np.concatenate([-down * steps[::-1], up * steps])


def points_of(policy: MarginPolicy, base: str) -> FloatArray:
    """Return the valuation points of an underlying."""
    path = class_path(base)
    moves = (policy.number(f"{path}.down_move"), policy.number(f"{path}.up_move"))
    return valuation_points(*moves, int(policy.number("general.points_count")))


def product_groups(policy: MarginPolicy, bases: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Return the underlyings of each product group that has any, both in order of name; a stock is a group by itself.

    Examples
    --------
    >>> from seawall.policy import at
    >>> policy = at("occ/tims/2026-01-01").with_stand_ins({"IBM": "STOCK", "XYZ": "STOCK"})
    >>> product_groups(policy, ("BTC", "ETH", "IBM", "XYZ"))
    {'IBM': ('IBM',), 'XYZ': ('XYZ',), 'coins': ('BTC', 'ETH')}
    """
    groups: dict[str, list[str]] = {}
    for base in sorted(bases):
        if knows(policy, base):
            group = policy.word(f"{class_path(base)}.product_group")
            groups.setdefault(base if group == ALONE else group, []).append(base)
    return {group: tuple(groups[group]) for group in sorted(groups)}

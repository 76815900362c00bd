"""One product group: its classes at each valuation point, the largest net loss, the minimum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from seawall.core.arrays import FloatArray, IntArray
from seawall.margining.blocks.equity import per_account
from seawall.margining.blocks.lookups import of_underlying
from seawall.margining.blocks.partial_offset import partly_offset
from seawall.margining.blocks.usd import sums_of
from seawall.margining.models.occ_tims.numbers import class_path, offset_path
from seawall.market import Exposure
from seawall.policy import MarginPolicy
from seawall.portfolio import Holdings, ResolvedBook


@dataclass(frozen=True, slots=True)
class GroupMargin:
    """Margin of A accounts on one product group, in USD.

    Attributes
    ----------
    classes
        `(A, S)` profit and loss of each class at its valuation points.
    pnl
        `(A, S)` all of them with the group's offset.
    worst, point
        `(A,)` largest net loss, not negative, and the point that it is at.
    minimum
        `(A,)` what the contracts need at least.
    """

    classes: dict[str, FloatArray]
    pnl: FloatArray
    worst: FloatArray
    point: IntArray
    minimum: FloatArray

    @property
    def total(self) -> FloatArray:
        """The requirement, `(A,)`."""
        return np.maximum(self.worst, self.minimum)


def coin_gains(owned: FloatArray, price: float, moves: FloatArray) -> FloatArray:
    """Return what coins gain at some moves of their price, `(A, S)`; a price that is missing touches only the owners.

    Examples
    --------
    >>> coin_gains(np.array([2.0, 0.0]), 100.0, np.array([-0.1, 0.1])).tolist()
    [[-20.0, 20.0], [0.0, 0.0]]
    """
    worth = np.where(owned == 0.0, 0.0, owned * price)
    return worth[:, None] * moves + 0.0  # no negative zero


def group_margin(
    policy: MarginPolicy,
    book: ResolvedBook,
    held: Holdings,
    leaning: Exposure,
    usd: FloatArray,
    coins: Mapping[str, FloatArray],
    group: str,
    bases: tuple[str, ...],
) -> GroupMargin:
    """Return what a product group needs of every account.

    Parameters
    ----------
    policy, book
        The numbers, and whose instruments the holdings refer to.
    held
        Sizes of A accounts.
    leaning
        Base asset for each unit of size, of N instruments.
    usd
        `(S, N)` USD gained by one unit of size.
    coins
        `(A, S)` USD gained by what the accounts own of each underlying itself.
    group, bases
        The product group and the underlyings in it.
    """
    classes: dict[str, FloatArray] = {}
    minimum = np.zeros(len(held.indptr) - 1)
    for base in bases:
        mine = held.where(of_underlying(book, base)[held.columns])
        classes[base] = sums_of(mine, usd) + coins[base]
        units = np.abs(mine.sizes * leaning.base_size[mine.columns])
        minimum = minimum + per_account(mine, units) * policy.number(f"{class_path(base)}.minimum_usd")
    pnl = partly_offset(list(classes.values()), share=policy.number(offset_path(group)) if len(bases) > 1 else 1.0)
    point = np.argmin(pnl, axis=1)
    worst = np.maximum(-np.take_along_axis(pnl, point[:, None], axis=1)[:, 0], 0.0)
    return GroupMargin(classes, pnl, worst, point.astype(np.int64), minimum)

"""What a liquidation costs its account, when it comes, and what may be withdrawn before. Whole units, numbers only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seawall.margining.blocks.fixed_point import WEI


@dataclass(frozen=True, slots=True)
class KeeperGuards:
    """Bounds of what keepers are paid and what their work costs, in units of 1e-18 USD; ratios in units of 1e-18.

    Attributes
    ----------
    min_reward, min_profit_ratio
        At least the cost and this much, or the cost and this share of it, whichever is more.
    max_reward, max_scaling_ratio
        At most this much, and this share of the account's collateral.
    flag_cost, liquidate_cost
        Gas of flagging an account, and of liquidating it once.
    """

    min_reward: int
    min_profit_ratio: int
    max_reward: int
    max_scaling_ratio: int
    flag_cost: int = 0
    liquidate_cost: int = 0

    def reward(self, rewards: int, cost: int, collateral: int) -> int:
        """Return what a keeper is paid, cost included; a collateral of zero, of a flagged account, sets no bound.

        Examples
        --------
        >>> guards = KeeperGuards(5, WEI.one // 10, 100, WEI.one // 2)
        >>> [guards.reward(rewards, 10, 150) for rewards in (0, 20, 90)], guards.reward(90, 10, 0)
        ([15, 30, 75], 100)
        """
        least = max(cost + self.min_reward, WEI.times(cost, self.min_profit_ratio + WEI.one))
        most = (
            self.max_reward if collateral == 0 else min(WEI.times(collateral, self.max_scaling_ratio), self.max_reward)
        )
        return min(max(least, rewards + cost), most)


def liquidation_reward(
    flag_rewards: Sequence[int], windows: Sequence[int], guards: KeeperGuards, collateral: int
) -> int:
    """Return what liquidating an account is taken to cost: flagging, and every window after the first.

    Parameters
    ----------
    flag_rewards, windows
        One of each position; an account without positions costs nothing.
    guards
        Of the whole system.
    collateral
        What the account's collateral is worth.

    Examples
    --------
    >>> guards = KeeperGuards(5, 0, 1_000, WEI.one, 10, 20)
    >>> liquidation_reward([30, 40], [1, 3], guards, 10_000), liquidation_reward([], [], guards, 10_000)
    (130, 0)
    """
    if not flag_rewards:
        return 0
    most = max(windows, default=0)
    later = guards.reward(0, guards.liquidate_cost, 0) * (most - 1) if most else 0
    return guards.reward(sum(flag_rewards), guards.flag_cost, collateral) + later


def is_liquidatable(available: int, maintenance: int, reward: int) -> bool:
    """Return whether an account may be flagged: maintenance margin and reward are more than it has.

    Examples
    --------
    >>> is_liquidatable(4_999, 4_000, 1_000), is_liquidatable(5_000, 4_000, 1_000)
    (True, False)
    """
    return maintenance + reward > available


def withdrawable(available: int, initial: int, reward: int) -> int:
    """Return what may be taken out: what is left above initial margin and reward; negative is what lacks.

    Examples
    --------
    >>> withdrawable(99_000, 6_500, 5_000)
    87500
    """
    return available - initial - reward

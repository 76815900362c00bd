"""Synthetix v3: perpetuals of one account against its collateral; the larger a position, the higher its rate.

All sums are in the contract's whole units (`market`, `account`, `liquidation`); they become dollars in `_usd` and
nowhere else. docs/margin/synthetix.md gives the rule in words.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.margining.blocks.fixed_point import WEI
from seawall.margining.blocks.netting_set import netting_sets, stated_charge
from seawall.margining.blocks.no_scenario import NoScenario, none_binds
from seawall.margining.components import ORDER_CHARGES, Component
from seawall.margining.model import Detail, Promises, Requirement
from seawall.margining.models.synthetix_v3.account import MarginAccount, accounts, refusals
from seawall.margining.models.synthetix_v3.evidence import uses
from seawall.margining.models.synthetix_v3.liquidation import KeeperGuards, is_liquidatable, withdrawable
from seawall.margining.models.synthetix_v3.numbers import CASH, read_discount, read_keeper
from seawall.policy import MarginPolicy
from seawall.portfolio import ResolvedBook
from seawall.revaluation import PnlTensor

REWARD = "liquidation_reward"
AMOUNTS_COUNT = 6
COMPONENTS = {"perpetuals": Component.POSITION, REWARD: Component.LIQUIDATION, **ORDER_CHARGES}


@dataclass(frozen=True)
class SynthetixCrossMargin(NoScenario):
    """One account, one netting set in USD; margin balance is the contract's available margin."""

    name: str
    promises: Promises = Promises(homogeneous=False, subadditive=False, offsets_across_underlyings=False)
    components: Mapping[str, Component] = field(default_factory=lambda: COMPONENTS)

    def requirement(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Requirement:
        """Return the margin of every account."""
        [one] = netting_sets(book, cross=True)
        count, guards = len(book.book), read_keeper(policy)
        equity, available, initial, maintenance, reward, left = _usd(
            [None if account is None else _amounts(account, guards) for account in accounts(policy, book)]
        )
        charges = {name: stated_charge(book, name, one) for name in ORDER_CHARGES}
        return Requirement(
            account=np.arange(count),
            currencies=(one.currency,),
            currency=np.zeros(count, np.int64),
            equity=equity,
            margin_balance=available,
            haircut=np.zeros(count),
            initial={"perpetuals": initial, REWARD: reward, **charges},
            maintenance={"perpetuals": maintenance, REWARD: reward, **dict.fromkeys(charges, np.zeros(count))},
            worst_scenario=none_binds(count),
            worst_underlying=none_binds(count),
            underlyings=book.snapshot.table.underlyings,
            uses=tuple(uses(policy, book)),
            cross=True,
            refused=refusals(policy, book),
            refused_assets={
                asset: f"{asset}: {policy.id} has no discount for it as collateral"
                for asset in book.book.assets
                if asset not in CASH and read_discount(policy, asset) is None
            },
            native={
                "availableMargin": available,
                "requiredInitialMargin": initial,
                "requiredMaintenanceMargin": maintenance,
                "maxLiquidationReward": reward,
                "withdrawableMargin": left,
            },
        )

    def detail(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Detail:
        """Return what each position of a book of one account needs, and the reward beside them."""
        [account] = accounts(policy, book)
        if account is None:
            return Detail()
        rows: list[Mapping[str, object]] = []
        figures: dict[str, float] = {}
        for held in account.held:
            name = book.snapshot.table.names[held.row]
            rows.append(_row(name, WEI.to_float(held.size), *held.margins))
            figures[f"{name}.pnl"] = WEI.to_float(held.pnl)
            figures[f"{name}.liquidation_windows"] = float(held.market.windows(held.size))
        reward = account.reward(read_keeper(policy))
        rows.append(_row(REWARD, 1.0, reward, reward))
        above = bool(account.held) and is_liquidatable(account.available, account.margins[1], reward)
        return Detail(positions=tuple(rows), figures=figures | {"is_liquidatable": float(above)})


def _row(name: str, size: float, initial: int, maintenance: int) -> Mapping[str, object]:
    return {
        "instrument": name, "size": size, "currency": "USD",
        "initial_margin": WEI.to_float(initial), "maintenance_margin": WEI.to_float(maintenance),
    }  # fmt: skip


def _amounts(account: MarginAccount, guards: KeeperGuards) -> tuple[int, ...]:
    """Return equity, available margin, initial and maintenance margin, reward, and what may be withdrawn."""
    pnl, (initial, maintenance), reward = account.pnl, account.margins, account.reward(guards)
    available = account.counted + pnl
    left = withdrawable(available, initial, reward)
    return account.worth + pnl, available, initial, maintenance, reward, left


def _usd(rows: Sequence[tuple[int, ...] | None]) -> list[FloatArray]:
    """Return amounts of each account in USD, `(A,)` each: the one place where whole units end."""
    floats = [
        (math.nan,) * AMOUNTS_COUNT if row is None else tuple(WEI.to_float(amount) for amount in row) for row in rows
    ]
    return list(np.array(floats, dtype=np.float64).reshape(-1, AMOUNTS_COUNT).T.copy())


CROSS = SynthetixCrossMargin("synthetix_v3")

"""Tail margin: VaR or expected shortfall of simulated outcomes times a multiplier, never below a stress floor.

Prices and volatilities of all coins move jointly, so that gains on one offset losses on another as far as outcomes
allow. docs/margin/tail.md gives the rule in words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from seawall.core.arrays import FloatArray, IntArray
from seawall.margining.binding import Binding, side_of
from seawall.margining.blocks.collateral import currency_key
from seawall.margining.blocks.netting_set import netting_sets, stated_charge
from seawall.margining.blocks.orders import order_margin
from seawall.margining.blocks.refusals import refused_rows
from seawall.margining.blocks.usd_account import UsdAccount, usd_account
from seawall.margining.blocks.usd_value import usd_value_change
from seawall.margining.components import ORDER_CHARGES, Component
from seawall.margining.model import Detail, Promises, Requirement
from seawall.margining.models.house_tail.charges import Charges, charges
from seawall.margining.models.house_tail.contributions import coin_pnl, coins_usd, detail_of
from seawall.margining.models.house_tail.evidence import uses
from seawall.margining.models.house_tail.numbers import blocks_of, coins, outcomes
from seawall.margining.models.house_tail.paths import listed_coins, of_coin
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy
from seawall.portfolio import Holdings, ResolvedBook
from seawall.revaluation import PnlTensor
from seawall.scenarios import ScenarioSet
from seawall.scenarios.grid import percent


@dataclass(frozen=True)
class TailMargin:
    """One account, one netting set in USD."""

    name: str
    promises: Promises = Promises(homogeneous=False, subadditive=False, offsets_across_underlyings=True)
    components: Mapping[str, Component] = field(
        default_factory=lambda: {
            "tail": Component.SCENARIO,
            "procyclicality": Component.SCENARIO,
            "stress": Component.SCENARIO,
            "liquidity": Component.SIZE,
            "concentration": Component.SIZE,
            **ORDER_CHARGES,
        }
    )

    def scenarios(self, policy: MarginPolicy, snapshot: MarketSnapshot) -> ScenarioSet:
        """Return the outcomes and the stress points; they hang on the policy alone, seed included."""
        return outcomes(policy)

    def binding(self, policy: MarginPolicy, underlying: str, scenario: int) -> Binding:
        """Return a stress point, counted from the first of them, or an outcome."""
        blocks = blocks_of(policy)
        s = scenario - blocks.stress.start
        if s >= 0:
            step = blocks.steps[s]
            move = percent(step * of_coin(policy, underlying, "stress_move"))
            return Binding("extended", s + 1, s + 1, side_of(step), f"{move} in stress, vol up")
        return Binding("standard", scenario + 1, scenario + 1, "middle", f"outcome {scenario + 1}")

    def requirement(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Requirement:
        """Return the margin of every account, in USD."""
        [one] = netting_sets(book, cross=True)
        count, leaning = len(book.book), book.snapshot.exposure
        owned = usd_account(policy, book, leaning)
        worth, usd = coins_usd(policy, book, owned), usd_value_change(book, pnl, leaning)
        found = charges(policy, book, book.positions, usd, worth, pnl)
        factor = policy.number("general.initial_factor")
        active = np.flatnonzero(np.diff(book.orders.indptr))
        theirs = {base: amount[active] for base, amount in worth.items()}

        def initial_of(holdings: Holdings) -> FloatArray:
            return factor * charges(policy, book, holdings, usd, theirs, pnl).total

        stated = {name: stated_charge(book, name, one) for name in ORDER_CHARGES}
        added = order_margin(book.positions, book.orders, initial_of)
        stated["open_orders_margin"] = stated["open_orders_margin"] + added
        nothing = dict.fromkeys(ORDER_CHARGES, np.zeros(count))
        names = tuple(sorted({*book.snapshot.table.underlyings, *coins(policy)}))
        scenario, underlying = _binding(policy, book, usd, worth, pnl, found, names)
        equity = owned.cash + owned.options
        return Requirement(
            account=np.arange(count),
            currencies=(one.currency,),
            currency=np.zeros(count, np.int64),
            equity=equity,
            margin_balance=equity,
            haircut=owned.haircut,
            initial={name: factor * amount for name, amount in found.components.items()} | stated,
            maintenance={**found.components, **nothing},
            worst_scenario=scenario,
            worst_underlying=underlying,
            underlyings=names,
            cross=True,
            uses=tuple(uses(policy, book, owned)),
            refused=_refused(policy, book),
            refused_assets=_refused_assets(policy, owned),
            native={
                "value_at_risk": found.value_at_risk,
                "expected_shortfall": found.shortfall,
                "expected_shortfall_error": found.shortfall_error,
                "stress_loss": found.stress_loss,
            },
        )

    def detail(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Detail:
        """Return what binds coin by coin, the stress points, and the figures behind the tail."""
        leaning = book.snapshot.exposure
        worth, usd = coins_usd(policy, book, usd_account(policy, book, leaning)), usd_value_change(book, pnl, leaning)
        return detail_of(policy, book, pnl, usd, worth, charges(policy, book, book.positions, usd, worth, pnl))


def _binding(
    policy: MarginPolicy, book: ResolvedBook, usd: FloatArray, worth: Mapping[str, FloatArray], pnl: PnlTensor,
    found: Charges, names: tuple[str, ...],
) -> tuple[IntArray, IntArray]:  # fmt: skip
    """Return the stress point and the coin that loses most in it, where the floor binds; -1 where the tail does.

    No single outcome makes a tail.
    """
    stress = blocks_of(policy).stress
    binds = (found.stress > 0.0) & (found.stress_point >= 0)
    underlying, most = np.full(len(binds), -1, np.int64), np.zeros(len(binds))
    if binds.any():
        rows, point = np.arange(len(binds)), np.maximum(found.stress_point, 0)
        for base in coins(policy):
            lost = -coin_pnl(book, usd, worth, pnl, base, stress)[rows, point]
            leads = binds & (lost > most)
            most, underlying = np.where(leads, lost, most), np.where(leads, names.index(base), underlying)
    scenario = np.where(binds & (underlying >= 0), found.stress_point + stress.start, -1)
    return scenario.astype(np.int64), underlying.astype(np.int64)


def _refused(policy: MarginPolicy, book: ResolvedBook) -> dict[int, str]:
    known = coins(policy)
    return refused_rows(book, lambda sort: "" if sort.underlying in known else _lacking(policy, sort.underlying))


def _refused_assets(policy: MarginPolicy, owned: UsdAccount) -> dict[str, str]:
    """Return assets without a haircut, and coins that no outcome moves: they would count as dollars do."""
    still = [asset for asset in owned.amounts if currency_key(asset) != "usd" and asset not in coins(policy)]
    return {asset: f"{asset}: {_lacking(policy, asset)}" for asset in still} | owned.refused


def _lacking(policy: MarginPolicy, base: str) -> str:
    """Say what a policy lacks of a coin: its outcomes, where it has other numbers."""
    return f"{policy.id} has no {'outcomes' if base in listed_coins(policy) else 'numbers'} for {base}"


TAIL = TailMargin("house_tail")

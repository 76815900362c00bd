"""Opyn Gamma, naked margin vaults: each short option needs its own collateral, and nothing offsets it.

One requirement gates opening and liquidation alike, so that initial and maintenance margin are equal. All sums are in
the calculator's whole units (`naked`, `vaults`); they become floats in `_needed`. docs/margin/opyn.md gives the rule in
words.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.margining.blocks.equity import equity_in, per_account
from seawall.margining.blocks.fixed_point import RAY, from_units
from seawall.margining.blocks.netting_set import NettingSet, accounts_in, netting_sets, stated_charge
from seawall.margining.blocks.no_scenario import NoScenario, none_binds
from seawall.margining.components import ORDER_CHARGES, Component
from seawall.margining.model import Detail, Promises, Requirement, join
from seawall.margining.models.opyn_gamma.auction import starting_price
from seawall.margining.models.opyn_gamma.evidence import uses
from seawall.margining.models.opyn_gamma.numbers import on_chain, read_decimals
from seawall.margining.models.opyn_gamma.vaults import Series, refusals, series_of
from seawall.policy import MarginPolicy
from seawall.portfolio import Holdings, ResolvedBook
from seawall.revaluation import PnlTensor

COMPONENTS = {"options": Component.SHORT_OPTIONS, **ORDER_CHARGES}
SMALLEST_USD = 1e-6
"""The smallest unit of USDC; a vault's requirement is rounded up to one of its collateral."""


@dataclass(frozen=True)
class OpynNakedMargin(NoScenario):
    """One netting set for each collateral: vaults of one collateral are topped up from the same wallet."""

    name: str
    promises: Promises = Promises(
        homogeneous=True, subadditive=True, offsets_across_underlyings=False, smallest_usd=SMALLEST_USD
    )
    components: Mapping[str, Component] = field(default_factory=lambda: COMPONENTS)

    def requirement(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Requirement:
        """Return the margin of every account, one netting set for each collateral."""
        series = series_of(policy, book)
        return join([self._collateral(policy, book, series, one) for one in netting_sets(book, cross=False)])

    def _collateral(
        self, policy: MarginPolicy, book: ResolvedBook, series: Sequence[Series | None], one: NettingSet
    ) -> Requirement:
        held = book.positions.where(one.members[book.positions.columns])
        count = len(book.book)
        needed = per_account(held, _needed(held, series))
        part = equity_in(one.currency, book, book.snapshot.exposure)
        charges = {name: stated_charge(book, name, one) for name in ORDER_CHARGES}
        known = read_decimals(policy, one.currency) is not None
        return Requirement(
            account=np.arange(count),
            currencies=(one.currency,),
            currency=np.zeros(count, np.int64),
            equity=part.total,
            margin_balance=part.cash,
            haircut=np.zeros(count),
            initial={"options": needed, **charges},
            maintenance={"options": needed, **dict.fromkeys(charges, np.zeros(count))},
            worst_scenario=none_binds(count),
            worst_underlying=none_binds(count),
            underlyings=book.snapshot.table.underlyings,
            uses=tuple(uses(policy, book, one)),
            refused=refusals(policy, book),
            refused_assets={} if known else {one.currency: f"{one.currency}: {policy.id} takes it into no vault"},
            native={"marginRequired": needed, "excessCollateral": part.cash - needed},
        ).take(np.flatnonzero(accounts_in(book, one)))

    def detail(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Detail:
        """Return what each position of a book of one account needs, and where the auction of a short would start."""
        series, held, table = series_of(policy, book), book.positions, book.snapshot.table
        needed = _needed(held, series)
        deviation = RAY.of(policy.number("liquidation.oracle_deviation"))
        figures = {}
        for i, n in enumerate(held.columns):
            one = series[n]
            if one is not None and held.sizes[i] < 0.0:
                start = starting_price(one.strike, one.spot, deviation, is_put=one.is_put)
                figures[f"{table.names[n]}.auction_start"] = RAY.to_float(start)
        rows = tuple(
            {
                "instrument": table.names[n], "size": float(held.sizes[i]), "currency": table.settlement[n],
                "initial_margin": float(needed[i]), "maintenance_margin": float(needed[i]),
            }
            for i, n in enumerate(held.columns)
        )  # fmt: skip
        return Detail(positions=rows, figures=figures)


def _needed(held: Holdings, series: Sequence[Series | None]) -> FloatArray:
    """Return what each entry needs in its collateral, `(nnz,)`: the one place where whole units end."""

    def of(n: int, size: float) -> float:
        one = series[n]
        return math.nan if one is None else from_units(one.required(on_chain(max(-size, 0.0))), one.decimals)

    return np.array([of(n, size) for n, size in zip(held.columns.tolist(), held.sizes.tolist(), strict=True)], float)


NAKED = OpynNakedMargin("opyn_gamma")

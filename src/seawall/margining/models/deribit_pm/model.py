"""Deribit portfolio margin, segregated (S:PM) and cross (X:PM).

The order of the rule, as Deribit's simulation response lays it out: aggregate by underlying, weigh and dampen far
moves, offset gains, take the worst, add roll shock and delta shock, add order margin, round. Segregated accounts form
one portfolio for each settlement currency and count in it; a cross account is one portfolio in USD, where the coins
it owns are stressed like positions.

Sources: Deribit's portfolio-margin article and API reference. docs/margin/deribit.md gives the rule in words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.rounding import round_decimals
from seawall.margining.binding import Binding
from seawall.margining.blocks.collateral import haircut_of, worth
from seawall.margining.blocks.equity import Equity, equity_in
from seawall.margining.blocks.lookups import of_underlying, underlyings_of, usd_price
from seawall.margining.blocks.netting_set import NettingSet, accounts_in, netting_sets, stated_charge
from seawall.margining.blocks.orders import order_margin
from seawall.margining.blocks.risk_matrix import MatrixResult, Unit, evaluate_matrix, pnl_in_unit
from seawall.margining.components import ORDER_CHARGES, Component
from seawall.margining.model import Detail, Promises, Requirement, join
from seawall.margining.models.deribit_pm.detail import risk_matrix
from seawall.margining.models.deribit_pm.evidence import uses
from seawall.margining.models.deribit_pm.numbers import (
    grid_spec,
    haircut_share,
    matrix_numbers,
    refused_collateral,
    refused_underlying,
    scenario_set,
    stresses_equity,
)
from seawall.market import Exposure, MarketSnapshot
from seawall.policy import MarginPolicy
from seawall.portfolio import Holdings, ResolvedBook
from seawall.revaluation import PnlTensor
from seawall.scenarios import ScenarioSet

COMPONENTS = {
    "worst_case": Component.SCENARIO,
    "roll_shock": Component.BASIS,
    "delta_shock": Component.SIZE,
    **ORDER_CHARGES,
    "rounding": Component.ROUNDING,
}


@dataclass(frozen=True)
class DeribitPortfolioMargin:
    """S:PM where `cross` is false, X:PM where it is true."""

    name: str
    cross: bool
    promises: Promises = Promises(homogeneous=False, subadditive=False, offsets_across_underlyings=False)
    components: Mapping[str, Component] = field(default_factory=lambda: COMPONENTS)

    def scenarios(self, policy: MarginPolicy, snapshot: MarketSnapshot) -> ScenarioSet:
        """Return 27 standard scenarios and 8 far moves over the underlyings that the policy has numbers for."""
        assets = sorted({*snapshot.table.underlyings, *snapshot.index})
        known = [asset for asset in assets if not refused_underlying(policy, asset, asset, cross=True)]
        return scenario_set(policy, *known) if known else ScenarioSet.spot_moves((), (), np.zeros((0, 0)))

    def binding(self, policy: MarginPolicy, underlying: str, scenario: int) -> Binding:
        """Return a scenario of one underlying as Deribit's `worst_case_bucket` numbers it."""
        return grid_spec(policy, underlying).binding(scenario)

    def requirement(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Requirement:
        """Return the margin of every account: one netting set each, or one for each settlement currency."""
        leaning = book.snapshot.exposure
        return join(
            [self._netting_set(policy, book, pnl, leaning, one) for one in netting_sets(book, cross=self.cross)]
        )

    def _netting_set(
        self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor, leaning: Exposure, one: NettingSet
    ) -> Requirement:
        price_usd = usd_price(book, one.currency)
        held = book.positions.among(one.members)
        orders = book.orders.among(one.members)
        equities = {asset: equity_in(asset, book, leaning) for asset in self._equity_assets(book, one)}
        units = self._units(policy, book, pnl, one, equities)

        def matrices(holdings: Holdings, stressed: dict[str, FloatArray]) -> dict[str, MatrixResult]:
            return {
                base: evaluate_matrix(
                    book, holdings, leaning, matrix_numbers(policy, base, one.currency, cross=self.cross), unit,
                    one.members & of_underlying(book, base), stressed[base],
                )
                for base, unit in units.items()
            }  # fmt: skip

        stressed = {base: _stressed_equity(equities, base, len(book.book)) for base in units}
        found = matrices(held, stressed)

        active = np.flatnonzero(np.diff(orders.indptr))
        among = {base: amounts[active] for base, amounts in stressed.items()}
        added = order_margin(held, orders, lambda holdings: _total(matrices(holdings, among), len(active)))
        rounding = int(policy.number("general.rounding_decimals"))
        return self._assemble(policy, book, one, price_usd, equities, found, added, decimals=rounding)

    def _equity_assets(self, book: ResolvedBook, one: NettingSet) -> list[str]:
        return sorted({*book.snapshot.table.settlements, *book.book.assets}) if self.cross else [one.currency]

    def _units(
        self,
        policy: MarginPolicy,
        book: ResolvedBook,
        pnl: PnlTensor,
        one: NettingSet,
        equities: dict[str, Equity],
    ) -> dict[str, Unit]:
        """Return, for each underlying of a netting set, what its profit is counted in."""
        scenarios = pnl.scenarios
        bases = set(underlyings_of(book, one.members))
        if self.cross:
            bases |= {asset for asset in equities if stresses_equity(policy, asset)}
        tensor = pnl_in_unit(book, pnl, one.currency)
        units = {}
        readable = {base for base in bases if not refused_underlying(policy, base, one.currency, cross=self.cross)}
        for base in sorted(readable & set(scenarios.underlyings)):
            base_price = usd_price(book, base)
            stressed = self.cross and stresses_equity(policy, base)
            units[base] = Unit(
                currency=one.currency,
                price_usd=usd_price(book, one.currency),
                base_price_usd=base_price,
                moves_with_base=one.currency == base,
                pnl=tensor,
                equity_pnl=base_price * scenarios.asset_move(base) if stressed else np.zeros(len(scenarios)),
            )
        return units

    def _assemble(
        self,
        policy: MarginPolicy,
        book: ResolvedBook,
        one: NettingSet,
        price_usd: float,
        equities: dict[str, Equity],
        found: dict[str, MatrixResult],
        order_added: FloatArray,
        *,
        decimals: int,
    ) -> Requirement:
        accounts_count = len(book.book)
        zero = np.zeros(accounts_count)
        risk = {
            "worst_case": sum((matrix.worst for matrix in found.values()), start=zero),
            "roll_shock": sum((matrix.roll_shock for matrix in found.values()), start=zero),
            "delta_shock": sum((matrix.delta_shock for matrix in found.values()), start=zero),
        }
        charges = {name: stated_charge(book, name, one) for name in ("open_orders_margin", "mmp_margin", "spot_margin")}
        charges["open_orders_margin"] = charges["open_orders_margin"] + order_added
        initial = risk | charges
        unrounded = _risk_sum(risk) + charges["mmp_margin"] + charges["open_orders_margin"] + charges["spot_margin"]
        initial["rounding"] = round_decimals(unrounded, decimals=decimals) - unrounded
        factor = policy.number("general.mm_factor")
        maintenance = {name: factor * amounts for name, amounts in risk.items()}
        maintenance |= dict.fromkeys((*charges, "rounding"), zero)

        prices = {asset: usd_price(book, asset) / price_usd if self.cross else 1.0 for asset in equities}
        owned = {asset: part.total for asset, part in equities.items()}
        equity = worth(owned, prices, accounts_count=accounts_count)
        shares = {asset: haircut_share(policy, asset) if self.cross else 0.0 for asset in equities}
        haircut = haircut_of(owned, prices, shares, accounts_count=accounts_count)
        bases = sorted(found)
        losses = np.array([found[base].worst for base in bases]).reshape(len(bases), accounts_count)
        losing = losses.max(axis=0, initial=0.0) > 0.0
        binding = np.where(losing, np.argmax(losses, axis=0), -1) if bases else np.full(accounts_count, -1)
        scenario = np.full(accounts_count, -1, np.int64)
        for b, base in enumerate(bases):
            scenario = np.where(binding == b, found[base].scenario, scenario)
        names = tuple(sorted({*book.snapshot.table.underlyings, *bases}))
        where = np.array([names.index(base) for base in bases] + [-1], dtype=np.int64)
        return Requirement(
            account=np.arange(accounts_count),
            currencies=(one.currency,),
            currency=np.zeros(accounts_count, np.int64),
            equity=equity,
            margin_balance=equity,
            haircut=haircut,
            initial=initial,
            maintenance=maintenance,
            worst_scenario=scenario,
            worst_underlying=where[binding],
            underlyings=names,
            cross=self.cross,
            refused=self._refused(policy, book, one),
            refused_assets={
                asset: why for asset in equities if (why := refused_collateral(policy, asset, cross=self.cross))
            },
            uses=tuple(uses(policy, book, one, found, order_added, equities, cross=self.cross)),
        ).take(np.flatnonzero(accounts_in(book, one)))

    def _refused(self, policy: MarginPolicy, book: ResolvedBook, one: NettingSet) -> dict[int, str]:
        table = book.snapshot.table
        why = {
            base: refused_underlying(policy, base, one.currency, cross=self.cross)
            for base in underlyings_of(book, one.members)
        }
        if not any(why.values()):
            return {}
        return {
            n: f"{table.names[n]}: {why[table.underlying[n]]}"
            for n in np.flatnonzero(one.members).tolist()
            if why[table.underlying[n]]
        }

    def detail(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Detail:
        """Return the risk matrices of a book of one account, every vector included."""
        leaning = book.snapshot.exposure
        matrices = []
        for one in netting_sets(book, cross=self.cross):
            held = book.positions.among(one.members)
            equities = {asset: equity_in(asset, book, leaning) for asset in self._equity_assets(book, one)}
            for base, unit in self._units(policy, book, pnl, one, equities).items():
                mine = held.among(of_underlying(book, base))
                stressed = _stressed_equity(equities, base, 1)
                if len(mine) or (unit.equity_pnl.any() and stressed.any()):
                    numbers = matrix_numbers(policy, base, one.currency, cross=self.cross)
                    matrices.append(risk_matrix(book, mine, numbers, unit, stressed, base))
        return Detail(matrices=tuple(matrices))


def _stressed_equity(equities: dict[str, Equity], base: str, accounts_count: int) -> FloatArray:
    return equities[base].total if base in equities else np.zeros(accounts_count)


def _risk_sum(risk: dict[str, FloatArray]) -> FloatArray:
    return risk["worst_case"] + risk["roll_shock"] + risk["delta_shock"]


def _total(found: dict[str, MatrixResult], accounts_count: int) -> FloatArray:
    return sum((matrix.total for matrix in found.values()), start=np.zeros(accounts_count))


SEGREGATED = DeribitPortfolioMargin("deribit_s_pm", cross=False)
CROSS = DeribitPortfolioMargin("deribit_x_pm", cross=True)

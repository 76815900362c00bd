"""The charges of one risk unit for every account."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray, IntArray
from seawall.margining.blocks.brackets import bracketed
from seawall.margining.blocks.equity import per_account, per_group
from seawall.margining.blocks.lookups import usd_price
from seawall.margining.blocks.peg_charge import cross_hedges, peg_factors
from seawall.margining.blocks.rate_shift import forward_moves, worst_shift
from seawall.margining.blocks.roll_shock import roll_rate, roll_shock
from seawall.margining.blocks.spot_hedge import spot_in_use
from seawall.margining.blocks.usd import shared_sums
from seawall.margining.blocks.vega_spread import vega_spread
from seawall.margining.models.okx_pm.columns import QUOTES, Columns
from seawall.margining.models.okx_pm.numbers import VARIANTS, Layout, layout, market, rate_components
from seawall.policy import MarginPolicy
from seawall.portfolio import Holdings, ResolvedBook

PAIRS = (("USDT", "USD"), ("USDT", "USDC"), ("USDC", "USD"))
"""Stable-coin pairs in OKX's order."""
_SAME_LOSS = 1e-9
"""An extreme loss within this share of the grid's is the same loss: linear exposure gives it up to rounding."""


@dataclass(frozen=True, eq=False)
class Unit:
    """A risk unit: its name, its underlying, which instruments belong to it, and whether spot may hedge it."""

    name: str
    base: str
    members: BoolArray
    takes_spot: bool


@dataclass(frozen=True)
class UnitResult:
    """Charges of A accounts on one unit, USD, `(A,)` each; zero for who holds no contract on it.

    Attributes
    ----------
    mr1, mr2, mr3, mr4, mr5, mr6, mr9
        OKX's charges of that number.
    mr7_raw, mr7
        Minimum charge before and after its tiers.
    scenario
        The scenario of the greatest of MR1, MR2 and MR6, as an index of the model's set.
    delta_usd, spot, spot_usd, notional_usd
        Net delta of the contracts at the mark; coins of spot that hedge it, and their value; value of the contracts.
    above_floor
        Whether an expiry pays more for its basis than the floor.
    """

    mr1: FloatArray
    mr2: FloatArray
    mr3: FloatArray
    mr4: FloatArray
    mr5: FloatArray
    mr6: FloatArray
    mr7_raw: FloatArray
    mr7: FloatArray
    mr9: FloatArray
    scenario: IntArray
    delta_usd: FloatArray
    spot: FloatArray
    spot_usd: FloatArray
    notional_usd: FloatArray
    above_floor: BoolArray

    @property
    def worst_case(self) -> FloatArray:
        """The greatest of MR1, MR2 and MR6."""
        return np.maximum(np.maximum(self.mr1, self.mr2), self.mr6)

    @property
    def stressed(self) -> FloatArray:
        """Maintenance margin before the minimum charge."""
        return self.worst_case + self.mr3 + self.mr4 + self.mr5 + self.mr9

    @property
    def minimum_charge(self) -> FloatArray:
        """What the minimum charge adds."""
        return np.maximum(self.mr7 - self.stressed, 0.0)

    @property
    def maintenance(self) -> FloatArray:
        """Maintenance margin of the unit."""
        return np.maximum(self.stressed, self.mr7)


def evaluate_unit(
    policy: MarginPolicy, book: ResolvedBook, unit: Unit, columns: Columns, held: Holdings, owned: FloatArray
) -> UnitResult:
    """Return the charges of one unit.

    Parameters
    ----------
    policy, book, unit, columns
        Numbers, market, which unit, and what each instrument adds.
    held
        Positions of A accounts, perhaps with orders added.
    owned
        `(A,)` spot of the underlying that an account owns.
    """
    mine = held.among(unit.members)
    involved = np.diff(mine.indptr) > 0
    index = usd_price(book, unit.base)
    spec = layout(policy, unit.base)
    delta = per_account(mine, mine.sizes * columns.delta[mine.columns])
    spot = np.where(involved, spot_in_use(owned, delta), 0.0) if unit.takes_spot else np.zeros(len(owned))
    spot_usd = np.where(spot == 0.0, 0.0, spot * index)

    pnl = shared_sums(mine, columns.pnl)
    worst, scenario, decay = _scenario_losses(policy, spec, pnl + spot_usd[:, None] * columns.moves[unit.base])
    charges = _Contingencies(policy, book, unit, columns, mine, spec)
    basis, above_floor = charges.basis(spot_usd)
    raw = per_account(mine, mine.sizes * np.where(mine.sizes > 0.0, columns.close_long[mine.columns],
                                                  -columns.close_short[mine.columns]))  # fmt: skip
    tiers = (policy.numbers(market(unit.base, name)) for name in ("size_bounds", "size_multipliers"))
    notional = per_account(mine, np.abs(mine.sizes) * columns.notional_usd[mine.columns])
    amounts = {
        "mr1": worst[0], "mr2": decay, "mr3": charges.vega_spread(), "mr4": basis, "mr5": charges.rate_shift(),
        "mr6": worst[1], "mr7_raw": raw, "mr7": bracketed(raw, *tiers), "mr9": charges.stable_coins(),
        "delta_usd": per_account(mine, mine.sizes * columns.delta_usd[mine.columns]), "notional_usd": notional,
        "spot_usd": spot_usd,
    }  # fmt: skip
    kept = {name: np.where(involved, amount, 0.0) for name, amount in amounts.items()}
    return UnitResult(**kept, spot=spot, scenario=scenario, above_floor=above_floor & involved)


def cells_of(spec: Layout, pnl: FloatArray) -> tuple[FloatArray, IntArray]:
    """Return the grid as OKX shows it, `(A, P * 3)`, and which scenario each cell is: the variant that loses more."""
    grid = pnl[:, : spec.grid_count].reshape(len(pnl), -1, len(VARIANTS))
    first = np.arange(grid.shape[1]) * len(VARIANTS)
    picked = []
    for variants in ((0, 1), (2,), (3, 4)):
        lowest = np.argmin(grid[:, :, variants], axis=2) + variants[0]
        picked.append(first + lowest)
    scenario = np.stack(picked, axis=2).reshape(len(pnl), -1)
    return np.take_along_axis(pnl, scenario, axis=1), scenario


def _scenario_losses(
    policy: MarginPolicy, spec: Layout, pnl: FloatArray
) -> tuple[tuple[FloatArray, FloatArray], IntArray, FloatArray]:
    """Return MR1 and MR6, the scenario of the greatest of MR1, MR6 and MR2, and MR2."""
    cells, scenarios = cells_of(spec, pnl)
    cell = np.argmin(cells, axis=1)[:, None]
    shock = np.maximum(-np.take_along_axis(cells, cell, axis=1)[:, 0], 0.0)
    far = np.argmin(pnl[:, spec.extreme], axis=1)
    share = policy.number("general.extreme_share")
    extreme = share * np.maximum(-np.take_along_axis(pnl[:, spec.extreme], far[:, None], axis=1)[:, 0], 0.0)
    decay = np.maximum(-pnl[:, spec.decay], 0.0)
    scenario = np.take_along_axis(scenarios, cell, axis=1)[:, 0]
    scenario = np.where(decay > shock, spec.decay, scenario)
    beyond = extreme > np.maximum(shock, decay) * (1.0 + _SAME_LOSS)
    return (shock, extreme), np.where(beyond, spec.grid_count + far, scenario).astype(np.int64), decay


@dataclass(frozen=True)
class _Contingencies:
    """Charges of one unit that read groups of instruments: expiries and quotes."""

    policy: MarginPolicy
    book: ResolvedBook
    unit: Unit
    columns: Columns
    mine: Holdings
    spec: Layout

    @cached_property
    def expiries(self) -> IntArray:
        return np.unique(self.book.snapshot.table.expiry_ns[self.unit.members])

    @cached_property
    def options(self) -> Holdings:
        return self.mine.among(self.columns.option)

    @cached_property
    def option_expiries(self) -> IntArray:
        return np.unique(self.book.snapshot.table.expiry_ns[self.unit.members & self.columns.option])

    def number(self, name: str) -> float:
        return self.policy.number(market(self.unit.base, name))

    def basis(self, spot_usd: FloatArray) -> tuple[FloatArray, BoolArray]:
        """Return MR4, and who pays more than the floor for an expiry."""
        floor = self.number("basis_min_move")
        rates = roll_rate(
            self._years(self.expiries), annualised_move=self.number("basis_annualised_move"), min_move=floor
        )
        deltas = self._by_expiry(self.mine, self.columns.delta_usd, self.expiries)
        distances = self._by_expiry(self.mine, self.columns.distance_usd, self.expiries)
        share = np.full(len(self.expiries), self.number("basis_share"))
        charge = roll_shock(deltas, rates) + roll_shock(distances, share) + np.abs(spot_usd) * floor
        above = (np.abs(deltas) * (rates > floor)).any(axis=1)
        return charge, np.asarray(above, dtype=np.bool_)

    def vega_spread(self) -> FloatArray:
        """Return MR3: of the two forms of the volatility shock, the one that lets more offset."""
        spread = np.zeros(len(self.mine.indptr) - 1)
        if len(self.option_expiries) < 2:
            return spread
        for shocked in self.columns.pnl[self.spec.parallel]:
            gains = self._by_expiry(self.options, shocked, self.option_expiries)
            spread = np.maximum(spread, vega_spread(gains))
        return spread * self.number("vega_spread_share")

    def rate_shift(self) -> FloatArray:
        """Return MR5."""
        if len(self.option_expiries) == 0:
            return np.zeros(len(self.mine.indptr) - 1)
        moves = forward_moves(self._years(self.option_expiries), **rate_components(self.policy))  # type: ignore[arg-type]
        return worst_shift(self._by_expiry(self.options, self.columns.delta_usd, self.option_expiries), moves)

    def stable_coins(self) -> FloatArray:
        """Return MR9."""
        mine, columns = self.mine, self.columns
        sums = per_group(mine, mine.sizes * columns.delta_usd[mine.columns], columns.quote[mine.columns], len(QUOTES))
        cash = {name: sums[:, q] for q, name in enumerate(QUOTES)}
        bounds = self.policy.numbers("general.peg_size_bounds")
        total = np.zeros(len(sums))
        for (one, other), size in cross_hedges(cash, PAIRS).items():
            index = usd_price(self.book, one) / usd_price(self.book, other)
            factors = peg_factors(
                index, at_index=self.policy.numbers("general.peg_index"),
                factors=self.policy.numbers("general.peg_factors"), tiers_count=len(bounds),
            )  # fmt: skip
            total = total + np.where(size == 0.0, 0.0, bracketed(size, bounds, factors))
        return total

    def _years(self, expiries: IntArray) -> FloatArray:
        table, years = self.book.snapshot.table, self.book.snapshot.years
        found = np.array([years[np.argmax(table.expiry_ns == expiry)] for expiry in expiries], dtype=np.float64)
        return np.where(np.isfinite(found), found, 0.0)

    def _by_expiry(self, held: Holdings, column: FloatArray, expiries: IntArray) -> FloatArray:
        """Return each account's sum over the instruments of each expiry, `(A, E)`."""
        group = np.searchsorted(expiries, self.book.snapshot.table.expiry_ns)
        return per_group(held, held.sizes * column[held.columns], group[held.columns], len(expiries))

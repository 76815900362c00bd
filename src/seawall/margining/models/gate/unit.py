"""The charges of one of Gate's risk units: all contracts on one coin, and the spot that hedges them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.instruments import Kind
from seawall.margining.blocks.calendar_spread import hedged_amount
from seawall.margining.blocks.equity import per_account
from seawall.margining.blocks.lookups import of_underlying, usd_price
from seawall.margining.blocks.naked_shorts import naked_shorts
from seawall.margining.blocks.price_vol_grid import GridLoss, grid_loss, plain_grid
from seawall.margining.blocks.scenario_grid import GridSpec
from seawall.margining.blocks.spot_hedge import spot_in_use
from seawall.margining.blocks.usd import sums_of
from seawall.margining.blocks.vega_spread import vega_spread
from seawall.policy import MarginPolicy
from seawall.portfolio import Holdings, ResolvedBook
from seawall.scenarios import Relative, Unchanged, VolShock

STEPS_COUNT = 5
"""Price steps on each side: the venue's answer has eleven prices."""
NUMBERS = ("price_range", "vol_range", "basis_rate", "vol_spread_share", "short_option_rate")
DOWN, SAME, UP = "down", "same", "up"


@dataclass(frozen=True, slots=True)
class UnitNumbers:
    """Half-widths of the grid, and the rates of the three charges beside it."""

    price_range: float
    vol_range: float
    basis_rate: float
    vol_spread_share: float
    short_option_rate: float

    @property
    def spec(self) -> GridSpec:
        """Eleven prices, and three volatilities."""
        shocks: dict[str, VolShock] = {DOWN: Relative(-self.vol_range), SAME: Unchanged(), UP: Relative(self.vol_range)}
        return plain_grid(self.price_range, STEPS_COUNT, shocks)


@dataclass(frozen=True)
class UnitCharges:
    """Charges of A accounts on one unit in USD, and coins of spot that hedge it, `(A,)` each."""

    grid: GridLoss
    mr2: FloatArray
    mr3: FloatArray
    mr4: FloatArray
    spot: FloatArray
    delta: FloatArray

    @property
    def total(self) -> FloatArray:
        """All four charges."""
        return self.grid.loss + self.mr2 + self.mr3 + self.mr4


def read_unit(policy: MarginPolicy, base: str) -> UnitNumbers | None:
    """Return a unit's numbers, None where the policy has none."""
    group = f"unit.{base.lower()}"
    if not policy.has(f"{group}.{NUMBERS[0]}"):
        return None
    return UnitNumbers(*(policy.number(f"{group}.{name}") for name in NUMBERS))


def unit_charges(
    book: ResolvedBook, base: str, numbers: UnitNumbers, held: Holdings, unit: FloatArray, spot: FloatArray
) -> UnitCharges:
    """Return the charges of one unit.

    Parameters
    ----------
    held
        Positions of A accounts, perhaps with orders.
    unit
        `(S, N)` profit and loss of one unit of size in USD, of this unit's grid.
    spot
        `(A,)` coins that may hedge; zero where spot hedging is off.
    """
    mine, table = of_underlying(book, base), book.snapshot.table
    held = held.where(mine[held.columns])
    index, leaning = usd_price(book, base), book.snapshot.exposure.delta
    deltas, shocked = _by_expiry(book, held, leaning), _by_expiry_pnl(book, held, unit, numbers.spec)
    delta = per_account(held, held.sizes * leaning[held.columns])
    used = spot_in_use(spot, delta)
    moves = np.repeat(numbers.spec.moves, len(numbers.spec.vol_shocks))
    hedge = np.where(used == 0.0, 0.0, used * index)[:, None] * moves
    apart = hedged_amount(deltas) * numbers.basis_rate
    spread = np.maximum(*(vega_spread(pnl) for pnl in shocked)) * numbers.vol_spread_share
    sold = naked_shorts(held.among(mine & table.is_kind(Kind.OPTION)), book) * numbers.short_option_rate
    return UnitCharges(
        grid_loss(held, unit, hedge), np.where(apart == 0.0, 0.0, apart * index), spread,
        np.where(sold == 0.0, 0.0, sold * index), used, delta,
    )  # fmt: skip


def _expiries(book: ResolvedBook, held: Holdings) -> list[np.ndarray]:
    """Return which entries belong to each expiry, in order of time; perpetuals are one of their own."""
    when = book.snapshot.table.expiry_ns[held.columns]
    return [when == instant for instant in np.unique(when)]


def _by_expiry(book: ResolvedBook, held: Holdings, leaning: FloatArray) -> FloatArray:
    """Return the delta of each expiry, `(A, E)` coins."""
    amounts = held.sizes * leaning[held.columns]
    columns = [per_account(held, np.where(rows, amounts, 0.0)) for rows in _expiries(book, held)]
    return np.array(columns).reshape(-1, len(held.indptr) - 1).T


def _by_expiry_pnl(
    book: ResolvedBook, held: Holdings, unit: FloatArray, spec: GridSpec
) -> tuple[FloatArray, FloatArray]:
    """Return what each expiry's options gain when volatility alone falls and rises, `(A, E)` USD each."""
    vols, middle = list(spec.vol_shocks), len(spec.moves) // 2
    rows = [middle * len(vols) + vols.index(name) for name in (DOWN, UP)]
    options = held.where(book.snapshot.table.is_kind(Kind.OPTION)[held.columns])
    parts = [sums_of(options.where(mine), unit[rows]) for mine in _expiries(book, options)]
    stacked = np.array(parts).reshape(-1, len(held.indptr) - 1, 2)
    return stacked[:, :, 0].T, stacked[:, :, 1].T

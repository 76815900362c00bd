"""The risk matrix of one underlying: aggregate, offset, weigh and dampen, take the worst.

One numeraire counts everything: the settlement coin of a segregated account, or USD for a cross-margined one. Coin
earned under a scenario is turned into USD at that scenario's price.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray, IntArray
from seawall.core.rounding import round_decimals
from seawall.instruments import Kind
from seawall.margining.blocks.delta_shock import delta_shock, uncovered_delta
from seawall.margining.blocks.equity import per_account, per_group
from seawall.margining.blocks.extended_table import damp, dampener, extended_weights
from seawall.margining.blocks.pnl_offset import offset_gains
from seawall.margining.blocks.roll_shock import roll_rate, roll_shock
from seawall.margining.blocks.scenario_grid import GridSpec
from seawall.margining.blocks.usd import COMPILED_FROM_PRODUCTS_COUNT, shared_sums, sums_of, usd_pnl
from seawall.market import Exposure
from seawall.portfolio import Holdings, ResolvedBook
from seawall.revaluation import PnlTensor
from seawall.revaluation.product import worst_loss

_SAME_LOSS = 1e-9
"""A far loss within this share of the grid's is the same loss: linear exposure gives it exactly, up to rounding."""


@dataclass(frozen=True, slots=True)
class MatrixNumbers:
    """Policy numbers of one underlying's matrix, read once.

    Attributes
    ----------
    spec
        Grid and far moves.
    extended_factor
        Overall factor of the far moves' weights.
    dampener_usd
        USD taken off far entries for each range's width beyond the first.
    offset_share, offset_cap_usd
        Share of a gain that counts, and its cap in USD.
    annualised_move, min_move
        Roll shock: move risk per year and its floor.
    delta_threshold_usd, delta_increment, delta_max_rate
        Delta shock: free delta in USD, rate per unit of base asset above it, cap of the rate.
    decimals
        Places that the venue rounds a worst case to.
    """

    spec: GridSpec
    extended_factor: float
    dampener_usd: float
    offset_share: float
    offset_cap_usd: float
    annualised_move: float
    min_move: float
    delta_threshold_usd: float
    delta_increment: float
    delta_max_rate: float
    decimals: int


@dataclass(frozen=True)
class Unit:
    """What one underlying's profit is counted in.

    Attributes
    ----------
    currency
        Name of the numeraire.
    price_usd
        USD per unit of the numeraire now.
    base_price_usd
        USD per unit of the underlying now.
    moves_with_base
        The numeraire is the underlying itself.
    pnl
        `(S, N)` tensor in the numeraire; NaN columns are unavailable.
    equity_pnl
        `(S,)` gain of one unit of the underlying held as equity; zeros where equity is not stressed.
    """

    currency: str
    price_usd: float
    base_price_usd: float
    moves_with_base: bool
    pnl: FloatArray
    equity_pnl: FloatArray


@dataclass(frozen=True)
class MatrixResult:
    """Risk matrix of A accounts on one underlying, amounts in the numeraire.

    Attributes
    ----------
    worst, scenario
        `(A,)` rounded loss of the binding scenario, and that scenario.
    roll_shock, delta_shock
        `(A,)` contingencies.
    far_mattered
        `(A,)` whether a far entry would have been worse than the grid before the dampener.
    roll_above_floor
        `(A,)` whether an expiry pays more than the roll shock's floor.
    """

    worst: FloatArray
    scenario: IntArray
    roll_shock: FloatArray
    delta_shock: FloatArray
    far_mattered: BoolArray
    roll_above_floor: BoolArray

    @property
    def total(self) -> FloatArray:
        """Worst case and contingencies together, `(A,)`."""
        return self.worst + self.roll_shock + self.delta_shock


@dataclass(frozen=True)
class Vectors:
    """Profit and loss of A rows before and after offsets and dampener, split at the grid's edge."""

    raw_standard: FloatArray
    raw_extended: FloatArray
    standard: FloatArray
    extended: FloatArray


def vectors(sums: FloatArray, numbers: MatrixNumbers, unit: Unit) -> Vectors:
    """Return standard and extended vectors from profit and loss by scenario, `(A, S)`."""
    cells = numbers.spec.cells_count
    raw_extended, extended = _extended(sums[:, cells:], numbers, unit)
    return Vectors(sums[:, :cells], raw_extended, _offset(sums[:, :cells], numbers, unit), extended)


def _offset(pnl: FloatArray, numbers: MatrixNumbers, unit: Unit) -> FloatArray:
    return offset_gains(pnl, share=numbers.offset_share, cap=numbers.offset_cap_usd / unit.price_usd)


def _extended(sums: FloatArray, numbers: MatrixNumbers, unit: Unit) -> tuple[FloatArray, FloatArray]:
    """Return far entries with their weights, and the same after dampener and offset, `(A, M)` each."""
    spec, far = numbers.spec, np.array(numbers.spec.far_moves)
    weights = extended_weights(
        far, price_range=spec.price_range, factor=numbers.extended_factor, numeraire_moves=unit.moves_with_base
    )
    taken_off = dampener(
        far,
        price_range=spec.price_range,
        dampener_usd=numbers.dampener_usd,
        price_usd=unit.price_usd,
        numeraire_moves=unit.moves_with_base,
    )
    raw = sums * weights
    return raw, _offset(damp(raw, taken_off), numbers, unit)


class _Lowest(NamedTuple):
    """The lowest entry of each account, `(A,)`, and whether a far one would have been it before the dampener."""

    pnl: FloatArray
    scenario: IntArray
    far_mattered: BoolArray


def _lowest(held: Holdings, numbers: MatrixNumbers, unit: Unit, base_equity: FloatArray) -> _Lowest:
    cells = numbers.spec.cells_count
    if unit.equity_pnl.any():
        owned = np.where(base_equity == 0.0, 0.0, base_equity)
        sums = shared_sums(held, unit.pnl) + owned[:, None] * unit.equity_pnl
        scenario = np.argmin(sums[:, :cells], axis=1)
        standard = np.take_along_axis(sums, scenario[:, None], axis=1)[:, 0]
        far_sums = sums[:, cells:]
    else:  # nothing but positions: the worst loss is had without keeping every scenario of every account
        compiled = len(held) * cells >= COMPILED_FROM_PRODUCTS_COUNT
        standard, scenario = worst_loss(held.indptr, held.columns, held.sizes, unit.pnl[:cells], compiled=compiled)
        far_sums = sums_of(held, unit.pnl[cells:])
    raw, far = _extended(far_sums, numbers, unit)
    worst_far = np.argmin(far, axis=1)
    far_pnl = np.take_along_axis(far, worst_far[:, None], axis=1)[:, 0]
    # An offset only shrinks gains: wherever the lowest standard entry is a loss, it is the same before and after.
    beyond = far_pnl < np.minimum(standard, 0.0)
    floor = np.minimum(standard, 0.0) * (1.0 + _SAME_LOSS) - 10.0**-numbers.decimals
    return _Lowest(
        np.where(beyond, far_pnl, standard),
        np.where(beyond, cells + worst_far, scenario).astype(np.int64),
        raw.min(axis=1, initial=0.0) < floor,
    )


def evaluate_matrix(
    book: ResolvedBook,
    held: Holdings,
    exposure: Exposure,
    numbers: MatrixNumbers,
    unit: Unit,
    members: BoolArray,
    base_equity: FloatArray,
) -> MatrixResult:
    """Return the risk matrix of one underlying for every account.

    Parameters
    ----------
    book
        Whose instruments the holdings refer to.
    held
        Positions of A accounts, perhaps with orders added.
    exposure
        Deltas per unit of size, `(N,)`.
    numbers, unit
        Policy numbers, and what profit is counted in.
    members
        `(N,)` the instruments that belong to this underlying's vector.
    base_equity
        `(A,)` equity in the underlying that is stressed like a position.
    """
    mine = held.among(members)
    lowest = _lowest(mine, numbers, unit, base_equity)
    worst = np.maximum(-lowest.pnl, 0.0)
    deltas, rates = _expiry_deltas(book, mine, exposure, numbers, members)
    scale = 1.0 if unit.moves_with_base else unit.base_price_usd / unit.price_usd
    floor_binds = rates <= numbers.min_move
    shock = delta_shock(
        _uncovered(book, mine, exposure),
        threshold=numbers.delta_threshold_usd / unit.base_price_usd,
        increment=numbers.delta_increment,
        max_rate=numbers.delta_max_rate,
    )
    # A price that is missing makes those unavailable who hold the underlying, and nobody else.
    involved = np.diff(mine.indptr) > 0
    if unit.equity_pnl.any():
        involved = involved | (base_equity != 0.0)
    return MatrixResult(
        worst=np.where(involved, round_decimals(worst, decimals=numbers.decimals), 0.0),
        scenario=lowest.scenario,
        roll_shock=np.where(involved, roll_shock(deltas, rates) * scale, 0.0),
        delta_shock=np.where(involved, shock * scale, 0.0),
        far_mattered=lowest.far_mattered,
        roll_above_floor=np.asarray((np.abs(deltas) * ~floor_binds).any(axis=1), dtype=np.bool_),
    )


def _expiry_deltas(
    book: ResolvedBook, held: Holdings, exposure: Exposure, numbers: MatrixNumbers, members: BoolArray
) -> tuple[FloatArray, FloatArray]:
    """Return net delta by settlement asset and expiry, `(A, E)`, and the roll rate of each, `(E,)`."""
    years, group = book.once(("expiry groups", members.tobytes()), lambda: _expiry_groups(book, members))
    deltas = per_group(held, held.sizes * exposure.net_delta[held.columns], group[held.columns], len(years))
    return deltas, roll_rate(years, annualised_move=numbers.annualised_move, min_move=numbers.min_move)


def _expiry_groups(book: ResolvedBook, members: BoolArray) -> tuple[FloatArray, IntArray]:
    """Return years of each settlement asset and expiry, `(E,)`, and which one each member has, `(N,)`."""
    snapshot, table = book.snapshot, book.snapshot.table
    rows = np.flatnonzero(members)
    expiries, expiry = np.unique(table.expiry_ns[rows], return_inverse=True)
    codes = table.settlement_column[rows] * len(expiries) + expiry
    _groups, first, group = np.unique(codes, return_index=True, return_inverse=True)
    left = snapshot.years[rows[first]]
    of_row = np.zeros(len(table), np.int64)
    of_row[rows] = group
    return np.where(np.isfinite(left), left, 0.0), of_row


def _uncovered(book: ResolvedBook, held: Holdings, exposure: Exposure) -> FloatArray:
    amounts = held.sizes * exposure.net_delta[held.columns]
    long_option = (book.snapshot.table.kind[held.columns] == Kind.OPTION) & (held.sizes > 0.0)
    long_options = per_account(held, np.where(long_option, amounts, 0.0))
    return uncovered_delta(long_options, per_account(held, np.where(long_option, 0.0, amounts)))


def pnl_in_unit(book: ResolvedBook, pnl: PnlTensor, currency: str) -> FloatArray:
    """Return the tensor counted in a settlement asset, or in USD at each scenario's own prices, `(S, N)`."""
    return pnl.pnl if currency != "USD" else usd_pnl(book, pnl)

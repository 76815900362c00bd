"""The risk matrix of one underlying: aggregate, offset, weigh and dampen, take the worst.

One numeraire counts everything: the settlement coin of a segregated account, or USD for a cross-margined one. Coin
earned under a scenario is turned into USD at that scenario's price.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray, IntArray
from seawall.core.rounding import round_decimals
from seawall.instruments import Kind
from seawall.margining.blocks.delta_shock import delta_shock, uncovered_delta
from seawall.margining.blocks.equity import per_account
from seawall.margining.blocks.extended_table import damp, dampener, extended_weights
from seawall.margining.blocks.pnl_offset import offset_gains
from seawall.margining.blocks.roll_shock import roll_rate, roll_shock
from seawall.margining.blocks.scenario_grid import GridSpec
from seawall.portfolio import Holdings, ResolvedBook
from seawall.revaluation import Exposure, PnlTensor
from seawall.revaluation.product import scenario_pnl

COMPILED_FROM_PRODUCTS_COUNT = 20_000_000
"""From this many products of a size and a cell on the compiled twin pays for its start (about a second)."""
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
    spec, cells = numbers.spec, numbers.spec.cells_count
    far = np.array(spec.far_moves)
    moves_with_base = unit.moves_with_base
    weights = extended_weights(
        far, price_range=spec.price_range, factor=numbers.extended_factor, numeraire_moves=moves_with_base
    )
    taken_off = dampener(
        far,
        price_range=spec.price_range,
        dampener_usd=numbers.dampener_usd,
        price_usd=unit.price_usd,
        numeraire_moves=moves_with_base,
    )
    cap = numbers.offset_cap_usd / unit.price_usd
    raw_standard, raw_extended = sums[:, :cells], sums[:, cells:] * weights
    return Vectors(
        raw_standard,
        raw_extended,
        offset_gains(raw_standard, share=numbers.offset_share, cap=cap),
        offset_gains(damp(raw_extended, taken_off), share=numbers.offset_share, cap=cap),
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
    mine = held.where(members[held.columns])
    sums = _in_scenarios(mine, unit.pnl)
    if unit.equity_pnl.any():
        sums = sums + np.where(base_equity == 0.0, 0.0, base_equity)[:, None] * unit.equity_pnl
    found = vectors(sums, numbers, unit)
    entries = np.concatenate([found.standard, found.extended], axis=1)
    scenario = np.argmin(entries, axis=1)
    worst = np.maximum(-np.take_along_axis(entries, scenario[:, None], axis=1)[:, 0], 0.0)
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
    involved = (np.diff(mine.indptr) > 0) | (base_equity * unit.equity_pnl.any() != 0.0)
    return MatrixResult(
        worst=np.where(involved, round_decimals(worst, decimals=numbers.decimals), 0.0),
        scenario=scenario.astype(np.int64),
        roll_shock=np.where(involved, roll_shock(deltas, rates) * scale, 0.0),
        delta_shock=np.where(involved, shock * scale, 0.0),
        far_mattered=found.raw_extended.min(axis=1, initial=0.0)
        < found.standard.min(axis=1, initial=0.0) * (1.0 + _SAME_LOSS) - 10.0**-numbers.decimals,
        roll_above_floor=np.asarray((np.abs(deltas) * ~floor_binds).any(axis=1), dtype=np.bool_),
    )


def _expiry_deltas(
    book: ResolvedBook, held: Holdings, exposure: Exposure, numbers: MatrixNumbers, members: BoolArray
) -> tuple[FloatArray, FloatArray]:
    """Return net delta by settlement asset and expiry, `(A, E)`, and the roll rate of each, `(E,)`."""
    snapshot = book.snapshot
    rows = np.flatnonzero(members)
    keys = [(snapshot.table.settlement[n], int(snapshot.table.expiry_ns[n])) for n in rows]
    groups = sorted(set(keys))
    by_group = np.zeros((len(groups), len(snapshot)))
    years = np.zeros(len(groups))
    for n, key in zip(rows, keys, strict=True):
        by_group[groups.index(key), n] = exposure.net_delta[n]
        years[groups.index(key)] = snapshot.years[n] if np.isfinite(snapshot.years[n]) else 0.0
    deltas = _in_scenarios(held, by_group)
    return deltas, roll_rate(years, annualised_move=numbers.annualised_move, min_move=numbers.min_move)


def _in_scenarios(held: Holdings, columns: FloatArray) -> FloatArray:
    """Return the book's product with a tensor, `(A, S)`. The twins agree to the last bit, so size alone decides."""
    if len(held) == 0 or len(columns) == 0:
        return np.zeros((len(held.indptr) - 1, len(columns)))
    compiled = len(held) * len(columns) >= COMPILED_FROM_PRODUCTS_COUNT
    return scenario_pnl(held.indptr, held.columns, held.sizes, columns, compiled=compiled)


def _uncovered(book: ResolvedBook, held: Holdings, exposure: Exposure) -> FloatArray:
    amounts = held.sizes * exposure.net_delta[held.columns]
    long_option = (book.snapshot.table.kind[held.columns] == Kind.OPTION) & (held.sizes > 0.0)
    long_options = per_account(held, np.where(long_option, amounts, 0.0))
    return uncovered_delta(long_options, per_account(held, np.where(long_option, 0.0, amounts)))


def pnl_in_unit(book: ResolvedBook, pnl: PnlTensor, currency: str) -> FloatArray:
    """Return the tensor counted in a settlement asset, or in USD at each scenario's own prices, `(S, N)`."""
    if currency != "USD":
        return pnl.pnl
    return np.asarray(pnl.pnl * pnl.asset_prices[:, book.snapshot.table.settlement_column], dtype=np.float64)

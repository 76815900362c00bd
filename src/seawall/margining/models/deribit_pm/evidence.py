"""What each number rests on; a rule that did not bear on an account is not held against it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray
from seawall.instruments import Kind
from seawall.margining.blocks.equity import Equity
from seawall.margining.blocks.lookups import of_underlying
from seawall.margining.blocks.netting_set import NettingSet
from seawall.margining.blocks.risk_matrix import MatrixResult
from seawall.margining.model import Use
from seawall.margining.models.deribit_pm.numbers import VOL_NUMBERS, counted_in, pair_path, stresses_equity
from seawall.policy import MarginPolicy
from seawall.portfolio import ResolvedBook


def uses(
    policy: MarginPolicy,
    book: ResolvedBook,
    one: NettingSet,
    found: dict[str, MatrixResult],
    order_added: FloatArray,
    equities: dict[str, Equity],
    *,
    cross: bool,
) -> Iterator[Use]:
    """Yield what each account's number rests on; a rule that did not bear on it is not held against it."""
    table = book.snapshot.table
    options = table.is_kind(Kind.OPTION)

    def holds(members: BoolArray) -> BoolArray:
        mine = book.positions.where((one.members & members)[book.positions.columns])
        return np.asarray(np.diff(mine.indptr) > 0, dtype=np.bool_)

    everyone = holds(np.ones(len(table), np.bool_))
    yield Use(everyone, policy.evidence(["general.mm_factor"], ["totals_and_rounding"]))
    yield Use(holds(options & table.inverse), policy.evidence([], ["option_vector_inverse", "vol_shock", "vol_order"]))
    yield Use(holds(options & ~table.inverse), policy.evidence([], ["option_vector_linear", "vol_shock", "vol_order"]))
    yield Use(holds(~options & table.inverse), policy.evidence([], ["standard_grid_inverse"]))
    yield Use(holds(~options & ~table.inverse), policy.evidence([], ["standard_grid_linear"]))
    for base, matrix in found.items():
        pair, own = pair_path(base), f"currency.{base.lower()}"
        counted = counted_in(policy, base, one.currency, cross=cross)
        mine = holds(of_underlying(book, base))
        if cross and stresses_equity(policy, base):
            in_coin = equities[base].total != 0.0 if base in equities else np.zeros(len(book.book), np.bool_)
            yield Use(in_coin, policy.evidence([f"{own}.equity_side_impact"], ["equity_as_position"]))
            mine = mine | in_coin
        yield Use(mine, policy.evidence([f"{pair}.price_range"], []))
        optioned = holds(of_underlying(book, base) & options)
        yield Use(optioned, policy.evidence([f"{pair}.{name}" for name in VOL_NUMBERS], []))
        yield Use(mine & (matrix.roll_shock != 0.0), policy.evidence([f"{own}.min_annualised_move"], ["roll_shock_floor"]))
        yield Use(
            mine & matrix.roll_above_floor,
            policy.evidence([f"{own}.annualised_move_risk"], ["roll_shock_exponential"]),
        )
        yield Use(
            mine & matrix.far_mattered,
            policy.evidence(
                [f"{counted}.extended_dampener", f"{pair}.extended_table_factor"], ["extended_weights", "dampener"]
            ),
        )
        yield Use(
            mine & (matrix.delta_shock != 0.0),
            policy.evidence([f"{pair}.m_inc", f"{pair}.max_delta_shock"], ["delta_shock"]),
        )
    if len(found) > 1:
        several = np.sum([matrix.worst != 0.0 for matrix in found.values()], axis=0) > 1
        yield Use(several, policy.evidence([], ["cross_base_addition"]))
    has_orders = np.diff(book.orders.where(one.members[book.orders.columns]).indptr) > 0
    yield Use(has_orders | (order_added != 0.0), policy.evidence([], ["order_margin"]))

"""What each number rests on; a rule that did not bear on an account is not held against it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray
from seawall.core.time import DAYS_PER_YEAR
from seawall.instruments import Kind
from seawall.margining.blocks.collateral import USD_ASSETS, currency_key
from seawall.margining.blocks.equity import Equity
from seawall.margining.blocks.lookups import of_underlying
from seawall.margining.blocks.netting_set import NettingSet
from seawall.margining.blocks.risk_matrix import MatrixResult
from seawall.margining.model import Use
from seawall.margining.models.deribit_pm.numbers import (
    VOL_NUMBERS,
    counted_in,
    haircut_share,
    pair_path,
    refused_collateral,
    stresses_equity,
)
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
        return book.positions.owners(one.members & members)

    everyone = holds(np.ones(len(table), np.bool_))
    yield Use(everyone, policy.evidence(["general.mm_factor", "general.rounding_decimals"], ["totals_and_rounding"]))
    yield Use(holds(options & table.inverse), policy.evidence([], ["option_vector_inverse"]))
    yield Use(holds(options & ~table.inverse), policy.evidence([], ["option_vector_linear"]))
    yield Use(holds(~options & table.inverse), policy.evidence([], ["standard_grid_inverse"]))
    yield Use(holds(~options & ~table.inverse), policy.evidence([], ["standard_grid_linear"]))
    yield Use(
        holds(options), policy.evidence(["general.vol_shock_pivot_days"], ["vol_shock", "vol_order", "option_delta"])
    )
    nearly_expired = book.snapshot.years * DAYS_PER_YEAR < policy.number("general.vol_shock_min_days")
    yield Use(holds(options & nearly_expired), policy.evidence(["general.vol_shock_min_days"], []))
    for base, matrix in found.items():
        in_base = holds(of_underlying(book, base))
        optioned = holds(of_underlying(book, base) & options)
        stressed = np.zeros(len(book.book), np.bool_)
        if cross and base in equities and stresses_equity(policy, base):
            stressed = equities[base].total != 0.0
        yield from _matrix_uses(policy, base, one.currency, matrix, in_base, optioned, stressed, cross=cross)
    if len(found) > 1:
        several = np.sum([matrix.worst != 0.0 for matrix in found.values()], axis=0) > 1
        yield Use(several, policy.evidence([], ["cross_base_addition"]))
    yield from _collateral_uses(policy, one, equities, everyone, cross=cross)
    has_orders = book.orders.owners(one.members)
    yield Use(has_orders | (order_added != 0.0), policy.evidence([], ["order_margin"]))


def _matrix_uses(
    policy: MarginPolicy,
    base: str,
    currency: str,
    matrix: MatrixResult,
    in_base: BoolArray,
    optioned: BoolArray,
    stressed: BoolArray,
    *,
    cross: bool,
) -> Iterator[Use]:
    """Yield what one underlying's matrix rests on."""
    pair, own = pair_path(base), f"currency.{base.lower()}"
    counted = counted_in(policy, base, currency, cross=cross)
    mine = in_base | stressed
    yield Use(mine, policy.evidence([f"{pair}.price_range", "general.buckets_count"], []))
    yield Use(optioned, policy.evidence([f"{pair}.{name}" for name in VOL_NUMBERS], []))
    if cross:
        yield Use(stressed, policy.evidence([f"{own}.equity_side_impact"], ["equity_as_position"]))
    rolled = mine & (matrix.roll_shock != 0.0)
    yield Use(rolled, policy.evidence([f"{own}.min_annualised_move"], ["roll_shock_floor"]))
    exponential = policy.evidence([f"{own}.annualised_move_risk"], ["roll_shock_exponential"])
    yield Use(mine & matrix.roll_above_floor, exponential)
    basis = (["general.extended_dampener_basis"], []) if not cross else ([], ["dampener_basis_cross"])
    in_dollars = [] if currency == base else ["extended_usd"]
    far = policy.evidence(
        [f"{counted}.extended_dampener", f"{pair}.extended_table_factor", "general.extended_moves", *basis[0]],
        ["extended_weights", "dampener", *basis[1], *in_dollars],
    )
    yield Use(mine & matrix.far_mattered, far)
    shocked = [f"{pair}.{name}" for name in ("m_inc", "max_delta_shock", "delta_total_liq_shock_threshold")]
    yield Use(mine & (matrix.delta_shock != 0.0), policy.evidence(shocked, ["delta_shock"]))


def _collateral_uses(
    policy: MarginPolicy, one: NettingSet, equities: dict[str, Equity], everyone: BoolArray, *, cross: bool
) -> Iterator[Use]:
    """Yield what an account's collateral rests on; in a segregated account only that a stable coin is taken as USD."""
    if not cross:
        if one.currency in USD_ASSETS - {"USD"}:
            yield Use(everyone, policy.evidence([], ["stablecoins_as_usd"]))
        return
    for asset, equity in equities.items():
        owns = equity.total != 0.0
        if asset in USD_ASSETS - {"USD"}:
            yield Use(owns, policy.evidence([], ["stablecoins_as_usd"]))
        if refused_collateral(policy, asset, cross=True) == "":
            share = haircut_share(policy, asset)
            rules = ["haircut_reduces_initial_only"] if share > 0.0 else []
            yield Use(owns, policy.evidence([f"currency.{currency_key(asset)}.haircut"], rules))

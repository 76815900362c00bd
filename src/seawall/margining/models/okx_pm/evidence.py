"""What each number rests on; a rule that did not bear on an account is not held against it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray
from seawall.margining.model import Use
from seawall.margining.models.okx_pm.account import Funds
from seawall.margining.models.okx_pm.columns import Columns
from seawall.margining.models.okx_pm.numbers import (
    PEG_NUMBERS,
    RATE_NUMBERS,
    VOL_NUMBERS,
    discount,
    market,
    refused_asset,
)
from seawall.margining.models.okx_pm.unit import Unit, UnitResult
from seawall.policy import MarginPolicy
from seawall.portfolio import ResolvedBook


def uses(
    policy: MarginPolicy,
    book: ResolvedBook,
    funds: Funds,
    columns: Columns,
    found: Mapping[Unit, UnitResult],
    order_added: FloatArray,
) -> Iterator[Use]:
    """Yield what each account's number rests on."""
    table = book.snapshot.table

    def holds(members: BoolArray) -> BoolArray:
        return book.positions.owners(members)

    everyone = holds(np.ones(len(table), np.bool_))
    yield Use(
        everyone,
        policy.evidence(["general.initial_factor", "general.risk_unit"], ["unit_formula", "account_totals"]),
    )
    option, inverse = columns.option, table.inverse
    yield Use(holds(~option & ~inverse), policy.evidence([], ["delta_one_pnl"]))
    yield Use(holds(~option & inverse), policy.evidence([], ["inverse_delta_one"]))
    yield Use(holds(columns.dated), policy.evidence([], ["dated_delta_one"]))
    shock = [f"general.{name}" for name in VOL_NUMBERS]
    yield Use(holds(option), policy.evidence(shock, ["option_pnl", "vol_shock", "vol_shock_symmetric"]))
    yield Use(holds(option & ~inverse), policy.evidence([], ["other_settlement_form"]))
    for unit, result in found.items():
        held = (holds(unit.members & which) for which in (np.ones_like(option), option, columns.dated))
        yield from _unit_uses(policy, unit, result, *held)
    yield from _account_uses(policy, funds)
    has_orders = np.diff(book.orders.indptr) > 0
    yield Use(has_orders | (order_added != 0.0), policy.evidence([], ["order_margin"]))


def _unit_uses(
    policy: MarginPolicy,
    unit: Unit,
    result: UnitResult,
    involved: BoolArray,
    optioned: BoolArray,
    dated: BoolArray,
) -> Iterator[Use]:
    def numbers(*names: str) -> list[str]:
        return [market(unit.base, name) for name in names]

    yield Use(involved, policy.evidence(numbers("price_moves"), []))
    yield Use(result.mr6 != 0.0, policy.evidence([*numbers("extreme_move"), "general.extreme_share"], ["extreme_move"]))
    yield Use(result.mr2 != 0.0, policy.evidence(["general.time_decay_days"], ["time_decay"]))
    yield Use(result.mr3 != 0.0, policy.evidence(numbers("vega_spread_share"), ["vega_spread"]))
    yield Use(result.mr4 != 0.0, policy.evidence(numbers("basis_min_move"), ["basis"]))
    yield Use(result.above_floor, policy.evidence(numbers("basis_annualised_move"), []))
    yield Use(dated & (result.mr4 != 0.0), policy.evidence(numbers("basis_share"), ["basis_dated"]))
    yield Use(result.mr5 != 0.0, policy.evidence([f"general.{name}" for name in RATE_NUMBERS], ["rate_shift"]))
    charged = numbers("slippage", "size_bounds", "size_multipliers")
    rules = ["minimum_charge", "minimum_charge_tiers"]
    yield Use(result.minimum_charge > 0.0, policy.evidence([*charged, "general.taker_fee"], rules))
    options = [*numbers("option_slippage"), "general.option_taker_fee", "general.option_fee_cap"]
    yield Use(optioned & (result.minimum_charge > 0.0), policy.evidence(options, ["minimum_charge_options"]))
    peg = [f"general.{name}" for name in PEG_NUMBERS]
    yield Use(result.mr9 != 0.0, policy.evidence(peg, ["stable_coin_tiers", "stable_coin_pairs"]))
    several = (result.mr3 != 0.0) | (result.mr5 != 0.0) | (result.mr9 != 0.0)
    yield Use(several, policy.evidence([], ["full_formula"]))
    spot = ["spot_in_use", "spot_in_use_amount", "basis_spot"]
    yield Use(result.spot != 0.0, policy.evidence(["general.spot_offset"], spot))


def _account_uses(policy: MarginPolicy, funds: Funds) -> Iterator[Use]:
    for asset, amount in funds.worth.items():
        if not refused_asset(policy, asset):
            paths = [discount(asset, "bounds"), discount(asset, "rates"), "general.discount_unit"]
            yield Use(amount > 0.0, policy.evidence(paths, ["discount"]))
    owing = [f"general.borrow_{which}_rate" for which in ("initial", "maintenance")]
    yield Use(funds.liability > 0.0, policy.evidence(owing, ["borrow", "debts"]))

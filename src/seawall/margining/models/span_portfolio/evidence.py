"""What each number rests on; a rule that did not bear on an account is not held against it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray
from seawall.instruments import Kind
from seawall.margining.blocks.lookups import of_underlying
from seawall.margining.blocks.usd_account import UsdAccount, haircut_evidence
from seawall.margining.model import Use
from seawall.margining.models.span_portfolio.combined import Combined
from seawall.margining.models.span_portfolio.numbers import commodity_path, pairs
from seawall.margining.models.span_portfolio.points import STANDARD
from seawall.policy import MarginPolicy
from seawall.portfolio import ResolvedBook

EXTREME = ("general.extreme_multiple", "general.extreme_cover")


def uses(
    policy: MarginPolicy,
    book: ResolvedBook,
    found: Mapping[str, Combined],
    credit: Mapping[str, FloatArray],
    parts: Mapping[str, FloatArray],
    owned: UsdAccount,
) -> Iterator[Use]:
    """Yield what each account's number rests on."""
    table = book.snapshot.table
    options = table.is_kind(Kind.OPTION)

    def holds(members: BoolArray) -> BoolArray:
        mine = book.positions.where(members[book.positions.columns])
        return np.asarray(np.diff(mine.indptr) > 0, dtype=np.bool_)

    everyone = holds(np.ones(len(table), np.bool_))
    yield Use(everyone, policy.evidence(["general.initial_factor"], ["scenarios", "scan_risk", "assembly"]))
    yield Use(holds(options), policy.evidence(["general.look_ahead_days"], ["net_option_value"]))
    yield Use(holds(table.inverse | table.is_kind(Kind.PERPETUAL)), policy.evidence([], ["crypto_contracts"]))
    for base, one in found.items():
        path, mine = commodity_path(base), of_underlying(book, base)
        yield Use(holds(mine), policy.evidence([f"{path}.price_scan_range"]))
        yield Use(holds(mine & options), policy.evidence([f"{path}.vol_scan_range"]))
        yield Use(one.scan.active >= len(STANDARD), policy.evidence(EXTREME))
        rates = [f"{path}.spread_near", f"{path}.spread_far", f"{path}.spread_near_far", "general.near_days"]
        spread = one.spread_charge != 0.0
        yield Use(spread, policy.evidence(rates, ["spread_charge"]))
        yield Use(spread & holds(mine & options), policy.evidence(["general.delta_weights"], ["composite_delta"]))
        close = ["general.delivery_days", f"{path}.delivery_spread", f"{path}.delivery_outright"]
        yield Use(one.delivery != 0.0, policy.evidence(close, ["delivery"]))
        least = [f"{path}.short_option_minimum", "general.som_method"]
        yield Use(one.short_options > 0.0, policy.evidence(least, ["short_option_minimum"]))
    for pair in pairs(policy, tuple(found)):
        given = (credit[pair.one] != 0.0) | (credit[pair.other] != 0.0)
        numbers = [f"{pair.path}.credit_rate", f"{pair.path}.priority", "general.delta_weights"]
        yield Use(given, policy.evidence(numbers, ["spread_credit", "composite_delta"]))
    for asset, amount in owned.amounts.items():
        yield Use(amount > 0.0, haircut_evidence(policy, asset, ["haircut"]))
    yield Use(np.asarray(np.diff(book.orders.indptr) > 0, dtype=np.bool_), policy.evidence([], ["order_margin"]))

"""What each account's margin rests on; a rule that did not bear on it is not held against it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray
from seawall.instruments import Kind
from seawall.margining.blocks.lookups import of_underlying
from seawall.margining.model import Use
from seawall.margining.models.derive_sm.collateral import Collateral
from seawall.margining.models.derive_sm.market import MarketMargin
from seawall.margining.models.derive_sm.numbers import (
    COLLATERAL_NUMBERS,
    DEPEG,
    OPTION_NUMBERS,
    PERP_NUMBERS,
    read_counted,
    read_options,
    read_perp,
)
from seawall.policy import MarginPolicy
from seawall.portfolio import ResolvedBook

UNPAIRED = ("unpaired_im", "unpaired_mm")


def uses(
    policy: MarginPolicy,
    book: ResolvedBook,
    found: Mapping[str, MarketMargin],
    collateral: Collateral,
    order_added: FloatArray,
) -> Iterator[Use]:
    """Yield the numbers and rules that each account relied on."""
    table = book.snapshot.table
    held = book.positions

    def holds(members: BoolArray, *, short_only: bool = False) -> BoolArray:
        mine = held.where(members[held.columns] & ((held.sizes < 0.0) | (not short_only)))
        return np.asarray(np.diff(mine.indptr) > 0, dtype=np.bool_)

    everyone = np.diff(held.indptr) > 0
    option = table.is_kind(Kind.OPTION)
    yield Use(everyone, policy.evidence([], ["net_margin"]))
    yield Use(holds(table.inverse), policy.evidence([], ["other_settlement_form"]))
    for base, one in found.items():
        mine, group = of_underlying(book, base), f"market.{base.lower()}"
        if read_perp(policy, base) is not None:
            numbers = [f"{group}.perp.{name}" for name in PERP_NUMBERS]
            yield Use(holds(mine & ~option), policy.evidence(numbers, ["perp"]))
        if read_options(policy, base) is not None:
            isolated = [f"{group}.option.{name}" for name in OPTION_NUMBERS if name not in UNPAIRED]
            yield Use(holds(mine & option, short_only=True), policy.evidence(isolated, ["isolated_options"]))
            unpaired = [f"{group}.option.{name}" for name in UNPAIRED]
            yield Use(one.offset_counts, policy.evidence(unpaired, ["expiry_offset"]))
        thresholds = ["general.perp_conf_threshold", "general.option_conf_threshold", "general.conf_factor"]
        yield Use(one.confidence != 0.0, policy.evidence(thresholds, ["confidence"]))
        yield Use(one.depeg != 0.0, policy.evidence([f"general.{name}" for name in DEPEG], ["depeg"]))
    yield from _collateral_uses(policy, book, collateral)
    yield Use((np.diff(book.orders.indptr) > 0) | (order_added != 0.0), policy.evidence([], ["order_margin"]))
    if book.snapshot.feeds is None:
        yield Use(everyone, policy.evidence([], ["unstated_confidence"]))


def _collateral_uses(policy: MarginPolicy, book: ResolvedBook, collateral: Collateral) -> Iterator[Use]:
    for asset, one in collateral.assets.items():
        if read_counted(policy, asset) is not None:
            numbers = [f"collateral.{asset.lower()}.{name}" for name in COLLATERAL_NUMBERS]
            yield Use(one.worth > 0.0, policy.evidence(numbers, ["collateral", "collateral_value"]))
        yield Use(one.worth < 0.0, policy.evidence([], ["debts_whole"]))
    low = ["general.base_conf_threshold", "general.conf_factor"]
    yield Use(collateral.confidence != 0.0, policy.evidence(low, ["confidence"]))

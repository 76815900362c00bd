"""Margins as columns, for tables of any length: one pass over arrays, not over accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seawall.core.arrays import FloatArray, IntArray
from seawall.core.evidence import Grade
from seawall.margining.components import Component
from seawall.market import Origin

if TYPE_CHECKING:
    from seawall.margining.result import Margins

NO_LOSS_RATIO = 1e-9
"""A loss below this share of what it is made of, or of the margin, is a rounding and none: of legs that cancel out."""


def margin_ratio(maintenance: FloatArray, balance: FloatArray, *, liquidation_ratio: float = 1.0) -> FloatArray:
    """Return maintenance margin over margin balance, `(R,)`, as a share of the ratio at which the venue liquidates.

    1 is liquidation; 0 where nothing is required; infinite where nothing covers a requirement, or where the balance is
    negative; NaN where either is unavailable.

    Examples
    --------
    >>> margin_ratio(np.array([1.0, 0.0, 1.0]), np.array([4.0, 0.0, 0.0])).tolist()
    [0.25, 0.0, inf]
    """
    covered = np.divide(maintenance, balance, out=np.full(len(balance), np.inf), where=balance > 0.0)
    covered = covered / liquidation_ratio
    nothing = np.where(balance >= 0.0, 0.0, np.inf)
    ratio = np.where(maintenance == 0.0, nothing, covered)
    return np.where(np.isnan(maintenance) | np.isnan(balance), np.nan, ratio)


def columns(margins: Margins) -> dict[str, list[object]]:
    """Return one list a column, R long each; see `AccountMargin` for what they mean."""
    need = margins.requirement
    count = len(margins)
    initial, maintenance = margins.initial_margin, margins.maintenance_margin
    names = np.array(margins.book.book.accounts, dtype=object)
    grades = np.array([*(grade.value for grade in Grade), ""], dtype=object)  # the last, -1, is nothing relied on
    labels, buckets = worst_scenarios(margins)
    made = {
        "account": names[need.account].tolist(),
        "currency": np.array(need.currencies, dtype=object)[need.currency].tolist(),
        "equity": need.equity.tolist(),
        "margin_balance": need.margin_balance.tolist(),
        "initial_margin": initial.tolist(),
        "maintenance_margin": maintenance.tolist(),
        "margin_ratio": margin_ratio(
            maintenance, need.margin_balance, liquidation_ratio=need.liquidation_ratio
        ).tolist(),
        "available_funds": (need.margin_balance - need.haircut - initial).tolist(),
        "worst_scenario": labels,
        "worst_bucket": buckets,
        **{f"initial_{name}": amounts.tolist() for name, amounts in margins.initial.items()},
        "derived_prices": derived_prices(margins)[need.account].tolist(),
        "evidence": grades[margins.evidence_rank].tolist(),
        "unavailable": [
            margins.availability.reason(r) if gone else "" for r, gone in enumerate(np.isnan(initial).tolist())
        ],
    }
    constant = {
        "policy": margins.policy.id,
        "policy_digest": margins.policy.digest,
        "snapshot": margins.snapshot.name,
        "snapshot_digest": margins.snapshot.digest,
        "seawall": margins.code_version,
    }
    return made | {name: [text] * count for name, text in constant.items()}


def worst_scenarios(margins: Margins) -> tuple[list[object], list[object]]:
    """Return each netting set's binding scenario in words, and its price bucket; empty and 0 where none binds.

    None does where scenarios make no more of the margin than rounding does: a charge makes it then.
    """
    need, total = margins.requirement, margins.initial_margin
    binds = (need.worst_underlying >= 0) & (need.worst_scenario >= 0) & ~np.isnan(total)
    kinds = margins.model.components
    lost = [amounts for name, amounts in need.initial.items() if kinds.get(name) is Component.SCENARIO]
    if lost:
        binds &= np.sum(lost, axis=0) > NO_LOSS_RATIO * np.abs(total)
    labels, buckets = np.full(len(margins), "", dtype=object), np.zeros(len(margins), np.int64)
    pairs = np.stack([need.worst_underlying, need.worst_scenario])[:, binds]
    distinct, which = np.unique(pairs, axis=1, return_inverse=True)
    found = [
        (need.underlyings[u], margins.model.binding(margins.policy, need.underlyings[u], s))
        for u, s in distinct.T.tolist()
    ]
    if found:
        words = np.array([f"{underlying} {binding.label}" for underlying, binding in found], dtype=object)
        labels[binds] = words[which.ravel()]
        buckets[binds] = np.array([binding.bucket for _, binding in found])[which.ravel()]
    return labels.tolist(), list(buckets.tolist())


def derived_prices(margins: Margins) -> IntArray:
    """Return how many holdings of each account rest on a derived price, volatility or index, `(A,)`."""
    held, snapshot, book = margins.book.positions, margins.book.snapshot, margins.book.book
    derived = (snapshot.mark_origin == Origin.DERIVED) | (snapshot.vol_origin == Origin.DERIVED)
    count = np.bincount(held.rows[derived[held.columns]], minlength=len(book)).astype(np.int64)
    assets = [c for c, asset in enumerate(book.assets) if snapshot.index_origin.get(asset) == Origin.DERIVED]
    return np.asarray(count + (book.balances[:, assets] != 0.0).sum(axis=1), dtype=np.int64)

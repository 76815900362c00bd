"""What each coin gains, and who contributes to what binds: the tail, or a stress point.

No single outcome makes a tail. A coin's contribution to it is its mean over the tail's outcomes, each with the weight
it has there, so that contributions add up to the measure.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.margining.blocks.lookups import of_underlying, usd_price
from seawall.margining.blocks.tail_measure import quantile_shares, tail_shares
from seawall.margining.blocks.usd import sums_of
from seawall.margining.blocks.usd_account import UsdAccount
from seawall.margining.model import Detail, RiskArray
from seawall.margining.models.house_tail.charges import Charges
from seawall.margining.models.house_tail.listed import outcome_weights
from seawall.margining.models.house_tail.numbers import blocks_of, coins
from seawall.margining.models.house_tail.paths import CURRENT
from seawall.policy import MarginPolicy
from seawall.portfolio import ResolvedBook
from seawall.revaluation import PnlTensor

SHOWN_OUTCOMES_COUNT = 10
"""Of a tail's outcomes the largest losses stand under their mean."""


def coins_usd(policy: MarginPolicy, book: ResolvedBook, owned: UsdAccount) -> dict[str, FloatArray]:
    """Return what accounts own of each coin, in USD; a price that is missing touches only its owners."""
    none = np.zeros(len(book.book))
    amounts = {base: owned.amounts.get(base, none) for base in coins(policy)}
    return {base: np.where(amount == 0.0, 0.0, amount * usd_price(book, base)) for base, amount in amounts.items()}


def coin_pnl(
    book: ResolvedBook, usd: FloatArray, worth: Mapping[str, FloatArray], pnl: PnlTensor, base: str, rows: slice
) -> FloatArray:
    """Return what accounts gain from one coin in some scenarios, `(A, S)`."""
    mine = book.positions.where(of_underlying(book, base)[book.positions.columns])
    amount, moves = worth[base][:, None], pnl.scenarios.asset_move(base)[rows]
    return sums_of(mine, usd[rows]) + np.where(amount == 0.0, 0.0, amount * moves)


def detail_of(
    policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor, usd: FloatArray, worth: Mapping[str, FloatArray],
    found: Charges,
) -> Detail:  # fmt: skip
    """Return what binds one account, coin by coin, the stress points, and the figures behind the tail."""
    by_coin = {base: coin_pnl(book, usd, worth, pnl, base, slice(None))[0] for base in coins(policy)}
    by_coin = {base: line for base, line in by_coin.items() if line.any()}
    names = tuple(by_coin)
    table = np.array(list(by_coin.values())).reshape(len(names), len(pnl.scenarios.labels))
    blocks = blocks_of(policy)
    now = blocks.rows(CURRENT)
    tail_binds = bool(found.stress[0] == 0.0 and found.tail[0] + found.procyclicality[0] > 0.0)
    arrays = [_tail(policy, names, table[:, now], pnl.scenarios.labels[now], found)] if tail_binds else []
    points = table[:, blocks.stress]
    arrays.append(
        RiskArray(
            "stress, which does not bind" if tail_binds else "stress", "all", "USD",
            pnl.scenarios.labels[blocks.stress], points.sum(axis=0), names, points,
            0.0 if tail_binds else float(found.stress_loss[0]), -1 if tail_binds else int(found.stress_point[0]),
        )
    )  # fmt: skip
    figures = {
        "value_at_risk": float(found.value_at_risk[0]),
        "expected_shortfall": float(found.shortfall[0]),
        "expected_shortfall_error": float(found.shortfall_error[0]),
        "stress_loss": float(found.stress_loss[0]),
    }
    return Detail(arrays=tuple(arrays), figures=figures)


def _tail(
    policy: MarginPolicy, names: tuple[str, ...], table: FloatArray, labels: tuple[str, ...], found: Charges
) -> RiskArray:
    """Return the measure of current outcomes as the first scenario, and below it the worst of them."""
    is_quantile = policy.word("general.measure") == "value_at_risk"
    confidence, weights = policy.number("general.confidence"), outcome_weights(policy, CURRENT)
    whole = table.sum(axis=0)
    part = (quantile_shares if is_quantile else tail_shares)(whole, weights, confidence=confidence)
    part = np.where(whole < 0.0, part, 0.0)  # an outcome that gains counts as no loss
    order = np.argsort(whole, kind="stable")
    shown = [int(s) for s in order[:SHOWN_OUTCOMES_COUNT] if whole[s] < 0.0]
    measured = float((found.value_at_risk if is_quantile else found.shortfall)[0])
    beyond = f"{100.0 * (1.0 - confidence):.6g} % of {len(labels):,} outcomes"
    title = f"loss that {beyond} exceed" if is_quantile else f"mean of the worst {beyond}"
    lines = np.column_stack([table @ part, table[:, shown]])
    return RiskArray(
        "tail", "all", "USD", (title, *(labels[s] for s in shown)), np.append(-measured, whole[shown]), names, lines,
        measured, 0,
    )  # fmt: skip

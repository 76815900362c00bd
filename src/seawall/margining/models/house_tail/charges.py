"""What the rule charges for: the tail and its stress floor, the procyclicality tools, closing and concentration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from seawall.core.arrays import FloatArray, IntArray
from seawall.core.time import DAYS_PER_YEAR
from seawall.instruments import Kind
from seawall.margining.blocks.equity import per_account
from seawall.margining.blocks.lookups import by_underlying, of_underlying, usd_price
from seawall.margining.blocks.procyclicality import buffered, floored, stress_weighted
from seawall.margining.blocks.tail_measure import expected_shortfall, value_at_risk
from seawall.margining.blocks.usd import sums_of
from seawall.margining.models.house_tail.listed import outcome_weights
from seawall.margining.models.house_tail.numbers import blocks_of, coins
from seawall.margining.models.house_tail.paths import CURRENT, LONG_RUN, STRESSED, of_coin
from seawall.policy import MarginPolicy
from seawall.portfolio import Holdings, ResolvedBook
from seawall.revaluation import PnlTensor

CELLS_AT_ONCE_COUNT = 1 << 22
"""Accounts times scenarios that are held at once: 32 MiB of float64."""


@dataclass(frozen=True, slots=True)
class Charges:
    """What A accounts are charged for, USD, `(A,)` each.

    Attributes
    ----------
    tail
        Multiplier times the measure of current outcomes.
    procyclicality
        What buffer, stressed outcomes and long-run floor add to it.
    stress
        What the stress floor adds to both.
    liquidity, concentration
        Half spreads of all that is held; the impact of closing each coin's net delta.
    value_at_risk, shortfall, shortfall_error
        Of current outcomes, before the multiplier; the error is one standard deviation of the simulation's.
    stress_loss, stress_point
        Largest loss at a stress point, and which.
    """

    tail: FloatArray
    procyclicality: FloatArray
    stress: FloatArray
    liquidity: FloatArray
    concentration: FloatArray
    value_at_risk: FloatArray
    shortfall: FloatArray
    shortfall_error: FloatArray
    stress_loss: FloatArray
    stress_point: IntArray

    @property
    def components(self) -> Mapping[str, FloatArray]:
        """What adds up to maintenance margin."""
        names = ("tail", "procyclicality", "stress", "liquidity", "concentration")
        return {name: getattr(self, name) for name in names}

    @property
    def total(self) -> FloatArray:
        """Maintenance margin."""
        return self.tail + self.procyclicality + self.stress + self.liquidity + self.concentration


def charges(
    policy: MarginPolicy, book: ResolvedBook, held: Holdings, usd: FloatArray, owned: Mapping[str, FloatArray],
    pnl: PnlTensor,
) -> Charges:  # fmt: skip
    """Return what some accounts are charged.

    Parameters
    ----------
    policy, book
        The rule's numbers, and the market.
    held
        Sizes of A accounts.
    usd
        `(S, N)` change in USD of the value of one unit.
    owned
        `(A,)` USD that the accounts own of each coin.
    pnl
        Its scenarios say how coins move.
    """
    count = len(held.indptr) - 1
    step = max(1, CELLS_AT_ONCE_COUNT // max(len(usd), 1))
    parts = []
    for start in range(0, count, step) if count else [0]:
        rows = np.arange(start, min(start + step, count), dtype=np.int64)
        part = sums_of(held.take(rows), usd)
        for asset, worth in owned.items():
            mine, moves = worth[rows], pnl.scenarios.asset_move(asset)
            part = part + np.where(mine[:, None] == 0.0, 0.0, mine[:, None] * moves)
        parts.append(_tails(policy, part))
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    tail, procyclicality, stress, var, shortfall, error, loss = columns[:7]
    liquidity, concentration = _closing(policy, book, held)
    return Charges(
        tail, procyclicality, stress, liquidity, concentration, var, shortfall, error, loss,
        columns[7].astype(np.int64),
    )  # fmt: skip


def _tails(policy: MarginPolicy, part: FloatArray) -> tuple[FloatArray, ...]:
    """Return the charges that read scenarios, of accounts with profit and loss `(A, S)`."""
    blocks, confidence = blocks_of(policy), policy.number("general.confidence")
    multiplier = policy.number("general.multiplier")
    chosen = policy.word("general.measure")

    def measured(sort: str) -> FloatArray:
        outcomes, weights = part[:, blocks.rows(sort)], outcome_weights(policy, sort)
        if chosen == "value_at_risk":
            return multiplier * value_at_risk(outcomes, weights, confidence=confidence)
        return multiplier * expected_shortfall(outcomes, weights, confidence=confidence)[0]

    now, weights = part[:, blocks.rows(CURRENT)], outcome_weights(policy, CURRENT)
    shortfall, error = expected_shortfall(now, weights, confidence=confidence)
    var = value_at_risk(now, weights, confidence=confidence)
    tail = multiplier * (var if chosen == "value_at_risk" else shortfall)
    raised = buffered(tail, ratio=policy.number("procyclicality.buffer_ratio"))
    if STRESSED in blocks.sorts:
        weight = policy.number("procyclicality.stress_weight")
        weighted = stress_weighted(raised, measured(STRESSED), weight=weight)
        raised = np.maximum(raised, weighted)  # calmer outcomes than the current ones lower nothing
    if LONG_RUN in blocks.sorts:
        raised = floored(raised, measured(LONG_RUN))
    points = part[:, blocks.stress]
    point = np.argmin(points, axis=1)
    loss = np.maximum(-points.min(axis=1, initial=0.0), 0.0)
    floor = policy.number("general.stress_share") * loss
    return (
        tail, raised - tail, np.maximum(floor - raised, 0.0), var, shortfall, error, loss,
        np.where(loss > 0.0, point, -1).astype(np.float64),
    )  # fmt: skip


def _closing(policy: MarginPolicy, book: ResolvedBook, held: Holdings) -> tuple[FloatArray, FloatArray]:
    """Return what closing costs: a rate on the size of each position's delta, and the impact of each coin's net one."""
    count, known = len(held.indptr) - 1, set(coins(policy))
    lean = lean_usd(book)[held.columns] * held.sizes
    rate = by_underlying(book, lambda base: of_coin(policy, base, "closing_rate") if base in known else np.nan)
    spread = per_account(held, np.abs(lean) * rate[held.columns])
    impact = np.zeros(count)
    coefficient = policy.number("general.impact_coefficient")
    for base in book.snapshot.table.underlyings:
        if base not in known:
            continue
        mine = of_underlying(book, base)[held.columns]
        net = np.abs(per_account(held, np.where(mine, lean, 0.0)))
        daily = of_coin(policy, base, CURRENT) / np.sqrt(DAYS_PER_YEAR)
        impact = impact + coefficient * daily * np.sqrt(net / of_coin(policy, base, "daily_volume_usd")) * net
    return spread, impact


def lean_usd(book: ResolvedBook) -> FloatArray:
    """Return the cash delta of one unit of each instrument, `(N,)`: USD for a move of 100 %."""
    snapshot, table = book.snapshot, book.snapshot.table
    usd = np.array([usd_price(book, asset) for asset in table.settlements], dtype=np.float64)[table.settlement_column]
    index = by_underlying(book, lambda base: usd_price(book, base))
    price = np.where(table.is_kind(Kind.OPTION), snapshot.forward, snapshot.mark) * usd
    return np.asarray(snapshot.exposure.delta * np.where(table.inverse, index, price), dtype=np.float64)

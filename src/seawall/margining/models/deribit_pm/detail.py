"""One account's risk matrix, every line and vector included."""

from __future__ import annotations

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.rounding import round_decimals
from seawall.margining.blocks.risk_matrix import MatrixNumbers, Unit, vectors
from seawall.margining.model import RiskMatrix
from seawall.portfolio import Holdings, ResolvedBook


def risk_matrix(
    book: ResolvedBook, mine: Holdings, numbers: MatrixNumbers, unit: Unit, equity: FloatArray, base: str
) -> RiskMatrix:
    """Return the matrix of one underlying for one account.

    Parameters
    ----------
    book
        A book of one account.
    mine
        Its positions on the underlying.
    numbers, unit
        Policy numbers, and what profit is counted in.
    equity
        `(1,)` equity in the underlying, where it is stressed like a position.
    base
        The underlying.
    """
    spec = numbers.spec
    lines = [book.snapshot.table.names[n] for n in mine.columns]
    rows = mine.sizes[:, None] * unit.pnl[:, mine.columns].T
    if unit.equity_pnl.any():
        lines.append(f"{base} equity")
        rows = np.concatenate([rows, equity[:, None] * unit.equity_pnl])
    whole = vectors(rows.sum(axis=0, keepdims=True), numbers, unit)
    each = vectors(rows, numbers, unit)
    entries = np.concatenate([whole.standard[0], whole.extended[0]])
    worst = int(np.argmin(entries))
    loss = round_decimals(np.maximum(-entries[worst], 0.0), decimals=numbers.decimals)
    return RiskMatrix(
        name=f"{base}_{unit.currency}".lower(),
        underlying=base,
        currency=unit.currency,
        price_moves=tuple(spec.moves.tolist()),
        vol_names=tuple(spec.vol_shocks),
        standard=whole.standard.reshape(-1, len(spec.vol_shocks)),
        extended_moves=spec.far_moves,
        extended=whole.extended[0],
        extended_vol=spec.far_vol,
        lines=tuple(lines),
        line_standard=each.raw_standard,
        line_extended=each.raw_extended,
        worst=float(loss),
        worst_scenario=worst,
        binding=spec.binding(worst),
    )

"""Every number behind one account's margin under a dotted name: what a venue's own answer is held against."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from seawall.core.arrays import FloatArray
from seawall.margining.result import Margins

TOTALS = ("equity", "margin_balance", "initial_margin", "maintenance_margin")


def computed(margins: Margins) -> dict[str, float]:
    """Return the numbers of a book of one account.

    `initial_margin`, `initial.<component>`, `native.<name>` and the like, with `<currency>.` before them where the
    account has several netting sets; cells of its grids as `<matrix>.standard.<k>` and `<matrix>.extended.<k>`, counted
    from 0, and each line's as `<matrix>.<line>.standard.<k>`; cells of its lists of scenarios as `<array>.<label>`; and
    every intermediate figure that the model shows.

    Examples
    --------
    >>> import seawall as sw
    >>> margins = sw.margin({"BTC-PERPETUAL": 10_000, "BTC": 1.0}, "deribit-btc-2026-08-01", "deribit/s_pm")
    >>> found = computed(margins)
    >>> found["initial_margin"] == margins["book"][0].initial_margin, "btc_btc.standard.26" in found
    (True, True)
    """
    explained = margins.explain()
    several = len(explained.margins) > 1
    found: dict[str, float] = {}
    for r, row in enumerate(explained.margins):
        parts = {name: float(getattr(row, name)) for name in TOTALS}
        parts |= {f"initial.{name}": amount for name, amount in row.initial.items()}
        parts |= {f"maintenance.{name}": amount for name, amount in row.maintenance.items()}
        for name, amounts in margins.requirement.native.items():
            parts[f"native.{name}"] = math.nan if row.unavailable else float(amounts[r])
        found |= _prefixed(parts, row.currency if several else "")
    for matrix in explained.detail.matrices:
        found |= dict(_cells(f"{matrix.name}.standard", matrix.standard))
        found |= dict(_cells(f"{matrix.name}.extended", matrix.extended))
        for i, line in enumerate(matrix.lines):
            found |= dict(_cells(f"{matrix.name}.{line}.standard", matrix.line_standard[i]))
            found |= dict(_cells(f"{matrix.name}.{line}.extended", matrix.line_extended[i]))
        found[f"{matrix.name}.worst"] = matrix.worst
    for array in explained.detail.arrays:
        found |= {f"{array.name}.{label}": float(gain) for label, gain in zip(array.labels, array.pnl, strict=True)}
    return found | {name: float(figure) for name, figure in explained.detail.figures.items()}


def _cells(name: str, grid: FloatArray) -> Iterator[tuple[str, float]]:
    for k, gain in enumerate(grid.reshape(-1)):
        yield f"{name}.{k}", float(gain)


def _prefixed(parts: Mapping[str, float], prefix: str) -> dict[str, float]:
    return {f"{prefix}.{name}" if prefix else name: amount for name, amount in parts.items()}

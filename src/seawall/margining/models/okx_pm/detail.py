"""One account's risk units, every cell and every charge included."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from seawall.instruments import Kind
from seawall.margining.blocks.lookups import usd_price
from seawall.margining.blocks.usd import sums_of
from seawall.margining.model import RiskMatrix
from seawall.margining.models.okx_pm.account import Funds
from seawall.margining.models.okx_pm.columns import Columns
from seawall.margining.models.okx_pm.numbers import VOLS, layout
from seawall.margining.models.okx_pm.unit import Unit, UnitResult, cells_of
from seawall.policy import MarginPolicy
from seawall.portfolio import Holdings, ResolvedBook
from seawall.pricing import delta_one

CHARGES = ("mr1", "mr2", "mr3", "mr4", "mr5", "mr6", "mr7_raw", "mr7", "mr9")


def risk_matrix(
    policy: MarginPolicy, book: ResolvedBook, unit: Unit, columns: Columns, mine: Holdings, result: UnitResult
) -> RiskMatrix:
    """Return the grid of one unit for one account: prices rising, volatility up, same, down.

    Of up and of down a cell shows the variant that loses more for the account as a whole, line by line as well. The
    extreme moves count with their share; the day that passes stands after them, at no move.

    Parameters
    ----------
    policy, book, unit, columns
        As in `evaluate_unit`; the book is of one account.
    mine
        Its positions in the unit.
    result
        What they are charged.
    """
    spec = layout(policy, unit.base)
    lines = [book.snapshot.table.names[n] for n in mine.columns]
    rows = mine.sizes[:, None] * columns.pnl[:, mine.columns].T
    whole = sums_of(mine, columns.pnl)
    if result.spot[0] != 0.0:
        lines.append(f"{unit.base} spot")
        spot = result.spot[0] * usd_price(book, unit.base) * columns.moves[unit.base]
        rows, whole = np.concatenate([rows, spot[None, :]]), whole + spot
    cells, scenario = cells_of(spec, whole)
    share = policy.number("general.extreme_share")
    weights = np.array([share, share, 1.0])
    extended = whole[0, spec.grid_count :] * weights
    entries = np.concatenate([cells[0], extended])
    chosen = int(result.scenario[0])
    beyond = chosen >= spec.grid_count
    worst = cells.shape[1] + chosen - spec.grid_count if beyond else int(np.argmin(cells[0]))
    return RiskMatrix(
        name=unit.name,
        underlying=unit.base,
        currency="USD",
        price_moves=spec.moves,
        vol_names=VOLS,
        standard=cells[0].reshape(-1, len(VOLS)),
        extended_moves=(*spec.far_moves, 0.0),
        extended=extended,
        extended_vol="same",
        lines=tuple(lines),
        line_standard=rows[:, scenario[0]],
        line_extended=rows[:, spec.grid_count :] * weights,
        worst=max(-float(entries[worst]), 0.0),
        worst_scenario=worst,
        binding=spec.binding(chosen if beyond else int(scenario[0, worst])),
    )


def figures(
    policy: MarginPolicy,
    book: ResolvedBook,
    funds: Funds,
    columns: Columns,
    found: Mapping[Unit, UnitResult],
) -> dict[str, float]:
    """Return every charge of a book of one account by name: `BTC.mr4`, `borrow.mmr`, `collateral.USDT.equity`."""
    factor = policy.number("general.initial_factor")
    rates = {name: policy.number(f"general.borrow_{name}_rate") for name in ("initial", "maintenance")}
    liability = float(funds.liability[0])
    borrow = {
        "borrow.liability": liability,
        "borrow.imr": rates["initial"] * liability,
        "borrow.mmr": rates["maintenance"] * liability,
    }
    shown: dict[str, float] = {}
    for unit, result in found.items():
        mine = book.positions.among(unit.members)
        charges = {name: float(getattr(result, name)[0]) for name in CHARGES}
        charges |= {
            "mr8": borrow["borrow.mmr"],  # OKX repeats the account's in each unit
            "mmr": float(result.maintenance[0]),
            "imr": factor * float(result.maintenance[0]),
            "delta": float(result.delta_usd[0]),
            "spot_in_use": float(result.spot[0]),
            "notional": float(result.notional_usd[0]),
            "upl": _profit_usd(mine, book),
        }
        charges |= _shocks(policy, unit, columns, mine, result)
        shown |= {f"{unit.name}.{name}": amount for name, amount in charges.items()}
    for asset, part in funds.equities.items():
        shown[f"collateral.{asset}.equity"] = float(part.total[0])
        shown[f"collateral.{asset}.discounted"] = float(funds.counted[asset][0])
        shown[f"borrow.{asset}.imr"] = rates["initial"] * max(-float(funds.worth[asset][0]), 0.0)
    covered = np.any([unit.members for unit in found] or [np.zeros(len(book.snapshot.table), np.bool_)], axis=0)
    refused = not covered[book.positions.columns].all()
    total = sum(float(result.maintenance[0]) for result in found.values())
    whole = {"upl": _profit_usd(book.positions, book), "derivatives.mmr": np.nan if refused else total}
    return shown | borrow | whole


def _shocks(policy: MarginPolicy, unit: Unit, columns: Columns, mine: Holdings, result: UnitResult) -> dict[str, float]:
    """Return where MR1 and MR6 lie: the price move, and the profit or loss there, of MR6 before its share."""
    spec = layout(policy, unit.base)
    whole = sums_of(mine, columns.pnl) + result.spot_usd[:, None] * columns.moves[unit.base]
    cells, _ = cells_of(spec, whole)
    far = whole[0, spec.extreme]
    worst, worst_far = int(np.argmin(cells[0])), int(np.argmin(far))
    return {
        "mr1_pnl": float(cells[0, worst]),
        "mr1_move": spec.moves[worst // len(VOLS)],
        "mr6_pnl": float(far[worst_far]),
        "mr6_move": spec.far_moves[worst_far],
    }


def _profit_usd(held: Holdings, book: ResolvedBook) -> float:
    """Return the unrealised profit of positions in USD, options included; what has no entry price has none."""
    snapshot, table = book.snapshot, book.snapshot.table
    total = 0.0
    for n, size, entry in zip(held.columns, held.sizes, held.entry_prices, strict=True):
        if not np.isnan(entry):
            mark, inverse = snapshot.mark[n], table.inverse[n] and table.kind[n] != Kind.OPTION
            gained = delta_one.inverse_pnl(size, entry, mark) if inverse else delta_one.linear_pnl(size, entry, mark)
            total += float(gained) * usd_price(book, table.settlement[n])
    return total

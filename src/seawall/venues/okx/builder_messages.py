"""The rows of an answer of `account/position-builder`, typed; every problem of it is collected.

Source: OKX API v5, position builder. `riskUnitData` is what portfolio margin fills in; `positions` belongs to
multi-currency margin, whose answers are told apart by that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from seawall.core.errors import Problem
from seawall.venues.okx.reading import Row, number_of, read_row, shown, typed

DOCUMENT = "position-builder"
VOL_KEYS = ("volShockUp", "volSame", "volShockDown")
"""Lists of `mr1Scenarios`, in the order in which our grid has volatilities."""
LARGEST_MOVE = 1.0


class TotalsMessage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The account as a whole, USD; `eq` is what counts as margin."""

    ts: int
    eq: float
    total_mmr: float | None = None
    total_imr: float | None = None
    borrow_mmr: float | None = None
    deriv_mmr: float | None = None
    margin_ratio: float | None = None
    upl: float | None = None
    acct_lever: float | None = None


class AssetMessage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An entry of `assets`: equity and spot in use in coin, margin of a loan in USD."""

    ccy: str
    avail_eq: float | None = None
    spot_in_use: float | None = None
    borrow_imr: float | None = None


class UnitMessage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An entry of `riskUnitData`, USD."""

    risk_unit: str
    imr: float | None = None
    mmr: float | None = None
    delta: float | None = None
    upl: float | None = None
    mr1: float | None = None
    mr2: float | None = None
    mr3: float | None = None
    mr4: float | None = None
    mr5: float | None = None
    mr6: float | None = None
    mr7: float | None = None
    mr8: float | None = None
    mr9: float | None = None


class LineMessage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An entry of `portfolios`: `amt` in contracts, of spot in coin; `floatPnl` in the asset that pays."""

    inst_id: str
    inst_type: str
    amt: float
    pos_side: str = ""
    avg_px: float | None = None
    mark_px: float | None = None
    float_pnl: float | None = None
    notional_usd: float | None = None
    delta: float | None = None


class ShockMessage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`mr1FinalResult` or `mr6FinalResult`."""

    pnl: float | None = None
    spot_shock: float | None = None


@dataclass(frozen=True, slots=True)
class UnitAnswer:
    """One risk unit with what belongs to it.

    Attributes
    ----------
    row, lines
        Its charges, and what it holds.
    scenarios
        Profit and loss by volatility (`VOL_KEYS`) and price move.
    shock, extreme
        Where MR1 and MR6 lie.
    """

    row: Row[UnitMessage]
    lines: tuple[Row[LineMessage], ...]
    scenarios: Mapping[str, Mapping[float, float]]
    shock: ShockMessage
    extreme: ShockMessage


@dataclass(frozen=True, slots=True)
class BuilderAnswer:
    """An answer as rows."""

    totals: Row[TotalsMessage]
    assets: tuple[Row[AssetMessage], ...]
    units: tuple[UnitAnswer, ...]


def read_answer(body: Mapping[str, Any], *, path: str, problems: list[Problem]) -> BuilderAnswer | None:
    """Return the typed answer; None where it can't be one, and what is wrong with any part in `problems`."""
    totals = read_row(body, TotalsMessage, document=DOCUMENT, path=path, problems=problems)
    if body.get("positions") and not body.get("riskUnitData"):
        rule = "it is of multi-currency margin; ask the position builder with acctLv 4, which is portfolio margin"
        problems.append(Problem(f"{path}.positions", shown(body["positions"]), rule, where=DOCUMENT))
        return None
    assets = typed(_listed(body, "assets", path, problems), AssetMessage, document=DOCUMENT, problems=problems)
    units = [
        unit
        for at, entry in _listed(body, "riskUnitData", path, problems)
        if (unit := _unit(at, entry, problems)) is not None
    ]
    for names, field in (
        ([(row, row.message.ccy) for row in assets], "ccy"),
        ([(unit.row, unit.row.message.risk_unit) for unit in units], "riskUnit"),
    ):
        seen: set[str] = set()
        for row, name in names:
            if name in seen or not name:
                problems.append(row.problem(field, name, "it has a name, and stands once"))
            seen.add(name)
    if totals is None:
        return None
    return BuilderAnswer(Row(DOCUMENT, path, totals), tuple(assets), tuple(units))


def _unit(path: str, entry: Any, problems: list[Problem]) -> UnitAnswer | None:
    message = read_row(entry, UnitMessage, document=DOCUMENT, path=path, problems=problems)
    if message is None:
        return None
    lines = typed(_listed(entry, "portfolios", path, problems), LineMessage, document=DOCUMENT, problems=problems)
    final = {
        name: read_row(entry.get(name) or {}, ShockMessage, document=DOCUMENT, path=f"{path}.{name}", problems=problems)
        for name in ("mr1FinalResult", "mr6FinalResult")
    }
    scenarios = _scenarios(entry.get("mr1Scenarios"), f"{path}.mr1Scenarios", problems)
    shock, extreme = (final[name] or ShockMessage() for name in final)
    return UnitAnswer(Row(DOCUMENT, path, message), tuple(lines), scenarios, shock, extreme)


def _listed(holder: Mapping[str, Any], key: str, path: str, problems: list[Problem]) -> list[tuple[str, Any]]:
    entries = holder.get(key)
    if entries is None:
        return []
    if not isinstance(entries, list | tuple):
        problems.append(Problem(f"{path}.{key}", shown(entries), "it is a list of objects", where=DOCUMENT))
        return []
    return [(f"{path}.{key}[{i}]", entry) for i, entry in enumerate(entries)]


def _scenarios(part: Any, path: str, problems: list[Problem]) -> dict[str, dict[float, float]]:
    """Return profit and loss by volatility and move; each list has the same moves, as many up as down, and 0."""
    if not part:
        return {}
    found: dict[str, dict[float, float]] = {}
    for key in VOL_KEYS:
        column = part.get(key) if isinstance(part, Mapping) else None
        if not isinstance(column, Mapping):
            rule = f"it has the objects {', '.join(VOL_KEYS)}, from price moves to profit and loss"
            problems.append(Problem(f"{path}.{key}", shown(column), rule, where=DOCUMENT))
            return {}
        found[key] = {}
        for move, gain in column.items():
            try:
                at, pnl = number_of(move), number_of(gain)
                if at is None or pnl is None or not -LARGEST_MOVE < at <= LARGEST_MOVE or at in found[key]:
                    raise ValueError("a price move above -1 and at most 1 stands once, each with a profit or loss")
            except ValueError as error:
                problems.append(Problem(f"{path}.{key}.{shown(move)}", shown(gain), str(error), where=DOCUMENT))
                return {}
            found[key][at] = pnl
    moves = sorted(found[VOL_KEYS[0]])
    whole = all(sorted(column) == moves for column in found.values())
    if not whole or 0.0 not in moves or any(-move not in moves for move in moves):
        rule = "all three volatilities have the same price moves, as many up as down, and no move"
        problems.append(Problem(path, f"{len(moves)} moves", rule, where=DOCUMENT))
        return {}
    return found

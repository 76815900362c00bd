"""The answer of `/v5/asset/portfolio-margin` as typed rows: what the venue prints, and nothing made of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seawall.core.arrays import FloatArray, float_column
from seawall.core.errors import InputError, Problem
from seawall.instruments import Instrument, Option, Spot
from seawall.venues.bybit import symbols
from seawall.venues.bybit.messages import NAN, Answer, broken_rule, number, shown

DOCUMENT = "portfolio-margin"
PARTS = ("wallet", "assetPnlRange")
"""What tells such an answer from any other."""
KINDS = ("ALL", "PERPETUAL", "OPTION")
"""Kinds of contract that totals are given by."""
COIN_PARTS = (
    "totalPnlRanges", "perpPositionPnlRanges", "optionExpiryDatePnlRanges", "contingency", "asset", "spotHedgeInfo",
    "maxLossIvShockList",
)  # fmt: skip
"""Parts of a coin that are documented; positions in any other part would go missing."""
VOLS_COUNT = 3
"""Volatilities at each price of an option's rows: up, same, down."""
SAME = 1
"""Which of them is the unchanged one."""
SCALE_DECIMALS = 9
"""Decimals to which price moves of different rows are compared."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """Profit and loss over price moves: `moves` `(P,)` rising, `cells` `(P, V)` in USD."""

    moves: FloatArray
    cells: FloatArray


@dataclass(frozen=True, slots=True)
class Line:
    """One contract's size, open orders, mark and profits."""

    path: str
    fact: Instrument
    size: float
    order_size: float
    mark: float
    ladder: Ladder


@dataclass(frozen=True, slots=True)
class SpotHedge:
    """The coins that count in the stress test; `index` is NaN where it is not printed."""

    size: float
    index: float
    ladder: Ladder | None


@dataclass(frozen=True, slots=True)
class Coin:
    """What the answer says of one base coin.

    Attributes
    ----------
    futures, options
        Futures and perpetuals; options.
    totals
        By kind of contract: `ALL`, `PERPETUAL`, `OPTION`.
    expiries
        Options of one day together, by the day as ISO 8601 writes it.
    contingency, margin
        Amounts in USD under the venue's names.
    worst
        `maxLossPriceMove` and `maxLossIvShock`, where printed.
    vol_shocks
        Volatility shock that is worst at each price, by the base shock; empty where it is not printed.
    """

    path: str
    base: str
    futures: tuple[Line, ...]
    options: tuple[Line, ...]
    totals: Mapping[str, Ladder]
    expiries: Mapping[str, Ladder]
    contingency: Mapping[str, float]
    margin: Mapping[str, float]
    worst: Mapping[str, float]
    vol_shocks: tuple[float, ...]
    hedge: SpotHedge | None

    @property
    def lines(self) -> tuple[Line, ...]:
        """All contracts."""
        return (*self.futures, *self.options)


@dataclass(frozen=True, slots=True)
class MarginAnswer:
    """The whole answer; `wallet` holds the account's amounts in USD and its rates, under the venue's names."""

    time_ms: int
    wallet: Mapping[str, float]
    coins: tuple[Coin, ...]


def read_answer(answer: Answer) -> MarginAnswer:
    """Return the answer's typed rows.

    Raises
    ------
    InputError
        With every problem found: JSON path, what stood there, and the rule.
    """
    reader = _Reader([])
    path = f"{answer.path}.result"
    if answer.time_ms == 0:
        reader.fault(f"{answer.path}.time", None, "the answer's time is needed, for options lose theirs")
    wallet = reader.amounts(reader.part(answer.result, "wallet", path), f"{path}.wallet")
    coins = [reader.coin(item, where) for where, item in reader.listed(answer.result, "assetPnlRange", path)]
    bases = [coin.base for coin in coins if coin is not None]
    for base in sorted({base for base in bases if bases.count(base) > 1}):
        reader.fault(f"{path}.assetPnlRange", base, "a base coin stands once")
    held = [line.fact.name for coin in coins if coin is not None for line in coin.lines]
    for name in sorted({name for name in held if held.count(name) > 1}):
        reader.fault(f"{path}.assetPnlRange", name, "a contract stands once")
    if reader.problems:
        raise InputError(reader.problems)
    return MarginAnswer(answer.time_ms, wallet, tuple(coin for coin in coins if coin is not None))


def _is_meant_as_number(value: object) -> bool:
    """Return whether something is a number or would be read as one elsewhere: NaN is not left alone, but refused."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return False
    try:
        float(value)
    except OverflowError:
        return True
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads parts of the answer and keeps what is wrong with them."""

    problems: list[Problem]

    def fault(self, path: str, value: object, rule: str) -> None:
        self.problems.append(Problem(path, shown(value), rule, where=DOCUMENT))

    def part(self, parent: Mapping[str, Any], key: str, path: str) -> Mapping[str, Any]:
        """Return an object under a key; nothing where it is not there."""
        found = parent.get(key)
        if found is None or isinstance(found, Mapping):
            return found or {}
        self.fault(f"{path}.{key}", found, "an object is needed here")
        return {}

    def listed(self, parent: Mapping[str, Any], key: str, path: str) -> list[tuple[str, Mapping[str, Any]]]:
        """Return the objects of a list under a key, each with its path; nothing where it is not there."""
        found = parent.get(key)
        if found is None:
            return []
        if not isinstance(found, list):
            self.fault(f"{path}.{key}", found, "a list is needed here")
            return []
        rows = [(f"{path}.{key}[{i}]", item) for i, item in enumerate(found)]
        for where, item in rows:
            if not isinstance(item, Mapping):
                self.fault(where, item, "a row is a JSON object")
        return [(where, item) for where, item in rows if isinstance(item, Mapping)]

    def number(self, value: object, path: str, *, required: bool = False) -> float:
        """Return a number; NaN where it is not there or not one."""
        if (value is None or value == "") and not required:
            return NAN
        made = number(value)
        rule = "this is a number, written as a text" if made is None else broken_rule(path.rpartition(".")[2], made)
        if rule is not None:
            self.fault(path, value, rule)
        return NAN if made is None else made

    def amounts(self, parent: Mapping[str, Any], path: str) -> dict[str, float]:
        """Return what numbers an object holds, by key; what is no number at all is left alone, as `coin` is."""
        found = {}
        for key, value in parent.items():
            if key != "coin" and _is_meant_as_number(value):
                found[key] = self.number(value, f"{path}.{shown(key)}")
        return found

    def coin(self, item: Mapping[str, Any], path: str) -> Coin | None:
        base = item.get("baseCoin")
        if not isinstance(base, str) or not base.isascii() or not base.isalnum():
            self.fault(f"{path}.baseCoin", base, "a base coin is a word such as BTC")
            return None
        self.refuse_unknown(item, COIN_PARTS, path)
        lines = [self.line(*row, path, base) for row in self._contracts(item, path)]
        known = [line for line in lines if line is not None]
        totals = self.part(item, "totalPnlRanges", path)
        self.refuse_unknown(totals, KINDS, f"{path}.totalPnlRanges")
        ladders = {kind: self.ladder(self.part(totals, kind, f"{path}.totalPnlRanges"),
                                     f"{path}.totalPnlRanges.{kind}", vols_count=1)
                   for kind in KINDS}  # fmt: skip
        shocks = item.get("maxLossIvShockList")
        return Coin(
            path=path, base=base,
            futures=tuple(line for line in known if not isinstance(line.fact, Option)),
            options=tuple(line for line in known if isinstance(line.fact, Option)),
            totals={kind: ladder for kind, ladder in ladders.items() if ladder is not None},
            expiries=self.expiries(item, path),
            contingency=self.amounts(self.part(item, "contingency", path), f"{path}.contingency"),
            margin=self.amounts(self.part(item, "asset", path), f"{path}.asset"),
            worst=self.amounts({key: item.get(key) for key in ("maxLossPriceMove", "maxLossIvShock")}, path),
            vol_shocks=tuple(self.number(shock, f"{path}.maxLossIvShockList[{i}]", required=True)
                             for i, shock in enumerate(shocks if isinstance(shocks, list) else [])),
            hedge=self.hedge(self.part(item, "spotHedgeInfo", path), f"{path}.spotHedgeInfo"),
        )  # fmt: skip

    def refuse_unknown(self, parent: Mapping[str, Any], known: Sequence[str], path: str) -> None:
        """Refuse parts that hold something and are none that we read."""
        for key, found in parent.items():
            if key not in known and isinstance(found, Mapping | list) and found:
                self.fault(f"{path}.{shown(key)}", found, f"known parts are {', '.join(known)}; no position is dropped")

    def _contracts(self, item: Mapping[str, Any], path: str) -> list[tuple[str, Mapping[str, Any], int]]:
        """Return the rows of all contracts with their paths and how many volatilities they have."""
        rows = [(where, row, 1) for where, row in self.listed(item, "perpPositionPnlRanges", path)]
        for where, expiry in self.listed(item, "optionExpiryDatePnlRanges", path):
            rows += [(place, row, VOLS_COUNT) for place, row in self.listed(expiry, "optionPositionPnlRanges", where)]
        return rows

    def expiries(self, item: Mapping[str, Any], path: str) -> dict[str, Ladder]:
        """Return the rows of each day's options together."""
        found: dict[str, Ladder] = {}
        for where, expiry in self.listed(item, "optionExpiryDatePnlRanges", path):
            text = expiry.get("expiryDateRepresentation")
            day = symbols.day_of(text) if isinstance(text, str) else None
            if day is None:
                self.fault(f"{where}.expiryDateRepresentation", text, "a day is written as 25SEP26")
                continue
            ladder = self.ladder(expiry, where, vols_count=VOLS_COUNT)
            before = found.get(day)
            if ladder is None or (before is not None and not np.array_equal(before.moves, ladder.moves)):
                continue
            found[day] = ladder if before is None else Ladder(ladder.moves, float_column(before.cells + ladder.cells))
        return found

    def line(self, path: str, row: Mapping[str, Any], vols_count: int, coin_path: str, base: str) -> Line | None:
        symbol = row.get("symbolName")
        try:
            fact = symbols.parse(symbol if isinstance(symbol, str) else "")
        except InputError as error:
            for fault in error.problems:
                self.fault(f"{path}.symbolName", shown(symbol), fault.rule)
            return None
        if isinstance(fact, Spot) or isinstance(fact, Option) != (vols_count > 1) or fact.underlying != base:
            kind = "an option" if vols_count > 1 else "a future or perpetual"
            self.fault(f"{path}.symbolName", symbol, f"{kind} on {base} is expected here")
            return None
        size = self.number(row.get("position"), f"{path}.position", required=True)
        order = self.number(row.get("orderSize"), f"{path}.orderSize")
        mark = self.number(row.get("markPrice"), f"{path}.markPrice", required=True)
        if mark == 0.0 and not isinstance(fact, Option):
            self.fault(f"{path}.markPrice", mark, "only an option may be worth 0")
        ladder = self.ladder(row, path, vols_count=vols_count)
        if ladder is None:
            self.fault(f"{path}.pnlRanges", None, "the profits of a contract are needed")
            return None
        return Line(path, fact, size, 0.0 if np.isnan(order) else order, mark, ladder)

    def ladder(self, parent: Mapping[str, Any], path: str, *, vols_count: int) -> Ladder | None:
        """Return profits by rising price move; None where there are none, or where they are faulty."""
        before = len(self.problems)
        moves, cells = [], []
        for where, row in self.listed(parent, "pnlRanges", path):
            moves.append(self.number(row.get("priceScale"), f"{where}.priceScale", required=True))
            told = row.get("pnls")
            if not isinstance(told, list) or len(told) != vols_count:
                self.fault(f"{where}.pnls", told, f"a list of {vols_count} is needed here")
                continue
            cells.append([self.number(cell, f"{where}.pnls[{v}]", required=True) for v, cell in enumerate(told)])
        if len(self.problems) > before or not cells:
            return None
        order = np.argsort(moves, kind="stable")
        rising = np.asarray(moves, dtype=np.float64)[order]
        if rising[0] <= -1.0 or np.any(np.diff(np.round(rising, SCALE_DECIMALS)) <= 0.0):
            self.fault(f"{path}.pnlRanges", f"{len(moves)} rows", "price moves are above -1 and differ from each other")
            return None
        return Ladder(float_column(rising), float_column(np.asarray(cells, dtype=np.float64)[order]))

    def hedge(self, info: Mapping[str, Any], path: str) -> SpotHedge | None:
        if not info:
            return None
        size = self.number(info.get("hedgeSpotSize"), f"{path}.hedgeSpotSize")
        index = self.number(info.get("usdIndexPrice"), f"{path}.usdIndexPrice")
        ladder = self.ladder(info, path, vols_count=1)
        return SpotHedge(0.0 if np.isnan(size) else size, index if index > 0.0 else NAN, ladder)

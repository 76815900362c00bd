"""From cells to a book: every rule of the plain form that needs more than one cell, on whole columns at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray, IntArray
from seawall.portfolio.book import CHARGES, Book, Holdings
from seawall.portfolio.cells import Cells, name_codes, numbers
from seawall.portfolio.findings import Findings

DEFAULT_ACCOUNT = "book"
"""Name of the one account of an input without an `account` column."""
KINDS = ("position", "order", *CHARGES)
POSITION, ORDER = KINDS.index("position"), KINDS.index("order")
BALANCE_CELLS_COUNT = 2**27
"""Balances are dense, accounts by assets; 1 GiB of them is a broken file, not a book."""

NamesRule: TypeAlias = Callable[[Sequence[str]], Mapping[int, str]]
"""Asked about instrument names once for all rows: the rule that each refused name breaks, by its position."""

_ASSET = re.compile(r"[A-Za-z0-9.]{1,20}")


def is_asset(name: str, listed: Container[str] = ()) -> bool:
    """Return whether a name is a bare asset, and so a balance; what a market lists is an instrument, whatever its name.

    Examples
    --------
    >>> is_asset("USDC"), is_asset("BTC-PERPETUAL"), is_asset("BTC_USDC"), is_asset("BTCUSDT", {"BTCUSDT"})
    (True, False, False, False)
    """
    return not any(sign in name for sign in "-_/") and name not in listed


def is_asset_name(name: str) -> bool:
    """Return whether a name is one that the plain form has for an asset: some letters and digits.

    Examples
    --------
    >>> is_asset_name("USDC"), is_asset_name("USDT.e"), is_asset_name("-USDC"), is_asset_name("")
    (True, True, False, False)
    """
    return _ASSET.fullmatch(name) is not None


@dataclass(frozen=True, slots=True)
class _Rows:
    """L rows, typed; `account` and `name` are codes into `accounts` and `names`, and -1 stands for unreadable."""

    accounts: tuple[str, ...]
    account: IntArray
    names: tuple[str, ...]
    name: IntArray
    kind: IntArray
    size: FloatArray
    entry_price: FloatArray
    at: IntArray
    listed: Container[str]

    def is_asset(self, name: str) -> bool:
        return is_asset(name, self.listed)

    def by_name(self, flags: list[bool]) -> BoolArray:
        """Spread one flag per name over the rows; rows without a readable name get False."""
        return np.array([*flags, False], dtype=np.bool_)[self.name]

    @property
    def bare(self) -> BoolArray:
        return self.by_name([self.is_asset(name) for name in self.names])


def book_of_cells(
    cells: Cells, findings: Findings, *, names_rule: NamesRule | None = None, listed: Container[str] = ()
) -> Book:
    """Return the book of the rows that are whole; what is wrong with the others goes to `findings`.

    Names that are `listed` are instruments, though they look like assets, as `BTCUSDT` does.

    A caller raises what was found before the book is used. Every name is checked, whatever else is wrong in its row.
    Accounts keep the order of their first row; instruments and assets are sorted, so that the order of rows never
    changes a result.
    """
    count = len(cells.instrument)
    if count == 0 and not len(findings):
        findings.add("rows", 0, "no rows; a book has at least one")
    rows, good = _typed(cells, findings, listed)
    good &= ~_contradictory(rows, findings)
    refused = np.zeros(count, np.bool_) if names_rule is None else _refused_names(rows, names_rule, findings)
    good &= ~_repeated(rows, good, findings) & ~refused
    cells_count = len(rows.accounts) * sum(map(rows.is_asset, rows.names))
    if cells_count > BALANCE_CELLS_COUNT:
        findings.add("accounts times assets", cells_count, f"balances are dense, at most {BALANCE_CELLS_COUNT}")
        findings.raise_any()
    return _gathered(rows, good, rows.at if cells.has_lines else np.zeros(count, np.int64), findings.origin)


def _typed(cells: Cells, findings: Findings, listed: Container[str]) -> tuple[_Rows, BoolArray]:
    at, count = cells.at, len(cells.instrument)
    accounts: tuple[str, ...] = (DEFAULT_ACCOUNT,)
    account = np.zeros(count, np.int64)
    if cells.account is not None:
        accounts, account = name_codes(cells.account, field="account", at=at, findings=findings)
    names, name = name_codes(cells.instrument, field="instrument", at=at, findings=findings)
    size, size_bad = numbers(cells.size, field="size", at=at, findings=findings)
    entry_price, entry_bad = np.full(count, np.nan), np.zeros(count, np.bool_)
    if cells.entry_price is not None:
        entry_price, entry_bad = numbers(
            cells.entry_price, field="entry_price", at=at, findings=findings, blank_allowed=True
        )
    kind = _kinds(cells, findings)
    good = (account >= 0) & (name >= 0) & (kind >= 0) & ~size_bad & ~entry_bad
    return _Rows(accounts, account, names, name, kind, size, entry_price, at, listed), good


def _kinds(cells: Cells, findings: Findings) -> IntArray:
    """Return the row in `KINDS` of each cell, -1 where it is none of them; blank text is a position."""
    if cells.kind is None:
        return np.full(len(cells.instrument), POSITION, np.int64)
    number = {kind: i for i, kind in enumerate(KINDS)} | {"": POSITION}
    known = [number.get(cell.strip().lower(), -1) if isinstance(cell, str) else -1 for cell in cells.kind]
    kind = np.array(known, dtype=np.int64)
    findings.add_each(kind < 0, "kind", cells.kind, f"kinds are {', '.join(KINDS)}", at=cells.at)
    return kind


def _contradictory(rows: _Rows, findings: Findings) -> BoolArray:
    """Return the rows whose fields contradict each other."""
    bare, is_charge = rows.bare, rows.kind > ORDER
    strange = rows.by_name([rows.is_asset(name) and not is_asset_name(name) for name in rows.names])

    def name(i: int) -> str:
        return rows.names[int(rows.name[i])]

    def kind(i: int) -> str:
        return KINDS[int(rows.kind[i])]

    checks: list[tuple[BoolArray, str, Callable[[int], object], str]] = [
        (strange, "instrument", name, "an asset is letters and digits; an instrument's name has a -, a _ or a /"),
        (bare & (rows.kind == ORDER), "kind", kind, "a bare asset is a balance, and orders are of instruments"),
        (~bare & (rows.name >= 0) & is_charge, "kind", kind, "a charge is an amount of an asset"),
        (is_charge & (rows.size < 0), "size", lambda i: float(rows.size[i]), "charges are >= 0"),
        (bare & ~np.isnan(rows.entry_price), "entry_price", lambda i: float(rows.entry_price[i]),
         "a balance of an asset has no entry price"),
        (rows.entry_price < 0, "entry_price", lambda i: float(rows.entry_price[i]), "entry prices are >= 0"),
    ]  # fmt: skip
    broken = np.zeros(len(bare), np.bool_)
    for hits, field, values, rule in checks:
        findings.add_each(hits, field, values, rule, at=rows.at)
        broken |= hits
    return broken


def _refused_names(rows: _Rows, names_rule: NamesRule, findings: Findings) -> BoolArray:
    instruments = [i for i, name in enumerate(rows.names) if not rows.is_asset(name)]
    by_place = names_rule([rows.names[i] for i in instruments])
    rules = {instruments[place]: rule for place, rule in by_place.items()}
    refused = rows.by_name([i in rules for i in range(len(rows.names))])
    findings.add_each(
        refused, "instrument", lambda i: rows.names[rows.name[i]], lambda i: rules[int(rows.name[i])], at=rows.at
    )
    return refused


def _repeated(rows: _Rows, good: BoolArray, findings: Findings) -> BoolArray:
    """Return the rows that an earlier row states already. A buy and a sell order of one instrument are two things."""
    members = np.flatnonzero(good)
    sells = ((rows.kind == ORDER) & (rows.size < 0)).astype(np.int64)
    pair = rows.account * max(len(rows.names), 1) + rows.name
    key = ((pair * len(KINDS) + rows.kind) * 2 + sells)[members]
    order = np.argsort(key, kind="stable")
    again = np.flatnonzero(key[order][1:] == key[order][:-1])
    earlier = np.full(len(good), -1, np.int64)
    earlier[members[order[again + 1]]] = members[order[again]]

    def shown(i: int) -> str:
        return f"{rows.accounts[rows.account[i]]} {rows.names[rows.name[i]]} {KINDS[rows.kind[i]]}"

    def rule(i: int) -> str:
        where, line = findings.place(int(rows.at[earlier[i]]))
        first = where if line is None else f"line {line}"
        return f"an account has one row per instrument and kind, and {first} is one already; add the sizes up"

    findings.add_each(earlier >= 0, "row", shown, rule, at=rows.at)
    return earlier >= 0


def _gathered(rows: _Rows, good: BoolArray, lines: IntArray, origin: str) -> Book:
    instruments = tuple(sorted(name for name in rows.names if not rows.is_asset(name)))
    assets = tuple(sorted(name for name in rows.names if rows.is_asset(name)))
    column_of = {name: i for names in (instruments, assets) for i, name in enumerate(names)}
    column = np.array([*(column_of[name] for name in rows.names), -1], dtype=np.int64)[rows.name]
    bare = rows.bare

    def holdings(code: int) -> Holdings:
        picked = np.flatnonzero(good & ~bare & (rows.kind == code))
        return Holdings.gather(
            len(rows.accounts), rows.account[picked], column[picked], rows.size[picked],
            entry_prices=rows.entry_price[picked], lines=lines[picked],
        )  # fmt: skip

    def amounts(code: int) -> FloatArray:
        picked = np.flatnonzero(good & bare & (rows.kind == code))
        table = np.zeros((len(rows.accounts), len(assets)))
        table[rows.account[picked], column[picked]] = rows.size[picked]
        return table

    stated = [code for code in range(ORDER + 1, len(KINDS)) if (rows.kind == code).any()]
    return Book(
        accounts=rows.accounts,
        instruments=instruments,
        positions=holdings(POSITION),
        orders=holdings(ORDER),
        assets=assets,
        balances=amounts(POSITION),
        charges={KINDS[code]: amounts(code) for code in stated},
        origin=origin,
    )

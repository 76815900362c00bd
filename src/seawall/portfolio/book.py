"""The book: the positions, open orders and balances of A accounts.

Sizes are signed quantities in the venue's own unit: quote (USD) for inverse futures and perpetuals, base asset for
everything else. Positive is long.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray, IntArray, frozen
from seawall.core.errors import InputError, Problem, UnknownNameError
from seawall.core.memo import Memo

CHARGES = ("open_orders_margin", "mmp_margin", "spot_margin", "borrowed")
"""What a venue may state for an account, taken as given, in units of the asset: order charges, and loans, which the
balances are net of."""
LARGEST_AMOUNT = 1e15
"""Largest size, balance and price, in their own units: more than there is of any coin or dollar. Below it every whole
unit has a float64 of its own, and no product of size, price and shock comes near the end of float64."""


@dataclass(frozen=True, slots=True)
class Position:
    """A signed size of one instrument; `entry_price` in price units where it is known."""

    instrument: str
    size: float
    entry_price: float = np.nan


@dataclass(frozen=True, slots=True)
class Account:
    """One account: positions, balances by asset, open orders, and order charges that the venue stated."""

    id: str
    positions: tuple[Position, ...] = ()
    balances: Mapping[str, float] = field(default_factory=dict)
    orders: tuple[Position, ...] = ()
    charges: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


@dataclass(frozen=True, repr=False)
class Holdings(Memo):
    """A sparse `(A, N)` matrix of sizes in compressed rows.

    Attributes
    ----------
    indptr
        `(A + 1,)`: account `a` holds entries `indptr[a]` to `indptr[a + 1]`.
    columns, sizes, entry_prices
        `(nnz,)`: the instrument's column, its signed size, its entry price (NaN where unknown).
    lines
        `(nnz,)`: line of the input that each entry came from; 0 where there is none.
    """

    indptr: IntArray
    columns: IntArray
    sizes: FloatArray
    entry_prices: FloatArray
    lines: IntArray

    def __post_init__(self) -> None:
        count = len(self.columns)
        assert self.indptr[0] == 0 and self.indptr[-1] == count, "indptr must span the entries"
        for name in ("indptr", "columns", "sizes", "entry_prices", "lines"):
            column = getattr(self, name)
            assert name == "indptr" or column.shape == (count,), f"{name} has shape {column.shape}, not ({count},)"
            object.__setattr__(self, name, frozen(column))

    @classmethod
    def empty(cls, accounts_count: int) -> Holdings:
        """Return holdings of nothing."""
        none = np.zeros(0)
        zeros = np.zeros(0, np.int64)
        return cls(np.zeros(accounts_count + 1, np.int64), zeros, none, none, zeros)

    @classmethod
    def gather(
        cls,
        accounts_count: int,
        rows: IntArray,
        columns: IntArray,
        sizes: FloatArray,
        *,
        entry_prices: FloatArray | None = None,
        lines: IntArray | None = None,
    ) -> Holdings:
        """Return holdings from loose entries, ordered by account and then by instrument.

        The order is fixed by content, so that the order of a file's rows never changes a result by a rounding.
        """
        order = np.lexsort((columns, rows))
        indptr = np.zeros(accounts_count + 1, np.int64)
        np.cumsum(np.bincount(rows, minlength=accounts_count), out=indptr[1:])
        prices = np.full(len(rows), np.nan) if entry_prices is None else entry_prices
        marks = np.zeros(len(rows), np.int64) if lines is None else lines
        return cls(
            indptr,
            np.asarray(columns, np.int64)[order],
            np.asarray(sizes, np.float64)[order],
            np.asarray(prices, np.float64)[order],
            np.asarray(marks, np.int64)[order],
        )

    def __repr__(self) -> str:
        return f"Holdings({len(self)} entries of {len(self.indptr) - 1} accounts)"

    def __len__(self) -> int:
        return len(self.columns)

    @cached_property
    def rows(self) -> IntArray:
        """Account of each entry, `(nnz,)`."""
        return frozen(np.repeat(np.arange(len(self.indptr) - 1, dtype=np.int64), np.diff(self.indptr)))

    def take(self, accounts: IntArray) -> Holdings:
        """Return the holdings of the given accounts, in the given order."""
        counts = np.diff(self.indptr)[accounts]
        indptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        first = np.repeat(self.indptr[accounts] - indptr[:-1], counts)
        picked = first + np.arange(indptr[-1], dtype=np.int64)
        return Holdings(indptr, self.columns[picked], self.sizes[picked], self.entry_prices[picked], self.lines[picked])

    def plus(self, other: Holdings) -> Holdings:
        """Return the sum of two holdings of the same accounts; sizes of one instrument merge, entry prices go."""
        rows = np.concatenate([self.rows, other.rows])
        columns = np.concatenate([self.columns, other.columns])
        sizes = np.concatenate([self.sizes, other.sizes])
        order = np.lexsort((columns, rows))
        rows, columns = rows[order], columns[order]
        first = np.flatnonzero(np.diff(rows, prepend=-1) | np.diff(columns, prepend=-1))
        merged = np.add.reduceat(sizes[order], first) if len(first) else sizes
        return Holdings.gather(len(self.indptr) - 1, rows[first], columns[first], merged)

    def where(self, keep: BoolArray) -> Holdings:
        """Return only the entries where `keep`, `(nnz,)`, is true; accounts stay."""
        if keep.all():
            return self
        indptr = np.concatenate([[0], np.cumsum(keep)])[self.indptr].astype(np.int64)
        return Holdings(indptr, self.columns[keep], self.sizes[keep], self.entry_prices[keep], self.lines[keep])

    def among(self, members: BoolArray) -> Holdings:
        """Return only the entries in some instruments, `(N,)`; accounts stay."""
        if members.all():
            return self
        return self.where(members[self.columns]) if members.any() else Holdings.empty(len(self.indptr) - 1)

    def owners(self, members: BoolArray) -> BoolArray:
        """Return which accounts have an entry in some instruments, `(A,)`; policies ask for the same ones often."""

        def found() -> BoolArray:
            owns = np.zeros(len(self.indptr) - 1, np.bool_)
            owns[self.rows if members.all() else self.rows[members[self.columns]]] = True
            return frozen(owns)

        return self.once(("owners", members.tobytes()), found)

    @cached_property
    def short(self) -> Holdings:
        """Only the entries that are sold; accounts stay."""
        return self.where(self.sizes < 0.0)

    def by_group(self, groups: IntArray) -> tuple[Holdings, IntArray, IntArray]:
        """Return what each account holds of each group of instruments, group by group, as a row of its own.

        Parameters
        ----------
        groups
            `(N,)` number of each instrument's group, such as its expiry.

        Returns
        -------
        parts, account, group
            Holdings of L rows, each in the order that it had; whose row and of which group each is, `(L,)`.
        """

        def found() -> tuple[Holdings, IntArray, IntArray]:
            group = groups[self.columns]
            small = np.uint16 if groups.max(initial=0) < 1 << 16 else np.int64  # short numbers sort fast
            order = np.argsort(group.astype(small), kind="stable")
            group, account = group[order], self.rows[order]
            first = np.flatnonzero(np.diff(group, prepend=-1) | np.diff(account, prepend=-1))
            parts = Holdings(
                np.append(first, len(self)), self.columns[order], self.sizes[order], self.entry_prices[order],
                self.lines[order],
            )  # fmt: skip
            return parts, frozen(account[first]), frozen(group[first])

        return self.once(("by group", groups.tobytes()), found)


@dataclass(frozen=True, repr=False)
class Book:
    """Positions, orders and balances of A accounts over N named instruments and C assets.

    Attributes
    ----------
    accounts
        Account ids; unique.
    instruments
        Names that the columns of `positions` and `orders` refer to; unique.
    positions, orders
        Sparse `(A, N)` sizes.
    assets, balances
        Asset names and `(A, C)` cash balances. A balance excludes the market value of options and the unrealised
        profit of futures; both are added from the snapshot.
    charges
        Order charges that the venue stated, by name (one of `CHARGES`), each `(A, C)`.
    origin
        Where the book was read, for error messages.

    Examples
    --------
    >>> book = Book.of([Account("desk", (Position("BTC-PERPETUAL", -10_000.0),), {"BTC": 1.5})])
    >>> book.account("desk").positions[0].size
    -10000.0
    """

    accounts: tuple[str, ...]
    instruments: tuple[str, ...]
    positions: Holdings
    orders: Holdings
    assets: tuple[str, ...]
    balances: FloatArray
    charges: Mapping[str, FloatArray] = field(default_factory=dict)
    origin: str = "book"

    def __post_init__(self) -> None:
        shape = (len(self.accounts), len(self.assets))
        assert self.balances.shape == shape, f"balances have shape {self.balances.shape}, not {shape}"
        assert len(self.positions.indptr) == len(self.orders.indptr) == shape[0] + 1, "holdings span the accounts"
        object.__setattr__(self, "balances", frozen(self.balances))
        for name, amounts in self.charges.items():
            assert name in CHARGES and amounts.shape == shape, f"charge {name} has shape {amounts.shape}, not {shape}"
        object.__setattr__(self, "charges", {name: frozen(amounts) for name, amounts in self.charges.items()})

    @classmethod
    def of(cls, accounts: Iterable[Account], *, origin: str = "book") -> Book:
        """Return the book of some accounts."""
        members = list(accounts)
        _refuse_repeats(members, origin)
        held = [entry for member in members for entry in (*member.positions, *member.orders)]
        instruments = tuple(sorted({entry.instrument for entry in held}))
        charged = [asset for member in members for amounts in member.charges.values() for asset in amounts]
        assets = tuple(sorted({asset for member in members for asset in member.balances} | set(charged)))
        column = {name: i for i, name in enumerate(instruments)}
        balances = np.array(
            [[member.balances.get(asset, 0.0) for asset in assets] for member in members], dtype=np.float64
        ).reshape(len(members), len(assets))
        named = sorted({name for member in members for name in member.charges})
        charges = {
            name: np.array([[m.charges.get(name, {}).get(asset, 0.0) for asset in assets] for m in members])
            for name in named
        }
        return cls(
            accounts=tuple(member.id for member in members),
            instruments=instruments,
            positions=_holdings([member.positions for member in members], column),
            orders=_holdings([member.orders for member in members], column),
            assets=assets,
            balances=balances,
            charges=charges,
            origin=origin,
        )

    def __repr__(self) -> str:
        held = f"{len(self.positions)} positions, {len(self.orders)} orders, {len(self.assets)} assets"
        return f"Book({len(self)} accounts, {held}, from {self.origin!r})"

    def __len__(self) -> int:
        return len(self.accounts)

    def row(self, account: str) -> int:
        """Return the row of an account.

        Raises
        ------
        UnknownNameError
            When the book does not hold it.
        """
        try:
            return self.accounts.index(account)
        except ValueError:
            known = ", ".join(self.accounts[:5]) + (", ..." if len(self) > 5 else "")
            rule = f"the book's accounts are {known}" if self.accounts else "the book has no account"
            raise UnknownNameError(Problem("account", account, rule, where=self.origin)) from None

    def account(self, account: str) -> Account:
        """Return one account as plain values."""
        a = self.row(account)
        balances = {asset: float(self.balances[a, c]) for c, asset in enumerate(self.assets) if self.balances[a, c]}
        charges = {
            name: {asset: float(amounts[a, c]) for c, asset in enumerate(self.assets) if amounts[a, c]}
            for name, amounts in self.charges.items()
        }
        return Account(account, self._entries(self.positions, a), balances, self._entries(self.orders, a), charges)

    def _entries(self, holdings: Holdings, a: int) -> tuple[Position, ...]:
        span = range(int(holdings.indptr[a]), int(holdings.indptr[a + 1]))
        return tuple(
            Position(self.instruments[holdings.columns[i]], float(holdings.sizes[i]), float(holdings.entry_prices[i]))
            for i in span
        )

    def take(self, rows: Sequence[int] | IntArray) -> Book:
        """Return the book of the given accounts, in the given order."""
        picked = np.asarray(rows, dtype=np.int64)
        return replace(
            self,
            accounts=tuple(self.accounts[a] for a in picked),
            positions=self.positions.take(picked),
            orders=self.orders.take(picked),
            balances=self.balances[picked],
            charges={name: amounts[picked] for name, amounts in self.charges.items()},
        )


def _refuse_repeats(members: Sequence[Account], origin: str) -> None:
    """Refuse what a matrix would silently add up: an account twice, or a position in one instrument twice."""
    seen: set[tuple[str, ...]] = set()
    problems = []
    for member in members:
        keys = [("account", member.id), *((member.id, entry.instrument) for entry in member.positions)]
        for field_name, key in zip(("account", *("instrument",) * len(member.positions)), keys, strict=True):
            if key in seen:
                problems.append(Problem(field_name, key[1], "it is listed once", where=f"{origin}, {member.id}"))
            seen.add(key)
    if problems:
        raise InputError(problems)


def _holdings(entries: Sequence[Sequence[Position]], column: Mapping[str, int]) -> Holdings:
    flat = [(a, entry) for a, held in enumerate(entries) for entry in held]
    return Holdings.gather(
        len(entries),
        np.array([a for a, _ in flat], dtype=np.int64),
        np.array([column[entry.instrument] for _, entry in flat], dtype=np.int64),
        np.array([entry.size for _, entry in flat], dtype=np.float64),
        entry_prices=np.array([entry.entry_price for _, entry in flat], dtype=np.float64),
    )

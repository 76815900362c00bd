"""What a position adds to the margin, and what one more contract of any instrument would.

Each question is one more row of the same product: all variants of the account are margined in one evaluation, under any
model. Trades are at the mark, so that they change the requirement and not the equity; fees are left out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from seawall.core.errors import InputError, Problem
from seawall.core.html_table import Tabular
from seawall.instruments import Kind
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy
from seawall.portfolio import Account, Book, NameParser
from seawall.portfolio.fills import account_after
from seawall.risk.margin_variants import account_of, margin_variants


@dataclass(frozen=True, slots=True)
class PositionMargin:
    """What one position does to an account's margin, USD.

    Attributes
    ----------
    instrument, size
        The position.
    initial, maintenance
        The account's margin less what it is with the position closed at the mark; below zero where it frees margin.
    initial_alone, maintenance_alone
        Margin of the position by itself, without collateral.
    """

    instrument: str
    size: float
    initial: float
    maintenance: float
    initial_alone: float
    maintenance_alone: float


@dataclass(frozen=True)
class PositionMargins(Tabular):
    """An account's positions, each closed and each alone.

    Attributes
    ----------
    initial, maintenance
        Of the account, USD; NaN where unavailable.
    netted_initial
        Of its positions alone, without collateral and orders.
    """

    account: str
    policy: str
    initial: float
    maintenance: float
    netted_initial: float
    positions: tuple[PositionMargin, ...]
    unavailable: str = ""

    @property
    def apart_initial(self) -> float:
        """Sum of the positions' margins alone."""
        return math.fsum(one.initial_alone for one in self.positions)

    @property
    def netting_benefit_usd(self) -> float:
        """What margining the positions together saves against one by one."""
        return self.apart_initial - self.netted_initial

    def rows(self) -> list[dict[str, object]]:
        """Return one mapping a position, the one that adds most first."""
        order = sorted(self.positions, key=lambda one: -one.initial)
        return [{name: getattr(one, name) for name in PositionMargin.__slots__} for one in order]


@dataclass(frozen=True, slots=True)
class ContractMargin:
    """What one more contract does to an account's margin, USD; below zero where it frees margin.

    Attributes
    ----------
    instrument, size
        What is traded: one contract, in size units.
    initial_bought, maintenance_bought, initial_sold, maintenance_sold
        Margin after the trade less margin before; NaN where unavailable.
    unavailable
        Why there is no number; empty where there is one.
    """

    instrument: str
    size: float
    initial_bought: float
    maintenance_bought: float
    initial_sold: float
    maintenance_sold: float
    unavailable: str = ""


@dataclass(frozen=True)
class ContractMargins(Tabular):
    """What one more contract of each of some instruments does to an account's margin."""

    account: str
    policy: str
    initial: float
    maintenance: float
    contracts: tuple[ContractMargin, ...]

    def rows(self) -> list[dict[str, object]]:
        """Return one mapping an instrument, in the order asked for."""
        return [{name: getattr(one, name) for name in ContractMargin.__slots__} for one in self.contracts]


def position_margins(
    book: Book,
    snapshot: MarketSnapshot,
    policy: MarginPolicy,
    *,
    account: str | None = None,
    parse: NameParser | None = None,
) -> PositionMargins:
    """Return what each position of an account adds to its margin, and what it would need alone.

    Examples
    --------
    >>> import seawall as sw
    >>> from seawall.policy import at
    >>> now = sw.load_snapshot("deribit-btc-2026-08-01")
    >>> found = position_margins(sw.load_book("demo", snapshot=now), now, at("deribit/x_pm", now.time_ns),
    ...                          account="calendar")
    >>> [(one.instrument, round(one.initial), round(one.initial_alone)) for one in found.positions]
    [('BTC-25SEP26-62000-C', -207842, 161794), ('BTC-28AUG26-62000-C', -84683, 353176)]
    """
    mine = account_of(book, account)
    closed = [_traded(mine, snapshot, position.instrument, -position.size) for position in mine.positions]
    bare = Account("bare", mine.positions)
    alone = [Account("alone", (position,)) for position in mine.positions]
    there = [variant if isinstance(variant, Account) else mine for variant in closed]
    found = margin_variants([mine, bare, *there, *alone], snapshot, policy, parse=parse, origin=book.origin)
    count = len(mine.positions)
    rows = []
    for i, position in enumerate(mine.positions):
        known = isinstance(closed[i], Account)
        added = [math.nan, math.nan]
        if known:
            added = [float(one[0] - one[2 + i]) for one in (found.initial, found.maintenance)]
        by_itself = [float(one[2 + count + i]) for one in (found.initial, found.maintenance)]
        rows.append(PositionMargin(position.instrument, position.size, *added, *by_itself))
    return PositionMargins(
        mine.id, policy.id, float(found.initial[0]), float(found.maintenance[0]), float(found.initial[1]), tuple(rows),
        found.unavailable[0],
    )  # fmt: skip


def contract_margins(
    book: Book,
    snapshot: MarketSnapshot,
    policy: MarginPolicy,
    instruments: Sequence[str] | None = None,
    *,
    account: str | None = None,
    sizes: dict[str, float] | None = None,
    parse: NameParser | None = None,
) -> ContractMargins:
    """Return what one more contract, bought or sold, does to an account's margin.

    Parameters
    ----------
    book, snapshot, policy, parse
        As for `margining.evaluate`.
    instruments
        Which; every contract of the snapshot that is not expired, where left out.
    account
        Whose; may be left out where the book has one account.
    sizes
        Size to trade by instrument, in size units; elsewhere one contract, which is one lot where the venue's contract
        is smaller.

    Raises
    ------
    InputError
        When an instrument is not in the snapshot, or a size is not above zero.

    Examples
    --------
    >>> import seawall as sw
    >>> from seawall.policy import at
    >>> now = sw.load_snapshot("deribit-btc-2026-08-01")
    >>> found = contract_margins(sw.load_book("demo", snapshot=now), now, at("deribit/x_pm", now.time_ns),
    ...                          ["BTC-25SEP26-55000-P"], account="short_strangle")
    >>> [one] = found.contracts
    >>> one.initial_bought < 0.0 < one.initial_sold
    True
    """
    mine = account_of(book, account)
    table = snapshot.table
    listed = [n for n in range(len(table)) if table.expiry_ns[n] > snapshot.time_ns and table.kind[n] != Kind.SPOT]
    rows = listed if instruments is None else [table.position(name) for name in instruments]
    variants: list[Account] = [mine]
    asked: list[tuple[str, float, str]] = []
    for n in rows:
        name = table.names[n]
        size = (sizes or {}).get(name, max(float(table.contract_size[n]), float(table.lot[n])))
        if not (size > 0.0 and math.isfinite(size)):
            raise InputError(Problem("size", size, "a contract's size is above zero", where=name))
        pair = [_traded(mine, snapshot, name, signed) for signed in (size, -size)]
        whys = [variant for variant in pair if isinstance(variant, str)]
        variants += [variant if isinstance(variant, Account) else mine for variant in pair]
        asked.append((name, size, whys[0] if whys else ""))
    found = margin_variants(variants, snapshot, policy, parse=parse, origin=book.origin)
    contracts = []
    for i, (name, size, why) in enumerate(asked):
        both = (1 + 2 * i, 2 + 2 * i)
        reason = why or found.unavailable[both[0]] or found.unavailable[both[1]]
        bought, sold = ((math.nan, math.nan), (math.nan, math.nan))
        if not why:
            bought, sold = (
                (float(found.initial[v] - found.initial[0]), float(found.maintenance[v] - found.maintenance[0]))
                for v in both
            )
        contracts.append(ContractMargin(name, size, bought[0], bought[1], sold[0], sold[1], reason))
    return ContractMargins(mine.id, policy.id, float(found.initial[0]), float(found.maintenance[0]), tuple(contracts))


def _traded(mine: Account, snapshot: MarketSnapshot, name: str, size: float) -> Account | str:
    """Return the account after a trade at the mark; why there is none, where the snapshot has no mark."""
    n = snapshot.table.position(name)
    mark = float(snapshot.mark[n])
    instrument = snapshot.table.row(n)
    if math.isnan(mark) or (mark <= 0.0 and snapshot.table.kind[n] != Kind.OPTION):
        return f"snapshot {snapshot.name} has no mark for {name}"
    return account_after(mine, instrument, size, mark, mark=mark)

"""Deribit standard margin, segregated (S:SM) and cross (X:SM): each position by itself, requirements summed.

Futures pay a rate that rises with the position's size; short options pay the short-option minimum; long options pay
nothing, since their premium is paid and their value does not count towards the margin balance.

Sources: Deribit's articles on linear perpetuals and of 11 January 2022. docs/margin/deribit.md gives the rule in words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray
from seawall.instruments import Kind
from seawall.margining.blocks.collateral import currency_key, haircut_of, worth
from seawall.margining.blocks.equity import equity_in, per_account
from seawall.margining.blocks.lookups import by_underlying, of_underlying, usd_price
from seawall.margining.blocks.netting_set import NettingSet, accounts_in, netting_sets, stated_charge
from seawall.margining.blocks.no_scenario import NoScenario, none_binds
from seawall.margining.blocks.orders import order_margin
from seawall.margining.blocks.refusals import Sort, refused_rows
from seawall.margining.blocks.standard_rates import linear_increment, short_option
from seawall.margining.components import ORDER_CHARGES, Component
from seawall.margining.model import Detail, Promises, Requirement, Use, join
from seawall.market import Exposure
from seawall.policy import MarginPolicy
from seawall.portfolio import Holdings, ResolvedBook
from seawall.revaluation import PnlTensor

FUTURE_NUMBERS = ("initial_base", "maintenance_base", "increment_per_coin")
OPTION_NUMBERS = ("initial_base", "initial_floor", "maintenance_base")
COMPONENTS = {"futures": Component.POSITION, "options": Component.SHORT_OPTIONS, **ORDER_CHARGES}


@dataclass(frozen=True, slots=True)
class EntryMargin:
    """Margin of each entry of some holdings, `(nnz,)`, in its settlement asset."""

    initial: FloatArray
    maintenance: FloatArray


class _Collateral(NamedTuple):
    """Equity, margin balance (equity less option value) and haircut, `(A,)` each; collateral that can't be counted."""

    equity: FloatArray
    balance: FloatArray
    haircut: FloatArray
    refused: dict[str, str]


@dataclass(frozen=True)
class DeribitStandardMargin(NoScenario):
    """S:SM where `cross` is false, X:SM where it is true."""

    name: str
    cross: bool
    promises: Promises = Promises(homogeneous=False, subadditive=False, offsets_across_underlyings=False)
    components: Mapping[str, Component] = field(default_factory=lambda: COMPONENTS)

    def requirement(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Requirement:
        """Return the margin of every account: one netting set each, or one for each settlement currency."""
        leaning = book.snapshot.exposure
        return join([self._netting_set(policy, book, leaning, one) for one in netting_sets(book, cross=self.cross)])

    def _netting_set(self, policy: MarginPolicy, book: ResolvedBook, leaning: Exposure, one: NettingSet) -> Requirement:
        held = book.positions.among(one.members)
        orders = book.orders.among(one.members)
        prices = _unit_prices(book, one)
        margin = _entries(policy, book, leaning, held)
        is_option = book.snapshot.table.is_kind(Kind.OPTION)[held.columns]

        def initial_of(holdings: Holdings) -> FloatArray:
            entries = _entries(policy, book, leaning, holdings)
            return per_account(holdings, entries.initial * prices[holdings.columns])

        added = order_margin(held, orders, initial_of)
        scale = prices[held.columns]
        zero = np.zeros(len(book.book))
        initial = {
            "futures": per_account(held, np.where(is_option, 0.0, margin.initial * scale)),
            "options": per_account(held, np.where(is_option, margin.initial * scale, 0.0)),
            "open_orders_margin": stated_charge(book, "open_orders_margin", one) + added,
            "mmp_margin": stated_charge(book, "mmp_margin", one),
            "spot_margin": stated_charge(book, "spot_margin", one),
        }
        maintenance = {
            "futures": per_account(held, np.where(is_option, 0.0, margin.maintenance * scale)),
            "options": per_account(held, np.where(is_option, margin.maintenance * scale, 0.0)),
        } | dict.fromkeys(("open_orders_margin", "mmp_margin", "spot_margin"), zero)
        collateral = self._collateral(policy, book, leaning, one)
        accounts_count = len(book.book)
        return Requirement(
            account=np.arange(accounts_count),
            currencies=(one.currency,),
            currency=np.zeros(accounts_count, np.int64),
            equity=collateral.equity,
            margin_balance=collateral.balance,
            haircut=collateral.haircut,
            initial=initial,
            maintenance=maintenance,
            worst_scenario=none_binds(accounts_count),
            worst_underlying=none_binds(accounts_count),
            underlyings=book.snapshot.table.underlyings,
            cross=self.cross,
            uses=tuple(_uses(policy, book, one, held, orders)),
            refused=_refused(policy, book),
            refused_assets=collateral.refused,
        ).take(np.flatnonzero(accounts_in(book, one)))

    def _collateral(self, policy: MarginPolicy, book: ResolvedBook, leaning: Exposure, one: NettingSet) -> _Collateral:
        settlements = {*book.snapshot.table.settlements, *book.book.assets}
        assets = sorted(settlements) if self.cross else [one.currency]
        parts = {asset: equity_in(asset, book, leaning) for asset in assets}
        prices = {asset: usd_price(book, asset) if self.cross else 1.0 for asset in assets}
        shares = {asset: _haircut_share(policy, asset) if self.cross else 0.0 for asset in assets}
        owned = {asset: part.total for asset, part in parts.items()}
        plain = {asset: part.total - part.options_market_value for asset, part in parts.items()}
        count = len(book.book)
        return _Collateral(
            worth(owned, prices, accounts_count=count),
            worth(plain, prices, accounts_count=count),
            haircut_of(plain, prices, shares, accounts_count=count),
            {asset: why for asset in assets if (why := _refused_asset(policy, asset, cross=self.cross))},
        )

    def detail(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Detail:
        """Return what each position of a book of one account is charged, in its settlement asset."""
        leaning = book.snapshot.exposure
        margin, table = _entries(policy, book, leaning, book.positions), book.snapshot.table
        return Detail(
            positions=tuple(
                {
                    "instrument": table.names[n],
                    "size": float(book.positions.sizes[i]),
                    "currency": table.settlement[n],
                    "initial_margin": float(margin.initial[i]),
                    "maintenance_margin": float(margin.maintenance[i]),
                }
                for i, n in enumerate(book.positions.columns)
            )
        )


def _entries(policy: MarginPolicy, book: ResolvedBook, leaning: Exposure, held: Holdings) -> EntryMargin:
    """Return the margin of each entry; NaN where the policy has no numbers for its underlying."""
    snapshot, table = book.snapshot, book.snapshot.table
    columns = held.columns
    rate = {name: _column(policy, book, f"future.{{}}.{name}")[columns] for name in FUTURE_NUMBERS}
    size = np.abs(held.sizes * leaning.base_size[columns])
    worth = size * np.where(table.inverse[columns], 1.0, snapshot.mark[columns])
    increment = rate["increment_per_coin"]
    initial = worth * linear_increment(size, base_rate=rate["initial_base"], increment=increment)
    maintenance = worth * linear_increment(size, base_rate=rate["maintenance_base"], increment=increment)

    option = np.flatnonzero(table.is_kind(Kind.OPTION)[columns])
    n = columns[option]
    unit = np.where(table.inverse[n], 1.0, snapshot.forward[n])
    short = short_option(
        snapshot.mark[n] / unit,
        snapshot.forward[n],
        table.strike[n],
        is_call=table.is_call[n],
        **{name: _column(policy, book, f"option.{{}}.{name}")[n] for name in OPTION_NUMBERS},
    )
    amount = np.maximum(-held.sizes[option], 0.0)
    charged = (amount > 0.0) | np.isnan(snapshot.mark[n])  # a long option needs nothing, yet stays unavailable
    initial[option] = np.where(charged, amount * short.initial * unit, 0.0)
    maintenance[option] = np.where(charged, amount * short.maintenance * unit, 0.0)
    return EntryMargin(initial, maintenance)


def _column(policy: MarginPolicy, book: ResolvedBook, path: str) -> FloatArray:
    """Return the policy's number of each instrument's underlying, `(N,)`; NaN where it has none."""

    def number_of(base: str) -> float:
        mine = path.format(base.lower())
        return policy.number(mine) if policy.has(mine) else np.nan

    return by_underlying(book, number_of)


def _refused(policy: MarginPolicy, book: ResolvedBook) -> dict[int, str]:
    def why(sort: Sort) -> str:
        group = "option" if sort.kind == Kind.OPTION else "future"
        known = policy.has(f"{group}.{sort.underlying.lower()}.initial_base")
        return "" if known else f"{policy.id} has no margin rate for {group}s on {sort.underlying}"

    return refused_rows(book, why)


def _haircut_share(policy: MarginPolicy, asset: str) -> float:
    path = f"collateral.{currency_key(asset)}.haircut"
    return policy.number(path) if policy.has(path) else np.nan


def _refused_asset(policy: MarginPolicy, asset: str, *, cross: bool) -> str:
    """Say why collateral in an asset can't be counted; a segregated account only needs the policy to know the asset."""
    key = currency_key(asset)
    if policy.has(f"collateral.{key}.haircut") or (not cross and policy.has(f"future.{key}.initial_base")):
        return ""
    return f"{asset}: {policy.id} has no haircut for it as collateral"


def _unit_prices(book: ResolvedBook, one: NettingSet) -> FloatArray:
    """Return what one unit of each instrument's settlement asset is worth in the netting set's currency, `(N,)`."""
    table = book.snapshot.table
    if not one.cross:
        return np.ones(len(table))
    return np.array([usd_price(book, asset) for asset in table.settlements])[table.settlement_column]


def _uses(policy: MarginPolicy, book: ResolvedBook, one: NettingSet, held: Holdings, orders: Holdings) -> Iterator[Use]:
    table = book.snapshot.table
    options = table.is_kind(Kind.OPTION)

    def holds(members: BoolArray, *, short_only: bool = False) -> BoolArray:
        return (held.short if short_only else held).owners(members)

    suffix = "_cross" if one.cross else ""
    yield Use(holds(options), policy.evidence([], [f"margin_balance_excludes_options{suffix}"]))
    if one.cross:
        for c, asset in enumerate(book.book.assets):
            path = f"collateral.{currency_key(asset)}.haircut"
            if policy.has(path):
                rules = ["haircut_reduces_initial_only"] if policy.number(path) > 0.0 else []
                yield Use(book.book.balances[:, c] != 0.0, policy.evidence([path], rules))
    for base in table.underlyings:
        of_base = of_underlying(book, base)
        if policy.has(f"future.{base.lower()}.initial_base"):
            paths = [f"future.{base.lower()}.{name}" for name in FUTURE_NUMBERS]
            yield Use(holds(of_base & ~options), policy.evidence(paths, ["linear_increment"]))
        if policy.has(f"option.{base.lower()}.initial_base"):
            paths = [f"option.{base.lower()}.{name}" for name in OPTION_NUMBERS]
            inverse, linear = of_base & options & table.inverse, of_base & options & ~table.inverse
            yield Use(holds(inverse, short_only=True), policy.evidence(paths, ["option_standard"]))
            yield Use(holds(linear, short_only=True), policy.evidence(paths, ["option_standard_usdc"]))
    yield Use(np.asarray(np.diff(orders.indptr) > 0, dtype=np.bool_), policy.evidence([], ["order_margin"]))


SEGREGATED = DeribitStandardMargin("deribit_s_sm", cross=False)
CROSS = DeribitStandardMargin("deribit_x_sm", cross=True)

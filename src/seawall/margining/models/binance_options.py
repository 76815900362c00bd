"""Binance option margin: each short option by itself, against cash. Futures have no place in the option account.

docs/margin/binance.md gives the rule in words; the formula is a reading of the venue's published factors.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray
from seawall.instruments import InstrumentTable, Kind
from seawall.margining.blocks.collateral import worth
from seawall.margining.blocks.collateral_tiers import counted
from seawall.margining.blocks.equity import equity_in, per_account
from seawall.margining.blocks.lookups import of_underlying, usd_price
from seawall.margining.blocks.netting_set import netting_sets, stated_charge
from seawall.margining.blocks.no_scenario import NoScenario, none_binds
from seawall.margining.blocks.orders import order_margin
from seawall.margining.blocks.refusals import Sort, refused_rows
from seawall.margining.blocks.short_option_rates import FACTORS, MarginPair, short_option_entries
from seawall.margining.components import ORDER_CHARGES, Component
from seawall.margining.model import Detail, Promises, Requirement, Use
from seawall.policy import MarginPolicy
from seawall.portfolio import Holdings, ResolvedBook
from seawall.revaluation import PnlTensor

COMPONENTS = {"options": Component.SHORT_OPTIONS, **ORDER_CHARGES}
OWN_SETTLEMENT = "USDT"
"""What the venue's options settle in."""


@dataclass(frozen=True)
class BinanceOptionMargin(NoScenario):
    """One account, one netting set in USD; option value is no part of the margin balance."""

    name: str
    promises: Promises = Promises(homogeneous=True, subadditive=True, offsets_across_underlyings=False)
    components: Mapping[str, Component] = field(default_factory=lambda: COMPONENTS)

    def requirement(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Requirement:
        """Return the margin of every account, in USD."""
        [one] = netting_sets(book, cross=True)
        accounts_count = len(book.book)
        factors = _factors(policy, book.snapshot.table)
        margin = short_option_entries(book, book.positions, factors)

        def initial_of(holdings: Holdings) -> FloatArray:
            return per_account(holdings, short_option_entries(book, holdings, factors).initial)

        charges = {name: stated_charge(book, name, one) for name in ORDER_CHARGES}
        charges["open_orders_margin"] = charges["open_orders_margin"] + order_margin(
            book.positions, book.orders, initial_of
        )
        zero = np.zeros(accounts_count)
        equity, balance, refused_assets = _collateral(policy, book)
        return Requirement(
            account=np.arange(accounts_count),
            currencies=("USD",),
            currency=np.zeros(accounts_count, np.int64),
            equity=equity,
            margin_balance=balance,
            haircut=zero,
            initial={"options": per_account(book.positions, margin.initial), **charges},
            maintenance={
                "options": per_account(book.positions, margin.maintenance),
                **dict.fromkeys(ORDER_CHARGES, zero),
            },
            worst_scenario=none_binds(accounts_count),
            worst_underlying=none_binds(accounts_count),
            underlyings=book.snapshot.table.underlyings,
            cross=True,
            uses=tuple(_uses(policy, book)),
            refused=_refused(policy, book),
            refused_assets=refused_assets,
        )

    def detail(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Detail:
        """Return what each position of a book of one account is charged, in USD."""
        table = book.snapshot.table
        margin: MarginPair = short_option_entries(book, book.positions, _factors(policy, table))
        return Detail(
            positions=tuple(
                {
                    "instrument": table.names[n],
                    "size": float(book.positions.sizes[i]),
                    "currency": "USD",
                    "initial_margin": float(margin.initial[i]),
                    "maintenance_margin": float(margin.maintenance[i]),
                }
                for i, n in enumerate(book.positions.columns)
            )
        )


def _factors(policy: MarginPolicy, table: InstrumentTable) -> dict[str, FloatArray]:
    """Return the four factors of each instrument's underlying, `(N,)` each; NaN where the policy has none."""

    def column(name: str) -> FloatArray:
        paths = [f"market.{base.lower()}.option_{name}" for base in table.underlying]
        return np.array([policy.number(path) if policy.has(path) else np.nan for path in paths], dtype=np.float64)

    return {name: column(name) for name in FACTORS}


def _paths(base: str) -> list[str]:
    return [f"market.{base.lower()}.option_{name}" for name in FACTORS]


def _collateral(policy: MarginPolicy, book: ResolvedBook) -> tuple[FloatArray, FloatArray, dict[str, str]]:
    """Return equity with options, cash after collateral rates, `(A,)` each, and assets without a rate."""
    leaning = book.snapshot.exposure
    count = len(book.book)
    owned, balance, refused = {}, np.zeros(count), {}
    assets = sorted({*book.snapshot.table.settlements, *book.book.assets})
    prices = {asset: usd_price(book, asset) for asset in assets}
    for asset in assets:
        part = equity_in(asset, book, leaning)
        owned[asset] = part.total
        path = f"collateral.{asset.lower()}.rate"
        rate = policy.number(path) if policy.has(path) else np.nan
        if not policy.has(path):
            refused[asset] = f"{asset}: {policy.id} has no collateral rate for it"
        cash_usd = np.where(part.cash == 0.0, 0.0, part.cash * prices[asset])
        balance = balance + np.where(part.cash == 0.0, 0.0, counted(cash_usd, (0.0,), (rate,)))
    return worth(owned, prices, accounts_count=count), balance, refused


def _refused(policy: MarginPolicy, book: ResolvedBook) -> dict[int, str]:
    def why(sort: Sort) -> str:
        if sort.kind != Kind.OPTION:
            return f"the option account of {policy.id} holds options only; use binance/pm for futures"
        known = all(policy.has(path) for path in _paths(sort.underlying))
        return "" if known else f"{policy.id} has no margin rate for options on {sort.underlying}"

    return refused_rows(book, why)


def _uses(policy: MarginPolicy, book: ResolvedBook) -> Iterator[Use]:
    table = book.snapshot.table

    def holds(members: BoolArray, *, short_only: bool = False) -> BoolArray:
        found = np.zeros(len(book.book), np.bool_)
        for held in (book.positions, book.orders):
            found[held.rows[members[held.columns] & ((held.sizes < 0.0) | (not short_only))]] = True
        return found

    options = table.is_kind(Kind.OPTION)
    elsewhere = np.array([settled != OWN_SETTLEMENT for settled in table.settlement], dtype=np.bool_)
    for base in table.underlyings:
        if all(policy.has(path) for path in _paths(base)):
            short = holds(options & of_underlying(book, base), short_only=True)
            yield Use(short, policy.evidence(_paths(base), ["option_margin"]))
    yield Use(holds(options), policy.evidence([], ["margin_balance_excludes_options"]))
    yield Use(holds(options & elsewhere), policy.evidence([], ["other_settlement_form"]))
    for c, asset in enumerate(book.book.assets):
        path = f"collateral.{asset.lower()}.rate"
        if policy.has(path):
            yield Use(book.book.balances[:, c] != 0.0, policy.evidence([path]))
    yield Use(np.asarray(np.diff(book.orders.indptr) > 0, dtype=np.bool_), policy.evidence([], ["order_margin"]))


OPTIONS = BinanceOptionMargin("binance_options")

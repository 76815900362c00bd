"""Bybit cross margin of a unified trading account: each position by itself, summed over the account in USD.

Short options pay by formula; futures and perpetuals pay by risk-limit tiers, with the fee of closing them; long options
pay nothing, since their premium is paid and their value does not count. Debts pay margin of their own.

Sources: Bybit's help centre and margin parameters. docs/margin/bybit.md gives the rule in words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.instruments import Kind
from seawall.margining.blocks.collateral import worth
from seawall.margining.blocks.collateral_tiers import debt_margin, refused_asset, tiers_of, uncounted
from seawall.margining.blocks.equity import Equity, equity_in, per_account
from seawall.margining.blocks.lookups import usd_price
from seawall.margining.blocks.margin_rate import margin_rate
from seawall.margining.blocks.netting_set import netting_sets, stated_charge
from seawall.margining.blocks.no_scenario import NoScenario, none_binds
from seawall.margining.blocks.orders import order_margin
from seawall.margining.blocks.refusals import Sort, refused_rows
from seawall.margining.components import ORDER_CHARGES, Component, total_of
from seawall.margining.model import Detail, Promises, Requirement
from seawall.margining.models.bybit_sm.entries import entry_margins, knows
from seawall.margining.models.bybit_sm.evidence import uses
from seawall.policy import MarginPolicy
from seawall.portfolio import Holdings, ResolvedBook
from seawall.revaluation import PnlTensor

COMPONENTS = {
    "futures": Component.POSITION, "options": Component.SHORT_OPTIONS, "borrow": Component.BORROW, **ORDER_CHARGES,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Collateral:
    """Equity; margin balance before collateral ratios, and what the ratios leave out of it, `(A,)` each in USD."""

    equity: FloatArray
    plain: FloatArray
    left_out: FloatArray

    @property
    def balance(self) -> FloatArray:
        """What margin is held against: both margins, so that what is left out is left out of either."""
        return self.plain - self.left_out


@dataclass(frozen=True)
class BybitStandardMargin(NoScenario):
    """The unified trading account in cross-margin mode: one netting set in USD in which nothing offsets."""

    name: str
    promises: Promises = Promises(homogeneous=False, subadditive=False, offsets_across_underlyings=False)
    components: Mapping[str, Component] = field(default_factory=lambda: COMPONENTS)

    def requirement(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Requirement:
        """Return the margin of every account."""
        [one] = netting_sets(book, cross=True)
        count, held = len(book.book), book.positions
        equities = _equities(book)
        margin = entry_margins(policy, book, held)
        option = book.snapshot.table.is_kind(Kind.OPTION)[held.columns]

        def initial_of(holdings: Holdings) -> FloatArray:
            # What an order fills has no entry price yet, and the three books are compared at marks alone.
            at_mark = replace(holdings, entry_prices=np.full(len(holdings), np.nan))
            return per_account(holdings, entry_margins(policy, book, at_mark).initial)

        added = order_margin(held, book.orders, initial_of)
        prices = {asset: usd_price(book, asset) for asset in equities}
        tiers = {asset: tiers_of(policy, asset) for asset in equities}
        plain = {asset: part.cash + part.unrealised for asset, part in equities.items()}
        debts = debt_margin(plain, prices, tiers, accounts_count=count)
        initial = {
            "futures": per_account(held, np.where(option, 0.0, margin.initial)),
            "options": per_account(held, np.where(option, margin.initial, 0.0)),
            "borrow": debts.initial,
        } | {name: stated_charge(book, name, one) for name in ORDER_CHARGES}
        initial["open_orders_margin"] = initial["open_orders_margin"] + added
        maintenance = {
            "futures": per_account(held, np.where(option, 0.0, margin.maintenance)),
            "options": per_account(held, np.where(option, margin.maintenance, 0.0)),
            "borrow": debts.maintenance,
        } | {name: np.zeros(count) for name in ORDER_CHARGES}
        left_out = {asset: uncounted(amount, tiers[asset]) for asset, amount in plain.items()}
        collateral = _Collateral(
            worth({asset: part.total for asset, part in equities.items()}, prices, accounts_count=count),
            worth(plain, prices, accounts_count=count),
            worth(left_out, prices, accounts_count=count),
        )
        return Requirement(
            account=np.arange(count),
            currencies=(one.currency,),
            currency=np.zeros(count, np.int64),
            equity=collateral.equity,
            margin_balance=collateral.balance,
            haircut=np.zeros(count),
            initial=initial,
            maintenance=maintenance,
            worst_scenario=none_binds(count),
            worst_underlying=none_binds(count),
            underlyings=book.snapshot.table.underlyings,
            cross=True,
            uses=tuple(uses(policy, book, equities, added)),
            refused=_refused(policy, book),
            refused_assets={asset: why for asset in equities if (why := refused_asset(policy, asset))},
            native=_native(policy, collateral, initial, maintenance),
        )

    def detail(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Detail:
        """Return what each position and each debt of a book of one account is charged, in USD."""
        margin, table = entry_margins(policy, book, book.positions), book.snapshot.table
        rows: list[Mapping[str, object]] = [
            _charged(table.names[n], book.positions.sizes[i], margin.initial[i], margin.maintenance[i])
            for i, n in enumerate(book.positions.columns)
        ]
        for asset, part in _equities(book).items():
            plain = part.cash + part.unrealised
            if plain[0] < 0.0:
                owed = debt_margin(
                    {asset: plain}, {asset: usd_price(book, asset)}, {asset: tiers_of(policy, asset)}, accounts_count=1
                )
                rows.append(_charged(f"{asset} debt", plain[0], owed.initial[0], owed.maintenance[0]))
        return Detail(positions=tuple(rows))


def _charged(name: str, size: float, initial: float, maintenance: float) -> dict[str, object]:
    return {
        "instrument": name, "size": float(size), "currency": "USD", "initial_margin": float(initial),
        "maintenance_margin": float(maintenance),
    }  # fmt: skip


def _equities(book: ResolvedBook) -> dict[str, Equity]:
    leaning = book.snapshot.exposure
    assets = sorted({*book.snapshot.table.settlements, *book.book.assets})
    return {asset: equity_in(asset, book, leaning) for asset in assets}


def _refused(policy: MarginPolicy, book: ResolvedBook) -> dict[int, str]:
    def why(sort: Sort) -> str:
        return "" if knows(policy, sort.underlying) else f"{policy.id} has no margin rates for {sort.underlying}"

    return refused_rows(book, why)


def _native(
    policy: MarginPolicy,
    collateral: _Collateral,
    initial: Mapping[str, FloatArray],
    maintenance: Mapping[str, FloatArray],
) -> dict[str, FloatArray]:
    """Return the account's totals as Bybit's wallet balance names them."""
    total_initial = total_of(initial, len(initial["borrow"]))
    total_maintenance = total_of(maintenance, len(initial["borrow"]))
    decimals = int(policy.number("general.rate_decimals"))
    return {
        "totalEquity": collateral.equity,
        "totalMarginBalance": collateral.plain,
        "totalInitialMargin": total_initial,
        "totalMaintenanceMargin": total_maintenance,
        "totalAvailableBalance": collateral.balance - total_initial,
        "accountIMRate": margin_rate(total_initial, collateral.balance, decimals=decimals),
        "accountMMRate": margin_rate(total_maintenance, collateral.balance, decimals=decimals),
    }


STANDARD = BybitStandardMargin("bybit_sm")

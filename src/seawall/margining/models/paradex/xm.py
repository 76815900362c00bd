"""Paradex cross margin: each market by itself at the open size, positions and the orders of one side together.

Sources: Paradex's documentation, and the margin engine of its Python SDK. docs/margin/paradex.md gives the rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray
from seawall.instruments import Kind
from seawall.margining.blocks.equity import per_account
from seawall.margining.blocks.lookups import by_underlying, usd_price
from seawall.margining.blocks.netting_set import netting_sets, stated_charge
from seawall.margining.blocks.no_scenario import NoScenario, none_binds
from seawall.margining.components import ORDER_CHARGES, Component, total_of
from seawall.margining.model import Detail, Promises, Requirement
from seawall.margining.models.paradex.account import account_value, mark_usd, refusals
from seawall.margining.models.paradex.evidence import cross_uses
from seawall.margining.models.paradex.numbers import OptionShares, read_fees, read_imf, read_option
from seawall.margining.models.paradex.provisions import fee_provision, fee_rates
from seawall.policy import MarginPolicy
from seawall.portfolio import Holdings, ResolvedBook
from seawall.revaluation import PnlTensor

COMPONENTS = {
    "perpetuals": Component.POSITION, "options": Component.SHORT_OPTIONS, "fee_provision": Component.POSITION,
    **ORDER_CHARGES,
}  # fmt: skip


class PerUnit(NamedTuple):
    """Margin of one unit of size in USD, held long and held short, `(N,)` each."""

    long: FloatArray
    short: FloatArray


def option_margin(
    shares: OptionShares, mark: FloatArray, spot: FloatArray, strike: FloatArray, *, is_call: BoolArray
) -> PerUnit:
    """Return the margin of one option in the currency of its inputs.

    Long: `min(premium_multiplier * mark, long_itm * spot)`. Short: `max(short_itm * spot - OTM, short_otm * spot)`,
    for a put no more than `short_put_cap * strike`.

    Examples
    --------
    >>> shares = OptionShares(1.0, long_itm=0.2, short_itm=0.15, short_otm=0.1, short_put_cap=0.5)
    >>> one = option_margin(shares, *np.array([[10.0], [100.0], [96.0]]), is_call=np.array([False]))
    >>> one.long.tolist(), one.short.tolist()
    ([10.0], [11.0])
    """
    long = np.minimum(shares.premium_multiplier * mark, shares.long_itm * spot)
    out = np.maximum(np.where(is_call, strike - spot, spot - strike), 0.0)
    short = np.maximum(shares.short_itm * spot - out, shares.short_otm * spot)
    return PerUnit(long, np.where(is_call, short, np.minimum(short, shares.short_put_cap * strike)))


@dataclass(frozen=True)
class ParadexCrossMargin(NoScenario):
    """One account, one netting set in USD in which nothing offsets."""

    name: str
    promises: Promises = Promises(homogeneous=True, subadditive=True, offsets_across_underlyings=False)
    components: Mapping[str, Component] = field(default_factory=lambda: COMPONENTS)

    def requirement(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Requirement:
        """Return the margin of every account, in USD."""
        [one] = netting_sets(book, cross=True)
        count, held = len(book.book), book.positions
        zero = np.zeros(count)
        initial_unit, maintenance_unit = _units(policy, book, "im"), _units(policy, book, "mm")
        fees = fee_rates(book, read_fees(policy))
        charges = {name: stated_charge(book, name, one) for name in ORDER_CHARGES}
        charges["open_orders_margin"] = charges["open_orders_margin"] + _open_orders(book, initial_unit, fees)
        provision = {"fee_provision": fee_provision(held, fees)}
        initial = _by_kind(book, held, initial_unit) | provision | charges
        maintenance = _by_kind(book, held, maintenance_unit) | provision | dict.fromkeys(charges, zero)
        worth = account_value(policy, book)
        return Requirement(
            account=np.arange(count),
            currencies=(one.currency,),
            currency=np.zeros(count, np.int64),
            equity=worth.value,
            margin_balance=worth.value,
            haircut=zero,
            initial=initial,
            maintenance=maintenance,
            worst_scenario=none_binds(count),
            worst_underlying=none_binds(count),
            underlyings=book.snapshot.table.underlyings,
            uses=tuple(cross_uses(policy, book)),
            cross=True,
            refused=refusals(policy, book, lambda kind, base: _knows(policy, kind, base)),
            refused_assets=worth.refused,
            native={
                "account_value": worth.value,
                "initial_margin_requirement": total_of(initial, count),
                "maintenance_margin_requirement": total_of(maintenance, count),
                "free_collateral": worth.value - total_of(initial, count),
            },
        )

    def detail(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Detail:
        """Return what each position of a book of one account needs, in USD, with the fee of closing it."""
        table, held = book.snapshot.table, book.positions
        fees = np.abs(held.sizes) * fee_rates(book, read_fees(policy))[held.columns]
        both = [_entries(held, _units(policy, book, side)) + fees for side in ("im", "mm")]
        return Detail(
            positions=tuple(
                {
                    "instrument": table.names[n],
                    "size": float(held.sizes[i]),
                    "currency": "USD",
                    "initial_margin": float(both[0][i]),
                    "maintenance_margin": float(both[1][i]),
                }
                for i, n in enumerate(held.columns)
            )
        )


def _knows(policy: MarginPolicy, kind: Kind, base: str) -> bool:
    return (read_imf(policy, base) if kind is Kind.PERPETUAL else read_option(policy, base, "im")) is not None


def _units(policy: MarginPolicy, book: ResolvedBook, side: str) -> PerUnit:
    """Return the margin of one unit of each instrument; NaN where the policy has no numbers."""
    snapshot, table = book.snapshot, book.snapshot.table
    mark = mark_usd(book)
    if len(table) == 0:
        return PerUnit(mark, mark)
    factor = policy.number("general.mmf_factor") if side == "mm" else 1.0
    imf = by_underlying(book, lambda base: np.nan if (share := read_imf(policy, base)) is None else share)
    long = factor * imf * mark
    short = long.copy()
    option = table.is_kind(Kind.OPTION)
    prices = {asset: usd_price(book, asset) for asset in {*table.quote, *table.underlying}}
    strike = table.strike * np.array([prices[asset] for asset in table.quote], dtype=np.float64)
    for u, base in enumerate(table.underlyings):
        mine = np.flatnonzero(option & (table.underlying_column == u))
        long[mine] = short[mine] = np.nan
        shares = read_option(policy, base, side)
        if shares is not None:
            one = option_margin(
                shares, mark[mine], np.full(len(mine), prices[base]), strike[mine], is_call=table.is_call[mine]
            )
            # A short option without a mark has no account value either.
            known = ~np.isnan(snapshot.mark[mine])
            long[mine], short[mine] = one.long, np.where(known, one.short, np.nan)
    return PerUnit(long, short)


def _entries(held: Holdings, unit: PerUnit) -> FloatArray:
    """Return the margin of each entry, `(nnz,)`."""
    n, sizes = held.columns, held.sizes
    return np.where(sizes >= 0.0, sizes * unit.long[n], -sizes * unit.short[n])


def _by_kind(book: ResolvedBook, held: Holdings, unit: PerUnit) -> dict[str, FloatArray]:
    """Return the margin of positions by kind of contract, `(A,)` each."""
    margin = _entries(held, unit)
    option = book.snapshot.table.is_kind(Kind.OPTION)[held.columns]
    return {
        "perpetuals": per_account(held, np.where(option, 0.0, margin)),
        "options": per_account(held, np.where(option, margin, 0.0)),
    }


def _open_orders(book: ResolvedBook, unit: PerUnit, fees: FloatArray) -> FloatArray:
    """Return what open orders add, `(A,)`: the larger open size of each market, its fees, and losses on filling.

    An order loses on filling where its price is worse than the mark; one without a price fills at the mark.
    """
    count, orders = len(book.book), book.orders
    if len(orders) == 0:
        return np.zeros(count)
    names, pair_of_order = np.unique(orders.rows * len(book.snapshot) + orders.columns, return_inverse=True)
    account, n = names // len(book.snapshot), names % len(book.snapshot)
    size = np.zeros(len(names))
    held = {
        (a, c): s
        for a, c, s in zip(
            book.positions.rows.tolist(), book.positions.columns.tolist(), book.positions.sizes.tolist(), strict=True
        )
    }
    for i, key in enumerate(zip(account.tolist(), n.tolist(), strict=True)):
        size[i] = held.get(key, 0.0)
    buys = np.bincount(pair_of_order, weights=np.maximum(orders.sizes, 0.0), minlength=len(names))
    sells = np.bincount(pair_of_order, weights=np.maximum(-orders.sizes, 0.0), minlength=len(names))
    buy_open, sell_open = np.maximum(size + buys, 0.0), np.maximum(sells - size, 0.0)
    margin = np.maximum(buy_open * unit.long[n], sell_open * unit.short[n])
    fee = np.maximum(buy_open, sell_open) * fees[n]
    alone = np.where(size >= 0.0, size * unit.long[n], -size * unit.short[n]) + np.abs(size) * fees[n]
    added = np.bincount(account, weights=np.maximum(margin + fee - alone, 0.0), minlength=count)
    return np.asarray(added, dtype=np.float64) + _open_loss(book)


def _open_loss(book: ResolvedBook) -> FloatArray:
    """Return what orders lose the moment that they fill, `(A,)`; contracts paid in coin fill at the mark."""
    orders, table = book.orders, book.snapshot.table
    n = orders.columns
    prices = {asset: usd_price(book, asset) for asset in table.quote}
    away = (orders.entry_prices - book.snapshot.mark[n]) * np.sign(orders.sizes)
    lost = np.where(table.inverse[n] | np.isnan(orders.entry_prices), 0.0, np.maximum(away, 0.0))
    return per_account(orders, np.abs(orders.sizes) * lost * np.array([prices[table.quote[i]] for i in n]))


CROSS = ParadexCrossMargin("paradex_xm")

"""Gate option margin: each sold option by itself, as outside portfolio margin. Futures have no place in it.

Sources: Gate's help page on option margin, its public contract messages. docs/margin/gate.md gives the rule in words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.instruments import Kind
from seawall.margining.blocks.equity import per_account
from seawall.margining.blocks.lookups import by_underlying, of_underlying, usd_price
from seawall.margining.blocks.netting_set import netting_sets, stated_charge
from seawall.margining.blocks.no_scenario import NoScenario, none_binds
from seawall.margining.blocks.orders import order_margin
from seawall.margining.blocks.refusals import Sort, refused_rows
from seawall.margining.blocks.usd_account import haircut_evidence, usd_account
from seawall.margining.components import ORDER_CHARGES, Component
from seawall.margining.model import Detail, Promises, Requirement, Use
from seawall.margining.models.gate.short_option import ShortOption, short_option
from seawall.policy import MarginPolicy
from seawall.portfolio import Holdings, ResolvedBook
from seawall.revaluation import PnlTensor

COMPONENTS = {"options": Component.SHORT_OPTIONS, **ORDER_CHARGES}
RATES = ("init_margin_low", "init_margin_high", "maint_margin_base")


@dataclass(frozen=True)
class GateOptionMargin(NoScenario):
    """One account, one netting set in USD; the value of options is no part of what margin is held against."""

    name: str
    promises: Promises = Promises(homogeneous=True, subadditive=True, offsets_across_underlyings=False)
    components: Mapping[str, Component] = field(default_factory=lambda: COMPONENTS)

    def requirement(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Requirement:
        """Return the margin of every account, in USD."""
        [one] = netting_sets(book, cross=True)
        count, held = len(book.book), book.positions
        zero = np.zeros(count)
        unit = _units(policy, book)
        money = usd_account(policy, book, book.snapshot.exposure)

        def initial_of(holdings: Holdings) -> FloatArray:
            return per_account(holdings, _charged(holdings, unit.initial))

        charges = {name: stated_charge(book, name, one) for name in ORDER_CHARGES}
        charges["open_orders_margin"] = charges["open_orders_margin"] + order_margin(held, book.orders, initial_of)
        return Requirement(
            account=np.arange(count),
            currencies=(one.currency,),
            currency=np.zeros(count, np.int64),
            equity=money.cash + money.options,
            margin_balance=money.cash,
            haircut=money.haircut,
            initial={"options": initial_of(held), **charges},
            maintenance={
                "options": per_account(held, _charged(held, unit.maintenance)), **dict.fromkeys(ORDER_CHARGES, zero),
            },
            worst_scenario=none_binds(count),
            worst_underlying=none_binds(count),
            underlyings=book.snapshot.table.underlyings,
            cross=True,
            uses=tuple(_uses(policy, book)),
            refused=_refused(policy, book),
            refused_assets=money.refused,
        )  # fmt: skip

    def detail(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Detail:
        """Return what each position of a book of one account is charged, in USD."""
        table, held, unit = book.snapshot.table, book.positions, _units(policy, book)
        both = _charged(held, unit.initial), _charged(held, unit.maintenance)
        return Detail(
            positions=tuple(
                {
                    "instrument": table.names[n], "size": float(held.sizes[i]), "currency": "USD",
                    "initial_margin": float(both[0][i]), "maintenance_margin": float(both[1][i]),
                }
                for i, n in enumerate(held.columns)
            )
        )  # fmt: skip


def _charged(held: Holdings, unit: FloatArray) -> FloatArray:
    """Return the margin of each entry, `(nnz,)`: what is bought needs none, yet stays unavailable without a mark."""
    amount = np.maximum(-held.sizes, 0.0)
    return np.where((amount > 0.0) | np.isnan(unit[held.columns]), amount * unit[held.columns], 0.0)


def _units(policy: MarginPolicy, book: ResolvedBook) -> ShortOption:
    """Return the margin of one sold option in USD, `(N,)` each."""
    snapshot, table = book.snapshot, book.snapshot.table
    if len(table) == 0:
        return ShortOption(np.zeros(0), np.zeros(0))
    prices = {asset: usd_price(book, asset) for asset in {*table.quote, *table.settlement}}
    quote, paid_in = (
        np.array([prices[asset] for asset in column], dtype=np.float64) for column in (table.quote, table.settlement)
    )
    low, high, base = (by_underlying(book, lambda coin, name=name: _rate(policy, coin, name)) for name in RATES)  # type: ignore[misc]
    return short_option(
        snapshot.mark * np.where(table.inverse, paid_in, quote),
        by_underlying(book, lambda coin: usd_price(book, coin)),
        table.strike * quote, is_call=table.is_call, low=low, high=high, base=base,
    )  # fmt: skip


def _paths(base: str) -> list[str]:
    return [f"market.{base.lower()}.{name}" for name in RATES]


def _rate(policy: MarginPolicy, base: str, name: str) -> float:
    path = f"market.{base.lower()}.{name}"
    return policy.number(path) if policy.has(path) else float("nan")


def _refused(policy: MarginPolicy, book: ResolvedBook) -> dict[int, str]:
    def why(sort: Sort) -> str:
        if sort.kind != Kind.OPTION:
            return f"{policy.id} margins options only; use gate/pm for futures"
        known = all(policy.has(path) for path in _paths(sort.underlying))
        return "" if known else f"{policy.id} has no margin rates for options on {sort.underlying}"

    return refused_rows(book, why)


def _uses(policy: MarginPolicy, book: ResolvedBook) -> Iterator[Use]:
    table = book.snapshot.table

    def holds(members: np.ndarray) -> np.ndarray:
        found = np.zeros(len(book.book), np.bool_)
        for held in (book.positions, book.orders):
            found[held.rows[members[held.columns] & (held.sizes < 0.0)]] = True
        return found

    option = table.is_kind(Kind.OPTION)
    for base in table.underlyings:
        if all(policy.has(path) for path in _paths(base)):
            mine = option & of_underlying(book, base)
            yield Use(holds(mine), policy.evidence(_paths(base), ["short_option_initial", "short_option_maintenance"]))
    yield Use(holds(option & table.inverse), policy.evidence([], ["other_settlement_form"]))
    yield Use(np.diff(book.positions.indptr) > 0, policy.evidence([], ["margin_balance_excludes_options"]))
    for c, asset in enumerate(book.book.assets):
        yield Use(book.book.balances[:, c] != 0.0, haircut_evidence(policy, asset, []))
    yield Use(np.asarray(np.diff(book.orders.indptr) > 0, dtype=np.bool_), policy.evidence([], ["order_margin"]))


OPTIONS = GateOptionMargin("gate_options")

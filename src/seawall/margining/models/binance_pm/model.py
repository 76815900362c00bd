"""Binance portfolio margin: no scenario, no offset; every position and loan needs its own, equity is held against all.

The venue's one number is uniMMR, adjusted equity over maintenance margin: liquidation comes at 1.05 and not at 1.
docs/margin/binance.md gives the rule in words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.instruments import Kind
from seawall.margining.blocks.equity import per_account
from seawall.margining.blocks.netting_set import netting_sets, stated_charge
from seawall.margining.blocks.no_scenario import NoScenario, none_binds
from seawall.margining.blocks.orders import order_margin
from seawall.margining.blocks.refusals import Sort, refused_rows
from seawall.margining.components import ORDER_CHARGES, Component
from seawall.margining.model import Detail, Promises, Requirement
from seawall.margining.models.binance_pm.collateral import collateral, loan_margins
from seawall.margining.models.binance_pm.detail import detail
from seawall.margining.models.binance_pm.evidence import uses
from seawall.margining.models.binance_pm.ladder import uni_mmr
from seawall.margining.models.binance_pm.numbers import family_of, knows, option_paths, table_paths
from seawall.margining.models.binance_pm.positions import by_kind, entry_margins
from seawall.policy import MarginPolicy
from seawall.portfolio import Holdings, ResolvedBook
from seawall.revaluation import PnlTensor

COMPONENTS = {
    "futures": Component.POSITION,
    "options": Component.SHORT_OPTIONS,
    "loans": Component.BORROW,
    **ORDER_CHARGES,
}


@dataclass(frozen=True)
class BinancePortfolioMargin(NoScenario):
    """One account, one netting set in USD; margin balance is the venue's adjusted equity."""

    name: str
    promises: Promises = Promises(homogeneous=False, subadditive=False, offsets_across_underlyings=False)
    components: Mapping[str, Component] = field(default_factory=lambda: COMPONENTS)

    def requirement(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Requirement:
        """Return the margin of every account, in USD."""
        [one] = netting_sets(book, cross=True)
        accounts_count = len(book.book)
        leaning = book.snapshot.exposure
        owned = collateral(policy, book, leaning)
        parts = by_kind(book, book.positions, entry_margins(policy, book, leaning, book.positions))

        def initial_of(holdings: Holdings) -> FloatArray:
            return per_account(holdings, entry_margins(policy, book, leaning, holdings).initial)

        lent = loan_margins(policy, book)
        charges = {name: stated_charge(book, name, one) for name in ORDER_CHARGES}
        charges["open_orders_margin"] = charges["open_orders_margin"] + order_margin(
            book.positions, book.orders, initial_of
        )
        initial = {**parts["initial"], "loans": lent.initial, **charges}
        nothing = dict.fromkeys(ORDER_CHARGES, np.zeros(accounts_count))
        maintenance = {**parts["maintenance"], "loans": lent.maintenance, **nothing}
        actual, adjusted = (owned.total(name, accounts_count) for name in ("actual", "counted"))
        return Requirement(
            account=np.arange(accounts_count),
            currencies=("USD",),
            currency=np.zeros(accounts_count, np.int64),
            equity=actual + owned.total("options", accounts_count),
            margin_balance=adjusted,
            haircut=np.zeros(accounts_count),
            initial=initial,
            maintenance=maintenance,
            worst_scenario=none_binds(accounts_count),
            worst_underlying=none_binds(accounts_count),
            underlyings=book.snapshot.table.underlyings,
            cross=True,
            uses=tuple(uses(policy, book, owned)),
            refused=_refused(policy, book),
            refused_assets=owned.refused,
            native=_native(policy, actual, adjusted, initial, maintenance),
            liquidation_ratio=1.0 / policy.number("general.liquidation_at"),
        )

    def detail(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Detail:
        """Return what each position and loan of a book of one account is charged, and where the account stands."""
        return detail(policy, book, self.requirement(policy, book, pnl))


def _native(
    policy: MarginPolicy,
    actual: FloatArray,
    adjusted: FloatArray,
    initial: Mapping[str, FloatArray],
    maintenance: Mapping[str, FloatArray],
) -> dict[str, FloatArray]:
    """Return the numbers of `papi/v1/account` under the venue's names."""
    needed, kept = (np.asarray(np.sum(list(parts.values()), axis=0), np.float64) for parts in (initial, maintenance))
    return {
        "uniMMR": uni_mmr(policy, adjusted, kept),
        "accountEquity": adjusted,
        "actualEquity": actual,
        "accountInitialMargin": needed,
        "accountMaintMargin": kept,
    }


def _refused(policy: MarginPolicy, book: ResolvedBook) -> dict[int, str]:
    def why(sort: Sort) -> str:
        is_option, base = sort.kind == Kind.OPTION, sort.underlying
        paths = option_paths(base) if is_option else table_paths(base, family_of(sort))
        if knows(policy, paths):
            return ""
        return f"{policy.id} has no margin rate for {'options' if is_option else 'futures'} on {base}"

    return refused_rows(book, why)


PORTFOLIO = BinancePortfolioMargin("binance_pm")

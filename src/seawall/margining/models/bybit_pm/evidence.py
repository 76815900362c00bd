"""What each number rests on; a rule that did not bear on an account is not held against it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray
from seawall.core.time import DAYS_PER_YEAR
from seawall.instruments import Kind
from seawall.margining.blocks.collateral_tiers import COLLATERAL_NUMBERS, DEBT_NUMBERS, tiers_of, tiers_path
from seawall.margining.blocks.equity import Equity
from seawall.margining.blocks.lookups import of_underlying
from seawall.margining.model import Use
from seawall.margining.models.bybit_pm.coin import CoinMargin
from seawall.margining.models.bybit_pm.numbers import (
    LONG_POWER,
    MIN_DAYS,
    PIVOT_DAYS,
    SHORT_POWER,
    VOL_RANGES,
    coin_path,
)
from seawall.policy import MarginPolicy
from seawall.portfolio import ResolvedBook

CHARGES = {
    "short_option": ("short_option_contingency", "short_option"),
    "vega_spread": ("vega_spread_per_day", "vega_spread"),
    "stable_spread": ("stable_spread", "stable_spread"),
    "delta_spread": ("basis_per_year", "delta_spread"),
    "futures": ("future_contingency", "future_contingency"),
}
"""Number and rule of each contingency."""


def uses(
    policy: MarginPolicy,
    book: ResolvedBook,
    found: Mapping[str, CoinMargin],
    equities: Mapping[str, Equity],
    order_added: FloatArray,
) -> Iterator[Use]:
    """Yield what each account's number rests on."""
    table = book.snapshot.table
    options = table.is_kind(Kind.OPTION)

    def holds(members: BoolArray) -> BoolArray:
        return book.positions.owners(members)

    everyone = holds(np.ones(len(table), np.bool_))
    yield Use(everyone, policy.evidence(["general.rate_decimals"], ["totals", "rates"]))
    yield Use(everyone, policy.evidence(["general.price_steps_count"]))
    yield Use(_nets_settlements(book, tuple(found)), policy.evidence([], ["risk_units"]))
    days = np.ceil(book.snapshot.years * DAYS_PER_YEAR)
    near = days < policy.number(PIVOT_DAYS)
    yield Use(holds(options), policy.evidence([PIVOT_DAYS], ["option_grid", "worst_volatility"]))
    yield Use(holds(options & (days < policy.number(MIN_DAYS))), policy.evidence([MIN_DAYS]))
    yield Use(holds(~options & ~table.inverse), policy.evidence([], ["linear_grid"]))
    yield Use(holds(~options & table.inverse), policy.evidence([], ["inverse_grid"]))
    yield Use(holds(options & table.inverse), policy.evidence([], ["other_settlement_form"]))
    for base, margin in found.items():
        mine, path = of_underlying(book, base) & options, coin_path(base)
        yield Use(holds(mine), policy.evidence([f"{path}.{name}" for name in VOL_RANGES]))
        yield Use(holds(mine & near), policy.evidence([f"{path}.{SHORT_POWER}"]))
        yield Use(holds(mine & ~near), policy.evidence([f"{path}.{LONG_POWER}"]))
        yield from _coin_uses(policy, base, margin)
    yield from _collateral_uses(policy, equities)
    has_orders = np.diff(book.orders.indptr) > 0
    yield Use(has_orders | (order_added != 0.0), policy.evidence([], ["order_margin"]))


def _nets_settlements(book: ResolvedBook, bases: tuple[str, ...]) -> BoolArray:
    """Return who holds contracts on one coin that settle in different assets, `(A,)`."""
    table, nets = book.snapshot.table, np.zeros(len(book.book), np.bool_)
    for base in bases:
        count = np.zeros(len(book.book), np.int64)
        for settlement in range(len(table.settlements)):
            members = of_underlying(book, base) & (table.settlement_column == settlement)
            count = count + book.positions.owners(members)
        nets = nets | (count > 1)
    return nets


def _coin_uses(policy: MarginPolicy, base: str, margin: CoinMargin) -> Iterator[Use]:
    path = coin_path(base)
    yield Use(margin.involved, policy.evidence([f"{path}.price_range", f"{path}.im_factor"]))
    for component, (number, rule) in CHARGES.items():
        yield Use(margin.components[component] != 0.0, policy.evidence([f"{path}.{number}"], [rule]))
    settings = ["general.spot_hedging", "general.spot_hedge_limit"]
    limits = ["spot_hedge_limit"] if policy.word(settings[1]) == "net_delta" else []
    yield Use(margin.spot != 0.0, policy.evidence(settings, ["spot_hedge", *limits]))


def _collateral_uses(policy: MarginPolicy, equities: Mapping[str, Equity]) -> Iterator[Use]:
    for asset, equity in equities.items():
        if tiers_of(policy, asset) is None:
            continue
        path = tiers_path(asset)
        counted = [f"{path}.{name}" for name in COLLATERAL_NUMBERS]
        yield Use(equity.total > 0.0, policy.evidence(counted, ["haircut"]))
        owed = equity.cash + equity.unrealised < 0.0
        yield Use(owed, policy.evidence([f"{path}.{name}" for name in DEBT_NUMBERS], ["borrow"]))

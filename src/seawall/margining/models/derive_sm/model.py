"""Derive's StandardManager: every market of an account by itself, cash and collateral together.

A market's options count by expiry, its perpetual by a rate; margins of markets are added. The requirement is held
against all that the account is worth, so that equity less it is the venue's net margin.

Source: `StandardManager.sol` of github.com/derivexyz/v2-core; docs/margin/derive.md gives the rule in words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.instruments import Kind
from seawall.margining.blocks.cash_coin import stable_price, unit_prices
from seawall.margining.blocks.netting_set import netting_sets, stated_charge
from seawall.margining.blocks.no_scenario import NoneBinds, none_binds
from seawall.margining.blocks.orders import order_margin
from seawall.margining.blocks.refusals import Sort, refused_rows
from seawall.margining.components import ORDER_CHARGES, Component
from seawall.margining.model import Detail, Promises, Requirement
from seawall.margining.models.derive_sm.collateral import STABLE, Collateral, collateral_of
from seawall.margining.models.derive_sm.evidence import uses
from seawall.margining.models.derive_sm.market import Market, MarketMargin, market_margin
from seawall.margining.models.derive_sm.numbers import (
    UNKNOWN_OPTIONS,
    UNKNOWN_PERP,
    read_general,
    read_options,
    read_perp,
)
from seawall.margining.models.derive_sm.options import INITIAL, MAINTENANCE
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy
from seawall.portfolio import Holdings, ResolvedBook
from seawall.revaluation import PnlTensor
from seawall.scenarios import ScenarioSet

COMPONENTS = {
    "perpetuals": Component.POSITION,
    "options": Component.SHORT_OPTIONS,
    "collateral": Component.COLLATERAL,
    "confidence_contingency": Component.CONFIDENCE,
    "depeg_contingency": Component.CONFIDENCE,
    **ORDER_CHARGES,
}
NOW = "prices as they are"


@dataclass(frozen=True)
class DeriveStandardMargin(NoneBinds):
    """Standard margin of all markets of an account."""

    name: str
    promises: Promises = Promises(homogeneous=True, subadditive=False, offsets_across_underlyings=False)
    components: Mapping[str, Component] = field(default_factory=lambda: COMPONENTS)

    def scenarios(self, policy: MarginPolicy, snapshot: MarketSnapshot) -> ScenarioSet:
        """Return one scenario in which nothing moves: the contract values options by forward and volatility."""
        underlyings = snapshot.table.underlyings
        return ScenarioSet.spot_moves((NOW,), underlyings, np.zeros((1, len(underlyings))))

    def requirement(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Requirement:
        """Return the margin of every account: one netting set each, in USD."""
        found = self._markets(policy, book, book.positions, pnl)
        collateral = collateral_of(policy, book, book.snapshot.exposure)

        def initial_of(holdings: Holdings) -> FloatArray:
            active = len(holdings.indptr) - 1
            parts = [_needed(one) for one in self._markets(policy, book, holdings, pnl).values()]
            return np.asarray(sum(parts, start=np.zeros(active)), dtype=np.float64)

        added = order_margin(book.positions, book.orders, initial_of)
        return self._assemble(policy, book, found, collateral, added)

    def detail(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Detail:
        """Return every intermediate figure of a book of one account, as the contract signs them."""
        collateral = collateral_of(policy, book, book.snapshot.exposure)
        figures = {f"{asset}.counted_{name}": float(amount[0]) for asset, one in collateral.assets.items()
                   for name, amount in (("im", one.counted[INITIAL]), ("mm", one.counted[MAINTENANCE]))}  # fmt: skip
        unsure = collateral.confidence
        for base, one in self._markets(policy, book, book.positions, pnl).items():
            unsure = unsure + one.confidence
            figures |= {
                f"{base}.option_mtm": float(one.option_value[0]),
                f"{base}.perp_im": 0.0 - float(one.perp[INITIAL][0]),
                f"{base}.perp_mm": 0.0 - float(one.perp[MAINTENANCE][0]),
                f"{base}.oracle_contingency": 0.0 - float(one.confidence[0]),
                f"{base}.depeg_contingency": 0.0 - float(one.depeg[0]),
            }
            for expiry in one.expiries:
                for which, name in ((INITIAL, "im"), (MAINTENANCE, "mm")):
                    figures[f"{base}.isolated_{name}.{expiry.name}"] = float(expiry.isolated[which][0])
                    figures[f"{base}.offset_{name}.{expiry.name}"] = float(expiry.offset[which][0])
                figures[f"{base}.option_mtm.{expiry.name}"] = float(expiry.value[0])
        return Detail(figures=figures | {"oracle_contingency": 0.0 - float(unsure[0])})

    def _markets(
        self, policy: MarginPolicy, book: ResolvedBook, held: Holdings, pnl: PnlTensor
    ) -> dict[str, MarketMargin]:
        """Return the margin of each market of the book's instruments."""
        general, stable = read_general(policy), stable_price(book, STABLE)
        table = book.snapshot.table
        if len(table) == 0:
            return {}
        worth = (book.snapshot.mark + pnl.pnl[0]) * unit_prices(book, pnl)[0]
        found = {}
        for base in table.underlyings:
            options, perp = read_options(policy, base), read_perp(policy, base)
            market = Market(base, general, options or UNKNOWN_OPTIONS, perp or UNKNOWN_PERP, stable)
            found[base] = market_margin(book, held, worth, market)
        return found

    def _assemble(
        self,
        policy: MarginPolicy,
        book: ResolvedBook,
        found: Mapping[str, MarketMargin],
        collateral: Collateral,
        order_added: FloatArray,
    ) -> Requirement:
        count = len(book.book)
        zero = np.zeros(count)
        [one] = netting_sets(book, cross=True)
        charges = {name: stated_charge(book, name, one) for name in ORDER_CHARGES}
        charges["open_orders_margin"] = charges["open_orders_margin"] + order_added
        markets = list(found.values())

        def rule(which: int) -> dict[str, FloatArray]:
            return {
                "perpetuals": sum((m.perp[which] for m in markets), start=zero),
                "options": sum((m.options[which] for m in markets), start=zero),
                "collateral": collateral.left_out[which],
            }

        low = {
            "confidence_contingency": sum((m.confidence for m in markets), start=collateral.confidence),
            "depeg_contingency": sum((m.depeg for m in markets), start=zero),
        }
        exact_initial = rule(INITIAL) | low | charges
        exact_maintenance = rule(MAINTENANCE) | dict.fromkeys((*low, *charges), zero)
        equity = sum((m.option_value for m in markets), start=collateral.worth)
        return Requirement(
            account=np.arange(count),
            currencies=("USD",),
            currency=np.zeros(count, np.int64),
            equity=equity,
            margin_balance=equity,
            haircut=zero,
            initial=_not_negative(exact_initial),
            maintenance=_not_negative(exact_maintenance),
            worst_scenario=none_binds(count),
            worst_underlying=none_binds(count),
            underlyings=book.snapshot.table.underlyings,
            uses=tuple(uses(policy, book, found, collateral, order_added)),
            cross=True,
            refused=_refused(policy, book),
            refused_assets=dict(collateral.refused),
            native={
                "net_initial_margin": equity - np.sum(list(exact_initial.values()), axis=0),
                "net_maintenance_margin": equity - np.sum(list(exact_maintenance.values()), axis=0),
            },
        )


def _needed(one: MarketMargin) -> FloatArray:
    """Return initial margin beyond the worth of the positions, `(A,)`."""
    return np.asarray(one.perp[INITIAL] + one.options[INITIAL] + one.confidence + one.depeg, dtype=np.float64)


def _not_negative(components: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Return components that are no credit.

    An option's value may fall below its own payoff's bound where the smile holds an arbitrage, and a cash coin above
    par makes an asset worth less than what the contract counts of it; both are a credit to the contract alone.
    """
    return {name: np.maximum(amount, 0.0) for name, amount in components.items()}


def _refused(policy: MarginPolicy, book: ResolvedBook) -> dict[int, str]:
    readers = {Kind.OPTION: read_options, Kind.PERPETUAL: read_perp}

    def why(sort: Sort) -> str:
        word = sort.kind.name.lower()
        if sort.kind not in readers:
            return f"{policy.id} has no rule for a {word}; Derive lists none"
        known = readers[sort.kind](policy, sort.underlying) is not None
        return "" if known else f"{policy.id} has no numbers for {_a(word)} on {sort.underlying}"

    return refused_rows(book, why)


def _a(word: str) -> str:
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"


STANDARD = DeriveStandardMargin("derive_sm")

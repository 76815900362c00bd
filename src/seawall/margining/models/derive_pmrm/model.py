"""Derive's portfolio managers: ask for each underlying's list of scenarios, arrange its portfolio, apply its rule.

A manager margins one underlying. An account that trades several is margined by the manager of each and the margins are
added; the requirement is held against all that the account is worth, so that equity less it is the venue's net margin.

Sources: github.com/derivexyz/v2-core; docs/margin/derive.md gives the rule in words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.errors import UnavailableError
from seawall.instruments import Kind
from seawall.margining.binding import Binding
from seawall.margining.blocks.cash_coin import stable_price
from seawall.margining.blocks.equity import equity_in
from seawall.margining.blocks.lookups import usd_price
from seawall.margining.blocks.netting_set import netting_sets, stated_charge
from seawall.margining.blocks.orders import order_margin
from seawall.margining.blocks.refusals import Sort, refused_rows
from seawall.margining.components import ORDER_CHARGES, Component
from seawall.margining.model import Detail, Promises, Requirement
from seawall.margining.models.derive_pmrm import v1, v2
from seawall.margining.models.derive_pmrm.collateral import (
    CASH,
    STABLE,
    Haircuts,
    place,
    read_haircuts,
)  # fmt: skip
from seawall.margining.models.derive_pmrm.detail import risk_array, shown_figures
from seawall.margining.models.derive_pmrm.evidence import uses
from seawall.margining.models.derive_pmrm.numbers import (
    FirstNumbers,
    SecondNumbers,
    first_numbers,
    markets,
    second_numbers,
)  # fmt: skip
from seawall.margining.models.derive_pmrm.portfolio import Portfolio, arrange, derivatives_of
from seawall.margining.models.derive_pmrm.result import COMPONENTS_OF_RULE, Line, MarketMargin
from seawall.margining.models.derive_pmrm.scenario_list import scenario_set
from seawall.market import Exposure, MarketSnapshot
from seawall.policy import MarginPolicy
from seawall.portfolio import Holdings, ResolvedBook
from seawall.revaluation import PnlTensor
from seawall.scenarios import ScenarioSet

Numbers: TypeAlias = FirstNumbers | SecondNumbers
COMPONENTS = {
    "worst_case": Component.SCENARIO,
    "perp_contingency": Component.POSITION,
    "option_contingency": Component.SHORT_OPTIONS,
    "collateral_contingency": Component.COLLATERAL,
    "confidence_contingency": Component.CONFIDENCE,
    "peg_contingency": Component.CONFIDENCE,
    **ORDER_CHARGES,
}
LISTED_KINDS = (Kind.OPTION, Kind.PERPETUAL)
"""What Derive lists; it has no dated futures."""


class Margined(NamedTuple):
    """One underlying's portfolio and its margin."""

    portfolio: Portfolio
    margin: MarketMargin


class _Worth(NamedTuple):
    """Cash and unrealised profit in USD `(A,)`, and the collateral by asset, in units `(A,)`."""

    cash: FloatArray
    collateral: Mapping[str, FloatArray]


@dataclass(frozen=True)
class DerivePortfolioMargin:
    """PMRM where `second` is false, PMRM_2 where it is true."""

    name: str
    second: bool
    promises: Promises = Promises(homogeneous=True, subadditive=False, offsets_across_underlyings=False)
    components: Mapping[str, Component] = field(default_factory=lambda: COMPONENTS)

    def scenarios(self, policy: MarginPolicy, snapshot: MarketSnapshot) -> ScenarioSet:
        """Return each underlying's own list of scenarios, behind the three that value its options."""
        found = self._numbers(policy, snapshot.table.underlyings)
        return scenario_set({base: numbers.common.scenarios for base, numbers in found.items()})

    def binding(self, policy: MarginPolicy, underlying: str, scenario: int) -> Binding:
        """Return a scenario of one underlying as it stands in the policy's list."""
        return self._read(policy, underlying).common.scenarios.binding(scenario)

    def requirement(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Requirement:
        """Return the margin of every account: one netting set each, in USD."""
        leaning = book.snapshot.exposure
        worth, haircuts, refused_assets = self._worth(policy, book, leaning)
        numbers = self._numbers(policy, self._bases(policy, book, haircuts))
        found = self._margins(policy, book, book.positions, pnl, numbers, haircuts, worth.collateral)
        active = np.flatnonzero(np.diff(book.orders.indptr))
        among = {asset: amount[active] for asset, amount in worth.collateral.items()}

        def initial_of(holdings: Holdings) -> FloatArray:
            parts = self._margins(policy, book, holdings, pnl, numbers, haircuts, among)
            totals = [one.margin.initial_total for one in parts.values()]
            return np.asarray(sum(totals, start=np.zeros(len(active))), dtype=np.float64)

        added = order_margin(book.positions, book.orders, initial_of)
        return self._assemble(policy, book, found, worth, numbers, haircuts, refused_assets, added)

    def detail(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Detail:
        """Return every scenario and every intermediate figure of a book of one account."""
        worth, haircuts, _refused = self._worth(policy, book, book.snapshot.exposure)
        numbers = self._numbers(policy, self._bases(policy, book, haircuts))
        found = self._margins(policy, book, book.positions, pnl, numbers, haircuts, worth.collateral)
        arrays, figures = [], {"equity": float(self._equity(book, found, worth)[0])}
        for base, one in found.items():
            factors = self._factors(one.portfolio, numbers[base])
            figures |= shown_figures(base, one.margin, one.portfolio.expiries, factors)
            held = one.portfolio.expiries or one.portfolio.collateral or one.portfolio.perp_pnl.any()
            if held:
                parts = list(self._lines(one.portfolio, numbers[base]))
                arrays.append(risk_array(base, one.margin, numbers[base].common.scenarios, parts))
        return Detail(arrays=tuple(arrays), figures=figures)

    def _read(self, policy: MarginPolicy, base: str) -> Numbers:
        return second_numbers(policy, base) if self.second else first_numbers(policy, base)

    def _lines(self, portfolio: Portfolio, numbers: Numbers) -> list[Line]:
        if isinstance(numbers, SecondNumbers):
            return list(v2.lines(portfolio, numbers))
        return list(v1.lines(portfolio, numbers))

    def _factors(self, portfolio: Portfolio, numbers: Numbers) -> dict[str, float]:
        if isinstance(numbers, SecondNumbers):
            return v2.factors(portfolio, numbers)
        return v1.factors(portfolio, numbers)

    def _numbers(self, policy: MarginPolicy, bases: tuple[str, ...]) -> dict[str, Numbers]:
        """Return the numbers of the underlyings that the policy has all of."""
        return {base: self._read(policy, base) for base in sorted(bases) if not self._refused_market(policy, base)}

    def _refused_market(self, policy: MarginPolicy, base: str) -> str:
        try:
            self._read(policy, base)
        except UnavailableError as error:
            return str(error)
        return ""

    def _bases(self, policy: MarginPolicy, book: ResolvedBook, haircuts: Mapping[str, Haircuts]) -> tuple[str, ...]:
        """Return the underlyings whose managers have something of this book, the first known one always."""
        known = [base for base in markets(policy) if not self._refused_market(policy, base)]
        followed = {one.follows for one in haircuts.values()} & set(known)
        return tuple(sorted({*book.snapshot.table.underlyings, *followed, *known[:1]}))

    def _worth(
        self, policy: MarginPolicy, book: ResolvedBook, leaning: Exposure
    ) -> tuple[_Worth, dict[str, Haircuts], dict[str, str]]:
        """Return what accounts have beside options, the haircuts of it, and what can't be counted."""
        table, count = book.snapshot.table, len(book.book)
        cash, collateral = np.zeros(count), {}
        haircuts: dict[str, Haircuts] = {}
        refused: dict[str, str] = {}
        for asset in sorted({*table.settlements, *book.book.assets}):
            part = equity_in(asset, book, leaning)
            coin = asset in table.settlements and bool(
                table.inverse[table.settlement_column == table.settlements.index(asset)].any()
            )
            price = usd_price(book, asset) if coin else 1.0
            cash = cash + np.where(part.unrealised == 0.0, 0.0, part.unrealised * price)
            if asset in CASH:
                cash = cash + part.cash
            elif asset in book.book.assets:
                numbers = read_haircuts(policy, asset)
                known = numbers is not None and not (numbers.follows and self._refused_market(policy, numbers.follows))
                if numbers is None or not known:
                    refused[asset] = f"{asset}: {policy.id} does not take it as collateral"
                haircuts[asset] = numbers if numbers is not None else Haircuts("", 0.0, 0.0)
                collateral[asset] = part.cash
        return _Worth(cash, collateral), haircuts, refused

    def _margins(
        self,
        policy: MarginPolicy,
        book: ResolvedBook,
        held: Holdings,
        pnl: PnlTensor,
        numbers: Mapping[str, Numbers],
        haircuts: Mapping[str, Haircuts],
        balances: Mapping[str, FloatArray],
    ) -> dict[str, Margined]:
        bases = list(numbers)
        if not bases:
            return {}
        known = markets(policy)
        home = next(base for base in known if base in numbers)
        placed = place(book, haircuts, balances, derivatives_of(book, held, bases), bases, home)
        with_rates = self.second or policy.word("general.rate") == "feed"
        found = {}
        for base, mine in numbers.items():
            portfolio = arrange(
                book, held, pnl, base, placed[base], moves=mine.common.scenarios.moves,
                stable=stable_price(book, STABLE), with_rates=with_rates,
            )  # fmt: skip
            if isinstance(mine, SecondNumbers):
                found[base] = Margined(portfolio, v2.margin(portfolio, mine))
            else:
                found[base] = Margined(portfolio, v1.margin(portfolio, mine))
        return found

    def _equity(self, book: ResolvedBook, found: Mapping[str, Margined], worth: _Worth) -> FloatArray:
        """Return cash, collateral at full value and what positions are worth, `(A,)`."""
        total = worth.cash
        stable = stable_price(book, STABLE)
        for asset, amount in worth.collateral.items():
            total = total + np.where(amount == 0.0, 0.0, amount * usd_price(book, asset) / stable)
        for one in found.values():
            total = total + one.margin.option_value
        return total

    def _assemble(
        self,
        policy: MarginPolicy,
        book: ResolvedBook,
        found: Mapping[str, Margined],
        worth: _Worth,
        numbers: Mapping[str, Numbers],
        haircuts: Mapping[str, Haircuts],
        refused_assets: Mapping[str, str],
        order_added: FloatArray,
    ) -> Requirement:
        count = len(book.book)
        zero = np.zeros(count)
        margins = [one.margin for one in found.values()]
        [one] = netting_sets(book, cross=True)
        charges = {name: stated_charge(book, name, one) for name in ORDER_CHARGES}
        charges["open_orders_margin"] = charges["open_orders_margin"] + order_added
        initial = {name: sum((m.initial[name] for m in margins), start=zero) for name in COMPONENTS_OF_RULE} | charges
        maintenance = {name: sum((m.maintenance[name] for m in margins), start=zero) for name in COMPONENTS_OF_RULE}
        maintenance |= dict.fromkeys(charges, zero)
        equity = self._equity(book, found, worth)
        names = tuple(sorted({*book.snapshot.table.underlyings, *found}))
        losses = np.array([m.loss for m in margins]).reshape(len(margins), count)
        losing = losses.max(axis=0, initial=0.0) > 0.0
        binding = np.where(losing, np.argmax(losses, axis=0), -1) if len(margins) else np.full(count, -1)
        scenario = np.full(count, -1, np.int64)
        for b, m in enumerate(margins):
            scenario = np.where(binding == b, m.scenario, scenario)
        where = np.array([names.index(base) for base in found] + [-1], dtype=np.int64)
        return Requirement(
            account=np.arange(count),
            currencies=("USD",),
            currency=np.zeros(count, np.int64),
            equity=equity,
            margin_balance=equity,
            haircut=zero,
            initial=initial,
            maintenance=maintenance,
            worst_scenario=scenario,
            worst_underlying=where[binding],
            underlyings=names,
            uses=tuple(uses(policy, book, numbers, found, haircuts, order_added, second=self.second)),
            cross=True,
            refused=self._refused(policy, book),
            refused_assets=dict(refused_assets),
            native={
                "net_initial_margin": equity - np.sum(list(initial.values()), axis=0),
                "net_maintenance_margin": equity - np.sum(list(maintenance.values()), axis=0),
            },
        )

    def _refused(self, policy: MarginPolicy, book: ResolvedBook) -> dict[int, str]:
        def why(sort: Sort) -> str:
            if sort.kind not in LISTED_KINDS:
                return f"{policy.id} has no rule for a {sort.kind.name.lower()}; Derive lists none"
            return self._refused_market(policy, sort.underlying)

        return refused_rows(book, why)


PMRM = DerivePortfolioMargin("derive_pmrm", second=False)
PMRM2 = DerivePortfolioMargin("derive_pmrm2", second=True)

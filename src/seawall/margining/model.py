"""What a margin model is: two pure functions, one that asks for scenarios and one that reads the revaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray, IntArray
from seawall.core.evidence import Evidence
from seawall.margining.binding import Binding
from seawall.margining.components import Component
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy
from seawall.portfolio import ResolvedBook
from seawall.revaluation import PnlTensor
from seawall.scenarios import ScenarioSet


@dataclass(frozen=True, slots=True)
class Promises:
    """What a model promises for every book; the laws test each promise that is made.

    Attributes
    ----------
    homogeneous
        Twice the book needs twice the margin.
    subadditive
        Two books together never need more than apart.
    offsets_across_underlyings
        A gain on one underlying may reduce the loss on another.
    monotone
        More scenarios never need less.
    smallest_usd
        The amount that the venue counts a requirement in; size laws hold up to a few of it.
    orders_in_maintenance
        Open orders raise maintenance margin too.
    """

    homogeneous: bool
    subadditive: bool
    offsets_across_underlyings: bool
    monotone: bool = True
    smallest_usd: float = 0.0
    orders_in_maintenance: bool = False


@dataclass(frozen=True, slots=True)
class Use:
    """Numbers and rules that some of R netting sets relied on."""

    applies: BoolArray
    items: tuple[Evidence, ...]


@dataclass(frozen=True)
class Requirement:
    """Margin of R netting sets: what an account must hold in one currency, or over all of them.

    Attributes
    ----------
    account
        `(R,)` row of the book.
    currencies, currency
        Distinct currencies and which of them each netting set is expressed in, `(R,)`.
    equity, margin_balance
        `(R,)` in that currency: collateral plus unrealised profit; what the requirement is held against.
    haircut
        `(R,)` part of the margin balance that does not count for initial margin.
    initial, maintenance
        Components by name, `(R,)` each; their sum is the requirement. Non-negative but for `rounding`.
    worst_scenario
        `(R,)` scenario that binds, as an index of the model's own set; -1 where none does.
    worst_underlying
        `(R,)` underlying that the binding scenario belongs to, as an index of `underlyings`; -1 where none does.
    uses
        What the numbers rest on.
    cross
        A netting set takes in all that its account holds, and not only what settles in its currency.
    refused
        Instruments that the policy has no rule for: row of the snapshot's table, and why.
    refused_assets
        Collateral that the policy has no rule for: asset, and why.
    native
        The venue's own ratios and totals under its own names, `(R,)` each.
    liquidation_ratio
        Maintenance margin over margin balance at which the venue liquidates; below 1 where it acts before maintenance
        is touched.
    refused_accounts
        Accounts that the rule can't be applied to, though to each of their instruments it could: row of the book, and
        why.
    reads_prices
        The rule needs prices of what is held. Where it does not, a missing one makes nobody unavailable.
    """

    account: IntArray
    currencies: tuple[str, ...]
    currency: IntArray
    equity: FloatArray
    margin_balance: FloatArray
    haircut: FloatArray
    initial: Mapping[str, FloatArray]
    maintenance: Mapping[str, FloatArray]
    worst_scenario: IntArray
    worst_underlying: IntArray
    underlyings: tuple[str, ...]
    uses: tuple[Use, ...]
    cross: bool = False
    refused: Mapping[int, str] = field(default_factory=dict)
    refused_assets: Mapping[str, str] = field(default_factory=dict)
    native: Mapping[str, FloatArray] = field(default_factory=dict)
    liquidation_ratio: float = 1.0
    refused_accounts: Mapping[int, str] = field(default_factory=dict)
    reads_prices: bool = True

    def __len__(self) -> int:
        return len(self.account)

    def take(self, rows: IntArray) -> Requirement:
        """Return the given netting sets, in the given order."""
        if np.array_equal(rows, np.arange(len(self))):
            return self
        return replace(
            self,
            account=self.account[rows],
            currency=self.currency[rows],
            equity=self.equity[rows],
            margin_balance=self.margin_balance[rows],
            haircut=self.haircut[rows],
            initial={name: amounts[rows] for name, amounts in self.initial.items()},
            maintenance={name: amounts[rows] for name, amounts in self.maintenance.items()},
            worst_scenario=self.worst_scenario[rows],
            worst_underlying=self.worst_underlying[rows],
            uses=tuple(Use(use.applies[rows], use.items) for use in self.uses),
            native={name: amounts[rows] for name, amounts in self.native.items()},
        )


@dataclass(frozen=True)
class RiskMatrix:
    """The grid of one underlying for one account: what the requirement was read from.

    Attributes
    ----------
    name
        The venue's own name of the vector, such as `btc_btc`.
    currency
        Unit of every amount.
    price_moves, vol_names
        Axes of `standard`, P moves and V volatility scenarios.
    standard
        `(P, V)` aggregated profit and loss after offsets.
    extended_moves, extended, extended_vol
        `(M,)` the far moves, the profit and loss there after weights, dampener and offsets, and the name of the
        volatility scenario that goes with them.
    lines
        Names of what adds up to the vectors: instruments, and the equity where it is stressed as a position.
    line_standard, line_extended
        `(L, P * V)` and `(L, M)`: each line's own vector; extended ones are weighted and not dampened.
    worst
        Loss in the binding scenario, rounded as the venue does; not negative.
    worst_scenario
        Index into the P * V standard scenarios, or P * V + m for far move m.
    binding
        That scenario as the venue numbers it, and in words.
    """

    name: str
    underlying: str
    currency: str
    price_moves: tuple[float, ...]
    vol_names: tuple[str, ...]
    standard: FloatArray
    extended_moves: tuple[float, ...]
    extended: FloatArray
    extended_vol: str
    lines: tuple[str, ...]
    line_standard: FloatArray
    line_extended: FloatArray
    worst: float
    worst_scenario: int
    binding: Binding

    @property
    def worst_label(self) -> str:
        """The binding scenario in words."""
        return self.binding.label

    @property
    def contributions(self) -> FloatArray:
        """Profit and loss of each line in the binding scenario, `(L,)`."""
        cells = self.standard.size
        if self.worst_scenario < cells:
            return np.asarray(self.line_standard[:, self.worst_scenario], dtype=np.float64)
        return np.asarray(self.line_extended[:, self.worst_scenario - cells], dtype=np.float64)


@dataclass(frozen=True)
class RiskArray:
    """The scenarios of one underlying for one account, for rules whose scenarios are a list and not a grid.

    Attributes
    ----------
    name, underlying, currency
        What it is called, whose prices move, unit of every amount.
    labels
        The S scenarios in words.
    pnl
        `(S,)` profit and loss as the rule counts it: after weights and discounts.
    lines
        Names of what adds up to it: expiries, the perpetual, collateral.
    line_pnl
        `(L, S)` each line's own.
    worst
        Loss in the binding scenario, not negative.
    worst_scenario
        Which that is; -1 where nothing is lost.
    """

    name: str
    underlying: str
    currency: str
    labels: tuple[str, ...]
    pnl: FloatArray
    lines: tuple[str, ...]
    line_pnl: FloatArray
    worst: float
    worst_scenario: int

    @property
    def worst_label(self) -> str:
        """The binding scenario in words; empty where nothing is lost."""
        return self.labels[self.worst_scenario] if self.worst_scenario >= 0 else ""


@dataclass(frozen=True)
class Detail:
    """Everything behind one account's requirement that a model can show.

    Attributes
    ----------
    matrices, arrays
        Grids and lists of scenarios, for models that have them.
    positions
        One row of named facts for each position, for models that charge position by position.
    figures
        Every intermediate number by dotted name, such as `BTC.mr4`.
    """

    matrices: tuple[RiskMatrix, ...] = ()
    positions: tuple[Mapping[str, object], ...] = ()
    arrays: tuple[RiskArray, ...] = ()
    figures: Mapping[str, float] = field(default_factory=dict)


class MarginModel(Protocol):
    """A rule of margin. It reads numbers from a policy and prices nothing itself."""

    @property
    def name(self) -> str:
        """Name in the catalogue, such as `deribit_x_pm`."""
        ...

    @property
    def promises(self) -> Promises:
        """What holds for every book."""
        ...

    @property
    def components(self) -> Mapping[str, Component]:
        """What each component of its requirements charges for, by the component's name."""
        ...

    def scenarios(self, policy: MarginPolicy, snapshot: MarketSnapshot) -> ScenarioSet:
        """Return the scenarios that the rule asks for; none, for a rule that reads no scenario."""
        ...

    def requirement(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Requirement:
        """Return the margin of every netting set; NaN where something it needs is unavailable."""
        ...

    def detail(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Detail:
        """Return what is behind the requirement of a book of one account."""
        ...

    def binding(self, policy: MarginPolicy, underlying: str, scenario: int) -> Binding:
        """Return a scenario of one underlying as the venue numbers it; only asked of models that read scenarios."""
        ...


def join(parts: Sequence[Requirement]) -> Requirement:
    """Join requirements of separate netting sets into one, ordered by account."""
    assert parts, "there is always at least one netting set to speak of"
    if len(parts) == 1 and (np.diff(parts[0].account) >= 0).all():
        return parts[0]
    currencies = tuple(sorted({name for part in parts for name in part.currencies}))
    codes = [np.array([currencies.index(name) for name in part.currencies], dtype=np.int64) for part in parts]
    account = np.concatenate([part.account for part in parts])
    order = np.argsort(account, kind="stable")

    def column(arrays: list[FloatArray]) -> FloatArray:
        return np.concatenate(arrays)[order]

    refused: dict[int, str] = {}
    refused_assets: dict[str, str] = {}
    refused_accounts: dict[int, str] = {}
    for part in parts:
        refused.update(part.refused)
        refused_accounts.update(part.refused_accounts)
        refused_assets.update(part.refused_assets)
    sizes = [len(part) for part in parts]
    uses = []
    for p, part in enumerate(parts):
        for use in part.uses:
            around = [np.zeros(size, np.bool_) if q != p else use.applies for q, size in enumerate(sizes)]
            uses.append(Use(np.concatenate(around)[order], use.items))
    return Requirement(
        account=account[order],
        currencies=currencies,
        currency=np.concatenate([code[part.currency] for code, part in zip(codes, parts, strict=True)])[order],
        equity=column([part.equity for part in parts]),
        margin_balance=column([part.margin_balance for part in parts]),
        haircut=column([part.haircut for part in parts]),
        initial={name: column([part.initial[name] for part in parts]) for name in parts[0].initial},
        maintenance={name: column([part.maintenance[name] for part in parts]) for name in parts[0].maintenance},
        worst_scenario=np.concatenate([part.worst_scenario for part in parts])[order],
        worst_underlying=np.concatenate([part.worst_underlying for part in parts])[order],
        underlyings=parts[0].underlyings,
        uses=tuple(uses),
        cross=parts[0].cross,
        refused=refused,
        refused_assets=refused_assets,
        native={name: column([part.native[name] for part in parts]) for name in parts[0].native},
        liquidation_ratio=parts[0].liquidation_ratio,
        refused_accounts=refused_accounts,
        reads_prices=parts[0].reads_prices,
    )

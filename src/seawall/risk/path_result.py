"""What comes of a book along a path: a step for each account and state, and what they add up to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from seawall.core.errors import MISSING, InputError, Problem
from seawall.core.html_table import Tabular
from seawall.core.time import iso
from seawall.policy import MarginPolicy
from seawall.risk.legs import Leg
from seawall.risk.market_path import MarketPath
from seawall.risk.path_swing import Procyclicality, procyclicality
from seawall.risk.trigger import Trigger

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Answer: TypeAlias = Literal["pay", "ignore"]
"""What the account's owner does when it is called."""


@dataclass(frozen=True, slots=True)
class Step:
    """One account at one state of a path, amounts in USD.

    Attributes
    ----------
    time_ns, account
        When and whose.
    equity, margin_balance
        Before anything is paid at this step.
    initial_margin, maintenance_margin
        What is required.
    ratio
        Margin ratio of the netting set that is worst off, 1 where the venue acts.
    acts
        Whether the venue acts, before anything is paid.
    called
        What is demanded at this step: the shortfall against initial margin.
    paid
        What is paid for it, USD; 0 where calls are ignored.
    label
        The step's name, where the path has names.
    ratio_seen, acts_seen
        The same as `ratio` and `acts` for who reads prices from an oracle that is late; equal to them where none is.
    closing_cost
        What it would cost to close everything there, with the depth and spreads of the step; NaN where no depth is
        known. No venue takes it off a balance before it closes something.
    initial_margin_fixed, maintenance_margin_fixed
        What would be required there by the policy of the path's start; the same as what is required where the policy
        is not made anew along the path.
    """

    time_ns: int
    account: str
    equity: float
    margin_balance: float
    initial_margin: float
    maintenance_margin: float
    ratio: float
    acts: bool
    called: float
    paid: float
    label: str = ""
    ratio_seen: float = float("nan")
    acts_seen: bool = False
    closing_cost: float = float("nan")
    initial_margin_fixed: float = float("nan")
    maintenance_margin_fixed: float = float("nan")


@dataclass(frozen=True, repr=False)
class MarginPath(Tabular):
    """A book of A accounts along T states.

    Attributes
    ----------
    steps
        State by state, account by account.
    answer
        What is done with calls.
    legs
        What moves along the path besides, and what of it could not be applied.
    unavailable
        Why accounts that have no steps have none.
    path
        The states; None where they are not kept.
    policies
        The policy of each state, where it is made anew along the path; empty where it stays.
    notes
        What the path and the policies rest on.
    """

    steps: tuple[Step, ...]
    accounts: tuple[str, ...]
    answer: Answer
    trigger: Trigger
    legs: tuple[Leg, ...] = ()
    unavailable: Mapping[str, str] = field(default_factory=dict)
    path: MarketPath | None = None
    policies: tuple[MarginPolicy, ...] = ()
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"MarginPath({len(self.accounts)} accounts, {len(self.steps) // max(len(self.accounts), 1)} states)"

    def of(self, account: str) -> tuple[Step, ...]:
        """Return the steps of one account."""
        return tuple(step for step in self.steps if step.account == account)

    @cached_property
    def liquidity_need_usd(self) -> dict[str, float]:
        """Cash that each account brings in up to the end of the path, USD; the largest call where none is paid."""
        return {
            name: sum(s.paid for s in self.of(name))
            if self.answer == "pay"
            else max((s.called for s in self.of(name)), default=0.0)
            for name in self.accounts
        }

    @cached_property
    def peak_initial_margin_usd(self) -> dict[str, float]:
        """Largest initial margin of each account over the path."""
        return {name: max(step.initial_margin for step in self.of(name)) for name in self.accounts}

    def procyclicality(self, *, days: float = 1.0) -> dict[str, Procyclicality]:
        """Return how far initial margin swings along the path, as it is and as it were at the start's calibration.

        Parameters
        ----------
        days
            How long the largest increase may take.
        """
        return {
            name: procyclicality(
                np.array([step.time_ns for step in self.of(name)]),
                np.array([step.initial_margin for step in self.of(name)]),
                np.array([step.initial_margin_fixed for step in self.of(name)]),
                days=days,
            )
            for name in self.accounts
        }

    @cached_property
    def first_action_ns(self) -> dict[str, int | None]:
        """When the venue first acts on each account; None where it never does."""
        return {name: next((s.time_ns for s in self.of(name) if s.acts), None) for name in self.accounts}

    def rows(self) -> list[dict[str, object]]:
        """Return one mapping a state and account."""
        return [
            {
                "time": iso(step.time_ns),
                "step": step.label,
                "account": step.account,
                "equity_usd": step.equity,
                "margin_balance_usd": step.margin_balance,
                "initial_margin_usd": step.initial_margin,
                "maintenance_margin_usd": step.maintenance_margin,
                "margin_ratio": step.ratio,
                "acts": step.acts,
                "called_usd": step.called,
                "paid_usd": step.paid,
                "margin_ratio_seen": step.ratio_seen,
                "acts_seen": step.acts_seen,
                "closing_cost_usd": step.closing_cost,
                "initial_margin_fixed_usd": step.initial_margin_fixed,
                "maintenance_margin_fixed_usd": step.maintenance_margin_fixed,
            }
            for step in self.steps
        ]

    def plot(self, account: str | None = None) -> Figure:
        """Return one account's equity, balance, requirements and calls; margin ratios of all, where none is named.

        Of the only account, where there is one. Many accounts have too many lines: the highest ratios are drawn.

        Raises
        ------
        InputError
            When the account has no steps here, or none has.
        """
        from seawall.risk.path_chart import path_chart, ratios_chart

        if account is None and len(self.accounts) > 1:
            return ratios_chart({name: self.of(name) for name in self.accounts})
        name = self.accounts[0] if account is None and self.accounts else account
        steps = self.of(name) if name is not None else ()
        if not steps:
            rule = f"it is one of {', '.join(self.accounts)}" if self.accounts else "no account has a margin here"
            raise InputError(Problem("account", account or MISSING, rule))
        return path_chart(str(name), steps)

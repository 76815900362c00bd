"""Stress: what named scenarios do to a book, with full margins before and after in each of their states.

A scenario that happens step by step is asked at every step, and each account is told at the step that is worst for it:
where the venue acts rather than calls, calls rather than does nothing; of several where it acts the one with the
highest margin ratio, of others the one with the largest loss. What expires on the way is settled there and stays so.
Nobody pays anything in; `margin_path` shows what it takes to get through.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from seawall.core.errors import UnavailableError
from seawall.core.html_table import Tabular
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy
from seawall.portfolio import Book, NameParser
from seawall.risk.account_state import AccountState, account_state
from seawall.risk.legs import Leg, cost_at, legs_of
from seawall.risk.market_path import MarketPath
from seawall.risk.moved_book import settled_between
from seawall.risk.shift import Move
from seawall.risk.slippage import Depth
from seawall.risk.standing import Probe
from seawall.risk.stress_row import SEVERITY, Status, StressRow
from seawall.scenarios import PathSet, ScenarioSet
from seawall.scenarios.stress_library import dollar_assets

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Status", "Stress", "StressRow", "coins_behind", "stress"]


@dataclass(frozen=True, repr=False)
class Stress(Tabular):
    """A book of A accounts in some scenarios.

    Attributes
    ----------
    found
        Scenario by scenario, account by account.
    legs
        By scenario: what moves in it, and what of that is not applied.
    policy_id, snapshot_digest
        What the answers rest on.
    notes
        How scenarios were made, where that is known.
    """

    found: tuple[StressRow, ...]
    legs: Mapping[str, tuple[Leg, ...]]
    policy_id: str
    snapshot_digest: str
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Stress({len(self.accounts)} accounts in {len(self.scenarios)} scenarios under {self.policy_id})"

    def __iter__(self) -> Iterator[StressRow]:
        return iter(self.found)

    def __len__(self) -> int:
        return len(self.found)

    @property
    def accounts(self) -> tuple[str, ...]:
        """Accounts, in the order of the book."""
        return tuple(dict.fromkeys(one.account for one in self.found))

    @property
    def scenarios(self) -> tuple[str, ...]:
        """Scenarios, in the order asked for."""
        return tuple(dict.fromkeys(one.scenario for one in self.found))

    def of(self, account: str, scenario: str) -> StressRow:
        """Return one account in one scenario."""
        return next(one for one in self.found if (one.account, one.scenario) == (account, scenario))

    def not_applied(self, scenario: str) -> tuple[Leg, ...]:
        """Return the legs of a scenario that could not be applied."""
        return tuple(leg for leg in self.legs.get(scenario, ()) if leg.reach == "not applied")

    def rows(self) -> list[dict[str, object]]:
        """Return one mapping an account and scenario."""
        return [
            {
                **one.row(),
                "legs_not_applied": "; ".join(f"{leg.name}: {leg.note}" for leg in self.not_applied(one.scenario)),
                "policy": self.policy_id,
                "snapshot_digest": self.snapshot_digest,
            }
            for one in self.found
        ]

    def plot(self, account: str | None = None) -> Figure:
        """Return one account's profit and loss by scenario; a map of all accounts, where none is named."""
        from seawall.risk.stress_chart import stress_chart

        return stress_chart(self.found, account, policy_id=self.policy_id)


def stress(
    book: Book,
    snapshot: MarketSnapshot,
    policy: MarginPolicy,
    scenarios: Mapping[str, PathSet | ScenarioSet],
    *,
    depths: Mapping[str, Depth] | None = None,
    check_lots: bool = True,
    parse: NameParser | None = None,
) -> Stress:
    """Return what scenarios do to every account of a book.

    Parameters
    ----------
    book, snapshot, policy, check_lots, parse
        As in `evaluate`.
    scenarios
        By name: a path, of which the first is taken, or a set, of which each scenario is a state of its own.
    depths
        Order books of today, by instrument or underlying, for what closing costs; options pay their way to today's
        quotes, in proportion to their marks.

    Examples
    --------
    >>> import seawall as sw
    >>> from seawall.policy import at
    >>> from seawall.scenarios import FlashCrash
    >>> now, book = sw.load_snapshot("deribit-btc-2026-08-01"), sw.load_book("demo")
    >>> crash = {"crash": FlashCrash({"BTC": -0.3}).paths()}
    >>> found = stress(book, now, at("deribit/x_pm/2026-02-15"), crash)
    >>> [(one.account, one.step, one.status) for one in found][:2]
    [('short_strangle', 'low', 'liquidated'), ('covered_call', 'low', 'safe')]
    """
    probe = Probe(book, snapshot, policy, check_lots=check_lots, parse=parse)
    bad = {name: why for a, name in enumerate(book.accounts) if (why := probe.readable(a))}
    good = [a for a, name in enumerate(book.accounts) if name not in bad]
    if bad and good:
        probe = Probe(book.take(good), snapshot, policy, check_lots=check_lots, parse=parse)
    before = account_state(probe, probe.compact, Move()) if good else None
    depends = {name: coins_behind(book, a, snapshot) for a, name in enumerate(book.accounts)}
    rows: list[StressRow] = []
    legs: dict[str, tuple[Leg, ...]] = {}
    for name, made in scenarios.items():
        path = MarketPath.of_paths(made, snapshot) if isinstance(made, PathSet) else MarketPath.of_scenarios(
            made, snapshot
        )  # fmt: skip
        legs[name] = legs_of(path, probe, depths or {})
        told = {*made.underlyings, *made.asset_moves}
        gaps = {n: f"{name} does not tell of {', '.join(sorted(of - told))}" for n, of in depends.items() if of - told}
        worst = (
            _worst_rows(probe, before, path, name, depths, snapshot, is_path=isinstance(made, PathSet))
            if before
            else {}
        )
        for account in book.accounts:
            why = bad.get(account, "") or gaps.get(account, "")
            rows.append(StressRow(account=account, scenario=name, unavailable=why) if why else worst[account])
    return Stress(tuple(rows), legs, policy.id, snapshot.digest)


def coins_behind(book: Book, a: int, snapshot: MarketSnapshot) -> set[str]:
    """Return the coins that an account's worth depends on; dollars and stable coins stay where they are."""
    mine = book.take([a])
    owned = {name for name, amount in zip(mine.assets, mine.balances[0].tolist(), strict=True) if amount}
    table = snapshot.table
    names = {mine.instruments[c] for c in (*mine.positions.columns.tolist(), *mine.orders.columns.tolist())}
    held = {table.underlying[table.position(name)] for name in names if name in table}
    return (owned | held) - dollar_assets()


def _worst_rows(
    probe: Probe, before: AccountState, path: MarketPath, name: str, depths: Mapping[str, Depth] | None,
    snapshot: MarketSnapshot, *, is_path: bool,
) -> dict[str, StressRow]:  # fmt: skip
    """Return each account at its worst state of a path, or of states that are alternatives."""
    worst: dict[str, StressRow] = {}
    first: dict[str, str] = {}
    first_seen: dict[str, str] = {}
    lowest: dict[str, tuple[float, str]] = {}
    held, earlier = probe.compact, Move()
    for t, move in enumerate(path.moves):
        cost = cost_at(path, t, depths, snapshot)
        try:
            if is_path:
                held = settled_between(held, snapshot, earlier, move, paid_in=probe.paid_in)
                earlier = move
            here = account_state(probe, held, move, cost=cost)
            seen = account_state(probe, held, path.seen[t]) if path.is_late(t) else here
        except UnavailableError as gap:
            return {
                account: StressRow(account=account, scenario=name, step=path.label(t), unavailable=str(gap))
                for account in probe.compact.accounts
            }
        for a, account in enumerate(probe.compact.accounts):
            one = _row(account, name, path.label(t), a, before, here, seen)
            if here.acts[a]:
                first.setdefault(account, path.label(t))
            if seen.acts[a]:
                first_seen.setdefault(account, path.label(t))
            if account not in lowest or one.pnl < lowest[account][0] or np.isnan(one.pnl):  # the unknown stays unknown
                lowest[account] = one.pnl, path.label(t)
            if account not in worst or _badness(one) > _badness(worst[account]):
                worst[account] = one
    return {
        name: replace(
            one,
            worst_pnl=lowest[name][0],
            worst_pnl_step=lowest[name][1],
            first_acts=first.get(name, ""),
            first_acts_seen=first_seen.get(name, ""),
        )
        for name, one in worst.items()
    }


def _row(
    account: str, name: str, step: str, a: int, before: AccountState, here: AccountState, seen: AccountState
) -> StressRow:
    status, cost, equity = _status(here, a), float(here.closing_cost[a]), float(here.equity[a])
    made = StressRow(
        account=account, scenario=name, step=step, status_before=_status(before, a), status=status,
        equity_before=float(before.equity[a]), equity=equity, pnl=equity - float(before.equity[a]),
        initial_before=float(before.initial[a]), initial=float(here.initial[a]),
        maintenance_before=float(before.maintenance[a]), maintenance=float(here.maintenance[a]),
        ratio_before=float(before.ratio[a]), ratio=float(here.ratio[a]), called=float(here.called[a]),
        closing_cost=cost, deficit=max(cost - equity, 0.0) if cost == cost or status != "liquidated" else float("nan"),
        ratio_seen=float(seen.ratio[a]), status_seen=_status(seen, a),
    )  # fmt: skip
    if status == "unavailable":
        return replace(made, unavailable=f"there is no margin at {step or 'a state'} of {name}")
    return made if status == "liquidated" else replace(made, deficit=0.0)


def _status(state: AccountState, a: int) -> Status:
    if np.isnan(state.ratio[a]) or np.isnan(state.called[a]):
        return "unavailable"
    return "liquidated" if state.acts[a] else "called" if state.called[a] > 0.0 else "safe"


def _badness(one: StressRow) -> tuple[int, float, float]:
    """Return what orders states from good to bad; what is not known is worst, so that it is never hidden."""
    if one.status == "unavailable":
        return (len(SEVERITY), 0.0, 0.0)
    return (SEVERITY.index(one.status), one.ratio if one.status == "liquidated" else 0.0, -one.equity)

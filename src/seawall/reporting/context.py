"""What every section of a report starts from: the book, the market, the policy, and the results that sections share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from seawall.core.errors import InputError, UnavailableError
from seawall.margining import AccountMargin, Explanation, Margins, evaluate
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy
from seawall.portfolio import Book, NameParser
from seawall.risk.distance import Distance
from seawall.risk.legs import Leg, legs_of
from seawall.risk.market_path import MarketPath
from seawall.risk.rays import default_directions, search
from seawall.risk.reverse_stress import ReverseStress
from seawall.risk.standing import Probe
from seawall.risk.stress import Stress, stress
from seawall.risk.tail_report import TailReport
from seawall.risk.typical_depth import typical_depths
from seawall.scenarios import PathSet, ScenarioSet
from seawall.scenarios.stress_library import dollar_assets, stress_names, stress_of


@dataclass(frozen=True)
class Context:
    """One book under one policy in one market, and which of its accounts have sections.

    Attributes
    ----------
    book, market, policy
        As they were read.
    shown
        Accounts with sections, in the order of the book.
    check_lots, parse
        As in `evaluate`.
    tail_of, nearest_of
        What tells VaR and ES, and the nearest joint move, of a book of one account; where outcomes and covariances come
        from lies above this room.
    """

    book: Book
    market: MarketSnapshot
    policy: MarginPolicy
    shown: tuple[str, ...]
    check_lots: bool = True
    parse: NameParser | None = None
    tail_of: Callable[[Book], TailReport] | None = None
    nearest_of: Callable[[Book], ReverseStress] | None = None

    @cached_property
    def margins(self) -> Margins:
        """Margins of every account."""
        [found] = evaluate(self.book, self.market, [self.policy], check_lots=self.check_lots, parse=self.parse)
        return found

    @cached_property
    def by_account(self) -> Mapping[str, tuple[AccountMargin, ...]]:
        """Netting sets of every account."""
        found: dict[str, list[AccountMargin]] = {name: [] for name in self.book.accounts}
        for row in self.margins:
            found[row.account].append(row)
        return {name: tuple(rows) for name, rows in found.items()}

    @cached_property
    def explained(self) -> Mapping[str, Explanation]:
        """What is behind each shown account's margin."""
        return {name: self.margins.explain(name) for name in self.shown}

    def one(self, account: str) -> Book:
        """Return the book of one account alone."""
        return self.book.take([self.book.row(account)])

    def probe(self, account: str) -> Probe:
        """Return what asks the policy about one account in other states of the market."""
        return Probe(self.one(account), self.market, self.policy, check_lots=self.check_lots, parse=self.parse)

    def tail(self, account: str) -> TailReport:
        """Return VaR and ES of one account.

        Raises
        ------
        InputError, UnavailableError
            When no outcomes can be made for it.
        """
        if self.tail_of is None:
            raise UnavailableError("no method was named")
        if account not in self._tails:
            self._tails[account] = self.tail_of(self.one(account))
        return self._tails[account]

    @cached_property
    def _tails(self) -> dict[str, TailReport]:
        return {}

    def nearest(self, account: str) -> ReverseStress:
        """Return the nearest joint move at which the venue acts on one account.

        Raises
        ------
        InputError, UnavailableError
            When no covariance can be made for it.
        """
        if self.nearest_of is None:
            raise UnavailableError("no covariance was named")
        return self.nearest_of(self.one(account))

    def unavailable(self, account: str) -> str:
        """Say why an account has no margin; empty where it has."""
        return "; ".join(dict.fromkeys(row.unavailable for row in self.by_account[account] if row.unavailable))

    @cached_property
    def _shown_book(self) -> Book:
        return self.book.take(np.array([self.book.row(name) for name in self.shown], dtype=np.int64))

    @cached_property
    def distances(self) -> Mapping[str, tuple[Distance, ...]]:
        """How far each shown account is from where the venue acts, direction by direction."""
        probe = Probe(self._shown_book, self.market, self.policy, check_lots=self.check_lots, parse=self.parse)
        found = search(probe, {a: default_directions(probe, a) for a in range(len(self.shown))})
        return {name: tuple(one for one in found if one.account == name) for name in self.shown}

    def coins(self, account: str) -> tuple[str, ...]:
        """Return the coins whose price an account depends on."""
        prices = [one.direction for one in self.distances[account] if one.direction.endswith(" down")]
        return tuple(name for way in prices if (name := way.removesuffix(" down")) in self.market.index)

    @cached_property
    def _scenarios(self) -> tuple[dict[str, PathSet | ScenarioSet], dict[str, str]]:
        """Return the named scenarios for the coins of the market and the book, and why some can't be made."""
        book = self._shown_book
        owned = {name for name, amounts in zip(book.assets, book.balances.T, strict=True) if np.any(amounts)}
        coins = tuple(sorted({*self.market.table.underlyings, *(owned - dollar_assets())}))
        made: dict[str, PathSet | ScenarioSet] = {}
        silent: dict[str, str] = {}
        for name in stress_names():
            try:
                made[name] = stress_of(name, coins)
            except InputError as gap:
                silent[name] = str(gap)
        return made, silent

    @cached_property
    def stressed(self) -> Stress:
        """What named scenarios do to the shown accounts."""
        return stress(
            self._shown_book, self.market, self.policy, self._scenarios[0], depths=typical_depths(self.market),
            check_lots=self.check_lots, parse=self.parse,
        )  # fmt: skip

    def legs_not_applied(self, account: str) -> dict[str, tuple[Leg, ...]]:
        """Return, by scenario, the legs that concern one account and could not be applied to it."""
        probe, depths = self.probe(account), typical_depths(self.market)
        gone = {one.scenario for one in self.stressed if one.account == account and one.unavailable}
        found: dict[str, tuple[Leg, ...]] = {}
        for name, made in self._scenarios[0].items():
            if name not in gone:  # its line says why there is nothing
                of = MarketPath.of_paths if isinstance(made, PathSet) else MarketPath.of_scenarios
                legs = legs_of(of(made, self.market), probe, depths)  # type: ignore[arg-type]
                found[name] = tuple(leg for leg in legs if leg.reach == "not applied")
        return found

    @property
    def silent(self) -> Mapping[str, str]:
        """Named scenarios that tell of nothing in the market, and why."""
        return self._scenarios[1]

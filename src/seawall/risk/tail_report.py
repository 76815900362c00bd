"""Value at risk and expected shortfall of a book over any scenario set, and what each holding makes of them.

The method lies in the scenarios: historical windows, filtered history, Monte Carlo. Here they are outcomes with
weights. Euler's theorem takes both figures apart: a holding's component is its mean loss in the outcomes that make the
figure (those around VaR, those in the tail), so that components sum to the whole; per unit of size it is the marginal
figure. The incremental one is the whole less what it is without the holding, computed anew.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.errors import UnavailableError
from seawall.core.html_table import Tabular
from seawall.market import MarketSnapshot
from seawall.portfolio import Book, NameParser
from seawall.risk.horizon import horizon_notes
from seawall.risk.position_pnl import AccountPnl, PositionPnl, account_pnl, position_pnl
from seawall.risk.sample_tail import TailRisk, risk_and_worst, shares_of
from seawall.risk.tail_part import TailPart, WholeLoss, tail_part
from seawall.risk.unit_gains import WorkingOn, untold
from seawall.scenarios import Draws, ScenarioSet

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["WHOLE_BOOK", "AccountTail", "TailPart", "TailReport", "account_tail", "tail_report"]

WHOLE_BOOK = "all accounts"
COLUMNS_COUNT = 80
"""Intervals of a distribution that is kept."""
DRAWS_NOTES = {
    Draws.INDEPENDENT: (),
    Draws.PAIRS: ("antithetic pairs: intervals count the two of a pair as one outcome",),
    Draws.SOBOL: (
        "points of a Sobol net: intervals are those of independent draws and do not hold for a net, whose error only "
        "repetitions tell (Sampling.replicates)",
    ),
}
"""What is to be said of intervals, by how outcomes hang together."""


@dataclass(frozen=True)
class AccountTail:
    """VaR and ES of one account, or of all together, in USD.

    Attributes
    ----------
    account
        Whose; `WHOLE_BOOK` for all.
    risk
        The figures with their intervals.
    parts
        What each holding makes of them; components sum to the figures.
    tail
        The outcomes that make up ES and their weights in it, the worst first.
    unavailable
        Why there is no number; empty where there is one.
    edges, shares
        Profit and loss in `COLUMNS_COUNT` intervals of one width, from the worst outcome to the best, and the weight in
        each; None where there are no outcomes.
    """

    account: str
    risk: TailRisk
    parts: tuple[TailPart, ...]
    tail: tuple[tuple[str, float], ...]
    unavailable: str = ""
    edges: FloatArray | None = field(default=None, repr=False, compare=False)
    shares: FloatArray | None = field(default=None, repr=False, compare=False)

    def plot(self) -> Figure:
        """Return the distribution of profit and loss with VaR and ES; what is beyond VaR is hatched.

        Raises
        ------
        UnavailableError
            When the account has no figure, or it was found without outcomes.
        """
        from seawall.charts.distribution import distribution

        if self.edges is None or self.shares is None:
            reason = self.unavailable or "the figure was found without outcomes, there is no distribution to draw"
            raise UnavailableError(f"{self.account}: {reason}")
        risk, name = self.risk, f"{self.risk.confidence:.4g}"
        levels = {f"VaR {name}": -risk.value_at_risk, f"ES {name}": -risk.expected_shortfall}
        return distribution(
            self.edges, 100.0 * self.shares, levels=levels, beyond=-risk.value_at_risk, title=self.account,
            x_label="profit and loss, USD", y_label="share of outcomes, %, logarithmic",
        )  # fmt: skip


@dataclass(frozen=True)
class TailReport(Tabular):
    """VaR and ES of the accounts of a book.

    Attributes
    ----------
    accounts
        One for each account, then one for all together where there are several.
    confidence, outcomes_count
        What the figures are of.
    notes
        How the outcomes were made, and where their numbers come from, where that is known.
    """

    accounts: tuple[AccountTail, ...]
    confidence: float
    outcomes_count: int
    notes: tuple[str, ...] = ()

    def __getitem__(self, account: str) -> AccountTail:
        """Return one account's figures."""
        for one in self.accounts:
            if one.account == account:
                return one
        raise KeyError(account)

    def plot(self, account: str | None = None) -> Figure:
        """Return one account's distribution; that of the whole book, where none is named. See `AccountTail.plot`."""
        return (self.accounts[-1] if account is None else self[account]).plot()

    def rows(self) -> list[dict[str, object]]:
        """Return one mapping an account."""
        return [
            {
                "account": one.account,
                "confidence": self.confidence,
                "value_at_risk_usd": one.risk.value_at_risk,
                "value_at_risk_low_usd": one.risk.value_at_risk_interval[0],
                "value_at_risk_high_usd": one.risk.value_at_risk_interval[1],
                "expected_shortfall_usd": one.risk.expected_shortfall,
                "expected_shortfall_low_usd": one.risk.expected_shortfall_interval[0],
                "expected_shortfall_high_usd": one.risk.expected_shortfall_interval[1],
                "effective_outcomes": one.risk.effective_count,
                "worst_outcome": one.tail[0][0] if one.tail else "",
                "unavailable": one.unavailable,
            }
            for one in self.accounts
        ]

    def parts(self, account: str) -> list[dict[str, object]]:
        """Return one mapping for each holding of an account, the largest part of ES first."""
        found = sorted(self[account].parts, key=lambda part: -part.expected_shortfall)
        return [{name: getattr(part, name) for name in TailPart.__dataclass_fields__} for part in found]


def tail_report(
    book: Book,
    snapshot: MarketSnapshot,
    scenarios: ScenarioSet,
    *,
    confidence: float = 0.99,
    interval_confidence: float = 0.95,
    with_cash: bool = True,
    incremental: bool = True,
    by_holding: bool = True,
    check_lots: bool = True,
    parse: NameParser | None = None,
    compiled: bool | None = None,
    working_on: WorkingOn = untold,
) -> TailReport:
    """Return VaR and ES of every account over a scenario set, and of all accounts together.

    Parameters
    ----------
    book, snapshot, check_lots, parse, compiled
        As for `margining.evaluate`.
    scenarios
        Outcomes with weights; their elapsed time is the horizon.
    confidence, interval_confidence
        Of the figures, and of their intervals.
    with_cash
        Count what coins gain that are owned or owed.
    incremental
        Also compute each account without each of its holdings; NaN where left out.
    by_holding
        Take each account apart; many accounts are told sooner without.
    working_on
        Is told each step when it is begun, with its name and how many there are.

    Examples
    --------
    >>> import seawall as sw
    >>> now = sw.load_snapshot("deribit-btc-2026-08-01")
    >>> book = sw.load_book({"BTC-PERPETUAL": -60_000, "BTC": 1.0}, snapshot=now)
    >>> moves = np.linspace(-0.2, 0.2, 101)[:, None]
    >>> even = ScenarioSet.spot_moves([f"{move:+.3f}" for move in moves[:, 0]], ("BTC",), moves)
    >>> found = tail_report(book, now, even, confidence=0.95)
    >>> [(part.name, round(part.expected_shortfall)) for part in found["book"].parts]
    [('BTC-PERPETUAL', -11513), ('BTC', 12029)]
    """
    share = shares_of(scenarios.weights, len(scenarios))
    accounts: list[str | None] = list(book.accounts)
    if len(accounts) != 1:
        accounts.append(None)
    count = len(accounts)

    def revaluing(step: str, stretches: int) -> None:
        nonlocal count
        count = stretches + len(accounts)
        working_on(step, count)

    make = position_pnl if by_holding else account_pnl
    moved = make(
        book, snapshot, scenarios, with_cash=with_cash, check_lots=check_lots, parse=parse, compiled=compiled,
        working_on=revaluing,
    )  # fmt: skip
    found = []
    for name in accounts:
        working_on(name or WHOLE_BOOK, count)
        found.append(
            account_tail(
                moved, name, confidence=confidence, interval_confidence=interval_confidence, incremental=incremental,
                by_holding=by_holding, share=share,
            )
        )  # fmt: skip
    notes = (
        *DRAWS_NOTES[scenarios.draws],
        *horizon_notes(moved.held.resolved.snapshot, moved.held.column, scenarios.elapsed_years),
    )
    return TailReport(tuple(found), confidence, len(scenarios), notes)


def account_tail(
    moved: AccountPnl,
    account: str | None,
    *,
    confidence: float = 0.99,
    interval_confidence: float = 0.95,
    incremental: bool = True,
    by_holding: bool = True,
    share: FloatArray | None = None,
) -> AccountTail:
    """Return VaR and ES of one account, or of all together where None is given; see `tail_report`.

    `share` are the weights of the outcomes as shares of their sum, where they are at hand. An account is taken apart
    only where its holdings are known one by one, as in `PositionPnl`.
    """
    whole, name = moved.whole(account), WHOLE_BOOK if account is None else account
    share = shares_of(moved.weights, len(moved.weights)) if share is None else share
    risk, worst = risk_and_worst(
        0.0 - whole, share, confidence=confidence, interval_confidence=interval_confidence,
        pairs=moved.draws is Draws.PAIRS,
    )  # fmt: skip
    if why := moved.why(account):
        return AccountTail(name, risk, (), (), why)
    assert worst is not None, "what is available has a number in every outcome"
    loss = WholeLoss.of(whole, share, worst, risk)
    in_tail = loss.in_tail
    parts: tuple[TailPart, ...] = ()
    if by_holding and isinstance(moved, PositionPnl):
        parts = tuple(tail_part(moved, i, loss, incremental=incremental) for i in moved.of(account))
    deepest = np.flatnonzero(in_tail)
    tail = tuple(
        (moved.labels[s], w) for s, w in zip(worst.index[deepest].tolist(), in_tail[deepest].tolist(), strict=True)
    )
    counts, edges = np.histogram(whole, bins=COLUMNS_COUNT, weights=share)
    return AccountTail(name, risk, parts, tail, edges=edges, shares=np.asarray(counts, dtype=np.float64))

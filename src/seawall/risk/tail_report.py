"""Value at risk and expected shortfall of a book over any scenario set, and what each holding makes of them.

The method lies in the scenarios: historical windows, filtered history, Monte Carlo. Here they are outcomes with
weights. Euler's theorem takes both figures apart: a holding's component is its mean loss in the outcomes that make the
figure (those at VaR, those in the tail), so that components sum to the whole; per unit of size it is the marginal
figure. The incremental one is the whole less what it is without the holding, computed anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.frames import to_frame
from seawall.market import MarketSnapshot
from seawall.portfolio import Book, NameParser
from seawall.risk.position_pnl import PositionPnl, position_pnl, sum_of
from seawall.risk.sample_tail import TailRisk, quantile_shares, shares_of, tail_risk, tail_shares
from seawall.scenarios import ScenarioSet

WHOLE_BOOK = "all accounts"


@dataclass(frozen=True, slots=True)
class TailPart:
    """What one holding makes of an account's VaR and ES, USD.

    Attributes
    ----------
    account, name, size
        Whose, of what, how much.
    value_at_risk, expected_shortfall
        Component: mean loss in the outcomes that make the figure. Below zero where the holding hedges.
    marginal_value_at_risk, marginal_expected_shortfall
        The same per unit of size.
    incremental_value_at_risk, incremental_expected_shortfall
        The account's figure less what it is without the holding.
    alone_value_at_risk, alone_expected_shortfall
        The holding by itself.
    """

    account: str
    name: str
    size: float
    value_at_risk: float
    expected_shortfall: float
    marginal_value_at_risk: float
    marginal_expected_shortfall: float
    incremental_value_at_risk: float
    incremental_expected_shortfall: float
    alone_value_at_risk: float
    alone_expected_shortfall: float


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
    """

    account: str
    risk: TailRisk
    parts: tuple[TailPart, ...]
    tail: tuple[tuple[str, float], ...]
    unavailable: str = ""


@dataclass(frozen=True)
class TailReport:
    """VaR and ES of the accounts of a book.

    Attributes
    ----------
    accounts
        One for each account, then one for all together where there are several.
    confidence, outcomes_count
        What the figures are of.
    """

    accounts: tuple[AccountTail, ...]
    confidence: float
    outcomes_count: int

    def __getitem__(self, account: str) -> AccountTail:
        """Return one account's figures."""
        for one in self.accounts:
            if one.account == account:
                return one
        raise KeyError(account)

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

    def table(self, library: str | None = None) -> Any:
        """Return `rows` as a DataFrame of `polars`, `pandas` or `pyarrow`; of the loaded one, if none is named."""
        rows = self.rows()
        names = list(rows[0]) if rows else []
        return to_frame({name: [row[name] for row in rows] for name in names}, library=library)


def tail_report(
    book: Book,
    snapshot: MarketSnapshot,
    scenarios: ScenarioSet,
    *,
    confidence: float = 0.99,
    interval_confidence: float = 0.95,
    with_cash: bool = True,
    incremental: bool = True,
    check_lots: bool = True,
    parse: NameParser | None = None,
    compiled: bool | None = None,
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
    moved = position_pnl(
        book, snapshot, scenarios, with_cash=with_cash, check_lots=check_lots, parse=parse, compiled=compiled
    )
    options = {"confidence": confidence, "interval_confidence": interval_confidence}
    found = [account_tail(moved, name, incremental=incremental, **options) for name in moved.accounts]
    if len(found) > 1:
        found.append(account_tail(moved, None, incremental=incremental, **options))
    return TailReport(tuple(found), confidence, len(scenarios))


def account_tail(
    moved: PositionPnl,
    account: str | None,
    *,
    confidence: float = 0.99,
    interval_confidence: float = 0.95,
    incremental: bool = True,
) -> AccountTail:
    """Return VaR and ES of one account, or of all together where None is given; see `tail_report`."""
    chosen = moved.of(account).tolist()
    whole = sum_of(moved.pnl, chosen)
    name = WHOLE_BOOK if account is None else account
    risk = tail_risk(whole, moved.weights, confidence=confidence, interval_confidence=interval_confidence)
    why = "; ".join(dict.fromkeys(moved.unavailable[i] for i in chosen if moved.unavailable[i]))
    if why:
        return AccountTail(name, risk, (), (), why)
    share = shares_of(moved.weights, len(moved.weights))
    at_var = quantile_shares(-whole, share, confidence=confidence)
    in_tail = tail_shares(-whole, share, confidence=confidence)
    parts = tuple(_part(moved, i, whole, at_var, in_tail, risk, incremental=incremental) for i in chosen)
    deepest = np.flatnonzero(in_tail)
    deepest = deepest[np.argsort(whole[deepest], kind="stable")]
    tail = tuple((moved.labels[s], float(in_tail[s])) for s in deepest.tolist())
    return AccountTail(name, risk, parts, tail)


def _part(
    moved: PositionPnl, i: int, whole: FloatArray, at_var: FloatArray, in_tail: FloatArray, risk: TailRisk, *,
    incremental: bool,
) -> TailPart:  # fmt: skip
    mine, size = moved.pnl[:, i], float(moved.sizes[i])
    var, es = -float(np.dot(at_var, mine)), -float(np.dot(in_tail, mine))
    alone = tail_risk(mine, moved.weights, confidence=risk.confidence)
    added_var = added_es = np.nan
    if incremental:
        rest = tail_risk(whole - mine, moved.weights, confidence=risk.confidence)
        added_var = risk.value_at_risk - rest.value_at_risk
        added_es = risk.expected_shortfall - rest.expected_shortfall
    return TailPart(
        account=moved.accounts[int(moved.account[i])],
        name=moved.names[i],
        size=size,
        value_at_risk=var,
        expected_shortfall=es,
        marginal_value_at_risk=var / size if size else 0.0,
        marginal_expected_shortfall=es / size if size else 0.0,
        incremental_value_at_risk=added_var,
        incremental_expected_shortfall=added_es,
        alone_value_at_risk=alone.value_at_risk,
        alone_expected_shortfall=alone.expected_shortfall,
    )

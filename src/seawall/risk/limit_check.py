"""A book against its limits: what is measured for them, and the breach report."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from seawall.core.errors import InputError, Problem
from seawall.margining import Margins, evaluate
from seawall.margining.columns import margin_ratio
from seawall.margining.totals import total_usd, usd_of
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy
from seawall.portfolio import Book, NameParser
from seawall.risk.concentration import Liquidity, LiquidityReport, herfindahl_by, liquidity_report
from seawall.risk.exposures import Exposures, exposures
from seawall.risk.greeks import GREEKS
from seawall.risk.limits import BY_ASSET, IN_COIN, WHOLE, LimitReport, Limits, check_limits
from seawall.risk.position_pnl import account_pnl
from seawall.risk.tail_report import account_tail
from seawall.scenarios import ScenarioSet

GROSS_MEASURE = "gross_"
_WITH_MARGIN = frozenset({
    "initial_margin_usd", "maintenance_margin_usd", "headroom_usd", "headroom_ratio", "margin_ratio",
})  # fmt: skip
_WITH_TAIL = frozenset({"value_at_risk_usd", "expected_shortfall_usd"})
_WITH_LIQUIDITY = frozenset({"open_interest_share", "days_to_liquidate"})

Key = tuple[str, str, str]


@dataclass(frozen=True)
class RiskInputs:
    """What measures need beyond book, market and policy; a measure whose input is left out is unavailable.

    Attributes
    ----------
    scenarios, confidence
        For VaR and expected shortfall.
    liquidity
        For days to liquidate.
    drawdowns
        Fall of equity from its peak, by account, as `drawdown` gives it.
    """

    scenarios: ScenarioSet | None = None
    confidence: float = 0.99
    liquidity: Liquidity = field(default_factory=lambda: Liquidity({}))
    drawdowns: Mapping[str, float] = field(default_factory=dict)


def drawdown(equity: npt.ArrayLike) -> float:
    """Return how far the last equity of a path lies below its peak, as a share of the peak.

    NaN where an equity is not known, or where the peak is not above zero.

    Examples
    --------
    >>> drawdown([100.0, 200.0, 150.0]), drawdown([100.0, 90.0, 110.0])
    (0.25, 0.0)
    """
    path = np.asarray(equity, dtype=np.float64)
    if len(path) == 0 or np.isnan(path).any() or not path.max() > 0.0:
        return math.nan
    return float(1.0 - path[-1] / path.max())


def limit_report(
    book: Book,
    snapshot: MarketSnapshot,
    policy: MarginPolicy,
    limits: Limits,
    inputs: RiskInputs | None = None,
    *,
    check_lots: bool = True,
    parse: NameParser | None = None,
) -> LimitReport:
    r"""Return how every limit of a book stands.

    Parameters
    ----------
    book, snapshot, policy, check_lots, parse
        As for `margining.evaluate`.
    limits
        As `read_limits` gives them.
    inputs
        What measures need beyond that.

    Raises
    ------
    InputError
        When the book does not fit the snapshot, or a limit names an account that the book does not have.

    Examples
    --------
    >>> import seawall as sw
    >>> from seawall.policy import at
    >>> from seawall.risk.limits import read_limits
    >>> now = sw.load_snapshot("deribit-btc-2026-08-01")
    >>> desk = read_limits('[[limit]]\nname = "vega"\nmeasure = "vega_usd"\nmin = -500_000')
    >>> found = limit_report(sw.load_book("demo", snapshot=now), now, at("deribit/x_pm", now.time_ns), desk)
    >>> [row.account for row in found.breaches]
    ['short_strangle']
    """
    given = inputs or RiskInputs()
    unknown = [one for one in limits.limits if one.account not in ("", WHOLE, *book.accounts)]
    if unknown:
        rule = f"the book's accounts are {', '.join(book.accounts[:5])}{', ...' if len(book) > 5 else ''}"
        raise InputError([Problem("account", one.account, rule, where=one.name) for one in unknown])
    measured, reasons = _measure(book, snapshot, policy, limits, given, check_lots=check_lots, parse=parse)
    return check_limits(limits, measured, reasons, book.accounts)


def _measure(
    book: Book, snapshot: MarketSnapshot, policy: MarginPolicy, limits: Limits, given: RiskInputs, *,
    check_lots: bool, parse: NameParser | None,
) -> tuple[dict[Key, float], dict[Key, str]]:  # fmt: skip
    """Return what the limits ask for and nothing else, by measure, account and asset; and why a number is missing."""
    wanted = {limit.measure for limit in limits.limits}
    measured: dict[Key, float] = {}
    reasons: dict[Key, str] = {}
    everyone = (*book.accounts, WHOLE)
    options: dict[str, Any] = {"check_lots": check_lots, "parse": parse}
    found = exposures(book, snapshot, **options) if wanted & {*BY_ASSET, "concentration_hhi"} else None
    if found is not None:
        for account in everyone:
            _greeks(found, account, measured, reasons)
    if wanted & _WITH_TAIL and given.scenarios is not None:
        moved = account_pnl(book, snapshot, given.scenarios, **options)
        for account in everyone:
            mine = None if account == WHOLE else account
            tail = account_tail(moved, mine, confidence=given.confidence, by_holding=False)
            measured["value_at_risk_usd", account, ""] = tail.risk.value_at_risk
            measured["expected_shortfall_usd", account, ""] = tail.risk.expected_shortfall
            reasons |= {(name, account, ""): tail.unavailable for name in _WITH_TAIL}
    elif wanted & _WITH_TAIL:
        reasons |= {(name, account, ""): "no scenarios were given" for name in _WITH_TAIL for account in everyone}
    if wanted & _WITH_LIQUIDITY:
        _liquidity(liquidity_report(book, snapshot, given.liquidity, **options), everyone, measured, reasons)
    if wanted & _WITH_MARGIN:
        [margins] = evaluate(book, snapshot, [policy], check_lots=False, parse=parse)
        _margin(margins, everyone, measured, reasons)
    for account in everyone if "drawdown_ratio" in wanted else ():
        measured["drawdown_ratio", account, ""] = given.drawdowns.get(account, math.nan)
        hint = f"give drawdowns=, or --drawdown {account}=0.08 on the command line"
        reasons["drawdown_ratio", account, ""] = f"its fall from the peak is not known; {hint}"
    return measured, reasons


def _greeks(found: Exposures, account: str, measured: dict[Key, float], reasons: dict[Key, str]) -> None:
    chosen = [i for i, holding in enumerate(found.holdings) if account in (WHOLE, holding.account)]
    mine = Exposures(tuple(found.holdings[i] for i in chosen), found.greeks[chosen])
    by_asset = mine.by("asset")
    for part in (by_asset, *by_asset.parts):
        asset = part.name if part.level else ""
        for greek in GREEKS:
            if asset or greek not in IN_COIN:
                measured[greek, account, asset] = part.net[greek]
                reasons[greek, account, asset] = part.unavailable
        for greek, amount in part.gross.items():
            measured[f"{GROSS_MEASURE}{greek}", account, asset] = amount
            reasons[f"{GROSS_MEASURE}{greek}", account, asset] = part.unavailable
    for asset in found.assets:  # an account that holds nothing of an asset leans on it by nothing
        for name in BY_ASSET:
            measured.setdefault((name, account, asset), 0.0)
    measured["concentration_hhi", account, ""] = herfindahl_by(mine, "instrument", contracts_only=True)
    reasons["concentration_hhi", account, ""] = by_asset.unavailable


def _liquidity(
    report: LiquidityReport, everyone: Sequence[str], measured: dict[Key, float], reasons: dict[Key, str]
) -> None:
    for account in everyone:
        mine = [one for one in report.positions if account in (WHOLE, one.account)]
        for name, figure in (("open_interest_share", "open_interest_share"), ("days_to_liquidate", "days")):
            together: dict[str, float] = {}  # accounts that close one contract share its market
            for one in mine:
                together[one.instrument] = together.get(one.instrument, 0.0) + getattr(one, figure)
            held = [(amount, instrument) for instrument, amount in together.items()]
            measured[name, account, ""] = float(np.max([amount for amount, _ in held], initial=0.0))
            gone = [instrument for amount, instrument in held if math.isnan(amount)]
            what = "open interest" if name == "open_interest_share" else "volume"
            reasons[name, account, ""] = f"no {what} is known of {', '.join(dict.fromkeys(gone))}" if gone else ""


def counted_usd(margins: Margins) -> npt.NDArray[np.float64]:
    """Return the collateral that counts for initial margin, `(A,)` USD."""
    need = margins.requirement
    return usd_of(margins, need.margin_balance - need.haircut)


def _margin(margins: Margins, everyone: Sequence[str], measured: dict[Key, float], reasons: dict[Key, str]) -> None:
    need = margins.requirement
    initial, maintenance = total_usd(margins, "initial"), total_usd(margins, "maintenance")
    counted = counted_usd(margins)
    nearest = np.zeros(len(initial))
    with np.errstate(invalid="ignore"):
        ratios = margin_ratio(margins.maintenance_margin, need.margin_balance, liquidation_ratio=need.liquidation_ratio)
        np.maximum.at(nearest, need.account, ratios)
    for a, account in enumerate(everyone):
        rows = slice(None) if account == WHOLE else slice(a, a + 1)
        figures = [float(column[rows].sum()) for column in (initial, maintenance, counted)]
        free = figures[2] - figures[0]
        share = free / figures[2] if figures[2] > 0.0 else (math.nan if math.isnan(free) else -math.inf)
        if figures[2] == 0.0 and figures[0] == 0.0:
            share = 1.0  # nothing is owned and nothing is needed
        worst = float(nearest[rows].max(initial=0.0))
        figures = [*figures[:2], free, share, worst]
        names = ("initial_margin_usd", "maintenance_margin_usd", "headroom_usd", "headroom_ratio", "margin_ratio")
        mine = [r for r in range(len(need)) if account in (WHOLE, everyone[int(need.account[r])])]
        gone = [margins.availability.reason(r) for r in mine if np.isnan(margins.initial_margin[r])]
        for name, amount in zip(names, figures, strict=True):
            measured[name, account, ""] = amount
            reasons[name, account, ""] = "; ".join(dict.fromkeys(gone))

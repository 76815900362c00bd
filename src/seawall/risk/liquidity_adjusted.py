"""Liquidity-adjusted VaR: what can be lost, what closing costs, how long it takes, what margin that asks for on top.

The formulas are those of `liquidity`. A position that has a volume of its own is closed there. All others of an
underlying are closed through their cash deltas in the underlying, long and short not netted: they share its volume, and
where that is not known the cost of the trade is read off its order book. What stays unknown is NaN, and says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from seawall.core.arrays import FloatArray, IntArray
from seawall.core.errors import InputError, Problem
from seawall.market import MarketSnapshot
from seawall.portfolio import Book, NameParser, resolve
from seawall.risk.concentration import Liquidity, liquidity_report
from seawall.risk.greeks import unit_greeks
from seawall.risk.liquidity import days_to_liquidate, horizon_add_on, impact_cost
from seawall.risk.slippage import Depth
from seawall.risk.tail_report import AccountTail, TailReport

FIGURES = (
    "spread_cost_usd", "impact_cost_usd", "closing_cost_usd", "liquidity_adjusted_value_at_risk_usd",
    "days_to_liquidate", "liquidity_add_on_usd",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """What is assumed of the market in which positions are closed.

    Attributes
    ----------
    each
        What positions by themselves need: volumes by instrument, and how spreads widen.
    volume_usd
        USD that trade in a day by underlying.
    depths
        Order books by underlying, for one without a volume.
    daily_vol
        Relative move of an underlying in a day, with which an impact grows.
    """

    each: Liquidity
    volume_usd: Mapping[str, float] = field(default_factory=dict)
    depths: Mapping[str, Depth] = field(default_factory=dict)
    daily_vol: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AccountLiquidity:
    """What closing an account costs and takes, USD and days.

    Attributes
    ----------
    account
        Whose; `tail_report.WHOLE_BOOK` for all.
    spread_cost_usd, impact_cost_usd
        Half the widened spread of every position; what the trades move the price.
    closing_cost_usd, liquidity_adjusted_value_at_risk_usd
        Both costs; VaR with them.
    days_to_liquidate
        Until the last market has taken its part.
    liquidity_add_on_usd
        What takes longer to close than the horizon of VaR asks for on top: its part of VaR times `√(days / horizon) -
        1`. What is closed in one place is closed together, so that hedges within it count; a part below zero is none.
    gaps
        Why figures are NaN.
    """

    account: str
    spread_cost_usd: float
    impact_cost_usd: float
    closing_cost_usd: float
    liquidity_adjusted_value_at_risk_usd: float
    days_to_liquidate: float
    liquidity_add_on_usd: float
    gaps: tuple[str, ...] = ()

    def row(self) -> dict[str, object]:
        """Return the figures by name, and why some are missing."""
        return {**{name: getattr(self, name) for name in FIGURES}, "liquidity_unavailable": "; ".join(self.gaps)}


@dataclass(frozen=True)
class LiquidityAdjusted(TailReport):
    """VaR and ES with what closing costs; `liquidity` has one row for each of `accounts`, in their order."""

    liquidity: tuple[AccountLiquidity, ...] = ()

    def rows(self) -> list[dict[str, object]]:
        """Return one mapping an account."""
        return [{**row, **one.row()} for row, one in zip(TailReport.rows(self), self.liquidity, strict=True)]


def liquidity_adjusted(
    found: TailReport,
    book: Book,
    snapshot: MarketSnapshot,
    assumed: Closing,
    *,
    check_lots: bool = True,
    parse: NameParser | None = None,
) -> LiquidityAdjusted:
    """Return the report of a tail with what closing costs, how long it takes and what it adds to a margin.

    Parameters
    ----------
    found
        VaR of the book, each account taken apart by holding; its horizon is `assumed.each.margin_period_days`.
    book, snapshot, check_lots, parse
        As for `tail_report`.

    Examples
    --------
    >>> import seawall as sw
    >>> now = sw.load_snapshot("deribit-btc-2026-08-01")
    >>> book = sw.load_book({"BTC-PERPETUAL": -4_000_000.0}, snapshot=now)
    >>> tail = sw.value_at_risk(book, now, count=2000)
    >>> closing = Closing(each=Liquidity({}), volume_usd={"BTC": 1e7}, daily_vol={"BTC": 0.03})
    >>> one = liquidity_adjusted(tail, book, now, closing).liquidity[0]
    >>> round(one.days_to_liquidate, 9), round(one.liquidity_add_on_usd / tail["book"].risk.value_at_risk, 6)
    (4.0, 1.0)
    """
    each = liquidity_report(book, snapshot, assumed.each, check_lots=check_lots, parse=parse)
    resolved = resolve(book, snapshot, check_lots=check_lots, parse=parse)
    table, held = resolved.snapshot.table, resolved.positions
    unknown = sorted(set(assumed.volume_usd) - set(snapshot.table.underlyings))
    if unknown:
        rule = f"the underlyings are {', '.join(snapshot.table.underlyings)}"
        raise InputError([Problem("volumes", name, rule) for name in unknown])
    positions = _Positions(
        accounts=tuple(one.account for one in each.positions),
        names=tuple(one.instrument for one in each.positions),
        underlyings=tuple(table.underlying[n] for n in held.columns.tolist()),
        sizes=np.abs(held.sizes),
        lean=np.abs(unit_greeks(resolved.snapshot).cash_delta_usd[held.columns] * held.sizes),
        base_usd=np.array([one.notional_usd for one in each.positions]) / np.abs(held.sizes),
        spread=np.array([one.spread_cost_usd for one in each.positions], dtype=np.float64),
    )
    everything = np.arange(len(positions.names))
    of = [everything[held.indptr[a] : held.indptr[a + 1]] for a in range(len(resolved.book))]
    rows = tuple(
        _of_account(one, mine, positions, assumed)
        for one, mine in zip(found.accounts, [*of, everything][: len(found.accounts)], strict=True)
    )
    return LiquidityAdjusted(found.accounts, found.confidence, found.outcomes_count, found.notes, liquidity=rows)


@dataclass(frozen=True)
class _Positions:
    """The positions of a book as columns; `lean` is the cash delta without its sign, `base_usd` of one size unit."""

    accounts: tuple[str, ...]
    names: tuple[str, ...]
    underlyings: tuple[str, ...]
    sizes: FloatArray
    lean: FloatArray
    base_usd: FloatArray
    spread: FloatArray


def _of_account(tail: AccountTail, mine: IntArray, held: _Positions, assumed: Closing) -> AccountLiquidity:
    gaps = [f"{held.names[i]} has no bid or no ask" for i in mine if np.isnan(held.spread[i])]
    places: dict[str, list[int]] = {}
    for i in mine.tolist():
        own = held.names[i] in assumed.each.daily_volume
        places.setdefault(held.names[i] if own else held.underlyings[i], []).append(i)
    parts = {(part.account, part.name): part.value_at_risk for part in tail.parts}
    impact = add_on = longest = 0.0
    for place, of in places.items():
        cost, days, why = _closed(place, held, np.array(of), assumed)
        base = sum(parts.get((held.accounts[i], held.names[i]), np.nan) for i in of)
        stretch = horizon_add_on(max(base, 0.0), days, margin_period_days=assumed.each.margin_period_days)
        impact, add_on, longest = impact + cost, add_on + float(stretch), float(np.maximum(longest, days))
        gaps += why
        if np.isnan(base):
            gaps.append(tail.unavailable or "VaR is not taken apart by holding, as the add-on needs it")
    spread = float(held.spread[mine].sum())
    cost = spread + impact
    return AccountLiquidity(
        tail.account, spread, impact, cost, tail.risk.value_at_risk + cost, longest, add_on, tuple(dict.fromkeys(gaps))
    )


def _closed(place: str, held: _Positions, at: IntArray, assumed: Closing) -> tuple[float, float, list[str]]:
    """Return what closing some positions in one place moves the price, USD, how many days it takes, and gaps."""
    each, underlying = assumed.each, held.underlyings[int(at[0])]
    lean = float(held.lean[at].sum())
    if place in each.daily_volume:
        volume = each.daily_volume[place] * float(held.base_usd[at[0]])
        amount = float((held.sizes[at] * held.base_usd[at]).sum())
    elif place in assumed.volume_usd:
        volume, amount = assumed.volume_usd[place], lean
    else:
        why = [f"no volume of {place} is given, for days to liquidate"]
        depth = assumed.depths.get(place)
        if depth is None:
            return np.nan, np.nan, [*why, f"neither a volume nor a depth of {place} is given, for what the trade costs"]
        beyond_spread = float(depth.cost_usd([lean])[0]) - depth.half_spread * lean  # the spread is counted by itself
        return beyond_spread, np.nan, why
    days = float(days_to_liquidate(amount, volume, participation=each.participation))
    if np.isinf(days):
        return np.inf, days, [f"nothing of {place} is traded"]
    vol = assumed.daily_vol.get(underlying, np.nan)
    if np.isnan(vol):
        return np.nan, days, [f"no volatility of {underlying} is known, for what the trade costs"]
    return float(impact_cost(lean, volume, daily_vol=vol, coefficient=each.impact_coefficient)), days, []

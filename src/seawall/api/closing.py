"""What a book is closed in: volumes and depths as they are stated, and volatilities of the market."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from seawall.api.covariances import covering
from seawall.api.history import HistorySource
from seawall.api.volumes import VolumeSource, load_volumes
from seawall.core.errors import InputError, Problem, UnavailableError
from seawall.core.time import DAYS_PER_YEAR
from seawall.market import MarketSnapshot
from seawall.portfolio import Book
from seawall.risk.concentration import Liquidity
from seawall.risk.daily_moves import at_the_money
from seawall.risk.liquidity_adjusted import Closing
from seawall.risk.typical_depth import TYPICAL_USD, typical_depths

PARTICIPATION = 0.1


def closing_of(
    book: Book,
    market: MarketSnapshot,
    *,
    period_days: float,
    volumes: VolumeSource | None = None,
    depth_usd: Mapping[str, float] | None = None,
    participation: float | None = None,
    vols: Mapping[str, float] | None = None,
    returns: HistorySource | None = None,
) -> tuple[Closing, tuple[str, ...]]:
    """Return what closing a book is measured by, and notes on where its numbers come from.

    Parameters
    ----------
    period_days
        Horizon of VaR: what takes longer to close asks for more.
    volumes, depth_usd, participation, vols, returns
        As in `value_at_risk`.

    Raises
    ------
    InputError
        When a volume is of nothing that the market has, or is no amount.
    """
    table = market.table
    given = load_volumes(volumes)
    bad = [
        Problem("volumes", name, f"it is an instrument of {market.name}, or {', '.join(table.underlyings)} in USD")
        for name in given
        if name not in table.underlyings and name not in table
    ] + [
        Problem(f"volume of {name}", volume, "a volume is finite and not below 0")
        for name, volume in given.items()
        if not 0.0 <= volume < np.inf
    ]
    if bad:
        raise InputError(bad)
    in_usd = {name: volume for name, volume in given.items() if name in table.underlyings}
    by_name = {name: volume for name, volume in given.items() if name not in table.underlyings}
    held = sorted({table.underlying[table.position(name)] for name in book.instruments if name in table})
    daily = _daily_vols(held, market, vols, returns)
    share = PARTICIPATION if participation is None else participation
    each = Liquidity(by_name, participation=share, margin_period_days=period_days, daily_vol=daily)
    depths = typical_depths(market, depth_usd)
    notes = [
        f"closing: half the spread, widened by {each.widening:g} deviations of {each.spread_deviation_ratio:g} of it "
        "(assumed; Bangia et al. 1999 find 2 to 4.5)"
    ]
    if given:
        told = "assumed" if participation is None else "stated"
        moves = ", ".join(f"{name} {100.0 * vol:.2f} %" for name, vol in daily.items() if vol == vol)
        notes.append(f"{100.0 * share:g} % of the volume may be ours ({told}); impact by the square-root law, "
                     f"a day's moves: {moves or 'not known'}")  # fmt: skip
    for name in held:
        if name in depths and name not in in_usd:
            stated = name in (depth_usd or {})
            where = "stated" if stated else "Binance on 2025-10-10, assumed here"
            usd = (depth_usd or {})[name] if stated else TYPICAL_USD[name]
            notes.append(f"impact by the order book of {name}: USD {usd / 1e6:,.6g} m within 1 % ({where})")
    notes.append("coins that are owned are not closed, and cost nothing here")
    return Closing(each=each, volume_usd=in_usd, depths=depths, daily_vol=daily), tuple(notes)


def _daily_vols(
    coins: list[str], market: MarketSnapshot, vols: Mapping[str, float] | None, returns: HistorySource | None
) -> dict[str, float]:
    """Return each coin's relative move in a day: stated, of past prices, or the market's own; NaN where none is."""
    found: dict[str, float] = {}
    history = None if returns is None else covering(returns, (), market)[0]
    for coin in coins:
        if vols and coin in vols:
            found[coin] = vols[coin] / DAYS_PER_YEAR**0.5
        elif history is not None and coin in history.names:
            square = float(np.mean(history.changes[:, history.names.index(coin)] ** 2))
            found[coin] = (square / history.step_years / DAYS_PER_YEAR) ** 0.5
        else:
            try:
                found[coin] = at_the_money(market, coin) / DAYS_PER_YEAR**0.5
            except UnavailableError:
                found[coin] = np.nan
    return found

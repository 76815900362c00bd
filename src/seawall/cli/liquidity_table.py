"""What closing costs and takes, as a table that people read; and `--volume BTC=1e9`, as the library takes it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from seawall.api.volumes import load_volumes
from seawall.cli.plain_table import plain_table
from seawall.core.amounts import amount
from seawall.core.errors import InputError, Problem
from seawall.market import MarketSnapshot
from seawall.risk.liquidity_adjusted import LiquidityAdjusted

SHOWN_GAPS_COUNT = 3
"""A terminal says this many reasons an account; --csv and --json give all."""


def volumes(given: Sequence[str]) -> dict[str, float]:
    """Return what trades in a day, by underlying in USD and by instrument in size units.

    Parameters
    ----------
    given
        `NAME=AMOUNT` each, or a CSV file with the header `instrument,daily_volume`.

    Raises
    ------
    InputError
        When one is neither, or names something twice.

    Examples
    --------
    >>> volumes(["BTC=1e9", "BTC-PERPETUAL=5e8"])
    {'BTC': 1000000000.0, 'BTC-PERPETUAL': 500000000.0}
    """
    found: dict[str, float] = {}
    problems = []
    for text in given:
        name, equals, number = (part.strip() for part in text.partition("="))
        if not equals:
            more = load_volumes(text)
        else:
            try:
                more = {name: float(number)}
            except ValueError:
                more = {name: -1.0}
        for one, volume in more.items():
            if not one or one in found or not 0.0 <= volume < math.inf:
                rule = "it is NAME=AMOUNT a day, as BTC=1e9 in USD, not below 0, or a CSV file, and names each once"
                problems.append(Problem("volume", text, rule))
            found[one] = volume
    if problems:
        raise InputError(problems)
    return found


def volumes_of_instruments(given: Sequence[str], market: MarketSnapshot) -> dict[str, float]:
    """Return the same where positions are closed one by one, and a coin's volume is none of theirs.

    Raises
    ------
    InputError
        When one is of a coin.
    """
    found = volumes(given)
    if coins := [name for name in found if name in market.table.underlyings]:
        rule = "here it is of an instrument, in size units; seawall var --liquidity closes a coin's deltas together"
        raise InputError([Problem("volume", name, rule) for name in coins])
    return found


def liquidity_table(found: LiquidityAdjusted, *, shown: int) -> Table:
    """Return VaR with what closing costs, the days it takes and what it asks for on top."""
    table = plain_table("closing it, USD")
    table.add_column("account", overflow="fold", min_width=10)
    for name in ("spread", "impact", "VaR with\nclosing", "days to\nliquidate", "add-on"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in found.liquidity[:shown]:
        figures = (one.spread_cost_usd, one.impact_cost_usd, one.liquidity_adjusted_value_at_risk_usd)
        days = one.days_to_liquidate
        took = "n/a" if math.isnan(days) else "never" if math.isinf(days) else f"{days:,.3g}"
        table.add_row(one.account, *map(_money, figures), took, _money(one.liquidity_add_on_usd))
    return table


def gap_lines(found: LiquidityAdjusted) -> list[Text]:
    """Return why figures are missing, accounts with one reason in one line."""
    by_reason: dict[tuple[str, ...], list[str]] = {}
    for one in found.liquidity:
        if one.gaps:
            by_reason.setdefault(one.gaps, []).append(one.account)
    lines = []
    for gaps, accounts in by_reason.items():
        hidden = len(gaps) - SHOWN_GAPS_COUNT
        more = f"; and {hidden} more" if hidden > 0 else ""
        whose = f" {', '.join(accounts)}" if len(accounts) < len(found.liquidity) else ""
        told = f"closing{whose}: {'; '.join(gaps[:SHOWN_GAPS_COUNT])}{more}"
        lines.append(Text(told, style="yellow"))
    return lines


def _money(figure: float) -> str:
    return "n/a" if math.isnan(figure) else "unbounded" if math.isinf(figure) else amount(figure, "USD")

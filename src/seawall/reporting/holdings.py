"""What an account holds, and what of it is worth what."""

from __future__ import annotations

import math

from seawall.market import Origin
from seawall.reporting.blocks import Block, Prose, Section, column, number, of_rows, words
from seawall.reporting.context import Context

POSITIONS_COUNT = 60
"""A page lists this many positions, and says how many more there are."""
ORIGIN_WORDS = {Origin.MISSING: "missing", Origin.OBSERVED: "observed", Origin.DERIVED: "derived"}


def holdings(context: Context, account: str) -> Section:
    """Return positions and balances with today's marks."""
    mine = context.book.account(account)
    market, table = context.market, context.market.table
    rows = []
    for held in mine.positions[:POSITIONS_COUNT]:
        known = held.instrument in table
        n = table.position(held.instrument) if known else -1
        mark = float(market.mark[n]) if known else math.nan
        origin = ORIGIN_WORDS[Origin(int(market.mark_origin[n]))] if known else "not listed"
        entry = "–" if math.isnan(held.entry_price) else f"{held.entry_price:,.10g}"
        vol = float(market.vol[n]) if known else math.nan
        rows.append([
            words(held.instrument), number(f"{held.size:,.10g}"), number(entry), number(_price(mark)),
            words(origin), number("–" if math.isnan(vol) else f"{vol:.1%}"),
        ])  # fmt: skip
    left = len(mine.positions) - POSITIONS_COUNT
    note = "Sizes in the venue's own unit, marks in the contract's price unit."
    note += f" {left:,} positions more are not listed." if left > 0 else ""
    heads = ("instrument", ">size", ">entry price", ">mark", "mark is", ">volatility")
    blocks: list[Block] = [of_rows("Positions", heads, rows, note=note)] if rows else [Prose("It holds no position.")]
    cash, worths = [], []
    for asset, amount_held in mine.balances.items():
        usd = 1.0 if asset == "USD" else market.index.get(asset, math.nan)
        worth = amount_held * usd if amount_held else 0.0
        worths.append(worth)
        cash.append([words(asset), number(f"{amount_held:,.10g}"), number(_price(usd))])
    if cash:
        shown = [[*cells, worth] for cells, worth in zip(cash, column(worths, "USD"), strict=True)]
        blocks.append(of_rows("Balances", ("asset", ">balance", ">USD each", ">USD"), shown))
    if mine.orders:
        blocks.append(
            Prose(f"It has {len(mine.orders):,} open orders, which count in the margin and not in the Greeks.")
        )
    return Section("holdings", "Holdings", tuple(blocks))


def _price(price: float) -> str:
    return "n/a" if math.isnan(price) else f"{price:,.4f}" if abs(price) < 1.0 else f"{price:,.2f}"

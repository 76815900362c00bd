"""Profit and loss and margin over the price of each coin that an account depends on: full margins, point by point."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seawall.charts import curves, to_svg
from seawall.core.amounts import amount
from seawall.core.arrays import FloatArray
from seawall.core.errors import UnavailableError
from seawall.core.time import NO_EXPIRY_NS, iso
from seawall.reporting.blocks import Block, Chart, Prose, Section, Table, column, number, of_rows, typeset, words
from seawall.reporting.context import Context
from seawall.reporting.sentences import percent_move, price_words, ratio
from seawall.risk.account_state import AccountState, account_state
from seawall.risk.shift import Move
from seawall.risk.standing import Probe

COINS_COUNT = 3
"""Coins with curves and a surface; an account of more is told so."""
STEP, REACH, REACH_MAX = 0.025, 0.5, 1.0
TABLE_MOVES = (-0.5, -0.3, -0.2, -0.1, -0.05, 0.0, 0.05, 0.1, 0.2, 0.3, 0.5)
STRIKES_COUNT = 12
"""Up to this many strikes are points of a curve, so that its kinks are drawn where they are."""


@dataclass(frozen=True)
class Curves:
    """An account over K relative moves of one coin, `(K,)` USD each; `end` is its equity after its last expiry."""

    moves: FloatArray
    equity: FloatArray
    initial: FloatArray
    maintenance: FloatArray
    ratio: FloatArray
    end: FloatArray
    end_ns: int


def price_curves(context: Context, account: str) -> Section:
    """Return curves and a table for each coin."""
    blocks: list[Block] = []
    coins = context.coins(account)
    if not coins:
        blocks.append(Prose("The account depends on no coin's price."))
    else:
        probe = context.probe(account)
        for coin in coins[:COINS_COUNT]:
            blocks += _of_coin(context, probe, account, coin)
        if len(coins) > COINS_COUNT:
            left = ", ".join(coins[COINS_COUNT:])
            blocks.append(Prose(f"Curves are drawn for {COINS_COUNT} coins; also on {left} the account depends."))
    return Section("price", "Over the price", tuple(blocks))


def computed(probe: Probe, coin: str, *, reach: float, strikes: FloatArray, price: float) -> Curves:
    """Return full margins of the probe's one account over the price of a coin, all else unchanged."""
    grid = np.arange(-round(REACH / STEP), round(reach / STEP) + 1) * STEP
    kinks = strikes / price - 1.0
    moves = np.unique(np.round(np.concatenate([grid, TABLE_MOVES, kinks[(kinks > -REACH) & (kinks < reach)]]), 6))
    table = probe.snapshot.table
    held = [table.position(name) for name in probe.compact.instruments if name in table]
    ends = [int(table.expiry_ns[n]) for n in held if table.expiry_ns[n] != NO_EXPIRY_NS]
    end_ns = max(ends, default=0)

    def states(elapsed_ns: int) -> list[AccountState]:
        return [
            account_state(probe, probe.compact, Move({coin: move}, elapsed_ns=elapsed_ns)) for move in moves.tolist()
        ]

    found = states(0)
    end = np.full(len(moves), np.nan)
    if end_ns > probe.snapshot.time_ns:
        try:
            end = np.array([float(state.equity[0]) for state in states(end_ns - probe.snapshot.time_ns)])
        except UnavailableError:
            end_ns = 0
    else:
        end_ns = 0
    columns = [np.array([float(getattr(state, name)[0]) for state in found])
               for name in ("equity", "initial", "maintenance", "ratio")]  # fmt: skip
    equity, initial, maintenance, ratios = columns
    return Curves(moves, equity, initial, maintenance, ratios, end, end_ns)


def _of_coin(context: Context, probe: Probe, account: str, coin: str) -> list[Block]:
    price = context.market.index[coin]
    ways = [one for one in context.distances[account] if one.direction in (f"{coin} down", f"{coin} up")]
    points = {
        "liquidation": [one.prices[coin] for one in ways if coin in one.prices and one.kind in ("crossing", "jump")]
    }
    furthest = max([p / price - 1.0 for p in points["liquidation"]], default=0.0)
    table = context.market.table
    held = [table.position(name) for name in probe.compact.instruments if name in table]
    strikes = np.unique(
        [table.strike[n] for n in held if table.underlying[n] == coin and table.strike[n] == table.strike[n]]
    )
    reach = float(np.clip(np.ceil(furthest * 1.1 / 0.1) * 0.1, REACH, REACH_MAX))
    found = computed(
        probe, coin, reach=reach, strikes=strikes if len(strikes) <= STRIKES_COUNT else strikes[:0], price=price
    )
    at = price * (1.0 + found.moves)
    now = float(found.equity[np.flatnonzero(found.moves == 0.0)[0]])
    marks = {f"{name} {price_words(x)}": x for name, members in points.items() for x in members if at[0] <= x <= at[-1]}
    gain = found.equity - now
    key = context_key(account, context)
    lines = {"at once": gain}
    if found.end_ns:
        lines[f"held to {iso(found.end_ns)[:10]}"] = found.end - now
    worst = int(np.nanargmin(gain)) if np.isfinite(gain).any() else 0
    described = (
        f"At once, the worst of this range is {amount(float(gain[worst]), 'USD')} USD at "
        f"{price_words(float(at[worst]))} USD a {coin} ({percent_move(float(found.moves[worst]))})."
    )
    x_label = f"price of {coin}, USD"
    drawn = curves(at, lines, x_label=x_label, y_label="profit and loss, USD", now=price, marks=marks)
    pnl = Chart(
        f"Profit and loss over the price of {coin}, collateral included; all else unchanged",
        to_svg(drawn, title=f"Profit and loss over the price of {coin}", description=typeset(described),
               key=f"{key}-pnl-{slug(coin)}"),
        note=typeset(described),
    )  # fmt: skip
    shown = {"equity": found.equity, "initial margin": found.initial, "maintenance margin": found.maintenance}
    told = "Where equity meets maintenance margin, and collateral counts in full, the venue acts."
    margin = curves(at, shown, x_label=x_label, y_label="USD", now=price, marks=marks)
    return [
        pnl,
        Chart(
            f"Equity and margin over the price of {coin}",
            to_svg(margin, title=f"Equity and margin over the price of {coin}", description=told,
                   key=f"{key}-margin-{slug(coin)}"),
        ),
        _table(found, coin, price, now),
    ]  # fmt: skip


def _table(found: Curves, coin: str, price: float, now: float) -> Table:
    heads = [f"{coin} price", ">USD", ">profit and loss", ">equity", ">initial", ">maintenance", ">margin ratio"]
    heads += [f">held to {iso(found.end_ns)[:10]}"] if found.end_ns else []
    at = [int(np.flatnonzero(np.isclose(found.moves, move))[0]) for move in TABLE_MOVES]
    usd = (found.equity - now, found.equity, found.initial, found.maintenance, found.end - now)
    *columns, end = [column(amounts[at].tolist(), "USD") for amounts in usd]
    rows = []
    for i, (move, k) in enumerate(zip(TABLE_MOVES, at, strict=True)):
        style = "bad" if found.ratio[k] >= 1.0 else ""
        cells = [*(one[i] for one in columns), number(ratio(float(found.ratio[k])), style=style)]
        cells += [end[i]] if found.end_ns else []
        rows.append([words(typeset(percent_move(move))), number(price_words(price * (1.0 + move))), *cells])
    note = "Each row is a full margin in the moved market, in USD over all netting sets; the ratio is of the worst one."
    return of_rows(f"The same in figures, {coin}", heads, rows, note=note, wide=True)


def context_key(account: str, context: Context) -> str:
    """Return what begins the ids of one account's charts; names of accounts never are part of one."""
    return f"a{context.book.row(account)}"


def slug(name: str) -> str:
    """Return a name as letters, digits and hyphens.

    Examples
    --------
    >>> slug("1INCH/x")
    '1INCH-x'
    """
    return "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in name)

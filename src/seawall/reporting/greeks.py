"""What an account is exposed to: its Greeks by expiry, net and gross, and by moneyness."""

from __future__ import annotations

import math
from collections.abc import Sequence

from seawall.core.html_table import cell_text
from seawall.reporting.blocks import Block, Cell, Prose, Section, Table, columns, number, typeset, words
from seawall.reporting.context import Context
from seawall.risk.exposures import Total, exposures

POINT = 0.01
"""A point of volatility, and one per cent of a rate."""
FIRST = {
    "cash_delta_usd": (">cash delta, USD", 1.0), "cash_gamma_usd": (">cash gamma, USD per 1 %", 1.0),
    "vega_usd": (">vega, USD per point", POINT), "theta_usd_day": (">theta, USD a day", 1.0),
}  # fmt: skip
"""By Greek: head of its column, and what a figure is taken times."""
SECOND = {
    "rho_usd": (">rho, USD per 1 % of rate", POINT), "vanna_usd": (">vanna, cash delta per point", POINT),
    "volga_usd": (">volga, vega per point", POINT * POINT),
}  # fmt: skip
GROSS = {
    "cash_delta_usd": (">gross cash delta, USD", 1.0), "cash_gamma_usd": (">gross cash gamma", 1.0),
    "vega_usd": (">gross vega", POINT),
}  # fmt: skip
NO_STRIKE = "none"


def greeks(context: Context, account: str) -> Section:
    """Return the Greeks of each coin by expiry and by moneyness."""
    found = exposures(context.one(account), context.market, check_lots=context.check_lots, parse=context.parse)
    strikes = {asset.name: asset for asset in found.by("asset", "moneyness").parts}
    blocks: list[Block] = []
    for asset in found.by("asset", "expiry").parts:
        blocks += [_net(asset), _further(asset)]
        if any(part.name != NO_STRIKE for part in strikes[asset.name].parts):
            blocks.append(_by_moneyness(strikes[asset.name]))
    gaps = [f"{total.name}: {total.unavailable}" for total in found.by("asset").parts if total.unavailable]
    blocks += [Prose(f"{gap}.", "warning") for gap in gaps]
    blocks = blocks or [Prose("It is exposed to no coin.")]
    return Section("greeks", "Greeks", tuple(blocks))


def _net(asset: Total) -> Table:
    totals = [*asset.parts, asset]
    deltas = [number(_delta(total.net["delta"])) for total in totals]
    usd = columns([[total.net[name] * scale for total in totals] for name, (_, scale) in FIRST.items()], "USD")
    note = (
        "Cash delta: gained per 100 % move of the price, the coin's own move included. Coins that are owned or owed "
        "stand under no expiry."
    )
    heads = ("expiry", f">delta, {asset.name}", *(head for head, _ in FIRST.values()))
    return _table(f"{asset.name}, net", heads, _expiries(asset), [deltas, *usd], note)


def _further(asset: Total) -> Table:
    totals = [*asset.parts, asset]
    net = [[total.net[name] * scale for total in totals] for name, (_, scale) in SECOND.items()]
    gross = [[total.gross[name] * scale for total in totals] for name, (_, scale) in GROSS.items()]
    heads = ("expiry", *(head for head, _ in (*SECOND.values(), *GROSS.values())))
    note = "Rates move the forwards, the index stays. Gross: sizes without their sign."
    caption = f"{asset.name}: rates, second order, and gross"
    return _table(caption, heads, _expiries(asset), columns([*net, *gross], "USD"), note)


def _by_moneyness(asset: Total) -> Table:
    parts = sorted(asset.parts, key=lambda part: not part.name.startswith("below"))  # the others are in their order
    totals = [*parts, asset]
    usd = columns([[total.net[name] * scale for total in totals] for name, (_, scale) in FIRST.items()], "USD")
    names = ["no strike" if part.name == NO_STRIKE else part.name for part in parts]
    heads = ("strike over forward", *(head for head, _ in FIRST.values()))
    return _table(f"{asset.name}, net, by moneyness", heads, [*names, "all"], usd, "")


def _table(
    caption: str, heads: Sequence[str], names: Sequence[str], cells: Sequence[Sequence[Cell]], note: str
) -> Table:
    *rows, last = zip([words(typeset(name)) for name in names], *cells, strict=True)
    return Table(caption, tuple(heads), tuple(rows), last, note=note, wide=True)


def _expiries(asset: Total) -> list[str]:
    return ["no expiry" if part.name == "none" else part.name for part in asset.parts] + ["all"]


def _delta(delta: float) -> str:
    return "n/a" if math.isnan(delta) else f"{delta:+,.4f}" if delta else cell_text(0.0)

"""How far the venue's line is: along every direction, and as a map of price and volatility."""

from __future__ import annotations

from seawall.charts import contour_surface, to_svg
from seawall.core.errors import UnavailableError
from seawall.reporting.blocks import Block, Cell, Chart, Prose, Section, Table, number, of_rows, typeset, words
from seawall.reporting.context import Context
from seawall.reporting.price_curves import COINS_COUNT, context_key, slug
from seawall.reporting.sentences import percent_move, price_words, ratio
from seawall.risk.distance import Distance
from seawall.risk.surface import Surface, liquidation_surface
from seawall.scenarios.grid import percent

PRICE_MOVES = (-0.6, -0.5, -0.4, -0.3, -0.2, -0.15, -0.1, -0.05, 0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75)
VOL_MOVES = (-0.5, -0.25, 0.0, 0.25, 0.5, 1.0)
KIND_WORDS = {
    "crossing": "crossed steadily",
    "jump": "leapt over",
    "already": "already there",
    "none": "none within reach",
    "unavailable": "unavailable",
}


def distances(context: Context, account: str) -> Section:
    """Return the distance along each direction, with the price there."""
    ways = context.distances[account]
    blocks: list[Block] = []
    if not ways:
        blocks.append(Prose("The account depends on no price, volatility or expiry."))
    else:
        blocks.append(_table(context, ways))
        blocks += [Prose(f"{one.direction}: {one.why}.", "warning") for one in ways if one.why]
        blocks.append(Prose(
            "The first point of each direction counts, found by full margins and computed there once more. Reach is 95 "
            "% down, 400 % up, volatilities from a twentieth to ten times, and time to the last expiry.",
        ))  # fmt: skip
    return Section("distance", "Distance to liquidation", tuple(blocks))


def _table(context: Context, ways: tuple[Distance, ...]) -> Table:
    rows = []
    for one in ways:
        far = one.kind in ("crossing", "jump")
        [*priced] = one.prices.items()
        to = f"{price_words(priced[0][1])} USD" if far and len(priced) == 1 else "–"
        rows.append([
            words(_direction(one.direction)), number(_move(one) if far else "–"), number(to),
            number(ratio(one.ratio_now)), words(KIND_WORDS[one.kind], style="bad" if one.kind == "already" else ""),
        ])  # fmt: skip
    prices = ", ".join(
        f"{coin} {price_words(context.market.index[coin])} USD" for coin in context.coins(ways[0].account)
    )
    heads = ("direction, all else unchanged", ">distance", ">liquidation price", ">ratio now", "the line is")
    return of_rows(f"Where the venue acts; now {prices}" if prices else "Where the venue acts", heads, rows)


def _direction(label: str) -> str:
    return {"vol down": "all volatilities down", "vol up": "all volatilities up", "time": "time passes"}.get(
        label, label
    )


def _move(one: Distance) -> str:
    if one.direction == "time":
        return f"{one.move:,.1f} days"
    return percent_move(one.move)


def surface(context: Context, account: str) -> Section:
    """Return the margin ratio over price and volatility of each coin."""
    blocks: list[Block] = []
    for coin in context.coins(account)[:COINS_COUNT]:
        if coin not in context.market.table.underlyings:
            blocks.append(Prose(f"{coin} has no volatilities in the snapshot, and no surface."))
            continue
        try:
            found = liquidation_surface(
                context.book, context.market, context.policy, account, asset=coin, price_moves=PRICE_MOVES,
                vol_moves=VOL_MOVES, check_lots=context.check_lots, parse=context.parse,
            )  # fmt: skip
        except UnavailableError as gap:
            blocks.append(Prose(f"There is no surface over {coin}: {gap}.", "warning"))
            continue
        blocks.append(_chart(context, account, found))
        blocks += [_line(context, found)] if found.contour else []
    if not blocks:
        blocks.append(Prose("The account depends on no coin's price."))
    return Section("surface", "Liquidation surface", tuple(blocks))


def _chart(context: Context, account: str, found: Surface) -> Chart:
    coin = found.asset
    drawn = contour_surface(
        found.ratio, [typeset(percent(x)) for x in found.price_moves.tolist()],
        [typeset(percent(x)) for x in found.vol_moves.tolist()],
        acts=found.acts, x_label=f"move of the price of {coin}", y_label="change of volatilities",
        here=(PRICE_MOVES.index(0.0), VOL_MOVES.index(0.0)),
    )  # fmt: skip
    count = int(found.acts.sum())
    nowhere = "The venue acts nowhere on this map; the table of prices says how far it is."
    told = f"The venue acts in {count} of {found.acts.size} cells." if count else nowhere
    line = " The thick line is around them; the table below says where it runs." if found.contour else ""
    return Chart(
        f"Margin ratio over price and volatilities of {coin}: 100 % and more, hatched, is liquidation",
        to_svg(drawn, title=f"Margin ratio over price and volatilities of {coin}", description=told,
               key=f"{context_key(account, context)}-surface-{slug(coin)}"),
        note=f"{told}{line} The outlined cell is today; steps are not even.",
    )  # fmt: skip


def _line(context: Context, found: Surface) -> Block:
    price = context.market.index[found.asset]
    rows = []
    for vol in found.vol_moves.tolist():
        at = [one for one in found.contour if one.vol_move == vol]
        told = ", ".join(
            f"{price_words(price * (1.0 + one.price_move))} ({percent_move(one.price_move)})" for one in at
        )
        rows.append([words(typeset(percent(vol))), Cell(typeset(told) or "nowhere between the edges")])
    return of_rows(
        f"The line by volatility: prices of {found.asset} in USD", ("volatilities", "the ratio is 100 % at"), rows
    )

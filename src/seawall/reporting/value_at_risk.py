"""What an account can lose: VaR and ES with their intervals, the distribution behind them, and who makes them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from seawall.charts import distribution, to_svg
from seawall.core.amounts import amount
from seawall.core.errors import InputError, UnavailableError
from seawall.reporting.blocks import (
    Block,
    Cell,
    Chart,
    Listing,
    Prose,
    Section,
    Table,
    column,
    number,
    of_rows,
    typeset,
    words,
)  # fmt: skip
from seawall.reporting.context import Context
from seawall.reporting.price_curves import context_key
from seawall.risk.sample_tail import TAIL_COUNT_MIN, enough_to_bound
from seawall.risk.tail_report import AccountTail, TailReport

HOLDINGS_COUNT = 40
TITLE = "Value at risk"


def value_at_risk(context: Context, account: str) -> Section:
    """Return both figures of one account, or why there are none."""
    try:
        found = context.tail(account)
    except (InputError, UnavailableError) as gap:
        return Section("var", TITLE, (Prose(f"There is no value at risk: {gap}.", "warning"),))
    [one] = found.accounts
    if one.unavailable:
        return Section("var", TITLE, (Prose(f"There is no value at risk: {one.unavailable}.", "warning"),))
    blocks: list[Block] = [Prose(_meaning(one)), _figures(context, account, found)]
    if one.edges is not None and one.shares is not None and one.risk.expected_shortfall:
        blocks.append(_chart(context, account, one))
    if one.parts:
        blocks.append(_holdings(one))
    blocks.append(Listing(tuple(typeset(f"{note}.") for note in found.notes)))
    return Section("var", TITLE, tuple(blocks))


def _meaning(one: AccountTail) -> str:
    level = f"{100.0 * one.risk.confidence:g} %"
    return typeset(
        f"With {level} confidence the account loses no more than {amount(one.risk.value_at_risk, 'USD')} USD (VaR); "
        f"the mean of the losses beyond is {amount(one.risk.expected_shortfall, 'USD')} USD (ES). Losses are positive; "
        "all of this holds if moves are drawn as the lines below say."
    )


def _figures(context: Context, account: str, found: TailReport) -> Table:
    [one] = found.accounts
    risk, level = one.risk, f"{100.0 * one.risk.confidence:g} %"
    exact = not found.outcomes_count
    mine = context.by_account[account]
    equity = sum(row.equity for row in mine) if all(row.currency == "USD" for row in mine) else math.nan
    figures = (risk.value_at_risk, risk.expected_shortfall)
    ends = zip(risk.value_at_risk_interval, risk.expected_shortfall_interval, strict=True)
    columns = [column(figures, "USD"), *([] if exact else [_bounds(bounds) for bounds in ends])]
    rows = []
    for i, (name, figure) in enumerate((("VaR", figures[0]), ("ES", figures[1]))):
        of_equity = [number(f"{figure / equity:.1%}")] if equity > 0.0 else []
        rows.append([words(typeset(f"{name}, {level}")), *(cells[i] for cells in columns), *of_equity])
    interval_level = f"{100.0 * risk.interval_confidence:g} %"
    heads = ["figure", ">loss", *([] if exact else [f">{interval_level} from", ">to"])]
    heads += [">of equity"] if equity > 0.0 else []
    note = "Both figures are exact for the quadratic form; how far the form is from the book, no interval says."
    if not exact:
        deep = (1.0 - found.confidence) * risk.effective_count
        short = "" if enough_to_bound(deep) else f"; fewer than {TAIL_COUNT_MIN:.0f} can't bound it from above"
        note = (
            f"The interval is that of a sample: the true figure lies in it with {interval_level}, if the market "
            f"moves as stated below. About {deep:.3g} outcomes make ES, of {found.outcomes_count:,}{short}. "
        )
        worst = one.tail[0][0] if one.tail and risk.expected_shortfall else ""
        note += f"Worst outcome: {worst}." if worst else ""
    return of_rows("Loss in USD, every position revalued", heads, rows, note=typeset(note.strip()))


def _bounds(bounds: Sequence[float]) -> list[Cell]:
    finite = column(bounds, "USD")
    return [number("no bound") if math.isinf(x) else cell for x, cell in zip(bounds, finite, strict=True)]


def _chart(context: Context, account: str, one: AccountTail) -> Chart:
    level = typeset(f"{100.0 * one.risk.confidence:g} %")
    told = typeset(
        f"VaR at {amount(-one.risk.value_at_risk, 'USD')} USD, ES at {amount(-one.risk.expected_shortfall, 'USD')} "
        "USD; what is beyond VaR is hatched."
    )
    assert one.edges is not None and one.shares is not None, "outcomes were asked for"
    risk = one.risk
    drawn = distribution(
        one.edges, 100.0 * one.shares, levels={"VaR": -risk.value_at_risk, "ES": -risk.expected_shortfall},
        beyond=-risk.value_at_risk, x_label="profit and loss, USD", y_label="share of outcomes, %, logarithmic",
    )  # fmt: skip
    title = f"Distribution of profit and loss, with VaR and ES of {level}"
    return Chart(
        f"{title}: share of outcomes on a logarithmic scale",
        to_svg(drawn, title=title, description=told, key=f"{context_key(account, context)}-var"),
        note=told,
    )


def _holdings(one: AccountTail) -> Table:
    risk = one.risk
    order = sorted(one.parts, key=lambda part: -part.expected_shortfall)
    shown = order[:HOLDINGS_COUNT]
    *vars_, var = column([*(part.value_at_risk for part in shown), risk.value_at_risk], "USD")
    *shortfalls, shortfall = column([*(part.expected_shortfall for part in shown), risk.expected_shortfall], "USD")
    without = column([part.incremental_expected_shortfall for part in shown], "USD")
    rows = []
    for i, part in enumerate(shown):
        share = f"{part.expected_shortfall / risk.expected_shortfall:+.0%}" if risk.expected_shortfall else "–"
        size = number(f"{part.size:,.10g}")
        rows.append((words(part.name), size, vars_[i], shortfalls[i], number(share), without[i]))
    total = (words("account"), number(""), var, shortfall, number(""), number(""))
    left = len(order) - HOLDINGS_COUNT
    note = "Below zero a holding hedges. Incremental: ES less what it is without the holding."
    note += f" {left:,} holdings more are not listed, and count in the last row." if left > 0 else ""
    heads = ("holding", ">size", ">VaR component", ">ES component", ">share of ES", ">incremental ES")
    return Table("What each holding makes of it, USD", heads, tuple(rows), total, note=note)

"""The margin in figures, what it is made of, and the overview of a book of several accounts."""

from __future__ import annotations

from collections.abc import Sequence

from seawall.core.amounts import amount
from seawall.margining import AccountMargin
from seawall.reporting.blocks import Block, Cards, Cell, Prose, Section, Table, column, number, of_rows, typeset, words
from seawall.reporting.context import Context
from seawall.reporting.sentences import STATUS_WORDS, meaning, nearest, ratio, status_of

OVERVIEW_COUNT = 500
"""The overview lists this many netting sets; what is left out is counted."""
GRADE_WORDS = {
    "verified": "verified",
    "documented": "documented",
    "second_hand": "second hand",
    "assumed": "assumed",
}


def _evidence_words(row: AccountMargin) -> str:
    if row.unavailable:
        return "n/a"
    return GRADE_WORDS[row.evidence.value] if row.evidence else "nothing relied on"


def summary(context: Context, account: str) -> Section:
    """Return one account's margin in figures, and the sentence that says what it means."""
    rows = context.by_account[account]
    ways = context.distances[account]
    status = status_of(rows, ways)
    blocks: list[Block] = [Prose(meaning(rows, ways), "warning" if status != "safe" else "lead")]
    blocks += [Cards(_cards(row, named=len(rows) > 1), status) for row in rows]
    derived = rows[0].derived_prices if rows else 0
    if derived:
        blocks.append(Prose(
            f"{derived} of its holdings rest on a price, volatility or index that was derived and not observed; the "
            "notes at the end say how.",
        ))  # fmt: skip
    return Section("summary", "Margin", tuple(blocks))


def _cards(row: AccountMargin, *, named: bool) -> tuple[tuple[str, str, str], ...]:
    unit = row.currency
    used = row.initial_margin / (row.margin_balance - row.haircut) if row.margin_balance > row.haircut else float("nan")
    share = "" if used != used else f"{ratio(used)} of what counts for it"
    names = f"Initial margin in {unit}" if named else "Initial margin"
    gone = bool(row.unavailable)
    cards = [
        (names, f"{amount(row.initial_margin, unit)} {unit}", "unavailable" if gone else share),
        ("Maintenance margin", f"{amount(row.maintenance_margin, unit)} {unit}", "to avoid liquidation"),
        ("Equity", f"{amount(row.equity, unit)} {unit}", "collateral and unrealised profit"),
        ("Headroom", f"{amount(row.available_funds, unit)} {unit}", "margin balance beyond initial margin"),
        ("Margin ratio", ratio(row.margin_ratio), "100 % is liquidation"),
        ("Evidence", _evidence_words(row), "the weakest that the number rests on"),
    ]
    return tuple((name, typeset(figure), typeset(told)) for name, figure, told in cards)


def components(context: Context, account: str) -> Section:
    """Return what each netting set's requirement is made of."""
    made: list[Block] = []
    for row in context.by_account[account]:
        if row.unavailable:
            made.append(Prose(f"No component is shown in {row.currency}: {row.unavailable}.", "warning"))
            continue
        names = [n for n in row.initial if n != "rounding" and (row.initial[n] or row.maintenance[n])]
        amounts = ([*(row.initial[n] for n in names), row.initial_margin],
                   [*(row.maintenance[n] for n in names), row.maintenance_margin])  # fmt: skip
        named = [words(name.replace("_", " ")) for name in names] + [words("margin")]
        *lines, total = zip(named, *(column(part, row.currency) for part in amounts), strict=True)
        made.append(Table(
            f"What the requirement is made of, {row.currency}", ("component", ">initial", ">maintenance"),
            tuple(lines), total, note="" if names else "No component is above zero.",
        ))  # fmt: skip
        if row.worst_scenario:
            made.append(Prose(f"It binds at {typeset(row.worst_scenario)}."))
    return Section("components", "Components", tuple(made))


def _by_currency(rows: Sequence[AccountMargin]) -> dict[int, tuple[Cell, ...]]:
    """Return the amounts of each row, whose points stand below those of rows in the same currency."""
    found: dict[int, tuple[Cell, ...]] = {}
    for currency in dict.fromkeys(row.currency for row in rows):
        mine = [i for i, row in enumerate(rows) if row.currency == currency]
        names = ("equity", "initial_margin", "maintenance_margin", "available_funds")
        columns = [column([float(getattr(rows[i], name)) for i in mine], currency) for name in names]
        found |= dict(zip(mine, zip(*columns, strict=True), strict=True))
    return found


def overview(context: Context) -> Section:
    """Return every netting set of the book in a line."""
    lines = []
    members = [row for rows in context.by_account.values() for row in rows]
    shown = members[:OVERVIEW_COUNT]
    usd = _by_currency(shown)
    for i, row in enumerate(shown):
        ways = context.distances.get(row.account, ())
        status = status_of((row,), ways)
        style = {"safe": "", "called": "strong"}.get(status, "bad")
        lines.append([
            words(row.account), words(row.currency), *usd[i], number(ratio(row.margin_ratio), style=style),
            words(STATUS_WORDS[status], style=style), words(typeset(nearest(ways)) or "–"),
            words(_evidence_words(row)),
        ])  # fmt: skip
    heads = (
        "account",
        "in",
        ">equity",
        ">initial",
        ">maintenance",
        ">headroom",
        ">ratio",
        "status",
        "nearest move",
        "evidence",
    )
    left = len(members) - OVERVIEW_COUNT
    note = f"{left:,} netting sets more are not listed; `seawall margin` gives all." if left > 0 else ""
    blocks: list[Block] = [of_rows("All accounts, amounts in the currency of each", heads, lines, note=note, wide=True)]
    gone = {name: why for name in context.book.accounts if (why := context.unavailable(name))}
    blocks += [Prose(f"{name} has no margin: {why}.", "warning") for name, why in list(gone.items())[:20]]
    if len(gone) > 20:
        blocks.append(Prose(f"{len(gone) - 20:,} accounts more have none.", "warning"))
    rest = len(context.book.accounts) - len(context.shown)
    if rest:
        named = "The first account has" if len(context.shown) == 1 else f"The first {len(context.shown)} accounts have"
        blocks.append(Prose(
            f"{named} sections of their own below; {rest:,} are in this table alone. `--account NAME` makes the "
            "report of one.",
        ))  # fmt: skip
    return Section("overview", "Overview", tuple(blocks))

"""The margin in figures, what it is made of, and the overview of a book of several accounts."""

from __future__ import annotations

from seawall.core.amounts import amount
from seawall.margining import AccountMargin
from seawall.reporting.blocks import Block, Cards, Prose, Section, Table, number, of_rows, typeset, words
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
        lines = [
            [words(name.replace("_", " ")), *(number(amount(part[name], row.currency)) for part in _parts(row))]
            for name in names
        ]
        total = (
            words("margin"),
            *(number(amount(x, row.currency)) for x in (row.initial_margin, row.maintenance_margin)),
        )
        made.append(Table(
            f"What the requirement is made of, {row.currency}", ("component", ">initial", ">maintenance"),
            tuple(tuple(line) for line in lines), total, note="" if names else "No component is above zero.",
        ))  # fmt: skip
        if row.worst_scenario:
            made.append(Prose(f"It binds at {typeset(row.worst_scenario)}."))
    return Section("components", "Components", tuple(made))


def _parts(row: AccountMargin) -> tuple[dict[str, float], dict[str, float]]:
    return dict(row.initial), dict(row.maintenance)


def overview(context: Context) -> Section:
    """Return every netting set of the book in a line."""
    lines = []
    members = [row for rows in context.by_account.values() for row in rows]
    for row in members[:OVERVIEW_COUNT]:
        ways = context.distances.get(row.account, ())
        status = status_of((row,), ways)
        style = {"safe": "", "called": "strong"}.get(status, "bad")
        lines.append([
            words(row.account), words(row.currency), number(amount(row.equity, row.currency)),
            number(amount(row.initial_margin, row.currency)), number(amount(row.maintenance_margin, row.currency)),
            number(amount(row.available_funds, row.currency)), number(ratio(row.margin_ratio), style=style),
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

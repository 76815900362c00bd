"""What the numbers rest on: every number and rule with its grade and source, and how the page was computed."""

from __future__ import annotations

from seawall import __version__
from seawall.core.digest import digest_of
from seawall.core.errors import InputError, UnavailableError
from seawall.core.evidence import Evidence, Grade
from seawall.core.html_table import cell_text
from seawall.core.time import iso
from seawall.portfolio import Book
from seawall.reporting.blocks import Block, Cell, Listing, Prose, Section, of_rows, typeset, words
from seawall.reporting.context import Context
from seawall.reporting.summary import GRADE_WORDS

GRADE_MEANS = {
    Grade.VERIFIED: "the venue's own published numbers are reproduced with it",
    Grade.DOCUMENTED: "the venue's text says so",
    Grade.SECOND_HAND: "a third party's text or code",
    Grade.ASSUMED: "a stated choice of ours",
}
NOT_MODELLED = (
    "Funding and interest while time passes along a distance, a curve or a surface.",
    "A smile that follows the price: volatilities stay with their strikes unless a move shifts them.",
    "The venue's own partial liquidations on the way; where it acts, it is said that it acts.",
    "Forwards that converge to the index, and settlement averages within the last half hour.",
    "Trades, payments and withdrawals after the time of the market; fees of closing, but where a rule charges them.",
)


def evidence(context: Context) -> Section:
    """Return the numbers and rules that the shown accounts' margins rest on, the weakest grade first."""
    groups: dict[tuple[int, str], dict[str, Evidence]] = {}
    for name in context.shown:
        for item in context.explained[name].evidence:
            groups.setdefault((item.grade.rank, _why(item)), {})[item.subject] = item
    rows = []
    for rank, why in sorted(groups, key=lambda group: (-group[0], group[1])):
        members = groups[rank, why]
        grade = list(Grade)[rank]
        listed = "\n".join(_subject(context, name) for name in sorted(members))
        rows.append(
            [words(GRADE_WORDS[grade.value], style="bad" if grade is Grade.ASSUMED else ""), Cell(listed), Cell(why)]
        )
    told = ". ".join(f"{GRADE_WORDS[grade.value]}: {GRADE_MEANS[grade]}".capitalize() for grade in Grade)
    blocks: list[Block] = [Prose(f"{told}.")]
    if rows:
        caption = f"What the margins rest on, under {context.policy.id}"
        blocks.append(of_rows(caption, ("grade", "number or rule", "source, or why it is assumed"), rows, wide=True))
    else:
        blocks.append(Prose("The margins rest on no number of the policy."))
    return Section("evidence", "Evidence and sources", tuple(blocks))


def _why(item: Evidence) -> str:
    parts = [" ".join(part.split()) for part in (item.source, item.note) if part.strip()]
    if item.grade is Grade.ASSUMED:
        parts.reverse()
    return ". ".join(part.rstrip(".") for part in parts) + "." if parts else "no source is stated"


def _subject(context: Context, name: str) -> str:
    """Return a number with its value and unit; a rule by its name."""
    held = context.policy.parameters.get(name)
    if held is None:
        return name
    if isinstance(held.value, tuple):
        shown = ", ".join(cell_text(x) for x in held.value[:8]) + (", …" if len(held.value) > 8 else "")
    else:
        shown = cell_text(held.value)
    unit = "" if held.unit in ("flag", "word", "ratio") else f" {held.unit}"
    return typeset(f"{name} = {shown}{unit}")


def notes(context: Context) -> Section:
    """Return how prices were derived, what is unavailable, and what is not modelled."""
    blocks: list[Block] = []
    derived = list(dict.fromkeys(note for name in context.shown for note in context.explained[name].notes))
    if derived:
        blocks += [Prose("How prices of this market were derived:"), Listing(tuple(derived))]
    gone = [f"{name}: {why}" for name in context.shown if (why := context.unavailable(name))]
    if gone:
        blocks += [Prose("Unavailable, and replaced by nothing:", "warning"), Listing(tuple(gone))]
    if context.policy.notes.strip():
        blocks.append(Prose(f"On the policy: {' '.join(context.policy.notes.split())}"))
    blocks += [Prose("Not modelled here:"), Listing(NOT_MODELLED)]
    return Section("notes", "Notes", tuple(blocks))


def how(context: Context, command: str) -> Section:
    """Return what makes the same page again: what was read, by which code, with which command."""
    market, policy = context.market, context.policy
    index = ", ".join(f"{asset} {cell_text(price)}" for asset, price in sorted(market.index.items()))
    rows = [
        ("book", context.book.origin),
        ("digest of the book", book_digest(context.book)),
        ("market", market.name),
        ("source of the market", market.source or "not stated"),
        ("time of the market", iso(market.time_ns)),
        ("digest of the market", market.digest),
        ("USD index", index),
        ("policy", policy.id),
        ("title of the policy", policy.title),
        ("holds from", iso(policy.effective_ns)),
        ("digest of the policy", policy.digest),
        ("code", f"seawall {__version__}"),
        *(("value at risk", typeset(told)) for told in _methods(context)),
        ("nearest joint move", "full margins along regular directions and random ones from seed 0, then turned"),
        ("made by", command),
    ]
    told = (
        "Every margin here, today's and those after a move, is the whole rule on a whole market: positions are "
        "revalued, what expires is settled, the requirement is computed anew. Nothing is extrapolated from Greeks. The "
        "page carries no time of its own: the same book, market, policy and code make the same bytes."
    )
    made = of_rows("What it was made from", ("", ""), [[words(name), Cell(cell)] for name, cell in rows])
    return Section("how", "How it was computed", (Prose(told), made))


def _methods(context: Context) -> list[str]:
    """Return how outcomes were made, with the seed, each way once."""
    found = []
    for name in context.shown:
        try:
            tail = context.tail(name)
        except (InputError, UnavailableError):
            continue  # its section says why
        found.append(f"{100.0 * tail.confidence:g} % confidence; {tail.notes[0] if tail.notes else 'outcomes given'}")
    return list(dict.fromkeys(found))


def book_digest(book: Book) -> str:
    """Return a name of what a book holds: accounts, positions, balances, orders and charges."""
    return digest_of({"accounts": [repr(book.account(name)) for name in book.accounts]})

"""`seawall demo`: telling books on a real chain, under the rules of five venues, and one of them to the bottom."""

from __future__ import annotations

from seawall.api.books import load_book
from seawall.api.compare import BIG_VENUES, compare
from seawall.api.snapshots import DEFAULT_SNAPSHOT, load_snapshot
from seawall.cli import show
from seawall.cli.compare import LEGEND, OVERVIEW_LEGEND, comparison, overview

BOOK = "demo"
EXPLAINED = "delta_hedged_short_gamma"
EXPLAINED_UNDER = "deribit/x_pm"
STORIES = {
    "short_strangle": "a call and a put sold far apart: calm pays",
    "covered_call": "coin, and calls sold on it",
    "calendar": "near expiry sold, far one bought, same strike",
    "box": "a loan made of four options",
    "delta_hedged_short_gamma": "a week's strangle sold, its delta hedged",
    "cash_and_carry": "coin, and a dated future sold against it",
    "naked_wing_seller": "far calls and puts sold for pennies",
}


def demo() -> None:
    """Margin telling books on the bundled real chain under five venues' rules, and explain one to the bottom.

    Shows the market and how its prices were derived; what seven books need under the portfolio margin of Deribit, OKX,
    Bybit, Binance and Derive; for one of them what makes the difference; and under one venue its components, the
    scenario grid, who contributes to the worst case, and every number and rule that the margin rests on with its
    evidence grade.
    """
    out = show.console()
    market = load_snapshot(DEFAULT_SNAPSHOT)
    book = load_book(BOOK, snapshot=market)
    found = compare(book, market, BIG_VENUES)
    out.rule("the market")
    out.print(show.headline(market, ", ".join(found.policies)))
    for note in market.notes:
        out.print(f"  {note}", style="dim")
    out.rule("seven books, five venues")
    out.print(overview(found, stories=STORIES))
    out.print(f"{OVERVIEW_LEGEND} An account that a venue has no rule for is unavailable there.", style="dim")
    out.rule(f"{EXPLAINED}: what makes the difference")
    out.print(comparison(found, found.accounts.index(EXPLAINED), width=out.width))
    out.print(LEGEND, style="dim")
    out.rule(f"{EXPLAINED}: {EXPLAINED_UNDER} to the bottom")
    margins = found.margins[BIG_VENUES.index(EXPLAINED_UNDER)]
    out.print(show.margin_table(margins[EXPLAINED], width=out.width))
    out.print(show.explanation(margins.explain(EXPLAINED), with_notes=False))
    out.print(
        "Next: write a book.csv with the header account,instrument,size and type `seawall compare book.csv`.",
        style="bold",
    )

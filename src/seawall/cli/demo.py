"""`seawall demo`: telling books on a real chain, under every Deribit model, and one of them to the bottom."""

from __future__ import annotations

import numpy as np
from rich.console import Console
from rich.table import Table

from seawall.api.books import load_book
from seawall.api.snapshots import DEFAULT_SNAPSHOT, load_snapshot
from seawall.cli import show
from seawall.core.arrays import FloatArray
from seawall.margining import Margins, evaluate
from seawall.margining.stand_alone import stand_alone
from seawall.margining.totals import total_usd
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy, at
from seawall.portfolio import Book

MODELS = ("deribit/s_pm", "deribit/x_pm", "deribit/s_sm", "deribit/x_sm")
BOOK = "demo"
EXPLAINED = "delta_hedged_short_gamma"
STORIES = {
    "short_strangle": "sold a call and a put far apart: calm pays, either tail hurts",
    "covered_call": "coin, and calls sold on it: X:PM counts the coin's own fall too",
    "calendar": "sold the near expiry, bought the far one at the same strike",
    "box": "a loan made of four options: fixed in dollars, so in coin it moves",
    "delta_hedged_short_gamma": "a week's strangle, delta flat by the perpetual: gamma is left",
    "cash_and_carry": "coin, and a future sold against it: X:PM nets the two",
    "naked_wing_seller": "far calls and puts sold for pennies: the far moves find them",
}


def demo() -> None:
    """Margin telling books on the bundled real chain under every Deribit model, and explain one to the bottom.

    Shows the market and how its prices were derived; seven books under segregated and cross, portfolio and standard
    margin, with what netting saves; and for one of them the components, the scenario grid, who contributes to the worst
    case, and every number and rule that the margin rests on with its evidence grade.
    """
    out = show.console()
    market = load_snapshot(DEFAULT_SNAPSHOT)
    book = load_book(BOOK, snapshot=market)
    policies = [at(model, market.time_ns) for model in MODELS]
    results = evaluate(book, market, policies)
    out.rule("the market")
    out.print(show.headline(market, ", ".join(policy.id for policy in policies)))
    for note in market.notes:
        out.print(f"  {note}", style="dim")
    out.rule("seven books, four models")
    _models(out, book, market, results)
    out.rule(EXPLAINED)
    cross = results[MODELS.index("deribit/x_pm")]
    out.print(show.margin_table(cross[EXPLAINED], width=out.width))
    out.print(show.explanation(cross.explain(EXPLAINED), with_notes=False))
    out.print(
        "Next: write a book.csv with the header account,instrument,size and type `seawall margin book.csv`.",
        style="bold",
    )


def _models(out: Console, book: Book, market: MarketSnapshot, results: list[Margins]) -> None:
    initial = [total_usd(result, "initial") for result in results]
    maintenance = [total_usd(result, "maintenance") for result in results]
    alone = _stand_alone(book, market, results[0].policy)
    table = Table(title="initial margin / maintenance margin, USD", title_justify="left", pad_edge=False)
    table.add_column("book")
    for model in MODELS:
        table.add_column(_short(model), justify="right")
    table.add_column("netting\nsaves", justify="right")
    for a, name in enumerate(book.accounts):
        cells = [f"{one[a]:,.0f}\n{two[a]:,.0f}" for one, two in zip(initial, maintenance, strict=True)]
        saved = 1.0 - initial[0][a] / alone[a] if alone[a] else 0.0
        table.add_row(f"[bold]{name}[/bold]\n{STORIES.get(name, '')}", *cells, f"{saved:.0%}")
    out.print(table)
    out.print(
        "S: segregated, X: cross; PM: portfolio margin, SM: standard margin. Netting saves: S:PM initial margin "
        "against the sum over its positions one by one. X:PM also stresses the coin that the account owns.",
        style="dim",
    )


def _short(model: str) -> str:
    kind, margin = model.removeprefix("deribit/").upper().split("_")
    return f"{kind}:{margin}"


def _stand_alone(book: Book, market: MarketSnapshot, policy: MarginPolicy) -> FloatArray:
    """Return what each account's positions need one by one, `(A,)` in USD."""
    result = evaluate(stand_alone(book), market, [policy])[0]
    single = total_usd(result, "initial")
    return np.asarray(np.bincount(book.positions.rows, weights=single, minlength=len(book)), dtype=np.float64)

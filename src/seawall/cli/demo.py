"""`seawall demo`: telling books on a real chain, under every Deribit model, and one of them to the bottom."""

from __future__ import annotations

import numpy as np
from rich.console import Console
from rich.table import Table

from seawall.api.books import load_book
from seawall.api.netting import stand_alone
from seawall.api.snapshots import DEFAULT_SNAPSHOT, load_snapshot
from seawall.cli import show
from seawall.cli.amounts import amount
from seawall.core.arrays import FloatArray
from seawall.margining import Margins, evaluate
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy, at
from seawall.portfolio import Book

MODELS = ("deribit/s_pm", "deribit/x_pm", "deribit/s_sm", "deribit/x_sm")
BOOK = "demo"
EXPLAINED = "delta_hedged_short_gamma"
STORIES = {
    "short_strangle": "short calls and puts, far apart: calm pays, either tail hurts",
    "covered_call": "coin, and calls sold on it: the coin covers the call only where coin counts",
    "calendar": "short the near expiry, long the far one: the grid sees vol, not the calendar",
    "box": "four options that are a loan: no price matters, and portfolio margin sees it",
    "delta_hedged_short_gamma": "short straddle, delta flat through the perpetual: gamma remains",
    "cash_and_carry": "coin, and futures sold against it: the basis is what is left",
    "naked_wing_seller": "far puts and calls sold for pennies: the far moves find them",
}


def demo() -> None:
    """Margin telling books on the bundled real chain under every Deribit model, and explain one to the bottom."""
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
    out.print(show.margin_table(cross[EXPLAINED]))
    out.print(show.explanation(cross.explain(EXPLAINED)))
    out.print(
        "Next: write a book.csv with the header account,instrument,size and type `seawall margin book.csv`.", style="bold"
    )


def _models(out: Console, book: Book, market: MarketSnapshot, results: list[Margins]) -> None:
    initial = [_by_account(result, market, result.initial_margin) for result in results]
    maintenance = [_by_account(result, market, result.maintenance_margin) for result in results]
    alone = _stand_alone(book, market, results[0].policy)
    table = Table(title="initial margin / maintenance margin, USD", title_justify="left", pad_edge=False)
    table.add_column("book")
    for model in MODELS:
        table.add_column(_short(model), justify="right")
    table.add_column("netting saves", justify="right")
    for a, name in enumerate(book.accounts):
        cells = [
            f"{amount(float(one[a]), 'USD')[:-3]}\n{amount(float(two[a]), 'USD')[:-3]}"
            for one, two in zip(initial, maintenance, strict=True)
        ]
        saved = 1.0 - initial[0][a] / alone[a] if alone[a] else 0.0
        table.add_row(f"{name}\n[dim]{STORIES.get(name, '')}[/dim]", *cells, f"{saved:.0%}")
    out.print(table)
    out.print(
        "S: segregated, X: cross; PM: portfolio margin, SM: standard margin. Netting saves: S:PM initial margin against "
        "the sum over its positions one by one. X:PM also stresses the coin that the account owns.",
        style="dim",
    )


def _short(model: str) -> str:
    kind, margin = model.removeprefix("deribit/").upper().split("_")
    return f"{kind}:{margin}"


def _by_account(result: Margins, market: MarketSnapshot, amounts: FloatArray) -> FloatArray:
    """Return the netting sets of each account together, `(A,)` in USD."""
    need = result.requirement
    prices = np.array([market.price_usd(currency) for currency in need.currencies])
    total = np.zeros(len(result.book.book))
    np.add.at(total, need.account, amounts * prices[need.currency])
    return total


def _stand_alone(book: Book, market: MarketSnapshot, policy: MarginPolicy) -> FloatArray:
    """Return what each account's positions need one by one, `(A,)` in USD."""
    result = evaluate(stand_alone(book), market, [policy])[0]
    single = _by_account(result, market, result.initial_margin)
    return np.asarray(
        np.bincount(book.positions.rows, weights=single, minlength=len(book)), dtype=np.float64
    )

"""`seawall margin`: what a book needs, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from seawall.api.margins import DEFAULT_POLICY
from seawall.api.margins import margin as compute
from seawall.api.snapshots import DEFAULT_SNAPSHOT, bundled_snapshots
from seawall.cli import show
from seawall.cli.inputs import market_and_book
from seawall.cli.main import EXIT_UNAVAILABLE
from seawall.cli.output import check_one_format, print_csv, print_json
from seawall.cli.stand_ins import stand_ins
from seawall.margining import Margins
from seawall.margining.document import explanation_document

ELSEWHERE = (
    "The bundled market is Deribit's BTC chain, with options and coin-settled futures; of no market of linear "
    "perpetuals does a licence let us ship a recording. For those take one of your own and a book on it:\n"
    "  seawall snapshot deribit --currency USDC --out usdc.seawall\n"
    "  seawall margin book.csv --snapshot usdc.seawall --policy {policy}\n"
    "docs/snapshots.md lists the other venues' public answers that are read from a file."
)
"""What to do where a policy has no rule for anything that the bundled market lists."""

OWN_RULES = "house/"
"""Models of our own say beside the margin how far it is to be trusted, for every account."""


def margin(
    file: Annotated[Path, Parameter(allow_leading_hyphen=True)],
    /,
    *,
    policy: Annotated[str, Parameter(name=["--policy", "-p"])] = DEFAULT_POLICY,
    snapshot: Annotated[str, Parameter(name=["--snapshot", "-s"])] = DEFAULT_SNAPSHOT,
    account: str | None = None,
    map_underlying: Annotated[list[str] | None, Parameter(negative=())] = None,
    explain: Annotated[bool, Parameter(negative=())] = False,
    json: Annotated[bool, Parameter(negative=())] = False,
    csv: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Say what margin each account of a book needs.

    A book is CSV with the header `account,instrument,size` (`account` may be left out). Inverse futures are sized in
    USD, everything else in coin; a bare asset such as BTC or USDC is collateral. A book of one account is explained
    to the bottom.

    ```console
    $ seawall margin book.csv
    $ seawall margin book.csv --policy deribit/s_pm/2024-06-17 --account desk-1
    $ seawall margin book.csv --csv > margins.csv
    ```

    Parameters
    ----------
    file
        The book: CSV, JSON, or the venue's own positions; `-` reads standard input.
    policy
        A model with its newest numbers at the snapshot's time (`deribit/x_pm`), or a dated set. `seawall policy list`
        shows all. A name that ends with `.toml` is a policy's file.
    snapshot
        A bundled snapshot's name, or a file.
    account
        Explain this account.
    explain
        Explain every account.
    map_underlying
        `SOL=ETH`: where the policy has no numbers for SOL it takes ETH's, and says so.
    json
        Print everything as JSON.
    csv
        Print one row a netting set as CSV.
    """
    check_one_format(as_json=json, as_csv=csv)
    market, book = market_and_book(file, snapshot)
    margins = compute(book, market, policy, stand_ins=stand_ins(map_underlying))
    explained = [account] if account else list(book.accounts) if explain or len(book) == 1 else []
    if account:
        book.row(account)
    shown = [row for row in margins.rows() if not account or row["account"] == account]
    if json:
        behind = {name: explanation_document(margins.explain(name)) for name in explained}
        print_json(
            {
                "margins": shown,
                "own_figures": _own_figures(margins, account),
                "explained": behind,
                "snapshot_notes": market.notes,
            }
        )
    elif csv:
        print_csv(shown)
    else:
        out = show.console()
        out.print(show.headline(market, margins.policy.id))
        members = margins[account] if account else tuple(margins)
        out.print(show.margin_table(members, width=out.width))
        if not explained and margins.policy.id.startswith(OWN_RULES):
            out.print(show.own_figures(margins))
        for name in explained:
            if len(book) > 1:
                out.rule(name)
            out.print(show.explanation(margins.explain(name)))
        if market.name in bundled_snapshots() and all(row["unavailable"] for row in shown):
            out.print(ELSEWHERE.format(policy=margins.policy.id.split(" ")[0].rpartition("/")[0]))
        if not explained:
            out.print("--account NAME explains one account to the bottom.", style="dim")
    return EXIT_UNAVAILABLE if any(row["unavailable"] for row in shown) else 0


def _own_figures(margins: Margins, account: str | None) -> list[dict[str, object]]:
    """Return the model's own figures by netting set; none for a model that has none."""
    names, native = [row["account"] for row in margins.rows()], margins.requirement.native
    return [
        {"account": name, **{figure: float(amounts[r]) for figure, amounts in native.items()}}
        for r, name in enumerate(names)
        if native and account in (None, name)
    ]

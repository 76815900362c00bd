"""`seawall reconcile`: a venue's own margin answer, computed again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
from cyclopts import Parameter
from rich.table import Table
from rich.text import Text

from seawall.api.reconcile import reconcile as compute
from seawall.cli import show
from seawall.cli.main import EXIT_UNAVAILABLE
from seawall.cli.output import check_one_format, print_csv, print_json
from seawall.core.errors import InputError, Problem
from seawall.core.time import iso
from seawall.margining.reconciliation import Line, Reconciliation

EXIT_DIFFERS = 5
"""The venue's numbers are not ours: a rule or a parameter has changed, or we read one wrongly."""
SHOWN_LINES_COUNT = 25
"""A terminal shows this many numbers; --csv and --json give all."""


def reconcile(
    file: Path,
    /,
    *,
    policy: Annotated[str | None, Parameter(name=["--policy", "-p"])] = None,
    tolerance: float = 1e-6,
    json: Annotated[bool, Parameter(negative=())] = False,
    csv: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Compute a venue's own margin answer again and show every difference.

    Reads Deribit's `private/pme/simulate`, OKX's `account/position-builder`, Bybit's `asset/portfolio-margin` and
    Binance's `papi/v1/account` beside its balances and positions. Ends with exit code 5 where a number differs, so that
    a script learns when a venue has changed its rule, and with 3 where all that differs is what we have no number for.

    ```console
    $ seawall reconcile answer.json
    $ seawall reconcile answer.json --tolerance 1e-9 --csv > lines.csv
    ```

    Parameters
    ----------
    file
        The answer as JSON.
    policy
        Another policy than the one that the answer states or that held at its time.
    tolerance
        Share of a number that may differ, and the amount that may for numbers below 1.
    json
        Print every number as JSON.
    csv
        Print every number as CSV.
    """
    check_one_format(as_json=json, as_csv=csv)
    if not 0.0 <= tolerance < 1.0:
        raise InputError(Problem("tolerance", tolerance, "it is a share, 0 or more and below 1"))
    found = compute(file, policy=policy)
    differing = found.differing(absolute=tolerance, relative=tolerance)
    if json:
        print_json({"policy": found.margins.policy.id, "lines": found.rows(), "reconstructed": found.reconstructed,
                    "differing": [line.name for line in differing], "unavailable": found.unavailable})  # fmt: skip
    elif csv:
        print_csv(found.rows())
    else:
        _print(found, differing, tolerance)
    if any(not np.isnan(line.ours) for line in differing):
        return EXIT_DIFFERS
    return EXIT_UNAVAILABLE if differing else 0


def _print(found: Reconciliation, differing: tuple[Line, ...], tolerance: float) -> None:
    out = show.console()
    snapshot = found.margins.snapshot
    out.print(
        f"{snapshot.venue}, answer of {iso(snapshot.time_ns)}, computed under {found.margins.policy.id}: "
        f"{len(found.lines) - len(differing)} of {len(found.lines)} numbers agree within {tolerance:g}"
    )
    totals = [
        line for line in found.lines if line.name.count(".") <= 1 and not line.name.rpartition(".")[2].isdigit()
    ]  # charges as `BTC.mr4`, and no cells
    shown = list(differing) or totals
    table = Table(pad_edge=False)
    table.add_column("number", overflow="fold")
    for name in ("ours", "venue", "difference"):
        table.add_column(name, justify="right", no_wrap=True)
    shown.sort(key=lambda line: np.isnan(line.ours))  # what we have no number for stands last
    for line in shown[:SHOWN_LINES_COUNT]:
        ours = "none" if np.isnan(line.ours) else f"{line.ours:,.10g}"
        difference = "" if np.isnan(line.ours) else f"{line.difference:+.3g}"
        table.add_row(line.name, ours, f"{line.theirs:,.10g}", difference)
    out.print(table)
    if hidden := (len(differing) or len(found.lines)) - min(len(shown), SHOWN_LINES_COUNT):
        out.print(f"... and {hidden} more; --csv and --json give all")
    for reason in found.unavailable:
        out.print(Text(f"we have no margin for all of it: {reason}", style="yellow"))
    for sentence in found.reconstructed:
        out.print(Text(f"solved from the answer: {sentence}", style="dim"))
    if any(not np.isnan(line.ours) for line in differing):
        out.print(
            "A difference means that the venue has changed a rule or a parameter since the policy's date, or that our "
            "reading of it is wrong: docs/margin says how sure each part is.",
            style="yellow",
        )

"""`seawall policy tail`: outcomes of one's choice as a margin policy in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter
from rich.text import Text

from seawall.api.snapshots import DEFAULT_SNAPSHOT, load_snapshot
from seawall.cli import show
from seawall.cli.outcome_flags import DrawnOutcomeFlags

OutputFile = Annotated[Path, Parameter(name=["--out", "-o"])]


def tail(
    *,
    out: OutputFile,
    outcomes: DrawnOutcomeFlags | None = None,
    base: str = "house/tail",
    coin: Annotated[list[str] | None, Parameter(negative=())] = None,
    measure: Literal["value_at_risk", "expected_shortfall"] | None = None,
    multiplier: float | None = None,
    stressed: Path | None = None,
    long_run: Path | None = None,
    snapshot: Annotated[str, Parameter(name=["--snapshot", "-s"])] = DEFAULT_SNAPSHOT,
) -> None:
    """Write a policy whose margin is a multiple of VaR or ES over outcomes of your choice.

    The file holds the outcomes, so that the margin stays what it is; floor and add-ons are those of --base.

    ```console
    $ seawall policy tail --method filtered --returns prices.csv -o my-tail.toml
    $ seawall margin book.csv -p my-tail.toml
    ```

    Parameters
    ----------
    out
        The policy's file; its name ends with `.toml`.
    base
        A tail policy that gives every other number: an id or a file.
    coin
        A coin that outcomes move, once for each; every coin of --base where left out.
    measure
        What is measured of the outcomes; as in --base where left out.
    multiplier
        How often that counts; as in --base where left out.
    stressed
        A CSV file of daily prices whose days, as they were, are the stressed outcomes; as in --base where left out.
    long_run
        The same for the long-run outcomes.
    snapshot
        A bundled snapshot's name, or a file: coins, and volatilities that nobody states.
    """
    from seawall.api.outcomes import Outcomes  # with the scenarios, which other commands of policies do not need
    from seawall.api.policy_files import load_policy, save_policy
    from seawall.api.tail_policy import tail_policy

    asked, market = outcomes or DrawnOutcomeFlags(), load_snapshot(snapshot)
    changes: dict[str, object] = {"general.measure": measure, "general.multiplier": multiplier}
    if asked.confidence != DrawnOutcomeFlags().confidence:
        changes["general.confidence"] = asked.confidence
    chosen = load_policy(base, time=market.time_ns)
    chosen = chosen.with_numbers({name: given for name, given in changes.items() if given is not None})

    def days_of(file: Path | None) -> Outcomes | None:
        return None if file is None else Outcomes(method="historical", returns=file, days=asked.days)

    made = tail_policy(
        asked.outcomes(), chosen, stressed=days_of(stressed), long_run=days_of(long_run), snapshot=market, coins=coin
    )
    written = save_policy(made, out)
    console = show.console()
    console.print(Text(f"{written}: {made.id}, digest {made.digest}"))
    for path in made.parameters:
        if path.endswith("_horizon_days"):
            one = made.parameter(path)
            for note in (one.source, *one.note.split("; ")):
                console.print(Text(f"  {note}", style="dim"))
    console.print(Text(f"seawall margin book.csv --policy {written} takes it."))

"""Files that no reader takes: those of parts to come are named, and one of a venue that has readers is a failure."""

from __future__ import annotations

from pathlib import Path

from tests.vectors.readers import READERS, matches

PARTS_TO_COME = {
    "eip712_canonical": "signed messages",
    "merkle_openzeppelin": "proofs of inclusion",
    "theory_crosschain_settlement": "settlement across chains",
    "theory_drift_rebalancing": "rebalancing",
    "theory_execution_hedging": "execution of hedges",
    "theory_onchain_pricing": "pricing on chain",
    "theory_systemic": "contagion between accounts",
    "tradfi_var_es_backtests": "backtests of VaR and ES",
}
"""What a file's name starts with, and which part it belongs to."""
FAMILIES = ("cex", "tradfi", "theory")
"""Words that a name starts with before it names a venue or a subject."""


def venue_of(name: str) -> str:
    """Return the start of a file's name that says whose numbers it holds: `cex_okx`, `derive`, `theory_evt`.

    Examples
    --------
    >>> venue_of("cex_okx_balance_2026.json"), venue_of("derive_pmrm1_portfolios.json"), venue_of("drift_")
    ('cex_okx', 'derive', 'drift')
    """
    words = name.removesuffix(".json").split("_")
    return "_".join(words[: 2 if words[0] in FAMILIES else 1])


def unread(folder: Path) -> tuple[dict[Path, str], list[Path]]:
    """Return the files that no reader takes: those of parts to come with their part, and those that a reader is due.

    A file of a venue or subject that no reader knows at all is of a part to come, whose name nobody knows yet.
    """
    read = {file for file, _ in matches(folder)}
    known = {venue_of(reader.prefix) for reader in READERS}
    later, due = dict[Path, str](), list[Path]()
    for file in sorted(folder.glob("*.json")):
        if file in read:
            continue
        part = next((part for prefix, part in PARTS_TO_COME.items() if file.name.startswith(prefix)), "")
        if not part and venue_of(file.name) in known:
            due.append(file)
        else:
            later[file] = part or "a part that has no name yet"
    return later, due

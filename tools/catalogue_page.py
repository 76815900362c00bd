"""Write docs/catalogue.md from the catalogue of models and policies: `python tools/catalogue_page.py`.

With `--check` it writes nothing and ends with 1 where the page is not what the catalogue says.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from seawall.core.evidence import Grade
from seawall.margining.catalogue import MODELS
from seawall.policy import KINDS, CatalogueRow, catalogue

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "catalogue.md"
HEADINGS = {
    "exchange": "Exchanges",
    "on-chain": "On-chain venues",
    "clearing house": "Clearing houses",
    "house": "House",
}
HEAD = """# Catalogue

Every rule book that there is, by who set it. Written by `make catalogue` from the models and their dated policies;
`seawall policy list` says the same in a terminal. The counts are how many numbers and rules of the newest set are
verified (V), documented (D), second-hand (S) and assumed (A); [concepts](concepts.md) says what the grades mean.

A model promises for every book that margin scales with size (*scales*), that two books together never need more than
apart (*merges*), that underlyings may offset (*offsets*); the laws in `tests/laws` test what is promised.
"""


def page() -> str:
    """Return the whole page."""
    rows = catalogue()
    return "\n".join([HEAD, *(line for kind in KINDS for line in _section(kind, rows))])


def _section(kind: str, rows: list[CatalogueRow]) -> Iterator[str]:
    members = [row for row in rows if row.kind == kind]
    if not members:
        return
    yield f"## {HEADINGS[kind]}\n"
    yield "| policy | rule | sets from | V | D | S | A | promises | verified against |"
    yield "|---|---|---|--:|--:|--:|--:|---|---|"
    for row in members:
        grades = " | ".join(str(row.grades[-1].get(grade, 0)) for grade in Grade)
        cells = (f"`{row.id}`", _rule(row), ", ".join(row.dates), grades, _promises(row.model))
        yield f"| {' | '.join(cells)} | {row.verified_against or '-'} |"
    yield ""


def _rule(row: CatalogueRow) -> str:
    venue, _, model = row.id.partition("/")
    for name in (venue, model):
        if (ROOT / "docs" / "margin" / f"{name}.md").is_file():
            return f"[{row.title}](margin/{name}.md)"
    raise SystemExit(f"{row.id} has no page docs/margin/{venue}.md or docs/margin/{model}.md")


def _promises(model: str) -> str:
    promises = MODELS[model].promises
    words = {
        "scales": promises.homogeneous,
        "merges": promises.subadditive,
        "offsets": promises.offsets_across_underlyings,
    }
    return ", ".join(word for word, holds in words.items() if holds) or "-"


def main() -> int:
    """Write the page, or say that it is not up to date."""
    text = page()
    if "--check" in sys.argv[1:]:
        return 0 if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text else 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

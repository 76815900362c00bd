"""Commands on markets that are no crypto chain, and on rules that the bundled market has nothing for."""

from __future__ import annotations

import json
from pathlib import Path

from tests.unit.cli.test_commands import seawall
from tests.unit.venues.cme import samples as span
from tests.unit.venues.listed import samples as listed


def test_a_book_is_margined_by_a_clearing_houses_own_file(tmp_path: Path) -> None:
    (tmp_path / "day.spn").write_bytes(span.document(charges=span.spread(1, 425.0, "202603", "202606")))
    (tmp_path / "book.csv").write_text(f"instrument,size\n{span.NEAR},3\n{span.FAR},-2\nUSD,90000\n")
    done = seawall("margin", "book.csv", "-s", "day.spn", "-p", "span/portfolio", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    [row] = json.loads(done.stdout)["margins"]
    assert (row["maintenance_margin"], row["initial_margin"]) == (10_850.0, 11_935.0)
    shown = seawall("margin", "book.csv", "-s", "day.spn", "-p", "span/portfolio", cwd=tmp_path)
    assert "SP 13: -range, vol up" in shown.stdout
    assert shown.stdout.startswith("day at 2026-01-02T00:00:00.000Z, digest ")


def test_stocks_and_american_options_are_margined_by_tims(tmp_path: Path) -> None:
    (tmp_path / "ibm.json").write_bytes(listed.as_bytes())
    (tmp_path / "book.csv").write_text(f"instrument,size\nIBM,10000\n{listed.PUT},10000\n")
    done = seawall(
        "margin", "book.csv", "-s", "ibm.json", "-p", "occ/tims/2026-01-01", "--map-underlying", "IBM=STOCK", "--json",
        cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    [row] = json.loads(done.stdout)["margins"]
    assert abs(row["maintenance_margin"] - 37_500.0) < 1.0


def test_a_rule_of_linear_perpetuals_says_that_the_bundled_market_has_none_and_how_to_take_one() -> None:
    done = seawall("margin", "demo", "-p", "dydx/v4")
    assert done.returncode == 3
    assert "seawall snapshot deribit --currency USDC" in done.stdout
    assert "--policy dydx/v4\n" in done.stdout
    assert "snapshot deribit" not in seawall("margin", "demo", "-p", "deribit/s_pm").stdout


def test_a_policy_too_early_for_the_market_is_one_columns_matter(tmp_path: Path) -> None:
    (tmp_path / "ibm.json").write_bytes(listed.as_bytes())
    (tmp_path / "book.csv").write_text("instrument,size\nIBM,10000\n")
    asked = ("compare", "book.csv", "-s", "ibm.json", "--map-underlying", "IBM=STOCK", "-p", "occ/tims/2026-01-01")
    done = seawall(*asked, "-p", "occ/tims", "--json", cwd=tmp_path)
    assert done.returncode == 3
    known, early = json.loads(done.stdout)["comparison"]
    assert abs(known["initial_margin_usd"] - 146_595.0) < 1e-6
    assert "name one with its date, such as occ/tims/2026-01-01" in early["unavailable"]


def test_a_policys_sources_stand_once_below_its_numbers() -> None:
    shown = seawall("policy", "show", "occ/tims/2026-01-01").stdout
    assert shown.count("FINRA rule 4210(g) and SEC rule 15c3-1a: 15 %") == 1
    assert "[1]" in shown.split("from")[1]

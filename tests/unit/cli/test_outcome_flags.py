"""Flags of outcomes, shocks and liquidity: what is typed is what the library gets."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from seawall.api.outcomes import METHODS, Stated
from seawall.cli.liquidity_table import volumes
from seawall.cli.outcome_flags import OutcomeFlags
from seawall.core.errors import InputError


def seawall(*words: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "COLUMNS": "120", "NO_COLOR": "1", "PYTHONUTF8": "1"}
    return subprocess.run([sys.executable, "-m", "seawall", *words], capture_output=True, text=True, env=env)


def test_every_flag_reaches_the_method_and_every_method_has_its_flags() -> None:
    flags = OutcomeFlags(
        method="heston", vol=["BTC=0.6"], mean_reversion=["4"], long_run_vol=["BTC=0.7"], vol_of_vol=["1.1"],
        price_vol_correlation=-0.3, jump_rate=5.0, jump_mean=["-0.03"], jump_sd=["BTC=0.02"], count=10,
    )  # fmt: skip
    asked = flags.outcomes()
    assert (asked.mean_reversion, asked.long_run_vol, asked.vol_of_vol) == (4.0, {"BTC": 0.7}, 1.1)
    assert (asked.jump_rate, asked.jump_mean, asked.jump_sd) == (5.0, -0.03, {"BTC": 0.02})
    shocked = OutcomeFlags(method="conditional", shock=["btc=-0.3", "BTC VOL=0.5"], stressed_correlation=0.9)
    assert shocked.stated == {"shocks": {"BTC": -0.3, "BTC vol": 0.5}, "stressed_correlation": 0.9}
    named = {"vol": "vols", "shock": "shocks"}
    fields = {named.get(name, name) for name in OutcomeFlags.__dataclass_fields__} - {"method", "confidence"}
    assert fields == set(Stated.__annotations__)
    assert {OutcomeFlags(method=method).method for method in METHODS} == set(METHODS)


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({"jump_mean": ["x"]}, "jump-mean is 'all=x'"),
        ({"mean_reversion": ["BTC=4", "BTC=5"]}, "names each once"),
        ({"shock": ["BTC"]}, "BTC=-0.3"),
        ({"vol": ["BTC=inf"]}, "BTC=0.6"),
    ],
)
def test_numbers_by_factor_are_refused_with_the_form_that_is_right(flags: dict[str, list[str]], said: str) -> None:
    with pytest.raises(InputError, match=said):
        OutcomeFlags(**flags).stated  # noqa: B018 -- reading it checks


def test_volumes_come_by_name_and_from_files_and_each_once(tmp_path: Path) -> None:
    path = tmp_path / "volumes.csv"
    path.write_text("instrument,daily_volume\nBTC-PERPETUAL,5e8\n")
    assert volumes(["BTC=1e9", str(path)]) == {"BTC": 1e9, "BTC-PERPETUAL": 5e8}
    for given, said in [
        (["BTC=x"], "NAME=AMOUNT"),
        (["BTC=-1"], "not below 0"),
        ([str(path), "BTC-PERPETUAL=1"], "once"),
    ]:
        with pytest.raises(InputError, match=said):
            volumes(given)


def test_var_tells_what_closing_costs_in_every_format() -> None:
    words = ("var", "demo", "--account", "calendar", "--count", "2000", "--liquidity", "--volume", "BTC=1e7")
    shown = seawall(*words)
    assert shown.returncode == 0, shown.stderr
    assert "days to" in shown.stdout and "add-on" in shown.stdout
    [row] = json.loads(seawall(*words, "--json").stdout)["value_at_risk"]
    cost = row["spread_cost_usd"] + row["impact_cost_usd"]
    assert row["liquidity_adjusted_value_at_risk_usd"] == pytest.approx(row["value_at_risk_usd"] + cost)
    without = seawall("var", "demo", "--count", "2000", "--liquidity", "--csv")
    assert without.returncode == 3
    rows = list(csv.DictReader(io.StringIO(without.stdout)))
    assert {row["days_to_liquidate"] for row in rows} == {""}
    assert all("no volume of BTC" in row["liquidity_unavailable"] for row in rows)


def test_a_shock_is_a_stress_with_what_follows_from_it() -> None:
    words = ("stress", "demo", "--account", "calendar", "--shock", "BTC=-0.3", "--price-vol-correlation=-0.4")
    shown = seawall(*words)
    assert shown.returncode == 0, shown.stderr
    assert "shocked: BTC -30 %; to be expected with it: BTC vol +" in shown.stdout
    document = json.loads(seawall(*words, "--json").stdout)
    assert [row["scenario"] for row in document["stress"]] == ["BTC -30 %"]
    assert document["notes"][0].startswith("shocked: ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("stress", "demo", "--shock", "BTC=-0.3", "--all"), "your own stated with --shock"),
        (("stress", "demo", "--all", "--vol", "BTC=0.6"), "it is of --shock"),
        (("stress", "demo", "--all", "--stressed-correlation", "0.9"), "it is of --shock"),
        (("stress", "demo", "--shock", "BTC=-1"), "less than 100 %"),
        (("stress", "demo", "--shock", "BTC=-0.3", "--stressed-correlation", "2"), "between -1 and 1"),
        (("var", "demo", "--volume", "BTC=1e9"), "liquidity"),
        (("var", "demo", "--method", "merton"), "--jump-rate 12"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_what_can(words: tuple[str, ...], said: str) -> None:
    done = seawall(*words)
    assert done.returncode == 2
    assert said in " ".join((done.stderr + done.stdout).split())
    assert "Traceback" not in done.stderr

"""Every policy as a source text: each number has its unit, bounds, source and grade, and each set is whole."""

from __future__ import annotations

import tomllib
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from seawall.core.evidence import Grade
from seawall.core.time import NS_PER_DAY, to_ns
from seawall.policy import MarginPolicy, at, catalogue

DATA = Path(str(files("seawall.policy"))) / "data"
IDS = [f"{row.id}/{day}" for row in catalogue() for day in row.dates]
FILES = sorted(DATA.rglob("*.toml"))
HEADS = {"policy", "sources", "rules"}
OUR_KNOBS = {"general.vol_shock_pivot_days", "general.vol_shock_min_days", "general.extended_dampener_basis"}


@pytest.fixture(params=IDS)
def policy(request: pytest.FixtureRequest) -> MarginPolicy:
    return at(request.param)


@pytest.fixture(params=FILES, ids=lambda file: str(file.relative_to(DATA)))
def document(request: pytest.FixtureRequest) -> dict[str, Any]:
    return tomllib.loads(request.param.read_text(encoding="utf-8"))


def test_there_are_policies() -> None:
    assert len(IDS) >= 10


def test_every_file_belongs_to_a_policy_in_the_catalogue() -> None:
    models = {DATA / row.id for row in catalogue()}
    families = {DATA / tomllib.loads((model / "model.toml").read_text())["parameters"] for model in models}
    assert {file.parent for file in FILES} == models | families


def test_every_number_has_a_unit_bounds_a_source_and_a_grade(policy: MarginPolicy) -> None:
    for name, parameter in policy.parameters.items():
        assert parameter.name == name
        assert parameter.unit, name
        assert len(parameter.source) > 10, name
        assert isinstance(parameter.grade, Grade), name
        settings = parameter.value if isinstance(parameter.value, tuple) else (parameter.value,)
        for setting in settings:
            if isinstance(setting, bool):
                assert parameter.unit == "flag", name
            elif isinstance(setting, str):
                assert setting in parameter.choices, name
            else:
                assert parameter.lower is not None, name
                assert parameter.upper is not None, name
                assert parameter.lower <= setting <= parameter.upper, name


def test_every_assumed_number_says_why(policy: MarginPolicy) -> None:
    for name, parameter in policy.parameters.items():
        assert parameter.grade is not Grade.ASSUMED or len(parameter.note) > 10, name


def test_what_is_called_verified_says_against_what(policy: MarginPolicy) -> None:
    model_id = policy.id.rpartition("/")[0]
    against = next(row.verified_against for row in catalogue() if row.id == model_id)
    graded = {**policy.parameters, **policy.rules}
    verified = [name for name, item in graded.items() if item.grade is Grade.VERIFIED]
    assert against or not verified


def test_what_no_venue_publishes_is_not_called_verified(policy: MarginPolicy) -> None:
    for name in OUR_KNOBS & policy.parameters.keys():
        assert policy.parameter(name).grade in (Grade.SECOND_HAND, Grade.ASSUMED), name


def test_every_rule_is_a_sentence_with_a_source(policy: MarginPolicy) -> None:
    assert policy.rules
    for name, rule in policy.rules.items():
        assert rule.name == name
        assert rule.statement.endswith("."), name
        assert len(rule.source) > 10, name


def test_every_policy_has_a_title_and_an_id_that_names_venue_and_model(policy: MarginPolicy) -> None:
    venue, model, day = policy.id.split("/")
    assert policy.title
    assert policy.model == f"{venue}_{model}"
    assert policy.effective_ns == to_ns(date.fromisoformat(day))


def test_at_finds_each_set_from_its_first_instant_until_the_next(policy: MarginPolicy) -> None:
    model_id, _, day = policy.id.rpartition("/")
    assert at(model_id, policy.effective_ns) is policy
    dates = next(row.dates for row in catalogue() if row.id == model_id)
    later = [other for other in dates if other > day]
    last_ns = to_ns(later[0]) - 1 if later else policy.effective_ns + 10_000 * NS_PER_DAY
    assert at(model_id, last_ns) is policy


def test_every_set_is_whole_for_each_name_it_holds(policy: MarginPolicy) -> None:
    """A pair, a currency and a table have all parameters of their family, or, for collateral, the haircut alone."""
    held: dict[str, set[str]] = {}
    for name in policy.parameters:
        group, _, last = name.rpartition(".")
        held.setdefault(group, set()).add(last)
    for group, names in held.items():
        entries = [policy.schema.find(f"{group}.{name}") for name in names]
        kin = {entry.pattern.rpartition(".")[0] for entry in entries if entry is not None} | {group}
        known = {pattern.rpartition(".")[2] for pattern in policy.schema.entries if pattern.rpartition(".")[0] in kin}
        assert names == known or names == {"haircut"}, group


def test_every_source_is_cited_and_every_citation_has_its_source(document: dict[str, Any]) -> None:
    cited: set[str] = set()

    def gather(table: dict[str, Any]) -> None:
        for item in table.values():
            if isinstance(item, dict):
                if isinstance(item.get("source"), str):
                    cited.add(item["source"])
                else:
                    gather(item)

    gather({key: item for key, item in document.items() if key not in {"policy", "sources"}})
    assert cited == set(document.get("sources", {}))

"""The samples of the guide for a new venue are a whole policy: they are read as any other, and obey what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from seawall.core.errors import InputError
from seawall.core.evidence import Grade
from seawall.policy import KINDS, MarginPolicy
from seawall.policy.library import Library, read_library

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "add-a-venue.md"
SAMPLE = re.compile(r"^ *```toml\n *# (?P<name>\S+\.toml)\n(?P<text>.*?)^ *```$", re.MULTILINE | re.DOTALL)
FORMS = {'[market."*".price_range]': '["market.*.price_range"]', '[market."*".vol_moves]': '["market.*.vol_moves"]'}


@pytest.fixture
def samples() -> dict[str, str]:
    return {found["name"]: found["text"] for found in SAMPLE.finditer(GUIDE.read_text(encoding="utf-8"))}


def lay(folder: Path, samples: dict[str, str]) -> Library:
    for name, text in samples.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return read_library(folder)


def read(folder: Path, samples: dict[str, str]) -> MarginPolicy:
    return lay(folder, samples).at("harbour/pm/2026-01-01")


def test_the_four_samples_are_a_policy(samples: dict[str, str], tmp_path: Path) -> None:
    assert {name.rpartition("/")[2] for name in samples} == {
        "schema.toml",
        "rules.toml",
        "model.toml",
        "2026-01-01.toml",
    }
    policy = read(tmp_path, samples)
    assert policy.number("market.btc.price_range") == 0.15
    assert policy.numbers("market.btc.vol_moves") == (-0.25, 0.0, 0.4)
    assert {parameter.grade for parameter in policy.parameters.values()} == {Grade.DOCUMENTED, Grade.ASSUMED}
    assert all(len(item.source) > 10 for item in [*policy.parameters.values(), *policy.rules.values()])
    assert all(rule.statement.endswith(".") for rule in policy.rules.values())


def test_both_forms_of_a_name_with_a_star_say_the_same(samples: dict[str, str], tmp_path: Path) -> None:
    one = read(tmp_path / "one", samples)
    for form, other in FORMS.items():
        assert form in samples["harbour/pm/schema.toml"]
        samples["harbour/pm/schema.toml"] = samples["harbour/pm/schema.toml"].replace(form, other)
    assert read(tmp_path / "other", samples).schema == one.schema


def test_a_star_without_quotes_is_no_toml(samples: dict[str, str], tmp_path: Path) -> None:
    samples["harbour/pm/schema.toml"] = samples["harbour/pm/schema.toml"].replace('"*"', "*")
    with pytest.raises(InputError, match="it is not TOML"):
        read(tmp_path, samples)


@pytest.mark.parametrize("file", ["2026-01-01.toml", "rules.toml"])
def test_a_sample_that_cites_no_source_of_its_file_is_refused(
    file: str, samples: dict[str, str], tmp_path: Path
) -> None:
    name = f"harbour/pm/{file}"
    samples[name] = samples[name].replace("book =", "page =")
    with pytest.raises(InputError, match=r"\[sources\]"):
        read(tmp_path, samples)


def test_the_guide_names_every_kind_of_number_and_of_rule_book() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    for word in (*KINDS, "number", "numbers", "flag", "word", "words"):
        assert f"`{word}`" in text, word


@pytest.mark.parametrize(
    ("kind", "lines", "value"),
    [
        ("flag", 'unit = "flag"', "true"), ("word", 'unit = "word"\nchoices = ["up", "down"]', '"up"'),
        ("words", 'unit = "word"\nchoices = ["up", "down"]', '["up", "down", "up"]'),
        ("number", 'unit = "count"\nmin = 0\nmax = 9', "3"), ("numbers", 'unit = "days"\nmin = 0\nmax = 9', "[3, 4]"),
    ],
)  # fmt: skip
def test_each_kind_of_the_guides_table_is_read(
    kind: str, lines: str, value: str, samples: dict[str, str], tmp_path: Path
) -> None:
    entry = f'\n[extra.setting]\nkind = "{kind}"\n{lines}\ndescription = "One more."\n'
    setting = f'\n[extra]\nsetting = {{ value = {value}, grade = "documented", source = "book" }}\n'
    samples["harbour/pm/schema.toml"] += entry
    samples["harbour/pm/2026-01-01.toml"] += setting
    assert "extra.setting" in read(tmp_path, samples).parameters

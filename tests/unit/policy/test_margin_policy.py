from __future__ import annotations

import pickle

import pytest

from seawall.core.errors import InputError, UnavailableError, UnknownNameError
from seawall.core.evidence import Grade
from seawall.core.time import to_ns
from seawall.policy import MarginPolicy, Parameter
from seawall.policy.library import Library


@pytest.fixture
def policy(library: Library) -> MarginPolicy:
    return library.at("harbour/pm/2024-01-01")


def test_each_kind_of_setting_is_read_as_its_kind(policy: MarginPolicy) -> None:
    assert policy.number("grid.range") == 0.10
    assert isinstance(policy.number("currency.btc.haircut"), float)
    assert policy.numbers("grid.moves") == (-0.5, 1.0)
    assert policy.word("currency.btc.side") == "both"
    assert policy.flag("currency.btc.paused") is False


@pytest.mark.parametrize(
    ("reader", "path"),
    [
        ("number", "currency.btc.side"),
        ("number", "currency.btc.paused"),
        ("number", "grid.moves"),
        ("numbers", "grid.range"),
        ("flag", "grid.range"),
        ("word", "grid.range"),
    ],
)
def test_a_setting_of_another_kind_is_refused(policy: MarginPolicy, reader: str, path: str) -> None:
    with pytest.raises(InputError, match=path):
        getattr(policy, reader)(path)


@pytest.mark.parametrize("path", ["currency.eth.haircut", "grid.width"])
def test_a_missing_value_is_unavailable_and_never_a_default(policy: MarginPolicy, path: str) -> None:
    assert not policy.has(path)
    with pytest.raises(UnavailableError, match=rf"harbour/pm/2024-01-01 has no {path}: no value of it is known"):
        policy.number(path)


def test_a_missing_rule_is_unavailable_and_near_names_are_shown(policy: MarginPolicy) -> None:
    with pytest.raises(UnavailableError, match="no rule 'scann'; nearest: scan"):
        policy.rule("scann")


def test_the_family_knows_paths_that_the_set_has_no_value_for(policy: MarginPolicy) -> None:
    assert policy.knows("currency.eth.haircut")
    assert not policy.knows("currency.eth.haircuts")


def test_evidence_gives_grade_and_citation_of_what_was_used_once_each(policy: MarginPolicy) -> None:
    used = policy.evidence(["grid.range", "currency.btc.haircut", "grid.range"], ["scan"])
    assert [item.subject for item in used] == ["grid.range", "currency.btc.haircut", "rules.scan"]
    assert [item.grade for item in used] == [Grade.VERIFIED, Grade.DOCUMENTED, Grade.VERIFIED]
    assert used[0].source == "The rule book, page 1"


def test_evidence_of_an_unknown_number_is_unavailable(policy: MarginPolicy) -> None:
    with pytest.raises(UnavailableError):
        policy.evidence(["currency.eth.haircut"])


def test_a_changed_number_is_assumed_and_the_id_counts_changes(policy: MarginPolicy) -> None:
    once = policy.with_numbers({"grid.range": 0.2})
    assert once.id == "harbour/pm/2024-01-01 +1 change"
    changed = once.parameter("grid.range")
    assert (changed.value, changed.grade, changed.source) == (0.2, Grade.ASSUMED, "set by the user")
    twice = once.with_numbers({"currency.btc.haircut": 0.1, "grid.range": 0.3})
    assert twice.id == "harbour/pm/2024-01-01 +2 changes"
    assert policy.number("grid.range") == 0.10


def test_setting_a_number_to_what_it_is_changes_nothing(policy: MarginPolicy) -> None:
    assert policy.with_numbers({"grid.range": 0.10}) is policy


def test_words_flags_and_lists_can_be_changed_too(policy: MarginPolicy) -> None:
    changed = policy.with_numbers({"currency.btc.side": "none", "currency.btc.paused": True, "grid.moves": [-0.6, 2]})
    assert changed.word("currency.btc.side") == "none"
    assert changed.flag("currency.btc.paused")
    assert changed.numbers("grid.moves") == (-0.6, 2.0)


@pytest.mark.parametrize(
    ("path", "setting", "rule"),
    [
        ("grid.range", 0.6, "from 0 to 0.5"),
        ("grid.range", -0.1, "from 0 to 0.5"),
        ("grid.range", float("nan"), "from 0 to 0.5"),
        ("grid.range", float("inf"), "from 0 to 0.5"),
        ("grid.range", "wide", "it is a number"),
        ("grid.range", True, "it is a number"),
        ("grid.moves", [0.1, 6.0], "from -0.9 to 5"),
        ("grid.moves", [], "list of numbers"),
        ("grid.moves", 0.1, "list of numbers"),
        ("currency.btc.side", "left", "one of none, both"),
        ("currency.btc.paused", 1, "true or false"),
    ],
)
def test_a_change_out_of_bounds_or_of_another_kind_is_refused(
    policy: MarginPolicy, path: str, setting: object, rule: str
) -> None:
    with pytest.raises(InputError, match=rule) as caught:
        policy.with_numbers({path: setting})
    assert caught.value.problems[0].field == path


def test_bounds_are_inclusive(policy: MarginPolicy) -> None:
    assert policy.with_numbers({"grid.range": 0.5}).number("grid.range") == 0.5
    assert policy.with_numbers({"grid.range": 0}).number("grid.range") == 0.0


def test_an_unknown_path_is_refused_with_near_names_and_all_problems_at_once(policy: MarginPolicy) -> None:
    with pytest.raises(UnknownNameError, match=r"grid.rnge is 0.2; no such parameter; nearest: grid.range") as caught:
        policy.with_numbers({"grid.rnge": 0.2, "grid.range": 9.0})
    assert [problem.field for problem in caught.value.problems] == ["grid.rnge", "grid.range"]


def test_a_what_if_does_not_add_a_number_that_the_policy_lacks(policy: MarginPolicy) -> None:
    with pytest.raises(UnknownNameError):
        policy.with_numbers({"currency.eth.haircut": 0.1})


def test_settings_read_elsewhere_make_a_policy_with_the_kind_units_and_rules_of_another(policy: MarginPolicy) -> None:
    read = MarginPolicy.of(
        "harbour/pm/response",
        {"grid.range": 0.15, "currency.eth.haircut": 0.02},
        like=policy,
        source="the venue's response",
        effective="2024-03-05T06:07:08Z",
    )
    assert (read.id, read.model) == ("harbour/pm/response", "harbour_pm")
    assert read.effective_ns == to_ns("2024-03-05T06:07:08Z")
    stated = read.parameter("currency.eth.haircut")
    assert (stated.value, stated.unit, stated.upper) == (0.02, "ratio", 1.0)
    assert (stated.grade, stated.source) == (Grade.DOCUMENTED, "the venue's response")
    assert read.parameter("currency.btc.haircut") == policy.parameter("currency.btc.haircut")
    assert read.rules == policy.rules


def test_settings_read_elsewhere_are_checked_against_the_schema(policy: MarginPolicy) -> None:
    with pytest.raises(UnknownNameError, match=r"grid.width.*\n.*currency.eth.haircut is 2"):
        MarginPolicy.of("x", {"grid.width": 1.0, "currency.eth.haircut": 2.0}, like=policy, source="response")


def test_the_digest_names_the_content(policy: MarginPolicy, library: Library) -> None:
    changed = policy.with_numbers({"grid.range": 0.2})
    other = policy.with_numbers({"grid.range": 0.21})
    assert changed.id == other.id
    assert len({policy.digest, changed.digest, other.digest, library.at("harbour/pm/2025-06-01").digest}) == 4
    assert policy.with_numbers({"grid.range": 0.2}).digest == changed.digest


def test_a_policy_survives_pickling(policy: MarginPolicy) -> None:
    assert pickle.loads(pickle.dumps(policy)) == policy


def test_a_policy_built_by_hand_checks_changes_against_the_bounds_of_its_parameters() -> None:
    parameters = [
        Parameter("a.rate", 0.1, "ratio", 0.0, 1.0),
        Parameter("a.size", 5.0, "usd"),
        Parameter("a.side", "up", "word", choices=("up", "down")),
    ]
    policy = MarginPolicy("by/hand", "m", 0, "t", {item.name: item for item in parameters}, {})
    assert policy.with_numbers({"a.rate": 0.2, "a.size": -1e9, "a.side": "down"}).number("a.size") == -1e9
    for path, setting in (("a.rate", 1.1), ("a.size", float("inf")), ("a.side", "left")):
        with pytest.raises(InputError, match=path):
            policy.with_numbers({path: setting})

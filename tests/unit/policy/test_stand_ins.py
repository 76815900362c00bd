"""One asset's numbers lent to another, and lists of words."""

from __future__ import annotations

import pytest

from seawall.core.errors import InputError
from seawall.core.evidence import Grade
from seawall.policy import at
from seawall.policy.schema import parse_schema

POLICY = at("deribit/x_sm/2022-01-11")


def test_a_stand_in_lends_every_number_and_says_so() -> None:
    lent = POLICY.with_stand_ins({"XRP": "SOL"})
    for name in ("initial_base", "maintenance_base", "increment_per_coin"):
        parameter = lent.parameter(f"future.xrp.{name}")
        assert parameter.value == POLICY.number(f"future.sol.{name}")
        assert parameter.grade is Grade.ASSUMED
        assert "XRP takes the numbers of SOL" in parameter.source
    assert lent.id == f"{POLICY.id} XRP as SOL"
    assert lent.digest != POLICY.digest


def test_a_policy_keeps_its_own_numbers() -> None:
    lent = POLICY.with_stand_ins({"SOL": "BTC"})
    assert lent.number("future.sol.initial_base") == POLICY.number("future.sol.initial_base")
    assert lent.number("option.sol.initial_base") == POLICY.number("option.btc.initial_base")


def test_nothing_to_lend_changes_nothing() -> None:
    assert POLICY.with_stand_ins({}) is POLICY
    assert POLICY.with_stand_ins({"BTC": "ETH"}).id == POLICY.id


def test_an_asset_without_numbers_lends_none() -> None:
    with pytest.raises(InputError, match="no number for it"):
        POLICY.with_stand_ins({"XRP": "DOGE"})


def test_a_list_of_words_is_checked_word_by_word() -> None:
    entry = {"kind": "words", "unit": "word", "choices": ["up", "down"], "description": "what moves"}
    schema, problems = parse_schema({"general": {"moves": entry}}, where="here")
    assert problems == []
    found = schema.find("general.moves")
    assert found is not None
    assert found.setting(["up", "down", "up"]) == ("up", "down", "up")
    for bad in (["sideways"], [], "up", [1.0]):
        with pytest.raises(ValueError, match="each one of up, down"):
            found.setting(bad)

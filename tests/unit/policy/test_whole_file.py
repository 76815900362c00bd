"""A policy in one file: it comes back as it was, and what is wrong with a file is told by name."""

from __future__ import annotations

import pytest

from seawall.core.errors import InputError
from seawall.policy import MarginPolicy, at, catalogue, policy_text, read_policy

IDS = [f"{row.id}/{day}" for row in catalogue() for day in row.dates]
MINE = at("house/tail/2026-01-01")


@pytest.mark.parametrize("policy_id", IDS)
def test_every_bundled_policy_comes_back_whole(policy_id: str) -> None:
    policy = at(policy_id)
    again = read_policy(policy_text(policy))
    assert again == policy and again.digest == policy.digest and again.schema == policy.schema


def test_numbers_come_back_to_the_last_digit_and_texts_with_every_sign() -> None:
    moves = tuple(1.0 / (3.0 + k) - 0.5 for k in range(1000))
    policy = MarginPolicy.of(
        'mine "quoted" \\ ü \x7f', {"outcomes.btc.current_price_moves": moves, "general.multiplier": 0.1 + 0.2},
        like=MINE, source='a "source" = [it]', effective=1_785_607_084_320_127_001, notes="two\n\nparagraphs",
    ).with_numbers({"general.confidence": 0.9999}).with_stand_ins({"1000X Y": "ETH"})  # fmt: skip
    again = read_policy(policy_text(policy))
    assert again == policy and again.digest == policy.digest
    assert again.numbers("outcomes.btc.current_price_moves") == moves and again.has("market.1000x y.annual_vol")


def text_with(old: str, new: str) -> str:
    text = policy_text(MINE)
    assert old in text
    return text.replace(old, new, 1)


@pytest.mark.parametrize(("old", "new", "told"), [
    ('model = "house_tail"', 'model = "house_tale"', "policy.model is 'house_tale'; it is a model of a bundled policy"),
    ('effective = "2026-01-01T00:00:00Z"', 'effective = "someday"', "policy.effective is 'someday'"),
    ('effective = "2026-01-01T00:00:00Z"', "", "policy.effective is missing"),
    ('effective = "2026-01-01T00:00:00Z"', f"effective = {10**30}", "in 64 bits"),
    ('effective = "2026-01-01T00:00:00Z"', "effective = [1]", "policy.effective is '[1]'"),
    ("[policy]", "[policy]\ncolour = 3", "policy.colour is '3'; [policy] has only id, model, effective, title, notes"),
    ('id = "house/tail/2026-01-01"', "", "policy.id is"),
    ("multiplier = { value = 1.5", "multiplier = { value = 11.0", "general.multiplier is 11.0; it is from 0 to 10"),
    ("multiplier = {", "multiplied = {", "general.multiplied is 1.5; schema.toml has no such parameter"),
    ('grade = "assumed", source = "s1"', 'grade = "sure", source = "s1"', "grade is 'sure'"),
    ('s1 = "A choice', 's99 = "A choice', "is 's1'; it is a key of [sources] in the same file"),
    ("[sources]", "[sources", "it is not TOML"),
])  # fmt: skip
def test_what_is_wrong_with_a_file_is_told_by_name(old: str, new: str, told: str) -> None:
    with pytest.raises(InputError) as refused:
        read_policy(text_with(old, new), where="mine.toml")
    assert told in str(refused.value)

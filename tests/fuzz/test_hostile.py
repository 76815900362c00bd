"""Whatever bytes come, a decoder gives a valid result or a refusal that can be read, in time by their length.

What valid and readable mean is in `checks`; `attempt` raises where one of them is not so.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.instruments import Instrument
from seawall.market import MarketSnapshot
from seawall.portfolio import Book
from seawall.venues.catalogue import VENUES
from seawall.venues.reply import MarginReply
from seawall.venues.venue import Venue
from tests.fuzz import hostile
from tests.fuzz.checks import rows_of
from tests.fuzz.documents import changed, documents, parsed
from tests.fuzz.targets import Target, targets
from tests.fuzz.venue_seeds import SEEDS

TARGETS = {target.name: target for target in targets()}
JSON_TARGETS = {name: target for name, target in TARGETS.items() if parsed(target.seeds[0]) is not None}
MUTATIONS_COUNT = 150
"""Changed inputs for each decoder; `make fuzz` makes more of them."""

every_decoder = pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
every_json_decoder = pytest.mark.parametrize("target", JSON_TARGETS.values(), ids=JSON_TARGETS)


def _attempt_all(target: Target, contents: Iterable[bytes]) -> None:
    for content in contents:
        try:
            target.attempt(content)
        except BaseException as error:
            error.add_note(f"{target.name}, {len(content)} bytes: {content[:2_000]!r}")
            raise


def test_every_venue_of_the_catalogue_has_seeds() -> None:
    assert set(VENUES) <= set(SEEDS)
    for name, venue in VENUES.items():
        seeds = SEEDS[name]
        assert seeds.names and seeds.snapshots() and seeds.accounts(), name
        assert bool(seeds.replies()) == (venue.read_reply is not None), name


@pytest.mark.parametrize("name", VENUES)
def test_an_answer_is_read_by_the_venue_that_gave_it_and_by_none_before(name: str) -> None:
    seeds = SEEDS[name]
    for content in seeds.snapshots():
        assert next(other for other, venue in VENUES.items() if venue.is_snapshot(content)) == name
    for content in seeds.accounts():
        readers = (other for other, venue in VENUES.items() if _book(venue, content) is not None)
        assert next(readers) == name
    for content in seeds.replies():
        assert [other for other, venue in VENUES.items() if _reply(venue, content) is not None] == [name]


def _book(venue: Venue, content: bytes) -> Book | None:
    return venue.read_account(json.loads(content), origin="fuzz", account=None)


def _reply(venue: Venue, content: bytes) -> MarginReply | None:
    return None if venue.read_reply is None else venue.read_reply(json.loads(content), origin="fuzz")


@every_decoder
def test_every_seed_is_taken(target: Target) -> None:
    assert [seed for seed in target.seeds if not target.attempt(seed)] == []


@every_decoder
def test_short_hostile_inputs_are_refused_in_words(target: Target) -> None:
    _attempt_all(target, hostile.SMALL)
    for seed in target.seeds:
        _attempt_all(target, hostile.around(seed))


@every_decoder
def test_a_changed_seed_is_taken_or_refused_in_words(target: Target) -> None:
    _attempt_all(target, (target.mutated(Random(number)) for number in range(MUTATIONS_COUNT)))


@every_decoder
def test_time_grows_with_length_and_no_faster(target: Target) -> None:
    _attempt_all(target, hostile.large())


@every_json_decoder
def test_what_is_nested_too_deep_is_refused_in_words(target: Target) -> None:
    _attempt_all(target, hostile.nested(target.seeds[0]))


@every_json_decoder
def test_long_texts_and_long_lists_take_time_by_their_length(target: Target) -> None:
    _attempt_all(target, hostile.stretched(target.seeds[0]))
    for seed in target.seeds[:2]:
        _attempt_all(target, hostile.multiplied(seed))


@every_json_decoder
def test_a_number_that_is_not_finite_is_refused_or_read_by_nobody(target: Target) -> None:
    for seed in target.seeds:
        clean = _facts(target.taken(seed))
        for key, content in hostile.poisoned(seed):
            taken = target.taken(content)
            assert taken is None or _facts(taken) == clean, f"{key} is not finite, and became something: {content!r}"


@every_decoder
def test_any_bytes_are_taken_or_refused_in_words(target: Target) -> None:
    @settings(max_examples=25)
    @given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
    def attempt(content: bytes) -> None:
        target.attempt(content)

    attempt()


@every_json_decoder
def test_any_document_of_its_own_words_is_taken_or_refused_in_words(target: Target) -> None:
    @settings(max_examples=25)
    @given(documents(target.seeds))
    def attempt(content: bytes) -> None:
        target.attempt(content)

    attempt()


@every_json_decoder
def test_a_seed_with_anything_in_one_place_is_taken_or_refused_in_words(target: Target) -> None:
    @settings(max_examples=30)
    @given(changed([seed for seed in target.seeds if parsed(seed) is not None]))
    def attempt(content: bytes) -> None:
        target.attempt(content)

    attempt()


def _facts(taken: Any) -> object:
    """Return what was read, without the names of accounts: any text can be one, `NaN` too."""
    if isinstance(taken, MarketSnapshot):
        return taken.digest
    if isinstance(taken, Book):
        return sorted(repr(row | {"account": None}) for row in rows_of(taken))
    if isinstance(taken, MarginReply):
        return _facts(taken.snapshot), _facts(taken.book), taken.policy.digest, dict(taken.stated)
    assert isinstance(taken, Instrument), type(taken)
    return taken

"""A venue's JSON that is given where another is meant: the message says what it is, and what reads it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import seawall as sw
from seawall.core.errors import InputError
from seawall.venues.catalogue import VENUES
from tests.fuzz.venue_seeds import SEEDS

TITLES = {"deribit": "Deribit", "okx": "OKX", "bybit": "Bybit", "binance": "Binance", "derive": "Derive"}
REPLIES = [(name, content) for name in VENUES for content in SEEDS[name].replies()]
ALONE = [(name, content) for name, content in REPLIES if name != "binance"]
"""Binance's totals stand beside the answers of a book, and are read as one too."""


def accounts_of(venue: str) -> list[bytes]:
    """Return answers of accounts that are no margin answers as well."""
    read_reply = VENUES[venue].read_reply
    seeds = SEEDS[venue].accounts()
    return [seed for seed in seeds if read_reply is None or read_reply(json.loads(seed), origin="") is None]


def message_of(read: Callable[[Any], object], source: Any) -> str:
    with pytest.raises(InputError) as caught:
        read(source)
    return str(caught.value)


@pytest.mark.parametrize(("venue", "content"), ALONE)
@pytest.mark.parametrize("parsed", [False, True])
def test_a_margin_answer_is_told_where_a_book_is_meant(venue: str, content: bytes, parsed: bool) -> None:
    said = message_of(sw.load_book, json.loads(content) if parsed else content)
    assert said == (
        f"book: JSON is {TITLES[venue]}'s margin answer; it is no account: `seawall reconcile FILE` and `sw.reconcile` "
        "compute a margin answer again"
    )


@pytest.mark.parametrize(("venue", "content"), REPLIES)
@pytest.mark.parametrize("parsed", [False, True])
def test_a_margin_answer_is_told_where_a_market_is_meant(venue: str, content: bytes, parsed: bool) -> None:
    said = message_of(sw.load_snapshot, json.loads(content) if parsed else content)
    assert said.startswith(f"snapshot: JSON is {TITLES[venue]}'s margin answer; it is no market: `seawall reconcile")


@pytest.mark.parametrize("venue", VENUES)
def test_a_market_and_an_account_are_told_where_the_other_is_meant(venue: str) -> None:
    for content in SEEDS[venue].snapshots():
        said = message_of(sw.load_book, content)
        assert f"JSON is {TITLES[venue]}'s public answers; it is no account: `--snapshot FILE`" in said
    for content in accounts_of(venue):
        if not VENUES[venue].is_snapshot(content):
            said = message_of(sw.load_snapshot, content)
            assert f"JSON is {TITLES[venue]}'s account answers; it is no market: `seawall margin FILE`" in said


@pytest.mark.parametrize("venue", VENUES)
def test_what_is_no_margin_answer_is_told_where_one_is_meant(venue: str) -> None:
    said = message_of(sw.reconcile, SEEDS[venue].snapshots()[0])
    assert "public answers; it is no margin answer: `--snapshot FILE`" in said
    said = message_of(sw.reconcile, accounts_of(venue)[0])
    assert "account answers; it is no margin answer: `seawall margin FILE`" in said


def test_a_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "answer.json"
    file.write_bytes(ALONE[0][1])
    assert message_of(sw.load_book, file).startswith("answer.json: JSON is ")


def test_what_no_venue_knows_is_refused_as_before() -> None:
    assert "size is" in message_of(sw.load_book, [{"instrument": "BTC-PERPETUAL", "size": ""}])
    assert "a snapshot in JSON is a venue's public answers" in message_of(sw.load_snapshot, b'{"a": 1}')


@pytest.mark.parametrize("venue", VENUES)
def test_a_parsed_market_is_taken_as_its_bytes_are(venue: str) -> None:
    for content in SEEDS[venue].snapshots():
        assert sw.load_snapshot(json.loads(content)).digest == sw.load_snapshot(content).digest


@pytest.mark.parametrize("source", [{"a": {1, 2}}, {("a", "b"): 1}, {"a": object()}])
def test_a_mapping_that_is_no_json_is_refused(source: Any) -> None:
    assert "it is a venue's JSON" in message_of(sw.load_snapshot, source)


PAGES = Path(__file__).parents[3] / "docs"


def keys_of(page: str, venue: str, column: int) -> list[str]:
    """Return the keys that a page's table under `A venue's own JSON` names for a venue, in one of its columns."""
    section = (PAGES / page).read_text(encoding="utf-8").split("## A venue's own JSON")[1].split("\n## ")[0]
    [row] = [line for line in section.splitlines() if line.startswith(f"| {TITLES[venue]} |")]
    return re.findall("`([^`]+)`", row.split("|")[column])


@pytest.mark.parametrize("venue", VENUES)
def test_the_keys_that_the_pages_list_are_those_of_answers_that_are_read(venue: str) -> None:
    for page, seeds in (("snapshots.md", SEEDS[venue].snapshots()), ("books.md", SEEDS[venue].accounts())):
        held = [key for seed in seeds for key in json.loads(seed) if isinstance(json.loads(seed), dict)]
        listed = keys_of(page, venue, 2)
        assert listed, (page, venue)
        bare = [key.partition("?")[0] for key in listed]
        named = any(any(key in text for key in bare) for text in held)
        # Derive's seeds of accounts are bare answers, which need no key.
        assert named or (page, venue) == ("books.md", "derive"), (page, venue, held)

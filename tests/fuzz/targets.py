"""Every way in for bytes that somebody else wrote, by name: ours, and those of every venue of the catalogue.

A target reads bytes and checks what it took. An InputError is a refusal, and from a venue's answer a VenueError is one
too, for the venue can answer with an error of its own. Whatever else comes out is a finding.
"""

from __future__ import annotations

import signal
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any

from seawall.api.books import load_book
from seawall.api.snapshots import load_snapshot
from seawall.core.errors import InputError, VenueError
from seawall.market.codec import VERSION, decode
from seawall.policy import read_policy
from seawall.policy.reading import read_dated, read_model, read_rules, read_schema
from seawall.portfolio.findings import Findings
from seawall.portfolio.json_form import parsed_json
from seawall.portfolio.trades import parse_trades
from seawall.venues.catalogue import VENUES
from seawall.venues.cme import read_spn
from seawall.venues.listed import read_listed
from seawall.venues.venue import Venue
from tests.fuzz import corpus
from tests.fuzz.checks import (
    check_book,
    check_file,
    check_instrument,
    check_parameter_file,
    check_policy_part,
    check_refusal,
    check_reply,
    check_snapshot,
    check_trades,
    check_whole_policy,
)
from tests.fuzz.mutate import (
    Mutator,
    as_text,
    mutated_body,
    mutated_bytes,
    mutated_csv,
    mutated_json,
    mutated_name,
    mutated_toml,
    mutated_xml,
)
from tests.fuzz.venue_seeds import SEEDS, STRANGER, seeds_of
from tests.unit.market.test_codec import body_of, sealed

CPU_SECONDS = 3.0
"""Processor time that one input may take; the longest takes a tenth of that."""
LONGEST_INPUT = 1 << 16
"""Bytes; what takes time or memory out of proportion shows it within these."""


class TooSlowError(BaseException):
    """An input took too long. No `except Exception` of a decoder may swallow it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One way in.

    Attributes
    ----------
    name
        As `deribit/snapshot`.
    read
        The decoder: None where the bytes are not for it, InputError where they are and are refused.
    check
        What has to hold of what it returned.
    mutate
        How inputs of its form are changed.
    seeds
        Inputs that it takes.
    strangers
        Inputs of which nothing is promised.
    """

    name: str
    read: Callable[[bytes], Any]
    check: Callable[[Any], None]
    mutate: Mutator
    seeds: Sequence[bytes]
    strangers: Sequence[bytes] = ()

    def attempt(self, content: bytes) -> bool:
        """Return whether some bytes are taken; whatever is raised is a finding."""
        return self.taken(content) is not None

    def taken(self, content: bytes) -> Any:
        """Return what some bytes are read as, checked; None where they are refused. A warning is a finding."""
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                with limited(CPU_SECONDS):
                    made = self.read(content)
            except (InputError, VenueError) as error:
                check_refusal(error)
                return None
            if made is not None:
                self.check(made)
            return made

    def mutated(self, rng: Random) -> bytes:
        """Return one of the seeds, or of the strangers, with some changes."""
        return self.mutate(rng.choice([*self.seeds, *self.strangers]), rng)[:LONGEST_INPUT]


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise TooSlowError where the block takes more processor time than this; only in the main thread."""

    def stop(*_: object) -> None:
        raise TooSlowError(f"it took more than {seconds:g} s of processor time")

    before, started = signal.signal(signal.SIGVTALRM, stop), time.process_time()
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
        spent = time.process_time() - started
        if spent > seconds:  # inside one call to C, where no signal is heard
            raise TooSlowError(f"it took {spent:.1f} s of processor time")
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0.0)
        signal.signal(signal.SIGVTALRM, before)


def targets() -> Sequence[Target]:
    """Return all targets, ours first."""
    return [*_own(), *(target for venue in VENUES.values() for target in _of_venue(venue))]


def _own() -> Iterator[Target]:
    any_book = partial(check_book, parse=None)
    answers = [answer for seeds in SEEDS.values() for answer in seeds.accounts()]
    yield Target(
        name="book/csv", read=partial(load_book, account=None), check=any_book, mutate=mutated_csv, seeds=corpus.CSV,
    )  # fmt: skip
    yield Target(
        name="book/json", read=load_book, check=any_book, mutate=mutated_json, seeds=corpus.JSON, strangers=answers,
    )  # fmt: skip
    yield Target(
        name="book/any-name", read=partial(load_book, name_rule=None), check=any_book, mutate=mutated_json,
        seeds=corpus.JSON,
    )  # fmt: skip
    yield Target(
        name="book/in-a-market", read=lambda content: load_book(content, snapshot=corpus.market()), check=any_book,
        mutate=mutated_json, seeds=corpus.JSON[2:], strangers=(*corpus.JSON[:2], *answers),
    )  # fmt: skip
    yield Target(
        name="trade", read=lambda content: parse_trades([as_text(content)]),
        check=check_trades, mutate=mutated_name, seeds=corpus.TRADES,
    )  # fmt: skip
    yield from _policies()
    files = corpus.snapshot_files()
    answered = [answer for name in VENUES if name in SEEDS for answer in SEEDS[name].snapshots()]
    yield Target(name="snapshot/file", read=decode, check=check_file, mutate=mutated_bytes, seeds=files[:1])
    yield Target(
        name="snapshot/sealed", read=lambda body: decode(sealed(body, version=VERSION)), check=check_file,
        mutate=mutated_body, seeds=[body_of(files[0])],
    )  # fmt: skip
    yield Target(
        name="snapshot/any", read=partial(load_snapshot, derive=False), check=check_file, mutate=mutated_bytes,
        seeds=[*files, *answered],
    )  # fmt: skip
    yield Target(
        name="snapshot/span", read=partial(read_spn, name="fuzz"), check=check_parameter_file, mutate=mutated_xml,
        seeds=corpus.span_files(),
    )  # fmt: skip
    yield Target(
        name="snapshot/listed", read=partial(read_listed, name="fuzz"),
        check=partial(check_snapshot, may_be_empty=True), mutate=mutated_json, seeds=[corpus.LISTED],
    )  # fmt: skip
    yield Target(
        name="snapshot/completed", read=_completed, check=check_snapshot, mutate=mutated_json, seeds=answered,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _File:
    """A file of a policy folder that is only its name and its content."""

    content: bytes
    name: str = f"{corpus.POLICY_DAY}.toml"

    def read_text(self, encoding: str) -> str:
        return self.content.decode(encoding)


def _policies() -> Iterator[Target]:
    """Yield the files of a policy folder of one's own."""
    seeds = corpus.POLICY
    schema = read_schema(_File(seeds["schema"]), where="schema.toml")  # type: ignore[arg-type]  # all that is asked of it
    reads: dict[str, Callable[[Any], object]] = {
        "schema": partial(read_schema, where="fuzz"), "dated": lambda file: read_dated(file, schema, where="fuzz"),
        "rules": partial(read_rules, where="fuzz"), "model": partial(read_model, where="fuzz"),
    }  # fmt: skip
    for part, read in reads.items():
        yield Target(
            name=f"policy/{part}", read=lambda content, read=read: read(_File(content)), check=check_policy_part,
            mutate=mutated_toml, seeds=[seeds[part]],
        )  # fmt: skip
    yield Target(
        name="policy/whole", read=lambda content: read_policy(content.decode(errors="replace")),
        check=check_whole_policy, mutate=mutated_toml, seeds=[corpus.whole_policy()],
    )  # fmt: skip


def _completed(content: bytes) -> object:
    """Return a venue's snapshot with its gaps filled, as users get it."""
    return load_snapshot(content)


def _of_venue(venue: Venue) -> Iterator[Target]:
    shapes, seeds = corpus.shapes(venue.name), seeds_of(venue.name)
    yield Target(
        name=f"{venue.name}/name", read=lambda content: venue.parse(as_text(content)),
        check=check_instrument, mutate=mutated_name, seeds=[name.encode() for name in seeds.names],
    )  # fmt: skip
    yield Target(
        name=f"{venue.name}/snapshot", read=partial(venue.read_snapshot, name="fuzz"), check=check_snapshot,
        mutate=mutated_json, seeds=seeds.snapshots(), strangers=shapes,
    )  # fmt: skip
    yield Target(
        name=f"{venue.name}/account",
        read=lambda content: venue.read_account(_document(content), origin="fuzz", account=None),
        check=partial(check_book, parse=venue.parse), mutate=mutated_json, seeds=seeds.accounts(),
        strangers=shapes,
    )  # fmt: skip
    if (read_reply := venue.read_reply) is not None:
        yield Target(
            name=f"{venue.name}/reply", read=lambda content: read_reply(_document(content), origin="fuzz"),
            check=partial(check_reply, parse=venue.parse), mutate=mutated_json,
            seeds=seeds.replies() or STRANGER.replies(), strangers=shapes,
        )  # fmt: skip


def _document(content: bytes) -> object:
    """Return parsed JSON as `load_book` hands it to the venues."""
    findings = Findings("fuzz")
    document = parsed_json(content, findings)
    findings.raise_any()
    return document

"""What the house asks of a venue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

from seawall.market import MarketSnapshot
from seawall.portfolio import Book, NameParser
from seawall.venues.reply import MarginReply


class SnapshotReader(Protocol):
    """Reads a file of public answers."""

    def __call__(self, content: bytes, *, name: str) -> MarketSnapshot:
        """Return the snapshot under the given name; InputError with every problem."""
        ...


class ArchiveReader(Protocol):
    """Reads a table of recorded chains."""

    def __call__(self, path: Path, *, currency: str, day: date | str | None) -> Sequence[MarketSnapshot]:
        """Return the chains of one currency, perhaps of one day, oldest first."""
        ...


class AccountReader(Protocol):
    """Reads private answers."""

    def __call__(self, document: object, *, origin: str, account: str | None) -> Book | None:
        """Return the book that parsed JSON states; None where it is no private answer of this venue.

        `origin` names the source in messages. `account` is what to call the account, by default what the venue does.
        """
        ...


class ReplyReader(Protocol):
    """Reads a margin answer."""

    def __call__(self, document: object, *, origin: str) -> MarginReply | None:
        """Return what parsed JSON from `origin` states; None where it is no margin answer of this venue."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Venue:
    """One venue's ways in. What is heavy is imported inside the functions: every command loads the catalogue.

    Attributes
    ----------
    name
        As in the catalogue and in `MarketSnapshot.venue`.
    parse
        Its grammar of instrument names.
    snapshot_form
        What a file of its public answers looks like, in words for an error message.
    is_snapshot
        Tells such a file by its bytes, without decoding them.
    read_snapshot, read_account
        Read its public and its private answers.
    read_archive
        Reads a table of its recorded chains; None where there is no such table.
    read_reply
        Reads its answers to "what is the margin of this book?"; None where it gives no such answers.
    """

    name: str
    parse: NameParser
    snapshot_form: str
    is_snapshot: Callable[[bytes], bool]
    read_snapshot: SnapshotReader
    read_account: AccountReader
    read_archive: ArchiveReader | None = None
    read_reply: ReplyReader | None = None

"""`load_snapshot`: a bundled snapshot, our own format, a venue's JSON, a SPAN file, or a day of a Parquet archive."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Mapping
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any, TypeAlias
from zlib import error as ZlibError  # noqa: N812  # a class, whatever zlib calls it

import numpy as np

from seawall.api.other_kinds import MARKET, other_kind
from seawall.core.errors import InputError, Problem, UnknownNameError
from seawall.instruments import Kind
from seawall.market import MarketSnapshot
from seawall.market.codec import decode
from seawall.market.listed_prices import complete_listed
from seawall.market.stable_coins import STABLE_ASSETS
from seawall.portfolio import NameParser
from seawall.portfolio.findings import SHOWN_CHARACTERS_COUNT, Findings
from seawall.portfolio.json_form import parsed_json
from seawall.venues.catalogue import VENUES
from seawall.venues.listed import is_listed, read_listed

SnapshotSource: TypeAlias = MarketSnapshot | str | Path | bytes | Mapping[str, Any]

SUFFIX = ".seawall"
ARCHIVE_SUFFIX = ".parquet"
DEFAULT_SNAPSHOT = "deribit-btc-2026-08-01"
MAX_UNZIPPED_BYTES = 1 << 29
"""A venue's whole chain is a few megabytes of JSON; what unpacks to more than this is no snapshot."""
_GZIP_MAGIC = b"\x1f\x8b"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_RULE = "a snapshot is a bundled name, a path, bytes of a file, a venue's parsed JSON, or a MarketSnapshot"


def bundled_snapshots() -> tuple[str, ...]:
    """Return the names of the snapshots that come with the package."""
    folder = resources.files("seawall.data") / "snapshots"
    return tuple(sorted(entry.name.removesuffix(SUFFIX) for entry in folder.iterdir() if entry.name.endswith(SUFFIX)))


def load_snapshot(
    source: SnapshotSource, *, currency: str = "BTC", day: date | str | None = None, derive: bool = True
) -> MarketSnapshot:
    """Return a market snapshot.

    Parameters
    ----------
    source
        The name of a bundled snapshot; a path to a file in our format (`.seawall`) or to public answers of Deribit,
        OKX, Bybit, Binance or Derive (`.json`, `.json.gz`: one object whose keys name the answers, as docs/snapshots.md
        lists them), to stocks and their options as we write them, or to a clearing house's SPAN parameter file (`.spn`,
        XML); bytes of any of these; that JSON parsed; a path to an archive of daily chains (`.parquet`, needs
        `seawall[frames]`); or a snapshot, which comes back as it is.
    currency, day
        Which chain of an archive, the last of that day; of the last day where none is named.
    derive
        Fill what a file's chain lacks from what it has: index from the perpetual, forwards from futures or put-call
        parity, volatilities from fitted smiles, marks from those. What is filled is marked as derived, and the
        snapshot's notes say how; what was observed is never touched.

    Raises
    ------
    UnknownNameError
        When it is neither a bundled name nor a file.
    InputError
        When it is something else, or the file can't be read as a snapshot.

    Examples
    --------
    >>> import seawall as sw
    >>> snapshot = sw.load_snapshot("deribit-btc-2026-08-01")
    >>> len(snapshot), snapshot.venue
    (882, 'deribit')
    """
    if isinstance(source, MarketSnapshot):
        return source
    if isinstance(source, bytes | bytearray):
        return _completed(_read(bytes(source), name="snapshot"), derive=derive)
    if isinstance(source, Mapping):
        return _completed(_of_json(_json_bytes(source), name="snapshot"), derive=derive)
    if not isinstance(source, str | Path):
        raise InputError(Problem("snapshot", type(source).__name__, _RULE))
    if str(source) in bundled_snapshots():
        return decode((resources.files("seawall.data") / "snapshots" / f"{source}{SUFFIX}").read_bytes())
    path = Path(source)
    try:
        if not path.is_file():
            known = ", ".join(bundled_snapshots())
            rule = f"it is a file, or one of the bundled: {known}"
            raise UnknownNameError(Problem("snapshot", str(source)[:200], rule))
        if path.suffix == ARCHIVE_SUFFIX:
            return _completed(_newest(path, currency=currency, day=day), derive=derive)
        content = path.read_bytes()
    except OSError as error:
        rule = f"a snapshot's file can be read: {error}"[:300]
        raise InputError(Problem("snapshot", str(source)[:200], rule)) from None
    return _completed(_read(content, name=path.name.split(".")[0]), derive=derive)


def grammar_of(snapshot: MarketSnapshot) -> NameParser | None:
    """Return the grammar of names of a snapshot's venue; None where the catalogue does not list the venue."""
    venue = VENUES.get(snapshot.venue)
    return None if venue is None else venue.parse


def _newest(path: Path, *, currency: str, day: date | str | None) -> MarketSnapshot:
    # A table does not name its venue: the second venue with archives brings a way to say which is meant.
    [read] = [venue.read_archive for venue in VENUES.values() if venue.read_archive is not None]
    return read(path, currency=currency, day=day)[-1]


def _completed(snapshot: MarketSnapshot, *, derive: bool) -> MarketSnapshot:
    if snapshot.span is not None:  # its rule reads risk arrays and no price
        return snapshot
    if snapshot.listed is not None:
        return complete_listed(snapshot) if derive else snapshot
    options = snapshot.table.is_kind(Kind.OPTION)
    missing = np.isnan(snapshot.mark) | options & (np.isnan(snapshot.vol) | np.isnan(snapshot.forward))
    if not derive or not (missing.any() or {*STABLE_ASSETS} - {*snapshot.index}):
        return snapshot
    from seawall.market.derive import complete  # the fits are only needed here

    return complete(snapshot)[0]


def _read(content: bytes, *, name: str) -> MarketSnapshot:
    if content[:2] == _GZIP_MAGIC:
        content = _gunzipped(content, name)
    if content.removeprefix(_BYTE_ORDER_MARK).lstrip()[:1] == b"<":
        from seawall.venues.cme import read_spn  # few markets are a clearing house's

        return read_spn(content, name=name)
    return decode(content) if content.lstrip()[:1] not in (b"{", b"[") else _of_json(content, name=name)


def _of_json(content: bytes, *, name: str) -> MarketSnapshot:
    for venue in VENUES.values():
        if venue.is_snapshot(content):
            try:
                return venue.read_snapshot(content, name=name)
            except InputError as error:
                told = _other_kind(content, name)
                raise (error if told is None else InputError(told)) from None
    document = parsed_json(content, Findings(name))
    if is_listed(document):
        return read_listed(content, name=name)
    if (told := _other_kind(content, name)) is not None:
        raise InputError(told)
    forms = "; ".join(f"{venue.name}'s is {venue.snapshot_form}" for venue in VENUES.values())
    shown = content[:SHOWN_CHARACTERS_COUNT].decode(errors="replace")
    raise InputError(Problem("JSON", shown, f"a snapshot in JSON is a venue's public answers: {forms}", where=name))


def _other_kind(content: bytes, name: str) -> Problem | None:
    """Return what JSON that is no snapshot is; None where nobody knows it, or where it is no JSON."""
    findings = Findings(name)
    document = parsed_json(content, findings)
    return None if findings else other_kind(document, wanted=MARKET, origin=name)


def _json_bytes(document: object) -> bytes:
    try:
        return json.dumps(document).encode()
    except (TypeError, ValueError, RecursionError) as error:
        rule = f"it is a venue's JSON: {error}"
        raise InputError(Problem("snapshot", str(type(document).__name__), rule)) from None


def _gunzipped(content: bytes, name: str) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            unpacked = file.read(MAX_UNZIPPED_BYTES + 1)
    except (OSError, EOFError, ZlibError) as error:
        raise InputError(Problem("snapshot", str(error), "a gzip file is whole", where=name)) from None
    if len(unpacked) > MAX_UNZIPPED_BYTES:
        rule = f"a snapshot unpacks to at most {MAX_UNZIPPED_BYTES:,} bytes"
        raise InputError(Problem("snapshot", f"{len(unpacked):,}+ bytes", rule, where=name))
    return unpacked

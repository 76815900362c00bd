"""`load_snapshot`: a bundled snapshot, our own format, a venue's JSON, or a day of a Parquet archive."""

from __future__ import annotations

import gzip
import io
from datetime import date
from importlib import resources
from pathlib import Path
from typing import TypeAlias
from zlib import error as ZlibError  # noqa: N812  # a class, whatever zlib calls it

import numpy as np

from seawall.core.errors import InputError, Problem, UnknownNameError
from seawall.instruments import Kind
from seawall.market import MarketSnapshot
from seawall.market.codec import decode
from seawall.market.stable_coins import STABLE_ASSETS

SnapshotSource: TypeAlias = MarketSnapshot | str | Path | bytes

SUFFIX = ".seawall"
DEFAULT_SNAPSHOT = "deribit-btc-2026-08-01"
MAX_UNZIPPED_BYTES = 1 << 29
"""A venue's whole chain is a few megabytes of JSON; what unpacks to more than this is no snapshot."""
_GZIP_MAGIC = b"\x1f\x8b"


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
        The name of a bundled snapshot; a path to a file in our format (`.seawall`) or to Deribit's JSON (`.json`,
        `.json.gz`, holding `get_instruments`, `get_book_summary_by_currency` and `tickers`); bytes of either; a path to
        an archive of daily chains (`.parquet`, needs `seawall[frames]`); or a snapshot, which comes back as it is.
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
        When the file can't be read as a snapshot.

    Examples
    --------
    >>> import seawall as sw
    >>> snapshot = sw.load_snapshot("deribit-btc-2026-08-01")
    >>> len(snapshot), snapshot.venue
    (882, 'deribit')
    """
    if isinstance(source, MarketSnapshot):
        return source
    if isinstance(source, bytes):
        return _completed(_read(source, name="snapshot"), derive=derive)
    if str(source) in bundled_snapshots():
        return decode((resources.files("seawall.data") / "snapshots" / f"{source}{SUFFIX}").read_bytes())
    path = Path(source)
    if not path.is_file():
        known = ", ".join(bundled_snapshots())
        raise UnknownNameError(Problem("snapshot", str(source), f"it is a file, or one of the bundled: {known}"))
    if path.suffix == ".parquet":
        from seawall.venues.deribit.archive import snapshots_from_archive  # frames are only needed here

        return _completed(snapshots_from_archive(path, currency=currency, day=day)[-1], derive=derive)
    return _completed(_read(path.read_bytes(), name=path.name.split(".")[0]), derive=derive)


def _completed(snapshot: MarketSnapshot, *, derive: bool) -> MarketSnapshot:
    options = snapshot.table.is_kind(Kind.OPTION)
    missing = np.isnan(snapshot.mark) | options & (np.isnan(snapshot.vol) | np.isnan(snapshot.forward))
    if not derive or not (missing.any() or {*STABLE_ASSETS} - {*snapshot.index}):
        return snapshot
    from seawall.market.derive import complete  # the fits are only needed here

    return complete(snapshot)[0]


def _read(content: bytes, *, name: str) -> MarketSnapshot:
    if content[:2] == _GZIP_MAGIC:
        content = _gunzipped(content, name)
    if content.lstrip()[:1] in (b"{", b"["):
        from seawall.venues.deribit.decode import snapshot_from_native_file

        return snapshot_from_native_file(content, name=name, source=name)
    return decode(content)


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

"""`load_snapshot`: a bundled snapshot by name, or a file in our own format, the venue's JSON or the archive's Parquet."""

from __future__ import annotations

import gzip
from importlib import resources
from pathlib import Path
from typing import TypeAlias

from seawall.core.errors import InputError, Problem, UnknownNameError
from seawall.market import MarketSnapshot
from seawall.market.codec import decode

SnapshotSource: TypeAlias = MarketSnapshot | str | Path | bytes

SUFFIX = ".seawall"
DEFAULT_SNAPSHOT = "deribit-btc-2026-08-01"
_GZIP_MAGIC = b"\x1f\x8b"


def bundled_snapshots() -> tuple[str, ...]:
    """Return the names of the snapshots that come with the package."""
    folder = resources.files("seawall.data") / "snapshots"
    return tuple(sorted(entry.name.removesuffix(SUFFIX) for entry in folder.iterdir() if entry.name.endswith(SUFFIX)))


def load_snapshot(source: SnapshotSource) -> MarketSnapshot:
    """Return a market snapshot.

    Parameters
    ----------
    source
        The name of a bundled snapshot; a path to a file in our format (`.seawall`) or to Deribit's JSON (`.json`,
        `.json.gz`, holding `get_instruments`, `get_book_summary_by_currency` and `tickers`); bytes of either; or a
        snapshot, which comes back as it is.

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
        return _read(source, name="snapshot")
    if str(source) in bundled_snapshots():
        return decode((resources.files("seawall.data") / "snapshots" / f"{source}{SUFFIX}").read_bytes())
    path = Path(source)
    if not path.is_file():
        known = ", ".join(bundled_snapshots())
        raise UnknownNameError(Problem("snapshot", str(source), f"it is a file, or one of the bundled: {known}"))
    return _read(path.read_bytes(), name=path.name.split(".")[0])


def _read(content: bytes, *, name: str) -> MarketSnapshot:
    if content[:2] == _GZIP_MAGIC:
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError) as error:
            raise InputError(Problem("snapshot", str(error), "a gzip file is whole", where=name)) from None
    if content.lstrip()[:1] in (b"{", b"["):
        from seawall.venues.deribit.decode import snapshot_from_native_file

        return snapshot_from_native_file(content, name=name, source=name)
    return decode(content)

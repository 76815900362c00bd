"""Make the bundled snapshot `deribit-btc-2026-08-01` from a public recording of Deribit's BTC chain.

The recording is `docs/examples/fixtures/deribit_btc.json.gz` of the source distribution of quantflow 1.2.0
(BSD-3-Clause; see `NOTICE`): bid, ask and open interest of 868 options and 14 futures, without marks, volatilities or
an index. Those are derived here by `seawall.market.derive.complete`.

    python tools/make_bundled_snapshot.py                       # takes the distribution with pip, and checks its digest
    python tools/make_bundled_snapshot.py --from FILE.json.gz   # a copy of the recording

The same recording gives the same bytes.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seawall.core.errors import InputError, Problem
from seawall.core.time import NS_PER_MS, to_ns
from seawall.instruments import Future, Instrument, InstrumentTable, Option, Perpetual
from seawall.market import MarketSnapshot
from seawall.market.codec import encode
from seawall.market.derive import complete
from seawall.market.fit_report import FitReport
from seawall.market.parity import is_two_sided
from seawall.venues.deribit import symbols

NAME = "deribit-btc-2026-08-01"
SOURCE = "quantflow 1.2.0, docs/examples/fixtures/deribit_btc.json.gz (BSD-3-Clause, see NOTICE)"
PROJECT, VERSION = "quantflow", "1.2.0"
MEMBER = "quantflow-1.2.0/docs/examples/fixtures/deribit_btc.json.gz"
DISTRIBUTION_SHA256 = "e93e68c34c34f2adfec38f5314c7dd331c226dd1513a495c226ff5827988add0"
FOLDER = Path(__file__).resolve().parents[1] / "src" / "seawall" / "data" / "snapshots"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="recording", type=Path, help="the recording, .json or .json.gz")
    parser.add_argument("--to", type=Path, default=FOLDER / f"{NAME}.seawall", help="file to write")
    chosen = parser.parse_args(arguments)
    content = chosen.recording.read_bytes() if chosen.recording else downloaded_recording()
    snapshot, report = complete(quoted_snapshot(loaded(content)))
    chosen.to.parent.mkdir(parents=True, exist_ok=True)
    chosen.to.write_bytes(encode(snapshot))
    print(report.text())
    print("\n".join(findings(snapshot, report)))
    print(f"{chosen.to.name}: {chosen.to.stat().st_size} bytes, digest {snapshot.digest}")
    return 0 if report.ok else 1


def downloaded_recording() -> bytes:
    """Return the recording out of the source distribution that pip fetches from wherever it is set up to look."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", f"{PROJECT}=={VERSION}", "--no-deps", "--quiet"]
        subprocess.run([*command, "--no-binary", PROJECT, "--dest", folder], check=True)
        (archive,) = Path(folder).glob(f"{PROJECT}-{VERSION}.tar.gz")
        content = archive.read_bytes()
        found = hashlib.sha256(content).hexdigest()
        if found != DISTRIBUTION_SHA256:
            raise InputError(
                Problem("sha256", found, f"the distribution has {DISTRIBUTION_SHA256}", where=archive.name)
            )
        with tarfile.open(archive) as members:
            member = members.extractfile(MEMBER)
            assert member is not None, f"{MEMBER} is a file"
            return member.read()


def loaded(content: bytes) -> Mapping[str, Any]:
    """Return the recording's JSON."""
    plain = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    recording: Mapping[str, Any] = json.loads(plain)
    return recording


def quoted_snapshot(recording: Mapping[str, Any]) -> MarketSnapshot:
    """Return the recording as a snapshot that holds quotes and open interest, and nothing else.

    Raises
    ------
    InputError
        When expiry, strike or right of a name disagree with the recording's own list of instruments.
    """
    listed = {row["instrument_name"]: row for row in recording["instruments"]}
    priced = {row["instrument_name"]: row for row in (*recording["futures"], *recording["options"])}
    instruments = sorted((symbols.parse(name) for name in priced), key=_order)
    problems = [problem for one in instruments for problem in _disagreements(one, listed[one.name])]
    if problems:
        raise InputError(problems)
    rows = [priced[one.name] for one in instruments]
    return MarketSnapshot.of(
        InstrumentTable.of(instruments), name=NAME, venue="deribit", source=SOURCE, time_ns=to_ns(recording["as_of"]),
        index={}, bid=_column(rows, "bid_price"), ask=_column(rows, "ask_price"),
        open_interest=_column(rows, "open_interest"),
    )  # fmt: skip


def _order(one: Instrument) -> tuple[int, int, float, str]:
    """Perpetual first, then futures by expiry, then options by expiry and strike."""
    if isinstance(one, Option):
        return 2, one.expiry_ns, one.strike, one.name
    return (1, one.expiry_ns, 0.0, one.name) if isinstance(one, Future) else (0, 0, 0.0, one.name)


def _disagreements(one: Instrument, listed: Mapping[str, Any]) -> list[Problem]:
    said: list[tuple[str, object, object]] = []
    if not isinstance(one, Perpetual):
        said.append(
            ("expiration_timestamp", listed["expiration_timestamp"] * NS_PER_MS, getattr(one, "expiry_ns", None))
        )
    if isinstance(one, Option):
        said.append(("strike", float(listed["strike"]), one.strike))
        said.append(("option_type", listed["option_type"], "call" if one.is_call else "put"))
    return [
        Problem(field, found, f"the name says {named}", where=one.name)
        for field, found, named in said
        if found != named
    ]


def _column(rows: Sequence[Mapping[str, Any]], field: str) -> list[float]:
    return [np.nan if row[field] is None else float(row[field]) for row in rows]


def findings(snapshot: MarketSnapshot, report: FitReport) -> list[str]:
    """Return how the derived marks stand to the quotes."""
    options = np.isfinite(snapshot.table.strike)
    quoted = options & is_two_sided(snapshot.bid, snapshot.ask)
    inside = quoted & (snapshot.mark >= snapshot.bid) & (snapshot.mark <= snapshot.ask)
    beyond = np.maximum(snapshot.bid - snapshot.mark, snapshot.mark - snapshot.ask)[quoted]
    one_sided = options & ~quoted & np.isfinite(snapshot.ask)
    under = one_sided & (snapshot.mark <= snapshot.ask)
    return [
        *snapshot.notes,
        f"{np.sum(inside)} of {np.sum(quoted)} marks of two-sided options lie between bid and ask "
        f"({np.mean(inside[quoted]):.1%}); the farthest lies {np.max(beyond):.6f} coin outside.",
        f"{np.sum(under)} of {np.sum(one_sided)} marks of options with an ask only lie below it.",
        f"{report.inside_share:.1%} of fitted quotes hold the smile; error {report.rmse_points:.2f} points.",
    ]


if __name__ == "__main__":
    sys.exit(main())

"""Check every vector file: one line each; 0 where all pass, 1 where a case fails, 2 where there is no folder."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.vectors.readers import FOLDER_VARIABLE, PUBLISHED, READERS, Report, check, folder, matches

SHOWN_FAILURES = 10


def main() -> int:
    shared = folder()
    if not shared.is_dir():
        print(
            f"no folder of vectors at {shared}: set {FOLDER_VARIABLE} to where they are. "
            "Those that come with the tests run under pytest.",
            file=sys.stderr,
        )
        return 2
    failed = 0
    for where in (PUBLISHED, shared):
        print(f"{where}")
        failed += sum(_print(check(file, reader)) for file, reader in matches(where))
    _print_unread(shared)
    print("every case passes" if not failed else f"{failed} case(s) failed")
    return 1 if failed else 0


def _print(report: Report) -> int:
    worst, failed = report.worst, report.failed
    state = "ok  " if not failed else "FAIL"
    print(
        f"  {state} {report.file.name}: {len(report.cases)} cases, worst error {worst.error:.2g} "
        f"(tolerance {worst.tolerance:.2g}), {report.reader.origin}"
    )
    for case in failed[:SHOWN_FAILURES]:
        print(f"         {case}")
    if len(failed) > SHOWN_FAILURES:
        print(f"         ... and {len(failed) - SHOWN_FAILURES} more")
    for later in report.later:
        print(f"       later: {later.count} case(s) of {later.name}")
    return len(failed)


def _print_unread(shared: Path) -> None:
    read = {file for file, _ in matches(shared)}
    unread = [file for file in sorted(shared.glob("*.json")) if file not in read]
    for reader in READERS:
        if not any(file.name.startswith(reader.prefix) for file in read):
            print(f"  none {reader.prefix}*: no such file")
    if unread:
        print(f"  {len(unread)} other file(s) belong to parts that have no reader yet")


if __name__ == "__main__":
    sys.exit(main())

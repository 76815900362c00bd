"""Check every vector file, a line each.

The exit code is 0 where all pass, 1 where a case fails or no reader takes a file of a venue that has readers, and 2
where SEAWALL_VECTORS names a folder that is not there or that holds no file a reader knows. Files of parts to come are
named. The numbers that come with the tests are always checked.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.vectors.readers import FOLDER_VARIABLE, PUBLISHED, READERS, Report, asked_folder, check, folder, matches
from tests.vectors.to_come import unread

SHOWN_FAILURES = 10


def main() -> int:
    failed = _check_all(PUBLISHED)
    shared = folder()
    missing = _missing(shared)
    if not missing:
        failed += _check_all(shared)
        failed += _print_unread(shared)
    if missing and asked_folder() is not None:
        print(f"{FOLDER_VARIABLE}: {missing}", file=sys.stderr)
        return 2
    print("every case passes" if not failed else f"{failed} case(s) or file(s) failed")
    if missing:
        print(f"{missing}: only the numbers that come with the tests were checked ({FOLDER_VARIABLE} names others)")
    return 1 if failed else 0


def _check_all(where: Path) -> int:
    print(f"{where}")
    return sum(_print(check(file, reader)) for file, reader in matches(where))


def _missing(shared: Path) -> str:
    """Say why a folder has nothing to check; empty where it has."""
    if not shared.is_dir():
        return f"no folder of vectors at {shared}"
    return "" if matches(shared) else f"no file in {shared} that a reader knows"


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


def _print_unread(shared: Path) -> int:
    """Name what no reader takes, and return how many of these files should have one."""
    read = {file for file, _ in matches(shared)}
    for reader in READERS:
        if not any(file.name.startswith(reader.prefix) for file in read):
            print(f"  none {reader.prefix}*: no such file")
    later, due = unread(shared)
    for file in due:
        print(f"  FAIL {file.name}: no reader takes it, and its venue has readers")
    for file, part in later.items():
        print(f"  later {file.name}: {part}")
    return len(due)


if __name__ == "__main__":
    sys.exit(main())

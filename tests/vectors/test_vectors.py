"""Every file of outside numbers, case by case: those in the repository always, the shared ones where they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.vectors.readers import FOLDER_VARIABLE, PUBLISHED, Reader, check, folder, matches

SHARED = matches(folder()) if folder().is_dir() else []


def assert_all_pass(file: Path, reader: Reader) -> None:
    report = check(file, reader)
    shown = "\n".join(str(case) for case in report.failed[:20])
    assert not report.failed, f"{len(report.failed)} of {len(report.cases)} cases of {file.name} fail:\n{shown}"


@pytest.mark.parametrize(("file", "reader"), matches(PUBLISHED), ids=lambda entry: getattr(entry, "name", ""))
def test_published_numbers_are_reproduced(file: Path, reader: Reader) -> None:
    assert_all_pass(file, reader)


def test_the_repository_holds_published_numbers_of_every_venue_model() -> None:
    assert {reader.prefix for _, reader in matches(PUBLISHED)} >= {
        "cex_deribit_pme_simulate", "cex_deribit_account_identities", "cex_deribit_sm_linear_perp",
    }  # fmt: skip


@pytest.mark.skipif(not SHARED, reason=f"no vectors at {folder()}; {FOLDER_VARIABLE} says where they are")
@pytest.mark.parametrize(("file", "reader"), SHARED, ids=lambda entry: getattr(entry, "name", ""))
def test_shared_numbers_are_reproduced(file: Path, reader: Reader) -> None:
    assert_all_pass(file, reader)

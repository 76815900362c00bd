"""Holdings by instrument and by group: a plain loop over the entries is the judge."""

from __future__ import annotations

import numpy as np
import pytest

from seawall.margining.blocks.equity import per_group
from seawall.portfolio import Holdings

ACCOUNTS, INSTRUMENTS, GROUPS = 7, 12, 4


@pytest.fixture(params=[0, 1, 2])
def held(request: pytest.FixtureRequest) -> Holdings:
    rng = np.random.default_rng(request.param)
    held = rng.random((ACCOUNTS, INSTRUMENTS)) < 0.3
    held[2] = False
    rows, columns = np.nonzero(held)
    return Holdings.gather(ACCOUNTS, rows, columns, rng.normal(size=len(rows)))


def entries(held: Holdings) -> list[tuple[int, int, float]]:
    return list(zip(held.rows.tolist(), held.columns.tolist(), held.sizes.tolist(), strict=True))


@pytest.mark.parametrize(
    "members", [np.arange(INSTRUMENTS) % 3 == 0, np.ones(INSTRUMENTS, bool), np.zeros(INSTRUMENTS, bool)]
)
def test_only_the_named_instruments_are_among_them_and_their_owners_own(held: Holdings, members: np.ndarray) -> None:
    kept = [entry for entry in entries(held) if members[entry[1]]]
    assert entries(held.among(members)) == kept
    assert np.flatnonzero(held.owners(members)).tolist() == sorted({a for a, _, _ in kept})


def test_by_group_each_row_is_what_one_account_holds_of_one_group(held: Holdings) -> None:
    groups = np.arange(INSTRUMENTS) % GROUPS
    parts, account, group = held.by_group(groups)
    rows = list(zip(group.tolist(), account.tolist(), strict=True))
    assert rows == sorted({(int(groups[n]), a) for a, n, _ in entries(held)})
    for r, (g, a) in enumerate(rows):
        mine = slice(parts.indptr[r], parts.indptr[r + 1])
        expected = [(n, size) for owner, n, size in entries(held) if owner == a and groups[n] == g]
        assert list(zip(parts.columns[mine].tolist(), parts.sizes[mine].tolist(), strict=True)) == expected


def test_sums_by_group_are_those_of_a_loop_to_the_last_bit(held: Holdings) -> None:
    groups = np.arange(INSTRUMENTS) % GROUPS
    expected = np.zeros((ACCOUNTS, GROUPS))
    for a, n, size in entries(held):
        expected[a, groups[n]] += size
    assert (per_group(held, held.sizes, groups[held.columns], GROUPS) == expected).all()


def test_nothing_held_has_no_groups() -> None:
    parts, account, group = Holdings.empty(3).by_group(np.zeros(5, np.int64))
    assert len(parts) == len(account) == len(group) == 0

"""Laws of a comparison: whatever a book holds, every policy gives a row for every account, and its components sum."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.margining.comparison import Comparison, compare_policies
from seawall.margining.components import Component
from seawall.policy import catalogue
from seawall.portfolio import Account, Book, Position
from tests.laws.worlds import coins_of, held_names, lot, market, policy_of, positions_of

VENUES = ("deribit/x_pm", "okx/pm", "bybit/pm", "derive/pmrm2", "binance/pm")
POLICIES = tuple(policy_of(f"{row.id}/{row.dates[-1]}") for row in catalogue() if row.id in VENUES)
NAMES = tuple(name for name in held_names(POLICIES[0]) if all(name in held_names(policy) for policy in POLICIES))
COINS = tuple(asset for asset in coins_of(POLICIES[0]) if all(asset in coins_of(policy) for policy in POLICIES))
few = settings(max_examples=20, deadline=None)

EMPTY = Account("empty")
COIN = Account("coin", (), {"BTC": 2.0})
DEBT = Account("debt", (), {"USDC": -5_000.0})
BOTH = Account("coin and debt", (), {"BTC": 1.0, "USDC": -5_000.0})


def compared(*accounts: Account, netting: bool = True) -> Comparison:
    return compare_policies(Book.of(list(accounts)), market(), POLICIES, netting=netting, check_lots=False)


def assert_whole(found: Comparison) -> None:
    """Assert a finite row for each account and policy, whose components sum."""
    rows = found.rows()
    assert [(row["account"], row["policy"]) for row in rows] == [
        (account, policy) for account in found.accounts for policy in found.policies
    ]
    for row in rows:
        assert row["unavailable"] == ""
        numbers = {name: float(row[name]) for name in row if name.endswith("_usd") and name != "binding_loss_usd"}  # type: ignore[arg-type]
        assert all(math.isfinite(number) for number in numbers.values()), row
        parts = [numbers.get(f"initial_{component.name.lower()}_usd", 0.0) for component in Component]
        initial = numbers["initial_margin_usd"]
        assert sum(parts) == pytest.approx(initial, rel=1e-12, abs=1e-9)
        assert initial >= numbers["maintenance_margin_usd"] - 1e-4 >= -1e-4
        assert not math.isnan(float(row["margin_ratio"]))  # type: ignore[arg-type]
        assert not math.isnan(float(row["netting_benefit"]))  # type: ignore[arg-type]


def test_five_venues_are_compared_over_what_all_of_them_know() -> None:
    assert {policy.id.rpartition("/")[0] for policy in POLICIES} == set(VENUES)
    assert len(NAMES) >= 10
    assert {"BTC", "USDC"} <= set(COINS)


@pytest.mark.parametrize("accounts", [(EMPTY,), (COIN,), (DEBT,), (BOTH,), (EMPTY, COIN, DEBT, BOTH)])
def test_accounts_without_positions_have_rows(accounts: tuple[Account, ...]) -> None:
    assert_whole(compared(*accounts))


def test_an_account_that_holds_nothing_needs_nothing_and_rests_on_nothing() -> None:
    """No number was relied on, so that it has no grade, not even the best."""
    found = compared(EMPTY, COIN)
    for row in found.rows("empty"):
        assert row["initial_margin_usd"] == row["equity_usd"] == row["headroom_usd"] == 0.0
        assert row["worst_scenario"] == ""
        assert row["evidence"] == ""
    for margins in found.margins:
        [a] = [a for a, name in enumerate(found.accounts) if name == "empty"]
        rows = [r for r, owner in enumerate(margins.requirement.account) if owner == a]
        relied = [item for use in margins.requirement.uses if use.applies[rows].any() for item in use.items]
        assert relied == []


@few
@given(st.data())
def test_mixed_accounts_have_rows_whose_components_sum(data: st.DataObject) -> None:
    amounts = st.floats(-2.0, 5.0).map(lambda amount: round(amount, 4))
    owned = st.dictionaries(st.sampled_from(COINS), amounts)
    mixed = [
        Account(f"desk-{i}", data.draw(positions_of(NAMES)), data.draw(owned))
        for i in range(data.draw(st.integers(1, 3)))
    ]
    assert_whole(compared(EMPTY, *mixed, DEBT))


def test_what_differs_between_two_policies_sums_to_the_difference() -> None:
    name = NAMES[0]
    found = compared(Account("desk", (Position(name, -20.0 * lot(name)),), {"BTC": 1.0}), EMPTY, netting=False)
    for p, one in enumerate(found.policies):
        for q, two in enumerate(found.policies):
            change = found.initial_usd[q, 0] - found.initial_usd[p, 0]
            assert sum(part.change for part in found.differences("desk", one, two)) == pytest.approx(change)
            assert found.differences("empty", one, two) == ()

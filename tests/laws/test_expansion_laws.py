"""Laws of the margin from Greeks, on every date of its policy: what a Taylor expansion must and must not miss."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.margining import evaluate
from seawall.policy import MarginPolicy
from seawall.portfolio import Account, Book
from tests.laws.worlds import ALL_MODELS, NAMES, coins_of, market, policy_of, positions_of

pytestmark = pytest.mark.parametrize(
    "policy_id", [policy_id for policy_id in ALL_MODELS if policy_of(policy_id).model == "house_greeks"]
)
law = settings(max_examples=20)
FUTURES = tuple(name for name in NAMES if name[-2:] not in ("-C", "-P"))
OPTIONS = tuple(name for name in NAMES if name[-2:] in ("-C", "-P"))


def native(account: Account, policy: MarginPolicy) -> dict[str, float]:
    [found] = evaluate(Book.of([account]), market(), [policy], check_lots=False)
    return {name: float(amounts[0]) for name, amounts in found.requirement.native.items()}


def narrowed(policy: MarginPolicy, scale: float) -> MarginPolicy:
    """Return a ladder with all its moves times a scale, and no time passing."""
    ranges = {
        name: policy.number(name) * scale
        for name in policy.parameters
        if name.rpartition(".")[2] in ("price_range", "vol_range")
    }
    return policy.with_numbers({**ranges, "general.look_ahead_days": 0.0})


@law
@given(st.data())
def test_a_linear_book_has_no_error(policy_id: str, data: st.DataObject) -> None:
    policy = policy_of(policy_id)
    coins = data.draw(st.dictionaries(st.sampled_from(coins_of(policy)), st.floats(-3.0, 20.0), max_size=2))
    found = native(Account("desk", data.draw(positions_of(FUTURES)), coins), policy)
    assert found["largest_gap"] <= 1e-9 * max(found["greeks_loss"], 1e6)
    assert found["expansion_error"] == pytest.approx(0.0, abs=1e-9 * max(found["greeks_loss"], 1e6))


@law
@given(st.data())
def test_half_the_moves_have_an_eighth_of_the_error(policy_id: str, data: st.DataObject) -> None:
    """What is left out is of third order."""
    policy = policy_of(policy_id)
    one = Account("desk", (data.draw(positions_of(OPTIONS).filter(bool))[0],))
    wide, narrow = (native(one, narrowed(policy, scale))["largest_gap"] for scale in (0.04, 0.02))
    assert narrow <= wide / 8.0 * 1.25 + 1e-6


@law
@given(st.data())
def test_the_error_is_never_more_than_the_widest_gap(policy_id: str, data: st.DataObject) -> None:
    """Two ladders that are nowhere further apart than the gap have worst losses that are no further apart."""
    policy = policy_of(policy_id)
    found = native(Account("desk", data.draw(positions_of(NAMES))), policy)
    assert abs(found["expansion_error"]) <= found["largest_gap"] * (1.0 + 1e-9) + 1e-6
    assert np.isfinite(list(found.values())).all()

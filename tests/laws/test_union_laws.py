"""The union of scenarios: a policy needs the same, to the last bit, alone and with all others."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seawall.margining import evaluate
from tests.laws.test_margin_laws import columns, margins_of
from tests.laws.worlds import ALL_MODELS, books_of, market, policy_of


@settings(max_examples=5, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_every_policy_needs_the_same_alone_and_with_all_others(data: st.DataObject) -> None:
    policies = [policy_of(name) for name in ALL_MODELS]
    book = data.draw(books_of(data.draw(st.sampled_from(policies))))
    for policy, together in zip(policies, evaluate(book, market(), policies, check_lots=False), strict=True):
        assert together.policy is policy
        found = columns(together)
        for name, column in columns(margins_of(book, policy)).items():
            assert found[name].tobytes() == column.tobytes(), f"{policy.id}: {name}"

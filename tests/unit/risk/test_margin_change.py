"""What changed a margin, where contracts have expired between the two markets."""

from __future__ import annotations

import numpy as np
import pytest

import seawall as sw
from seawall.core.time import NS_PER_DAY
from seawall.policy import at
from seawall.risk.margin_change import Situation, margin_change
from seawall.risk.shift import Move, shifted_by

NOW = sw.load_snapshot("deribit-btc-2026-08-01")
SHORT = "BTC-7AUG26-61000-C"


def test_what_has_expired_in_between_is_settled_though_the_later_market_lists_it_no_more() -> None:
    later = shifted_by(NOW, Move({"BTC": 0.1}, elapsed_ns=10 * NS_PER_DAY))
    later = later.take(np.flatnonzero(later.table.expiry_ns > later.time_ns))
    assert SHORT not in later.table
    policy = at("deribit/x_pm", NOW.time_ns)
    before = sw.load_book({SHORT: -10.0, "BTC": 50.0}, snapshot=NOW)
    level = 1.1 * NOW.index["BTC"]
    paid = 10.0 * (level - 61_000.0) / level
    after = sw.load_book({"BTC": 50.0 - paid}, snapshot=later)
    found = margin_change(Situation(before, NOW, policy), Situation(after, later, policy))
    assert found.unavailable == ""
    by_cause = {part.cause: part for part in found.parts}
    assert by_cause["positions"].equity == pytest.approx(0.0, abs=1e-6)  # nothing but the settlement happened to them
    total = sum(part.equity for part in found.parts)
    assert total == pytest.approx(found.after["equity"] - found.before["equity"], rel=1e-12)
    with pytest.raises(
        sw.InputError, match=SHORT
    ):  # the mean over orders asks for its price in the later market, today
        margin_change(Situation(before, NOW, policy), Situation(after, later, policy), average=True)

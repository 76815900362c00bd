"""Blocks that several venues' rules share."""

from __future__ import annotations

import numpy as np
import pytest

from seawall.margining.blocks.brackets import bracketed
from seawall.margining.blocks.delta_minimum import delta_minimum
from seawall.margining.blocks.peg_charge import peg_factors


@pytest.mark.parametrize(
    ("amount", "paid"), [(0.0, 0.0), (5_000.0, 5_000.0), (10_000.0, 10_000.0), (30_000.0, 50_000.0), (1e6, 3.85e6)]
)
def test_each_slice_of_an_amount_pays_its_own_rate(amount: float, paid: float) -> None:
    """The 30,000 row is OKX's worked example of December 2021: 10,000 + 20,000 x 2."""
    assert bracketed(np.array([amount]), (0.0, 10_000.0, 70_000.0), (1.0, 2.0, 4.0)).tolist() == [paid]


def test_a_missing_amount_stays_missing() -> None:
    assert np.isnan(bracketed(np.array([np.nan]), (0.0, 1.0), (0.1, 0.2))).all()


def test_a_peg_is_lost_by_the_coin_that_falls_whichever_the_index_is_of() -> None:
    """At 1.25 of one coin for the other it is the other that stands at 0.8."""
    table = {"at_index": (0.8, 0.9, 0.99), "factors": (0.4, 0.2, 0.01), "tiers_count": 1}
    assert peg_factors(1.25, **table) == peg_factors(0.8, **table) == [0.4]  # type: ignore[arg-type]
    assert peg_factors(1.0 / 0.9, **table) == pytest.approx([0.2])  # type: ignore[arg-type]


def test_orders_count_in_a_minimum_by_delta_on_the_side_that_makes_it_more() -> None:
    """One coin long with an order each way: filled, the long order leaves two net; the short one hedges no more."""
    one = np.array([1.0])
    charged = delta_minimum(one, 0.0 * one, unhedged=0.02, hedged=0.01, price=100.0, long_orders=one, short_orders=one)
    assert charged.tolist() == [4.0]

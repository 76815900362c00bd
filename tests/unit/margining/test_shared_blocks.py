"""Blocks that several venues' rules share."""

from __future__ import annotations

import numpy as np
import pytest

from seawall.margining.blocks.brackets import bracketed


@pytest.mark.parametrize(
    ("amount", "paid"), [(0.0, 0.0), (5_000.0, 5_000.0), (10_000.0, 10_000.0), (30_000.0, 50_000.0), (1e6, 3.85e6)]
)
def test_each_slice_of_an_amount_pays_its_own_rate(amount: float, paid: float) -> None:
    """The 30,000 row is OKX's worked example of December 2021: 10,000 + 20,000 x 2."""
    assert bracketed(np.array([amount]), (0.0, 10_000.0, 70_000.0), (1.0, 2.0, 4.0)).tolist() == [paid]


def test_a_missing_amount_stays_missing() -> None:
    assert np.isnan(bracketed(np.array([np.nan]), (0.0, 1.0), (0.1, 0.2))).all()

"""How much of a position has to be closed: the balance that defines it, and where no close helps."""

from __future__ import annotations

import math

import numpy as np
import pytest

from seawall.core.errors import InputError
from seawall.risk.liquidation_price import partial_close_size

GIVEN = {"size": 2.0, "price": 60_000.0, "maintenance_rate": 0.02}


def test_what_is_left_after_the_smallest_close_is_just_enough() -> None:
    draw = np.random.default_rng(3)
    for _ in range(50):
        fee, buffer, equity = draw.uniform(0.0, 0.01), draw.uniform(0.0, 0.5), draw.uniform(1300.0, 2399.0)
        closed = partial_close_size(equity, **GIVEN, fee_rate=fee, buffer=buffer)
        left = equity - fee * closed * GIVEN["price"]
        need = (1.0 + buffer) * GIVEN["maintenance_rate"] * (GIVEN["size"] - closed) * GIVEN["price"]
        assert 0.0 < closed < GIVEN["size"]
        assert left == pytest.approx(need, rel=1e-12)


def test_nothing_is_closed_where_equity_suffices_and_no_close_helps_where_its_fee_takes_all() -> None:
    assert partial_close_size(2400.0, **GIVEN) == 0.0
    assert partial_close_size(600.0, **GIVEN, fee_rate=0.005) == 2.0  # the fee of all of it is just what is there
    assert partial_close_size(599.0, **GIVEN, fee_rate=0.005) == math.inf
    assert partial_close_size(1000.0, **GIVEN, fee_rate=0.02) == math.inf  # it costs what it frees
    assert partial_close_size(-1.0, **GIVEN) == math.inf


@pytest.mark.parametrize("odd", [
    {"price": 0.0}, {"size": -1.0}, {"maintenance_rate": -0.1}, {"size": math.nan}, {"price": math.inf},
])  # fmt: skip
def test_numbers_that_make_no_position_are_refused(odd: dict[str, float]) -> None:
    with pytest.raises(InputError, match="price is above 0"):
        partial_close_size(100.0, **GIVEN | odd)

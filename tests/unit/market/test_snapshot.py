"""The snapshot as a type: read-only, named by its content, and refused where it holds what no market has."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest

from seawall.core.errors import InputError, UnavailableError
from seawall.instruments import InstrumentTable, Perpetual
from seawall.market import MarketSnapshot, Origin
from seawall.market.checks import refuse_impossible

TABLE = InstrumentTable.of([
    Perpetual(name="BTC-PERPETUAL", underlying="BTC", quote="USD", settlement="BTC", inverse=True, lot=10.0)
])  # fmt: skip
SNAPSHOT = MarketSnapshot.of(
    TABLE, name="now", venue="deribit", source="by hand", time_ns=1_000, index={"BTC": 60_000.0}, mark=[60_010.0]
)


def test_nothing_in_a_snapshot_can_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        SNAPSHOT.mark[0] = 1.0
    with pytest.raises(TypeError):
        SNAPSHOT.index["BTC"] = 1.0  # type: ignore[index]


def test_a_snapshot_survives_pickling_and_stays_read_only() -> None:
    again = pickle.loads(pickle.dumps(SNAPSHOT))
    assert again.digest == SNAPSHOT.digest
    with pytest.raises(ValueError, match="read-only"):
        again.mark[0] = 1.0


def test_the_digest_names_the_content_and_not_the_name() -> None:
    assert replace(SNAPSHOT, name="other").digest == SNAPSHOT.digest
    assert replace(SNAPSHOT, mark=np.array([60_011.0])).digest != SNAPSHOT.digest
    assert replace(SNAPSHOT, index={"BTC": 60_001}).digest != SNAPSHOT.digest
    assert replace(SNAPSHOT, index={"BTC": 60_000}).digest == SNAPSHOT.digest


def test_what_is_left_out_is_missing_and_not_zero() -> None:
    assert np.isnan(SNAPSHOT.vol[0])
    assert SNAPSHOT.vol_origin[0] == Origin.MISSING
    with pytest.raises(UnavailableError, match="ETH"):
        SNAPSHOT.price_usd("ETH")


@pytest.mark.parametrize(
    ("column", "number"), [("mark", np.inf), ("mark", -1.0), ("forward", np.inf), ("vol", -0.2), ("vol", np.inf)]
)
def test_numbers_that_no_market_has_are_refused(column: str, number: float) -> None:
    with pytest.raises(InputError, match=f"{column} is .*; it is finite and >= 0"):
        refuse_impossible(replace(SNAPSHOT, **{column: np.array([number])}))


@pytest.mark.parametrize("price", [0.0, -1.0, np.inf])
def test_an_index_is_positive(price: float) -> None:
    with pytest.raises(InputError, match="index of BTC"):
        refuse_impossible(replace(SNAPSHOT, index={"BTC": price}))

"""A spot pair is held as two balances: as a position it would be margined like a future and count as no equity."""

from __future__ import annotations

import pytest

from seawall.core.errors import InputError
from seawall.instruments import InstrumentTable, Spot
from seawall.market import MarketSnapshot
from seawall.portfolio import Account, Book, Position, resolve

SNAPSHOT = MarketSnapshot.of(
    InstrumentTable.of([Spot(name="BTC_USDC", underlying="BTC", quote="USDC", settlement="USDC")]),
    name="now", venue="deribit", source="by hand", time_ns=0, index={"BTC": 60_000.0, "USDC": 1.0}, mark=[60_000.0],
)  # fmt: skip


def test_a_spot_position_is_refused_and_the_error_says_what_to_give_instead() -> None:
    with pytest.raises(InputError, match="a spot pair is held as balances: give BTC and USDC as assets"):
        resolve(Book.of([Account("desk", (Position("BTC_USDC", 1.0),))]), SNAPSHOT)


def test_a_spot_order_is_refused_too() -> None:
    with pytest.raises(InputError, match="held as balances"):
        resolve(Book.of([Account("desk", orders=(Position("BTC_USDC", 1.0),))]), SNAPSHOT)

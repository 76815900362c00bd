"""Evaluation: what is refused, that the market is revalued once, and that blocks are one whole."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import seawall.margining.evaluate  # noqa: F401 - the package hides the module behind the function of that name
from seawall.core.errors import InputError
from seawall.core.time import to_ns
from seawall.instruments import InstrumentTable, Perpetual
from seawall.margining import evaluate
from seawall.market import MarketSnapshot
from seawall.policy import at
from seawall.portfolio import Account, Book, Position
from tests.unit.margining.markets import BTC, book, market

MODULE = __import__("sys").modules["seawall.margining.evaluate"]
S_PM, X_PM, S_SM = (at(f"deribit/{name}") for name in ("s_pm/2026-02-15", "x_pm/2026-02-15", "s_sm/2022-01-11"))


def test_no_policy_gives_no_result() -> None:
    assert evaluate(book({"BTC-PERPETUAL": BTC}), market(), []) == []


def test_results_come_in_the_order_of_the_policies() -> None:
    found = evaluate(book({"BTC-PERPETUAL": BTC}), market(), [S_SM, X_PM, S_PM])
    assert [margins.policy.id for margins in found] == [S_SM.id, X_PM.id, S_PM.id]


def test_models_that_ask_for_the_same_scenarios_share_one_revaluation(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    real = MODULE.revalue

    def counted(snapshot: Any, scenarios: Any, **options: Any) -> Any:
        seen.append(len(scenarios))
        return real(snapshot, scenarios, **options)

    monkeypatch.setattr(MODULE, "revalue", counted)
    stretched = S_PM.with_numbers({"currency_pair.btc_usd.price_range": 0.20})
    evaluate(book({"BTC-PERPETUAL": BTC}), market(), [S_PM, X_PM, stretched])
    # 27 + 8 for the first two together; the third moves 24 prices of the grid elsewhere and keeps nothing else apart
    # from BTC's middle, where ETH, which is in the set too, stays as it is.
    assert len(seen) == 1
    assert 35 < seen[0] < 70


def test_an_account_that_lists_orders_and_states_their_charge_is_refused() -> None:
    held = Book.of([
        Account("fine", (), {}, (Position("BTC-PERPETUAL", 10.0),)),
        Account("twice", (), {}, (Position("BTC-PERPETUAL", 10.0),), {"open_orders_margin": {"BTC": 0.1}}),
    ])  # fmt: skip
    with pytest.raises(InputError, match=r"twice: open_orders_margin is 0\.1"):
        evaluate(held, market(), [S_PM])


def test_a_name_that_the_market_does_not_hold_is_refused() -> None:
    with pytest.raises(InputError, match="BTC-PERPETUA"):
        evaluate(book({"BTC-PERPETUA": 10.0}), market(), [S_PM])


def test_a_size_off_the_lot_is_refused_unless_that_is_left_out() -> None:
    dust = book({"BTC-PERPETUAL": 15.0})
    with pytest.raises(InputError, match="multiples of 10"):
        evaluate(dust, market(), [S_PM])
    [found] = evaluate(dust, market(), [S_PM], check_lots=False)
    assert found.initial_margin[0] > 0.0


def test_blocks_are_joined_in_the_order_of_the_accounts(monkeypatch: pytest.MonkeyPatch) -> None:
    held = Book.of([
        Account(f"desk-{i}", (Position("BTC-PERPETUAL", (i - 3) * BTC), Position("BTC_USDC-PERPETUAL", float(i))))
        for i in range(8)
    ])  # fmt: skip
    [whole] = evaluate(held, market(), [S_PM], check_lots=False)
    for block in (1, 3, 8, 100):
        monkeypatch.setattr(MODULE, "BLOCK_ACCOUNTS_COUNT", block)
        [blocks] = evaluate(held, market(), [S_PM], check_lots=False)
        assert list(blocks) == list(whole)
        assert blocks.explain("desk-7").margins == whole.explain("desk-7").margins


def test_the_compiled_twin_gives_the_same_margins() -> None:
    held = book({"BTC-CALL": -3.0, "BTC-PUT": 2.0, "BTC-PERPETUAL": -BTC}, {"BTC": 2.0})
    [readable] = evaluate(held, market(), [X_PM], check_lots=False, compiled=False)
    [compiled] = evaluate(held, market(), [X_PM], check_lots=False, compiled=True)
    np.testing.assert_allclose(compiled.initial_margin, readable.initial_margin, rtol=1e-12)


def test_books_large_enough_for_the_compiled_product_have_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    from seawall.margining.blocks import risk_matrix

    held = book({"BTC-CALL": -3.0, "BTC-PUT": 2.0, "BTC-PERPETUAL": -BTC, "BTC_USDC-CALL": 1.0}, {"BTC": 2.0})
    [small] = evaluate(held, market(), [X_PM], check_lots=False)
    monkeypatch.setattr(risk_matrix, "COMPILED_FROM_PRODUCTS_COUNT", 0)
    [large] = evaluate(held, market(), [X_PM], check_lots=False)
    assert list(large) == list(small)


def test_an_empty_book_is_an_empty_result() -> None:
    [found] = evaluate(Book.of([]), market(), [X_PM])
    assert found.rows() == []
    assert list(found) == []


def test_a_book_on_an_underlying_that_the_policy_does_not_know_is_unavailable_and_says_why() -> None:
    table = InstrumentTable.of([
        Perpetual(name="ETH-PERPETUAL", underlying="ETH", quote="USD", settlement="ETH", inverse=True, lot=1.0)
    ])  # fmt: skip
    snapshot = MarketSnapshot.of(
        table,
        name="now",
        venue="deribit",
        source="by hand",
        time_ns=to_ns("2024-07-01"),
        index={"ETH": 3_000.0},
        mark=[3_000.0],
    )
    book = Book.of([Account("desk", (Position("ETH-PERPETUAL", 100.0),), {"ETH": 1.0})])
    for policy in ("deribit/s_pm/2024-06-17", "deribit/x_pm/2024-06-17"):
        [row] = evaluate(book, snapshot, [at(policy)])[0]
        assert np.isnan(row.initial_margin)
        assert "currency_pair.eth_usd" in row.unavailable

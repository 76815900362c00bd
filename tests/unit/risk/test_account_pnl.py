"""Profit and loss of accounts: blocks, workers and what is kept change no number."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest

from seawall.portfolio import Account, Book, Position
from seawall.risk.book_quadratic import book_quadratic
from seawall.risk.position_pnl import PositionPnl, account_pnl, position_pnl
from seawall.risk.quadratic_report import quadratic_report
from seawall.risk.tail_report import TailReport, tail_report
from seawall.scenarios import Covariance, Gbm, Sampling, ScenarioSet
from tests.laws.worlds import market

JOINT = Covariance.of({"BTC": 0.6, "ETH": 0.8, "BTC vol": 0.9}, 0.5)
DRAWN = Gbm(JOINT, 5.0 / 365.0, Sampling(count=700, seed=3, antithetic=False)).scenarios()
CARRY = Covariance.of({"BTC": 0.6, "ETH": 0.8, "BTC carry": 0.3}, 0.2)
CARRIED = Gbm(CARRY, 5.0 / 365.0, Sampling(count=300, seed=3, antithetic=False)).scenarios()
HELD = ("BTC-120D-60000-C", "BTC-PERPETUAL", "BTC_USDC-PERPETUAL", "ETH-PERPETUAL")
BOOK = Book.of([
    Account("a", (Position(HELD[0], -10.0), Position(HELD[1], 300_000.0)), {"BTC": 2.0, "USDC": 7.0}),
    Account("b", (Position(HELD[2], 5.0), Position(HELD[0], 1.0)), {"USDC": 1e5}),
    Account("c", (), {"ETH": -3.0}),
    Account("idle", (), {}),
])  # fmt: skip
MANY = Book.of([Account(f"n{k}", (Position(HELD[k % 3], 1.0 + k),), {"BTC": 0.5 * k}) for k in range(12)])


@pytest.mark.parametrize("book", [BOOK, MANY], ids=["fewer accounts than things", "more accounts than things"])
@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("outcomes", [DRAWN, CARRIED], ids=["volatilities move", "forwards move apart"])
def test_the_length_of_blocks_changes_no_bit(book: Book, outcomes: ScenarioSet, compiled: bool) -> None:
    whole = account_pnl(book, market(), outcomes, compiled=compiled)
    for cells_count in (1, 64, 999):
        cut = account_pnl(book, market(), outcomes, compiled=compiled, cells_count=cells_count)
        assert np.array_equal(cut.gains, whole.gains)


@pytest.mark.parametrize("book", [BOOK, MANY], ids=["fewer accounts than things", "more accounts than things"])
def test_accounts_have_the_same_bits_whether_their_holdings_are_kept_or_not(book: Book) -> None:
    sums, things = account_pnl(book, market(), DRAWN), position_pnl(book, market(), DRAWN)
    assert isinstance(sums, PositionPnl) == (book is MANY)
    for account in (*book.accounts, None):
        assert np.array_equal(sums.whole(account), things.whole(account))
        chosen = things.of(account)
        assert things.pnl[:, chosen].sum(axis=1) == pytest.approx(sums.whole(account), rel=1e-12, abs=1e-6)


def test_an_account_without_holdings_gains_nothing_and_is_available() -> None:
    sums = account_pnl(BOOK, market(), DRAWN)
    assert not sums.whole("idle").any() and not sums.why("idle")


def test_the_number_of_workers_changes_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    def found(processors: int) -> TailReport:
        inside = import_module("seawall.revaluation.revalue")  # its room has a function of this name
        monkeypatch.setattr(inside, "_cpu_count", lambda: processors)
        monkeypatch.setattr(inside, "THREADS_FROM_CELLS_COUNT", 1)
        return tail_report(BOOK, market(), DRAWN, compiled=True)

    assert found(1) == found(2) == found(5)


def test_figures_without_holdings_are_those_with_them() -> None:
    without, taken_apart = (tail_report(BOOK, market(), DRAWN, by_holding=apart) for apart in (False, True))
    for one, other in zip(without.accounts, taken_apart.accounts, strict=True):
        assert one == replace(other, parts=())
        assert other.parts or one.account == "idle"


def test_parts_are_what_the_definition_says() -> None:
    """Incremental: the whole less what it is without; alone: by itself; both from a book that is made so."""
    found = tail_report(BOOK, market(), DRAWN, with_cash=False)["a"]
    for part, other in zip(found.parts, reversed(HELD[:2]), strict=True):
        kept = {"BTC-120D-60000-C": -10.0, "BTC-PERPETUAL": 300_000.0}
        for name, figure in ((other, "incremental"), (part.name, "alone")):
            single = Book.of([Account("x", (Position(name, kept[name]),))])
            risk = tail_report(single, market(), DRAWN, with_cash=False)["x"].risk
            for level in ("value_at_risk", "expected_shortfall"):
                stated = getattr(risk, level)
                expected = getattr(found.risk, level) - stated if figure == "incremental" else stated
                assert getattr(part, f"{figure}_{level}") == pytest.approx(expected, rel=1e-9, abs=1e-6)


def test_a_missing_price_touches_its_holders_only_whatever_is_kept() -> None:
    index = {name: price for name, price in market().index.items() if name != "ETH"}
    lacking = replace(market(), index=index)
    for make in (account_pnl, position_pnl):
        moved = make(BOOK, lacking, DRAWN)
        assert "ETH" in moved.why("c") and np.isnan(moved.whole("c")).all()
        assert not moved.why("a") and np.isfinite(moved.whole("a")).all()
        assert np.isnan(moved.whole(None)).all()


@pytest.mark.parametrize("by_holding", [False, True])
def test_each_step_is_told_and_they_are_as_many_as_was_said(by_holding: bool) -> None:
    steps: list[tuple[str, int]] = []
    tail_report(BOOK, market(), DRAWN, by_holding=by_holding, working_on=lambda *step: steps.append(step))
    assert {count for _, count in steps} == {len(steps)}
    assert [name for name, _ in steps] == ["outcomes 1 to 700", *BOOK.accounts, "all accounts"]


def test_what_expires_within_the_horizon_is_told() -> None:
    far = Gbm(JOINT, 130.0 / 365.0, Sampling(count=100, seed=3, antithetic=False)).scenarios()
    note = tail_report(BOOK, market(), far).notes[0]
    assert note.startswith("2 holdings expire within the 130 days, on ") and "horizon's price" in note
    assert tail_report(BOOK, market(), DRAWN).notes == ()
    still = ScenarioSet.spot_moves(["down", "up"], ("BTC", "ETH"), [[-0.1, 0.0], [0.1, 0.0]])
    assert tail_report(BOOK, market(), still).notes == ()


def test_delta_gamma_of_an_account_is_that_of_a_book_with_nothing_else_and_says_what_expires() -> None:
    factors, sigma = ("BTC", "ETH", "BTC vol"), JOINT.matrix / 365.0
    found = quadratic_report(BOOK, market(), factors, sigma, days=130.0)
    for account in ("a", "b", "c"):
        alone = book_quadratic(BOOK.take([BOOK.row(account)]), market(), factors, sigma, days=130.0)
        assert found[account].risk.value_at_risk == pytest.approx(alone.value_at_risk(), rel=1e-9)
        assert found[account].risk.expected_shortfall == pytest.approx(alone.expected_shortfall(), rel=1e-9)
    assert "today's Greeks" in found.notes[0]
    assert quadratic_report(BOOK, market(), factors, sigma, days=1.0).notes == ()

"""The largest and smallest numbers that a market and a book may have: every rule gives numbers, and no warning.

Pytest makes an error of each warning, those of NumPy too.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from seawall.core.errors import InputError
from seawall.margining import evaluate
from seawall.market.checks import LARGEST_PRICE, LARGEST_VOL, SMALLEST_PRICE
from seawall.portfolio import Account, Book, Position
from seawall.portfolio.book import LARGEST_AMOUNT
from seawall.pricing import delta_one
from seawall.revaluation import revalue
from seawall.scenarios import ScenarioSet
from tests.laws import worlds

POLICIES = sorted({policy_id.rpartition("/")[0]: policy_id for policy_id in worlds.ALL_MODELS}.values())
"""The newest of every family."""
PRICES = (SMALLEST_PRICE, 1e-9, None, 1e9, LARGEST_PRICE)
VOLS = (0.0, None, LARGEST_VOL)
SIZES = (1e-300, 1.0, LARGEST_AMOUNT)


def market(price: float | None, vol: float | None) -> Any:
    """Return the market of the laws with every price, and every volatility, at one number; None leaves them."""
    given = worlds.market()
    changes: dict[str, Any] = {}
    if price is not None:
        changes = {
            "mark": np.full(len(given), price), "forward": np.full(len(given), price),
            "index": {asset: price if asset in ("BTC", "ETH") else 1.0 for asset in given.index},
        }  # fmt: skip
    if vol is not None:
        changes["vol"] = np.where(np.isnan(given.vol), given.vol, vol)
    return replace(given, **changes)


def books(names: tuple[str, ...], coins: tuple[str, ...]) -> Book:
    """Return accounts of all sizes, long and short by turns, with the largest, the smallest and no entry price."""
    entries = (float("nan"), SMALLEST_PRICE, LARGEST_AMOUNT)
    accounts = []
    for k, (size, entry, sign) in enumerate(itertools.product(SIZES, entries, (1.0, -1.0))):
        held = tuple(Position(name, sign * size * (-1.0) ** i, entry) for i, name in enumerate(names))
        accounts.append(Account(f"account {k}", held, {coin: size * (-1.0) ** i for i, coin in enumerate(coins)}))
    return Book.of(accounts)


@pytest.mark.parametrize("policy_id", POLICIES)
def test_the_largest_and_smallest_numbers_give_numbers_and_no_warning(policy_id: str) -> None:
    policy = worlds.policy_of(policy_id)
    book = books(worlds.held_names(policy), worlds.coins_of(policy))
    for price, vol in itertools.product(PRICES, VOLS):
        [margins] = evaluate(book, market(price, vol), [policy], check_lots=False)
        for row in margins:
            if not row.unavailable:
                told = (row.initial_margin, row.maintenance_margin)
                assert all(np.isfinite(told)), (price, vol, row.account, told)
        if price in (SMALLEST_PRICE, LARGEST_PRICE):
            margins.explain(book.accounts[-1])


@pytest.mark.parametrize(
    ("column", "number", "said"),
    [
        ("mark", 1e300, "prices are at most 1e+15"), ("forward", 1e16, "prices are at most 1e+15"),
        ("vol", 1e7, "implied volatilities are at most 1e+06"), ("mark", 1e-300, "prices are at least 1e-15"),
        ("forward", 5e-324, "prices are at least 1e-15"), ("index", 1e300, "between 1e-15 and 1e+15"),
        ("index", 1e-300, "between 1e-15 and 1e+15"),
    ],
)  # fmt: skip
def test_a_number_beyond_any_markets_is_refused(column: str, number: float, said: str) -> None:
    given = worlds.market()
    changed: Any = dict.fromkeys(given.index, number) if column == "index" else np.full(len(given), number)
    book = Book.of([Account("desk", (Position("BTC-PERPETUAL", 10.0), Position("BTC-9D", 10.0)))])
    with pytest.raises(InputError) as caught:
        evaluate(book, replace(given, **{column: changed}), [worlds.policy_of(POLICIES[0])], check_lots=False)
    assert said in str(caught.value)


def test_an_entry_price_of_next_to_nothing_is_refused_but_for_an_option() -> None:
    def held(name: str) -> Book:
        return Book.of([Account("desk", (Position(name, 10.0, 1e-300),))])

    with pytest.raises(InputError, match="entry prices of what is no option are at least 1e-15"):
        evaluate(held("BTC-PERPETUAL"), worlds.market(), [worlds.policy_of(POLICIES[0])], check_lots=False)
    evaluate(held("BTC-9D-60000-C"), worlds.market(), [worlds.policy_of(POLICIES[0])], check_lots=False)


def test_what_is_asked_of_a_market_before_it_is_margined_warns_of_nothing() -> None:
    given = worlds.market()
    for mark in (0.0, 5e-324, 1e-300, 1.7e308):
        odd = replace(given, mark=np.full(len(given), mark))
        assert len(odd.exposure.delta) == len(given)
        assert revalue(odd, ScenarioSet.spot_moves(["down"], ("BTC", "ETH"), [[-0.5, -0.5]])).pnl.shape[0] == 1
        assert delta_one.inverse_pnl(1e15, 1e-300, mark).shape == ()

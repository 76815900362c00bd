"""The law that no finite input gives a NaN, in markets that no law before it visits: extreme, and all finite."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from seawall.core.time import NS_PER_DAY
from seawall.instruments import InstrumentTable
from seawall.margining import Margins, evaluate
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy
from seawall.portfolio import Account, Book, Position
from seawall.pricing import black76
from tests.laws.worlds import ALL_MODELS, INDEX, INSTRUMENTS, NOW_NS, coins_of, held_names, lot, market, policy_of

HOUR_NS, TEN_YEARS_NS = NS_PER_DAY // 24, 3_650 * NS_PER_DAY
NEVER_NS = 2**62
SIGNS = (1.0, -1.0)


def _market(
    *, vol: float | None = None, price: float = 1.0, basis: float = 1.0, left_ns: int | None = None,
    worthless: bool = False,
) -> MarketSnapshot:  # fmt: skip
    """Return the laws' market with something changed.

    Parameters
    ----------
    vol
        Of every option.
    price
        What all prices and strikes of coins are multiplied by; a stable coin keeps its own.
    basis
        What forwards, and the marks of futures, are multiplied by while the index stays.
    left_ns
        Time to every expiry.
    worthless
        Every option is marked at zero.
    """
    calm = market()
    table = calm.table
    options = ~np.isnan(table.strike)
    expiry_ns = table.expiry_ns if left_ns is None else np.where(table.expiry_ns < NEVER_NS, NOW_NS + left_ns, NEVER_NS)
    instruments = []
    for n, instrument in enumerate(INSTRUMENTS):
        changed: dict[str, object] = {"strike": table.strike[n] * price} if options[n] else {}
        if expiry_ns[n] < NEVER_NS:
            changed["expiry_ns"] = int(expiry_ns[n])
        instruments.append(replace(instrument, **changed))
    made = InstrumentTable.of(instruments)
    years = np.where(expiry_ns < NEVER_NS, (expiry_ns - NOW_NS) / (365.0 * NS_PER_DAY), 0.0)
    forward = calm.forward * price * basis
    vols = np.where(options, calm.vol if vol is None else vol, np.nan)
    worth = black76.price(
        forward, np.where(options, made.strike, 1.0), years, np.where(options, vols, 1.0), is_call=made.is_call
    )
    worth = np.zeros(len(made)) if worthless else np.where(made.inverse, worth / forward, worth)
    index = {asset: usd * (price if asset in ("BTC", "ETH") else 1.0) for asset, usd in INDEX.items()}
    return MarketSnapshot.of(
        made, name="extreme", venue="deribit", source="made for tests", time_ns=NOW_NS, index=index,
        mark=np.where(options, worth, forward), forward=forward, vol=vols,
    )  # fmt: skip


MARKETS: Mapping[str, Mapping[str, object]] = {
    "no volatility to speak of": {"vol": 1e-6},
    "volatility of 500 %": {"vol": 5.0},
    "prices a thousandth": {"price": 1e-3},
    "prices a thousandfold": {"price": 1e3},
    "an hour to expiry": {"left_ns": HOUR_NS},
    "ten years to expiry": {"left_ns": TEN_YEARS_NS},
    "an hour to expiry without volatility": {"left_ns": HOUR_NS, "vol": 1e-6},
    "ten years at 500 %": {"left_ns": TEN_YEARS_NS, "vol": 5.0},
    "forwards at three times the index": {"basis": 3.0},
    "forwards at a third of the index": {"basis": 1.0 / 3.0},
    "options marked at nothing": {"worthless": True},
}


@cache
def _extreme(name: str) -> MarketSnapshot:
    return _market(**MARKETS[name])  # type: ignore[arg-type]


def _book(policy: MarginPolicy) -> Book:
    """Return one account for each instrument and side, for all of them at once, and for each asset owned and owed."""
    names = held_names(policy)
    single = [
        Account(f"{name} {sign:+.0f}", (Position(name, sign * 20.0 * lot(name)),), {"USDC": 1_000.0})
        for name in names
        for sign in SIGNS
    ]
    whole = [
        Account(f"all {sign:+.0f}", tuple(Position(name, sign * lot(name)) for name in names), {"USDC": -50.0})
        for sign in SIGNS
    ]
    mixed = tuple(Position(name, SIGNS[n % 2] * 5.0 * lot(name)) for n, name in enumerate(names))
    orders = tuple(Position(name, -SIGNS[n % 2] * 9.0 * lot(name)) for n, name in enumerate(names))
    coins = [Account(f"{asset} {sign:+.0f}", (), {asset: sign * 2.0}) for asset in coins_of(policy) for sign in SIGNS]
    return Book.of([*single, *whole, Account("mixed", mixed, {"USDC": 10.0}, orders), *coins])


def _assert_whole(margins: Margins) -> None:
    """Assert that every number is finite; only who holds what the policy refuses by name may be without one."""
    need, held = margins.requirement, margins.book.positions
    refused = set(held.rows[np.isin(held.columns, list(need.refused))].tolist())
    rows = np.array([r for r, a in enumerate(need.account.tolist()) if a not in refused], dtype=np.int64)
    accounts = [margins.book.book.accounts[a] for a in need.account[rows]]
    assert [f"{row.account}: {row.unavailable}" for row in margins if row.unavailable and row.account in accounts] == []
    initial, maintenance = margins.initial_margin[rows], margins.maintenance_margin[rows]
    columns = {"initial": initial, "maintenance": maintenance, "equity": need.equity[rows]}
    columns |= {"balance": need.margin_balance[rows], "haircut": need.haircut[rows]}
    parts = {f"initial {name}": amounts[rows] for name, amounts in need.initial.items()}
    parts |= {f"maintenance {name}": amounts[rows] for name, amounts in need.maintenance.items()}
    for name, column in (columns | parts).items():
        assert [accounts[r] for r in np.flatnonzero(~np.isfinite(column))] == [], name
    for name, column in parts.items():
        assert name.endswith("rounding") or (column >= 0.0).all(), name
    assert (maintenance >= 0.0).all()
    assert [accounts[r] for r in np.flatnonzero(initial < maintenance - 2e-9 * np.maximum(1.0, initial))] == []
    assert (initial > 0.0).any() or need.refused


@pytest.mark.parametrize("extreme", MARKETS)
@pytest.mark.parametrize("policy_id", ALL_MODELS)
def test_an_extreme_market_that_is_finite_gives_margins_that_are(policy_id: str, extreme: str) -> None:
    policy = policy_of(policy_id)
    [margins] = evaluate(_book(policy), _extreme(extreme), [policy], check_lots=False)
    _assert_whole(margins)


@pytest.mark.parametrize("extreme", MARKETS)
def test_an_extreme_market_is_one(extreme: str) -> None:
    """So that the law is not tried on the calm market by a mistake."""
    calm, found = market(), _extreme(extreme)
    assert np.isfinite(found.mark).all()
    assert not np.allclose(found.mark, calm.mark, rtol=1e-3, atol=0.0)

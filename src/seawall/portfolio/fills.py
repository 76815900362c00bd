"""Fills: what one trade does to an account's positions and cash.

A trade at the mark leaves equity as it was. The premium of an option moves the cash balance of its settlement asset; so
does the profit or loss that closing a future realises. Spot exchanges one balance for another.

Where a future's entry price is known, adding to the position averages it (for inverse futures the harmonic mean, which
keeps profit in coin the same), and reducing keeps it and realises the rest. Where it is not known the position counts
as marked to market, its profit already in the balance: then the trade's price against the mark goes to the balance at
once, and the entry price stays unknown.
"""

from __future__ import annotations

import math
from dataclasses import replace

from seawall.core.errors import InputError, Problem, UnavailableError
from seawall.instruments import Future, Instrument, Option, Perpetual, Spot
from seawall.portfolio.book import Account, Position
from seawall.pricing import delta_one

NOTHING_RATIO = 1e-9
"""Share of what was netted below which the rest counts as nothing: 0.3 - 0.1 - 0.2 leaves 3e-17."""


def account_after(holder: Account, instrument: Instrument, size: float, price: float, *, mark: float) -> Account:
    """Return an account after it has bought (or, with a negative size, sold) an instrument.

    Parameters
    ----------
    holder, instrument
        Who trades, and what.
    size, price
        Signed size in the instrument's unit; price in price units, above 0 unless it is an option's.
    mark
        Fair price, which a position of unknown entry price is settled against; NaN where there is none.

    Raises
    ------
    InputError
        When the account lists the instrument twice, or a future at an entry price of 0.
    UnavailableError
        When a mark is needed and there is none.

    Examples
    --------
    >>> swap = Perpetual(name="ETH-SWAP", underlying="ETH", quote="USDC", settlement="USDC", inverse=False)
    >>> desk = Account("desk", (Position("ETH-SWAP", 4.0, 2_000.0),), {"USDC": 100.0})
    >>> after = account_after(desk, swap, -1.0, 2_500.0, mark=2_510.0)
    >>> after.positions, after.balances
    ((Position(instrument='ETH-SWAP', size=3.0, entry_price=2000.0),), {'USDC': 600.0})
    """
    if isinstance(instrument, Spot):
        return _paid(_paid(holder, instrument.underlying, size), instrument.quote, -size * price)
    name = instrument.name
    entries = [entry for entry in holder.positions if entry.instrument == name]
    if len(entries) > 1:
        rule = "an account has one position in an instrument"
        raise InputError(Problem("number of positions", len(entries), rule, where=f"{holder.id}, {name}"))
    held = entries[0] if entries else Position(name, 0.0, price)
    if isinstance(instrument, Option):
        cash = -size * price
        entry_price = _entry_after(held, size, price, inverse=False)
    else:
        cash, entry_price = _future_after(held, size, price, mark, instrument)
    kept = tuple(entry for entry in holder.positions if entry.instrument != name)
    left = _net(held.size, size)
    if left != 0.0:
        kept += (Position(name, left, entry_price),)
    return _paid(replace(holder, positions=kept), instrument.settlement, cash)


def _future_after(
    held: Position, size: float, price: float, mark: float, instrument: Future | Perpetual
) -> tuple[float, float]:
    """Return cash realised, in the settlement asset, and the entry price after a trade in a future."""
    if held.entry_price == 0.0:
        rule = "only an option can have cost nothing; leave out an entry price that is not known"
        raise InputError(Problem("entry_price", 0.0, rule, where=held.instrument))
    if math.isnan(held.entry_price):
        if price == mark:
            return 0.0, math.nan
        if math.isnan(mark):
            reason = "it has no mark, and the position has no entry price"
            raise UnavailableError(f"what a trade in {held.instrument} at {price:g} realises can't be known: {reason}")
        return _future_profit(size, price, mark, inverse=instrument.inverse), math.nan
    closed = math.copysign(min(abs(size), abs(held.size)), held.size) if held.size * size < 0.0 else 0.0
    realised = _future_profit(closed, held.entry_price, price, inverse=instrument.inverse)
    return realised, _entry_after(held, size, price, inverse=instrument.inverse)


def _future_profit(size: float, start: float, end: float, *, inverse: bool) -> float:
    if size == 0.0:
        return 0.0
    profit = delta_one.inverse_pnl if inverse else delta_one.linear_pnl
    return float(profit(size, start, end))


def _entry_after(held: Position, size: float, price: float, *, inverse: bool) -> float:
    """Return the entry price: averaged when adding, kept when reducing, the trade's when the position turns round."""
    if held.size == 0.0:
        return price
    if held.size * size < 0.0:
        return held.entry_price if abs(size) <= abs(held.size) else price
    total = held.size + size
    if inverse:
        return total / (held.size / held.entry_price + size / price)
    return (held.size * held.entry_price + size * price) / total


def _net(held: float, traded: float) -> float:
    left = held + traded
    return 0.0 if abs(left) <= NOTHING_RATIO * max(abs(held), abs(traded)) else left


def _paid(holder: Account, asset: str, amount: float) -> Account:
    if amount == 0.0:
        return holder
    return replace(holder, balances={**holder.balances, asset: holder.balances.get(asset, 0.0) + amount})

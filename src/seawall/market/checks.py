"""Numbers that no market has, refused before anything is computed from them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.errors import InputError, Problem
from seawall.instruments import Kind
from seawall.market.snapshot import MarketSnapshot

LARGEST_PRICE = 1e15
"""Largest price and strike, in units of its own, as the largest amount of a book is: no product of both, and no square
of one, comes near the end of float64."""
SMALLEST_PRICE = 1e-15
"""Smallest price of what is no option, and smallest strike and index: what is inverse divides by it."""
LARGEST_VOL = 1e6
"""Largest implied volatility, as a decimal: 100 million per cent."""


def refuse_impossible(snapshot: MarketSnapshot) -> None:
    """Refuse prices and volatilities that are infinite, negative or beyond any market's, and an index that is not > 0.

    NaN passes: it says that a number is unavailable, and that is for the margin to say. An option may be worth 0.

    Raises
    ------
    InputError
        With every such number.

    Examples
    --------
    >>> from seawall.instruments import InstrumentTable, Perpetual
    >>> table = InstrumentTable.of([Perpetual(name="BTC-PERPETUAL", underlying="BTC", quote="USD", settlement="BTC",
    ...                                       inverse=True)])
    >>> refuse_impossible(MarketSnapshot.of(table, name="now", venue="deribit", source="by hand", time_ns=0,
    ...                                     index={"BTC": 65e3}, mark=[1e300]))
    Traceback (most recent call last):
    ...
    seawall.core.errors.InputError: now, BTC-PERPETUAL: mark is 1e+300; prices are at most 1e+15
    """
    table, options = snapshot.table, snapshot.table.is_kind(Kind.OPTION)
    strike = np.where(options, table.strike, np.nan)
    problems = [
        *_above(snapshot, "mark", snapshot.mark, "prices", LARGEST_PRICE),
        *_above(snapshot, "forward", snapshot.forward, "prices", LARGEST_PRICE),
        *_above(snapshot, "vol", snapshot.vol, "implied volatilities", LARGEST_VOL),
        *_above(snapshot, "strike", strike, "strikes", LARGEST_PRICE),
        *_below(snapshot, "mark", np.where(options, np.nan, snapshot.mark), "prices"),
        *_below(snapshot, "forward", snapshot.forward, "prices"),
        *_below(snapshot, "strike", strike, "strikes"),
    ]
    for asset, price in snapshot.index.items():
        if price <= 0.0 or np.isinf(price):
            problems.append(Problem(f"index of {asset}", price, "it is finite and > 0", where=snapshot.name))
        elif not np.isnan(price) and not SMALLEST_PRICE <= price <= LARGEST_PRICE:
            rule = f"it is between {SMALLEST_PRICE:g} and {LARGEST_PRICE:g}"
            problems.append(Problem(f"index of {asset}", price, rule, where=snapshot.name))
    if problems:
        raise InputError(problems)


def _above(snapshot: MarketSnapshot, column: str, numbers: FloatArray, label: str, largest: float) -> Iterator[Problem]:
    for n in np.flatnonzero((numbers < 0.0) | (numbers > largest)).tolist():
        possible = np.isfinite(numbers[n]) and numbers[n] >= 0.0
        rule = f"{label} are at most {largest:g}" if possible else "it is finite and >= 0"
        yield _problem(snapshot, column, numbers, n, rule)


def _below(snapshot: MarketSnapshot, column: str, numbers: FloatArray, label: str) -> Iterator[Problem]:
    for n in np.flatnonzero((numbers > 0.0) & (numbers < SMALLEST_PRICE)).tolist():
        yield _problem(snapshot, column, numbers, n, f"{label} are at least {SMALLEST_PRICE:g}")


def _problem(snapshot: MarketSnapshot, column: str, numbers: FloatArray, row: int, rule: str) -> Problem:
    return Problem(column, float(numbers[row]), rule, where=f"{snapshot.name}, {snapshot.table.names[row]}")

"""How far a hundred accounts are from liquidation, beside a hundred times one and a ray of front doors.

    python benchmarks/distances.py

Accounts hold fifteen options each, drawn evenly from the bundled chain; the first crossing of each is looked for along
all default directions. `one by one` is the mean of some accounts searched alone, times their number. `front door` is
what the evaluations would take if each were an `evaluate` of its own account in its own market, made by `moved`.
Seconds are of the processor, so that a busy machine counts for little.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

import seawall as sw
from seawall.instruments import Kind
from seawall.market import MarketSnapshot
from seawall.policy import at
from seawall.portfolio import Book
from seawall.risk.distance import distances
from seawall.risk.shift import Move
from seawall.risk.standing import Probe

MARKET = "deribit-btc-2026-08-01"
POLICY = "deribit/x_pm/2026-02-15"
ACCOUNTS_COUNT, POSITIONS_PER_ACCOUNT = 100, 15
ALONE_COUNT = 5
STATES_COUNT = 30


def book_of(market: MarketSnapshot, usd: float) -> Book:
    """Return accounts of options with a coin and some dollars behind each."""
    rng = np.random.default_rng(2)
    rows = np.flatnonzero(market.table.is_kind(Kind.OPTION) & np.isfinite(market.vol))
    accounts = []
    for a in range(ACCOUNTS_COUNT):
        drawn = rng.choice(rows, POSITIONS_PER_ACCOUNT, replace=False).tolist()
        sides = rng.choice((-1.0, 1.0), POSITIONS_PER_ACCOUNT)
        sizes = (sides * rng.integers(1, 50, POSITIONS_PER_ACCOUNT) / 10.0).tolist()
        held = [sw.Position(market.table.names[n], size) for n, size in zip(drawn, sizes, strict=True)]
        accounts.append(sw.Account(f"a{a}", tuple(held), {"BTC": 1.0, "USDC": usd}))
    return Book.of(accounts)


def seconds(call: Callable[[], Any]) -> tuple[float, Any]:
    """Return how long a call keeps the processor, and what it returns."""
    start = time.process_time()
    found = call()
    return time.process_time() - start, found


def row(name: str, market: MarketSnapshot, usd: float) -> dict[str, Any]:
    """Return one book's figures."""
    policy, book = at(POLICY, market.time_ns), book_of(market, usd)
    distances(book.take([0]), market, policy)  # what is loaded and read once
    together, found = seconds(lambda: distances(book, market, policy))
    alone = [seconds(lambda a=a: distances(book.take([a]), market, policy))[0] for a in range(ALONE_COUNT)]
    one_by_one = float(np.mean(alone)) * ACCOUNTS_COUNT
    probe = Probe(book, market, policy)
    doors = [Move({"BTC": -0.01 * k}) for k in range(STATES_COUNT)]
    front_door = seconds(lambda: [probe.verify(move, [0]) for move in doors])[0] / STATES_COUNT
    evaluations = sum(one.evaluations for one in found)
    return {
        "name": name, "accounts_count": ACCOUNTS_COUNT, "crossings_count": sum(one.kind == "crossing" for one in found),
        "evaluations_count": evaluations, "together_s": together, "one_by_one_s": one_by_one,
        "front_door_s": front_door * evaluations, "together_over_one_by_one_ratio": together / one_by_one,
        "together_over_front_door_ratio": together / (front_door * evaluations),
    }  # fmt: skip


def run() -> list[dict[str, Any]]:
    market = sw.load_snapshot(MARKET)
    return [
        row("100 books of 15 options, little behind them", market, 250_000.0),
        row("100 books of 15 options, much behind them", market, 2_000_000.0),
    ]


if __name__ == "__main__":
    for line in run():
        print({key: round(cell, 3) if isinstance(cell, float) else cell for key, cell in line.items()})

"""VaR and ES of a thousand accounts, beside a dense product and whole sorts in NumPy.

    python benchmarks/tails.py

A thousand accounts hold 15 options each, of a chain of 400, over 20,000 draws of price and volatility. The peer has a
revaluation for nothing: its time is that of one dense product of sizes and profits, and of a sort of each account. Ours
is that of the whole answer, from the book to figures with intervals; peak memory is that of the process so far.
"""

from __future__ import annotations

import resource
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.revaluation import chain
from benchmarks.scenarios import HORIZON_YEARS, least_ms
from seawall.market import MarketSnapshot
from seawall.portfolio import Account, Book, Position
from seawall.revaluation import revalue
from seawall.risk.quadratic_report import quadratic_report
from seawall.risk.tail_report import tail_report
from seawall.scenarios import Covariance, Gbm, Sampling, ScenarioSet

OPTIONS_COUNT, ACCOUNTS_COUNT, POSITIONS_COUNT, DRAWS_COUNT = 400, 1_000, 15, 20_000
CONFIDENCE = 0.99
Row = dict[str, Any]


def crowd() -> list[Account]:
    rng = np.random.default_rng(2)
    found = []
    for a in range(ACCOUNTS_COUNT):
        columns = rng.choice(OPTIONS_COUNT, POSITIONS_COUNT, replace=False).tolist()
        sizes = rng.normal(0.0, 5.0, POSITIONS_COUNT).round(1).tolist()
        positions = (Position(f"O{n}", size) for n, size in zip(columns, sizes, strict=True))
        found.append(Account(f"a{a}", tuple(positions), {"BTC": float(rng.integers(1, 20))}))
    return found


def dense(accounts: list[Account]) -> np.ndarray:
    """Return sizes of every account, `(A, N + 1)`; the last column is coins."""
    sizes = np.zeros((len(accounts), OPTIONS_COUNT + 1))
    for a, account in enumerate(accounts):
        for position in account.positions:
            sizes[a, int(position.instrument[1:])] = position.size
        sizes[a, -1] = account.balances["BTC"]
    return sizes


def dollars(market: MarketSnapshot, drawn: ScenarioSet) -> np.ndarray:
    """Return what one unit of each option and of the coin gains, `(N + 1, S)` USD."""
    tensor, coin = revalue(market, drawn), market.index["BTC"] * drawn.spot[:, [0]]
    return np.column_stack([tensor.pnl * tensor.asset_prices + market.mark * coin, coin]).T.copy()


def by_hand(sizes: np.ndarray, unit: np.ndarray) -> np.ndarray:
    """Return VaR and ES of each account, `(A, 2)`: one dense product, and a sort of all."""
    losses = np.sort(-(sizes @ unit), axis=1)
    beyond = round((1.0 - CONFIDENCE) * losses.shape[1])
    return np.stack([losses[:, -beyond - 1], losses[:, -beyond:].mean(axis=1)], axis=1)


def run() -> list[Row]:
    market, accounts = chain(OPTIONS_COUNT), crowd()
    book, factors = Book.of(accounts), ("BTC", "BTC vol")
    pair = Covariance.of({"BTC": 0.6, "BTC vol": 1.0}, -0.4)
    drawn = Gbm(pair, HORIZON_YEARS, Sampling(count=DRAWS_COUNT, seed=1, antithetic=False)).scenarios()
    over_a_day = pair.matrix * HORIZON_YEARS
    calls: dict[str, Callable[[], Any]] = {
        "1,000 accounts": lambda: tail_report(book, market, drawn, by_holding=False, check_lots=False),
        "1,000 accounts, holding by holding": lambda: tail_report(book, market, drawn, check_lots=False),
        "1,000 accounts, delta-gamma": lambda: quadratic_report(
            book, market, factors, over_a_day, days=1.0, check_lots=False
        ),
    }
    ours = {name: (least_ms(call, 2), _peak_mb()) for name, call in calls.items()}  # before the peer's memory
    sizes, unit = dense(accounts), dollars(market, drawn)
    peer = least_ms(lambda: by_hand(sizes, unit), 2)
    risks = [one.risk for one in calls["1,000 accounts"]().accounts[:-1]]
    figures = np.array([[risk.value_at_risk, risk.expected_shortfall] for risk in risks])
    np.testing.assert_allclose(figures, by_hand(sizes, unit), rtol=1e-9)
    rows: list[Row] = [{"name": "peer: NumPy, dense product and whole sorts", "min_ms": peer, "over_peer_ratio": 1.0}]
    return rows + [
        {"name": name, "min_ms": found, "over_peer_ratio": found / peer, "peak_mb": peak}
        for name, (found, peak) in ours.items()
    ]


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    for row in run():
        print("  ".join(f"{key} {cell:,.4g}" if isinstance(cell, float) else str(cell) for key, cell in row.items()))

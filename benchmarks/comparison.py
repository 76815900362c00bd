"""What ten policies cost beside one: one revaluation over the union of their scenarios serves all.

    python benchmarks/comparison.py

Three books on the bundled chain: seven small ones, one market maker in every option, and ten thousand accounts. Each is
compared from a snapshot and a book in memory, and the market maker's from files too, as a user would. `apart` margins
the ten one after the other. All take turns in one process; the least time counts.
"""

from __future__ import annotations

import io
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import seawall as sw
from seawall.instruments import Kind
from seawall.margining import evaluate
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy, at
from seawall.portfolio import Book

MARKET = "deribit-btc-2026-08-01"
POLICIES = (
    "deribit/x_pm/2026-02-15", "deribit/x_pm/2024-06-17", "deribit/s_pm/2026-02-15", "deribit/x_sm/2022-01-11",
    "okx/pm/2025-12-04", "okx/pm/2025-01-15", "bybit/pm/2026-03-24", "binance/pm/2025-12-26", "derive/pmrm2",
    "derive/pmrm",
)  # fmt: skip
ACCOUNTS_COUNT, POSITIONS_PER_ACCOUNT = 10_000, 20
ROUNDS = 7


def market_maker(market: MarketSnapshot) -> str:
    """Return a book of one account, long or short of every option and hedged, as CSV."""
    rng = np.random.default_rng(1)
    table = market.table
    out = io.StringIO("account,instrument,size\n")
    out.seek(0, io.SEEK_END)
    for n in np.flatnonzero(table.is_kind(Kind.OPTION) & np.isfinite(market.vol)):
        lots = int(rng.integers(1, 50)) * (1 if rng.random() < 0.5 else -1)
        out.write(f"maker,{table.names[n]},{lots / 10}\n")
    out.write("maker,BTC-PERPETUAL,-250000\nmaker,BTC,500\nmaker,USDC,5000000\n")
    return out.getvalue()


def many_accounts(market: MarketSnapshot) -> Book:
    """Return ten thousand accounts of twenty options each, drawn evenly."""
    rng = np.random.default_rng(2)
    table = market.table
    rows = np.flatnonzero(table.is_kind(Kind.OPTION) & np.isfinite(market.vol))
    accounts = []
    for a in range(ACCOUNTS_COUNT):
        drawn = rng.choice(rows, POSITIONS_PER_ACCOUNT, replace=False)
        sizes = np.where(rng.random(POSITIONS_PER_ACCOUNT) < 0.5, 1.0, -1.0) * rng.integers(
            1, 50, POSITIONS_PER_ACCOUNT
        )
        held = [sw.Position(table.names[n], float(size) / 10.0) for n, size in zip(drawn, sizes, strict=True)]
        accounts.append(sw.Account(f"a{a}", tuple(held), {"BTC": 5.0, "USDC": 100_000.0}))
    return Book.of(accounts)


def least(contenders: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Return the least seconds of each contender, who take turns."""
    seconds = dict.fromkeys(contenders, np.inf)
    for name, call in contenders.items():
        call()
        seconds[name] = np.inf
    for _ in range(ROUNDS):
        for name, call in contenders.items():
            start = time.perf_counter()
            call()
            seconds[name] = min(seconds[name], time.perf_counter() - start)
    return seconds


def row(
    name: str, compare: Callable[[Sequence[MarginPolicy]], object], policies: Sequence[MarginPolicy]
) -> dict[str, Any]:
    """Return one, ten together and ten apart, in milliseconds, and what the ten cost beside the mean of one."""
    found = least(
        {
            "first": lambda: compare(policies[:1]),
            "ten": lambda: compare(policies),
            "apart": lambda: [compare([policy]) for policy in policies],
        }
    )
    mean = found["apart"] / len(policies)
    return {
        "name": name, "first_ms": found["first"] * 1e3, "mean_of_one_ms": mean * 1e3, "ten_ms": found["ten"] * 1e3,
        "ten_apart_ms": found["apart"] * 1e3, "ten_over_mean_of_one_ratio": found["ten"] / mean,
        "ten_over_apart_ratio": found["ten"] / found["apart"],
    }  # fmt: skip


def run() -> list[dict[str, Any]]:
    market = sw.load_snapshot(MARKET)
    policies = [at(name, market.time_ns) for name in POLICIES]
    text = market_maker(market)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "book.csv"
        file.write_text(text, encoding="utf-8")
        demo, maker = (sw.load_book(source, snapshot=market) for source in ("demo", file))
        many = many_accounts(market)
        return [
            row("7 small books, in memory", lambda some: evaluate(demo, market, some), policies),
            row(f"1 book of {len(maker.positions)}, in memory", lambda some: evaluate(maker, market, some), policies),
            row(f"1 book of {len(maker.positions)}, from files",
                lambda some: sw.compare(file, MARKET, list(some), netting=False), policies),
            row("10,000 books of 20, in memory", lambda some: evaluate(many, market, some), policies),
        ]  # fmt: skip


if __name__ == "__main__":
    for line in run():
        print({key: round(cell, 3) if isinstance(cell, float) else cell for key, cell in line.items()})

"""Margin along a path: what a book needs step by step, when it is called, and how much cash it takes to get through.

Every step is a whole market and a full margin: what the rule reads from the market (time to expiry, distance of
strikes, volatility) moves along, so that the requirement is that of the day and not of the start.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, TypeAlias

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray
from seawall.core.errors import UnavailableError
from seawall.core.frames import to_frame
from seawall.core.time import iso
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy
from seawall.portfolio import Book, NameParser
from seawall.risk.market_path import MarketPath
from seawall.risk.shift import Move
from seawall.risk.standing import Probe
from seawall.risk.trigger import Trigger, Which

Answer: TypeAlias = Literal["pay", "ignore"]
"""What the account's owner does when it is called."""
PAYMENT_ROUNDS = 8
PAID_TOLERANCE = 1e-9
"""Share of the requirement below which nothing more is asked for."""
LEAST_COUNTED = 1e-3
"""A payment that counts for less than this share of its worth is of no use."""


@dataclass(frozen=True, slots=True)
class Step:
    """One account at one state of a path, amounts in USD.

    Attributes
    ----------
    time_ns, account
        When and whose.
    equity, margin_balance
        Before anything is paid at this step.
    initial_margin, maintenance_margin
        What is required.
    ratio
        Margin ratio of the netting set that is worst off, 1 where the venue acts.
    acts
        Whether the venue acts, before anything is paid.
    called
        What is demanded at this step: the shortfall against initial margin.
    paid
        What is paid for it, USD; 0 where calls are ignored.
    """

    time_ns: int
    account: str
    equity: float
    margin_balance: float
    initial_margin: float
    maintenance_margin: float
    ratio: float
    acts: bool
    called: float
    paid: float


@dataclass(frozen=True, repr=False)
class MarginPath:
    """A book of A accounts along T states.

    Attributes
    ----------
    steps
        State by state, account by account.
    answer
        What is done with calls.
    """

    steps: tuple[Step, ...]
    accounts: tuple[str, ...]
    answer: Answer
    trigger: Trigger

    def __repr__(self) -> str:
        return f"MarginPath({len(self.accounts)} accounts, {len(self.steps) // max(len(self.accounts), 1)} states)"

    def of(self, account: str) -> tuple[Step, ...]:
        """Return the steps of one account."""
        return tuple(step for step in self.steps if step.account == account)

    @cached_property
    def liquidity_need_usd(self) -> dict[str, float]:
        """Cash that each account brings in up to the end of the path, USD; the largest call where none is paid."""
        return {
            name: sum(s.paid for s in self.of(name))
            if self.answer == "pay"
            else max((s.called for s in self.of(name)), default=0.0)
            for name in self.accounts
        }

    @cached_property
    def peak_initial_margin_usd(self) -> dict[str, float]:
        """Largest initial margin of each account over the path."""
        return {name: max(step.initial_margin for step in self.of(name)) for name in self.accounts}

    @cached_property
    def first_action_ns(self) -> dict[str, int | None]:
        """When the venue first acts on each account; None where it never does."""
        return {name: next((s.time_ns for s in self.of(name) if s.acts), None) for name in self.accounts}

    def rows(self) -> list[dict[str, object]]:
        """Return one mapping a state and account."""
        return [
            {
                "time": iso(step.time_ns),
                "account": step.account,
                "equity_usd": step.equity,
                "margin_balance_usd": step.margin_balance,
                "initial_margin_usd": step.initial_margin,
                "maintenance_margin_usd": step.maintenance_margin,
                "margin_ratio": step.ratio,
                "acts": step.acts,
                "called_usd": step.called,
                "paid_usd": step.paid,
            }
            for step in self.steps
        ]

    def table(self, library: str | None = None) -> Any:
        """Return `rows` as a DataFrame of `polars`, `pandas` or `pyarrow`; of the loaded one, if none is named."""
        rows = self.rows()
        names = list(rows[0]) if rows else []
        return to_frame({name: [row[name] for row in rows] for name in names}, library=library)


def margin_path(
    book: Book,
    snapshot: MarketSnapshot,
    policy: MarginPolicy,
    path: MarketPath,
    *,
    answer: Answer = "pay",
    pay_in: str = "",
    which: Which = "maintenance",
    check_lots: bool = True,
    parse: NameParser | None = None,
) -> MarginPath:
    """Return margin, equity, calls and need of cash along a path.

    Parameters
    ----------
    book, snapshot, policy, check_lots, parse
        As in `evaluate`.
    path
        States of the market, from the snapshot on.
    answer
        `pay`: each shortfall of initial margin is paid in at once, and stays. `ignore`: nothing is done, so that every
        step shows what an account would be short of had nothing been paid before.
    pay_in
        Asset that is paid in; left out, the netting set's own currency (a stable coin, for one in USD).
    which
        What `acts` looks at.

    Examples
    --------
    >>> import seawall as sw
    >>> from seawall.core.time import NS_PER_DAY
    >>> from seawall.policy import at
    >>> now, book = sw.load_snapshot("deribit-btc-2026-08-01"), sw.load_book("demo")
    >>> path = MarketPath.of_prices([now.time_ns + d * NS_PER_DAY for d in range(4)],
    ...                             {"BTC": [62_000.0, 55_000.0, 46_000.0, 50_000.0]}, now.index,
    ...                             now_ns=now.time_ns)
    >>> found = margin_path(book.take([0]), now, at("deribit/x_pm/2026-02-15"), path)
    >>> [(round(step.ratio, 2), round(step.paid)) for step in found.steps]
    [(0.36, 0), (0.57, 0), (1.67, 250311), (0.56, 0)]
    """
    probe = Probe(book, snapshot, policy, which=which, check_lots=check_lots, parse=parse)
    bad = {name: why for a, name in enumerate(book.accounts) if (why := probe.readable(a))}
    if bad:
        raise UnavailableError("; ".join(f"{name}: {why}" for name, why in bad.items()))
    held, steps = probe.compact, []
    for t in range(len(path)):
        move = path.moves[t]
        here = _at(probe, held, move)
        paid = np.zeros(len(book))
        if answer == "pay" and (here.called > 0.0).any():
            held, paid = _pay(probe, held, move, pay_in)
        for a, name in enumerate(book.accounts):
            steps.append(
                Step(
                    int(path.times_ns[t]), name, float(here.equity[a]), float(here.balance[a]), float(here.initial[a]),
                    float(here.maintenance[a]), float(here.ratio[a]), bool(here.acts[a]), float(here.called[a]),
                    float(paid[a]),
                )
            )  # fmt: skip
    return MarginPath(tuple(steps), book.accounts, answer, probe.trigger)


@dataclass(frozen=True)
class _Here:
    """A accounts in one state, `(A,)` USD each, and what each of R netting sets is short of, in its own currency."""

    equity: FloatArray
    balance: FloatArray
    initial: FloatArray
    maintenance: FloatArray
    ratio: FloatArray
    acts: BoolArray
    called: FloatArray
    sets: tuple[tuple[int, str], ...]
    short: FloatArray
    size: FloatArray
    price: FloatArray


def _at(probe: Probe, book: Book, move: Move) -> _Here:
    margins, states = probe.margins_of(book, move)
    need = margins.requirement
    index = margins.book.snapshot.index
    price = np.array([1.0 if name == "USD" else index.get(name, np.nan) for name in need.currencies])[need.currency]

    def usd(amounts: FloatArray) -> FloatArray:
        worth = np.where(amounts == 0.0, 0.0, amounts * price)
        return np.bincount(need.account, weights=worth, minlength=len(book)).astype(np.float64)

    short = margins.initial_margin - (need.margin_balance - need.haircut)
    ratio, acts = np.zeros(len(book)), np.zeros(len(book), np.bool_)
    np.maximum.at(ratio, need.account, states.ratio[0])
    np.logical_or.at(acts, need.account, states.short[0] >= 0.0)
    sets = tuple((int(a), need.currencies[c]) for a, c in zip(need.account, need.currency, strict=True))
    return _Here(
        usd(need.equity), usd(need.margin_balance), usd(margins.initial_margin), usd(margins.maintenance_margin),
        ratio, acts, usd(np.maximum(short, 0.0)), sets, short, margins.initial_margin, price,
    )  # fmt: skip


def _pay(probe: Probe, book: Book, move: Move, pay_in: str) -> tuple[Book, FloatArray]:
    """Return the book with what is short paid in, and what that was worth, `(A,)` USD.

    A unit may count for less than its worth, and may be margined itself: what a payment did says how much more is
    needed, until nothing is short.
    """
    paid, here, held = np.zeros(len(book)), _at(probe, book, move), book
    counts = dict.fromkeys(here.sets, 1.0)
    for _ in range(PAYMENT_ROUNDS):
        due = [s for s in range(len(here.sets)) if here.short[s] > PAID_TOLERANCE * here.size[s]]
        if not due:
            break
        worth = {}
        for s in due:
            a, currency = here.sets[s]
            asset = pay_in or (probe.dollar if currency == "USD" else currency)
            price = probe.snapshot.price_usd(asset) * (1.0 + move.spot.get(asset, 0.0))
            usd = float(here.short[s] * here.price[s]) / counts[a, currency]
            held = _with_more(held, a, asset, usd / price)
            worth[a, currency] = usd / float(here.price[s])
            paid[a] += usd
        after = _at(probe, held, move)
        for s in due:
            key = here.sets[s]
            counts[key] = float(here.short[s] - after.short[after.sets.index(key)]) / worth[key]
            if not counts[key] > LEAST_COUNTED:
                raise UnavailableError(f"{book.accounts[key[0]]}: what is paid in does not lower what is short")
        here = after
    return held, paid


def _with_more(book: Book, account: int, asset: str, amount: float) -> Book:
    """Return the book with some units of an asset more in one account."""
    wide = 0 if asset in book.assets else 1
    none = np.zeros((len(book), wide))
    balances = np.hstack([book.balances, none])
    assets = book.assets if not wide else (*book.assets, asset)
    balances[account, assets.index(asset)] += amount
    charges = {name: np.hstack([amounts, none]) for name, amounts in book.charges.items()}
    return replace(book, assets=assets, balances=balances, charges=charges)

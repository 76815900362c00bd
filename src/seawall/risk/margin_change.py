"""Why the margin changed: from one book, market and policy to another, split into time, market, parameters, positions.

Each cause is switched from before to after while the others stay, and the margin is computed at every stage; the parts
are the steps between stages, so that they sum to the change exactly. What a step is worth hangs on what was switched
before it. The order is part of the answer and can be chosen; the mean over all orders (Shapley) hangs on none.

Time alone passes by keeping index, forwards and volatilities and letting options lose the time: a mark moves by the
difference of Black's prices. What expires on the way is settled into cash at the index of the stage.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import permutations
from typing import Any

import numpy as np

from seawall.core.errors import InputError, Problem
from seawall.core.html_table import Tabular
from seawall.core.time import NO_EXPIRY_NS, NS_PER_YEAR
from seawall.instruments import Future, Kind, Option
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy
from seawall.portfolio import Account, Book, NameParser, Position
from seawall.pricing import black76, delta_one
from seawall.risk.margin_variants import VariantMargins, account_of, margin_variants

CAUSES = ("time", "market", "parameters", "positions")
"""What can change, in the order in which it is switched unless another is asked for."""
FIGURES = ("initial", "maintenance", "equity", "headroom")


@dataclass(frozen=True, slots=True)
class ChangePart:
    """What one cause did, USD: margin, equity and headroom after less before."""

    cause: str
    initial: float
    maintenance: float
    equity: float
    headroom: float


@dataclass(frozen=True)
class MarginChange(Tabular):
    """The change of an account's margin, taken apart.

    Attributes
    ----------
    account
        Whose.
    before, after
        Figures by name, USD.
    parts
        One for each cause; they sum to after less before.
    order
        In which causes were switched; empty for the mean over all orders.
    unavailable
        Why there is no number; empty where there is one.
    """

    account: str
    before: dict[str, float]
    after: dict[str, float]
    parts: tuple[ChangePart, ...]
    order: tuple[str, ...]
    unavailable: str = ""

    def rows(self) -> list[dict[str, object]]:
        """Return one mapping for before, each cause, and after."""
        first: dict[str, object] = {"cause": "before", **self.before}
        last: dict[str, object] = {"cause": "after", **self.after}
        return [first, *({name: getattr(part, name) for name in ChangePart.__slots__} for part in self.parts), last]


@dataclass(frozen=True, slots=True)
class Situation:
    """One book before one market under one policy."""

    book: Book
    snapshot: MarketSnapshot
    policy: MarginPolicy


def margin_change(
    before: Situation,
    after: Situation,
    *,
    account: str | None = None,
    order: Sequence[str] = CAUSES,
    average: bool = False,
    parse: NameParser | None = None,
) -> MarginChange:
    """Return why the margin of an account changed.

    Parameters
    ----------
    before, after
        The same account in two situations.
    account
        Whose; may be left out where the books have one account.
    order
        In which causes are switched. Positions last, the default, needs no old price of what was bought since.
    average
        Take the mean over all orders instead; it needs every holding priced in both markets.
    parse
        As for `margining.evaluate`.

    Raises
    ------
    InputError
        When the order does not name each cause once, time runs backwards, or a book does not fit a market.

    Examples
    --------
    >>> import seawall as sw
    >>> from seawall.policy import at
    >>> now = sw.load_snapshot("deribit-btc-2026-08-01")
    >>> policy = at("deribit/x_pm", now.time_ns)
    >>> short = sw.load_book({"BTC-25SEP26-70000-C": -10.0, "BTC": 5.0}, snapshot=now)
    >>> more = sw.load_book({"BTC-25SEP26-70000-C": -20.0, "BTC": 5.0}, snapshot=now)
    >>> tighter = policy.with_numbers({"currency_pair.btc_usd.price_range": 0.20})
    >>> found = margin_change(Situation(short, now, policy), Situation(more, now, tighter))
    >>> [(part.cause, part.initial > 0.0) for part in found.parts]
    [('time', False), ('market', False), ('parameters', True), ('positions', True)]
    """
    if sorted(order) != sorted(CAUSES):
        raise InputError(Problem("order", ", ".join(order), f"it names each of {', '.join(CAUSES)} once"))
    if after.snapshot.time_ns < before.snapshot.time_ns:
        raise InputError(Problem("time", after.snapshot.time_ns, "the market after is not older than the one before"))
    mine, theirs = account_of(before.book, account), account_of(after.book, account)
    stages = _Stages(before, after, mine, theirs, parse)
    orders = list(permutations(CAUSES)) if average else [tuple(order)]
    sums = {cause: np.zeros(len(FIGURES)) for cause in CAUSES}
    for one in orders:
        done: frozenset[str] = frozenset()
        for cause in one:
            then = done | {cause}
            sums[cause] += stages.figures(then) - stages.figures(done)
            done = then
    start, end = stages.figures(frozenset()), stages.figures(frozenset(CAUSES))
    parts = tuple(ChangePart(cause, *(sums[cause] / len(orders)).tolist()) for cause in (CAUSES if average else order))
    return MarginChange(
        mine.id,
        dict(zip(FIGURES, start.tolist(), strict=True)),
        dict(zip(FIGURES, end.tolist(), strict=True)),
        parts,
        () if average else tuple(order),
        stages.reason,
    )


class _Stages:
    """The margins of all stages that are asked for, each computed once."""

    def __init__(
        self, before: Situation, after: Situation, mine: Account, theirs: Account, parse: NameParser | None
    ) -> None:
        self._sides = (before, after)
        self._accounts = (mine, theirs)
        self._parse = parse
        self._seen: dict[frozenset[str], VariantMargins] = {}

    def figures(self, done: frozenset[str]) -> np.ndarray[Any, np.dtype[np.float64]]:
        if done not in self._seen:
            snapshot = self._snapshot(later="time" in done, moved="market" in done)
            policy = self._sides["parameters" in done].policy
            holder = self._accounts["positions" in done]
            others = [side.snapshot for side in self._sides]
            lasting = settled_until(holder, self._sides["market" in done].snapshot, snapshot.time_ns, others)
            self._seen[done] = margin_variants([lasting], snapshot, policy, parse=self._parse)
        found = self._seen[done]
        return np.array([float(getattr(found, name)[0]) for name in FIGURES])

    @property
    def reason(self) -> str:
        return "; ".join(dict.fromkeys(one.unavailable[0] for one in self._seen.values() if one.unavailable[0]))

    def _snapshot(self, *, later: bool, moved: bool) -> MarketSnapshot:
        return at_time(self._sides[moved].snapshot, self._sides[later].snapshot.time_ns)


def at_time(snapshot: MarketSnapshot, time_ns: int) -> MarketSnapshot:
    """Return a snapshot whose index, forwards and volatilities hold at another time, options having lost that time.

    A mark moves by the difference of Black's prices, so that what it is off them stays; it does not fall below zero.
    What has expired by then is worth its intrinsic value.

    Examples
    --------
    >>> import seawall as sw
    >>> now = sw.load_snapshot("deribit-btc-2026-08-01")
    >>> n = now.table.position("BTC-25SEP26-62000-C")
    >>> later = at_time(now, now.time_ns + 7 * 86_400_000_000_000)
    >>> bool(later.mark[n] < now.mark[n]), later.index["BTC"] == now.index["BTC"]
    (True, True)
    """
    if time_ns == snapshot.time_ns:
        return snapshot
    table = snapshot.table
    n = np.flatnonzero(table.is_kind(Kind.OPTION))
    years = np.maximum((table.expiry_ns[n] - time_ns) / NS_PER_YEAR, 0.0)
    forward, strike, vol, is_call = snapshot.forward[n], table.strike[n], snapshot.vol[n], table.is_call[n]
    quote = black76.price(forward, strike, years, vol, is_call=is_call)
    was = black76.price(forward, strike, snapshot.years[n], vol, is_call=is_call)
    change = (quote - was) / np.where(table.inverse[n], forward, 1.0)
    mark = snapshot.mark.copy()
    mark[n] = np.maximum(mark[n] + change, 0.0)
    if snapshot.listed is not None:  # whose value is not Black's on a forward
        mark[n] = np.where(snapshot.listed.known[n], np.nan, mark[n])
    return replace(snapshot, time_ns=time_ns, mark=mark)


def settled_until(
    mine: Account, snapshot: MarketSnapshot, time_ns: int, others: Sequence[MarketSnapshot] = ()
) -> Account:
    """Return an account whose contracts that expire until a time are settled into cash at the snapshot's index.

    A future of unknown entry price settles from its mark. A contract that the snapshot does not list any more is read
    in `others`; one that none knows stays, so that it is refused by name where the account is margined.
    """
    kept: list[Position] = []
    cash = dict(mine.balances)
    for position in mine.positions:
        known = next((one for one in (snapshot, *others) if position.instrument in one.table), None)
        if known is None:
            kept.append(position)
            continue
        n = known.table.position(position.instrument)
        instrument, expiry = known.table.row(n), int(known.table.expiry_ns[n])
        if expiry == NO_EXPIRY_NS or expiry > time_ns or not isinstance(instrument, Option | Future):
            kept.append(position)
            continue
        price = snapshot.price_usd(instrument.underlying) / snapshot.price_usd(instrument.quote)
        if isinstance(instrument, Option):
            gain = max(price - instrument.strike if instrument.is_call else instrument.strike - price, 0.0)
            paid = position.size * (gain / price if instrument.inverse else gain)
        else:
            start = float(known.mark[n]) if math.isnan(position.entry_price) else position.entry_price
            profit = delta_one.inverse_pnl if instrument.inverse else delta_one.linear_pnl
            paid = float(profit(position.size, start, price))
        cash[instrument.settlement] = cash.get(instrument.settlement, 0.0) + paid
    return replace(mine, positions=tuple(kept), balances=cash)

"""What a book is exposed to: Greeks of every holding, and the same summed along any way down.

asset → venue → account → expiry → instrument is one way down; any order of these will do. A total is the sum of the
totals below it, added in their order, so that it equals the sum of its parts to the last bit. Gross figures add sizes
without their sign. What can't be valued makes the totals above it unavailable, with the reason; it is never left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from seawall.core.arrays import FloatArray, frozen
from seawall.core.errors import InputError, Problem
from seawall.core.frames import to_frame
from seawall.core.html_table import Tabular
from seawall.core.reasons import grouped
from seawall.core.time import NO_EXPIRY_NS, iso
from seawall.instruments import Kind
from seawall.margining.blocks.equity import equity_in
from seawall.market import MarketSnapshot
from seawall.market.stable_coins import STABLE_ASSETS
from seawall.portfolio import Book, NameParser, resolve
from seawall.risk.greeks import GREEKS, unit_greeks, usd_price

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LEVELS = ("asset", "venue", "account", "expiry", "moneyness", "kind", "instrument")
"""What holdings can be grouped by."""
WAY_DOWN = ("asset", "venue", "account", "expiry", "instrument")
GROSS = ("delta", "gamma", "cash_delta_usd", "cash_gamma_usd", "vega_usd")
"""Greeks that have a gross figure: the sum of their sizes without sign."""
MONEYNESS_EDGES = (0.5, 0.8, 0.95, 1.05, 1.25, 2.0)
"""Strike over forward, where one group of strikes ends and the next begins."""
CASH = "cash"
"""Kind of what is no contract: balances, and what futures have gained in coin."""


@dataclass(frozen=True, slots=True)
class Holding:
    """What one account has of one instrument, or of one asset."""

    asset: str
    venue: str
    account: str
    expiry: str
    moneyness: str
    kind: str
    instrument: str
    size: float
    unavailable: str = ""

    def key(self, level: str) -> str:
        """Return what the holding is grouped under at a level."""
        return str(getattr(self, level))


@dataclass(frozen=True)
class Total:
    """Greeks of some holdings together.

    Attributes
    ----------
    level, name
        What they share, such as `expiry` and `2026-09-25`.
    net, gross
        By name of the Greek; NaN where a holding is unavailable.
    parts
        The totals that make it up, one level below.
    unavailable
        Why there is no number; empty where there is one.
    """

    level: str
    name: str
    net: dict[str, float]
    gross: dict[str, float]
    parts: tuple[Total, ...] = ()
    unavailable: str = ""

    def rows(self, path: tuple[str, ...] = ()) -> Iterator[dict[str, object]]:
        """Yield one mapping for this total and each below it, from the top down."""
        here = (*path, self.name) if self.level else path
        row: dict[str, object] = {"level": self.level, "path": " / ".join(here), "name": self.name}
        row |= dict(self.net) | {f"gross_{name}": amount for name, amount in self.gross.items()}
        yield row | {"unavailable": self.unavailable}
        for part in self.parts:
            yield from part.rows(here)


@dataclass(frozen=True, repr=False)
class Exposures(Tabular):
    """Greeks of P holdings.

    Attributes
    ----------
    holdings
        Who holds what.
    greeks
        `(P, G)` in the order of `GREEKS`, times size; NaN where unavailable.
    """

    holdings: tuple[Holding, ...]
    greeks: FloatArray

    def __post_init__(self) -> None:
        assert self.greeks.shape == (len(self.holdings), len(GREEKS)), "one row of Greeks for each holding"
        object.__setattr__(self, "greeks", frozen(self.greeks))

    def __repr__(self) -> str:
        return f"Exposures({len(self.holdings)} holdings of {', '.join(self.assets) or 'nothing'})"

    def __add__(self, other: Exposures) -> Exposures:
        """Return the holdings of both, for books at several venues."""
        return Exposures(self.holdings + other.holdings, np.concatenate([self.greeks, other.greeks]))

    @cached_property
    def assets(self) -> tuple[str, ...]:
        """Underlyings and assets, sorted."""
        return tuple(sorted({holding.asset for holding in self.holdings}))

    @cached_property
    def total(self) -> Total:
        """Everything together, taken apart along asset → venue → account → expiry → instrument."""
        return self.by(*WAY_DOWN)

    def by(self, *levels: str) -> Total:
        """Return everything together, taken apart along the given levels.

        Raises
        ------
        InputError
            When a level is not one of `LEVELS`, or is named twice.
        """
        for level in levels:
            if level not in LEVELS or levels.count(level) > 1:
                raise InputError(Problem("level", level, f"levels are each one of {', '.join(LEVELS)}, named once"))
        return self._sum("", "all", range(len(self.holdings)), levels)

    def of(self, asset: str, greek: str) -> float:
        """Return one net Greek of one asset; 0 where nothing of it is held."""
        rows = [i for i, holding in enumerate(self.holdings) if holding.asset == asset]
        return float(sum(self.greeks[rows, GREEKS.index(greek)].tolist()))

    def rows(self, *levels: str) -> list[dict[str, object]]:
        """Return one mapping for each total along the levels; one for each holding, where none is named."""
        if levels:
            return list(self.by(*levels).rows())
        return [
            {level: holding.key(level) for level in LEVELS} | {"size": holding.size}
            | dict(zip(GREEKS, greeks, strict=True)) | {"unavailable": holding.unavailable}
            for holding, greeks in zip(self.holdings, self.greeks.tolist(), strict=True)
        ]  # fmt: skip

    def plot(self, asset: str | None = None) -> Figure:
        """Return a bar of net cash delta for each expiry; of all assets together, where none is named.

        What has no expiry, coins among it, is the last bar; what can't be valued has no bar and says so.

        Raises
        ------
        InputError
            When nothing of the asset is held.
        """
        from seawall.charts import bars

        by_asset = {part.name: part for part in self.by("asset", "expiry").parts}
        if asset is not None and asset not in by_asset:
            raise InputError(Problem("asset", asset, f"it is one of {', '.join(self.assets) or 'none'}"))
        parts = self.by("expiry").parts if asset is None else by_asset[asset].parts
        labels = [("no expiry" if part.name == "none" else part.name) + (", unavailable" if part.unavailable else "")
                  for part in parts]  # fmt: skip
        return bars(labels, [part.net["cash_delta_usd"] for part in parts], title=asset or "all assets",
                    x_label="net cash delta, USD")  # fmt: skip

    def table(self, *levels: str, library: str | None = None) -> Any:  # type: ignore[override]  # levels come first
        """Return `rows` as a DataFrame of `polars`, `pandas` or `pyarrow`; of the loaded one, if none is named."""
        rows = self.rows(*levels)
        names = list(rows[0]) if rows else []
        return to_frame({name: [row[name] for row in rows] for name in names}, library=library)

    def _sum(self, level: str, name: str, rows: Sequence[int], below: Sequence[str]) -> Total:
        if not below:
            return self._leaf(level, name, rows)
        groups: dict[str, list[int]] = {}
        for i in rows:
            groups.setdefault(self.holdings[i].key(below[0]), []).append(i)
        parts = tuple(self._sum(below[0], key, groups[key], below[1:]) for key in sorted(groups, key=_rank))
        why = grouped(self.holdings[i].unavailable for i in rows)
        net = {greek: _added(part.net[greek] for part in parts) for greek in GREEKS}
        gross = {greek: _added(part.gross[greek] for part in parts) for greek in GROSS}
        return Total(level, name, net, gross, parts, why)

    def _leaf(self, level: str, name: str, rows: Sequence[int]) -> Total:
        own = self.greeks[list(rows)]
        why = grouped(self.holdings[i].unavailable for i in rows)
        net = {greek: _added(own[:, g].tolist()) for g, greek in enumerate(GREEKS)}
        gross = {greek: _added(np.abs(own[:, GREEKS.index(greek)]).tolist()) for greek in GROSS}
        return Total(level, name, net, gross, (), why)


def exposures(
    book: Book,
    snapshot: MarketSnapshot,
    *,
    with_cash: bool = True,
    moneyness_edges: Sequence[float] = MONEYNESS_EDGES,
    check_lots: bool = True,
    parse: NameParser | None = None,
) -> Exposures:
    """Return what every account of a book is exposed to.

    Parameters
    ----------
    book, snapshot, check_lots, parse
        As for `margining.evaluate`.
    with_cash
        Count coins that are owned or owed, and what futures have gained in coin, as delta of the coin. Dollars, and
        coins that stand for one, are no exposure.
    moneyness_edges
        Strike over forward, rising, where groups of strikes end.

    Raises
    ------
    InputError
        When the book does not fit the snapshot, or edges do not rise.

    Examples
    --------
    >>> import seawall as sw
    >>> now = sw.load_snapshot("deribit-btc-2026-08-01")
    >>> book = sw.load_book({"BTC-PERPETUAL": -62_690, "BTC": 1.0}, snapshot=now)
    >>> found = exposures(book, now)
    >>> abs(round(found.total.net["delta"], 3)), round(found.total.gross["delta"], 3)
    (0.0, 2.0)
    """
    edges = tuple(float(edge) for edge in moneyness_edges)
    if any(not after > before for before, after in zip((0.0, *edges), edges, strict=False)):
        raise InputError(Problem("moneyness_edges", edges, "they are above zero and rise"))
    resolved = resolve(book, snapshot, check_lots=check_lots, parse=parse)
    market, table = resolved.snapshot, resolved.snapshot.table
    unit = unit_greeks(market).matrix
    held = resolved.positions
    holdings: list[Holding] = []
    for row, n, size in zip(held.rows.tolist(), held.columns.tolist(), held.sizes.tolist(), strict=True):
        why = resolved.unavailable.get(n, "")
        if not why and np.isnan(unit[n]).any():
            why = f"{table.names[n]}: its Greeks can't be computed from snapshot {market.name}"
        holdings.append(Holding(
            table.underlying[n], snapshot.venue, book.accounts[row], _expiry(int(table.expiry_ns[n])),
            _moneyness(market, n, edges), Kind(int(table.kind[n])).name.lower(), table.names[n], size, why,
        ))  # fmt: skip
    greeks = unit[held.columns] * held.sizes[:, None]
    broken = [i for i, holding in enumerate(holdings) if holding.unavailable]
    greeks[broken] = np.nan
    found = Exposures(tuple(holdings), greeks.reshape(len(holdings), len(GREEKS)))
    if not with_cash:
        return found
    leaning = market.exposure
    for asset in sorted({*book.assets, *table.settlements} - {"USD", *STABLE_ASSETS}):
        part = equity_in(asset, resolved, leaning)
        found = found + _cash(asset, book, snapshot, part.cash + part.unrealised)
    return found


def _cash(asset: str, book: Book, snapshot: MarketSnapshot, amounts: FloatArray) -> Exposures:
    """Return coins as delta of the coin: they lean on its price, and in coin on nothing."""
    price = usd_price(snapshot, asset)
    mine = np.flatnonzero(amounts != 0.0)
    why = "" if price == price else f"snapshot {snapshot.name} has no USD index for {asset}"
    greeks = np.zeros((len(mine), len(GREEKS)))
    greeks[:, GREEKS.index("delta")] = amounts[mine]
    greeks[:, GREEKS.index("cash_delta_usd")] = amounts[mine] * price
    if why:
        greeks[:] = np.nan
    return Exposures(
        tuple(Holding(asset, snapshot.venue, book.accounts[a], "none", "none", CASH, asset, float(amounts[a]), why)
              for a in mine.tolist()),
        greeks,
    )  # fmt: skip


def _added(amounts: Sequence[float] | Iterator[float]) -> float:
    total = 0.0
    for amount in amounts:
        total += amount
    return total


def _rank(key: str) -> tuple[int, str]:
    """Return the order of groups: by name, what has no expiry or strike last."""
    return (key == "none", key)


def _expiry(expiry_ns: int) -> str:
    return "none" if expiry_ns == NO_EXPIRY_NS else iso(expiry_ns)[:10]


def _moneyness(snapshot: MarketSnapshot, n: int, edges: Sequence[float]) -> str:
    strike, forward = float(snapshot.table.strike[n]), float(snapshot.forward[n])
    if not (strike == strike and forward > 0.0):
        return "none"
    if not edges:
        return "all"
    between = [f"{low:.2f} to {high:.2f}" for low, high in pairwise(edges)]
    names = [f"below {edges[0]:.2f}", *between, f"from {edges[-1]:.2f}"]
    return names[int(np.searchsorted(np.array(edges), strike / forward, side="right"))]

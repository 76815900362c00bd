"""The market snapshot: everything that a margin needs to know about the market at one instant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import IntEnum
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from seawall.core.arrays import BoolArray, FloatArray, IntArray, frozen
from seawall.core.digest import digest_of
from seawall.core.errors import UnavailableError
from seawall.core.time import NO_EXPIRY_NS, NS_PER_SECOND, NS_PER_YEAR, iso
from seawall.instruments import InstrumentTable, Kind
from seawall.market.exposure import Exposure, exposure_of
from seawall.market.feeds import FEED_COLUMNS, Feeds
from seawall.market.listed import LISTED_COLUMNS, Listed
from seawall.market.span_file import SpanParameters
from seawall.pricing.grid import OptionGrid, option_grid


class Origin(IntEnum):
    """Where a number of the snapshot comes from."""

    MISSING = 0
    OBSERVED = 1
    """The venue published it."""
    DERIVED = 2
    """Computed from what the venue published; `MarketSnapshot.notes` says how."""


@dataclass(frozen=True, kw_only=True, repr=False)
class MarketSnapshot:
    """What was observable of N instruments at one instant.

    Prices are in the instrument's own price unit: coin per coin for inverse options, quote per base for all else. NaN
    means *unavailable*, never zero. Arrays are `(N,)` and read-only.

    Attributes
    ----------
    name, venue, source
        What it is called, whose prices they are, where they were read.
    time_ns
        The instant, nanoseconds since 1970 UTC.
    table
        The instruments.
    index
        USD per unit of each asset: underlyings and settlement assets alike.
    index_origin
        `Origin` of each entry of `index`.
    mark, forward, vol
        Fair price; price for delivery at the instrument's expiry; Black implied volatility per √year (options only).
    mark_origin, forward_origin, vol_origin
        `Origin` of each, as int8.
    bid, ask, bid_size, ask_size, open_interest
        Best quotes in price units, their sizes and the open interest in size units.
    funding_8h
        Funding paid by longs per 8 hours, as a fraction (perpetuals only).
    observed_ns
        When each row was published; 0 where unknown.
    notes
        What was derived, and how; one sentence each.
    feeds
        Rates, settled forwards and confidences, where the venue publishes such; None elsewhere.
    listed
        Rate, yield and early exercise of a stock exchange's options; None elsewhere.
    span
        Risk arrays and rates of a clearing house's parameter file; None elsewhere.
    """

    name: str
    venue: str
    source: str
    time_ns: int
    table: InstrumentTable
    index: Mapping[str, float]
    index_origin: Mapping[str, Origin] = field(default_factory=dict)
    mark: FloatArray
    forward: FloatArray
    vol: FloatArray
    mark_origin: npt.NDArray[np.int8]
    forward_origin: npt.NDArray[np.int8]
    vol_origin: npt.NDArray[np.int8]
    bid: FloatArray
    ask: FloatArray
    bid_size: FloatArray
    ask_size: FloatArray
    open_interest: FloatArray
    funding_8h: FloatArray
    observed_ns: IntArray
    notes: tuple[str, ...] = ()
    feeds: Feeds | None = None
    listed: Listed | None = None
    span: SpanParameters | None = None

    def __post_init__(self) -> None:
        count = len(self.table)
        for beside in (self.feeds, self.listed, self.span):
            assert beside is None or len(beside) == count, "what stands beside a table is of its instruments"
        for name in COLUMNS:
            column = getattr(self, name)
            assert column.shape == (count,), f"{name} has shape {column.shape}, not ({count},)"
            object.__setattr__(self, name, frozen(column))
        index = {asset: float(price) for asset, price in self.index.items()}
        object.__setattr__(self, "index", MappingProxyType(index))
        origins = {asset: self.index_origin.get(asset, Origin.OBSERVED) for asset in self.index}
        object.__setattr__(self, "index_origin", MappingProxyType(origins))

    @classmethod
    def of(
        cls,
        table: InstrumentTable,
        *,
        name: str,
        venue: str,
        source: str,
        time_ns: int,
        index: Mapping[str, float],
        index_origin: Mapping[str, Origin] | None = None,
        notes: Sequence[str] = (),
        feeds: Feeds | None = None,
        listed: Listed | None = None,
        span: SpanParameters | None = None,
        **columns: npt.ArrayLike,
    ) -> MarketSnapshot:
        """Return a snapshot; columns left out are unavailable, and origins left out follow from what is there.

        Examples
        --------
        >>> from seawall.instruments import Perpetual
        >>> table = InstrumentTable.of([Perpetual(name="BTC-PERPETUAL", underlying="BTC", quote="USD",
        ...                                       settlement="BTC", inverse=True)])
        >>> snapshot = MarketSnapshot.of(table, name="now", venue="deribit", source="by hand", time_ns=0,
        ...                              index={"BTC": 65_666.19}, mark=[65_910.57])
        >>> Origin(snapshot.mark_origin[0]).name, Origin(snapshot.vol_origin[0]).name
        ('OBSERVED', 'MISSING')
        """
        count = len(table)
        made: dict[str, Any] = {}
        for column in FLOAT_COLUMNS:
            given = columns.pop(column, None)
            made[column] = np.full(count, np.nan) if given is None else np.array(given, dtype=np.float64)
        observed = columns.pop("observed_ns", None)
        made["observed_ns"] = np.zeros(count, np.int64) if observed is None else np.array(observed, dtype=np.int64)
        for column in ORIGIN_COLUMNS:
            given = columns.pop(column, None)
            there = ~np.isnan(made[column.removesuffix("_origin")])
            origin = np.where(there, Origin.OBSERVED, Origin.MISSING) if given is None else np.asarray(given)
            made[column] = origin.astype(np.int8)
        if columns:
            raise TypeError(f"a snapshot has no column {', '.join(sorted(columns))}")
        return cls(
            name=name, venue=venue, source=source, time_ns=time_ns, table=table, index=index,
            index_origin=index_origin or {}, notes=tuple(notes), feeds=feeds, listed=listed, span=span, **made,
        )  # fmt: skip

    def __getstate__(self) -> dict[str, Any]:
        state = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        return state | {"index": dict(self.index), "index_origin": dict(self.index_origin)}  # a proxy can't be pickled

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, content in state.items():
            object.__setattr__(self, name, content)
        self.__post_init__()

    def __repr__(self) -> str:
        return f"MarketSnapshot({self.name!r}, {len(self)} instruments, {iso(self.time_ns)}, digest {self.digest})"

    def __len__(self) -> int:
        return len(self.table)

    @cached_property
    def digest(self) -> str:
        """Sixteen hex digits that name the content: equal content, equal digest."""
        parts: dict[str, object] = {name: getattr(self, name) for name in COLUMNS}
        parts |= {"venue": self.venue, "time_ns": self.time_ns, "index": self.index, "names": self.table.names}
        parts |= {"index_origin": {asset: int(origin) for asset, origin in self.index_origin.items()}}
        for entry in fields(self.table):
            if entry.init and entry.name != "names":
                parts[f"table.{entry.name}"] = getattr(self.table, entry.name)
        if self.feeds is not None:
            parts |= {f"feeds.{name}": getattr(self.feeds, name) for name in FEED_COLUMNS}
            parts["feeds.index_confidence"] = self.feeds.index_confidence
        if self.listed is not None:
            parts |= {f"listed.{name}": getattr(self.listed, name) for name in LISTED_COLUMNS}
        if self.span is not None:
            parts |= {f"span.{name}": part for name, part in self.span.parts.items()}
        return digest_of(parts)

    @cached_property
    def years(self) -> FloatArray:
        """Time to expiry in ACT/365F years, `(N,)`: 0 once expired, infinite for what never expires."""
        left = (self.table.expiry_ns - self.time_ns) / NS_PER_YEAR
        never = self.table.expiry_ns == NO_EXPIRY_NS
        return frozen(np.where(never, np.inf, np.maximum(left, 0.0)))

    @cached_property
    def option_columns(self) -> tuple[IntArray, OptionGrid]:
        """Rows of the options, grouped by underlying, and the same options as the pricing kernels read them.

        They don't depend on a scenario, so a snapshot makes them once. `OptionGrid.underlying` counts along
        `option_moves`.
        """
        table = self.table
        rows = np.flatnonzero(table.is_kind(Kind.OPTION))
        group = self._option_groups[0]
        order = np.argsort(group, kind="stable")
        rows = rows[order]
        grid = option_grid(
            self.forward[rows],
            table.strike[rows],
            table.is_call[rows],
            group[order],
            mark=self.mark[rows],
            inverse=table.inverse[rows],
        )
        return frozen(rows), grid

    @cached_property
    def exposure(self) -> Exposure:
        """Value and deltas of one unit of each instrument; they don't depend on a scenario, so they are made once.

        Deltas of listed options are unavailable: those of Black on a forward are not theirs.

        Examples
        --------
        >>> from seawall.instruments import Perpetual
        >>> table = InstrumentTable.of([Perpetual(name="BTC-PERPETUAL", underlying="BTC", quote="USD",
        ...                                       settlement="BTC", inverse=True)])
        >>> now = MarketSnapshot.of(table, name="now", venue="deribit", source="by hand", time_ns=0,
        ...                         index={"BTC": 50_000.0}, mark=[50_000.0])
        >>> float(now.exposure.delta[0])
        2e-05
        """
        vol = self.vol if self.listed is None else np.where(self.listed.known, np.nan, self.vol)
        return exposure_of(self.table, self.mark, self.forward, vol, self.years)

    @property
    def option_moves(self) -> tuple[IntArray, FloatArray]:
        """How option forwards move: `(G,)` underlyings along `table.underlyings`, and the share of a move each takes.

        The share is 1, but for options whose forward is partly settled: that part moves no more.
        """
        return self._option_groups[1], self._option_groups[2]

    @cached_property
    def _option_groups(self) -> tuple[IntArray, IntArray, FloatArray]:
        """Group of each option row, in the table's order; underlying and live share of each group."""
        rows = np.flatnonzero(self.table.is_kind(Kind.OPTION))
        column = self.table.underlying_column[rows]
        if self.feeds is None or not self.feeds.settled_forward[rows].any():
            count = len(self.table.underlyings)
            return column, np.arange(count, dtype=np.int64), np.ones(count)
        forward = self.forward[rows]
        live = np.where(forward > 0.0, 1.0 - self.feeds.settled_forward[rows] / forward, 1.0)
        groups, which = np.unique(np.stack([column.astype(np.float64), live]), axis=1, return_inverse=True)
        return which.ravel().astype(np.int64), groups[0].astype(np.int64), np.ascontiguousarray(groups[1])

    @cached_property
    def settled(self) -> BoolArray:
        """Expired options whose settlement price is known, `(N,)`: they are worth their intrinsic value."""
        if self.feeds is None:
            return frozen(np.zeros(len(self), np.bool_))
        expired = self.table.is_kind(Kind.OPTION) & (self.table.expiry_ns <= self.time_ns)
        return frozen(expired & (self.feeds.settled_forward == self.forward))

    def age_seconds(self, now_ns: int) -> float:
        """Return how old the snapshot is at `now_ns`."""
        return (now_ns - self.time_ns) / NS_PER_SECOND

    def price_usd(self, asset: str) -> float:
        """Return USD per unit of an asset.

        Raises
        ------
        UnavailableError
            When the snapshot has no index for it; it is never guessed.
        """
        if asset == "USD":
            return 1.0
        price = self.index.get(asset, np.nan)
        if not price > 0.0:
            raise UnavailableError(f"snapshot {self.name!r} has no USD index for {asset}")
        return float(price)

    def take(self, rows: Sequence[int] | IntArray) -> MarketSnapshot:
        """Return the snapshot of the given rows, in the given order; index and notes stay."""
        picked = np.asarray(rows, dtype=np.int64)
        columns = {name: getattr(self, name)[picked] for name in COLUMNS}
        beside: dict[str, Any] = {
            name: None if (part := getattr(self, name)) is None else part.take(picked)
            for name in ("feeds", "listed", "span")
        }
        return replace(self, table=self.table.take(picked), **beside, **columns)


FLOAT_COLUMNS = (
    "mark", "forward", "vol", "bid", "ask", "bid_size", "ask_size", "open_interest", "funding_8h",
)  # fmt: skip
ORIGIN_COLUMNS = ("mark_origin", "forward_origin", "vol_origin")
COLUMNS = (*FLOAT_COLUMNS, *ORIGIN_COLUMNS, "observed_ns")

"""The liquidation surface: the margin ratio over price and volatility, and the line on which the venue acts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import expm1, log1p
from typing import TYPE_CHECKING, Any

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray
from seawall.core.errors import InputError, Problem, UnavailableError
from seawall.core.html_table import Tabular
from seawall.core.time import NS_PER_DAY
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy
from seawall.portfolio import Book, NameParser
from seawall.risk.crossing import root_between
from seawall.risk.shift import Move
from seawall.risk.standing import Probe
from seawall.risk.trigger import Trigger, Which
from seawall.scenarios import Relative
from seawall.scenarios.grid import percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PRICE_MOVES = tuple(np.round(np.concatenate([np.linspace(-0.6, 0.6, 25), [0.8, 1.0]]), 6).tolist())
VOL_MOVES = (-0.5, -0.25, 0.0, 0.25, 0.5, 1.0, 2.0)
TOLERANCE = 1e-10
CELL_INCHES = 0.5
"""Width of a cell whose number can be read."""


@dataclass(frozen=True, slots=True)
class ContourPoint:
    """A point of the line on which the venue acts; `kind` says whether the ratio passes or leaps there."""

    price_move: float
    vol_move: float
    ratio: float
    kind: str


@dataclass(frozen=True, repr=False)
class Surface(Tabular):
    """Margin ratios of one account over P price moves × V volatility moves.

    Attributes
    ----------
    account, asset, elapsed_days
        Whose, which price moves, how much later.
    price_moves, vol_moves
        Relative, `(P,)` and `(V,)`.
    ratio
        `(P, V)` margin ratio of the netting set that is worst off, 1 where the venue acts; infinite where nothing
        covers a requirement, NaN where unavailable.
    acts
        `(P, V)` whether the venue acts there.
    contour
        Every change between neighbours of the grid, closed in on; ordered by volatility and price.
    trigger
        What the venue acts at.
    """

    account: str
    asset: str
    elapsed_days: float
    price_moves: FloatArray
    vol_moves: FloatArray
    ratio: FloatArray
    acts: BoolArray
    contour: tuple[ContourPoint, ...]
    trigger: Trigger

    def __repr__(self) -> str:
        size = f"{len(self.price_moves)} x {len(self.vol_moves)}"
        return f"Surface({self.account!r} over {self.asset}, {size}, {len(self.contour)} points of its contour)"

    def rows(self) -> list[dict[str, object]]:
        """Return one mapping a cell."""
        return [
            {
                "account": self.account,
                "price_move": float(move),
                "vol_move": float(vol),
                "ratio": float(self.ratio[p, v]),
                "acts": bool(self.acts[p, v]),
            }
            for p, move in enumerate(self.price_moves)
            for v, vol in enumerate(self.vol_moves)
        ]

    def plot(self) -> Figure:
        """Return the ratios as a map, hatched where the venue acts, with a line around; `contour` has it exactly."""
        from seawall.charts import contour_surface

        still = [np.flatnonzero(axis == 0.0) for axis in (self.price_moves, self.vol_moves)]
        later = f" after {self.elapsed_days:g} days" if self.elapsed_days else ""
        figure = contour_surface(
            self.ratio, [percent(move) for move in self.price_moves], [percent(move) for move in self.vol_moves],
            acts=self.acts,
            title=f"{self.account}: margin ratio{later}; the venue acts where it is hatched",
            x_label=f"move of {self.asset}", y_label="move of its volatilities",
            here=(int(still[0][0]), int(still[1][0])) if len(still[0]) and len(still[1]) else None,
        )  # fmt: skip
        width, height = figure.get_size_inches()
        figure.set_size_inches(max(width, 1.2 + CELL_INCHES * len(self.price_moves)), height)
        return figure


def liquidation_surface(
    book: Book,
    snapshot: MarketSnapshot,
    policy: MarginPolicy,
    account: str,
    *,
    asset: str,
    price_moves: Sequence[float] = PRICE_MOVES,
    vol_moves: Sequence[float] = VOL_MOVES,
    elapsed_days: float = 0.0,
    which: Which = "maintenance",
    check_lots: bool = True,
    parse: NameParser | None = None,
) -> Surface:
    """Return the margin ratio of an account over a grid of price and volatility, with its contour.

    Parameters
    ----------
    book, snapshot, policy, check_lots, parse
        As in `evaluate`.
    account
        Whose.
    asset
        Whose price and volatilities move.
    price_moves, vol_moves
        Relative, rising, above -1.
    elapsed_days
        Time that has passed on the whole surface.

    Raises
    ------
    UnavailableError
        When the account has no margin.

    Examples
    --------
    >>> import seawall as sw
    >>> from seawall.policy import at
    >>> now, book = sw.load_snapshot("deribit-btc-2026-08-01"), sw.load_book("demo")
    >>> found = liquidation_surface(book, now, at("deribit/x_pm/2026-02-15"), "short_strangle", asset="BTC",
    ...                             price_moves=[-0.3, 0.0, 0.3, 0.6], vol_moves=[0.0, 0.5])
    >>> found.ratio.round(2).tolist()
    [[3.6, 6.07], [0.34, 0.43], [0.63, 0.7], [inf, inf]]
    >>> [(point.vol_move, round(point.price_move, 3)) for point in found.contour if point.vol_move == 0.0]
    [(0.0, -0.218), (0.0, 0.394)]
    """
    prices, vols = (_axis(name, axis) for name, axis in (("price_moves", price_moves), ("vol_moves", vol_moves)))
    probe = Probe(book.take([book.row(account)]), snapshot, policy, which=which, check_lots=check_lots, parse=parse)
    why = probe.readable(0)
    if why:
        raise UnavailableError(f"{account}: {why}")
    elapsed_ns = round(elapsed_days * NS_PER_DAY)

    def move(price: float, vol: float) -> Move:
        shocks = {asset: Relative(vol)} if vol else {}
        return Move({asset: price}, shocks, elapsed_ns)

    states = probe.at([move(p, v) for p in prices.tolist() for v in vols.tolist()])
    shape = (len(prices), len(vols), len(probe.sets))
    short, ratio = states.short.reshape(shape), states.ratio.reshape(shape)
    points = []
    for r in range(len(probe.sets)):
        for v, vol in enumerate(vols.tolist()):
            for p in np.flatnonzero((short[:-1, v, r] >= 0.0) != (short[1:, v, r] >= 0.0)).tolist():
                edge = log1p(prices[p]), log1p(prices[p + 1])
                at, kind = _root(probe, r, lambda x, vol=vol: move(expm1(x), vol), *edge)
                points.append(_point(probe, r, move(expm1(at), vol), expm1(at), vol, kind))
        for p, price in enumerate(prices.tolist()):
            for v in np.flatnonzero((short[p, :-1, r] >= 0.0) != (short[p, 1:, r] >= 0.0)).tolist():
                edge = log1p(vols[v]), log1p(vols[v + 1])
                at, kind = _root(probe, r, lambda x, price=price: move(price, expm1(x)), *edge)
                points.append(_point(probe, r, move(price, expm1(at)), price, expm1(at), kind))
    worst = np.where(np.isnan(ratio).any(axis=2), np.nan, ratio.max(axis=2))
    contour = tuple(sorted(points, key=lambda point: (point.vol_move, point.price_move)))
    acts = np.asarray((short >= 0.0).any(axis=2), dtype=np.bool_)
    return Surface(account, asset, elapsed_days, prices, vols, worst, acts, contour, probe.trigger)


def _axis(name: str, values: Sequence[float]) -> FloatArray:
    found = np.asarray(values, dtype=np.float64)
    if len(found) < 2 or not (found > -1.0).all() or not np.isfinite(found).all() or not (np.diff(found) > 0.0).all():
        raise InputError(Problem(name, tuple(values), "two moves or more, rising, above -1 and finite"))
    return found


def _root(probe: Probe, r: int, move_at: Any, a: float, b: float) -> tuple[float, str]:
    known: dict[float, tuple[float, float]] = {}

    def state(x: float) -> tuple[float, float]:
        if x not in known:
            states = probe.at([move_at(x)])
            known[x] = float(states.short[0, r]), float(states.required[0, r])
        return known[x]

    found = root_between(lambda x: state(x)[0], a, b, negligible=lambda x, value: abs(value) <= TOLERANCE * state(x)[1])
    return found.at, found.kind


def _point(probe: Probe, r: int, move: Move, price: float, vol: float, kind: str) -> ContourPoint:
    return ContourPoint(price, vol, float(probe.verify(move, [0]).ratio[0, r]), kind)

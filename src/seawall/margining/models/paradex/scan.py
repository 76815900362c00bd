"""Portfolio margin of one underlying: the worst of its scenarios or the minimum by delta, whichever is more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from seawall.core.arrays import FloatArray, IntArray
from seawall.instruments import Kind
from seawall.margining.blocks.delta_minimum import delta_minimum, hedged_delta
from seawall.margining.blocks.equity import per_account
from seawall.margining.blocks.lookups import usd_price
from seawall.margining.blocks.usd import sums_of
from seawall.margining.models.paradex.numbers import Scan
from seawall.portfolio import Holdings, ResolvedBook
from seawall.scenarios import ScenarioSet, Unchanged, VolShock

SECONDS_PER_YEAR = 365 * 86_400


@dataclass(frozen=True)
class BaseRisk:
    """Risk of A accounts in one underlying, USD `(A,)` unless said.

    Attributes
    ----------
    pnl
        `(A, S)` weighted profit and loss of positions.
    scan, minimum
        The worst loss, and the minimum by delta: of positions alone.
    scan_open, minimum_open
        The same with open orders on the side that makes it worse.
    scenario
        Which scenario of the list loses most, -1 where none does.
    long, short
        Sums of positive and of negative deltas of positions, coins.
    """

    pnl: FloatArray
    scan: FloatArray
    minimum: FloatArray
    scan_open: FloatArray
    minimum_open: FloatArray
    scenario: IntArray
    long: FloatArray
    short: FloatArray

    @property
    def figures(self) -> dict[str, FloatArray]:
        """The venue's intermediates by name."""
        return {
            "scan_risk": self.scan, "min_delta_risk": self.minimum, "net_delta": self.long - self.short,
            "gross_delta": self.long + self.short, "hedged_delta": hedged_delta(self.long, self.short),
        }  # fmt: skip


def scenario_set(scans: Mapping[str, Scan]) -> ScenarioSet:
    """Return the scenarios of several underlyings on one axis; each reads its own list."""
    names = tuple(sorted(scans))
    if not names:
        return ScenarioSet.spot_moves((), (), np.zeros((0, 0)))
    count = max(len(scan) for scan in scans.values())
    spot, index = np.zeros((count, len(names))), np.zeros((count, len(names)), np.int64)
    distinct: list[VolShock] = [Unchanged()]
    for u, name in enumerate(names):
        spot[: len(scans[name]), u] = scans[name].spot
        for s, shock in enumerate(scans[name].vols):
            if shock not in distinct:
                distinct.append(shock)
            index[s, u] = distinct.index(shock)
    return ScenarioSet(
        labels=tuple(f"scenario {s + 1}" for s in range(count)), underlyings=names, spot=spot,
        vol_shocks=tuple(distinct), vol_index=index, elapsed_years=np.zeros(count), weights=np.ones(count),
    )  # fmt: skip


def live_share(book: ResolvedBook, window_minutes: float) -> FloatArray:
    """Return the share of an option's settlement average that is still open, `(N,)`; one for all else."""
    snapshot = book.snapshot
    left = np.clip(snapshot.years * SECONDS_PER_YEAR / (window_minutes * 60.0), 0.0, 1.0)
    return np.where(snapshot.table.is_kind(Kind.OPTION), left, 1.0)


def base_risk(
    book: ResolvedBook, base: str, scan: Scan, held: Holdings, orders: Holdings, unit: FloatArray, scale: FloatArray
) -> BaseRisk:
    """Return the risk of one underlying.

    Parameters
    ----------
    held, orders
        Positions and open orders of A accounts in that underlying.
    unit, scale
        `(S, N)` profit and loss of one unit of size in USD in `scan`'s scenarios, and what each of them counts: the
        scenario's weight and the live share.
    """
    counted = unit * scale
    pnl = sums_of(held, counted)
    open_pnl = pnl - _order_losses(book, orders, counted, scale)
    delta = book.snapshot.exposure.delta
    long, short = _by_sign(held, delta)
    long_orders, short_orders = _by_sign(orders, delta)
    rates = {"unhedged": scan.unhedged, "hedged": scan.hedged, "price": usd_price(book, base)}
    lowest = np.argmin(pnl, axis=1)
    loss = 0.0 - np.minimum(np.take_along_axis(pnl, lowest[:, None], axis=1)[:, 0], 0.0)
    return BaseRisk(
        pnl=pnl,
        scan=loss,
        minimum=delta_minimum(long, short, **rates),
        scan_open=0.0 - np.minimum(open_pnl.min(axis=1), 0.0),
        minimum_open=delta_minimum(long, short, **rates, long_orders=long_orders, short_orders=short_orders),
        scenario=np.where(loss > 0.0, lowest, -1).astype(np.int64),
        long=long,
        short=short,
    )


def _by_sign(held: Holdings, delta: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the sums of positive and of negative deltas, `(A,)` each, neither negative."""
    deltas = held.sizes * delta[held.columns]
    return per_account(held, np.maximum(deltas, 0.0)), per_account(held, np.maximum(-deltas, 0.0))


def _order_losses(book: ResolvedBook, orders: Holdings, counted: FloatArray, scale: FloatArray) -> FloatArray:
    """Return what open orders lose in each scenario if those fill that lose, `(A, S)`; none wins.

    An order fills at its own price; one without a price, or on a contract that is paid in coin, at the mark.
    """
    losses = np.zeros((len(orders.indptr) - 1, len(scale)))
    if len(orders) == 0:
        return losses
    n, table = orders.columns, book.snapshot.table
    prices = {asset: usd_price(book, asset) for asset in table.quote}
    away = book.snapshot.mark[n] - orders.entry_prices
    paid = np.where(table.inverse[n] | np.isnan(away), 0.0, away * np.array([prices[table.quote[i]] for i in n]))
    gain = orders.sizes * (counted[:, n] + scale[:, n] * paid)
    for s in range(len(scale)):
        losses[:, s] = per_account(orders, np.maximum(-gain[s], 0.0))
    return losses

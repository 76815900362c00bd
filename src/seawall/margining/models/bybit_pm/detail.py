"""One account's grid of one coin, and the figures that Bybit's own response has, under its names."""

from __future__ import annotations

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.time import iso
from seawall.margining.model import RiskMatrix
from seawall.margining.models.bybit_pm.coin import Evaluated
from seawall.margining.models.bybit_pm.numbers import CoinNumbers
from seawall.margining.models.bybit_pm.stress import Market
from seawall.portfolio import Holdings, ResolvedBook

TOTAL_DECIMALS = 4
"""Decimals to which the response cuts its totals over all contracts, downwards: all eleven documented ones are met."""
_SAME_DECIMALS = 4
"""Further decimals within which a total counts as lying on a last place."""


def risk_matrix(
    book: ResolvedBook, mine: Holdings, market: Market, numbers: CoinNumbers, found: Evaluated
) -> RiskMatrix:
    """Return the grid of one coin for one account: futures, options and spot hedge together in each cell.

    Parameters
    ----------
    book
        A book of one account.
    mine
        Its positions on the coin.
    market, numbers, found
        The coin's market and policy numbers; its stress test.
    """
    lines = [book.snapshot.table.names[n] for n in mine.columns]
    rows = mine.sizes[:, None] * market.usd[:, mine.columns].T
    if found.spot[0] != 0.0:
        lines.append(f"{market.base} spot hedge")
        rows = np.concatenate([rows, found.stress.spot[:1].reshape(1, -1)])
    worst, cell = found.stress.worst()
    return RiskMatrix(
        name=market.base,
        underlying=market.base,
        currency="USD",
        price_moves=tuple(market.prices.tolist()),
        vol_names=tuple(numbers.spec.vol_shocks),
        standard=found.stress.cells[0],
        extended_moves=(),
        extended=np.zeros(0),
        extended_vol=numbers.spec.far_vol,
        lines=tuple(lines),
        line_standard=rows,
        line_extended=np.zeros((len(lines), 0)),
        worst=float(worst[0]),
        worst_scenario=int(cell[0]),
        binding=numbers.spec.binding(int(cell[0])),
    )


def figures(
    book: ResolvedBook, mine: Holdings, market: Market, numbers: CoinNumbers, found: Evaluated
) -> dict[str, float]:
    """Return every number behind one coin's margin; parameters as in `risk_matrix`.

    Prices and cells are counted from 0, the volatilities of one price together: `BTC.total.ALL.0` is the row of the
    lowest price, `BTC.option.<symbol>.2` the third volatility there, `BTC.expiry.<day>.2` that of all options of a day.
    A volatility shock is named by its range, as Bybit does: -0.2 is `volatility_range_down`.
    """
    extra, whole = found.contingencies, found.stress
    worst, cell = whole.worst()
    maintenance = worst[0] + extra.total[0]
    base, names = market.base, book.snapshot.table.names
    shown = {
        "maxLoss": worst[0],
        "optionContingency": extra.short_option[0],
        "futureDeltaContingency": extra.delta_spread[0],
        "optionVegaContingency": extra.vega_spread[0],
        "usdtUsdcContingency": extra.stable_spread[0],
        "futureContingency": extra.futures[0],
        "contingencyComponents": extra.total[0],
        "assetMM": maintenance,
        "assetIM": numbers.im_factor * maintenance,
        "hedgeSpotSize": found.spot[0],
    }
    futures, options, spot = whole.futures[0, :, 0], whole.worst_options[0], whole.spot[0, :, 0]
    shown |= _numbered("total.ALL", _cut_down(futures + options + spot))
    shown |= _numbered("total.PERPETUAL", futures)
    shown |= _numbered("total.OPTION", options)
    shown |= _numbered("spot", spot)
    price, vol = divmod(int(cell[0]), market.vols_count)
    shown["maxLossPriceMove"] = market.prices[price]
    if market.options[mine.columns].any():
        shown["maxLossIvShock"] = numbers.vol_ranges[vol]
        shown |= _numbered("maxLossIvShock", numbers.vol_ranges[whole.options[0].argmin(axis=1)])
    of_day: dict[str, FloatArray] = {}
    for n, size in zip(mine.columns.tolist(), mine.sizes, strict=True):
        cells = size * market.usd[:, n]
        if market.options[n]:
            shown |= _numbered(f"option.{names[n]}", cells)
            day = iso(int(book.snapshot.table.expiry_ns[n]))[:10]
            of_day[day] = of_day.get(day, 0.0) + cells
        else:
            shown |= _numbered(f"perpetual.{names[n]}", cells[:: market.vols_count])
    for day, cells in of_day.items():
        shown |= _numbered(f"expiry.{day}", cells)
    return {f"{base}.{name}": float(figure) for name, figure in shown.items()}


def _cut_down(amounts: FloatArray) -> FloatArray:
    """Return totals as the response prints them; a total that is not away from a last place stands on it.

    Examples
    --------
    >>> _cut_down(np.array([-1004.74708695, 396.10084914, 0.0003])).tolist()
    [-1004.7471, 396.1008, 0.0003]
    """
    scale = 10.0**TOTAL_DECIMALS
    places = np.round(amounts * scale, _SAME_DECIMALS)
    return np.asarray(np.floor(places) / scale, dtype=np.float64)


def _numbered(name: str, amounts: FloatArray) -> dict[str, float]:
    return {f"{name}.{k}": float(amount) for k, amount in enumerate(amounts)}

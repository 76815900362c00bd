"""Smiles of whole chains: one SVI slice an expiry, earliest first, each at or above the one before."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.market.fit_report import NO_NEAR, FitReport, SliceFit
from seawall.market.forwards import ExpiryForward
from seawall.market.smile_quotes import SmileQuotes, smile_quotes
from seawall.market.snapshot import MarketSnapshot, Origin
from seawall.market.svi import least_calendar_gap, least_durrleman
from seawall.market.svi_fit import LEAST_QUOTE_COUNT, Checked, fit_svi

CHECKED_STRIKES = 1.5
CHECKED_DEVIATIONS = 5.0
"""Arbitrage is looked for to 1.5 times the farthest listed log-strike, and to five standard deviations at least."""
POINT = 0.01
"""One volatility point, per √year."""


def fit_smiles(snapshot: MarketSnapshot, forwards: Iterable[ExpiryForward]) -> FitReport:
    """Return a row for each expiry; it holds a smile where there are a forward, time left and enough quotes.

    Parameters
    ----------
    snapshot
        Where an expiry has published volatilities at five strikes or more, the smile is fitted to those; else to the
        quotes.
    forwards
        From `expiry_forwards`, chain by chain and in order of time.
    """
    rows: list[SliceFit] = []
    near: dict[tuple[str, str, str, bool], SliceFit] = {}
    for expiry in forwards:
        row = _fit_slice(snapshot, expiry, near.get(expiry.chain))
        if row.smile is not None:
            near[expiry.chain] = row
        rows.append(row)
    return FitReport(tuple(rows))


def _fit_slice(snapshot: MarketSnapshot, expiry: ExpiryForward, near: SliceFit | None) -> SliceFit:
    usable = np.isfinite(expiry.forward) and expiry.years > 0.0
    quotes = _targets(snapshot, expiry) if usable else SmileQuotes.none()
    smile, gap, least_g, reach, errors, inside = None, np.nan, np.nan, np.nan, np.array([np.nan]), np.nan
    weighted, near_reach = np.nan, np.nan
    if len(quotes.rows) >= LEAST_QUOTE_COUNT:
        k = _log_moneyness(snapshot, expiry, quotes)
        vol = quotes.mid_vol
        reach = _reach(snapshot, expiry, at_the_money=float(vol[np.argmin(np.abs(k))]))
        checked = Checked(reach) if near is None else Checked(reach, near.smile, min(reach, near.reach))
        near_reach = checked.near_reach
        smile = fit_svi(k, vol, quotes.half_width, expiry.years, checked=checked)
        fitted = np.sqrt(smile.total_variance(k) / expiry.years)
        errors = (fitted - vol) / POINT
        weight = quotes.half_width**-2.0
        weighted = float(np.sqrt(np.sum(weight * errors**2) / np.sum(weight)))
        if np.any(quotes.ask_vol > quotes.bid_vol):
            inside = float(np.mean((fitted >= quotes.bid_vol) & (fitted <= quotes.ask_vol)))
        least_g = least_durrleman(smile, reach)
        gap = NO_NEAR if checked.near is None else least_calendar_gap(checked.near, smile, near_reach)
    parity = expiry.parity
    return SliceFit(
        underlying=expiry.underlying, quote=expiry.quote, settlement=expiry.settlement, expiry_ns=expiry.expiry_ns,
        years=expiry.years, forward=expiry.forward, forward_source=expiry.source, future=expiry.future,
        parity=parity.forward, parity_error=parity.standard_error, parity_low=parity.low, parity_high=parity.high,
        pair_count=parity.pair_count, smile=smile, quote_count=len(quotes.rows), dropped=quotes.dropped,
        rmse_points=float(np.sqrt(np.mean(errors**2))), weighted_rmse_points=weighted,
        max_error_points=float(np.max(np.abs(errors))), inside_share=inside, least_durrleman=least_g,
        least_calendar_gap=gap, reach=reach, near_reach=near_reach,
    )  # fmt: skip


def _targets(snapshot: MarketSnapshot, expiry: ExpiryForward) -> SmileQuotes:
    """Return what one expiry is fitted to: published volatilities if there are enough, else those of the quotes."""
    table, rows = snapshot.table, expiry.rows
    published = rows[(snapshot.vol_origin[rows] == Origin.OBSERVED) & (snapshot.vol[rows] > 0.0)]
    strikes, first = np.unique(table.strike[published], return_index=True)
    if len(strikes) >= LEAST_QUOTE_COUNT:
        picked = published[first]
        return SmileQuotes.published(
            picked, strike=strikes, vol=snapshot.vol[picked], forward=expiry.forward, years=expiry.years
        )
    unit = expiry.forward if expiry.inverse else 1.0
    return smile_quotes(
        rows, strike=table.strike[rows], is_call=table.is_call[rows], bid=snapshot.bid[rows] * unit,
        ask=snapshot.ask[rows] * unit, forward=expiry.forward, years=expiry.years,
    )  # fmt: skip


def _log_moneyness(snapshot: MarketSnapshot, expiry: ExpiryForward, quotes: SmileQuotes) -> FloatArray:
    return np.asarray(np.log(snapshot.table.strike[quotes.rows] / expiry.forward))


def _reach(snapshot: MarketSnapshot, expiry: ExpiryForward, *, at_the_money: float) -> float:
    """Return how far from the money arbitrage is looked for, in log-moneyness."""
    listed = np.max(np.abs(np.log(snapshot.table.strike[expiry.rows] / expiry.forward)))
    return float(max(CHECKED_STRIKES * listed, CHECKED_DEVIATIONS * at_the_money * np.sqrt(expiry.years)))

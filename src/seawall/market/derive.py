"""What a chain with quotes but no marks leaves open, filled in; and how well that does on chains that have both.

Nothing that was observed is touched. What is filled in has `Origin.DERIVED` and a sentence in `notes`; what can't be
had stays NaN and `Origin.MISSING`, with a sentence too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray
from seawall.instruments.kinds import Kind
from seawall.market import sentences
from seawall.market.fit_report import FitReport
from seawall.market.forwards import ExpiryForward, expiry_forwards, middle
from seawall.market.smiles import fit_smiles
from seawall.market.snapshot import MarketSnapshot, Origin
from seawall.market.stable_coins import STABLE_ASSETS, STABLE_USD, par_note
from seawall.pricing import black76, implied_vol


def complete(snapshot: MarketSnapshot, *, prefer_parity: bool = False) -> tuple[MarketSnapshot, FitReport]:
    """Return the snapshot with its index, forwards, volatilities and marks filled in, and a report of the fit.

    Parameters
    ----------
    snapshot
        Quotes at least; any of the four may be there in part.
    prefer_parity
        Take forwards from put-call parity even where a dated future is quoted tighter; see `forwards.py`.

    Returns
    -------
    tuple[MarketSnapshot, FitReport]
        The report has a row for every expiry of which a volatility was missing; it is empty when none was.

    Notes
    -----
    Index: middle of the perpetual. Marks of what is not an option: middle of bid and ask. Forwards: `forwards.py`.
    Volatilities: implied by the mark where the venue publishes one, else from the expiry's smile. Marks of options:
    Black-76 at that volatility, over the forward where the option pays in the base asset.

    Examples
    --------
    >>> from seawall.instruments import InstrumentTable, Perpetual
    >>> table = InstrumentTable.of([Perpetual(name="BTC-PERPETUAL", underlying="BTC", quote="USD",
    ...                                       settlement="BTC", inverse=True)])
    >>> quoted = MarketSnapshot.of(table, name="now", venue="deribit", source="by hand", time_ns=0, index={},
    ...                            bid=[62_687.5], ask=[62_688.0])
    >>> completed, report = complete(quoted)
    >>> completed.index["BTC"], float(completed.mark[0]), completed.notes[2]
    (62687.75, 62687.75, 'The index of BTC is the middle of bid and ask of BTC-PERPETUAL.')
    """
    snapshot = _with_index(snapshot)
    snapshot = _with_quoted_marks(snapshot)
    snapshot, forwards = _with_forwards(snapshot, prefer_parity=prefer_parity)
    snapshot = _with_implied_vols(snapshot)
    snapshot, report = _with_fitted_vols(snapshot, forwards)
    return _with_option_marks(snapshot), report


def fit_error(snapshot: MarketSnapshot) -> FitReport:
    """Return how well smiles fit the volatilities that the venue published; expiries without are fitted to quotes.

    Volatilities that were derived are left out: a smile fits itself.
    """
    published = replace(snapshot, vol=np.where(snapshot.vol_origin == Origin.OBSERVED, snapshot.vol, np.nan))
    return fit_smiles(published, expiry_forwards(published))


def mark_errors(snapshot: MarketSnapshot) -> FloatArray:
    """Return what Black-76 at each option's volatility gives, less its mark, `(N,)`, in price units.

    NaN for what is not an option, and where mark, forward or volatility is unavailable.
    """
    return np.asarray(model_marks(snapshot) - snapshot.mark)


def model_marks(snapshot: MarketSnapshot) -> FloatArray:
    """Return Black-76 prices of all options at their own volatility, `(N,)`, in price units; NaN elsewhere."""
    table = snapshot.table
    marks = np.full(len(snapshot), np.nan)
    at = np.flatnonzero(table.is_kind(Kind.OPTION) & np.isfinite(snapshot.forward) & np.isfinite(snapshot.vol))
    forward = snapshot.forward[at]
    price = black76.price(forward, table.strike[at], snapshot.years[at], snapshot.vol[at], is_call=table.is_call[at])
    marks[at] = np.where(table.inverse[at], price / forward, price)
    return marks


def _with_index(snapshot: MarketSnapshot) -> MarketSnapshot:
    """Fill in the index of underlyings and settlement assets from perpetuals, the tightest first."""
    table, mid = snapshot.table, middle(snapshot)
    index, origin, notes = dict(snapshot.index), dict(snapshot.index_origin), []
    for asset in STABLE_ASSETS:  # they come as collateral on chains that say nothing of them
        if asset not in index:
            index[asset], origin[asset] = STABLE_USD, Origin.DERIVED
            notes.append(par_note(asset))
    quoted = np.flatnonzero(table.is_kind(Kind.PERPETUAL) & np.isfinite(mid))
    for asset in sorted({*table.underlyings, *table.settlements} - {"USD"}):
        if index.get(asset, np.nan) > 0.0:
            continue
        found = []
        for i in quoted:
            quote_usd = _quote_usd(table.quote[i], index)
            if table.underlying[i] == asset and quote_usd > 0.0:
                found.append(((snapshot.ask[i] - snapshot.bid[i]) / mid[i], table.names[i], mid[i] * quote_usd))
        if found:
            _, name, price = min(found)
            index[asset], origin[asset] = float(price), Origin.DERIVED
            notes.append(f"The index of {asset} is the middle of bid and ask of {name}.")
        else:
            notes.append(f"The index of {asset} is unavailable: no perpetual on it has a bid and an ask in dollars.")
    return replace(snapshot, index=index, index_origin=origin, notes=(*snapshot.notes, *notes))


def _quote_usd(quote: str, index: Mapping[str, float]) -> float:
    return 1.0 if quote == "USD" else index.get(quote, np.nan)


def _with_quoted_marks(snapshot: MarketSnapshot) -> MarketSnapshot:
    """Fill in the marks of futures, perpetuals and spot from their quotes."""
    mid = middle(snapshot)
    there = ~snapshot.table.is_kind(Kind.OPTION) & ~np.isfinite(snapshot.mark) & np.isfinite(mid)
    counted = sentences.count_of(there, "instrument that is no option is", "instruments that are no options are")
    return _filled(snapshot, "mark", mid, there, [f"Marks of {counted} the middle of bid and ask."])


def _with_forwards(
    snapshot: MarketSnapshot, *, prefer_parity: bool
) -> tuple[MarketSnapshot, tuple[ExpiryForward, ...]]:
    """Fill in the forwards of all but spot, and the marks of futures that have a forward and no quotes.

    A future is its own forward, and a perpetual's mark stands for one.
    """
    table = snapshot.table
    forwards = expiry_forwards(snapshot, prefer_parity=prefer_parity)
    is_future = table.is_kind(Kind.FUTURE)
    price = np.where(is_future | table.is_kind(Kind.PERPETUAL), snapshot.mark, np.nan)
    for one in forwards:
        price[one.rows] = one.forward
        for i in np.flatnonzero(is_future & (table.expiry_ns == one.expiry_ns) & ~np.isfinite(price)):
            if (table.underlying[i], table.quote[i]) == (one.underlying, one.quote):
                price[i] = one.forward
    there = ~np.isfinite(snapshot.forward) & np.isfinite(price)
    open_expiries = [one for one in forwards if np.any(~np.isfinite(snapshot.forward[one.rows]))]
    snapshot = _filled(snapshot, "forward", price, there, [])
    snapshot = replace(snapshot, notes=(*snapshot.notes, *sentences.on_forwards(open_expiries)))
    unmarked = is_future & ~np.isfinite(snapshot.mark) & np.isfinite(snapshot.forward)
    counted = sentences.count_of(unmarked, "future without two-sided quotes is", "futures without two-sided quotes are")
    note = f"Marks of {counted} the forward of their expiry."
    return _filled(snapshot, "mark", snapshot.forward, unmarked, [note]), forwards


def _with_implied_vols(snapshot: MarketSnapshot) -> MarketSnapshot:
    """Fill in the volatilities of options whose mark the venue publishes."""
    table = snapshot.table
    given = table.is_kind(Kind.OPTION) & (snapshot.mark_origin == Origin.OBSERVED) & np.isfinite(snapshot.forward)
    at = np.flatnonzero(given & ~np.isfinite(snapshot.vol) & (snapshot.years > 0.0))
    forward = snapshot.forward[at]
    price = snapshot.mark[at] * np.where(table.inverse[at], forward, 1.0)
    vol = np.full(len(snapshot), np.nan)
    vol[at] = implied_vol.from_price(price, forward, table.strike[at], snapshot.years[at], is_call=table.is_call[at])
    there = np.isfinite(vol) & (vol > 0.0)
    note = f"Volatilities of {sentences.count_of(there, 'option is', 'options are')} implied by the mark."
    return _filled(snapshot, "vol", vol, there, [note])


def _with_fitted_vols(snapshot: MarketSnapshot, forwards: Sequence[ExpiryForward]) -> tuple[MarketSnapshot, FitReport]:
    """Fill in the remaining volatilities from smiles."""
    missing = ~np.isfinite(snapshot.vol)
    wanted = [one for one in forwards if np.any(missing[one.rows])]
    report = fit_smiles(snapshot, wanted)
    vol = np.full(len(snapshot), np.nan)
    for one, row in zip(wanted, report.rows, strict=True):
        if row.smile is not None:
            vol[one.rows] = row.smile.vol(snapshot.table.strike[one.rows], forward=one.forward, years=one.years)
    there = missing & np.isfinite(vol)
    filled = _filled(snapshot, "vol", vol, there, [])
    return replace(filled, notes=(*filled.notes, *sentences.on_smiles(report, there))), report


def _with_option_marks(snapshot: MarketSnapshot) -> MarketSnapshot:
    """Fill in the marks of options from their volatilities, and say what has no mark after all."""
    marks = model_marks(snapshot)
    there = ~np.isfinite(snapshot.mark) & np.isfinite(marks)
    counted = sentences.count_of(there, "option is", "options are")
    note = f"Marks of {counted} Black-76 at their volatilities and forwards."
    snapshot = _filled(snapshot, "mark", marks, there, [note])
    unmarked = [snapshot.table.names[i] for i in np.flatnonzero(~np.isfinite(snapshot.mark))]
    return replace(snapshot, notes=(*snapshot.notes, *sentences.on_unmarked(unmarked)))


def _filled(
    snapshot: MarketSnapshot, column: str, content: FloatArray, where: BoolArray, notes: Sequence[str]
) -> MarketSnapshot:
    """Return the snapshot with `content` in a column where `where`, marked as derived."""
    if not np.any(where):
        return snapshot
    old, old_origin = getattr(snapshot, column), getattr(snapshot, f"{column}_origin")
    assert not np.any(where & np.isfinite(old)), f"{column} would be overwritten"
    columns = {
        column: np.where(where, content, old),
        f"{column}_origin": np.where(where, Origin.DERIVED, old_origin).astype(np.int8),
    }
    return replace(snapshot, notes=(*snapshot.notes, *notes), **columns)  # type: ignore[arg-type]

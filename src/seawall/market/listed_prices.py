"""What a stock exchange's options leave out: forwards from rate and yield, volatilities from prices or the reverse."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from seawall.instruments import Kind
from seawall.market.snapshot import MarketSnapshot, Origin
from seawall.pricing import american, listed
from seawall.pricing.implied_vol import from_price

NOTES = {
    "forward": "Forwards of {count} listed options follow from the index, the rate and the yield.",
    "vol": "Volatilities of {count} listed options are implied by their prices, with rate, yield and exercise.",
    "mark": "Prices of {count} listed options follow from their volatilities, with rate, yield and exercise.",
}


def complete_listed(snapshot: MarketSnapshot) -> MarketSnapshot:
    """Return a snapshot whose listed options have what follows from what they have; what was observed stays.

    A price that no volatility gives leaves its option without one, and so unavailable.
    """
    terms, table = snapshot.listed, snapshot.table
    assert terms is not None
    known = table.is_kind(Kind.OPTION) & terms.known & (snapshot.years > 0.0)
    spot = np.array([snapshot.index.get(base, np.nan) for base in table.underlying])
    columns = {name: getattr(snapshot, name).copy() for name in NOTES}
    with np.errstate(all="ignore"):  # what has no value is none
        carried = spot * np.exp((terms.rate - terms.dividend_yield) * snapshot.years)
        columns["forward"] = np.where(known & np.isnan(snapshot.forward), carried, snapshot.forward)
        for early in (True, False):
            n = np.flatnonzero(known & (terms.early_exercise == early) & np.isnan(snapshot.vol))
            discount = np.exp(-terms.rate[n] * snapshot.years[n])
            columns["vol"][n] = american.implied_vol(
                snapshot.mark[n], spot[n], table.strike[n], snapshot.years[n], is_call=table.is_call[n],
                rate=terms.rate[n], dividend_yield=terms.dividend_yield[n],
            ) if early else from_price(
                snapshot.mark[n] / discount, columns["forward"][n], table.strike[n], snapshot.years[n],
                is_call=table.is_call[n],
            )  # fmt: skip
        for i in np.flatnonzero(known & np.isnan(snapshot.mark)).tolist():
            columns["mark"][i] = listed.price(
                spot[i], float(table.strike[i]), snapshot.years[i], columns["vol"][i], is_call=bool(table.is_call[i]),
                rate=float(terms.rate[i]), dividend_yield=terms.dividend_yield[i],
                early_exercise=bool(terms.early_exercise[i]),
            )  # fmt: skip
    notes: list[str] = []
    changed: dict[str, Any] = {}
    for name, column in columns.items():
        changed[name] = np.where(np.isfinite(column), column, np.nan)
        made = np.isnan(getattr(snapshot, name)) & ~np.isnan(changed[name])
        changed[f"{name}_origin"] = np.where(made, Origin.DERIVED, getattr(snapshot, f"{name}_origin")).astype(np.int8)
        if made.any():
            notes.append(NOTES[name].format(count=int(made.sum())))
    return replace(snapshot, notes=(*snapshot.notes, *notes), **changed)

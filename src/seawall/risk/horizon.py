"""What expires before a horizon is reached: outcomes know prices at the horizon only, and settle it there."""

from __future__ import annotations

import numpy as np

from seawall.core.arrays import FloatArray, IntArray
from seawall.core.time import DAYS_PER_YEAR, NO_EXPIRY_NS, NS_PER_YEAR, iso
from seawall.market import MarketSnapshot


def horizon_notes(
    snapshot: MarketSnapshot, columns: IntArray, elapsed_years: FloatArray, *, settled: bool = True
) -> tuple[str, ...]:
    """Return a note on holdings that expire within the longest of some horizons; none where nothing does.

    Parameters
    ----------
    snapshot
        N instruments.
    columns : (P,) int
        What is held; numbers from N on are coins, which do not expire.
    elapsed_years : (S,) float
        Time that passes in each outcome.
    settled
        Whether outcomes value what has expired; a quadratic form does not, and keeps today's Greeks.

    Examples
    --------
    >>> import seawall as sw
    >>> now = sw.load_snapshot("deribit-btc-2026-08-01")
    >>> held = np.array([now.table.position(name) for name in ("BTC-4AUG26-66000-P", "BTC-25SEP26-70000-C")])
    >>> print(horizon_notes(now, held, np.array([5.0 / 365.0]))[0])
    1 holding expires within the 5 days, on 2026-08-04 08:00 UTC: settled at the horizon's price, not the expiry's
    """
    horizon = float(np.max(elapsed_years, initial=0.0))
    expiry = snapshot.table.expiry_ns[columns[columns < len(snapshot)]]
    end_ns = snapshot.time_ns + horizon * NS_PER_YEAR
    ending = expiry[(expiry > snapshot.time_ns) & (expiry != NO_EXPIRY_NS) & (expiry < end_ns)]
    if not len(ending):
        return ()
    days, first = horizon * DAYS_PER_YEAR, iso(int(ending.min()))[:16].replace("T", " ")
    several, dates = len(ending) > 1, len(np.unique(ending)) > 1
    what = f"{len(ending):,} holdings expire" if several else "1 holding expires"
    within = f"the {days:g} days" if round(days, 9) != 1.0 else "the day"
    on = f"{'the first ' if dates else ''}on {first} UTC"
    how = "settled at the horizon's price, not the expiry's" if settled else "counted by today's Greeks"
    return (f"{what} within {within}, {on}: {how}",)

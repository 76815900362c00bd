"""The catalogue: name to venue, and nothing else."""

from __future__ import annotations

from seawall.venues.binance.venue import BINANCE
from seawall.venues.bybit.venue import BYBIT
from seawall.venues.deribit.venue import DERIBIT
from seawall.venues.derive.venue import DERIVE
from seawall.venues.okx.venue import OKX
from seawall.venues.venue import Venue

VENUES: dict[str, Venue] = {
    "derive": DERIVE,  # before Deribit, whose methods have the same names: Derive's own fields tell its answers
    "deribit": DERIBIT,
    "okx": OKX,
    "bybit": BYBIT,
    "binance": BINANCE,
}

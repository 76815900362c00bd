"""The catalogue: name to venue, and nothing else."""

from __future__ import annotations

from seawall.venues.deribit.venue import DERIBIT
from seawall.venues.venue import Venue

VENUES: dict[str, Venue] = {
    "deribit": DERIBIT,
}

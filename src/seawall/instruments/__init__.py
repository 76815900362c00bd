"""What can be held: options, futures, perpetuals, spot. Plain facts; nothing here knows a price."""

from seawall.instruments.kinds import Future, Instrument, Kind, Option, Perpetual, Spot
from seawall.instruments.table import InstrumentTable

__all__ = ["Future", "Instrument", "InstrumentTable", "Kind", "Option", "Perpetual", "Spot"]

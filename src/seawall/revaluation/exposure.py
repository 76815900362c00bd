"""Exposure of a snapshot."""

from __future__ import annotations

from seawall.market import MarketSnapshot
from seawall.market.exposure import Exposure

__all__ = ["Exposure", "exposure"]


def exposure(snapshot: MarketSnapshot) -> Exposure:
    """Return value and deltas of every instrument of a snapshot."""
    return snapshot.exposure

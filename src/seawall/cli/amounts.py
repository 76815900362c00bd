"""How amounts are written in the terminal: as on a page."""

from __future__ import annotations

from seawall.core.amounts import amount, compact, ratio

__all__ = ["amount", "compact", "ratio"]

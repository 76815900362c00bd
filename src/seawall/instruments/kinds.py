"""The four kinds of instrument. They are facts; they do not price themselves.

A *linear* instrument pays in the quote asset, `size * (F1 - F0)`. An *inverse* one (coin-margined) pays in the base
asset: a future of `size` USD gains `size * (1/F0 - 1/F1)` coin, an option of `size` coin pays `size * max(1 - K/F, 0)`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias


class Kind(IntEnum):
    """Kind of instrument, as the small integer that the table's column holds."""

    OPTION = 0
    FUTURE = 1
    PERPETUAL = 2
    SPOT = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A European option on the forward of its expiry; sized in the base asset."""

    name: str
    underlying: str
    quote: str
    settlement: str
    strike: float
    expiry_ns: int
    is_call: bool
    inverse: bool
    contract_size: float = 1.0
    lot: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Future:
    """A dated future; sized in the quote asset when inverse, in the base asset when linear."""

    name: str
    underlying: str
    quote: str
    settlement: str
    expiry_ns: int
    inverse: bool
    contract_size: float = 1.0
    lot: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Perpetual:
    """A perpetual future; sized as a `Future` is."""

    name: str
    underlying: str
    quote: str
    settlement: str
    inverse: bool
    contract_size: float = 1.0
    lot: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A currency pair for immediate delivery; sized in the base asset."""

    name: str
    underlying: str
    quote: str
    settlement: str
    contract_size: float = 1.0
    lot: float = 0.0


Instrument: TypeAlias = Option | Future | Perpetual | Spot

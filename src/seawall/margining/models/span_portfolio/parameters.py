"""What a clearing house's SPAN parameter file says: contracts with their risk arrays, combined commodities, spreads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from seawall.core.arrays import FloatArray

NO_EXPIRY = "00000000"


@dataclass(frozen=True, slots=True)
class SpanContract:
    """One contract.

    Attributes
    ----------
    name
        `<exchange>/<type>/<product>/<expiry>`, and `/<strike>C` or `P` for an option.
    commodity
        The combined commodity that it belongs to; empty where the file links it to none.
    expiry
        As the file has it, `YYYYMMDD` or `YYYYMM`.
    gains
        `(16,)` profit of one long, cover fractions applied; the file itself holds losses.
    delta
        Composite delta.
    value
        What one long is worth where its premium is paid up front; 0 for futures and for options margined like them.
    is_option, is_call
        What it is.
    """

    name: str
    commodity: str
    expiry: str
    gains: FloatArray
    delta: float
    value: float
    is_option: bool
    is_call: bool


@dataclass(frozen=True, slots=True)
class SpanLeg:
    """One leg of a spread: its commodity, an expiry or a tier's first and last one, its side, its delta per spread."""

    commodity: str
    first: str
    last: str
    side: str
    ratio: float


@dataclass(frozen=True, slots=True)
class SpanSpread:
    """A spread: in what order it forms, its legs, and what it is charged or credited."""

    priority: int
    method: str
    rate: float
    legs: tuple[SpanLeg, ...]


@dataclass(frozen=True, slots=True)
class SpanTierRate:
    """A rate for expiries from the first to the last."""

    first: str
    last: str
    rate: float


@dataclass(frozen=True, slots=True)
class SpanDelivery:
    """Charges for one expiry's delta close to delivery: what a spread has used, and what none has."""

    expiry: str
    in_spreads: float
    outright: float


@dataclass(frozen=True, slots=True)
class SpanCommodity:
    """One combined commodity; `som_method` is GROSS, or MAX for the larger of short calls and short puts."""

    name: str
    currency: str
    som_method: str
    som_rates: tuple[SpanTierRate, ...]
    spreads: tuple[SpanSpread, ...]
    delivery: tuple[SpanDelivery, ...]


@dataclass(frozen=True, slots=True)
class SpanParameters:
    """A whole file."""

    date: str
    clearing_org: str
    commodities: Mapping[str, SpanCommodity]
    contracts: Mapping[str, SpanContract]
    inter_spreads: tuple[SpanSpread, ...]

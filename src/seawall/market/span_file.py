"""What a clearing house's SPAN parameter file says: risk arrays of its contracts, combined commodities, spreads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray, IntArray, frozen

SCENARIOS_COUNT = 16
NO_EXPIRY = "00000000"
"""The expiry of what has none."""


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


@dataclass(frozen=True, repr=False)
class SpanParameters:
    """N contracts of a file, and what the file says of all of them.

    Attributes
    ----------
    commodity
        `(N,)` the combined commodity that each belongs to; empty where the file links it to none.
    expiry
        `(N,)` as the file has it, `YYYYMMDD` or `YYYYMM`.
    gains
        `(N, 16)` profit of one long, cover fractions applied; the file itself holds losses.
    delta
        `(N,)` composite delta.
    value
        `(N,)` what one long is worth where its premium is paid up front; 0 for futures and options margined like them.
    is_option, is_call
        `(N,)` what it is.
    commodities, inter_spreads
        Combined commodities by name, and spreads between them.
    """

    commodity: tuple[str, ...]
    expiry: tuple[str, ...]
    gains: FloatArray
    delta: FloatArray
    value: FloatArray
    is_option: BoolArray
    is_call: BoolArray
    commodities: Mapping[str, SpanCommodity]
    inter_spreads: tuple[SpanSpread, ...]

    def __post_init__(self) -> None:
        count = len(self.commodity)
        assert self.gains.shape == (count, SCENARIOS_COUNT), f"gains have shape {self.gains.shape}"
        for name in ("gains", "delta", "value", "is_option", "is_call"):
            column = getattr(self, name)
            assert len(column) == count, f"{name} has {len(column)} rows, not {count}"
            object.__setattr__(self, name, frozen(column))

    def __len__(self) -> int:
        return len(self.commodity)

    def __repr__(self) -> str:
        return f"SpanParameters({len(self)} contracts, {len(self.commodities)} combined commodities)"

    @property
    def parts(self) -> Mapping[str, object]:
        """All of it by name, for a digest."""
        return {
            entry.name: repr(sorted(self.commodities.items())) if entry.name == "commodities"
            else getattr(self, entry.name)
            for entry in fields(self)
        }  # fmt: skip

    def take(self, rows: Sequence[int] | IntArray) -> SpanParameters:
        """Return the given contracts, in the given order, with all that the file says beside them."""
        picked = np.asarray(rows, dtype=np.int64)
        at = picked.tolist()
        return SpanParameters(
            tuple(self.commodity[n] for n in at), tuple(self.expiry[n] for n in at), self.gains[picked],
            self.delta[picked], self.value[picked], self.is_option[picked], self.is_call[picked], self.commodities,
            self.inter_spreads,
        )  # fmt: skip

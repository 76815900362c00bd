"""What an on-chain venue publishes beside prices: rates, the settled part of forwards, and how sure each feed is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from seawall.core.arrays import FloatArray, IntArray, frozen


@dataclass(frozen=True, repr=False)
class Feeds:
    """Feeds of N instruments, `(N,)` each; NaN where the venue gives none.

    Attributes
    ----------
    rate
        Continuously compounded interest rate to the instrument's expiry, per year.
    settled_forward
        Part of the forward that is averaged already and moves no more, in price units: 0 long before expiry, the whole
        forward once it has expired.
    mark_confidence, forward_confidence, rate_confidence, vol_confidence
        How sure the venue's oracle is of each, 0 to 1.
    index_confidence
        The same for the index of an asset.

    Examples
    --------
    >>> Feeds.of(2, rate=[0.05, 0.06], index_confidence={"BTC": 0.9}).settled_forward.tolist()
    [0.0, 0.0]
    """

    rate: FloatArray
    settled_forward: FloatArray
    mark_confidence: FloatArray
    forward_confidence: FloatArray
    rate_confidence: FloatArray
    vol_confidence: FloatArray
    index_confidence: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        count = len(self.rate)
        for name in FEED_COLUMNS:
            column = getattr(self, name)
            assert column.shape == (count,), f"{name} has shape {column.shape}, not ({count},)"
            object.__setattr__(self, name, frozen(column))
        known = {asset: float(confidence) for asset, confidence in self.index_confidence.items()}
        object.__setattr__(self, "index_confidence", MappingProxyType(known))

    def __getstate__(self) -> dict[str, Any]:
        state = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        return state | {"index_confidence": dict(self.index_confidence)}  # a proxy can't be pickled

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, content in state.items():
            object.__setattr__(self, name, content)
        self.__post_init__()

    @classmethod
    def of(cls, count: int, *, index_confidence: Mapping[str, float] | None = None, **columns: npt.ArrayLike) -> Feeds:
        """Return feeds of `count` instruments; columns left out are unknown, and nothing is settled."""
        made = {name: np.full(count, 0.0 if name == "settled_forward" else np.nan) for name in FEED_COLUMNS}
        for name, column in columns.items():
            if name not in made:
                raise TypeError(f"feeds have no column {name}")
            made[name] = np.array(np.broadcast_to(np.asarray(column, dtype=np.float64), (count,)))
        return cls(**made, index_confidence=index_confidence or {})

    def __len__(self) -> int:
        return len(self.rate)

    def __repr__(self) -> str:
        return f"Feeds({len(self)} instruments, confidence of {len(self.index_confidence)} indices)"

    def take(self, rows: Sequence[int] | IntArray) -> Feeds:
        """Return the feeds of the given rows, in the given order."""
        picked = np.asarray(rows, dtype=np.int64)
        columns = {name: getattr(self, name)[picked] for name in FEED_COLUMNS}
        return Feeds(**columns, index_confidence=self.index_confidence)


FEED_COLUMNS = (
    "rate", "settled_forward", "mark_confidence", "forward_confidence", "rate_confidence", "vol_confidence",
)  # fmt: skip

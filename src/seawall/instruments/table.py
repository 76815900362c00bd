"""The instrument table: the facts of N instruments as columns, which is what kernels' callers read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from seawall.core.arrays import BoolArray, FloatArray, IntArray, frozen
from seawall.core.errors import InputError, Problem, UnknownNameError
from seawall.core.time import NO_EXPIRY_NS
from seawall.instruments.kinds import Future, Instrument, Kind, Option, Perpetual, Spot


@dataclass(frozen=True, repr=False)
class InstrumentTable:
    """Facts of N instruments, one column each; every array is `(N,)` and read-only.

    Attributes
    ----------
    names
        The venue's own names; unique.
    kind
        `Kind` as int8.
    underlying, quote, settlement
        Asset names: base asset, asset that the price is quoted in, asset that profit and loss is paid in.
    strike
        Quote per base; NaN for what has no strike.
    expiry_ns
        Nanoseconds since 1970 UTC; `NO_EXPIRY_NS` for what never expires.
    is_call, inverse
        Flags; `inverse` means that profit and loss is paid in the base asset.
    contract_size
        Base per contract (linear and options) or quote per contract (inverse futures).
    lot
        The smallest step of a position's size; 0 where none is known.

    Examples
    --------
    >>> table = InstrumentTable.of([Perpetual(name="BTC-PERPETUAL", underlying="BTC", quote="USD",
    ...                                       settlement="BTC", inverse=True, contract_size=10.0, lot=10.0)])
    >>> table.row(table.position("BTC-PERPETUAL")).underlying
    'BTC'
    """

    names: tuple[str, ...]
    kind: npt.NDArray[np.int8]
    underlying: tuple[str, ...]
    quote: tuple[str, ...]
    settlement: tuple[str, ...]
    strike: FloatArray
    expiry_ns: IntArray
    is_call: BoolArray
    inverse: BoolArray
    contract_size: FloatArray
    lot: FloatArray
    _positions: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        count = len(self.names)
        for name in ("kind", "strike", "expiry_ns", "is_call", "inverse", "contract_size", "lot"):
            column = getattr(self, name)
            assert column.shape == (count,), f"{name} has shape {column.shape}, not ({count},)"
            object.__setattr__(self, name, frozen(column))
        positions = {name: i for i, name in enumerate(self.names)}
        if len(positions) != count:
            twice = sorted({name for name in self.names if self.names.count(name) > 1})
            raise InputError([Problem("instrument", name, "instrument names are unique in a table") for name in twice])
        object.__setattr__(self, "_positions", positions)

    @classmethod
    def of(cls, instruments: Iterable[Instrument]) -> InstrumentTable:
        """Return the table of some instruments, in their order."""
        rows = list(instruments)
        return cls(
            names=tuple(row.name for row in rows),
            kind=np.array([_KIND_OF[type(row)] for row in rows], dtype=np.int8),
            underlying=tuple(row.underlying for row in rows),
            quote=tuple(row.quote for row in rows),
            settlement=tuple(row.settlement for row in rows),
            strike=np.array([row.strike if isinstance(row, Option) else np.nan for row in rows], dtype=np.float64),
            expiry_ns=np.array([getattr(row, "expiry_ns", NO_EXPIRY_NS) for row in rows], dtype=np.int64),
            is_call=np.array([isinstance(row, Option) and row.is_call for row in rows], dtype=np.bool_),
            inverse=np.array([getattr(row, "inverse", False) for row in rows], dtype=np.bool_),
            contract_size=np.array([row.contract_size for row in rows], dtype=np.float64),
            lot=np.array([row.lot for row in rows], dtype=np.float64),
        )

    def __repr__(self) -> str:
        return f"InstrumentTable({len(self)} instruments on {', '.join(self.underlyings)})"

    def __len__(self) -> int:
        return len(self.names)

    def __contains__(self, name: object) -> bool:
        return name in self._positions

    def position(self, name: str) -> int:
        """Return the row of an instrument.

        Raises
        ------
        UnknownNameError
            When the table does not hold it.
        """
        try:
            return self._positions[name]
        except KeyError:
            raise UnknownNameError(Problem("instrument", name, "it is not in the instrument table")) from None

    def row(self, i: int) -> Instrument:
        """Return row `i` as the instrument it describes."""
        name, underlying = self.names[i], self.underlying[i]
        quote, settlement = self.quote[i], self.settlement[i]
        size, lot, inverse = float(self.contract_size[i]), float(self.lot[i]), bool(self.inverse[i])
        match Kind(int(self.kind[i])):
            case Kind.OPTION:
                return Option(
                    name=name, underlying=underlying, quote=quote, settlement=settlement,
                    strike=float(self.strike[i]), expiry_ns=int(self.expiry_ns[i]), is_call=bool(self.is_call[i]),
                    inverse=inverse, contract_size=size, lot=lot,
                )  # fmt: skip
            case Kind.FUTURE:
                return Future(
                    name=name, underlying=underlying, quote=quote, settlement=settlement,
                    expiry_ns=int(self.expiry_ns[i]), inverse=inverse, contract_size=size, lot=lot,
                )  # fmt: skip
            case Kind.PERPETUAL:
                return Perpetual(
                    name=name, underlying=underlying, quote=quote, settlement=settlement,
                    inverse=inverse, contract_size=size, lot=lot,
                )  # fmt: skip
            case Kind.SPOT:
                return Spot(
                    name=name, underlying=underlying, quote=quote, settlement=settlement, contract_size=size, lot=lot
                )

    def take(self, rows: Sequence[int] | IntArray) -> InstrumentTable:
        """Return the table of the given rows, in the given order."""
        picked = np.asarray(rows, dtype=np.int64)
        return InstrumentTable(
            names=tuple(self.names[i] for i in picked),
            kind=self.kind[picked],
            underlying=tuple(self.underlying[i] for i in picked),
            quote=tuple(self.quote[i] for i in picked),
            settlement=tuple(self.settlement[i] for i in picked),
            strike=self.strike[picked],
            expiry_ns=self.expiry_ns[picked],
            is_call=self.is_call[picked],
            inverse=self.inverse[picked],
            contract_size=self.contract_size[picked],
            lot=self.lot[picked],
        )

    @cached_property
    def underlyings(self) -> tuple[str, ...]:
        """Distinct underlyings, sorted; the U axis of scenario sets."""
        return tuple(sorted(set(self.underlying)))

    @cached_property
    def settlements(self) -> tuple[str, ...]:
        """Distinct settlement assets, sorted; the C axis of the tensor."""
        return tuple(sorted(set(self.settlement)))

    @cached_property
    def underlying_column(self) -> IntArray:
        """Row of each instrument's underlying in `underlyings`, `(N,)`."""
        where = {asset: i for i, asset in enumerate(self.underlyings)}
        return frozen(np.array([where[asset] for asset in self.underlying], dtype=np.int64))

    @cached_property
    def settlement_column(self) -> IntArray:
        """Row of each instrument's settlement asset in `settlements`, `(N,)`."""
        where = {asset: i for i, asset in enumerate(self.settlements)}
        return frozen(np.array([where[asset] for asset in self.settlement], dtype=np.int64))

    def is_kind(self, kind: Kind) -> BoolArray:
        """Return which rows are of `kind`, `(N,)`."""
        return np.asarray(self.kind == kind, dtype=np.bool_)


_KIND_OF: dict[type, Kind] = {
    Option: Kind.OPTION,
    Future: Kind.FUTURE,
    Perpetual: Kind.PERPETUAL,
    Spot: Kind.SPOT,
}

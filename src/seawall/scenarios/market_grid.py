"""The full grid: price × volatility × time × rate, for every underlying alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from seawall.core.errors import InputError, Problem
from seawall.core.time import DAYS_PER_YEAR
from seawall.scenarios.basis import Basis
from seawall.scenarios.grid import percent
from seawall.scenarios.scenario_set import ScenarioSet
from seawall.scenarios.vol_shock import Relative, Unchanged, VolShock


@dataclass(frozen=True, eq=False)
class MarketGrid:
    """Every price move with every volatility shock, time and change of the rate; prices outermost.

    Attributes
    ----------
    underlyings
        They all move alike; `spread` and the union of sets make grids of their own.
    prices
        Relative moves of spots.
    vols
        Relative changes, or shocks.
    days
        Days that pass.
    rates
        Changes of the annual rate at which forwards grow over the spot.

    Examples
    --------
    >>> made = MarketGrid(("BTC",), prices=[-0.1, 0.1], vols=[0.0, 0.5], days=[0.0, 7.0], rates=[0.0, 0.05]).scenarios()
    >>> len(made), made.labels[1], made.labels[-1]
    (16, '-10 % rate +5 %', '+10 % vol +50 % 7 d rate +5 %')
    """

    underlyings: tuple[str, ...]
    prices: Sequence[float]
    vols: Sequence[float | VolShock] = (0.0,)
    days: Sequence[float] = field(default=(0.0,))
    rates: Sequence[float] = field(default=(0.0,))

    def __post_init__(self) -> None:
        for name in ("underlyings", "prices", "vols", "days", "rates"):
            if not len(getattr(self, name)):
                raise InputError(Problem(name, "none", "each side of a grid has one point or more"))

    def scenarios(self) -> ScenarioSet:
        """Return P × V × D × R scenarios; each weighs one."""
        shocks = [_shock(vol) for vol in self.vols]
        distinct = tuple(dict.fromkeys(shocks))
        sides = (range(len(self.prices)), range(len(shocks)), range(len(self.days)), range(len(self.rates)))
        p, v, d, r = (part.ravel() for part in np.meshgrid(*map(np.array, sides), indexing="ij"))
        shape = (len(p), len(self.underlyings))
        which = np.array([distinct.index(shock) for shock in shocks], dtype=np.int64)

        def wide(column: np.ndarray) -> np.ndarray:
            return np.array(np.broadcast_to(column[:, None], shape))

        rates = np.array(self.rates, dtype=np.float64)
        return ScenarioSet(
            labels=tuple(self._label(*point) for point in zip(p, v, d, r, strict=True)),
            underlyings=self.underlyings,
            spot=wide(np.array(self.prices, dtype=np.float64)[p]),
            vol_shocks=distinct,
            vol_index=wide(which[v]),
            elapsed_years=np.array(self.days, dtype=np.float64)[d] / DAYS_PER_YEAR,
            weights=np.ones(shape[0]),
            basis=Basis.of(shape, carry=wide(rates[r])) if rates.any() else None,
        )

    def _label(self, p: int, v: int, d: int, r: int) -> str:
        vol, days, rate = self.vols[v], self.days[d], self.rates[r]
        words = [percent(self.prices[p])]
        if isinstance(vol, float | int):
            words += [f"vol {percent(vol)}"] if vol else []
        else:
            words += [f"vol {v}"]
        words += [f"{days:g} d"] if days else []
        words += [f"rate {percent(rate)}"] if rate else []
        return " ".join(words)


def _shock(vol: float | VolShock) -> VolShock:
    if isinstance(vol, float | int):
        return Relative(float(vol)) if vol else Unchanged()
    return vol

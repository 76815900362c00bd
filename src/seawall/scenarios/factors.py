"""What a factor's name means, and how changes of named factors become a scenario set.

| name | what moves | its change |
|---|---|---|
| `BTC` | the spot of BTC, and with it every price that follows | logarithm of the ratio |
| `BTC vol` | implied volatilities of BTC | logarithm of the ratio |
| `BTC carry` | annual carry of its forwards over the spot | difference, a year |
| `BTC perpetual` | gap of its perpetuals to the spot | difference of the relative gap |
| `BTC funding` | what a long perpetual pays over the step | share of the notional |
| `USDT asset` | a settlement asset in USD | logarithm of the ratio |
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from seawall.core.arrays import FloatArray, IntArray
from seawall.core.errors import InputError, Problem
from seawall.scenarios.basis import Basis
from seawall.scenarios.sampling import Draws
from seawall.scenarios.scenario_set import ScenarioSet
from seawall.scenarios.vol_shock import Relative, Unchanged, VolShock

KINDS = ("vol", "carry", "perpetual", "funding", "asset")
LOGARITHMIC = ("spot", "vol", "asset")
LARGEST = {"carry": 10.0, "perpetual": 1.0, "funding": 1.0}
"""A carry a year, a gap, a funding beyond this, either way, is no fraction: somebody wrote per cent."""
LOWEST_LOG_CHANGE = -13.8
"""Logarithm of a fall of 99.9999 %: further no price falls, since none falls by 100 %."""
_COUNTED_TICKS = 1 << 16
MAKE_RELATIVE: Callable[[float], VolShock] = Relative


@dataclass(frozen=True, slots=True)
class Factor:
    """A factor: whose it is, and which kind of change."""

    of: str
    kind: str


def factor(name: str) -> Factor:
    """Return what a factor's name means.

    Examples
    --------
    >>> factor("BTC vol").kind, factor("BTC").kind
    ('vol', 'spot')
    """
    of, _blank, kind = name.rpartition(" ")
    if not of:
        return Factor(name, "spot")
    if kind not in KINDS:
        raise InputError(Problem("factor", name, f"a factor is a coin, or a coin and one of {', '.join(KINDS)}"))
    return Factor(of, kind)


def too_large(name: str, value: float) -> Problem | None:
    """Return what is wrong with a carry, a gap or a funding that is larger than any market's.

    Examples
    --------
    >>> too_large("BTC funding", 0.01), too_large("BTC funding", 3.0).rule
    (None, 'a funding is a fraction, at most 1 either way: 0.01 is 1 %')
    """
    one = factor(name)
    bound = LARGEST.get(one.kind, np.inf)
    if not abs(value) > bound:
        return None
    what = {"carry": "a carry a year", "perpetual": "a perpetual's gap", "funding": "a funding"}[one.kind]
    return Problem(name, value, f"{what} is a fraction, at most {bound:g} either way: 0.01 is 1 %")


def underlyings_of(names: Sequence[str]) -> tuple[str, ...]:
    """Return the underlyings that some factors move, sorted; a settlement asset is none."""
    return tuple(sorted({found.of for found in map(factor, names) if found.kind != "asset"}))


def scenario_set_of(
    names: Sequence[str],
    changes: FloatArray,
    *,
    labels: Sequence[str],
    elapsed_years: float | FloatArray = 0.0,
    weights: FloatArray | None = None,
    vol_step: float = 0.0,
    vol_shock: Callable[[float], VolShock] = MAKE_RELATIVE,
    draws: Draws = Draws.INDEPENDENT,
) -> ScenarioSet:
    """Return the scenarios in which named factors change jointly.

    Parameters
    ----------
    names
        K factors.
    changes
        `(S, K)`, in the units of the table above.
    labels
        S names.
    elapsed_years
        Time that passes, one number or `(S,)`.
    weights
        `(S,)`; 1 / S each where left out.
    vol_step
        Logarithmic changes of volatility are rounded to the nearest multiple of it, 0 for not at all. A revaluation
        shocks all volatilities once for each distinct change, so that many thousands of scenarios want a step.
    vol_shock
        The shock that a relative change of volatility is; a parallel one where left out.
    draws
        How rows hang together.

    Examples
    --------
    >>> made = scenario_set_of(["BTC", "BTC vol"], np.log([[0.9, 1.2]]), labels=["down"])
    >>> made.spot.round(9).tolist(), made.vol_shocks[0].change.__round__(9)
    ([[-0.1]], 0.2)
    """
    underlyings = underlyings_of(names)
    shape = (len(labels), len(underlyings))
    assert changes.shape == (len(labels), len(names)), f"changes have shape {changes.shape}"
    if not np.isfinite(changes).all():
        s, k = np.argwhere(~np.isfinite(changes))[0]
        raise InputError(Problem(names[k], float(changes[s, k]), "changes are finite", where=str(labels[s])))
    found = [factor(name) for name in names]
    spot, vol = np.zeros(shape), np.zeros(shape)
    legs = {kind: np.zeros(shape) for kind in ("carry", "perpetual", "funding")}
    assets: dict[str, FloatArray] = {}
    for k, one in enumerate(found):
        column = changes[:, k]
        if one.kind in LOGARITHMIC:
            moved = np.expm1(np.maximum(column, LOWEST_LOG_CHANGE))
        if one.kind == "asset":
            assets[one.of] = moved
            continue
        u = underlyings.index(one.of)
        if one.kind == "spot":
            spot[:, u] = moved
        elif one.kind == "vol":
            vol[:, u] = column
        else:
            legs[one.kind][:, u] = column
    shocks, index = vol_shocks_of(vol, step=vol_step, shock=vol_shock)
    return ScenarioSet(
        labels=tuple(labels),
        underlyings=underlyings,
        spot=spot,
        vol_shocks=shocks,
        vol_index=index,
        elapsed_years=np.broadcast_to(np.asarray(elapsed_years, dtype=np.float64), shape[:1]),
        weights=np.full(shape[0], 1.0 / shape[0]) if weights is None else weights,
        asset_moves=assets,
        basis=Basis(**legs) if any(leg.any() for leg in legs.values()) else None,
        draws=draws,
    )


def vol_shocks_of(
    log_changes: FloatArray, *, step: float = 0.0, shock: Callable[[float], VolShock] = MAKE_RELATIVE
) -> tuple[tuple[VolShock, ...], IntArray]:
    """Return the distinct shocks that logarithmic changes of volatility are, and which of them each is.

    Examples
    --------
    >>> shocks, index = vol_shocks_of(np.array([[0.0], [0.104], [0.098]]), step=0.01)
    >>> len(shocks), index.ravel().tolist()
    (2, [0, 1, 1])
    """
    if not log_changes.any():
        return (Unchanged(),), np.zeros(log_changes.shape, np.int64)
    if step > 0.0:
        ticks, index = _distinct(np.rint(log_changes / step))
        distinct = ticks * step
    else:
        distinct, index = np.unique(log_changes, return_inverse=True)
    shocks = tuple(Unchanged() if change == 0.0 else shock(float(np.expm1(change))) for change in distinct)
    return shocks, index.reshape(log_changes.shape).astype(np.int64)


def _distinct(ticks: FloatArray) -> tuple[FloatArray, IntArray]:
    """Return distinct whole numbers, rising, and which of them each is: by counting where they are close together."""
    low, high = float(ticks.min()), float(ticks.max())
    if not high - low < _COUNTED_TICKS:
        distinct, index = np.unique(ticks, return_inverse=True)
        return distinct, index
    offset = (ticks - low).astype(np.int64)
    seen = np.bincount(offset.ravel(), minlength=1) > 0
    place = np.cumsum(seen, dtype=np.int64) - 1
    return np.asarray(np.flatnonzero(seen) + low, dtype=np.float64), place[offset]

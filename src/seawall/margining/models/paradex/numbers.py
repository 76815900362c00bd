"""The policy's numbers as the two rules read them."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.errors import InputError, Problem
from seawall.margining.binding import Binding, side_of
from seawall.margining.models.paradex.liquidation import LiquidationNumbers
from seawall.policy import MarginPolicy
from seawall.scenarios import TermScaled, VolShock
from seawall.scenarios.grid import percent

SCAN_LISTS = ("spot_shock", "vol_shock", "weight")
VOL_NUMBERS = ("short_power", "long_power", "dte_floor_days")
FEE_NUMBERS = ("perp_taker", "option_taker", "option_cap")
SIDES = ("im", "mm")
OPTION_NUMBERS = ("premium_multiplier", "long_itm", "short_itm", "short_otm", "short_put_cap")


@dataclass(frozen=True, slots=True)
class Scan:
    """S scenarios of one underlying and its minimum by delta.

    Attributes
    ----------
    spot, weight
        `(S,)` relative moves of the price, and what the profit and loss in each is multiplied by.
    vols
        S volatility shocks.
    changes
        What each does to a volatility 30 days from expiry, a share of it.
    unhedged, hedged
        Shares of the price that net and hedged delta pay.
    """

    spot: FloatArray
    weight: FloatArray
    vols: tuple[VolShock, ...]
    changes: tuple[float, ...]
    unhedged: float
    hedged: float

    def __len__(self) -> int:
        return len(self.vols)

    @property
    def labels(self) -> tuple[str, ...]:
        """The scenarios in words: `-66 %, vol +40 %, times 0.18`."""
        rows = zip(self.spot.tolist(), self.changes, self.weight.tolist(), strict=True)
        return tuple(
            f"{percent(move)}, vol {percent(change)}" + (f", times {weight:.6g}" if weight != 1.0 else "")
            for move, change, weight in rows
        )

    def binding(self, scenario: int) -> Binding:
        """Return a scenario as the venue numbers it, from 1; buckets count the distinct prices upwards."""
        move = float(self.spot[scenario])
        bucket = sorted(set(self.spot.tolist())).index(move) + 1
        whole = bool(self.weight[scenario] == 1.0)
        label = self.labels[scenario]
        return Binding("standard" if whole else "extended", scenario + 1, bucket, side_of(move), label)


@dataclass(frozen=True, slots=True)
class Fees:
    """Taker fees that provisions count with, and the most that an option pays as a share of its premium."""

    perp_taker: float
    option_taker: float
    option_cap: float


@dataclass(frozen=True, slots=True)
class OptionShares:
    """Shares of one margin of an option under cross margin: of its mark, of the spot price, and of the strike."""

    premium_multiplier: float
    long_itm: float
    short_itm: float
    short_otm: float
    short_put_cap: float


def read_scan(policy: MarginPolicy, base: str) -> Scan | None:
    """Return an underlying's scenarios, None where the policy has none."""
    group = f"scan.{base.lower()}"
    if not policy.has(f"{group}.spot_shock"):
        return None
    spot, changes, weight = (policy.numbers(f"{group}.{name}") for name in SCAN_LISTS)
    if not len(spot) == len(changes) == len(weight):
        rule = (
            f"spot_shock, vol_shock and weight list the same scenarios, here {len(spot)}, {len(changes)}, {len(weight)}"
        )
        raise InputError(Problem(group, len(spot), rule, where=policy.id))
    short, long, floor = (policy.number(f"vol.{name}") for name in VOL_NUMBERS)
    least = policy.number(f"{group}.min_vol_up")
    vols = tuple(TermScaled(c, short, long, least if c > 0.0 else 0.0, min_days=floor) for c in changes)
    unhedged, hedged = policy.number(f"{group}.unhedged"), policy.number(f"{group}.hedged")
    if unhedged < hedged:
        raise InputError(Problem(f"{group}.unhedged", unhedged, f"it is at least hedged, {hedged!r}", where=policy.id))
    return Scan(np.array(spot), np.array(weight), vols, changes, unhedged, hedged)


def read_fees(policy: MarginPolicy) -> Fees:
    """Return the fees that provisions count with."""
    return Fees(*(policy.number(f"fee.{name}") for name in FEE_NUMBERS))


def read_imf(policy: MarginPolicy, base: str) -> float | None:
    """Return the initial margin fraction of a coin's perpetual, None where the policy has none."""
    path = f"perp.{base.lower()}.imf"
    return policy.number(path) if policy.has(path) else None


def read_option(policy: MarginPolicy, base: str, side: str) -> OptionShares | None:
    """Return the shares of a coin's options for initial (`im`) or maintenance margin (`mm`)."""
    group = f"option.{base.lower()}"
    if not policy.has(f"{group}.{side}_{OPTION_NUMBERS[0]}"):
        return None
    assert tuple(entry.name for entry in fields(OptionShares)) == OPTION_NUMBERS, "one number for each field"
    return OptionShares(*(policy.number(f"{group}.{side}_{name}") for name in OPTION_NUMBERS))


def read_liquidation(policy: MarginPolicy) -> LiquidationNumbers:
    """Return the numbers of a policy.

    Examples
    --------
    >>> from seawall.policy import at
    >>> read_liquidation(at("paradex/xm/2026-08-20")).step
    0.2
    """
    return LiquidationNumbers(*(policy.number(f"liquidation.{name}") for name in ("target_ratio", "step", "fee_rate")))

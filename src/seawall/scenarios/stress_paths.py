"""Stories that are paths and not points: the flash crash, and the drain of liquidity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.errors import InputError, Problem
from seawall.scenarios.basis import Basis
from seawall.scenarios.named_event import LEAST_VOL, late
from seawall.scenarios.path_set import MINUTES_PER_YEAR, PathSet
from seawall.scenarios.scenario_set import ScenarioSet
from seawall.scenarios.vol_shock import Absolute, Unchanged, VolShock

STEPS_TO_LOW_COUNT = 4
STEPS_BACK_COUNT = 3


@dataclass(frozen=True, eq=False)
class FlashCrash:
    """Prices gap down, fall on to a low while books empty, and come part of the way back.

    The first step is the gap itself, at time zero: there is no price between. Depth and spread go to their worst with
    the price and back with it; their logarithms are in proportion to its.

    Attributes
    ----------
    lows
        By underlying: the relative move at the low. The defaults are those of 10 October 2025, rounded.
    gap_share
        Share of the fall, in logarithms, that is a gap.
    fall_minutes, recovery_minutes
        From the gap to the low, and from the low to the end.
    recovery_share
        Share of the fall, in logarithms, that is made good at the end.
    depth_factor, spread_factor
        At the low, over what they were.
    vol_points
        Volatility points added at the low; they go back half as far as the price.
    oracle_delay_minutes, order_delay_minutes
        How late oracles and orders are, all along.
    perpetual_gap
        Gap of perpetuals to the spot at the low.
    assets
        By settlement asset: its relative move at the low, such as a coin that one venue takes at its own price.

    Examples
    --------
    >>> crash = FlashCrash({"BTC": -0.15}, oracle_delay_minutes=20.0).paths()
    >>> crash.steps[0], crash.steps[crash.worst_step(0)], crash.spot[0].min().round(6).item()
    ('gap', 'low', -0.15)
    >>> bool(crash.oracle[0, 0, 0] == 0.0), crash.depth.min().round(6).item()
    (True, 0.02)
    """

    lows: Mapping[str, float] = field(default_factory=lambda: {"BTC": -0.15, "ETH": -0.2})
    gap_share: float = 0.3
    fall_minutes: float = 40.0
    recovery_minutes: float = 120.0
    recovery_share: float = 0.5
    depth_factor: float = 0.02
    spread_factor: float = 10.0
    vol_points: float = 0.4
    oracle_delay_minutes: float = 0.0
    order_delay_minutes: float = 0.0
    perpetual_gap: float = 0.0
    assets: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shares = (("gap_share", self.gap_share), ("recovery_share", self.recovery_share))
        problems = [Problem(name, found, "a share is 0 to 1") for name, found in shares if not 0.0 <= found <= 1.0]
        times = (("fall_minutes", self.fall_minutes), ("recovery_minutes", self.recovery_minutes))
        problems += [Problem(name, found, "it takes some time") for name, found in times if not found > 0.0]
        moves = [*self.lows.items(), *self.assets.items(), ("perpetual_gap", self.perpetual_gap)]
        rule = "a relative move is above -1 and finite"
        problems += [Problem(name, found, rule) for name, found in moves if not -1.0 < found < np.inf]
        if not self.lows:
            problems.append(Problem("lows", "none", "a crash moves one underlying or more"))
        problems += _bad_delays(self.oracle_delay_minutes, self.order_delay_minutes)
        for name, found in (("depth_factor", self.depth_factor), ("spread_factor", self.spread_factor)):
            if not 0.0 < found < np.inf:
                problems.append(Problem(name, found, "it is a share of what it was, above 0"))
        if problems:
            raise InputError(problems)

    def paths(self) -> PathSet:
        """Return the crash as one path."""
        down = np.linspace(self.gap_share, 1.0, STEPS_TO_LOW_COUNT + 1)
        back = np.linspace(1.0, 1.0 - self.recovery_share, STEPS_BACK_COUNT + 1)[1:]
        minutes = np.concatenate([
            np.linspace(0.0, self.fall_minutes, len(down)),
            self.fall_minutes + self.recovery_minutes * np.arange(1, STEPS_BACK_COUNT + 1) / STEPS_BACK_COUNT,
        ])  # fmt: skip
        names = ["gap", *(f"fall {i}" for i in range(1, STEPS_TO_LOW_COUNT)), "low"]
        names += [*(f"back {i}" for i in range(1, STEPS_BACK_COUNT)), "end"]
        depth_of_fall = np.concatenate([down, back])
        vol_share = np.concatenate([down, 0.5 + 0.5 * back])
        logs = {u: np.log1p(low) for u, low in self.lows.items()}
        return story(
            "flash crash",
            tuple(names),
            minutes,
            {u: np.expm1(log * depth_of_fall) for u, log in logs.items()},
            vol_points=self.vol_points * vol_share,
            depth=self.depth_factor**depth_of_fall,
            spread=self.spread_factor**depth_of_fall,
            perpetual=self.perpetual_gap * depth_of_fall,
            assets={asset: np.expm1(np.log1p(low) * depth_of_fall) for asset, low in self.assets.items()},
            oracle_delay_minutes=self.oracle_delay_minutes,
            order_delay_minutes=self.order_delay_minutes,
        )

    def scenarios(self) -> ScenarioSet:
        """Return its steps; each weighs one."""
        return self.paths().path(0)


@dataclass(frozen=True, eq=False)
class LiquidityDrain:
    """Prices hardly move, and nobody is there: depth goes, spreads widen, oracles and orders are late.

    It harms whoever has to trade. A margin that asks for prices alone does not see it.

    Attributes
    ----------
    underlyings
        Those whose books empty.
    minutes
        How long the drain lasts; half of it to the bottom, where it stays for a quarter, then half of the way back.
    depth_factor, spread_factor
        At the bottom, over what they were.
    drift
        Relative move of all prices at the bottom.
    vol_points
        Volatility points added at the bottom.
    oracle_delay_minutes, order_delay_minutes
        All along, as on a clogged chain.

    Examples
    --------
    >>> drain = LiquidityDrain(("BTC", "ETH")).paths()
    >>> bool((drain.spot == 0.0).all()), drain.depth.round(3).tolist()
    (True, [[0.141, 0.02, 0.02, 0.141]])
    """

    underlyings: tuple[str, ...]
    minutes: float = 60.0
    depth_factor: float = 0.02
    spread_factor: float = 10.0
    drift: float = 0.0
    vol_points: float = 0.0
    oracle_delay_minutes: float = 60.0
    order_delay_minutes: float = 30.0

    def __post_init__(self) -> None:
        checks = (
            ("underlyings", self.underlyings, bool(self.underlyings), "one underlying or more is drained"),
            ("minutes", self.minutes, self.minutes > 0.0, "it takes some time"),
            ("depth_factor", self.depth_factor, 0.0 < self.depth_factor < np.inf, "it is above 0 and finite"),
            ("spread_factor", self.spread_factor, 0.0 < self.spread_factor < np.inf, "it is above 0 and finite"),
            ("drift", self.drift, -1.0 < self.drift < np.inf, "a relative move is above -1 and finite"),
        )
        problems = [Problem(name, found, rule) for name, found, right, rule in checks if not right]
        problems += _bad_delays(self.oracle_delay_minutes, self.order_delay_minutes)
        if problems:
            raise InputError(problems)

    def paths(self) -> PathSet:
        """Return the drain as one path."""
        share = np.array([0.5, 1.0, 1.0, 0.5])
        drift = np.expm1(np.log1p(self.drift) * share)
        return story(
            "liquidity drain",
            ("ebbing", "dry", "still dry", "coming back"),
            self.minutes * np.array([0.25, 0.5, 0.75, 1.0]),
            dict.fromkeys(self.underlyings, drift),
            vol_points=self.vol_points * share,
            depth=self.depth_factor**share,
            spread=self.spread_factor**share,
            perpetual=np.zeros(4),
            assets={},
            oracle_delay_minutes=self.oracle_delay_minutes,
            order_delay_minutes=self.order_delay_minutes,
        )

    def scenarios(self) -> ScenarioSet:
        """Return its steps; each weighs one."""
        return self.paths().path(0)


def _bad_delays(oracle_minutes: float, order_minutes: float) -> list[Problem]:
    named = (("oracle_delay_minutes", oracle_minutes), ("order_delay_minutes", order_minutes))
    return [Problem(name, found, "0 or more, and finite") for name, found in named if not 0.0 <= found < np.inf]


def story(
    label: str, steps: tuple[str, ...], minutes: FloatArray, spot: Mapping[str, FloatArray], *, vol_points: FloatArray,
    depth: FloatArray, spread: FloatArray, perpetual: FloatArray, assets: Mapping[str, FloatArray],
    oracle_delay_minutes: float, order_delay_minutes: float,
) -> PathSet:  # fmt: skip
    """Return one path of all underlyings from its legs, each `(T,)`."""
    underlyings = tuple(sorted(spot))
    shape = (1, len(steps), len(underlyings))
    years = minutes / MINUTES_PER_YEAR
    moves = np.stack([spot[u] for u in underlyings], axis=1)[None]
    distinct, which = np.unique(vol_points, return_inverse=True)
    shocks: tuple[VolShock, ...] = tuple(Absolute(float(p), LEAST_VOL) if p else Unchanged() for p in distinct)
    return PathSet(
        labels=(label,),
        steps=steps,
        underlyings=underlyings,
        elapsed_years=years,
        spot=moves,
        vol_shocks=shocks,
        vol_index=np.array(np.broadcast_to(which[None, :, None], shape), dtype=np.int64),
        weights=np.ones(1),
        basis=Basis.of(shape, perpetual=np.array(np.broadcast_to(perpetual[None, :, None], shape)))
        if perpetual.any()
        else None,
        asset_moves={asset: move[None] for asset, move in assets.items()},
        depth_factor=depth[None],
        spread_factor=spread[None],
        oracle_spot=late(moves, years, oracle_delay_minutes / MINUTES_PER_YEAR),
        delay_years=np.full(shape[:2], order_delay_minutes / MINUTES_PER_YEAR),
    )

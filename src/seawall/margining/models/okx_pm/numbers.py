"""The policy's numbers as the rule reads them, and the scenarios that they ask for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.errors import UnavailableError
from seawall.core.memo import remembered
from seawall.core.time import DAYS_PER_YEAR
from seawall.margining.binding import Binding, side_of
from seawall.margining.blocks.lookups import by_underlying
from seawall.margining.blocks.term_vol_shock import TermTable
from seawall.policy import MarginPolicy
from seawall.portfolio import ResolvedBook
from seawall.scenarios import ScenarioSet, Unchanged, VolShock, grid
from seawall.scenarios.grid import percent

VARIANTS = ("up, points", "up, per cent", "same", "down, points", "down, per cent")
"""Volatilities that are revalued at each price of the grid, in the order of the scenarios."""
VOLS = ("up", "same", "down")
"""Volatilities that OKX shows: of up and of down, the variant that loses more."""
SHOWN_AS = (0, 0, 1, 2, 2)
"""Which of `VOLS` each of `VARIANTS` is."""

VOL_NUMBERS = ("vol_shock_days", "vol_shock_points", "vol_shock_percent")
RATE_NUMBERS = ("rate_shift_days", "rate_parallel", "rate_slope", "rate_parallel_shocks", "rate_slope_shocks")
PEG_NUMBERS = ("peg_index", "peg_size_bounds", "peg_factors")
MARKET_NUMBERS = (
    "price_moves", "extreme_move", "basis_annualised_move", "basis_min_move", "basis_share", "vega_spread_share",
    "slippage", "option_slippage", "size_bounds", "size_multipliers",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the scenarios of one underlying lie: the grid, the extreme moves down and up, the day that passes."""

    moves: tuple[float, ...]
    extreme_move: float

    @property
    def grid_count(self) -> int:
        """Scenarios of the grid: prices times variants."""
        return len(self.moves) * len(VARIANTS)

    @property
    def extreme(self) -> slice:
        """The extreme moves."""
        return slice(self.grid_count, self.grid_count + 2)

    @property
    def decay(self) -> int:
        """The day that passes."""
        return self.grid_count + 2

    @property
    def parallel(self) -> slice:
        """Unmoved price, volatility up: in points, in per cent."""
        middle = self.moves.index(0.0) * len(VARIANTS)
        return slice(middle, middle + 2)

    @property
    def far_moves(self) -> tuple[float, float]:
        """The extreme moves, down and up."""
        return (-self.extreme_move, self.extreme_move)

    def binding(self, scenario: int) -> Binding:
        """Return a scenario as OKX's response lays it out: 21 cells, two extreme moves, the day that passes."""
        if scenario < self.grid_count:
            price, variant = divmod(scenario, len(VARIANTS))
            shown, move = SHOWN_AS[variant], self.moves[price]
            label = f"{percent(move)}, vol {VARIANTS[variant]}"
            return Binding("standard", price * len(VOLS) + shown + 1, price + 1, side_of(move), label)
        if scenario == self.decay:
            return Binding("extended", 3, 3, "middle", "a day passes")
        far = scenario - self.grid_count
        move = self.far_moves[far]
        return Binding("extended", far + 1, far + 1, side_of(move), f"{percent(move)}, half the loss")


def market(base: str, name: str) -> str:
    """Return where the policy keeps a number of an underlying."""
    return f"market.{base.lower()}.{name}"


@remembered
def layout(policy: MarginPolicy, base: str) -> Layout:
    """Return an underlying's scenarios."""
    up = policy.numbers(market(base, "price_moves"))
    moves = (*(-move for move in reversed(up) if move > 0.0), 0.0, *(move for move in up if move > 0.0))
    return Layout(moves, policy.number(market(base, "extreme_move")))


@remembered
def refused_underlying(policy: MarginPolicy, base: str) -> str:
    """Say why an underlying can't be margined: the numbers that the policy lacks; empty where it can."""
    missing = [path for name in MARKET_NUMBERS if not policy.has(path := market(base, name))]
    return f"{policy.id} has no {', '.join(missing)}" if missing else ""


def refused_asset(policy: MarginPolicy, asset: str) -> str:
    """Say why equity in an asset can't be counted; empty where it can."""
    return "" if policy.has(discount(asset, "rates")) else f"{asset}: {policy.id} has no discount rate for it"


def discount(asset: str, what: str) -> str:
    """Return where the policy keeps an asset's discount `bounds` or `rates`."""
    return f"collateral.{asset.lower()}.discount_{what}"


@remembered
def vol_shocks(policy: MarginPolicy) -> tuple[VolShock, ...]:
    """Return the volatility shocks of the grid, in the order of `VARIANTS`."""
    days, points, shares = (policy.numbers(f"general.{name}") for name in VOL_NUMBERS)
    if not len(days) == len(points) == len(shares):
        raise UnavailableError(f"{policy.id}: volatility shocks have a size in points and in per cent at each time")
    rise = [TermTable(days, points, relative=False), TermTable(days, shares, relative=True)]
    fall = [TermTable(days, tuple(-change for change in shock.changes), shock.relative) for shock in rise]
    return (*rise, Unchanged(), *fall)


@remembered
def scenario_set(policy: MarginPolicy, bases: tuple[str, ...]) -> ScenarioSet:
    """Return the grid, the extreme moves and the day that passes, each underlying on its own moves.

    Raises
    ------
    UnavailableError
        When underlyings have different numbers of price moves.
    """
    layouts = {base: layout(policy, base) for base in bases}
    if len({len(one.moves) for one in layouts.values()}) > 1:
        raise UnavailableError(f"{policy.id} has grids of several lengths; the rule is known for one")
    shocks = vol_shocks(policy)
    prices_count = len(layouts[bases[0]].moves)
    standard = grid(
        {base: one.moves for base, one in layouts.items()},
        dict.fromkeys(bases, shocks),
        vol_names=VARIANTS,
        price_names=[f"price {k + 1} of {prices_count}" for k in range(prices_count)],
    )
    far = grid(
        {base: one.far_moves for base, one in layouts.items()},
        {base: [Unchanged()] for base in bases},
        vol_names=["same"],
        price_names=["extreme down", "extreme up"],
    )
    return standard + far + _day_that_passes(policy, standard.underlyings)


def _day_that_passes(policy: MarginPolicy, underlyings: tuple[str, ...]) -> ScenarioSet:
    years = policy.number("general.time_decay_days") / DAYS_PER_YEAR
    still = np.zeros((1, len(underlyings)))
    return ScenarioSet(
        labels=("a day passes",), underlyings=underlyings, spot=still, vol_shocks=(Unchanged(),),
        vol_index=still.astype(np.int64), elapsed_years=np.array([years]), weights=np.ones(1),
    )  # fmt: skip


def rate_components(policy: MarginPolicy) -> dict[str, object]:
    """Return what `forward_moves` needs beside the times to expiry."""
    days, parallel, slope, by_parallel, by_slope = (policy.numbers(f"general.{name}") for name in RATE_NUMBERS)
    if not (len(days) == len(parallel) == len(slope) and len(by_parallel) == len(by_slope)):
        raise UnavailableError(f"{policy.id}: rate components have a number at each time, and sizes come in pairs")
    return {"days": days, "components": (parallel, slope), "sizes": (by_parallel, by_slope)}


def by_base(policy: MarginPolicy, book: ResolvedBook, name: str) -> FloatArray:
    """Return one number of each instrument's underlying, `(N,)`; NaN where the policy has none."""
    return by_underlying(book, lambda base: policy.number(path) if policy.has(path := market(base, name)) else np.nan)

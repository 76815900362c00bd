"""Outcomes that are drawn from a law: lognormal, Student-t, jumps (Merton), stochastic volatility (Heston, Bates)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from seawall.api.covariances import covariance_for
from seawall.core.arrays import FloatArray
from seawall.core.errors import InputError, Problem
from seawall.core.time import DAYS_PER_YEAR
from seawall.market import MarketSnapshot
from seawall.risk.daily_moves import NEAR_DAYS, VOL_SD
from seawall.scenarios import ScenarioSet
from seawall.scenarios.covariance import Covariance
from seawall.scenarios.factors import factor
from seawall.scenarios.gbm import Gbm
from seawall.scenarios.heston import Heston, VarianceProcess
from seawall.scenarios.jumps import Jumps
from seawall.scenarios.merton_jump import MertonJump
from seawall.scenarios.sampling import Sampling
from seawall.scenarios.student_t import StudentT

if TYPE_CHECKING:
    from seawall.api.outcomes import Outcomes

COUNT = 20_000
SEED = 1


def monte_carlo(asked: Outcomes, coins: tuple[str, ...], market: MarketSnapshot) -> tuple[ScenarioSet, tuple[str, ...]]:
    """Return lognormal or Student-t draws."""
    covariance, notes = covariance_for(asked, coins, market, price_vol_correlation=asked.price_vol_correlation)
    sampling, drawn = draws_of(asked)
    years = asked.horizon_days / DAYS_PER_YEAR
    law = "lognormal" if asked.dof is None else f"Student-t, {asked.dof} degrees of freedom"
    told = f"Monte Carlo ({law}): {drawn}"
    if asked.dof is None:
        return Gbm(covariance, years, sampling).scenarios(), (told, *notes)
    return StudentT(covariance, asked.dof, years, sampling).scenarios(), (told, *notes)


def merton(asked: Outcomes, coins: tuple[str, ...], market: MarketSnapshot) -> tuple[ScenarioSet, tuple[str, ...]]:
    """Return draws of a lognormal market that jumps; its whole variance is that of the stated volatilities."""
    covariance, notes = _of_coins(asked, coins, market)
    sampling, drawn = draws_of(asked)
    jumps = _jumps(asked, covariance)
    left = _without_jumps(covariance, jumps)
    made = MertonJump(left, jumps, asked.horizon_days / DAYS_PER_YEAR, sampling).scenarios()
    return made, (f"Merton's jump diffusion: {drawn}", *_of_jumps(jumps, left), *notes)


def heston(asked: Outcomes, coins: tuple[str, ...], market: MarketSnapshot) -> tuple[ScenarioSet, tuple[str, ...]]:
    """Return draws of Heston's stochastic volatility, of Bates's where jumps are stated."""
    whole, notes = _of_coins(asked, coins, market)
    sampling, drawn = draws_of(asked)
    spots = [k for k, name in enumerate(whole.names) if factor(name).kind == "spot"]
    covariance = Covariance(
        tuple(whole.names[k] for k in spots), whole.vols[spots], whole.correlation[np.ix_(spots, spots)]
    )
    names = covariance.names
    jumps = None if asked.jump_rate is None else _jumps(asked, covariance)
    left = covariance if jumps is None else _without_jumps(covariance, jumps)
    today = left.vols
    speed = _by_name("mean_reversion", asked.mean_reversion, names)
    level, level_said = today, "today's, as nothing else is stated"
    if asked.long_run_vol is not None:
        level, level_said = _by_name("long_run_vol", asked.long_run_vol, names), "stated"
    lean = np.zeros(len(names))
    lean_said = ["measured November 2022 to March 2026, assumed now"] * len(names)
    for u, name in enumerate(names):
        if asked.price_vol_correlation is not None:
            lean[u], lean_said[u] = asked.price_vol_correlation, "stated"
        elif asked.returns is not None and f"{name} vol" in whole.names:
            lean[u], lean_said[u] = whole.correlation[spots[u], whole.names.index(f"{name} vol")], "of past prices"
    if asked.vol_of_vol is not None:
        of_vol, of_said = _by_name("vol_of_vol", asked.vol_of_vol, names), "stated"
    else:
        of_vol, of_said = _vol_of_vol(whole, names, today, level, speed)
    variance = VarianceProcess.of(
        start=today**2, level=level**2, speed=speed, vol_of_vol=of_vol, correlation=lean
    )  # refuses what is none
    years = asked.horizon_days / DAYS_PER_YEAR
    made = Heston(names, variance, left.correlation, years, sampling, jumps=jumps).scenarios()
    lines = [
        f"{name}: volatility {100.0 * now:.1f} % goes to {100.0 * far:.1f} % ({level_said}) at a speed of {k:g} a year "
        f"(stated); volatility of variance {xi:.3g} ({of_said}), correlated with the price by {rho:.2g} ({rho_said})"
        for name, now, far, k, xi, rho, rho_said in zip(
            names, today, level, speed, of_vol, lean, lean_said, strict=True
        )
    ]
    title = "Heston's stochastic volatility" if jumps is None else "Bates's stochastic volatility with jumps"
    return made, (f"{title}: {drawn}", *([] if jumps is None else _of_jumps(jumps, left)), *lines, *notes)


def draws_of(asked: Outcomes) -> tuple[Sampling, str]:
    """Return how it is drawn, independently, since the intervals take draws to be so; and a line on it."""
    count, seed = (COUNT if asked.count is None else asked.count), (SEED if asked.seed is None else asked.seed)
    sampling = Sampling(count=count, seed=seed, antithetic=False)
    return sampling, f"{count:,} draws of {days_of(asked.horizon_days)}, seed {seed}"


def days_of(days: float) -> str:
    """Return a number of days in words."""
    return "1 day" if days == 1.0 else f"{days:g} days"


def _of_coins(asked: Outcomes, coins: tuple[str, ...], market: MarketSnapshot) -> tuple[Covariance, tuple[str, ...]]:
    """Return the covariance of what a book can feel: what else a history tells of has no need of parameters."""
    found, notes = covariance_for(asked, coins, market, price_vol_correlation=asked.price_vol_correlation)
    factors = [factor(name) for name in found.names]
    kept = [k for k, one in enumerate(factors) if one.of in coins or one.kind == "asset"] or list(range(len(factors)))
    names = tuple(found.names[k] for k in kept)
    return Covariance(names, found.vols[kept], found.correlation[np.ix_(kept, kept)]), notes


def _vol_of_vol(
    whole: Covariance, names: Sequence[str], today: FloatArray, level: FloatArray, speed: FloatArray
) -> tuple[FloatArray, str]:
    """Return the volatility of variance at which volatilities of 30 days move as they do, as far as the law has it."""
    of_implied = [
        whole.vols[whole.names.index(f"{name} vol")] if f"{name} vol" in whole.names else VOL_SD * DAYS_PER_YEAR**0.5
        for name in names
    ]
    reach = speed * NEAR_DAYS / DAYS_PER_YEAR
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(reach > 0.0, -np.expm1(-reach) / reach, 1.0)
        ratio = (level / today) ** 2
        found = 2.0 * today * np.array(of_implied) * (ratio + (1.0 - ratio) * share) / share
    return found, "from how volatilities of 30 days move"


def _jumps(asked: Outcomes, covariance: Covariance) -> Jumps:
    """Return jumps that come to all coins at once, their sizes correlated as the coins are; volatilities stay."""
    names = covariance.names
    spots = [name for name in names if factor(name).kind == "spot"]
    assert asked.jump_rate is not None
    means = _by_name("jump_mean", asked.jump_mean, names, spots)
    sds = _by_name("jump_sd", asked.jump_sd, names, spots)
    return Jumps.of(asked.jump_rate, means=means, sds=sds, correlation=covariance.correlation)


def _without_jumps(covariance: Covariance, jumps: Jumps) -> Covariance:
    """Return what is left of the volatilities when jumps have taken their part of the variance."""
    taken = jumps.per_year * (jumps.means**2 + jumps.sds**2)
    left = covariance.vols**2 - taken
    problems = [
        Problem(
            "jumps", f"{100.0 * part**0.5:.1f} % a year", where=name,
            rule=f"they are part of its volatility of {100.0 * vol:.1f} %: state a larger --vol, or fewer jumps",
        )
        for name, part, vol, rest in zip(covariance.names, taken, covariance.vols, left, strict=True)
        if rest < 0.0 or (rest == 0.0 and part > 0.0)
    ]  # fmt: skip
    if problems:
        raise InputError(problems)
    return replace(covariance, vols=np.sqrt(left))


def _of_jumps(jumps: Jumps, left: Covariance) -> list[str]:
    lines = [f"{jumps.per_year:g} jumps a year (stated), to all at once, sizes correlated as the moves are"]
    for name, mean, sd, rest in zip(left.names, jumps.means, jumps.sds, left.vols, strict=True):
        if mean or sd:
            lines.append(
                f"{name}: a jump's logarithm {mean:+.3g} with deviation {sd:.3g} (stated), and {100.0 * rest:.1f} % "
                "a year without jumps"
            )
        elif factor(name).kind == "vol":
            lines.append(f"{name} does not jump; jumps of it are stated by that name")
    return lines


def _by_name(
    field: str, given: float | Mapping[str, float] | None, names: Sequence[str], asked: Sequence[str] | None = None
) -> FloatArray:
    """Return a number for each name. One alone is of those that are asked; a mapping names them all, others are 0."""
    needed = names if asked is None else asked
    if not isinstance(given, Mapping):
        assert given is not None
        return np.array([float(given) if name in needed else 0.0 for name in names])
    problems = [
        Problem(field, name, f"it is of {', '.join(names) or 'no coin'}") for name in given if name not in names
    ] + [Problem(field, f"left out for {name}", "it is stated for each coin") for name in needed if name not in given]
    if problems:
        raise InputError(problems)
    return np.array([float(given.get(name, 0.0)) for name in names])

"""Delta over assets as one number: each asset's cash delta times its beta, from a covariance that the user states.

A sum of cash deltas takes every coin to move alike. With a covariance Σ of relative moves, beta_i = Σ_ir / Σ_rr is what
asset i moves on average when the reference r moves; the sum of beta times cash delta is the hedge in the reference that
leaves the least variance. What it leaves is stated beside it: aggregation hides it, and it is not gone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seawall.core.errors import InputError, Problem
from seawall.core.html_table import Tabular
from seawall.market.stable_coins import STABLE_ASSETS
from seawall.risk.exposures import Exposures
from seawall.risk.parametric import checked_covariance


@dataclass(frozen=True, slots=True)
class AssetDelta:
    """One asset's delta in USD, its beta, and the delta in the reference that stands for it."""

    asset: str
    cash_delta_usd: float
    beta: float
    equivalent_usd: float


@dataclass(frozen=True, slots=True)
class DeltaAggregation(Tabular):
    """Deltas of several assets as one of the reference.

    Attributes
    ----------
    reference
        The asset that stands for all.
    assets
        Each asset's part; their equivalents sum to the total.
    total_usd
        Cash delta in the reference.
    deviation_usd, residual_usd
        Standard deviation of the whole delta over the covariance's horizon, and of what a hedge of `total_usd` in the
        reference would leave.
    """

    reference: str
    assets: tuple[AssetDelta, ...]
    total_usd: float
    deviation_usd: float
    residual_usd: float

    @property
    def explained(self) -> float:
        """Share of the variance that the reference explains; 1 where there is none."""
        if self.deviation_usd == 0.0:
            return 1.0
        return 1.0 - (self.residual_usd / self.deviation_usd) ** 2

    def rows(self) -> list[dict[str, object]]:
        """Return one mapping an asset."""
        return [
            {"asset": one.asset, "cash_delta_usd": one.cash_delta_usd, "beta": one.beta,
             "equivalent_usd": one.equivalent_usd}
            for one in self.assets
        ]  # fmt: skip


def aggregate_delta(
    cash_delta_usd: Mapping[str, float] | Exposures,
    assets: Sequence[str],
    covariance: npt.ArrayLike,
    *,
    reference: str,
) -> DeltaAggregation:
    """Return deltas of several assets as one of the reference.

    Parameters
    ----------
    cash_delta_usd
        USD per 100 % move, by asset; or the exposures that hold them.
    assets
        The U axis of the covariance.
    covariance : (U, U) float
        Of relative moves over any one horizon.
    reference
        One of the assets, with a variance above zero.

    Raises
    ------
    InputError
        When an asset has a delta and no row in the covariance, or the covariance can't be.

    Examples
    --------
    >>> found = aggregate_delta({"BTC": 1e6, "ETH": -5e5}, ("BTC", "ETH"), [[0.0016, 0.0018], [0.0018, 0.0030]],
    ...                         reference="BTC")
    >>> round(found.total_usd), round(found.explained, 3)
    (437500, 0.557)
    """
    if isinstance(cash_delta_usd, Exposures):
        found = cash_delta_usd
        deltas = {asset: found.of(asset, "cash_delta_usd") for asset in found.assets if asset not in STABLE_ASSETS}
    else:
        deltas = dict(cash_delta_usd)
    names = tuple(assets)
    unknown = sorted(asset for asset, amount in deltas.items() if amount != 0.0 and asset not in names)
    if unknown or len(set(names)) != len(names):
        rule = f"the covariance has one row for each asset that is held; it has {', '.join(names)}"
        raise InputError([Problem("asset", asset, rule) for asset in unknown or names])
    sigma = checked_covariance(covariance, len(names))
    if reference not in names or not sigma[names.index(reference), names.index(reference)] > 0.0:
        raise InputError(
            Problem("reference", reference, "it is an asset of the covariance, with a variance above zero")
        )
    r = names.index(reference)
    d = np.array([deltas.get(name, 0.0) for name in names])
    betas = sigma[:, r] / sigma[r, r]
    parts = tuple(
        AssetDelta(name, float(d[i]), float(betas[i]), float(d[i] * betas[i])) for i, name in enumerate(names)
    )
    total = 0.0
    for part in parts:
        total += part.equivalent_usd
    left = d.copy()
    left[r] -= total
    whole, residual = float(d @ sigma @ d), float(left @ sigma @ left)
    return DeltaAggregation(reference, parts, total, math.sqrt(max(whole, 0.0)), math.sqrt(max(residual, 0.0)))

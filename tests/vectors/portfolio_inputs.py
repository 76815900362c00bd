"""What a case of portfolio theory gives, by any of its usual names: a covariance, amounts, a multiplier."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from seawall.risk.parametric import normal_multipliers, student_multipliers
from seawall.scenarios.covariance import Covariance

COVARIANCE = ("cov", "covariance", "sigma_matrix", "s")
CORRELATION = ("corr", "correlation", "correlations", "rho", "r")
VOLS = ("vol", "vols", "volatility", "volatilities", "sd", "sds", "sigma", "sigmas", "stdev", "std")
AMOUNTS = (
    "positions", "position", "amounts", "exposures", "exposure", "weights", "w", "x", "values", "delta",
)  # fmt: skip
MULTIPLIER = ("z", "alpha_z", "multiplier", "k_alpha", "quantile", "z_alpha", "k")
CONFIDENCE = ("confidence", "confidence_level", "level", "c", "cl", "alpha")
RADIUS = ("k", "radius", "sds", "n_sd", "mahalanobis", "h", "kappa")
MATRIX = ("matrix", "a", "g", "input", "target", "m", *CORRELATION)


def covariance_of(inputs: Mapping[str, Any]) -> np.ndarray | None:
    """Return the covariance that a case gives: whole, or by volatilities and correlations."""
    whole = square(first(inputs, COVARIANCE))
    if whole is not None:
        return whole
    vols = first(inputs, VOLS)
    if vols is None:
        return None
    sd = np.array(listed(vols), dtype=np.float64)
    given = first(inputs, CORRELATION)
    matrix = np.eye(len(sd))
    if given is not None and np.ndim(given) == 2:
        matrix = np.array(given, dtype=np.float64)
    elif given is not None:
        matrix[~np.eye(len(sd), dtype=bool)] = float(listed(given)[0])
    return np.asarray(matrix * np.outer(sd, sd))


def multiplier_of(inputs: Mapping[str, Any], expected: Mapping[str, Any]) -> float:
    """Return what one standard deviation costs: stated, or of a stated confidence; one where neither is."""
    stated = first(inputs, MULTIPLIER)
    if stated is not None:
        return float(stated)
    level = first(inputs, CONFIDENCE)
    if level is None:
        return 1.0
    level = float(level)
    if 1.0 <= level < 10.0:  # Jorion's alpha is the multiplier itself
        return level
    level = level / 100.0 if level >= 10.0 else level
    level = level if level > 0.5 else 1.0 - level
    shortfall = any(key in expected for key in ("es", "portfolio_es", "component_es"))
    degrees = inputs.get("dof", inputs.get("nu"))
    pair = normal_multipliers(level) if degrees is None else student_multipliers(level, float(degrees))
    return pair[1 if shortfall else 0]


def correlation_to_repair(inputs: Mapping[str, Any]) -> np.ndarray | None:
    """Return the one matrix of a case, whatever it is called; none where it gives two."""
    found = square(first(inputs, MATRIX))
    blocks = [block for block in map(square, inputs.values()) if block is not None and len(block) > 1]
    return found if found is not None else blocks[0] if len(blocks) == 1 and "mean" not in inputs else None


def covariance_named(names: tuple[str, ...], sigma: np.ndarray) -> Covariance:
    sd = np.sqrt(np.diag(sigma))
    return Covariance(names, sd, sigma / np.outer(sd, sd))


def lower_names(block: Mapping[str, Any]) -> dict[str, Any]:
    return {key.lower().replace(" ", "_").replace("-", "_"): content for key, content in block.items()}


def first(block: Mapping[str, Any], names: Sequence[str]) -> Any:
    for name in names:
        if block.get(name) is not None:
            return block[name]
    return None


def square(content: Any) -> np.ndarray | None:
    if not isinstance(content, list) or not all(isinstance(row, list) and len(row) == len(content) for row in content):
        return None
    return np.array(content, dtype=np.float64)


def listed(content: Any) -> list[float]:
    if isinstance(content, Mapping):
        return [float(number) for number in content.values()]
    return [float(number) for number in content] if isinstance(content, list) else [float(content)]


def numbers_count(content: Any) -> int:
    if isinstance(content, Mapping):
        return sum(numbers_count(inner) for inner in content.values())
    if isinstance(content, list):
        return sum(numbers_count(inner) for inner in content)
    return int(isinstance(content, int | float) and not isinstance(content, bool) and math.isfinite(content))

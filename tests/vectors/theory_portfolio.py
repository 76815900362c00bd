"""Portfolio theory, the part that is risk: contributions to VaR, closed-form VaR and ES, stress, repaired correlations.

A case is told by what it gives and what it expects, not by its name. Weights that an optimiser finds belong to a room
that is not built yet; risk figures at published weights do not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from seawall.risk.parametric import linear_risk, normal_multipliers
from seawall.scenarios.conditional_stress import conditional_moves, worst_on_ellipsoid
from seawall.scenarios.nearest_correlation import nearest_correlation
from tests.vectors.case import Document, Finding, Later, absolute, each, holds_number, not_understood, strangers
from tests.vectors.portfolio_inputs import (
    AMOUNTS,
    RADIUS,
    correlation_to_repair,
    covariance_named,
    covariance_of,
    first,
    listed,
    lower_names,
    multiplier_of,
    numbers_count,
)

CASE = frozenset({"id", "inputs", "expected", "tolerance", "source", "provenance", "note", "notes"})
CORE, SHOCK = ("core_index", "core", "core_indices", "index"), ("core_shock", "shock", "shocks", "core_shocks")
TOTAL = ("var", "portfolio_var", "total", "total_var", "diversified_var", "var_total", "es", "portfolio_es", "risk")
COMPONENT = (
    "component", "components", "component_var", "component_vars", "contributions", "contribution", "euler", "cvar_i",
    "risk_contributions", "rc", "component_es",
)  # fmt: skip
MARGINAL = ("marginal", "marginal_var", "marginals", "mvar", "dvar")
INCREMENTAL = ("incremental", "incremental_var", "ivar")
ALONE = ("individual", "individual_var", "standalone", "stand_alone", "alone", "undiversified_components", "var_i")
UNDIVERSIFIED = ("undiversified", "undiversified_var", "sum_of_individual", "sum_individual")
SHARE = ("share", "shares", "percent", "pct", "percentages", "percent_contribution", "contribution_pct", "fractions")
DEVIATION = ("sd", "sigma", "vol", "volatility", "portfolio_sd", "portfolio_sigma", "portfolio_vol", "stdev", "sigma_p")
BETA = ("beta", "betas")
OPTIMISED = ("turning_points", "sharpe", "hrp", "minvar_long_only", "ivp", "shrinkage", "oas_shrinkage", "leaf_order")
"""What an optimiser or an estimator of another room gives."""


def read(document: Document) -> Iterator[Finding]:
    yield from strangers(document, ("cases",))
    yield from each(document.get("cases"), _case, name="case", named_by=("id",))


def _case(name: str, case: Mapping[str, Any]) -> Iterator[Finding]:
    inputs, expected = lower_names(case.get("inputs") or {}), lower_names(case.get("expected") or {})
    stray = sorted(key for key in set(case) - CASE if holds_number(case[key]))
    for key in stray:
        yield not_understood(f"{name} {key}", "no reader for this part of a case")
    if not expected:
        yield not_understood(name, "nothing is expected")
    elif any(key in expected for key in OPTIMISED):
        yield Later(name, numbers_count(expected))
    elif first(inputs, CORE) is not None and first(inputs, SHOCK) is not None:
        yield from _stress(name, inputs, expected, case)
    elif any(key in expected for key in COMPONENT):
        yield from _contributions(name, inputs, expected, case)
    elif "cvar" in expected and "weights" in expected:
        yield from _at_weights(name, inputs, expected, case)
    elif first(inputs, RADIUS) is not None and covariance_of(inputs) is not None:
        yield from _ellipsoid(name, inputs, expected, case)
    elif first(inputs, AMOUNTS) is not None and covariance_of(inputs) is not None:
        yield from _contributions(name, inputs, expected, case)
    elif (matrix := correlation_to_repair(inputs)) is not None:
        yield from _repaired(name, matrix, expected, case)
    else:
        yield not_understood(name, f"a case that gives {sorted(inputs)} and expects {sorted(expected)}")


def _stress(name: str, inputs: Mapping[str, Any], expected: Mapping[str, Any], case: Document) -> Iterator[Finding]:
    sigma = covariance_of(inputs)
    assert sigma is not None, "a stress is of a covariance"
    core, shock = first(inputs, CORE), first(inputs, SHOCK)
    names = tuple(f"{k}" for k in range(len(sigma)))
    stress = {f"{int(k)}": float(x) for k, x in zip(listed(core), listed(shock), strict=True)}
    mean, left = conditional_moves(covariance_named(names, sigma), stress)
    others = [k for k in range(len(names)) if f"{k}" not in stress]
    ours: dict[str, Any] = dict.fromkeys(("peripheral", "peripheral_mean", "conditional_mean"), mean[others])
    rest = left[np.ix_(others, others)]
    ours |= dict.fromkeys(("residual_cov", "conditional_cov", "residual_covariance", "conditional_covariance"), rest)
    ours |= dict.fromkeys(("residual_sd", "conditional_sd", "residual_vol"), np.sqrt(np.maximum(np.diag(rest), 0.0)))
    ours |= {"all": mean, "factor_shock": mean}
    if (amounts := first(inputs, AMOUNTS)) is not None:
        pnl = float(np.array(listed(amounts)) @ mean)
        ours |= dict.fromkeys(("pnl", "stress_pnl", "expected_pnl"), pnl)
        ours |= dict.fromkeys(("loss", "stress_loss", "expected_loss"), -pnl)
    yield from _compared(name, ours, expected, case)


def _contributions(
    name: str, inputs: Mapping[str, Any], expected: Mapping[str, Any], case: Document
) -> Iterator[Finding]:
    sigma, amounts = covariance_of(inputs), np.array(listed(first(inputs, AMOUNTS)), dtype=np.float64)
    assert sigma is not None, "contributions are to a risk with a covariance"
    found = linear_risk(amounts, sigma, multiplier_of(inputs, expected))
    total = found.total
    ours: dict[str, Any] = {}
    for names, figure in (
        (TOTAL, total), (COMPONENT, found.component), (MARGINAL, found.marginal), (INCREMENTAL, found.incremental),
        (ALONE, found.alone), (UNDIVERSIFIED, float(found.alone.sum())), (DEVIATION, found.standard_deviation),
        (BETA, found.marginal * float(amounts.sum()) / total),
    ):  # fmt: skip
        ours |= dict.fromkeys(names, figure)
    in_hundred = any(abs(float(np.sum(listed(expected[key]))) - 100.0) < 1.0 for key in SHARE if key in expected)
    ours |= dict.fromkeys(SHARE, found.component / total * (100.0 if in_hundred else 1.0))
    yield from _compared(name, ours, expected, case)


def _at_weights(name: str, inputs: Mapping[str, Any], expected: Mapping[str, Any], case: Document) -> Iterator[Finding]:
    """Compare risk at the weights that an optimiser published; the weights themselves are its own affair."""
    weights = np.array(listed(expected["weights"]), dtype=np.float64)
    mean, sigma = np.array(inputs["mean"], dtype=np.float64), np.array(inputs["cov"], dtype=np.float64)
    allowed = float((case.get("tolerance") or {}).get("risk_abs", 2e-6))
    yield Later(f"{name} weights", len(weights))
    for key in sorted(set(expected) - {"weights", "var", "cvar", "variance"}):
        yield not_understood(f"{name} {key}", "no number of ours has that name")
    if "variance" in expected:
        yield absolute(f"{name} variance", float(weights @ sigma @ weights), expected["variance"], allowed)
    for key, place in (("var", 0), ("cvar", 1)):
        for level, theirs in (expected.get(key) or {}).items():
            ours = linear_risk(weights, sigma, normal_multipliers(float(level))[place], mean=mean).total
            yield absolute(f"{name} {key} {level}", ours, theirs, allowed)


def _ellipsoid(name: str, inputs: Mapping[str, Any], expected: Mapping[str, Any], case: Document) -> Iterator[Finding]:
    sigma, weights = covariance_of(inputs), np.array(listed(first(inputs, AMOUNTS)), dtype=np.float64)
    assert sigma is not None
    radius = float(listed(first(inputs, RADIUS))[0])
    names = tuple(f"{k}" for k in range(len(sigma)))
    worst = worst_on_ellipsoid(covariance_named(names, sigma), weights, sds=radius, years=1.0)
    loss = -float(weights @ worst)
    ours: dict[str, Any] = dict.fromkeys(("loss", "max_loss", "maxloss", "maximum_loss", "worst_loss"), loss)
    ours |= dict.fromkeys(("pnl", "worst_pnl", "min_pnl"), -loss)
    ours |= dict.fromkeys(("x", "shock", "worst", "scenario", "worst_scenario", "argmin", "x_star", "worst_x",
                           "worst_move", "worst_shock", "shocks", "move", "moves"), worst)  # fmt: skip
    yield from _compared(name, ours, expected, case)


def _repaired(
    name: str, matrix: np.ndarray, expected: Mapping[str, Any], case: Document
) -> Iterator[Finding]:  # fmt: skip
    found = nearest_correlation(matrix)
    upper = found[np.triu_indices(len(found), 1)]
    ours: dict[str, Any] = {
        key: float(np.linalg.norm(found - matrix))
        for key in ("distance", "frobenius", "frobenius_distance", "dist", "norm", "frob", "frobenius_norm")
    }
    ours |= {f"{letter}{i + 1}{j + 1}": found[i, j] for letter in ("", "r", "x", "a", "rho")
             for i in range(len(found)) for j in range(len(found))}  # fmt: skip
    for key, theirs in expected.items():
        block = np.array(theirs, dtype=np.float64) if isinstance(theirs, list) else None
        if block is not None and block.shape == found.shape:
            ours[key] = found
        elif block is not None and block.shape == upper.shape and not np.allclose(block, np.unique(block)):
            ours[key] = upper
        elif block is not None and block.ndim == 1:  # distinct entries, in any order
            nearest = [float(upper[np.argmin(np.abs(upper - entry))]) for entry in block.tolist()]
            ours[key] = np.array(nearest)
    yield from _compared(name, ours, expected, case)


def _compared(name: str, ours: Mapping[str, Any], expected: Mapping[str, Any], case: Document) -> Iterator[Finding]:
    for key, theirs in expected.items():
        if isinstance(theirs, str) or theirs is None or isinstance(theirs, bool):
            continue
        if key not in ours:
            yield not_understood(f"{name} {key}", "no number of ours has that name")
            continue
        published = theirs.values() if isinstance(theirs, Mapping) else theirs
        block = np.array(list(published) if not isinstance(published, int | float) else published, dtype=np.float64)
        found = np.array(ours[key], dtype=np.float64)
        if block.shape != found.shape:
            yield not_understood(f"{name} {key}", f"ours has shape {found.shape}, theirs {block.shape}")
            continue
        for i, (mine, published_number) in enumerate(zip(found.ravel(), block.ravel(), strict=True)):
            allowed = _allowed(case.get("tolerance") or {}, key, float(published_number))
            label = f"{name} {key}[{i}]" if block.ndim else f"{name} {key}"
            yield absolute(label, float(mine), float(published_number), allowed)


def _allowed(tolerance: Mapping[str, Any], key: str, published: float) -> float:
    """Return the source's own tolerance, of this number or of all; else half of the last digit that it prints."""
    stated = {name.lower(): float(amount) for name, amount in tolerance.items() if isinstance(amount, int | float)}
    if key in stated:
        return stated[key]
    found = [stated[name] for name in (f"{key}_abs", "abs", "published_abs") if name in stated]
    found += [stated[name] * abs(published) for name in (f"{key}_rel", "rel") if name in stated]
    if found:
        return max(found)
    text = repr(published)
    decimals = len(text.partition(".")[2]) if "e" not in text and not text.endswith(".0") else 0
    return 0.5000001 * 10.0**-decimals

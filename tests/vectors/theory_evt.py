"""Peaks over threshold, Hill's index, tail quantiles, from `scenarios.tails`.

The fitted cases are of the Danish fire losses, which the licence of their package keeps out of ours: they are read
where they lie, and a case that needs them waits where they don't.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from seawall.scenarios.tails import ParetoTail, fit_tail, hill, mean_excess
from tests.vectors.case import (
    Case,
    Document,
    Finding,
    Later,
    absolute,
    each,
    not_understood,
    relative,
    same,
    strangers,
    unread,
)

FOLDER_VARIABLE = "SEAWALL_DATA"
DEFAULT_FOLDER = Path(__file__).resolve().parents[2].parent / "shared" / "data"
DANISH = "benchmarks/danish.csv"
LEVEL = 0.99
DEFAULT_RELATIVE = 1e-3

ALIASES = {
    "shape": "xi", "scale": "beta", "n_u": "exceedances", "nu": "exceedances", "n_exceed": "exceedances",
    "var": "VaR", "es": "ES", "alpha": "alpha_hill", "hill": "alpha_hill", "hill_alpha": "alpha_hill",
    "se_xi": "xi_se", "se_beta": "beta_se", "mean_excess": "mean_excess", "xi_hill": "xi_hill", "hill_xi": "xi_hill",
}  # fmt: skip
LEVELS = ("q", "level", "confidence")
SAMPLE = ("data", "losses", "sample", "x", "data_file", "n", "threshold", "u", "k", "method", *LEVELS)
FORMULA_NAMES = {"shape": "xi", "scale": "beta", "sigma": "beta", "threshold": "u", "N": "n", "Nu": "n_u", "nu": "n_u",
                 "N_u": "n_u", "exceedances": "n_u", "n_exceed": "n_u", "k": "n_u"}  # fmt: skip
FORMULA = ("u", "xi", "beta", "n", "n_u", *LEVELS)
RISK_NAME = re.compile(r"(var|es)_?(\d*[._]?\d*)", re.IGNORECASE)


def read(document: Document) -> Iterator[Finding]:
    yield from strangers(document, ("cases",))
    yield from each(document.get("cases"), _case, name="case", named_by=("id",))


def losses(inputs: Mapping[str, Any]) -> np.ndarray | None:
    """Return the losses that a case names or gives; None where the file is not at hand."""
    for key in ("data", "losses", "sample", "x"):
        if isinstance(inputs.get(key), list):
            return np.array(inputs[key], dtype=np.float64)
    folder = Path(os.environ.get(FOLDER_VARIABLE, str(DEFAULT_FOLDER)))
    file = folder / str(inputs.get("data_file", DANISH))
    if not file.exists():
        return None
    fields = (line.split(",")[-1].strip().strip('"') for line in file.read_text(encoding="utf-8").splitlines())
    return np.array([float(text) for text in fields if text[:1].isdigit()])


def _case(name: str, case: Mapping[str, Any]) -> Iterator[Finding]:
    inputs, expected = case["inputs"], case["expected"]
    if not expected:
        yield not_understood(name, "nothing is expected")
        return
    named = {FORMULA_NAMES.get(key, key): number for key, number in inputs.items()}
    if {"xi", "u"} <= set(named):
        yield from _formula(name, named, expected, case.get("tolerance", {}))
        return
    if "threshold" not in inputs and "u" not in inputs and "k" not in inputs:
        yield not_understood(name, f"it has no threshold and no k: {sorted(inputs)}")
        return
    yield from unread(name, inputs, SAMPLE)
    sample = losses(inputs)
    if sample is None:
        yield Later(f"{name}: the Danish fire losses are not at hand", len(expected))
        return
    if "n" in inputs:
        yield same(f"{name} n", len(sample), int(inputs["n"]))
    ours = _of_sample(inputs, sample, str(inputs.get("method", "mle")), expected)
    for key, theirs in expected.items():
        found = _named(key, ours)
        if found is None:
            yield not_understood(f"{name} {key}", "no number of ours has that name")
            continue
        yield _compared(f"{name} {key}", key, found, theirs, case.get("tolerance", {}))


def _of_sample(
    inputs: Mapping[str, Any], sample: np.ndarray, method: str, expected: Mapping[str, Any]
) -> dict[str, float]:
    ours: dict[str, float] = {}
    if "k" in inputs:
        alpha = hill(sample, int(inputs["k"]))
        ours |= {"alpha_hill": alpha, "xi_hill": 1.0 / alpha}
    threshold = inputs.get("threshold", inputs.get("u"))
    if threshold is not None:
        way = "moments" if method.lower() in ("pwm", "moments", "probability_weighted_moments") else "likelihood"
        tail = fit_tail(sample, float(threshold), method=way)
        ours |= {
            "xi": tail.shape, "beta": tail.scale, "exceedances": tail.exceedances_count, "xi_se": tail.shape_error,
            "beta_se": tail.scale_error, "mean_excess": mean_excess(sample, float(threshold)), "n": tail.count,
        }  # fmt: skip
        ours |= _risks(tail, _stated_level(inputs), expected)
    return ours


def _risks(tail: ParetoTail, level: float, expected: Mapping[str, Any]) -> dict[str, float]:
    """Return VaR and ES by the names asked for: `VaR_99`, `ES_999`, `VaR_0.975`, `VaR` at the level stated."""
    found: dict[str, float] = {}
    for key in expected:
        if match := RISK_NAME.fullmatch(key):
            at = _level(match[2]) if match[2] else level
            if 1.0 - tail.share - 1e-12 <= at < 1.0:
                found[key] = tail.quantile(at) if match[1].lower() == "var" else tail.shortfall(at)
    return found


def _stated_level(inputs: Mapping[str, Any]) -> float:
    level = float(next((inputs[key] for key in LEVELS if key in inputs), LEVEL))
    return level / 100.0 if level > 1.0 else level


def _level(written: str) -> float:
    """Return a level as names write it: 99, 99.9, 99_9, 999 and 0.999.

    Examples
    --------
    >>> [_level(written) for written in ("99", "99.9", "97_5", "999", "0.95")]
    [0.99, 0.999, 0.975, 0.999, 0.95]
    """
    digits = written.replace("_", ".")
    if digits.startswith(("0.", ".")):
        return float(digits)
    return float(f"0.{digits.replace('.', '')}")


def _formula(
    name: str, inputs: Mapping[str, Any], expected: Mapping[str, Any], tolerance: Mapping[str, Any]
) -> Iterator[Finding]:
    yield from unread(name, inputs, FORMULA)
    level = _stated_level(inputs)
    counts = int(inputs["n_u"]), int(inputs["n"])
    tail = ParetoTail(float(inputs["u"]), float(inputs["xi"]), float(inputs["beta"]), *counts)
    ours = _risks(tail, level, expected)
    for key, theirs in expected.items():
        found = _named(key, ours)
        if found is None:
            yield not_understood(f"{name} {key}", "no number of ours has that name")
            continue
        yield _compared(f"{name} {key}", key, found, theirs, tolerance)


def _named(key: str, ours: Mapping[str, float]) -> float | None:
    for candidate in (key, ALIASES.get(key.lower(), key), key.replace("var", "VaR").replace("es", "ES")):
        if candidate in ours:
            return float(ours[candidate])
    return None


def _compared(name: str, key: str, ours: float, theirs: Any, tolerance: Mapping[str, Any]) -> Case:
    if key in ("exceedances", "n", "n_u"):
        return same(name, int(ours), int(theirs))
    if theirs is None:  # what has no mean is printed as nothing, or as infinity
        return same(name, ours, math.inf)
    if key.endswith("_se") or key.startswith("se_"):
        return absolute(name, ours, float(theirs), _half_digit(theirs))
    if math.isinf(float(theirs)):
        return same(name, ours, float(theirs))
    for prefix in (key, key.partition("_")[0]):
        if prefix in tolerance:
            return absolute(name, ours, float(theirs), float(tolerance[prefix]))
    if "abs" in tolerance:
        return absolute(name, ours, float(theirs), float(tolerance["abs"]))
    return relative(name, ours, float(theirs), float(tolerance.get("rel", DEFAULT_RELATIVE)))


def _half_digit(printed: Any) -> float:
    """Return half a unit of the last digit that is printed, and a trifle for its own rounding."""
    _whole, _dot, decimals = str(printed).partition(".")
    return 0.5 * 10.0 ** -len(decimals) * (1.0 + 1e-9)

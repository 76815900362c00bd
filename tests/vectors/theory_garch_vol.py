"""Volatility that changes: exponential averages, GARCH(1,1), filtered history, from `scenarios`.

The benchmark is fitted to the DEM/GBP returns, which are read where they lie. Buffers against procyclicality and its
measures are of margins and not of markets: `margin_paths` reads them.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seawall.scenarios.filtered_history import filtered_changes
from seawall.scenarios.garch import GarchFit, fit_garch
from seawall.scenarios.volatility import ewma_variance, garch_forecast, garch_variance
from tests.vectors import margin_paths
from tests.vectors.case import (
    Document,
    Finding,
    Later,
    absolute,
    each,
    holds_number,
    not_understood,
    same,
    strangers,
)

FOLDER_VARIABLE = "SEAWALL_DATA"
DEFAULT_FOLDER = Path(__file__).resolve().parents[2].parent / "shared" / "data"
BENCHMARK = "benchmarks/dem2gbp.csv"
DEFAULT_RELATIVE = 1e-9
PRINTED_RELATIVE = 1e-3
"""The benchmark is printed to six digits; other starts of the recursion agree in three."""
DECAYS = frozenset({"lam", "lambda", "decay"})
NOWS = frozenset({"sigmanow", "volnow", "sigmat1", "currentvol", "sigmatoday", "sigmatnext"})
SHOCKS = ("eps", "epst", "et", "shock", "lastreturn", "residual", "rt")
"""The return of the last day, whose variance is given as well."""
STARTS = ("h", "h0", "ht", "h1", "hnow", "variance", "sigma2", "hcurrent", "hnext")
INPUTS = DECAYS | NOWS | frozenset({
    "returns", "residuals", "e", "r", "history", "sigmas", "sigma", "sigmat", "vols", "volpath", "sigmapath", "s20",
    "start", "variance0", "sigma20", "omega", "alpha", "beta", "mu", "k", "ks", "steps", "horizon", "horizons", "days",
    "t", "n", "datafile", *STARTS, *SHOCKS,
})  # fmt: skip
Numbers = Mapping[str, Any]


def read(document: Document) -> Iterator[Finding]:
    yield from strangers(document, ("cases",))
    yield from each(document.get("cases"), _case, name="case", named_by=("id",))


def _case(name: str, case: Numbers) -> Iterator[Finding]:
    inputs, expected = case.get("inputs") or {}, case.get("expected") or {}
    given = {_plain(key): found for key, found in inputs.items()}
    if not expected:
        yield not_understood(name, "nothing is expected")
        return
    of_margins = any(key in given for key in margin_paths.MARGINS)
    known = margin_paths.INPUTS if of_margins else INPUTS
    if strange := sorted(key for key in given if key not in known and holds_number(given[key])):
        yield not_understood(f"{name} {', '.join(strange)}", "no input of ours has that name")
    elif of_margins:
        ours = margin_paths.computed(given, {_plain(key): number for key, number in expected.items()})
        yield from _all(name, expected, ours, case.get("tolerance"), DEFAULT_RELATIVE)
    elif ours := _computed(given):
        yield from _all(name, expected, ours, case.get("tolerance"), DEFAULT_RELATIVE)
    elif "datafile" in given or "benchmark" in name or "garch" in name.lower():
        yield from _benchmark(name, given, expected, case.get("tolerance"))
    else:
        yield not_understood(name, f"no case has the inputs {', '.join(sorted(inputs))}")


def _computed(given: Numbers) -> dict[str, Any]:
    """Return every number that follows from the inputs without a fit."""
    found: dict[str, Any] = {}
    if given.keys() & DECAYS and "returns" in given:
        found |= _ewma(given)
    if given.keys() & NOWS:
        found |= _filtered(given)
    if given.keys() >= {"omega", "alpha", "beta"}:
        found |= _known_garch(given)
    return found


def _ewma(given: Numbers) -> dict[str, Any]:
    decay = float(next(given[key] for key in sorted(DECAYS) if key in given))
    returns = np.array(given["returns"], dtype=np.float64)
    start = next((float(given[key]) for key in ("s20", "start", "variance0", "sigma20", "h0") if key in given), None)
    begun = float(np.mean(returns**2)) if start is None else start
    path = ewma_variance(returns, decay, begun)
    scaled = filtered_changes(returns[:, None], np.concatenate([[begun], path])[:, None])[:, 0]
    return {
        "scaled": scaled, "scaledreturns": scaled, "filtered": scaled, "filteredreturns": scaled, "fhs": scaled,
        "variancepath": path, "variance": path[-1], "final": path[-1], "finalvariance": path[-1], "last": path[-1],
        "volpath": np.sqrt(path), "vol": math.sqrt(path[-1]), "sigma": math.sqrt(path[-1]),
    }  # fmt: skip


def _filtered(given: Numbers) -> dict[str, Any]:
    returns = np.array(next(given[key] for key in ("returns", "r", "history") if key in given), dtype=np.float64)
    sigmas = np.array(
        next(given[key] for key in ("sigmas", "sigma", "sigmat", "vols", "volpath", "sigmapath") if key in given)
    )
    now = float(next(given[key] for key in sorted(NOWS) if key in given))
    scaled = filtered_changes(returns[:, None], np.append(sigmas, now)[:, None] ** 2)[:, 0]
    found: dict[str, Any] = dict.fromkeys(("scaled", "scaledreturns", "filtered", "filteredreturns", "fhs"), scaled)
    found |= {"min": float(scaled.min()), "worst": float(-scaled.min()), "max": float(scaled.max())}
    return found


def _known_garch(given: Numbers) -> dict[str, Any]:
    omega, alpha, beta = (float(given[key]) for key in ("omega", "alpha", "beta"))
    persistence = alpha + beta
    level = omega / (1.0 - persistence) if persistence < 1.0 else math.inf
    found: dict[str, Any] = dict.fromkeys(
        ("hbar", "longrunvariance", "unconditionalvariance", "longrun", "unconditional", "level"), level
    )
    found |= {"persistence": persistence}
    if persistence < 1.0:
        found |= {"halflife": math.log(0.5) / math.log(persistence), "longrunvol": math.sqrt(level)}
    start = next((float(given[key]) for key in STARTS if key in given), None)
    shock = next((float(given[key]) for key in SHOCKS if key in given), None)
    tomorrow = None
    if start is not None and shock is not None:  # the first day ahead is known, and no expectation
        tomorrow = start = omega + alpha * (shock - float(given.get("mu", 0.0))) ** 2 + beta * start
    returns = next((given[key] for key in ("returns", "residuals", "e") if key in given), None)
    if returns is not None:
        residuals = np.array(returns, dtype=np.float64) - float(given.get("mu", 0.0))
        begun = float(np.mean(residuals**2)) if start is None else start
        path = garch_variance(residuals, omega, alpha, beta, begun)
        found |= {"variancepath": path[:-1], "path": path[:-1], "next": path[-1], "nextvariance": path[-1]}
        start = float(path[-1])
    if start is None:
        return found
    asked = next(
        (given[key] for key in ("k", "steps", "horizon", "horizons", "days", "t", "n", "ks") if key in given), 1
    )
    most = int(max(asked)) if isinstance(asked, Sequence) else int(asked)
    ahead = garch_forecast(omega, alpha, beta, start, most)
    if tomorrow is not None:
        ahead = np.concatenate([[tomorrow], ahead[:-1]])
    one = ahead[np.array(asked) - 1] if isinstance(asked, Sequence) else ahead[-1]
    for key in (
        "hk",
        "forecast",
        "ehk",
        "expectedvariance",
        "eh",
        "kstep",
        "kstepvariance",
        "variance",
        "varianceforecast",
    ):
        found[key] = one
    total = np.cumsum(ahead)
    sums = total[np.array(asked) - 1] if isinstance(asked, Sequence) else total[-1]
    found |= {"forecastpath": ahead, "variances": ahead, "termstructure": ahead}
    found |= dict.fromkeys(
        ("sum", "totalvariance", "cumulative", "aggregate", "sumvariance", "cumulativevariance"), sums
    )
    found |= dict.fromkeys(("sqrttvariance", "naive", "naivevariance", "sqrtt"), start * most)
    for step, number in enumerate(ahead, 1):
        found |= {f"h{step}": float(number), f"eh{step}": float(number), f"k{step}": float(number)}
    return found


def _benchmark(name: str, given: Numbers, expected: Numbers, tolerance: Any) -> Iterator[Finding]:
    returns = _returns(given)
    if returns is None:
        yield Later(f"{name}: the DEM/GBP returns are not at hand", len(expected))
        return
    if "n" in given:
        yield same(f"{name} n", len(returns), int(given["n"]))
    yield from _all(name, expected, _fitted(fit_garch(returns), len(returns)), tolerance, PRINTED_RELATIVE)


def _fitted(fit: GarchFit, count: int) -> dict[str, Any]:
    parameters = {"mu": fit.mu, "omega": fit.omega, "alpha": fit.alpha, "beta": fit.beta}
    errors = dict(zip(parameters, fit.errors, strict=True))
    found: dict[str, Any] = dict(parameters) | {"alpha1": fit.alpha, "beta1": fit.beta, "constant": fit.omega}
    for key, error in errors.items():
        found |= dict.fromkeys((f"se{key}", f"{key}se", f"stderr{key}", f"{key}stderr"), error)
    for key in ("se", "stderr", "standarderrors", "stderrs"):
        found[key] = list(fit.errors)
    found |= {"params": list(parameters.values()), "parameters": list(parameters.values()), "n": count, "nobs": count}
    found |= dict.fromkeys(("logl", "loglik", "loglikelihood", "llf", "ll"), fit.log_likelihood)
    found |= {"persistence": fit.persistence, "h0": fit.start}
    return found


def _returns(given: Numbers) -> np.ndarray | None:
    if isinstance(given.get("returns"), list):
        return np.array(given["returns"], dtype=np.float64)
    folder = Path(os.environ.get(FOLDER_VARIABLE, str(DEFAULT_FOLDER)))
    file = folder / str(given.get("datafile", BENCHMARK))
    if not file.exists():
        return None
    texts = (line.split(",")[-1].strip().strip('"') for line in file.read_text(encoding="utf-8").splitlines())
    return np.array([float(text) for text in texts if re.fullmatch(r"[-+]?[\d.]+(e[-+]?\d+)?", text)])


def _all(name: str, expected: Numbers, ours: Numbers, tolerance: Any, default: float) -> Iterator[Finding]:
    for key, theirs in expected.items():
        plain = _plain(key)
        if isinstance(theirs, Mapping):
            nested = {f"{key}_{inner}": number for inner, number in theirs.items()}
            yield from _all(name, nested, ours, tolerance, default)
            continue
        if plain not in ours:
            yield not_understood(f"{name} {key}", "no number of ours has that name")
            continue
        yield from _compared(f"{name} {key}", key, ours[plain], theirs, tolerance, default)


def _compared(name: str, key: str, ours: Any, theirs: Any, tolerance: Any, default: float) -> Iterator[Finding]:
    if isinstance(theirs, list):
        numbers = np.asarray(ours, dtype=np.float64).ravel()
        if len(numbers) != len(theirs):
            yield not_understood(name, f"{len(theirs)} numbers are given, and {len(numbers)} are ours")
            return
        for i, (one, other) in enumerate(zip(numbers.tolist(), theirs, strict=True)):
            yield from _compared(f"{name}[{i}]", key, one, other, tolerance, default)
        return
    stated = tolerance if isinstance(tolerance, Mapping) else {}
    if key in stated:
        yield absolute(name, float(ours), float(theirs), float(stated[key]))
    elif "abs" in stated and "rel" not in stated:
        yield absolute(name, float(ours), float(theirs), float(stated["abs"]))
    elif theirs == 0.0:
        yield absolute(name, float(ours), 0.0, float(stated.get("abs", 1e-15)))
    else:
        share = float(stated.get("rel", default))
        printed = _half_digit(theirs) if default == PRINTED_RELATIVE else 0.0
        yield absolute(name, float(ours), float(theirs), max(share * abs(float(theirs)), printed))


def _half_digit(printed: float) -> float:
    """Return half a unit of the last digit that is printed, and a trifle for its own rounding."""
    _whole, _dot, decimals = f"{printed}".partition(".")
    return 0.5 * 10.0 ** -len(decimals) * (1.0 + 1e-9) if "e" not in decimals else 0.0


def _plain(key: str) -> str:
    return re.sub(r"[^a-z0-9]", "", key.lower())

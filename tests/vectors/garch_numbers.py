"""Numbers of changing volatility by the names of a case: averages, forecasts, filtered history and its tail."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.risk.sample_tail import tail_risk
from seawall.scenarios.filtered_history import filtered_changes
from seawall.scenarios.volatility import ewma_variance, garch_forecast, garch_variance

DECAYS = ("lam", "lambda", "decay", "l")
RETURNS = ("returns", "residuals", "e", "r", "history", "rets", "rt", "x")
VOLS = ("sigmas", "sigma", "sigmat", "vols", "vol", "volt", "volpath", "sigmapath", "volatilities", "sigmahistory")
VARIANCES = ("variances", "variancepath", "h", "ht", "hs", "hpath", "sigma2", "sigma2t")
NOWS = (
    "sigmanow", "volnow", "sigmat1", "currentvol", "sigmatoday", "sigmatnext", "sigmanext", "sigmacurrent", "voltoday",
    "currentsigma", "sigmalast", "sigmaforecast", "sigma0", "vol0", "volt1", "volcurrent", "sigman", "sigman1",
)  # fmt: skip
VARIANCES_NOW = ("hnow", "varnow", "variancenow", "hcurrent", "hnext", "ht1", "variancenext")
SHOCKS = ("eps", "epst", "et", "shock", "lastreturn", "residual", "rt")
"""The return of the last day, whose variance is given as well."""
TODAYS = ("h", "h0", "ht", "hnow", "variance", "sigma2", "sigma20", "hcurrent", "hlast", "v0", "s20")
TOMORROWS = ("hnext", "h1", "ht1", "variancenext", "htplus1", "sigma2next", "sigma2t1")
STARTS = ("s20", "start", "variance0", "sigma20", "h0", "v0")
STEPS = ("k", "ks", "steps", "horizon", "horizons", "days", "t", "n", "ndays", "kdays")
CONFIDENCES = ("q", "level", "confidence", "cl", "alpha", "p", "taillevel")
OMEGAS, ALPHAS, BETAS = ("omega", "w", "alpha0", "a0"), ("alpha", "a", "alpha1", "a1"), ("beta", "b", "beta1", "b1")
INPUTS = frozenset({
    *DECAYS, *RETURNS, *VOLS, *VARIANCES, *NOWS, *VARIANCES_NOW, *SHOCKS, *TODAYS, *TOMORROWS, *STARTS, *STEPS,
    *CONFIDENCES, *OMEGAS, *ALPHAS, *BETAS, "mu", "datafile",
})  # fmt: skip
SCALED = (
    "scaled", "scaledreturns", "filtered", "filteredreturns", "fhs", "fhsreturns", "rescaled", "rescaledreturns",
    "adjusted", "adjustedreturns", "scaledhistory", "filteredhistory",
)  # fmt: skip
FORECASTS = ("hk", "forecast", "ehk", "expectedvariance", "eh", "kstep", "kstepvariance", "varianceforecast", "h", "k",
             "htk", "ehtk", "variance", "vark", "sigma2k")  # fmt: skip
FORECAST_VOLS = ("sigmak", "volk", "kstepvol", "volforecast", "forecastvol", "sigmatk")
SUMS = ("sum", "totalvariance", "cumulative", "aggregate", "sumvariance", "cumulativevariance", "sumh", "variancesum")
NAIVE = ("sqrttvariance", "naive", "naivevariance", "sqrtt", "scaledvariance", "sqrttimevariance")
SUM_VOLS = ("totalvol", "cumulativevol", "aggregatevol", "volsum", "horizonvol")
NAIVE_VOLS = ("sqrttvol", "naivevol", "sqrttimevol")
TAIL_NAME = re.compile(r"(var|es|cvar|expectedshortfall|valueatrisk|margin)(\d*)")
Numbers = Mapping[str, Any]


def first(given: Numbers, names: Iterable[str]) -> Any:
    """Return what the first of some names holds; None where there is none."""
    return next((given[name] for name in names if given.get(name) is not None), None)


def computed(given: Numbers, expected: Numbers, said: str = "") -> dict[str, Any]:
    """Return every number that follows from the inputs without a fit; `said` is the case's own words on its formula."""
    found: dict[str, Any] = {}
    returns = next((given[name] for name in RETURNS if isinstance(given.get(name), list)), None)
    history = None if returns is None else np.array(returns, dtype=np.float64)
    parameters = tuple(first(given, names) for names in (OMEGAS, ALPHAS, BETAS))
    scaled = None
    if None not in parameters and "datafile" not in given:
        found |= _garch(given, tuple(float(one) for one in parameters), history, expected, said)
        scaled = found.get("scaled")
    elif history is not None and first(given, DECAYS) is not None:
        found |= _ewma(given, history)
        scaled = found["scaled"]
    elif history is not None and (vols := _vols(given, len(history))) is not None:
        scaled = filtered_changes(history[:, None], vols[:, None] ** 2)[:, 0]
        found |= _filtered(scaled) | dict.fromkeys(("z", "standardized", "standardised"), history / vols[:-1])
    if scaled is not None:
        found |= _tail(given, scaled, expected, has_garch=None not in parameters)
    return found


def _vols(given: Numbers, count: int) -> FloatArray | None:
    """Return the volatility of each day and of now, `(count + 1,)`; the last of the path is now's where none is."""
    for paths, nows, power in ((VOLS, NOWS, 1.0), (VARIANCES, VARIANCES_NOW, 0.5)):
        path = next((given[name] for name in paths if isinstance(given.get(name), list)), None)
        if path is None:
            continue
        # Beside a path a plain number of any such name is of now.
        now = next((given[name] for name in (*nows, *paths) if isinstance(given.get(name), int | float)), None)
        whole = np.array(path if now is None else [*path, now], dtype=np.float64)
        if now is None and len(whole) == count:
            whole = np.append(whole, whole[-1])
        if len(whole) != count + 1:
            raise ValueError(f"{count} returns and {len(whole) - 1} volatilities before the last")
        return np.asarray(whole**power)
    return None


def _filtered(scaled: FloatArray) -> dict[str, Any]:
    found: dict[str, Any] = dict.fromkeys(SCALED, scaled)
    return found | {"min": float(scaled.min()), "worst": float(-scaled.min()), "max": float(scaled.max())}


def _tail(given: Numbers, scaled: FloatArray, expected: Numbers, *, has_garch: bool) -> dict[str, Any]:
    """Return VaR and ES of the scaled history, by the names asked for; `es_975` says its own level."""
    named = [name for name in CONFIDENCES if not (has_garch and name in ALPHAS)]
    stated, found = first(given, named), {}
    for name in expected:
        if match := TAIL_NAME.fullmatch(name):
            level = float(f"0.{match[2]}") if match[2] else None if stated is None else float(stated)
            if level is None:
                continue
            level = level / 100.0 if level > 1.0 else level
            risk = tail_risk(scaled, confidence=level if level > 0.5 else 1.0 - level)
            found[name] = risk.value_at_risk if match[1] in ("var", "valueatrisk") else risk.expected_shortfall
    return found


def _ewma(given: Numbers, returns: FloatArray) -> dict[str, Any]:
    start = first(given, STARTS)
    begun = float(np.mean(returns**2)) if start is None else float(start)
    path = ewma_variance(returns, float(first(given, DECAYS)), begun)
    scaled = filtered_changes(returns[:, None], np.concatenate([[begun], path])[:, None])[:, 0]
    return _filtered(scaled) | {
        "variancepath": path, "variances": path, "variance": path[-1], "final": path[-1], "finalvariance": path[-1],
        "last": path[-1], "sigma2": path[-1], "next": path[-1], "nextvariance": path[-1],
        "volpath": np.sqrt(path), "vols": np.sqrt(path), "vol": math.sqrt(path[-1]), "sigma": math.sqrt(path[-1]),
        "finalvol": math.sqrt(path[-1]), "sigmapath": np.sqrt(path),
    }  # fmt: skip


def _garch(
    given: Numbers, parameters: tuple[float, ...], history: FloatArray | None, expected: Numbers, said: str
) -> dict[str, Any]:
    omega, alpha, beta = parameters
    persistence = alpha + beta
    level = omega / (1.0 - persistence) if persistence < 1.0 else math.inf
    found: dict[str, Any] = dict.fromkeys(
        ("hbar", "longrunvariance", "unconditionalvariance", "longrun", "unconditional", "level", "vl"), level
    )
    found |= {"persistence": persistence}
    if 0.0 < persistence < 1.0:
        found |= {"halflife": math.log(0.5) / math.log(persistence)}
        found |= dict.fromkeys(("longrunvol", "unconditionalvol", "sigmabar"), math.sqrt(level))
    today, tomorrow, shock = first(given, TODAYS), first(given, TOMORROWS), first(given, SHOCKS)
    mean = float(given.get("mu", 0.0))
    if history is not None:
        whole = _path(history - mean, parameters, first(given, (*STARTS, *TODAYS, "h1")))
        scaled = filtered_changes(history[:, None] - mean, whole[:, None])[:, 0]
        path, today, tomorrow, shock = _as_theirs(whole, expected), None, float(whole[-1]), None
        found |= _filtered(scaled) | dict.fromkeys(("variancepath", "path", "hpath"), path)
        found |= {"volpath": np.sqrt(path), "next": tomorrow, "nextvariance": tomorrow, "hnext": tomorrow}
    if today is not None and shock is not None:  # the first day ahead is known, and no expectation
        tomorrow = omega + alpha * (float(shock) - mean) ** 2 + beta * float(today)
        found |= dict.fromkeys(("hnext", "next", "nextvariance", "ht1"), tomorrow)
    if "k-1" in said and tomorrow is None:  # whatever its name, the variance given is that of the first day ahead
        tomorrow = today
    elif ("^k" in said or "**k" in said) and "k-1" not in said and today is None and history is None:
        today, tomorrow = tomorrow, None
    if today is None and tomorrow is None:
        return found
    return found | _ahead(given, parameters, today, tomorrow, expected)


def _path(residuals: FloatArray, parameters: tuple[float, ...], start: Any) -> FloatArray:
    """Return the variance of each day and of the next; `start` is the first day's where it is given."""
    if start is None:
        return garch_variance(residuals, *parameters, float(np.mean(residuals**2)))
    omega, alpha, beta = parameters
    path = [float(start)]
    for residual in residuals.tolist():
        path.append(omega + alpha * residual**2 + beta * path[-1])
    return np.array(path)


def _as_theirs(whole: FloatArray, expected: Numbers) -> FloatArray:
    """Return the part of a path that a case prints: with the first day's variance, with the next day's, or both."""
    theirs = first(expected, ("variancepath", "path", "hpath"))
    if not isinstance(theirs, list) or len(theirs) == len(whole):
        return whole if isinstance(theirs, list) else whole[:-1]
    starts_now = math.isclose(float(theirs[0]), float(whole[0]), rel_tol=1e-6)
    return whole[:-1] if starts_now else whole[1:]


def _ahead(
    given: Numbers, parameters: tuple[float, ...], today: Any, tomorrow: Any, expected: Numbers
) -> dict[str, Any]:
    """Return forecasts over the horizons asked for, in the inputs or by the names of what is expected."""
    stems = "|".join(sorted((*FORECASTS, *FORECAST_VOLS, *SUMS, *NAIVE), key=len, reverse=True))
    named = {key: (match[1], int(match[2])) for key in expected if (match := re.fullmatch(rf"({stems})(\d+)", key))}
    asked = first(given, STEPS)
    listed = [int(one) for one in asked] if isinstance(asked, Sequence) else [int(asked if asked is not None else 1)]
    lists = [len(theirs) for theirs in expected.values() if isinstance(theirs, list)]
    most = max([*listed, *(k for _stem, k in named.values()), *(lists if asked is None else [])])
    if tomorrow is None:
        ahead = garch_forecast(*parameters, float(today), most)
    else:
        ahead = np.append(float(tomorrow), garch_forecast(*parameters, float(tomorrow), most))[:most]
    total = np.cumsum(ahead)
    naive = float(today if tomorrow is None else tomorrow) * np.arange(1, most + 1)
    found: dict[str, Any] = {"forecastpath": ahead, "variances": ahead, "termstructure": ahead}
    for names, path in (
        (FORECASTS, ahead), (FORECAST_VOLS, np.sqrt(ahead)), (SUMS, total), (NAIVE, naive),
        (SUM_VOLS, np.sqrt(total)), (NAIVE_VOLS, np.sqrt(naive)),
    ):  # fmt: skip
        at = path[np.array(listed) - 1] if isinstance(asked, Sequence) else path if asked is None else path[-1]
        found |= dict.fromkeys(names, at)
        found |= {key: float(path[k - 1]) for key, (stem, k) in named.items() if stem in names and k >= 1}
    return found

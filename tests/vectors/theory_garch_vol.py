"""Volatility that changes: exponential averages, GARCH(1,1), filtered history, from `scenarios`.

The benchmark is fitted to the DEM/GBP returns, which are read where they lie. Buffers against procyclicality and its
measures are of margins and not of markets: `margin_paths` reads them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from seawall.scenarios.garch import GarchFit, fit_garch
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
from tests.vectors.garch_numbers import INPUTS, computed

FOLDER_VARIABLE = "SEAWALL_DATA"
DEFAULT_FOLDER = Path(__file__).resolve().parents[2].parent / "shared" / "data"
BENCHMARK = "benchmarks/dem2gbp.csv"
DEFAULT_RELATIVE = 1e-9
PRINTED_RELATIVE = 1e-3
"""The benchmark is printed to six digits; other starts of the recursion agree in three."""
Numbers = Mapping[str, Any]


def read(document: Document) -> Iterator[Finding]:
    yield from strangers(document, ("cases",))
    yield from each(document.get("cases"), _case, name="case", named_by=("id",))


def _case(name: str, case: Numbers) -> Iterator[Finding]:
    inputs, expected = case.get("inputs") or {}, case.get("expected") or {}
    given, twice = _by_plain_name(inputs)
    if not expected:
        yield not_understood(name, "nothing is expected")
        return
    if twice:
        yield not_understood(f"{name} {', '.join(twice)}", "two inputs read as one name")
        return
    of_margins = any(key in given for key in margin_paths.MARGINS)
    known = margin_paths.INPUTS if of_margins else INPUTS
    asked = {_plain(key): number for key, number in _flat(expected)}
    if strange := sorted(key for key in given if key not in known and holds_number(given[key])):
        yield not_understood(f"{name} {', '.join(strange)}", "no input of ours has that name")
    elif of_margins:
        yield from _all(name, expected, margin_paths.computed(given, asked), case.get("tolerance"), DEFAULT_RELATIVE)
    elif ours := computed(given, asked, _said(case)):
        yield from _all(name, expected, ours, case.get("tolerance"), DEFAULT_RELATIVE)
    elif "datafile" in given or "benchmark" in name or "garch" in name.lower():
        yield from _benchmark(name, given, expected, case.get("tolerance"))
    else:
        yield not_understood(name, f"no case has the inputs {', '.join(sorted(inputs))}")


def _by_plain_name(inputs: Numbers) -> tuple[dict[str, Any], list[str]]:
    """Return the inputs by plain names, and those that would take another's.

    A capital T marks the last day where a small t runs over the days: `sigma_T` beside `sigma_t` or `sigmas`.
    """
    given: dict[str, Any] = {}
    twice = []
    for key, content in inputs.items():
        last = re.fullmatch(r"(sigma|vol|h)_?T(?:_?\+?1)?", key)
        plain = {"sigma": "sigmanow", "vol": "volnow", "h": "hnow"}[last[1]] if last else _plain(key)
        if isinstance(content, list) and last:
            plain = _plain(key)
        twice += [key] if plain in given else []
        given[plain] = content
    return given, twice


def _flat(block: Numbers, before: str = "") -> Iterator[tuple[str, Any]]:
    for key, content in block.items():
        if isinstance(content, Mapping):
            yield from _flat(content, f"{before}{key}_")
        else:
            yield f"{before}{key}", content


def _said(case: Numbers) -> str:
    """Return what a case says of its own formula, without blanks and brackets."""
    words = " ".join(str(case.get(key, "")) for key in ("source", "formula", "note", "method"))
    return re.sub(r"[\s(){}]", "", words)


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
    found: dict[str, Any] = dict(parameters) | {"constant": fit.omega}
    found |= dict.fromkeys(("alpha0", "a0", "w", "const"), fit.omega) | dict.fromkeys(("alpha1", "a1", "a"), fit.alpha)
    found |= dict.fromkeys(("beta1", "b1", "b"), fit.beta)
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
    stated = tolerance if isinstance(tolerance, Mapping) else {"rel": tolerance} if tolerance else {}
    printed = _half_digit(theirs) if default == PRINTED_RELATIVE else 0.0
    size = abs(float(theirs))
    for own in (key, key.rpartition("_")[0], key.partition("_")[0]):  # its own, or that of its group
        if own and own in stated:
            allowed = float(stated[own])
        elif own and f"{own}_abs" in stated:
            allowed = float(stated[f"{own}_abs"])
        elif own and f"{own}_rel" in stated:
            allowed = max(float(stated[f"{own}_rel"]) * size, printed)
        else:
            continue
        yield absolute(name, float(ours), float(theirs), allowed)
        return
    if "abs" in stated and "rel" not in stated:
        yield absolute(name, float(ours), float(theirs), float(stated["abs"]))
    elif theirs == 0.0:
        yield absolute(name, float(ours), 0.0, float(stated.get("abs", 1e-15)))
    else:
        share = float(stated.get("rel", default))
        yield absolute(name, float(ours), float(theirs), max(share * size, printed))


def _half_digit(printed: float) -> float:
    """Return half a unit of the last digit that is printed, and a trifle for its own rounding."""
    _whole, _dot, decimals = f"{printed}".partition(".")
    return 0.5 * 10.0 ** -len(decimals) * (1.0 + 1e-9) if "e" not in decimals else 0.0


def _plain(key: str) -> str:
    return re.sub(r"[^a-z0-9]", "", key.lower())

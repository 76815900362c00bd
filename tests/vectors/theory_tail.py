"""Value at risk and expected shortfall among the files on backtests and on margin optimisation.

Closed forms of normal and Student-t losses, the exact quantile of a quadratic form, ES over liquidity horizons, ES of a
sample at published weights, how much to close. The rest (coverage tests, programmes, waterfalls) is of rooms to come.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from seawall.risk.delta_gamma import QuadraticPnl
from seawall.risk.liquidity import liquidity_horizon_shortfall
from seawall.risk.parametric import normal_multipliers, student_multipliers
from seawall.risk.sample_tail import tail_risk
from tests.vectors.case import Document, Finding, Later, absolute, each, not_understood, relative, strangers
from tests.vectors.theory_financing_perps import is_partial_close, partial_close

STUDENT = re.compile(r"t(\d+(?:\.\d+)?)")
QUADRATIC = frozenset({"delta", "gamma", "theta", "factor_sd", "q"})
CLOSED_FORM = frozenset({"position", "annual_vol", "days", "alpha", "dist"})


def read_backtests(document: Document) -> Iterator[Finding]:
    yield from strangers(document, ("cases",))
    yield from each(document.get("cases"), _closed_form, name="case", named_by=("id",))


def read_optimisation(document: Document) -> Iterator[Finding]:
    yield from strangers(document, ("cases",))
    yield from each(document.get("cases"), _programme, name="case", named_by=("id",))


def _closed_form(name: str, case: Mapping[str, Any]) -> Iterator[Finding]:
    given, expected = case.get("inputs") or {}, case.get("expected") or {}
    if not set(given) >= {"position", "annual_vol", "alpha"}:
        yield Later(name, len(expected))
        return
    for key in sorted(set(given) - CLOSED_FORM) + sorted(set(expected) - {"value", "VaR", "ES"}):
        yield not_understood(f"{name} {key}", "no number of ours has that name")
    sd = float(given["position"]) * float(given["annual_vol"]) / math.sqrt(float(given.get("days", 1.0)))
    law, level = str(given.get("dist", "norm")), float(given["alpha"])
    student = STUDENT.fullmatch(law)
    if not student and not law.startswith("norm"):
        yield not_understood(name, f"a law {law!r}")
        return
    pair = student_multipliers(level, float(student[1])) if student else normal_multipliers(level)
    ours = {"VaR": sd * pair[0], "ES": sd * pair[1]}
    tolerance = float((case.get("tolerance") or {}).get("abs", 0.05))
    for key, theirs in expected.items():
        which = key if key in ours else "ES" if "_ES_" in f"{case.get('id', '')}_" else "VaR"
        yield absolute(f"{name} {which}", ours[which], theirs, tolerance)


def _programme(name: str, case: Mapping[str, Any]) -> Iterator[Finding]:
    given, expected, allowed = case.get("inputs") or {}, case.get("expected") or {}, case.get("tolerance") or {}
    if {"delta", "gamma", "q"} <= set(given):
        for key in sorted(set(given) - QUADRATIC):
            yield not_understood(f"{name} {key}", "no number of ours has that name")
        variance = float(given.get("factor_sd", 1.0)) ** 2
        form = QuadraticPnl.of([given["delta"]], [[given["gamma"]]], [[variance]], theta=float(given.get("theta", 0.0)))
        confidence = 1.0 - float(given["q"])
        for key, theirs in expected.items():
            said = re.fullmatch(r"(var|es|quantile|pnl_quantile)_?(\d*)", key.lower())
            if said is None:
                yield not_understood(f"{name} {key}", "no number of ours has that name")
                continue
            at = float(f"0.{said[2]}") if said[2] and said[1] in ("var", "es") else confidence
            figure = form.expected_shortfall if said[1] == "es" else form.value_at_risk
            ours = figure(confidence=at) * (1.0 if said[1] in ("var", "es") else -1.0)  # a quantile of gains
            yield relative(f"{name} {key}", ours, theirs, float(allowed.get("rel", 1e-8)))
    elif is_partial_close(case):
        yield from partial_close(name, case)
    elif "LH" in given and "ES_by_bucket" in given:
        ours = liquidity_horizon_shortfall(given["ES_by_bucket"], given["LH"], base_days=float(given["T"]))
        yield relative(f"{name} ES", ours, expected["ES"], float(allowed.get("rel", 1e-12)))
    elif "returns" in given and "min_cvar" in expected:
        weights = np.array(expected["weights"], dtype=np.float64)
        pnl = np.array(given["returns"], dtype=np.float64) @ weights
        ours = tail_risk(pnl, confidence=float(given["alpha"])).expected_shortfall
        # The weights are printed to six digits, and the returns are below a tenth.
        yield absolute(f"{name} ES at its weights", ours, expected["min_cvar"], float(allowed.get("cvar_abs", 1e-6)))
        yield Later(f"{name} weights", len(weights))
    else:
        yield Later(name, len(expected))

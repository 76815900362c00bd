"""Prices of what is paid when a level is touched, and probabilities of a touch: Haug's table and the closed form."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from seawall.risk.first_passage import (
    cash_at_expiry_if_touched,
    cash_at_touch,
    exit_probabilities,
    touch_probability,
)
from tests.vectors.case import Document, Finding, absolute, each, not_understood, relative, strangers, unread

DEFAULT_TOLERANCE = 1e-4
"""Haug prints four decimals."""
PRINTED_DECIMALS = 4
PASSAGE_INPUTS = ("S", "barrier", "T", "drift", "sigma", "r", "q")
CASH_INPUTS = ("S", "barrier", "T", "sigma", "r", "q", "cash")
OTHER_NAMES = {"spot": "S", "H": "barrier", "level": "barrier", "X": "cash", "rebate": "cash", "K": "cash",
               "years": "T", "t": "T", "v": "sigma", "vol": "sigma", "mu": "drift", "rate": "r",
               "dividend_yield": "q", "dt": "step_years", "monitoring_interval": "step_years", "dt_years": "step_years",
               "n_steps": "steps", "monitoring_steps": "steps", "m": "log_drift", "L": "barrier", "S0": "S",
               "liquidation_price": "barrier", "U": "upper", "lower_barrier": "lower", "upper_barrier": "upper",
               "barrier_low": "lower", "barrier_high": "upper", "low": "lower", "high": "upper"}  # fmt: skip
DISCRETE = ("touch_probability_discrete", "discrete_touch_probability", "touch_probability_bgk", "bgk")
CONTINUOUS = "touch_probability_continuous"
SIDES = (
    ("lower_first_probability", "lower_probability", "exit_lower_probability", "touch_lower_first", "p_lower"),
    ("upper_first_probability", "upper_probability", "exit_upper_probability", "touch_upper_first", "p_upper"),
    ("touch_probability", "exit_probability", "touch_either_probability", "double_touch_probability",
     "probability_either", "probability"),
    ("survival_probability", "survival", "no_touch_probability"),
)  # fmt: skip
"""Of two levels: the lower one first, the upper one first, either, and neither."""


def read(document: Document) -> Iterator[Finding]:
    yield from strangers(document, ("cases",))
    yield from each(document.get("cases"), _case, name="case", named_by=("id",))


def _case(name: str, case: Mapping[str, Any]) -> Iterator[Finding]:
    given, expected = case.get("inputs"), case.get("expected")
    if not isinstance(given, Mapping) or not isinstance(expected, Mapping) or not expected:
        yield not_understood(name, "a case has `inputs` and `expected`")
        return
    two = bool({"upper", "U", "upper_barrier", "barrier_high", "high"} & set(given))
    inputs = {"lower" if two and key == "L" else OTHER_NAMES.get(key, key): number for key, number in given.items()}
    yield from unread(
        name,
        inputs,
        CASH_INPUTS if "cash" in inputs else (*PASSAGE_INPUTS, "step_years", "steps", "log_drift", "lower", "upper"),
    )
    if ("barrier" in inputs) == bool({"lower", "upper"} & set(inputs)):
        yield not_understood(name, "it has one level, or a lower and an upper")
        return
    ours = _cash(case, inputs) if "cash" in inputs else _touch(inputs)
    if any(key in expected for key in DISCRETE) and CONTINUOUS in ours:
        ours["touch_probability"] = ours[CONTINUOUS]  # beside a discrete one it is the other
    for key, theirs in expected.items():
        if key not in ours:
            yield not_understood(f"{name} {key}", "no number of ours has that name")
            continue
        stated = case.get("tolerance", {})
        if key == "implied_touch_probability":  # worked out from the printed price, and cut to four decimals again
            yield absolute(f"{name} {key}", ours[key], float(theirs), 0.5 * 10.0**-PRINTED_DECIMALS)
        elif "rel" in stated:
            yield relative(f"{name} {key}", ours[key], float(theirs), float(stated["rel"]))
        else:
            yield absolute(f"{name} {key}", ours[key], float(theirs), float(stated.get("abs", DEFAULT_TOLERANCE)))


def _touch(inputs: Mapping[str, Any]) -> dict[str, float]:
    price, years, vol = (float(inputs[key]) for key in ("S", "T", "sigma"))
    drift = float(inputs.get("drift", float(inputs.get("r", 0.0)) - float(inputs.get("q", 0.0))))
    if "log_drift" in inputs:
        drift = float(inputs["log_drift"]) + 0.5 * vol**2
    step = float(inputs.get("step_years", years / float(inputs["steps"]) if "steps" in inputs else 0.0))
    if "barrier" not in inputs:
        ends = float(inputs.get("lower", 0.0)), float(inputs.get("upper", math.inf))
        seen, always = (exit_probabilities(price, *ends, years, vol=vol, drift=drift, step_years=s) for s in (step, 0))
        ours = {name: number for names, number in zip(SIDES, (*seen, sum(seen), 1.0 - sum(seen)), strict=True)
                for name in names}  # fmt: skip
        return ours | (dict.fromkeys(DISCRETE, sum(seen)) | {CONTINUOUS: sum(always)} if step > 0.0 else {})
    level = float(inputs["barrier"])
    chance = touch_probability(price, level, years, vol=vol, drift=drift, step_years=step)
    away = abs(math.log(level / price))
    ours = {"touch_probability": chance, "probability": chance, "distance": abs(level / price - 1.0)}
    ours |= dict.fromkeys(("survival_probability", "survival", "no_touch_probability"), 1.0 - chance)
    if vol * years > 0.0:
        ours |= dict.fromkeys(("distance_sigma", "distance_in_sigma", "sigmas"), away / (vol * math.sqrt(years)))
    if step > 0.0:
        ours |= dict.fromkeys(DISCRETE, chance)
        ours[CONTINUOUS] = touch_probability(price, level, years, vol=vol, drift=drift)
    return ours


def _cash(case: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, float]:
    """Return the value of cash at the touch, or at expiry where the case's name or its numbers say so."""
    number = {key: float(inputs.get(key, 0.0)) for key in CASH_INPUTS}
    rates = {"rate": number["r"], "dividend_yield": number["q"], "vol": number["sigma"]}
    chance = touch_probability(
        number["S"], number["barrier"], number["T"], vol=number["sigma"], drift=number["r"] - number["q"]
    )
    late = "at_expiry" in str(case.get("id", "")) or "implied_touch_probability" in case["expected"]
    pays = cash_at_expiry_if_touched if late else cash_at_touch
    price = pays(number["S"], number["barrier"], number["cash"], number["T"], **rates)
    return {"price": price, "implied_touch_probability": chance, "touch_probability": chance}

"""Prices of what is paid when a level is touched, and probabilities of a touch: Haug's table and the closed form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from seawall.risk.first_passage import cash_at_expiry_if_touched, cash_at_touch, touch_probability
from tests.vectors.case import Document, Finding, absolute, each, not_understood, relative, strangers, unread

DEFAULT_TOLERANCE = 1e-4
"""Haug prints four decimals."""
PRINTED_DECIMALS = 4
PASSAGE_INPUTS = ("S", "barrier", "T", "drift", "sigma", "r", "q")
CASH_INPUTS = ("S", "barrier", "T", "sigma", "r", "q", "cash")
OTHER_NAMES = {"spot": "S", "H": "barrier", "level": "barrier", "X": "cash", "rebate": "cash", "K": "cash",
               "years": "T", "t": "T", "v": "sigma", "vol": "sigma", "mu": "drift", "rate": "r",
               "dividend_yield": "q"}  # fmt: skip


def read(document: Document) -> Iterator[Finding]:
    yield from strangers(document, ("cases",))
    yield from each(document.get("cases"), _case, name="case", named_by=("id",))


def _case(name: str, case: Mapping[str, Any]) -> Iterator[Finding]:
    given, expected = case.get("inputs"), case.get("expected")
    if not isinstance(given, Mapping) or not isinstance(expected, Mapping) or not expected:
        yield not_understood(name, "a case has `inputs` and `expected`")
        return
    inputs = {OTHER_NAMES.get(key, key): number for key, number in given.items()}
    yield from unread(name, inputs, CASH_INPUTS if "cash" in inputs else (*PASSAGE_INPUTS, "step_years"))
    ours = _cash(case, inputs) if "cash" in inputs else _touch(inputs)
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
    drift = inputs.get("drift", float(inputs.get("r", 0.0)) - float(inputs.get("q", 0.0)))
    chance = touch_probability(
        float(inputs["S"]), float(inputs["barrier"]), float(inputs["T"]), vol=float(inputs["sigma"]),
        drift=float(drift), step_years=float(inputs.get("step_years", 0.0)),
    )  # fmt: skip
    return {"touch_probability": chance, "survival_probability": 1.0 - chance, "probability": chance}


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

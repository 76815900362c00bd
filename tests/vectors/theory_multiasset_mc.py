"""Options on two assets: the closed forms against the tables, and the lognormal maker's joint draws against both.

The simulation is one of scrambled Sobol nets, sixteen of them, so that its error can be told from their spread. Its
comparison allows the source's rounding and as many standard errors as the source says, four where it says nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from seawall.pricing import two_asset
from seawall.scenarios import Covariance, Estimate, Gbm, Sampling
from seawall.scenarios.estimate import mean_of_replicates
from tests.vectors.case import Document, Finding, absolute, each, not_understood, strangers, unread

NETS_COUNT, POINTS_COUNT = 16, 1 << 13
SEED = 20_260_801
DEFAULT_SIGMAS = 4.0
DEFAULT_TOLERANCE = 1e-3
ROUNDING = 5e-7
"""Of the simulation's own arithmetic, where its error is smaller than any rounding."""
ASSETS = ("S1", "S2", "q1", "q2", "T", "v1", "v2", "rho", "r")
KINDS = {"minbasket": False, "maxbasket": True, "min": False, "max": True}
Numbers = Mapping[str, Any]


def read(document: Document) -> Iterator[Finding]:
    yield from strangers(document, ("cases",))
    yield from each(document.get("cases"), _case, name="case", named_by=("id",))


def _case(name: str, case: Numbers) -> Iterator[Finding]:
    inputs, expected = {"q1": 0.0, "q2": 0.0, **case["inputs"]}, case["expected"]
    stated = case.get("tolerance", {})
    if not expected:
        yield not_understood(name, "nothing is expected")
        return
    tolerance = float(stated.get("abs", DEFAULT_TOLERANCE))
    if "K" not in inputs and ("Q1" in inputs or "exchange" in str(case.get("id", "")) or "margrabe" in name):
        yield from unread(name, inputs, (*ASSETS, "Q1", "Q2"))
        yield from _exchange(name, inputs, expected, tolerance, float(stated.get("mc_sigma", DEFAULT_SIGMAS)))
        return
    kind = str(inputs.get("kind", "")).lower()
    if kind not in KINDS:
        yield not_understood(name, f"no option on two assets is called {inputs.get('kind')!r}")
        return
    yield from unread(name, inputs, (*ASSETS, "K"))
    yield from unread(f"{name} expected", expected, ("price", "value"))
    call = str(inputs["type"]).lower().startswith("c")
    ours = two_asset.better_or_worse(
        inputs["S1"], inputs["S2"], inputs["K"], inputs["T"], inputs["r"], inputs["v1"], inputs["v2"], inputs["rho"],
        is_call=call, is_best=KINDS[kind], yield1=inputs["q1"], yield2=inputs["q2"],
    )  # fmt: skip
    theirs = float(expected.get("price", expected.get("value")))
    yield absolute(f"{name} price", ours, theirs, tolerance)
    pick, side = (np.maximum if KINDS[kind] else np.minimum), (1.0 if call else -1.0)

    def payoff(s1: np.ndarray, s2: np.ndarray) -> np.ndarray:
        return np.asarray(np.maximum(side * (pick(s1, s2) - inputs["K"]), 0.0))

    yield _simulated(name, inputs, payoff, theirs, tolerance, float(stated.get("mc_sigma", DEFAULT_SIGMAS)))


def _exchange(name: str, inputs: Numbers, expected: Numbers, tolerance: float, sigmas: float) -> Iterator[Finding]:
    first, second = float(inputs.get("Q1", 1.0)), float(inputs.get("Q2", 1.0))
    found = two_asset.exchange(
        inputs["S1"], inputs["S2"], inputs["T"], inputs["v1"], inputs["v2"], inputs["rho"], yield1=inputs["q1"],
        yield2=inputs["q2"], quantity1=first, quantity2=second,
    )  # fmt: skip
    ours = {
        "price": found.price,
        "value": found.price,
        "delta1": found.delta1,
        "delta2": found.delta2,
        "gamma1": found.gamma1 / first,  # the table's is of the delta to what the quantity is worth, not to one unit
        "gamma2": found.gamma2 / second,
        "theta": found.theta,
        "rho": 0.0,
    }
    for key, theirs in expected.items():
        if key not in ours:
            yield not_understood(f"{name} {key}", "no sensitivity has that name")
            continue
        yield absolute(f"{name} {key}", ours[key], float(theirs), tolerance)
    price = expected.get("price", expected.get("value"))
    if price is not None:

        def payoff(s1: np.ndarray, s2: np.ndarray) -> np.ndarray:
            return np.asarray(np.maximum(first * s1 - second * s2, 0.0))

        yield _simulated(name, inputs, payoff, float(price), tolerance, sigmas)


def _simulated(
    name: str, inputs: Numbers, payoff: Callable[[np.ndarray, np.ndarray], np.ndarray], theirs: float,
    tolerance: float, sigmas: float,
) -> Finding:  # fmt: skip
    found = estimate(inputs, payoff)
    allowed = tolerance + sigmas * found.standard_error + ROUNDING
    return absolute(f"{name} simulated price", found.value, theirs, allowed)


def estimate(inputs: Numbers, payoff: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Estimate:
    """Return the discounted mean of a payoff over the lognormal maker's draws."""
    years, rate = float(inputs["T"]), float(inputs["r"])
    pair = Covariance.of(
        {"A": float(inputs["v1"]), "B": float(inputs["v2"])}, [[1.0, inputs["rho"]], [inputs["rho"], 1.0]]
    )
    drift = np.array([rate - float(inputs["q1"]), rate - float(inputs["q2"])])
    means = []
    for sampling in Sampling(count=POINTS_COUNT, seed=SEED, sobol=True).replicates(NETS_COUNT):
        moves = Gbm(pair, years, sampling, drift=drift).scenarios().spot
        s1, s2 = float(inputs["S1"]) * (1.0 + moves[:, 0]), float(inputs["S2"]) * (1.0 + moves[:, 1])
        means.append(float(payoff(s1, s2).mean()) * math.exp(-rate * years))
    return mean_of_replicates(means)

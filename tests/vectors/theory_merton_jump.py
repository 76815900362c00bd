"""Merton's jump diffusion: the series against the table, and the maker's draws against both.

Haug gives the whole volatility and the share of the variance that jumps bring: a jump's logarithm has the variance
`share * vol^2 / rate`, and the mean that leaves the price where it was.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np

from seawall.pricing import merton
from seawall.scenarios import Covariance, Estimate, Jumps, MertonJump, Sampling, mean_with_control
from tests.vectors.case import Document, Finding, absolute, each, not_understood, strangers, unread

DEFAULT_TOLERANCE = 0.01
DEFAULT_SIGMAS = 4.0
PATHS_COUNT, SEED = 1 << 17, 1976
KNOWN = ("S", "K", "T", "r", "q", "sigma_total", "jumps_per_year", "jump_variance_share")
SEEN = ("tolerance", "provenance", "source", "id", "note")


def read(document: Document) -> Iterator[Finding]:
    yield from strangers(document, ("cases",))
    yield from each(document.get("cases"), _case, name="case", named_by=("id",))


def _case(name: str, case: Mapping[str, Any]) -> Iterator[Finding]:
    inputs, expected = case["inputs"], case["expected"]
    yield from unread(name, inputs, KNOWN)
    yield from unread(f"{name} expected", expected, ("price", "value"))
    price = expected.get("price", expected.get("value"))
    if price is None:
        yield not_understood(name, "it expects no price")
        return
    kind = str(inputs["type"]).lower()
    if kind not in ("call", "c", "put", "p"):
        yield not_understood(name, f"type is {kind!r}; it is call or put")
        return
    stated = case.get("tolerance", {})
    tolerance = float(stated.get("abs", DEFAULT_TOLERANCE))
    spot, strike, years, rate = (float(inputs[key]) for key in ("S", "K", "T", "r"))
    growth = math.exp((rate - float(inputs.get("q", 0.0))) * years)
    vol, sd, jumps = _parts(inputs)
    is_call = kind.startswith("c")
    ours = merton.price(
        spot * growth, strike, years, vol, is_call=is_call, jumps_per_year=jumps, jump_log_mean=-0.5 * sd**2,
        jump_log_sd=sd, discount=math.exp(-rate * years),
    )  # fmt: skip
    yield absolute(f"{name} price", float(ours), float(price), tolerance)
    found = simulated(spot * growth, strike, years, vol, sd, jumps, math.exp(-rate * years), is_call=is_call)
    allowed = tolerance + float(stated.get("mc_sigma", DEFAULT_SIGMAS)) * found.standard_error
    yield absolute(f"{name} simulated price", found.value, float(price), allowed)


def _parts(inputs: Mapping[str, Any]) -> tuple[float, float, float]:
    whole, share, jumps = (float(inputs[key]) for key in ("sigma_total", "jump_variance_share", "jumps_per_year"))
    sd = whole * math.sqrt(share / jumps) if jumps else 0.0
    return whole * math.sqrt(1.0 - share), sd, jumps


@cache
def _moves(years: float, vol: float, sd: float, jumps: float) -> np.ndarray:
    model = MertonJump(
        Covariance.of({"X": vol}),
        Jumps.of(jumps, means=[-0.5 * sd**2], sds=[sd]),
        years,
        Sampling(count=PATHS_COUNT, seed=SEED),
    )
    return model.scenarios().spot[:, 0]


def simulated(
    forward: float, strike: float, years: float, vol: float, sd: float, jumps: float, discount: float, *, is_call: bool
) -> Estimate:
    """Return the discounted mean payoff over the maker's draws, with the underlying as control."""
    after = forward * (1.0 + _moves(years, vol, sd, jumps))
    payoff = np.maximum((1.0 if is_call else -1.0) * (after - strike), 0.0) * discount
    return mean_with_control(payoff, after * discount, forward * discount, pairs=True)

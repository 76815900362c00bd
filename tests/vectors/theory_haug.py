"""Haug's tables of the generalised Black-Scholes formula, from the forward prices and Greeks of the pricing room.

With F = S exp((r - q) T) and a discount factor exp(-r T), spot Greeks follow by the chain rule. The carry is b = r - q.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from seawall.pricing import black76
from tests.vectors.case import Document, Finding, absolute, each, not_understood, strangers

DEFAULT_TOLERANCE = 1e-4
"""Haug prints four decimals."""
CALENDAR_DAYS = 365.0

ALIASES = {
    "value": "price", "npv": "price",
    "spot_delta": "delta", "spot_gamma": "gamma", "gamma_p": "gamma_percent", "theta_annual": "theta",
    "theta_daily": "theta_per_day", "carry_rho_dividend": "dividend_rho", "rho_dividend": "dividend_rho",
    "phi": "dividend_rho", "carry": "carry_rho", "lambda": "elasticity", "leverage": "elasticity",
    "dual_delta": "strike_sensitivity", "strike_delta": "strike_sensitivity", "strike_gamma": "dual_gamma",
    "strike_sensitivity_delta": "strike_sensitivity", "futures_rho": "rho_futures", "vomma": "volga",
    "d_delta_d_vol": "vanna", "d_vega_d_vol": "volga", "forward_delta": "delta_forward",
    "forward_gamma": "gamma_forward", "itm_probability": "itm_cash_probability",
}  # fmt: skip
"""Other names in use. Case, blanks, dashes and underscores do not count: `thetaPerDay` is `theta_per_day`."""


DEFINED = {
    "price": "V",
    "delta": "dV/dS",
    "gamma": "d2V/dS2",
    "gamma_percent": "S gamma / 100, for a move of one per cent",
    "elasticity": "delta S / V",
    "vega": "dV/dsigma, for a whole unit of volatility and not for a point of it",
    "theta": "-dV/dT at a constant spot, for a year",
    "theta_per_day": "theta / 365",
    "rho": "dV/dr with q held, so that the carry moves too",
    "rho_futures": "dV/dr with the carry held, -T V",
    "carry_rho": "dV/db with r held, which is -dV/dq",
    "dividend_rho": "dV/dq with r held; Haug's table of the cost of carry is printed with this sign",
    "strike_sensitivity": "dV/dK",
    "dual_gamma": "d2V/dK2",
    "itm_cash_probability": "N(d2) of a call, N(-d2) of a put. QuantLib says N(d2) of a put as well; such a case fails",
    "delta_forward": "dV/dF, discounted",
    "gamma_forward": "d2V/dF2, discounted",
    "vanna": "d2V/dS dsigma",
    "volga": "d2V/dsigma2",
}
"""How each sensitivity is defined."""


def read(document: Document) -> Iterator[Finding]:
    yield from strangers(document, ("cases",))
    yield from each(document.get("cases"), _case, name="case", named_by=("id",))


def _case(name: str, case: Mapping[str, Any]) -> Iterator[Finding]:
    inputs, expected = case.get("inputs", case), case.get("expected")
    if not isinstance(expected, Mapping):
        yield not_understood(name, "it has no `expected`")
        return
    try:
        ours = spot_greeks(inputs)
    except (KeyError, TypeError, ValueError) as error:
        yield not_understood(name, f"inputs: {error!r}")
        return
    stated = case.get("tolerance", {})
    tolerance = float(stated.get("abs", DEFAULT_TOLERANCE)) if isinstance(stated, Mapping) else float(stated)
    compared = 0
    for field, theirs in expected.items():
        asked = str(inputs.get("greek", case.get("greek", "price"))) if field in ("value", "greek_value") else field
        greek = canonical(asked)
        if greek not in ours:
            yield not_understood(f"{name} {field}", f"no sensitivity is called {asked!r}")
            continue
        compared += 1
        yield absolute(f"{name} {greek}", ours[greek], float(theirs), tolerance)
    if not expected:
        yield not_understood(name, "nothing is expected")


def canonical(greek: str) -> str:
    """Return our name of a sensitivity; a name that is not known comes back in lower case."""
    plain = _squeezed(greek)
    for suffix in ("call", "put"):
        plain = plain.removesuffix(suffix)
    found = {_squeezed(name): ours for name, ours in ALIASES.items()} | {_squeezed(name): name for name in DEFINED}
    return found.get(plain, plain)


def _squeezed(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def spot_greeks(inputs: Mapping[str, Any]) -> dict[str, float]:
    """Return the price of one option and what `DEFINED` names, with V the price, S, K, T, r, q and sigma as given."""
    kind = str(inputs["type"]).lower()
    if kind not in ("call", "c", "put", "p"):
        raise ValueError(f"type is {kind!r}; it is call or put")
    is_call = kind[0] == "c"
    spot, strike, years, rate = (float(inputs[key]) for key in ("S", "K", "T", "r"))
    carried = rate - float(inputs["b"]) if "b" in inputs and "q" not in inputs else 0.0
    dividend = float(inputs.get("q", carried))
    vol = float(inputs["sigma"])
    growth, discount = math.exp((rate - dividend) * years), math.exp(-rate * years)
    forward = spot * growth
    found = black76.greeks(forward, strike, years, vol, is_call=is_call, discount=discount)
    price = float(black76.price(forward, strike, years, vol, is_call=is_call, discount=discount))
    delta, gamma = float(found.delta), float(found.gamma)
    decay = float(found.theta) * black76.DAYS_PER_YEAR
    delta_spot = delta * growth
    gamma_spot = gamma * growth**2
    theta = rate * price - (rate - dividend) * forward * delta + decay
    dividend_rho = -years * forward * delta
    by_strike = (price - forward * delta) / strike if strike else math.nan  # homogeneous of degree one in F and K
    return {
        "price": price,
        "delta": delta_spot,
        "gamma": gamma_spot,
        "gamma_percent": spot * gamma_spot / 100.0,
        "vega": float(found.vega),
        "theta": theta,
        "theta_per_day": theta / CALENDAR_DAYS,
        "rho": -years * price - dividend_rho,
        "rho_futures": -years * price,
        "dividend_rho": dividend_rho,
        "carry_rho": -dividend_rho,
        "elasticity": delta_spot * spot / price if price else math.nan,
        "strike_sensitivity": by_strike,
        "dual_gamma": gamma * (forward / strike) ** 2 if strike else math.nan,
        "itm_cash_probability": -by_strike / discount if is_call else by_strike / discount,
        "delta_forward": delta,
        "gamma_forward": gamma,
        "vanna": float(found.vanna) * growth,
        "volga": float(found.volga),
    }

"""Derive's on-chain libraries: Black-76 and SVI from fixed-point arithmetic. Its interest-rate model comes later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from seawall.market.svi import Svi
from seawall.pricing import black76
from tests.vectors.case import Case, Document, Finding, Later, absolute, each, not_understood, relative, strangers

SECONDS_PER_YEAR = 365 * 86_400
RELATIVE_TOLERANCE = 1e-9
CHAIN_ACCURACY = 1e-14
"""The contracts keep 18 decimals of the normal distribution, so that a price is sure to about this share of forward or
strike: a far put of 4.6e-10 on a forward of 1000 carries an error of 4e-14, which is 1e-4 of it."""
SVI_TOLERANCE = 1e-12


def read(document: Document) -> Iterator[Finding]:
    yield from strangers(document, ("black76", "svi", "interest_rate"))
    yield from each(document.get("black76"), _black76, name="black76")
    yield from each(document.get("svi"), _svi, name="svi")
    rates = document.get("interest_rate") or []
    rows = rates.get("cases", rates) if isinstance(rates, Mapping) else rates
    if rows:
        yield Later("interest_rate: the ledger's interest model", len(rows))


def _black76(name: str, case: Mapping[str, Any]) -> Iterator[Case]:
    try:
        forward, strike, vol = float(case["fwd"]), float(case["strike"]), float(case["vol"])
        years = float(case["sec"]) / SECONDS_PER_YEAR
        discount = float(case.get("discount", 1.0))
    except (KeyError, TypeError, ValueError) as error:
        yield not_understood(name, repr(error))
        return
    wanted = [field for field in case if field.startswith(("call", "put"))]
    if not wanted:
        yield not_understood(name, "neither call nor put is expected")
    for field in wanted:
        theirs, is_call = float(case[field]), field.startswith("call")
        if field in ("call", "put"):
            ours = float(black76.price(forward, strike, years, vol, is_call=is_call, discount=discount))
            allowed = max(RELATIVE_TOLERANCE * abs(theirs), CHAIN_ACCURACY * max(forward, strike))
            yield absolute(f"{name} {field}", ours, theirs, allowed)
        elif field.removeprefix("call").removeprefix("put") in ("_delta_undiscounted", "_delta"):
            by = 1.0 if field.endswith("undiscounted") else discount
            delta = float(black76.greeks(forward, strike, years, vol, is_call=is_call, discount=by).delta)
            yield absolute(f"{name} {field}", delta, theirs, RELATIVE_TOLERANCE)
        else:
            yield not_understood(f"{name} {field}", "no number of ours has that name")


def _svi(name: str, case: Mapping[str, Any]) -> Iterator[Case]:
    try:
        smile = Svi(*(float(case[letter]) for letter in ("a", "b", "rho", "m", "sigma")))
        forward, years, pairs = float(case["forward"]), float(case["tau"]), list(case["strike_vol"])
    except (KeyError, TypeError, ValueError) as error:
        yield not_understood(name, repr(error))
        return
    if not pairs:
        yield not_understood(name, "no strike is given")
    for strike, theirs in pairs:
        ours = float(smile.vol(float(strike), forward=forward, years=years))
        yield relative(f"{name} strike {strike}", ours, float(theirs), SVI_TOLERANCE)

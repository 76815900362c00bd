"""Liquidation prices in closed form; rates of lending markets and fair prices of perpetuals are for a later part."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from seawall.risk.liquidation_price import inverse_liquidation_price, linear_liquidation_price
from tests.vectors.case import Document, Finding, Later, each, not_understood, relative, same, strangers, unread

INPUTS = ("entry", "side", "leverage", "mm_rate_on_mark")
FORMS = {"linear": linear_liquidation_price, "inverse": inverse_liquidation_price}
LATER = {
    "utilisation rates": frozenset({"optimal", "slope1", "slope2"}),
    "compounding of interest": frozenset({"rate", "years"}),
    "fair prices of perpetuals": frozenset({"funding_k", "iota"}),
}
"""What is not built yet, and the inputs that tell it: some of them are enough."""
DEFAULT_TOLERANCE = 1e-12


def read(document: Document) -> Iterator[Finding]:
    yield from strangers(document, ("cases",))
    cases = document.get("cases") or []
    mine = []
    for case in cases:
        of = _later(case)
        if of:
            yield Later(f"{of}: {case.get('id', '?')}", 1)
        else:
            mine.append(case)
    yield from each(mine, _case, name="case", named_by=("id",))


def _later(case: Any) -> str:
    """Say which later part a case belongs to; empty for a liquidation price, and for what nobody knows."""
    inputs = case.get("inputs") if isinstance(case, Mapping) else None
    if not isinstance(inputs, Mapping) or "leverage" in inputs:
        return ""
    for part, telling in LATER.items():
        if len(telling & set(inputs)) >= 2:
            return part
    name = str(case.get("id", ""))
    return {"aave": "utilisation rates", "perp": "fair prices of perpetuals"}.get(name.partition("_")[0], "")


def _case(name: str, case: Mapping[str, Any]) -> Iterator[Finding]:
    inputs, expected = case.get("inputs"), case.get("expected")
    if not isinstance(inputs, Mapping) or not isinstance(expected, Mapping) or not expected:
        yield not_understood(name, "a case has `inputs` and `expected`")
        return
    yield from unread(name, inputs, INPUTS)
    missing = [key for key in INPUTS if key not in inputs]
    if missing:
        yield not_understood(name, f"it is no liquidation price: {', '.join(missing)} missing")
        return
    tolerance = float(case.get("tolerance", {}).get("rel", DEFAULT_TOLERANCE))
    for key, theirs in expected.items():
        if key not in FORMS:
            yield not_understood(f"{name} {key}", "no number of ours has that name")
            continue
        ours = FORMS[key](
            float(inputs["entry"]), side=str(inputs["side"]).lower(), leverage=float(inputs["leverage"]),
            maintenance_rate=float(inputs["mm_rate_on_mark"]),
        )  # fmt: skip
        if theirs is None or math.isinf(float(theirs)):  # no price liquidates it
            yield same(f"{name} {key}", ours, math.inf)
        else:
            yield relative(f"{name} {key}", ours, float(theirs), tolerance)

"""Liquidation prices in closed form; rates of lending markets and fair prices of perpetuals are for a later part."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from seawall.risk.liquidation_price import inverse_liquidation_price, linear_liquidation_price, partial_close_size
from tests.vectors.case import Document, Finding, Later, each, not_understood, relative, same, strangers, unread

FORMS = {"linear": linear_liquidation_price, "inverse": inverse_liquidation_price}
OTHER_NAMES = {
    "entry_price": "entry", "P0": "entry", "p0": "entry", "direction": "side", "lev": "leverage",
    "mm_rate": "mm_rate_on_mark", "mmr": "mm_rate_on_mark", "mm": "mm_rate_on_mark", "mm_rate_on_price":
    "mm_rate_on_mark", "maintenance_rate": "mm_rate_on_mark", "maintenance_margin_rate": "mm_rate_on_mark",
    "fee_rate": "fee", "taker_fee": "fee", "close_fee": "fee", "liquidation_fee": "fee", "target_buffer": "buffer",
    "b": "buffer", "E": "equity", "collateral": "equity", "margin": "equity", "size": "Q", "quantity": "Q",
    "price": "P", "mark": "P", "mark_price": "P", "contract": "form", "type": "form",
}  # fmt: skip
"""Names of inputs, and the name by which they are read here."""
RESULTS = {
    "linear_liquidation_price": "linear", "inverse_liquidation_price": "inverse", "linear_price": "linear",
    "inverse_price": "inverse", "liq_linear": "linear", "liq_inverse": "inverse",
}  # fmt: skip
SIDES = {"long": "long", "buy": "long", "1": "long", "1.0": "long", "short": "short", "sell": "short", "-1": "short",
         "-1.0": "short"}  # fmt: skip
ISOLATED = ("entry", "side", "leverage", "mm_rate_on_mark", "fee", "buffer", "form")
ACCOUNT = ("P", "entry", "side", "Q", "equity", "mm_rate_on_mark", "fee", "buffer", "form")
PARTIAL = ("equity", "Q", "P", "mm_rate_on_mark", "fee", "buffer", "side")
LATER = {
    "utilisation rates": frozenset({"optimal", "slope1", "slope2"}),
    "compounding of interest": frozenset({"rate", "years"}),
    "fair prices of perpetuals": frozenset({"funding_k", "iota"}),
}
"""What is not built yet, and the inputs that tell it: some of them are enough."""
DEFAULT_TOLERANCE = 1e-12
Numbers = Mapping[str, Any]


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
    if not isinstance(inputs, Mapping) or "mm_rate_on_mark" in _named(inputs):
        return ""
    for part, telling in LATER.items():
        if len(telling & set(inputs)) >= 2:
            return part
    name = str(case.get("id", ""))
    return {"aave": "utilisation rates", "perp": "fair prices of perpetuals"}.get(name.partition("_")[0], "")


def is_partial_close(case: Any) -> bool:
    """Return whether a case asks how much of a position has to be closed."""
    expected = case.get("expected") if isinstance(case, Mapping) else None
    return isinstance(expected, Mapping) and any(key in expected for key in ("q_to_close", "q", "close_amount"))


def partial_close(name: str, case: Numbers) -> Iterator[Finding]:
    """Compare how much has to be closed, and what is left."""
    inputs, expected = _named(case.get("inputs") or {}), case["expected"]
    yield from unread(name, inputs, PARTIAL)
    number = {key: float(inputs.get(key, 0.0)) for key in PARTIAL if key != "side"}
    closed = partial_close_size(
        number["equity"], size=abs(number["Q"]), price=number["P"], maintenance_rate=number["mm_rate_on_mark"],
        fee_rate=number["fee"], buffer=number["buffer"],
    )  # fmt: skip
    left = abs(number["Q"]) - closed
    equity = number["equity"] - number["fee"] * closed * number["P"]
    need = number["mm_rate_on_mark"] * left * number["P"]
    ours = dict.fromkeys(("q_to_close", "q", "close_amount"), closed) | dict.fromkeys(("q_left", "Q_after"), left)
    ours |= {"equity_after": equity, "mm_after": need, "fee_paid": number["equity"] - equity}
    ours |= dict.fromkeys(("target_after", "required_after"), (1.0 + number["buffer"]) * need)
    ours |= {"notional_closed": closed * number["P"], "share": closed / abs(number["Q"]) if number["Q"] else 0.0}
    yield from _compared(name, ours, expected, case)


def _case(name: str, case: Any) -> Iterator[Finding]:
    given, expected = case.get("inputs"), case.get("expected")
    if not isinstance(given, Mapping) or not isinstance(expected, Mapping) or not expected:
        yield not_understood(name, "a case has `inputs` and `expected`")
        return
    if is_partial_close(case):
        yield from partial_close(name, case)
        return
    inputs = _named(given)
    of_account = "leverage" not in inputs
    yield from unread(name, inputs, ACCOUNT if of_account else ISOLATED)
    needed = ("side", "mm_rate_on_mark", *(("Q", "equity") if of_account else ("entry", "leverage")))
    missing = [key for key in needed if key not in inputs]
    if of_account and "P" not in inputs and "entry" not in inputs:
        missing.append("P")
    if missing:
        yield not_understood(name, f"it is no liquidation price: {', '.join(missing)} missing")
        return
    form = str(inputs.get("form", "")).lower()
    said = {RESULTS.get(key, form if key in ("price", "liquidation_price", "liq_price") else key): theirs
            for key, theirs in expected.items()}  # fmt: skip
    ours = {key: _price(key, inputs) for key in said if key in FORMS}
    if ours.get("linear") == 0.0 and float(said["linear"] or 0.0) < 0.0:
        ours["linear"] = _price("linear", inputs, cut=False)  # a long that nothing liquidates: the formula as it stands
    yield from _compared(name, ours, said, case)


def _price(form: str, inputs: Numbers, *, cut: bool = True) -> float:
    """Return a liquidation price; a fee of closing at that price, and a buffer, add to the rate of maintenance.

    Not cut at 0 is the bare formula of a linear long.
    """
    rate = float(inputs["mm_rate_on_mark"]) * (1.0 + float(inputs.get("buffer", 0.0))) + float(inputs.get("fee", 0.0))
    side = SIDES[str(inputs["side"]).lower()]
    if "leverage" in inputs:
        entry, leverage = float(inputs["entry"]), float(inputs["leverage"])
    else:  # equity at a price margins the position from there on, whatever it cost
        entry, size, equity = float(inputs.get("P", inputs.get("entry"))), float(inputs["Q"]), float(inputs["equity"])
        leverage = size * entry / equity if form == "linear" else size / (entry * equity)
    if not cut:
        return entry * (1.0 - 1.0 / leverage) / (1.0 - rate)
    return float(FORMS[form](entry, side=side, leverage=leverage, maintenance_rate=rate))


def _compared(name: str, ours: Mapping[str, float], expected: Numbers, case: Numbers) -> Iterator[Finding]:
    tolerance = float((case.get("tolerance") or {}).get("rel", DEFAULT_TOLERANCE))
    for key, theirs in expected.items():
        if key not in ours:
            yield not_understood(f"{name} {key}", "no number of ours has that name")
        elif theirs is None or math.isinf(float(theirs)):  # no price liquidates it, and no close helps
            yield same(f"{name} {key}", ours[key], math.inf)
        else:
            yield relative(f"{name} {key}", ours[key], float(theirs), tolerance)


def _named(inputs: Numbers) -> dict[str, Any]:
    return {OTHER_NAMES.get(key, key): content for key, content in inputs.items()}

"""Hyperliquid's prices of liquidation and its ranking for auto-deleveraging, as examples may state them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from seawall.margining.models.hyperliquid.liquidation import (
    Counterparty,
    deleveraged,
    deleveraging_index,
    liquidation_price,
)
from seawall.margining.models.hyperliquid.tiers import Tiers, maintenance_margin
from tests.vectors.case import Finding, each, not_understood, relative, same, unread

EXACT = 1e-12
ABOUT_CASE = ("origin", "note", "name", "source")
MARKS = ("mark", "price", "mark_price")
LEFT = ("available", "margin_available")
NEEDED = ("maintenance", "maintenance_margin", "maintenance_margin_required")
WORTH = ("account_value", "isolated_margin", "margin")
LEVERAGES = {"max_leverage": 1.0, "maintenance_leverage": 0.5}
"""Ways to state one tier, and what each is multiplied with for its largest leverage."""
PRICES = ("expected", "expected_price", "liquidation_price")
PRICE = ("side", "size", *MARKS, *LEFT, *NEEDED, *WORTH, *LEVERAGES, "tiers", *PRICES, *ABOUT_CASE)
HOLDERS = ("holders", "positions", "counterparties")
ORDERS = ("expected_order", "order", "ranking")
CLOSED = ("expected_closed", "closed")
INDICES = ("expected", "expected_index", "index", "expected_indices")
ADL = ("side", "size", "notional", "entry", *MARKS, "account_value", *HOLDERS, *ORDERS, *CLOSED, *INDICES, "left",
       "expected_left", *ABOUT_CASE)  # fmt: skip
HOLDER = ("account", "name", "side", "size", "notional", "entry", "account_value", "index", "expected_index", "note")


def read(document: Mapping[str, Any]) -> Iterator[Finding]:
    """Read both sections; a file need not have them."""
    yield from each(document.get("liquidation_price"), _price, name="liquidation_price")
    yield from each(document.get("adl"), _adl, name="adl")


SECTIONS = ("liquidation_price", "adl")


def _first(case: Mapping[str, Any], keys: Any) -> Any:
    return next((case[key] for key in keys if case.get(key) is not None), None)


def _signed(case: Mapping[str, Any], mark: float) -> float:
    """Return a signed size in coin: of `size` or of `notional`, with the sign of `side` where that is stated."""
    size = float(case["size"]) if case.get("size") is not None else float(case["notional"]) / mark
    side = case.get("side")
    if side is None:
        return size
    sign = {"long": 1.0, "buy": 1.0, "1": 1.0, "short": -1.0, "sell": -1.0, "-1": -1.0}[f"{side}".lower()]
    return sign * abs(size)


def _tiers(case: Mapping[str, Any]) -> Tiers:
    if case.get("tiers"):
        bounds, leverages = zip(*((float(bound), float(leverage)) for bound, leverage in case["tiers"]), strict=True)
        return Tiers(tuple(bounds), tuple(leverages))
    [(key, factor)] = [(key, factor) for key, factor in LEVERAGES.items() if case.get(key) is not None]
    return Tiers((0.0,), (float(case[key]) * factor,))


def _price(name: str, case: Mapping[str, Any]) -> Iterator[Finding]:
    yield from unread(name, case, PRICE)
    mark, tiers = float(_first(case, MARKS)), _tiers(case)
    size, available = _signed(case, mark), _first(case, LEFT)
    if available is None:
        needed = _first(case, NEEDED)
        own = float(maintenance_margin(np.array([abs(size) * mark]), tiers)[0])
        available = float(_first(case, WORTH)) - (own if needed is None else float(needed))
    stated = [key for key in PRICES if key in case]
    if not stated:
        yield not_understood(name, "it expects no price")
    for key in stated:
        ours = liquidation_price(size, mark, float(available), tiers)
        if ours is None or case[key] is None:
            yield same(f"{name} {key}", ours, case[key])
        else:
            yield relative(f"{name} {key}", ours, case[key], EXACT)


def _holder(block: Mapping[str, Any], mark: float, number: int) -> Counterparty:
    account = str(block.get("account", block.get("name", number)))
    return Counterparty(account, _signed(block, mark), float(block["entry"]), float(block["account_value"]))


def _adl(name: str, case: Mapping[str, Any]) -> Iterator[Finding]:
    """Compare indices of one holder or of several, their order, and who is closed by how much."""
    yield from unread(name, case, ADL)
    mark, rows = float(_first(case, MARKS)), _first(case, HOLDERS)
    compared = 0
    if rows is None:
        for key in INDICES:
            if case.get(key) is not None:
                compared += 1
                yield relative(f"{name} {key}", deleveraging_index(_holder(case, mark, 0), mark), case[key], EXACT)
    else:
        for row in rows:
            yield from unread(f"{name} holder", row, HOLDER)
        holders = [_holder(row, mark, number) for number, row in enumerate(rows)]
        indices = [deleveraging_index(holder, mark) for holder in holders]
        for row, ours in zip(rows, indices, strict=True):
            theirs = _first(row, ("expected_index", "index"))
            if theirs is not None:
                compared += 1
                yield relative(f"{name} index", ours, theirs, EXACT)
        many = _first(case, INDICES)
        if isinstance(many, list):
            compared += 1
            yield same(f"{name} indices", len(indices), len(many))
            for ours, theirs in zip(indices, many, strict=False):
                yield relative(f"{name} index", ours, theirs, EXACT)
        # Without a size the whole of the other side is closed, which shows the order.
        size = _signed(case, mark) if "size" in case or "notional" in case else -sum(one.size for one in holders)
        found = deleveraged(holders, size, mark)
        if (order := _first(case, ORDERS)) is not None:
            compared += 1
            yield same(f"{name} order", [account for account, _ in found.closed], [str(one) for one in order])
        if (closed := _first(case, CLOSED)) is not None:
            compared += 1
            pairs = list(closed.items()) if isinstance(closed, Mapping) else [tuple(pair) for pair in closed]
            yield same(f"{name} closed", list(found.closed), [(str(one), float(coins)) for one, coins in pairs])
        if (left := _first(case, ("expected_left", "left"))) is not None:
            compared += 1
            yield same(f"{name} left", found.left, float(left))
    if not compared:
        yield not_understood(name, "it expects no index, no order and nothing closed")

"""Deribit's `private/pme/simulate` as a margin answer: the numbers that it states, under our names."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from seawall.core.errors import InputError, Problem
from seawall.venues.deribit.messages import shown
from seawall.venues.deribit.pme import SimulatedAccount, read_simulation
from seawall.venues.reply import MarginReply

PARTS = ("model_params", "portfolio", "margins")
"""What tells such an answer from any other."""
CROSS_BLOCK = "CROSS"
_TOTALS = ("initial_margin", "maintenance_margin")
_DETAILS = ("open_orders_margin", "mmp_margin", "spot_margin")
_RISKS = ("roll_shock", "delta_shock")
_KINDS = ("standard", "extended")


def read_reply(document: object, *, origin: str) -> MarginReply | None:
    """Return a simulation as policy, market, book and stated numbers; None for any other document."""
    body = document.get("result", document) if isinstance(document, Mapping) else None
    if not isinstance(body, Mapping) or any(part not in body for part in PARTS):
        return None
    account = read_simulation(body)
    return MarginReply(account.policy, account.snapshot, account.book, dict(_stated(body, account)))


def _stated(body: Mapping[str, Any], account: SimulatedAccount) -> Iterator[tuple[str, float]]:
    blocks = {name.upper(): margin for name, margin in body["margins"].items()}
    if CROSS_BLOCK in blocks:
        blocks = {CROSS_BLOCK: blocks[CROSS_BLOCK]}
    for currency, block in blocks.items():
        margin = _object(block, f"margins.{currency}")
        prefix = f"{currency}." if len(blocks) > 1 else ""
        yield from _named(margin, _TOTALS, prefix)
        initial = _object(margin.get("initial_margin_details"), "initial_margin_details")
        yield from _named(initial, _DETAILS, f"{prefix}initial.")
        risks = _object(initial.get("risk_matrix_margin_details"), "risk_matrix_margin_details")
        yield from _named(risks, _RISKS, f"{prefix}initial.")
    settled = {"usd" if CROSS_BLOCK in blocks else "" for _ in blocks}.pop() if blocks else ""
    matrix_of: dict[str, str] = {}
    for pair, vectors in _object(body.get("aggregated_risk_vectors"), "aggregated_risk_vectors").items():
        name = f"{pair.split('_')[0]}_{settled}" if settled else pair
        matrix_of[pair.split("_")[0].upper()] = name
        yield from _cells(vectors, name)
    table = account.snapshot.table
    for instrument, vectors in _object(body.get("initial_risk_vectors"), "initial_risk_vectors").items():
        base = table.underlying[table.position(instrument)] if instrument in table else ""
        name = matrix_of.get(base, f"{base}_{settled or base}".lower())
        yield from _cells(vectors, f"{name}.{instrument}")


def _named(block: Mapping[str, Any], names: tuple[str, ...], prefix: str) -> Iterator[tuple[str, float]]:
    for name in names:
        if block.get(name) is not None:
            yield _stated_number(f"{prefix}{name}", block[name])


def _cells(vectors: Any, name: str) -> Iterator[tuple[str, float]]:
    by_kind = _object(vectors, name)
    for kind in _KINDS:
        listed = by_kind.get(kind)
        if listed is not None and not isinstance(listed, list):
            raise _refused(f"{name}.{kind}", listed, "it is a list of numbers")
        for k, number in enumerate(listed or ()):
            yield _stated_number(f"{name}.{kind}.{k}", number)


def _object(part: Any, name: str) -> Mapping[str, Any]:
    """Return an object of the answer, an empty one where it is left out."""
    if part is not None and not isinstance(part, Mapping):
        raise _refused(name, part, "it is an object")
    return part or {}


def _stated_number(name: str, number: Any) -> tuple[str, float]:
    try:
        stated = math.nan if isinstance(number, bool) or not isinstance(number, int | float) else float(number)
    except OverflowError:
        stated = math.inf
    if not math.isfinite(stated):
        raise _refused(name, number, "what an answer states is a finite number")
    return name, stated


def _refused(name: str, part: object, rule: str) -> InputError:
    return InputError(Problem(str(shown(name)), shown(part), rule, where="pme/simulate response"))

"""Deribit's own margin engine, number by number: every vector, every total, from the response's own inputs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from seawall.core.errors import SeawallError
from seawall.instruments import Future, Perpetual
from seawall.margining import Explanation, Margins, evaluate
from seawall.margining.model import RiskMatrix
from seawall.venues.deribit import symbols
from seawall.venues.deribit.pme import read_simulation
from tests.vectors.case import Case, Document, Finding, absolute, not_understood, same

TOLERANCE = 1e-12
"""Coin, absolute: the response prints all digits of its own float64 numbers."""
FLOAT_ROUNDING = 1e-14
"""Share of an amount that two orders of float64 arithmetic may differ by; it counts above 100 coins."""
MESSAGE_PARTS = ("model_params", "portfolio")
OPTIONAL_PARTS = ("initial_risk_vectors", "aggregated_risk_vectors", "margins", "ticker", "index_price")


def read(document: Document) -> Iterator[Finding]:
    responses = list(_responses(document))
    if not responses:
        yield not_understood("file", f"no block in it has {' and '.join(MESSAGE_PARTS)}")
    for where, body in responses:
        prefix = f"{where} " if len(responses) > 1 else ""
        for finding in read_response(body):
            yield Case(prefix + finding.name, finding.error, finding.tolerance, finding.note)


def _responses(block: Any, path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield every response of a file, however deep it lies."""
    if isinstance(block, Mapping):
        if all(part in block for part in MESSAGE_PARTS):
            yield path, block
            return
        for key, inner in block.items():
            yield from _responses(inner, f"{path}.{key}".strip("."))
    elif isinstance(block, list):
        for i, inner in enumerate(block):
            yield from _responses(inner, f"{path}[{i}]")


def read_response(body: Mapping[str, Any]) -> Iterator[Case]:
    """Yield every comparison that one response allows."""
    whole = {**{part: {} for part in OPTIONAL_PARTS}, **body}
    if not whole["margins"]:
        whole["margins"] = {settled.lower(): {} for settled in _settlements(whole)}
    whole["ticker"] = {**_cancelling_marks(whole), **whole["ticker"]}
    try:
        account = read_simulation(whole)
        [margins] = evaluate(account.book, account.snapshot, [account.policy], check_lots=False)
        explained = margins.explain()
    except (SeawallError, NotImplementedError) as error:
        yield not_understood("response", f"{type(error).__name__}: {error}")
        return
    matrices = explained.detail.matrices
    compared = 0
    for case in (
        *_initial(whole["initial_risk_vectors"], matrices),
        *_sums(whole.get("pre_aggregated_risk_vectors") or {}, matrices, offset=False),
        *_sums(whole["aggregated_risk_vectors"], matrices, offset=True),
        *_margins(whole["margins"], margins, explained),
    ):
        compared += 1
        yield case
    if not compared:
        yield not_understood("response", "it holds no vector and no margin")


def _settlements(body: Mapping[str, Any]) -> set[str]:
    """Return what the named vectors settle in, for a response without its `margins` block."""
    named = {key for part in ("aggregated_risk_vectors", "pre_aggregated_risk_vectors") for key in body.get(part) or {}}
    held = body["portfolio"].get("position", {})
    bare = {name.split("-")[0].split("_")[-1] for name in held}
    return {key.split("_")[-1] for key in named} or bare


def _cancelling_marks(body: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Return the index as mark of coin-settled futures: their mark cancels, so a response may well leave it out."""
    marks = {}
    for name in body["portfolio"].get("position", {}):
        instrument = symbols.parse(name)
        price = body["index_price"].get(f"{instrument.underlying.lower()}_usd")
        if isinstance(instrument, Future | Perpetual) and instrument.inverse and price is not None:
            marks[name] = {"mark_price": price}
    return marks


def _initial(published: Mapping[str, Any], matrices: Sequence[RiskMatrix]) -> Iterator[Case]:
    for instrument, theirs in published.items():
        found = [(m, m.lines.index(instrument)) for m in matrices if instrument in m.lines]
        for kind, entries in theirs.items():
            name = f"initial {instrument} {kind}"
            if kind not in ("standard", "extended"):
                yield not_understood(name, "vectors are standard and extended")
            elif found:
                matrix, line = found[0]
                ours = matrix.line_standard[line] if kind == "standard" else matrix.line_extended[line]
                yield from _entries(name, ours, entries)
            else:  # a size of zero has no line of its own
                yield from _entries(name, np.zeros(len(entries)), entries)


def _sums(published: Mapping[str, Any], matrices: Sequence[RiskMatrix], *, offset: bool) -> Iterator[Case]:
    for pair, theirs in published.items():
        matrix = _matrix_of(pair, matrices)
        for kind, entries in theirs.items():
            name = f"{'aggregated' if offset else 'pre-aggregated'} {pair} {kind}"
            if kind not in ("standard", "extended"):
                yield not_understood(name, "vectors are standard and extended")
                continue
            if matrix is None:
                ours = np.zeros(len(entries))
            elif offset:
                ours = matrix.standard.reshape(-1) if kind == "standard" else matrix.extended
            else:
                ours = (matrix.line_standard if kind == "standard" else matrix.line_extended).sum(axis=0)
            yield from _entries(name, ours, entries)


def _matrix_of(pair: str, matrices: Sequence[RiskMatrix]) -> RiskMatrix | None:
    exact = [m for m in matrices if m.name == pair.lower()]
    of_base = [m for m in matrices if m.underlying.lower() == pair.lower().split("_")[0]]
    return exact[0] if exact else of_base[0] if len(of_base) == 1 else None


def _entries(name: str, ours: Sequence[float] | np.ndarray, theirs: Sequence[float]) -> Iterator[Case]:
    yield same(f"{name} length", len(ours), len(theirs))
    for i, (mine, published) in enumerate(zip(ours, theirs, strict=False)):
        yield absolute(f"{name}[{i}]", float(mine), float(published), _allowed(published))


def _margins(published: Mapping[str, Any], margins: Margins, explained: Explanation) -> Iterator[Case]:
    rows = list(margins)
    for currency, theirs in published.items():
        of_currency = [r for r in rows if r.currency.lower() == currency.lower()]
        scale = 1.0
        if not of_currency and len(rows) == 1 and rows[0].currency == "USD":  # a cross account, shown in one currency
            of_currency = rows
            usd = currency.upper() in ("CROSS", "USD")
            scale = 1.0 if usd else 1.0 / margins.snapshot.index.get(currency.upper(), math.nan)
        if len(of_currency) != 1:
            yield not_understood(f"margins {currency}", f"we have {[r.currency for r in rows]}")
            continue
        row = of_currency[0]
        matrices = [m for m in explained.detail.matrices if m.currency == row.currency]
        ours = {
            "initial_margin": row.initial_margin * scale,
            "maintenance_margin": row.maintenance_margin * scale,
        }
        for field, amount in ours.items():
            if theirs.get(field) is not None:
                yield absolute(f"margins {currency} {field}", amount, theirs[field], _allowed(theirs[field]))
        details = theirs.get("initial_margin_details") or {}
        parts = {name: row.initial[name] * scale for name in ("mmp_margin", "open_orders_margin", "spot_margin")}
        risk = sum(row.initial[name] for name in ("worst_case", "roll_shock", "delta_shock")) * scale
        for field, amount in ({"risk_matrix_margin": risk} | parts).items():
            if details.get(field) is not None:
                yield absolute(f"margins {currency} {field}", amount, details[field], _allowed(details[field]))
        yield from _risk_matrix(f"margins {currency}", details.get("risk_matrix_margin_details") or {}, row.initial,
                                matrices, scale)  # fmt: skip


def _risk_matrix(
    name: str, theirs: Mapping[str, Any], initial: Mapping[str, float], matrices: Sequence[RiskMatrix], scale: float
) -> Iterator[Case]:
    worst = sum(max(-float(min(m.standard.min(), m.extended.min())), 0.0) for m in matrices) * scale
    ours = {
        "worst_case": worst,
        "roll_shock": initial["roll_shock"] * scale,
        "delta_shock": initial["delta_shock"] * scale,
        "correlation_contingency": 0.0,  # zero in every response seen; what it charges is not published
    }
    for field, amount in ours.items():
        if theirs.get(field) is not None:
            yield absolute(f"{name} {field}", amount, theirs[field], _allowed(theirs[field]))
    bucket = theirs.get("worst_case_bucket")
    if bucket and matrices:
        yield from _bucket(f"{name} worst_case_bucket", bucket, max(matrices, key=lambda m: m.worst))


def _bucket(name: str, theirs: Mapping[str, Any], matrix: RiskMatrix) -> Iterator[Case]:
    """Compare where the worst case lies: its index counts from 1, its bucket is the price move that it belongs to."""
    vols, cells = len(matrix.vol_names), matrix.standard.size
    standard = matrix.worst_scenario < cells
    index = matrix.worst_scenario + 1 if standard else matrix.worst_scenario - cells + 1
    move = matrix.price_moves[(index - 1) // vols] if standard else matrix.extended_moves[index - 1]
    ours: dict[str, object] = {"source": "standard" if standard else "extended", "index": index}
    if standard:
        ours["bucket"] = math.ceil(index / vols)
    if move != 0.0:
        ours["side"] = "left" if move < 0.0 else "right"
    for field, found in ours.items():
        if field in theirs:
            yield same(f"{name} {field}", found, theirs[field])


def _allowed(published: float) -> float:
    return max(TOLERANCE, FLOAT_ROUNDING * abs(float(published)))

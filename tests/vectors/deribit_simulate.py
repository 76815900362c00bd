"""Deribit's own margin engine, number by number: every vector, every total, from the response's own inputs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from seawall.instruments import Future, Perpetual
from seawall.margining import AccountMargin, Explanation, Margins, evaluate
from seawall.margining.model import RiskMatrix
from seawall.venues.deribit import symbols
from seawall.venues.deribit.pme import read_simulation
from tests.vectors.case import Case, Document, Finding, absolute, guarded, holds_number, not_understood, same, unread

TOLERANCE = 1e-12
"""Coin, absolute: the response prints all digits of its own float64 numbers."""
FLOAT_ROUNDING = 1e-14
"""Share of an amount that two orders of float64 arithmetic may differ by; it counts above 100 coins."""
MESSAGE_PARTS = ("model_params", "portfolio")
VECTORS = ("initial_risk_vectors", "pre_aggregated_risk_vectors", "aggregated_risk_vectors")
OPTIONAL_PARTS = (*VECTORS, "margins", "ticker", "index_price")
TOTALS = ("initial_margin", "maintenance_margin")
CHARGED = ("risk_matrix_margin", "mmp_margin", "open_orders_margin", "spot_margin")
RISKS = ("worst_case", "roll_shock", "delta_shock", "correlation_contingency")
VECTOR_KINDS = ("standard", "extended")
BUCKET = ("index", "bucket", "side", "source")


def read(document: Document) -> Iterator[Finding]:
    responses = list(_responses(document))
    if not responses:
        yield not_understood("file", f"no block in it has {' and '.join(MESSAGE_PARTS)}")
    for where, body in responses:
        prefix = f"{where} " if len(responses) > 1 else ""
        for finding in guarded("response", read_response(body)):
            assert isinstance(finding, Case)
            yield Case(prefix + finding.name, finding.error, finding.tolerance, finding.note)


def _responses(block: Any, path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield every response of a file, however deep it lies, and what is left of one where a part of it is missing."""
    if isinstance(block, Mapping):
        if all(part in block for part in MESSAGE_PARTS) or any(part in block for part in VECTORS):
            yield path, block
            return
        for key, inner in block.items():
            yield from _responses(inner, f"{path}.{key}".strip("."))
    elif isinstance(block, list):
        for i, inner in enumerate(block):
            yield from _responses(inner, f"{path}[{i}]")


def read_response(body: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield every comparison that one response allows. What `seawall` refuses is raised as it comes."""
    missing = [part for part in MESSAGE_PARTS if part not in body]
    if missing:
        yield not_understood("response", f"it has no {' and no '.join(missing)}")
        return
    whole = {**body, **{part: body.get(part) or {} for part in OPTIONAL_PARTS}}
    if not whole["margins"]:
        whole["margins"] = {settled.lower(): {} for settled in _settlements(whole)}
    whole["ticker"] = {**_cancelling_marks(whole), **whole["ticker"]}
    yield from unread("response", {key: part for key, part in body.items() if key.endswith("_vectors")}, VECTORS)
    account = read_simulation(whole)
    [margins] = evaluate(account.book, account.snapshot, [account.policy], check_lots=False)
    explained = margins.explain()
    matrices = explained.detail.matrices
    compared = 0
    for case in (
        *_initial(whole["initial_risk_vectors"], matrices),
        *_sums(whole["pre_aggregated_risk_vectors"], matrices, offset=False),
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
    for name, size in body["portfolio"].get("position", {}).items():
        if size == 0.0:
            continue  # nothing is held, so that its price may well be unknown
        instrument = symbols.parse(name)
        price = body["index_price"].get(f"{instrument.underlying.lower()}_usd")
        if isinstance(instrument, Future | Perpetual) and instrument.inverse and price is not None:
            marks[name] = {"mark_price": price}
    return marks


def _initial(published: Mapping[str, Any], matrices: Sequence[RiskMatrix]) -> Iterator[Finding]:
    def zero_or_line(instrument: str, kind: str, length: int) -> np.ndarray:
        for matrix in matrices:
            if instrument in matrix.lines:
                vectors = matrix.line_standard if kind == "standard" else matrix.line_extended
                return np.asarray(vectors[matrix.lines.index(instrument)])
        return np.zeros(length)  # a size of zero has no line of its own

    for instrument, theirs in published.items():
        yield from guarded(f"initial {instrument}", _vectors(f"initial {instrument}", instrument, theirs, zero_or_line))


def _sums(published: Mapping[str, Any], matrices: Sequence[RiskMatrix], *, offset: bool) -> Iterator[Finding]:
    def zero_or_sum(pair: str, kind: str, length: int) -> np.ndarray:
        matrix = _matrix_of(pair, matrices)
        if matrix is None:
            return np.zeros(length)
        if offset:
            return matrix.standard.reshape(-1) if kind == "standard" else matrix.extended
        return np.asarray((matrix.line_standard if kind == "standard" else matrix.line_extended).sum(axis=0))

    for pair, theirs in published.items():
        name = f"{'aggregated' if offset else 'pre-aggregated'} {pair}"
        yield from guarded(name, _vectors(name, pair, theirs, zero_or_sum))


def _vectors(
    name: str, key: str, theirs: Mapping[str, Any], ours: Callable[[str, str, int], np.ndarray]
) -> Iterator[Case]:
    yield from unread(name, theirs, VECTOR_KINDS)
    for kind in VECTOR_KINDS:
        if theirs.get(kind) is not None:
            yield from _entries(f"{name} {kind}", ours(key, kind, len(theirs[kind])), theirs[kind])


def _matrix_of(pair: str, matrices: Sequence[RiskMatrix]) -> RiskMatrix | None:
    exact = [m for m in matrices if m.name == pair.lower()]
    of_base = [m for m in matrices if m.underlying.lower() == pair.lower().split("_")[0]]
    return exact[0] if exact else of_base[0] if len(of_base) == 1 else None


def _entries(name: str, ours: Sequence[float] | np.ndarray, theirs: Sequence[float]) -> Iterator[Case]:
    yield same(f"{name} length", len(ours), len(theirs))
    for i, (mine, published) in enumerate(zip(ours, theirs, strict=False)):
        yield absolute(f"{name}[{i}]", float(mine), float(published), _allowed(published))


def _margins(published: Mapping[str, Any], margins: Margins, explained: Explanation) -> Iterator[Finding]:
    for currency, theirs in published.items():
        yield from guarded(f"margins {currency}", _margin(f"margins {currency}", currency, theirs, margins, explained))


def _margin(
    name: str, currency: str, theirs: Mapping[str, Any], margins: Margins, explained: Explanation
) -> Iterator[Case]:
    details = theirs.get("initial_margin_details") or {}
    risks = details.get("risk_matrix_margin_details") or {}
    yield from unread(name, theirs, (*TOTALS, "initial_margin_details"))
    yield from unread(name, details, (*CHARGED, "risk_matrix_margin_details"))
    yield from unread(name, risks, (*RISKS, "worst_case_bucket"))
    parts = ((theirs, TOTALS), (details, CHARGED), (risks, RISKS))
    stated = {field: block[field] for block, fields in parts for field in fields if block.get(field) is not None}
    row, scale = _row_of(currency, margins)
    if not holds_number(stated) and (row is None or scale != 1.0):
        row = None  # nothing is margined in this currency, and all of its numbers say so
    elif row is None:
        yield not_understood(name, f"we have {[r.currency for r in margins]}")
        return
    matrices = [m for m in explained.detail.matrices if row is not None and m.currency == row.currency]
    ours = dict.fromkeys(stated, 0.0) if row is None else _amounts(row, matrices, scale)
    for field, amount in stated.items():
        yield absolute(f"{name} {field}", ours[field], amount, _allowed(amount))
    bucket = risks.get("worst_case_bucket")
    if bucket and matrices:
        yield from _bucket(f"{name} worst_case_bucket", bucket, max(matrices, key=lambda m: m.worst))


def _row_of(currency: str, margins: Margins) -> tuple[AccountMargin | None, float]:
    """Return our margin of a currency and the factor to show it in; None where nothing is margined in it."""
    rows = list(margins)
    for row in rows:
        if row.currency.lower() == currency.lower():
            return row, 1.0
    if [row.currency for row in rows] != ["USD"]:
        return None, 1.0
    in_usd = currency.upper() == "CROSS"  # else a cross account, shown in one currency
    return rows[0], 1.0 if in_usd else 1.0 / margins.snapshot.index.get(currency.upper(), math.nan)


def _amounts(row: AccountMargin, matrices: Sequence[RiskMatrix], scale: float) -> dict[str, float]:
    worst = sum(max(-float(min(m.standard.min(), m.extended.min())), 0.0) for m in matrices)
    ours = {
        "initial_margin": row.initial_margin,
        "maintenance_margin": row.maintenance_margin,
        "risk_matrix_margin": sum(row.initial[name] for name in ("worst_case", "roll_shock", "delta_shock")),
        "worst_case": worst,
        "correlation_contingency": 0.0,  # zero in every response seen; what it charges is not published
    }
    taken = ("mmp_margin", "open_orders_margin", "spot_margin", "roll_shock", "delta_shock")
    return {name: amount * scale for name, amount in (ours | {name: row.initial[name] for name in taken}).items()}


def _bucket(name: str, theirs: Mapping[str, Any], matrix: RiskMatrix) -> Iterator[Case]:
    """Compare where the worst case lies: its index counts from 1, its bucket is the price move that it belongs to."""
    yield from unread(name, theirs, BUCKET)
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

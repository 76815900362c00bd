"""OKX's own margin answer, number by number, from its own inputs: grid, nine charges, totals, borrowing, ratio."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from seawall.api.reconcile import reconcile
from seawall.margining.reconciliation import Reconciliation
from seawall.portfolio import Account
from tests.vectors.case import Case, Document, Finding, absolute, guarded, not_understood, same, unread

TOLERANCE = 1e-9
"""USD, absolute: what the example's source gives as the residual of its own check; the answer prints all digits."""
TOLERANCES = {"native.mgnRatio": 1e-12, "acctLever": 1e-15, "mr4": 1e-10}
"""Where that source gives a smaller residual."""
FLOAT_ROUNDING = 1e-14
"""Share of an amount that two orders of float64 arithmetic may differ by; it counts above 100,000 USD."""
UNITS = "riskUnitData"

READ_HERE = ("acctLever", "ts", "assets", UNITS)
ROW = ("eq", "totalMmr", "totalImr", "borrowMmr", "derivMmr", "marginRatio", "upl")
ASSET = ("ccy", "availEq", "borrowImr", "spotInUse")
UNIT = (
    "riskUnit", "delta", "imr", "mmr", "upl", *(f"mr{n}" for n in range(1, 10)), "mr1Scenarios", "mr1FinalResult",
    "mr6FinalResult", "portfolios",
)  # fmt: skip
LINE = ("amt", "avgPx", "delta", "floatPnl", "instId", "instType", "markPx", "notionalUsd", "posSide")
VOL_WORDS = {"up": 0, "unchange": 1, "same": 1, "down": 2}
DERIVED = re.compile(r"(?P<coin>[a-z0-9]+)_(?P<what>usd|idx_px|ct_val|cash)")


def read(document: Document) -> Iterator[Finding]:
    found = list(_answers({key: part for key, part in document.items() if key != "derived_inputs"}))
    if not found:
        yield not_understood("file", f"no block in it has {UNITS}")
    derived = document.get("derived_inputs") or {}
    for where, row in found:
        prefix = f"{where} " if len(found) > 1 else ""
        for finding in guarded("answer", read_answer(row, derived if len(found) == 1 else {})):
            assert isinstance(finding, Case)
            yield Case(prefix + finding.name, finding.error, finding.tolerance, finding.note)
    if derived and len(found) != 1:
        yield not_understood("derived_inputs", f"they belong to one answer, and there are {len(found)}")


def _answers(block: Any, path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield every answer of a file, however deep it lies."""
    if isinstance(block, Mapping):
        if UNITS in block:
            yield path, block
            return
        for key, inner in block.items():
            yield from _answers(inner, f"{path}.{key}".strip("."))
    elif isinstance(block, list):
        for i, inner in enumerate(block):
            yield from _answers(inner, f"{path}[{i}]")


def read_answer(row: Mapping[str, Any], derived: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield every comparison that one answer allows. What `seawall` refuses is raised as it comes."""
    yield from _strangers(row)
    compared = reconcile({"code": "0", "data": [row]})
    for line in compared.lines:
        yield absolute(line.name, line.ours, line.theirs, _allowed(line.name, line.theirs))
    if not compared.lines:
        yield not_understood("answer", "it states no number")
    yield from _leverage(row)
    yield from _stated_everywhere(row, compared)
    [account] = [compared.margins.book.book.account(name) for name in compared.margins.book.book.accounts]
    yield from _derived(derived, compared, account)


def _strangers(row: Mapping[str, Any]) -> Iterator[Finding]:
    yield from unread("answer", row, (*READ_HERE, *ROW))
    for asset in row.get("assets") or []:
        yield from unread(f"asset {asset.get('ccy')}", asset, ASSET)
    for unit in row[UNITS]:
        yield from unread(f"unit {unit.get('riskUnit')}", unit, UNIT)
        for line in unit.get("portfolios") or []:
            yield from unread(f"line {line.get('instId')}", line, LINE)


def _leverage(row: Mapping[str, Any]) -> Iterator[Finding]:
    """The answer's leverage is of the notionals that it prints, which are of another tick than its marks."""
    if not row.get("acctLever"):
        return
    lines = [line for unit in row[UNITS] for line in unit.get("portfolios") or []]
    notional = sum(float(line.get("notionalUsd") or 0.0) for line in lines)
    ours = notional / float(row["eq"])
    yield absolute("acctLever", ours, float(row["acctLever"]), _allowed("acctLever", 0.0))


def _stated_everywhere(row: Mapping[str, Any], compared: Reconciliation) -> Iterator[Finding]:
    """Fail where a number of the answer had no line, and compare the words that say where MR1 lies."""
    names = {line.name for line in compared.lines}
    for unit in row[UNITS]:
        name = unit["riskUnit"]
        for field in (*(f"mr{n}" for n in range(1, 10)), "mmr", "imr", "upl"):
            if unit.get(field) not in (None, "") and f"{name}.{field}" not in names:
                yield not_understood(f"{name} {field}", "it was not compared")
        cells = sum(len(column) for column in (unit.get("mr1Scenarios") or {}).values())
        yield same(f"{name} cells", sum(one.startswith(f"{name}.standard.") for one in names), cells)
        word = (unit.get("mr1FinalResult") or {}).get("volShock")
        if word:
            yield from _vol_word(name, word, compared)


def _vol_word(name: str, word: str, compared: Reconciliation) -> Iterator[Finding]:
    for matrix in compared.margins.explain().detail.matrices:
        if matrix.name == name and matrix.standard.min() < 0.0:
            ours = int(matrix.standard.reshape(-1).argmin()) % len(matrix.vol_names)
            yield same(f"{name} mr1FinalResult volShock", ours, VOL_WORDS.get(word, word))


def _derived(derived: Mapping[str, Any], compared: Reconciliation, account: Account) -> Iterator[Finding]:
    """Compare what was solved from the answer with what its source solved: prices, contract values, cash."""
    snapshot = compared.margins.snapshot
    for key, theirs in derived.items():
        match = DERIVED.fullmatch(key)
        if match is None:
            yield not_understood(f"derived {key}", "no number of ours has that name")
            continue
        coin = match["coin"].upper()
        rows = [n for n, base in enumerate(snapshot.table.underlying) if base == coin]
        if match["what"] == "usd":
            ours = snapshot.index.get(coin, float("nan"))
        elif match["what"] == "cash":
            ours = account.balances.get(coin, float("nan"))
        elif match["what"] == "ct_val":
            ours = snapshot.table.row(rows[0]).contract_size if rows else float("nan")
        else:
            paid_in = snapshot.table.settlement[rows[0]] if rows else "USD"
            ours = snapshot.index.get(coin, float("nan")) / snapshot.index.get(paid_in, 1.0)
        yield absolute(f"derived {key}", ours, float(theirs), _allowed(key, float(theirs)))


def _allowed(name: str, theirs: float) -> float:
    known = TOLERANCES.get(name, TOLERANCES.get(name.rpartition(".")[2], TOLERANCE))
    return max(known, FLOAT_ROUNDING * abs(theirs))

"""An explanation as plain mappings and lists, for JSON and for whoever wants every vector."""

from __future__ import annotations

from dataclasses import asdict

from seawall.margining.account import Explanation
from seawall.margining.model import RiskArray, RiskMatrix


def explanation_document(found: Explanation) -> dict[str, object]:
    """Return everything behind one account's margin: components, matrices with every vector, positions, evidence."""
    return {
        "netting_sets": [
            {
                "currency": margin.currency,
                "initial_margin": margin.initial_margin,
                "maintenance_margin": margin.maintenance_margin,
                "initial": dict(margin.initial),
                "maintenance": dict(margin.maintenance),
                "unavailable": margin.unavailable,
            }
            for margin in found.margins
        ],
        "risk_matrices": [_matrix(matrix) for matrix in found.detail.matrices],
        "risk_arrays": [_array(array) for array in found.detail.arrays],
        "figures": dict(found.detail.figures),
        "positions": [dict(row) for row in found.detail.positions],
        "evidence": [
            {"grade": item.grade.value, "subject": item.subject, "source": item.source, "note": item.note}
            for item in found.evidence
        ],
        "notes": list(found.notes),
    }


def _matrix(matrix: RiskMatrix) -> dict[str, object]:
    return {
        "name": matrix.name,
        "underlying": matrix.underlying,
        "currency": matrix.currency,
        "price_moves": list(matrix.price_moves),
        "vol_names": list(matrix.vol_names),
        "standard": matrix.standard.tolist(),
        "extended_moves": list(matrix.extended_moves),
        "extended": matrix.extended.tolist(),
        "extended_vol": matrix.extended_vol,
        "lines": [
            {"name": name, "standard": standard.tolist(), "extended": extended.tolist(), "contribution": float(part)}
            for name, standard, extended, part in zip(
                matrix.lines, matrix.line_standard, matrix.line_extended, matrix.contributions, strict=True
            )
        ],
        "worst": matrix.worst,
        "worst_scenario": asdict(matrix.binding),
    }


def _array(array: RiskArray) -> dict[str, object]:
    return {
        "name": array.name,
        "underlying": array.underlying,
        "currency": array.currency,
        "scenarios": dict(zip(array.labels, array.pnl.tolist(), strict=True)),
        "lines": {name: pnl.tolist() for name, pnl in zip(array.lines, array.line_pnl, strict=True)},
        "worst": array.worst,
        "worst_scenario": array.worst_label,
    }

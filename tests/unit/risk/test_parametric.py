"""Closed forms: Jorion's portfolio, the QRM example, scipy's Student-t."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from seawall.core.errors import InputError
from seawall.risk.parametric import checked_covariance, linear_risk, normal_multipliers, student_multipliers


def test_jorion_s_two_currencies_have_the_printed_components() -> None:
    """Jorion, Value at Risk, chapter 7: 257,738; 105,630 and 152,108."""
    found = linear_risk([2e6, 1e6], np.diag([0.05**2, 0.12**2]), 1.65)
    assert round(found.total) == 257_738
    assert found.component.round().tolist() == [105_630.0, 152_108.0]
    assert found.alone.tolist() == pytest.approx([165_000.0, 198_000.0])
    assert found.incremental.tolist() == pytest.approx([257_738.24 - 198_000.0, 257_738.24 - 165_000.0], abs=0.01)


@pytest.mark.parametrize(
    ("law", "confidence", "var", "shortfall"),
    [("normal", 0.99, 294.3, None), ("normal", 0.975, 247.9, 295.7),
     ("t4", 0.95, 190.7, 286.5), ("t4", 0.99, 335.1, 466.9)],
)  # fmt: skip
def test_the_example_of_quantitative_risk_management(law: str, confidence: float, var: float, shortfall: float) -> None:
    """McNeil, Frey, Embrechts: 10,000 at 20 % a year, one of 250 days."""
    found = normal_multipliers(confidence) if law == "normal" else student_multipliers(confidence, 4.0)
    scale = 10_000 * 0.2 / np.sqrt(250)
    assert found[0] * scale == pytest.approx(var, abs=0.05)
    if shortfall is not None:
        assert found[1] * scale == pytest.approx(shortfall, abs=0.05)


@pytest.mark.parametrize("degrees", [2.1, 3.0, 4.5, 30.0])
@pytest.mark.parametrize("confidence", [0.05, 0.5, 0.9, 0.9999])
def test_student_quantiles_are_those_of_scipy(degrees: float, confidence: float) -> None:
    scale = np.sqrt((degrees - 2.0) / degrees)
    theirs = stats.t.ppf(confidence, degrees) * scale
    assert student_multipliers(confidence, degrees)[0] == pytest.approx(theirs, rel=1e-10, abs=1e-12)


def test_a_student_t_without_variance_is_refused() -> None:
    with pytest.raises(InputError, match="above 2 degrees"):
        student_multipliers(0.99, 2.0)


@pytest.mark.parametrize(
    ("matrix", "why"),
    [([[1.0, 0.0]], "square"), ([[1.0, 2.0], [0.0, 1.0]], "transpose"), ([[1.0, 2.0], [2.0, 1.0]], "eigenvalue"),
     ([[np.nan, 0.0], [0.0, 1.0]], "finite")],
)  # fmt: skip
def test_what_is_no_covariance_is_refused(matrix: list[list[float]], why: str) -> None:
    with pytest.raises(InputError, match=why):
        checked_covariance(matrix, 2)


def test_a_book_without_risk_has_none() -> None:
    found = linear_risk([0.0, 0.0], np.eye(2), 2.0)
    assert found.total == 0.0 and found.component.tolist() == [0.0, 0.0]

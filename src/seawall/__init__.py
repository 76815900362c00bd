"""seawall: portfolio margin for crypto derivatives.

Examples
--------
>>> import seawall as sw
>>> margins = sw.margin({"BTC-PERPETUAL": -10_000, "BTC": 1.0}, "deribit-btc-2026-08-01", "deribit/x_pm")
>>> margins["book"][0].currency
'USD'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from seawall.api.attribute import attribute
    from seawall.api.books import load_book
    from seawall.api.compare import compare
    from seawall.api.distance import distance, liquidation_surface, reverse_stress
    from seawall.api.exposures import exposures
    from seawall.api.limits import check_limits
    from seawall.api.margin_path import margin_path
    from seawall.api.margins import margin
    from seawall.api.policy_files import load_policy, save_policy
    from seawall.api.policy_impact import policy_impact
    from seawall.api.reconcile import reconcile
    from seawall.api.report import report
    from seawall.api.shocks import Shocks
    from seawall.api.snapshots import load_snapshot
    from seawall.api.stress import stress
    from seawall.api.tail_policy import tail_policy
    from seawall.api.value_at_risk import value_at_risk
    from seawall.api.vulnerability import vulnerability
    from seawall.api.what_if import what_if
    from seawall.core.errors import InputError, SeawallError, UnavailableError, UnknownNameError, VenueError
    from seawall.core.evidence import Grade
    from seawall.margining import AccountMargin, Explanation, Margins
    from seawall.margining.comparison import Comparison
    from seawall.margining.impact import PolicyImpact
    from seawall.margining.reconciliation import Reconciliation
    from seawall.market import MarketSnapshot
    from seawall.policy import MarginPolicy
    from seawall.portfolio import Account, Book, Position

_HOME = {
    "attribute": "seawall.api.attribute",
    "check_limits": "seawall.api.limits",
    "load_book": "seawall.api.books",
    "load_policy": "seawall.api.policy_files",
    "load_snapshot": "seawall.api.snapshots",
    "compare": "seawall.api.compare",
    "distance": "seawall.api.distance",
    "exposures": "seawall.api.exposures",
    "liquidation_surface": "seawall.api.distance",
    "reverse_stress": "seawall.api.distance",
    "margin": "seawall.api.margins",
    "margin_path": "seawall.api.margin_path",
    "policy_impact": "seawall.api.policy_impact",
    "reconcile": "seawall.api.reconcile",
    "report": "seawall.api.report",
    "save_policy": "seawall.api.policy_files",
    "stress": "seawall.api.stress",
    "tail_policy": "seawall.api.tail_policy",
    "value_at_risk": "seawall.api.value_at_risk",
    "vulnerability": "seawall.api.vulnerability",
    "what_if": "seawall.api.what_if",
    "Account": "seawall.portfolio",
    "AccountMargin": "seawall.margining",
    "Comparison": "seawall.margining.comparison",
    "PolicyImpact": "seawall.margining.impact",
    "Reconciliation": "seawall.margining.reconciliation",
    "Book": "seawall.portfolio",
    "Explanation": "seawall.margining",
    "Grade": "seawall.core.evidence",
    "InputError": "seawall.core.errors",
    "MarginPolicy": "seawall.policy",
    "Margins": "seawall.margining",
    "MarketSnapshot": "seawall.market",
    "Position": "seawall.portfolio",
    "SeawallError": "seawall.core.errors",
    "Shocks": "seawall.api.shocks",
    "UnavailableError": "seawall.core.errors",
    "UnknownNameError": "seawall.core.errors",
    "VenueError": "seawall.core.errors",
}

__all__ = [
    "Account",
    "AccountMargin",
    "Book",
    "Comparison",
    "Explanation",
    "Grade",
    "InputError",
    "MarginPolicy",
    "Margins",
    "MarketSnapshot",
    "PolicyImpact",
    "Position",
    "Reconciliation",
    "SeawallError",
    "Shocks",
    "UnavailableError",
    "UnknownNameError",
    "VenueError",
    "__version__",
    "attribute",
    "check_limits",
    "compare",
    "distance",
    "exposures",
    "liquidation_surface",
    "load_book",
    "load_policy",
    "load_snapshot",
    "margin",
    "margin_path",
    "policy_impact",
    "reconcile",
    "report",
    "reverse_stress",
    "save_policy",
    "stress",
    "tail_policy",
    "value_at_risk",
    "vulnerability",
    "what_if",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for: `import seawall` alone loads nothing heavy."""
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'seawall' has no attribute {name!r}")
    found = getattr(import_module(home), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

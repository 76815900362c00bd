"""Margin parameters as dated, sourced, bounded facts. It knows no models.

A policy is a set of numbers that held from a date, under an id such as `deribit/x_pm/2026-02-15`. `at` finds one,
`catalogue` lists them all, `diff` compares two.
"""

from __future__ import annotations

from seawall.policy.compare import PolicyChange, diff
from seawall.policy.library import CatalogueRow, TooEarlyError, at, catalogue, read_library, read_policy
from seawall.policy.margin_policy import MarginPolicy
from seawall.policy.parameter import Parameter, Rule, Setting
from seawall.policy.reading import KINDS
from seawall.policy.schema import ParameterSchema, Schema
from seawall.policy.writing import policy_text

__all__ = [
    "KINDS",
    "CatalogueRow",
    "MarginPolicy",
    "Parameter",
    "ParameterSchema",
    "PolicyChange",
    "Rule",
    "Schema",
    "Setting",
    "TooEarlyError",
    "at",
    "catalogue",
    "diff",
    "policy_text",
    "read_library",
    "read_policy",
]

"""What changed from one policy to another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from seawall.core.evidence import Grade
from seawall.policy.margin_policy import MarginPolicy
from seawall.policy.parameter import Parameter, Rule, Setting

Change = Literal["added", "removed", "changed", "regraded"]


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """One difference: the setting of a parameter, or the statement of a rule (path `rules.<name>`).

    What is absent on a side is None there. `regraded` means the same setting on other evidence.
    """

    path: str
    change: Change
    before: Setting | None
    after: Setting | None
    unit: str
    grade_before: Grade | None
    grade_after: Grade | None
    source_before: str
    source_after: str
    note: str


def diff(before: MarginPolicy, after: MarginPolicy, *, regraded: bool = False) -> list[PolicyChange]:
    """Return what was added, removed or changed, ordered by path.

    Parameters
    ----------
    regraded
        Whether to list settings that stayed while their evidence grade changed.

    Examples
    --------
    >>> from seawall.policy import at
    >>> policy = at("deribit/x_pm/2026-02-15")
    >>> [row] = diff(policy, policy.with_numbers({"general.mm_factor": 0.9}))
    >>> row.path, row.before, row.after
    ('general.mm_factor', 0.8, 0.9)
    """
    rows: list[PolicyChange] = []
    for path in sorted(before.parameters.keys() | after.parameters.keys()):
        rows += _row(path, before.parameters.get(path), after.parameters.get(path))
    for name in sorted(before.rules.keys() | after.rules.keys()):
        rows += _row(f"rules.{name}", before.rules.get(name), after.rules.get(name))
    return [row for row in rows if regraded or row.change != "regraded"]


def _row(path: str, before: Parameter | Rule | None, after: Parameter | Rule | None) -> list[PolicyChange]:
    one, two = _content(before), _content(after)
    change: Change
    if before is None:
        change = "added"
    elif after is None:
        change = "removed"
    elif one != two:
        change = "changed"
    elif before.grade is not after.grade:
        change = "regraded"
    else:
        return []
    newest = after or before
    unit, note = (newest.unit, newest.note) if isinstance(newest, Parameter) else ("statement", "")
    return [
        PolicyChange(
            path,
            change,
            one,
            two,
            unit,
            grade_before=before.grade if before else None,
            grade_after=after.grade if after else None,
            source_before=before.source if before else "",
            source_after=after.source if after else "",
            note=note,
        )
    ]


def _content(item: Parameter | Rule | None) -> Setting | None:
    if item is None:
        return None
    return item.statement if isinstance(item, Rule) else item.value

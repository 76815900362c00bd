"""A policy as one file that holds it whole: every number with its grade and source, every rule.

    [policy]         id, model, effective, title, notes
    [sources]        citations, by key
    [<group>]        name = { value, grade, source, note }
    [rules.<name>]   statement, grade, source

Units and bounds are not written: they are the model's, and are checked when the file is read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from seawall.core.errors import InputError
from seawall.core.time import to_datetime, to_ns
from seawall.policy.margin_policy import MarginPolicy
from seawall.policy.parameter import Setting

LINE_COUNT = 8
"""Numbers of a long list on one line."""
_BARE = re.compile(r"[A-Za-z0-9_-]+")


def policy_text(policy: MarginPolicy) -> str:
    """Return a policy as TOML; `read_policy` gives the same policy back, to the last digit.

    Examples
    --------
    >>> from seawall.policy import at
    >>> print(policy_text(at("house/tail/2026-01-01"))[:93])
    [policy]
    id = "house/tail/2026-01-01"
    model = "house_tail"
    effective = "2026-01-01T00:00:00Z"
    """
    cited = [*(one.source for one in policy.parameters.values()), *(one.source for one in policy.rules.values())]
    sources = {source: f"s{i}" for i, source in enumerate(dict.fromkeys(cited), start=1)}
    return "\n".join([*_head(policy), *_sources(sources), *_groups(policy, sources), *_rules(policy, sources)])


def _head(policy: MarginPolicy) -> Iterator[str]:
    yield "[policy]"
    yield f"id = {_quoted(policy.id)}"
    yield f"model = {_quoted(policy.model)}"
    yield f"effective = {_moment(policy.effective_ns)}"
    yield f"title = {_quoted(policy.title)}"
    yield f"notes = {_quoted(policy.notes)}"
    yield ""


def _sources(sources: dict[str, str]) -> Iterator[str]:
    yield "[sources]"
    yield from (f"{key} = {_quoted(source)}" for source, key in sources.items())
    yield ""


def _groups(policy: MarginPolicy, sources: dict[str, str]) -> Iterator[str]:
    groups: dict[str, list[str]] = {}
    for path, parameter in policy.parameters.items():
        group, _dot, name = path.rpartition(".")
        leaf = [f"value = {_value(parameter.value)}", f'grade = "{parameter.grade.value}"',
                f'source = "{sources[parameter.source]}"']  # fmt: skip
        if parameter.note:
            leaf.append(f"note = {_quoted(parameter.note)}")
        groups.setdefault(group, []).append(f"{_key(name)} = {{ {', '.join(leaf)} }}")
    for group, lines in groups.items():
        yield f"[{'.'.join(map(_key, group.split('.')))}]"
        yield from lines
        yield ""


def _rules(policy: MarginPolicy, sources: dict[str, str]) -> Iterator[str]:
    for name, rule in policy.rules.items():
        yield f"[rules.{_key(name)}]"
        yield f"statement = {_quoted(rule.statement)}"
        yield f'grade = "{rule.grade.value}"'
        yield f'source = "{sources[rule.source]}"'
        yield ""


def _moment(time_ns: int) -> str:
    """Return a time as text where that loses nothing, and as nanoseconds where it does."""
    try:
        written = to_datetime(time_ns).isoformat().replace("+00:00", "Z")
        return f'"{written}"' if to_ns(written) == time_ns else str(time_ns)
    except (InputError, OverflowError):
        return str(time_ns)


def _value(setting: Setting) -> str:
    if isinstance(setting, bool):
        return "true" if setting else "false"
    if isinstance(setting, tuple):
        items = [_value(item) for item in setting]
        lines = [", ".join(items[i : i + LINE_COUNT]) for i in range(0, len(items), LINE_COUNT)]
        return f"[{lines[0]}]" if len(lines) == 1 else "[\n  " + ",\n  ".join(lines) + "]"
    return _quoted(setting) if isinstance(setting, str) else repr(setting)


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _quoted(name)


def _quoted(text: str) -> str:
    """Return a basic string of TOML, whose escapes are those of JSON."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")

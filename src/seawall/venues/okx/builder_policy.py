"""The policy that a position-builder answer was made under: that of its time, with the parameters that it shows."""

from __future__ import annotations

from seawall.core.evidence import Grade
from seawall.core.time import to_ns
from seawall.policy import MarginPolicy, at, catalogue
from seawall.venues.okx.builder_messages import BuilderAnswer, UnitAnswer

POLICY = "okx/pm"
_SOURCE = "the answer itself"


def policy_of(answer: BuilderAnswer, time_ns: int) -> tuple[MarginPolicy, list[str]]:
    """Return the policy, and a sentence for each parameter in which the answer differs from what held at its time."""
    first = to_ns(next(row.dates[0] for row in catalogue() if row.id == POLICY))
    like = at(POLICY, max(time_ns, first))
    notes = [] if time_ns >= first else [f"The answer is older than {like.id}, the first policy that is known."]
    shown: dict[str, object] = {}
    for unit in answer.units:
        shown |= _moves(unit)
    shown |= _grouping(answer, like)
    changed = {path: setting for path, setting in shown.items() if not _is_so(like, path, setting)}
    if not changed:
        return like, notes
    stated = ", ".join(f"{path} {setting}" for path, setting in changed.items())
    notes.append(f"The answer shows other parameters than {like.id}, and they are taken: {stated}.")
    made = MarginPolicy.of(f"{POLICY}/response", changed, like=like, source=_SOURCE, grade=Grade.DOCUMENTED,
                           effective=time_ns, notes=notes[-1])  # fmt: skip
    return made, notes


def _moves(unit: UnitAnswer) -> dict[str, object]:
    base = unit.row.message.risk_unit.partition("-")[0].lower()
    found: dict[str, object] = {}
    if moves := sorted(move for move in unit.scenarios.get("volSame", {}) if move > 0.0):
        found[f"market.{base}.price_moves"] = moves
    if unit.extreme.spot_shock:
        found[f"market.{base}.extreme_move"] = abs(unit.extreme.spot_shock)
    return found


def _grouping(answer: BuilderAnswer, like: MarginPolicy) -> dict[str, object]:
    """Return what forms a unit, and whether spot hedges it: a user's setting, which shows in the answer."""
    names = {unit.row.message.risk_unit for unit in answer.units}
    found: dict[str, object] = {}
    if names:
        found["general.risk_unit"] = "base_quote" if all("-" in name for name in names) else "base"
    word = found.get("general.risk_unit", like.word("general.risk_unit"))
    used = any(row.message.spot_in_use for row in answer.assets)
    with_spot = {
        unit.row.message.risk_unit for unit in answer.units if any(r.message.inst_type == "SPOT" for r in unit.lines)
    }
    bases = {name.partition("-")[0] for name in names}
    could = any(row.message.ccy in bases and row.message.avail_eq for row in answer.assets)
    if word == "base_quote":
        quotes = sorted({name.partition("-")[2].lower() for name in with_spot} & {"usdt", "usdc", "usd"})
        found["general.spot_offset"] = quotes[0] if quotes else "none"
    elif used or with_spot:
        found["general.spot_offset"] = "base"
    elif could:
        found["general.spot_offset"] = "none"
    return found


def _is_so(policy: MarginPolicy, path: str, setting: object) -> bool:
    if not policy.has(path):
        return not policy.knows(path)
    held = policy.parameter(path).value
    return tuple(setting) == held if isinstance(setting, list) else setting == held

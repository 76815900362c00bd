"""Margin numbers that Binance's answers state, set into a policy: collateral rates and leverage brackets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from seawall.core.errors import InputError, Problem
from seawall.core.evidence import Grade
from seawall.instruments import Future, Perpetual
from seawall.policy import MarginPolicy
from seawall.portfolio.assemble import is_asset_name
from seawall.venues.binance import symbols
from seawall.venues.binance.messages import Row, answers, rows_of
from seawall.venues.binance.shapes import (
    BracketMessage,
    CollateralMessage,
    CollateralTierMessage,
    LeverageBracketMessage,
)

RATES = ("sapi/v1/portfolio/collateralRate", "sapi/v2/portfolio/collateralRate")
BRACKETS = ("fapi/v1/leverageBracket", "papi/v1/um/leverageBracket", "dapi/v2/leverageBracket",
            "papi/v1/cm/leverageBracket")  # fmt: skip


STATED = "the answers that were read"
"""Source of the numbers of coins that a policy lacks."""


def with_own_numbers(policy: MarginPolicy, document: Mapping[Any, Any]) -> MarginPolicy:
    """Return a policy with the rates and brackets that answers of the venue state, those of coins that it lacks too.

    Raises
    ------
    InputError
        With every problem found, or when a number is out of the policy's bounds.
    """
    problems: list[Problem] = []
    settings: dict[str, object] = {}
    for method in RATES:
        for key, content in answers(document, method):
            for row in rows_of(content, CollateralMessage, document=key, problems=problems):
                settings |= _rates(row, problems)
    for method in BRACKETS:
        for key, content in answers(document, method):
            for bracketed in rows_of(content, LeverageBracketMessage, document=key, problems=problems):
                for name, numbers in _brackets(bracketed, problems):
                    if settings.setdefault(name, numbers) != numbers:
                        rule = "dated contracts of one coin have one table of brackets"
                        problems.append(bracketed.problem("brackets", name, rule))
    if problems:
        raise InputError(problems)
    held = {name: numbers for name, numbers in settings.items() if policy.has(name)}
    added = {name: numbers for name, numbers in settings.items() if name not in held and policy.knows(name)}
    return _with_coins(policy, added).with_numbers(held)


def _with_coins(policy: MarginPolicy, added: Mapping[str, object]) -> MarginPolicy:
    """Return a policy with numbers of coins that it lacks: the venue states them, so that they are documented."""
    if not added:
        return policy
    coins = len({name.split(".")[1] for name in added})
    named = f"{policy.id} +{coins} coin{'s' if coins > 1 else ''} as stated"
    return MarginPolicy.of(named, added, like=policy, source=STATED, grade=Grade.DOCUMENTED, title=policy.title,
                           notes=policy.notes)  # fmt: skip


def _rates(row: Row[CollateralMessage], problems: list[Problem]) -> Iterator[tuple[str, object]]:
    message = row.message
    if not is_asset_name(message.asset):
        problems.append(row.problem("asset", message.asset, "an asset has a name"))
    path = f"collateral.{message.asset.lower()}"
    if message.collateral_info is None:
        if message.collateral_rate is None:
            problems.append(row.problem("collateralRate", "missing", "this field is required"))
        return iter([(f"{path}.floor", [0.0]), (f"{path}.rate", [message.collateral_rate])])
    tiers = rows_of(message.collateral_info, CollateralTierMessage, document=row.document, problems=problems,
                    path=f"{row.path}.collateralInfo")  # fmt: skip
    floors = [tier.message.tier_floor for tier in tiers]
    _check_floors(row, "collateralInfo", floors, problems)
    return iter([(f"{path}.floor", floors), (f"{path}.rate", [tier.message.collateral_rate for tier in tiers])])


def _brackets(row: Row[LeverageBracketMessage], problems: list[Problem]) -> Iterator[tuple[str, object]]:
    try:
        fact = symbols.parse(row.message.symbol)
    except InputError as error:
        problems.extend(row.problem("symbol", fault.value, fault.rule) for fault in error.problems)
        return iter(())
    if not isinstance(fact, Future | Perpetual) or fact.name not in _names_of_tables(fact.underlying, fact):
        return iter(())
    family = "coinm" if fact.inverse else "usdm_dated" if isinstance(fact, Future) else "usdm"
    path = f"market.{fact.underlying.lower()}.{family}"
    listed = rows_of(row.message.brackets, BracketMessage, document=row.document, problems=problems,
                     path=f"{row.path}.brackets")  # fmt: skip
    made = sorted((_floor(one), one.message.maint_margin_ratio, one.message.initial_leverage) for one in listed)
    _check_floors(row, "brackets", [floor for floor, _, _ in made], problems)
    columns = zip(("floor", "rate", "leverage"), zip(*made, strict=True), strict=False)
    return iter([(f"{path}_{name}", list(numbers)) for name, numbers in columns])


def _names_of_tables(base: str, fact: Future | Perpetual) -> tuple[str, ...]:
    """Return the contracts whose brackets a policy's tables are of: those in USDT, and the coin-settled perpetual."""
    dated = (fact.name,) if isinstance(fact, Future) and fact.quote == symbols.OPTION_QUOTE else ()
    return (f"{base}{symbols.OPTION_QUOTE}", f"{base}{symbols.COIN_QUOTE}_PERP", *dated)


def _floor(row: Row[BracketMessage]) -> float:
    message = row.message
    floors = (message.notional_floor, message.qty_floor, message.qtyl_floor)
    return next((floor for floor in floors if floor is not None), -1.0)


def _check_floors(row: Row[Any], field: str, floors: Sequence[float], problems: list[Problem]) -> None:
    if not floors or floors[0] != 0.0 or any(low >= high for low, high in pairwise(floors)):
        problems.append(row.problem(field, str(list(floors))[:80], "tiers begin at 0 and rise"))

"""Evaluation: one revaluation over the union of what the models ask for, then each model reads its part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from seawall.core.arrays import IntArray
from seawall.core.errors import InputError, Problem
from seawall.margining.catalogue import MODELS
from seawall.margining.model import MarginModel, Requirement, Use
from seawall.margining.result import Margins
from seawall.market import MarketSnapshot
from seawall.market.checks import refuse_impossible
from seawall.policy import MarginPolicy
from seawall.portfolio import Book, NameParser, ResolvedBook, resolve
from seawall.revaluation import PnlTensor, revalue
from seawall.scenarios import ScenarioSet, unite

BLOCK_ACCOUNTS_COUNT = 1 << 16
"""Accounts that a model sees at once: their scenario vectors take some tens of megabytes, however large the book."""


def evaluate(
    book: Book,
    snapshot: MarketSnapshot,
    policies: Sequence[MarginPolicy],
    *,
    check_lots: bool = True,
    parse: NameParser | None = None,
    compiled: bool | None = None,
) -> list[Margins]:
    """Return the margins of every account under each policy; the market is revalued once for all of them.

    Parameters
    ----------
    book
        A accounts.
    snapshot
        The market; only the instruments that the book holds are revalued.
    policies
        Dated policies, in the order of the results.
    check_lots
        Refuse sizes that are off the instrument's lot.
    parse
        A venue's grammar of names, so that an instrument that has expired is told from one that never was.
    compiled
        Use compiled twins; left out, size decides.

    Raises
    ------
    InputError
        When the book does not fit the snapshot; every problem is listed.
    """
    resolved = resolve(book, snapshot, check_lots=check_lots, parse=parse)
    refuse_impossible(resolved.snapshot)
    _refuse_orders_stated_twice(book)
    models = [MODELS[policy.model] for policy in policies]
    asked = [model.scenarios(policy, resolved.snapshot) for model, policy in zip(models, policies, strict=True)]
    tensors = _revalue_once(resolved, asked, compiled=compiled)
    shared = replace(resolved, positions=replace(resolved.positions))  # what it remembers for all policies goes with it
    needs = _in_blocks(models, policies, shared, tensors)
    return [
        Margins(policy, model, snapshot, resolved, tensor, need)
        for model, policy, tensor, need in zip(models, policies, tensors, needs, strict=True)
    ]


def _revalue_once(resolved: ResolvedBook, asked: Sequence[ScenarioSet], *, compiled: bool | None) -> list[PnlTensor]:
    """Return each model's tensor, cut from one that holds every joint move that any of them asks for."""
    if not asked:
        return []
    everywhere = tuple(sorted({name for scenarios in asked for name in scenarios.underlyings}))
    union, rows = unite([scenarios.spread(everywhere) for scenarios in asked])
    whole = revalue(resolved.snapshot, union, compiled=compiled)
    parts: dict[tuple[tuple[str, ...], bytes], PnlTensor] = {}  # policies of the same scenarios share what follows
    tensors = []
    for scenarios, mine in zip(asked, rows, strict=True):
        key = (scenarios.underlyings, mine.tobytes())
        if key not in parts:
            parts[key] = _part(whole, scenarios, mine, resolved)
        tensors.append(parts[key])
    return tensors


def _part(whole: PnlTensor, scenarios: ScenarioSet, rows: IntArray, resolved: ResolvedBook) -> PnlTensor:
    """Return a model's own part of the tensor; what its scenarios do not move is a failure for it, and no zero."""
    in_order = len(rows) == len(whole.scenarios) and bool((np.diff(rows) == 1).all())
    part = whole if in_order else whole.cut(scenarios, rows)
    if scenarios.underlyings == whole.scenarios.underlyings:
        return part
    table = resolved.snapshot.table
    unmoved = {
        n: f"{name}: no scenario moves its underlying"
        for n, name in enumerate(table.names)
        if table.underlying[n] not in scenarios.underlyings
    }
    pnl = part.pnl.copy()
    pnl[:, list(unmoved)] = np.nan
    return replace(part, scenarios=scenarios, pnl=pnl, failures={**unmoved, **part.failures})


def _in_blocks(
    models: Sequence[MarginModel],
    policies: Sequence[MarginPolicy],
    resolved: ResolvedBook,
    tensors: Sequence[PnlTensor],
) -> list[Requirement]:
    """Return each model's requirement; all models see a block of accounts before any sees the next."""
    asked = list(zip(models, policies, tensors, strict=True))
    accounts_count = len(resolved.book)
    if accounts_count <= BLOCK_ACCOUNTS_COUNT:
        return [model.requirement(policy, resolved, tensor) for model, policy, tensor in asked]
    parts: list[list[Requirement]] = [[] for _ in asked]
    for start in range(0, accounts_count, BLOCK_ACCOUNTS_COUNT):
        block = resolved.take(np.arange(start, min(start + BLOCK_ACCOUNTS_COUNT, accounts_count)))
        for mine, (model, policy, tensor) in zip(parts, asked, strict=True):
            part = model.requirement(policy, block, tensor)
            gone = {a + start: why for a, why in part.refused_accounts.items()}
            mine.append(replace(part, account=part.account + start, refused_accounts=gone))
    return [_stack(mine) for mine in parts]


def _stack(parts: Sequence[Requirement]) -> Requirement:
    """Return blocks of accounts as one requirement; all come from one model, so that their axes agree."""
    first = parts[0]
    refused: dict[int, str] = {}
    refused_accounts: dict[int, str] = {}
    for part in parts:
        assert part.currencies == first.currencies, "blocks of one book share their currencies"
        assert part.underlyings == first.underlyings, "blocks of one book share their underlyings"
        refused.update(part.refused)
        refused_accounts.update(part.refused_accounts)
    arrays = ("account", "currency", "equity", "margin_balance", "haircut", "worst_scenario", "worst_underlying")
    joined: dict[str, Any] = {name: np.concatenate([getattr(part, name) for part in parts]) for name in arrays}
    assert all(len(part.uses) == len(first.uses) for part in parts), "blocks of one book rest on the same rules"
    return replace(
        first,
        **joined,
        initial={name: np.concatenate([part.initial[name] for part in parts]) for name in first.initial},
        maintenance={name: np.concatenate([part.maintenance[name] for part in parts]) for name in first.maintenance},
        uses=tuple(
            Use(np.concatenate([part.uses[i].applies for part in parts]), first.uses[i].items)
            for i in range(len(first.uses))
        ),
        native={name: np.concatenate([part.native[name] for part in parts]) for name in first.native},
        refused=refused,
        refused_accounts=refused_accounts,
        refused_assets=first.refused_assets,
    )


def _refuse_orders_stated_twice(book: Book) -> None:
    """Refuse accounts that list open orders and also state their charge: it would be counted twice."""
    stated = book.charges.get("open_orders_margin")
    if stated is None:
        return
    twice = (stated != 0.0).any(axis=1) & (np.diff(book.orders.indptr) > 0)
    if twice.any():
        rule = "an account lists its open orders or states their margin, not both"
        raise InputError([
            Problem("open_orders_margin", float(stated[a].sum()), rule, where=f"{book.origin}, {book.accounts[a]}")
            for a in np.flatnonzero(twice)
        ])  # fmt: skip

"""Variants of one account, margined together: the market is revalued once, however many variants there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.margining import Margins, evaluate
from seawall.margining.columns import worst_scenarios
from seawall.margining.totals import total_usd, usd_of
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy
from seawall.portfolio import Account, Book, NameParser
from seawall.portfolio.trades import account_row


@dataclass(frozen=True)
class VariantMargins:
    """Margins of V variants of one account, USD over all its netting sets, `(V,)` each; NaN where unavailable.

    Attributes
    ----------
    initial, maintenance, equity
        Requirement, and collateral with unrealised profit.
    headroom
        Collateral that counts for initial margin, less that margin.
    balance
        What the requirement is held against.
    binding
        The scenarios that bind, in words.
    unavailable
        Why a number is NaN; empty where it is not.
    margins
        As evaluated.
    """

    initial: FloatArray
    maintenance: FloatArray
    equity: FloatArray
    headroom: FloatArray
    balance: FloatArray
    binding: tuple[str, ...]
    unavailable: tuple[str, ...]
    margins: Margins


def margin_variants(
    variants: Sequence[Account],
    snapshot: MarketSnapshot,
    policy: MarginPolicy,
    *,
    parse: NameParser | None = None,
    origin: str = "variants",
) -> VariantMargins:
    """Return the margins of some variants of one account, in one evaluation.

    Examples
    --------
    >>> import seawall as sw
    >>> from seawall.policy import at
    >>> from seawall.portfolio import Position
    >>> now = sw.load_snapshot("deribit-btc-2026-08-01")
    >>> sizes = (10_000.0, 20_000.0)
    >>> longs = [Account("desk", (Position("BTC-PERPETUAL", size),), {"BTC": 1.0}) for size in sizes]
    >>> found = margin_variants(longs, now, at("deribit/s_sm/2026-08-05"))
    >>> found.initial.round(1).tolist()
    [200.1, 400.3]
    """
    together = Book.of([replace(variant, id=f"{v}") for v, variant in enumerate(variants)], origin=origin)
    [margins] = evaluate(together, snapshot, [policy], check_lots=False, parse=parse)
    need = margins.requirement
    counted = need.margin_balance - need.haircut
    initial = total_usd(margins, "initial")
    labels: list[dict[str, None]] = [{} for _ in variants]
    why: list[dict[str, None]] = [{} for _ in variants]
    for r, label in enumerate(worst_scenarios(margins)[0]):
        a = int(need.account[r])
        if label:
            labels[a][str(label)] = None
        if np.isnan(margins.initial_margin[r]):
            why[a][margins.availability.reason(r)] = None
    return VariantMargins(
        initial=initial,
        maintenance=total_usd(margins, "maintenance"),
        equity=usd_of(margins, need.equity),
        headroom=usd_of(margins, counted) - initial,
        balance=usd_of(margins, need.margin_balance),
        binding=tuple("; ".join(one) for one in labels),
        unavailable=tuple("; ".join(one) for one in why),
        margins=margins,
    )


def account_of(book: Book, account: str | None) -> Account:
    """Return one account of a book; its only one, where no name is given.

    Raises
    ------
    InputError
        When the book has several accounts and none is named, or none of the name.
    """
    return book.account(book.accounts[account_row(book, account)])

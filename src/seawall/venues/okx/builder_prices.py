"""The USD price of every asset that a position-builder answer counts: public where it is, solved where it is not."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from seawall.core.errors import Problem
from seawall.instruments import Perpetual
from seawall.market import MarketSnapshot, Origin
from seawall.market.stable_coins import STABLE_ASSETS, STABLE_USD, par_note
from seawall.policy import MarginPolicy
from seawall.venues.okx.builder_lines import NEEDED, HeldLine, spot_of
from seawall.venues.okx.builder_messages import BuilderAnswer
from seawall.venues.okx.unprinted import (
    Solved,
    coin_price,
    index_from_profit,
    index_price,
    price_from_delta,
    price_from_equity,
)


def prices_of(
    answer: BuilderAnswer,
    public: MarketSnapshot | None,
    held: Mapping[str, Sequence[HeldLine]],
    *,
    policy: MarginPolicy,
    notes: list[str],
    problems: list[Problem],
) -> tuple[dict[str, float], dict[str, Origin]]:
    """Return prices and their origins. What is neither public nor solved is a problem; a stable coin is at par then.

    The order matters: stable coins first, since an index is a tick against one of them; what `eq` leaves of a last one
    after the indices. The mark of a perpetual stands in for an index last, and is told.
    """
    index = dict(public.index) if public is not None else {}
    origin = dict(public.index_origin) if public is not None else {}

    def keep(asset: str, solved: Solved) -> None:
        if solved is not None and asset not in index:
            index[asset], origin[asset] = solved[0], Origin.DERIVED
            notes.append(f"{solved[1]}: {solved[0]:.12g}.")

    lines = [one for several in held.values() for one in several]
    facts = {one.fact.name: one.fact for one in lines}
    bases = {one.fact.underlying for one in lines}
    owned = {row.message.ccy: row for row in answer.assets if row.message.avail_eq}
    counted = sorted({*owned, *(one.fact.settlement for one in lines)} - {"USD"})
    rate = policy.number("general.borrow_initial_rate")
    for asset in counted:
        if asset in STABLE_ASSETS or asset not in bases:
            solved = coin_price(asset, answer, facts, borrow_rate=rate)
            deltas = [(one.fact, one.size, one.mark, one.row.message.delta) for one in lines]
            keep(asset, solved or (price_from_delta(asset, deltas) if asset in STABLE_ASSETS else None))
    for unit in answer.units:
        if of_unit := held[unit.row.path]:
            base, sizes = of_unit[0].fact.underlying, [(one.fact, one.size, one.mark) for one in of_unit]
            keep(base, index_price(unit, sizes, spot=spot_of(unit, answer), coins=index))
            keep(base, index_from_profit(unit, facts, coins=index))
    unknown = [asset for asset in owned if asset not in index and asset != "USD"]
    if len(unknown) == 1 and unknown[0] in STABLE_ASSETS:
        keep(unknown[0], _left_of_equity(unknown[0], answer, policy, index))
    for asset in (asset for asset in counted if asset in STABLE_ASSETS and asset not in index):
        index[asset], origin[asset] = STABLE_USD, Origin.DERIVED
        notes.append(par_note(asset))
    for one in lines:
        if isinstance(one.fact, Perpetual):
            paid_in = 1.0 if one.fact.inverse else index.get(one.fact.settlement, 1.0)
            said = f"the index of {one.fact.underlying} is taken to be the mark of {one.fact.name}"
            keep(one.fact.underlying, (one.mark * paid_in, said))
    problems.extend(owned[asset].problem("ccy", asset, _rule(asset)) for asset in sorted({*owned} - {*index, "USD"}))
    problems.extend(
        one.row.problem("instId", one.fact.name, _rule(one.fact.underlying))
        for one in lines
        if one.fact.underlying not in {*index, *owned}
    )
    return index, origin


def _left_of_equity(asset: str, answer: BuilderAnswer, policy: MarginPolicy, index: Mapping[str, float]) -> Solved:
    """Return the price of the one asset whose price is not known, if all the others have one discount rate."""
    kept, others, mine = 0.0, 0.0, 0.0
    for row in answer.assets:
        name, amount = row.message.ccy, row.message.avail_eq or 0.0
        path = f"collateral.{name.lower()}.discount_rates"
        rates = policy.numbers(path) if policy.has(path) else ()
        if amount > 0.0 and len(rates) != 1:
            return None
        share = rates[0] if amount > 0.0 else 1.0
        if name == asset:
            mine, kept = amount, share
        else:
            others += amount * share * (1.0 if name == "USD" else index.get(name, 0.0 if not amount else math.nan))
    return price_from_equity(asset, mine, equity=answer.totals.message.eq, others=others, kept=kept)


def _rule(asset: str) -> str:
    return f"the index of {asset} is needed: {NEEDED.format('market/index-tickers')}"

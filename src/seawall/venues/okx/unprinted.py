"""What a position-builder answer does not print, solved from what it does: contract values, coin prices, indices.

Each solver returns the number and a sentence of how it was had; None where the answer does not determine it. A number
that comes out within float noise of a short decimal is taken to be that decimal: prices are ticks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from seawall.instruments import Instrument, Option
from seawall.market.stable_coins import STABLE_ASSETS
from seawall.venues.okx.builder_messages import BuilderAnswer, LineMessage, UnitAnswer

Solved: TypeAlias = tuple[float, str] | None

TICK_DIGITS = 10
"""Significant digits of a price tick at most."""
FLOAT_NOISE = 4e-13
"""Share of a number that a few float64 operations and 15 printed digits may move it by."""
POWER_SLACK = 0.2
"""How far, in decades, a rough contract value may be from the power of ten that it is: OKX's all are."""
FAR_MARK = 2.0
NEAR_PAR = 0.2
"""A delta in USD gives a price this near to 1; one in coin does not, of a mark above 2 or below a half."""
LEAST_PART = 1e-6
"""A difference of two amounts that is less than this share of them has too few digits left to solve for a price."""
PLAUSIBLE = (0.1, 10.0)
"""A stable coin outside of these USD is none, and a number that says so is of another unit."""


def tick(number: float) -> float:
    """Return the short decimal that a number is but for float noise, or the number itself.

    Examples
    --------
    >>> tick(0.9995400000000001), tick(1 / 3) == 1 / 3
    (0.99954, True)
    """
    if number == 0.0 or not math.isfinite(number):
        return number
    short = float(f"{number:.{TICK_DIGITS}g}")
    return short if abs(short - number) <= FLOAT_NOISE * abs(number) else number


def contract_value(fact: Instrument, line: LineMessage) -> Solved:
    """Return what one contract is worth: base asset, or USD for inverse futures.

    From `floatPnl`, which is the profit since `avgPx`; where nothing has been gained, from `notionalUsd`, which OKX
    takes at another tick, so that only a power of ten can be read from it.
    """
    inverse = bool(getattr(fact, "inverse", False)) and not isinstance(fact, Option)
    mark, entry, gained = line.mark_px or 0.0, line.avg_px or 0.0, line.float_pnl or 0.0
    if mark > 0.0 and (entry > 0.0 or isinstance(fact, Option)) and gained and line.amt:
        per_unit = 1.0 / entry - 1.0 / mark if inverse else mark - entry
        if per_unit and math.isfinite(rough := abs(gained / (line.amt * per_unit))):
            power = _power_of_ten(rough, slack=0.001)
            return (power or tick(rough), f"the contract value of {fact.name} is solved from its floatPnl")
    if line.notional_usd and line.amt and mark > 0.0:
        value = abs(line.notional_usd / line.amt)
        power = _power_of_ten(value if inverse else value / mark, slack=POWER_SLACK)
        if power is not None and not isinstance(fact, Option):
            return power, f"the contract value of {fact.name} is the power of ten that its notionalUsd is near"
    return None


def _power_of_ten(rough: float, *, slack: float) -> float | None:
    if not (rough > 0.0 and math.isfinite(rough)):
        return None
    decades = math.log10(rough)
    return float(f"1e{round(decades)}") if abs(decades - round(decades)) <= slack else None


def coin_price(asset: str, answer: BuilderAnswer, facts: Mapping[str, Instrument], *, borrow_rate: float) -> Solved:
    """Return USD per unit of an asset that pays profit or is owed.

    From profits, which are printed in the asset (`floatPnl`) and in USD (`upl`), of the first risk unit that is paid in
    this asset alone; then from the margin of a loan in it.
    """
    for unit in answer.units:
        held = [row.message for row in unit.lines if row.message.inst_type != "SPOT"]
        paid_in = {facts[line.inst_id].settlement for line in held if line.inst_id in facts}
        gained = math.fsum(line.float_pnl or 0.0 for line in held)
        if paid_in == {asset} and gained and unit.row.message.upl:
            price = tick(unit.row.message.upl / gained)
            if _plausible(asset, price):
                return price, f"the USD price of {asset} is upl over floatPnl of the risk unit {_name(unit)}"
    for row in answer.assets:
        owed, charged = row.message.avail_eq or 0.0, row.message.borrow_imr or 0.0
        if row.message.ccy == asset and owed < 0.0 < charged:
            price = tick(charged / (borrow_rate * -owed))
            if _plausible(asset, price):
                return price, f"the USD price of {asset} is its borrowImr over {borrow_rate:g} of what is owed"
    return None


def price_from_delta(asset: str, lines: Sequence[tuple[Instrument, float, float, float | None]]) -> Solved:
    """Return USD per stable coin from deltas, which are size times mark in USD where `greeksType` was CASH.

    Under other greeks a delta is in coin, so that the ratio is one over the mark: only marks far from 1 tell.

    Parameters
    ----------
    asset
        The stable coin.
    lines
        Each contract with its size, mark and delta.
    """
    for fact, size, mark, delta in lines:
        if isinstance(fact, Option) or fact.settlement != asset or not delta or 1.0 / FAR_MARK < mark < FAR_MARK:
            continue
        price = tick(delta / (size * mark))
        if abs(price - 1.0) < NEAR_PAR:
            return price, f"the USD price of {asset} is the delta of {fact.name} over its size and mark"
    return None


def _plausible(asset: str, price: float) -> bool:
    least, most = PLAUSIBLE if asset in STABLE_ASSETS else (0.0, math.inf)
    return least < price < most


def index_price(
    unit: UnitAnswer,
    sizes: Sequence[tuple[Instrument, float, float]],
    *,
    spot: float,
    coins: Mapping[str, float],
) -> Solved:
    """Return the USD index of a unit's underlying from MR1, which moves the index and no mark.

    Parameters
    ----------
    unit
        Risk unit with its scenarios.
    sizes
        Each contract with its size and mark.
    spot
        Coins of spot that hedge the unit.
    coins
        USD prices of stable coins: an index against one of them is a tick, and its product with this price is not.
    """
    same = unit.scenarios.get("volSame", {})
    if not same or any(isinstance(fact, Option) for fact, _, _ in sizes):
        return None
    coins_held = [size / mark if getattr(fact, "inverse", False) else size for fact, size, mark in sizes]
    net, gross = math.fsum([*coins_held, spot]), math.fsum(map(abs, [*coins_held, spot]))
    move = max(same)
    if move == 0.0 or abs(net) <= 1e-9 * gross or not gross:
        return None
    price = same[move] / (move * net)
    if not (price > 0.0 and math.isfinite(price)):
        return None
    paid_in = {fact.settlement for fact, _, _ in sizes}
    quoted = coins.get(next(iter(paid_in)), 1.0) if len(paid_in) == 1 else 1.0
    quoted = quoted if paid_in <= {*STABLE_ASSETS} else 1.0
    return tick(price / quoted) * quoted, f"the index of {_name(unit)} is solved from its MR1 scenarios"


def index_from_profit(unit: UnitAnswer, facts: Mapping[str, Instrument], *, coins: Mapping[str, float]) -> Solved:
    """Return the index at which profit that is paid in coin makes up a unit's `upl`, where a hedge hides it from MR1.

    Parameters
    ----------
    unit
        Risk unit with what it has gained.
    facts
        Its contracts by name.
    coins
        USD prices of what the others are paid in.
    """
    in_coin, in_usd = 0.0, 0.0
    for row in unit.lines:
        fact, gained = facts.get(row.message.inst_id), row.message.float_pnl or 0.0
        if fact is not None and fact.settlement == fact.underlying:
            in_coin += gained
        elif fact is not None:
            in_usd += gained * (1.0 if fact.settlement == "USD" else coins.get(fact.settlement, math.nan))
    upl = unit.row.message.upl
    if upl is None or not in_coin or not abs(upl - in_usd) > LEAST_PART * max(abs(upl), abs(in_usd)):
        return None
    price = tick((upl - in_usd) / in_coin)
    return (price, f"the index of {_name(unit)} is solved from its upl") if 0.0 < price < math.inf else None


def price_from_equity(asset: str, amount: float, *, equity: float, others: float, kept: float) -> Solved:
    """Return USD per stable coin that makes up the account's counted equity, where no other number tells it.

    Parameters
    ----------
    asset, amount
        The coin, and how much of it there is.
    equity, others
        USD that count as margin: all of it, and what other assets add to it.
    kept
        Share of this coin's worth that counts.
    """
    if not amount * kept or not abs(equity - others) > LEAST_PART * max(abs(equity), abs(others)):
        return None
    price = tick((equity - others) / (amount * kept))
    return (
        (price, f"the USD price of {asset} is what the other assets leave of eq")
        if abs(price - 1.0) < NEAR_PAR
        else None
    )


def _name(unit: UnitAnswer) -> str:
    return unit.row.message.risk_unit[:40]

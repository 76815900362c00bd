"""PMRM_2: options are discounted, tails damped, smiles skewed; contingencies lie outside the margin factor.

Source: `PMRM_2.sol` and `PMRMLib_2.sol` of github.com/derivexyz/v2-core; docs/margin/derive.md gives the rule in words.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.margining.blocks.confidence import low_confidence_charge, stated
from seawall.margining.blocks.static_discount import discounted, long_discount, short_discount
from seawall.margining.models.derive_pmrm.numbers import SecondNumbers
from seawall.margining.models.derive_pmrm.portfolio import Expiry, Portfolio
from seawall.margining.models.derive_pmrm.result import Line, MarketMargin, add_up, worst
from seawall.margining.models.derive_pmrm.scenario_list import BASIS_DOWN, BASIS_UP, NOW, VALUED_COUNT


def margin(portfolio: Portfolio, numbers: SecondNumbers) -> MarketMargin:
    """Return the margin of every account with one underlying's manager."""
    common, count = numbers.common, len(portfolio.perp)
    pnl = add_up(lines(portfolio, numbers), (count, len(common.scenarios)))
    perp_usd, naked_usd = portfolio.in_usd(np.abs(portfolio.perp)), portfolio.in_usd(portfolio.naked)
    basis, option_value, oracle = np.zeros(count), np.zeros(count), np.zeros(count)
    worth, haircut, haircut_extra = np.zeros(count), np.zeros(count), np.zeros(count)

    def unsure(confidence: FloatArray, notional: FloatArray) -> FloatArray:
        return low_confidence_charge(confidence, notional, threshold=common.conf_threshold, margin=common.conf_margin)

    oracle += unsure(portfolio.confidence, perp_usd)
    for one in portfolio.expiries:
        here, discount = one.accounts, mark_discount(one)
        now, up, down = (discount * one.worth[:, s] for s in (NOW, BASIS_UP, BASIS_DOWN))
        lower = np.minimum(np.minimum(up - now, down - now), 0.0)
        basis[here] += lower * (common.basis_add + common.basis_mult * one.years)
        option_value[here] += now
        oracle[here] += unsure(np.minimum(portfolio.confidence[here], one.confidence), one.size * portfolio.spot)
    for asset in portfolio.collateral:
        owned = asset.owned_usd / portfolio.stable
        worth += asset.amount_usd / portfolio.stable
        haircut += owned * asset.mm
        haircut_extra += owned * asset.im_extra
        confidence = np.full(count, min(float(stated(asset.confidence)), portfolio.spot_confidence))
        oracle += unsure(confidence, np.abs(asset.amount_usd) / portfolio.stable)
    loss, scenario = worst(pnl, basis)
    below_peg = common.below_peg(portfolio.stable)
    zero = np.zeros(count)
    maintenance = {
        "worst_case": loss * common.mm_factor,
        "perp_contingency": perp_usd * numbers.mm_perp,
        "option_contingency": naked_usd * numbers.mm_option,
        "collateral_contingency": haircut,
        "confidence_contingency": zero,
        "peg_contingency": zero,
    }
    extra = {
        "perp_contingency": perp_usd * numbers.im_perp_extra,
        "option_contingency": naked_usd * numbers.im_option_extra,
        "collateral_contingency": haircut_extra,
    }
    initial = {
        "worst_case": loss * common.im_factor,
        **{name: maintenance[name] + amount for name, amount in extra.items()},
        "confidence_contingency": oracle,
        "peg_contingency": loss * below_peg,
    }
    figures = {
        "basis_contingency": basis,
        "option_mtm": option_value,
        "collateral_mtm": worth,
        "min_span": 0.0 - loss,
        "oracle_contingency": 0.0 - oracle,
        "mm_perp_contingency": 0.0 - maintenance["perp_contingency"],
        "mm_option_contingency": 0.0 - maintenance["option_contingency"],
        "mm_collateral_contingency": 0.0 - haircut,
        **{f"im_{name}_extra": 0.0 - amount for name, amount in extra.items()},
    }
    return MarketMargin(initial, maintenance, pnl, loss, scenario, option_value, figures)


def factors(portfolio: Portfolio, numbers: SecondNumbers) -> dict[str, float]:
    """Return numbers that are the same for all accounts, such as discount factors by expiry."""
    common = numbers.common
    found: dict[str, float] = {}
    for one in portfolio.expiries:
        gain, loss = static_discounts(one, numbers)
        found |= {
            f"option_discount.{one.name}": mark_discount(one),
            f"discount_long.{one.name}": gain,
            f"discount_short.{one.name}": loss,
        }
    return found | common.shock_factors({one.name: one.years for one in portfolio.expiries}) | {
        "im_factor": common.im_factor + common.below_peg(portfolio.stable),
        "mm_factor": common.mm_factor,
    }  # fmt: skip


def lines(portfolio: Portfolio, numbers: SecondNumbers) -> Iterator[Line]:
    """Yield what adds up to the profit and loss of each scenario of the list.

    A skew scenario stands for its mirror image too: whatever an expiry gains in it counts as lost.
    """
    scenarios = numbers.common.scenarios
    skews = np.flatnonzero(scenarios.is_skew)
    traders = np.flatnonzero(portfolio.perp_pnl.any(axis=1))
    yield Line("perpetual", traders, portfolio.perp_pnl[traders] * scenarios.damp)
    for one in portfolio.expiries:
        worth = mark_discount(one) * one.worth
        gain, loss = static_discounts(one, numbers)
        change = discounted(worth[:, VALUED_COUNT:], gain=gain, loss=loss)
        change -= worth[:, NOW, None]
        change *= scenarios.damp
        change[:, skews] = -np.abs(change[:, skews])
        yield Line(f"options {one.name}", one.accounts, change)
    for asset in portfolio.collateral:
        stressed = np.flatnonzero(asset.cancels & (asset.amount_usd != 0.0))
        held = asset.amount_usd[stressed] / portfolio.stable
        yield Line(asset.asset, stressed, held[:, None] * (portfolio.moves * scenarios.damp))


def mark_discount(one: Expiry) -> float:
    """Return the discount factor that the options of an expiry are valued with."""
    return math.exp(-one.rate * one.years)


def static_discounts(one: Expiry, numbers: SecondNumbers) -> tuple[float, float]:
    """Return the factors of a positive and of a negative expiry value."""
    long, short = numbers.common.long, numbers.short
    gain = long_discount(long.base, years=one.years, rate=one.rate, mult=long.mult, add=long.add)
    return gain, short_discount(short.base, years=one.years, rate=one.rate, mult=short.mult, add=short.add)

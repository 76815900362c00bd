"""PMRM, the first portfolio manager: contingencies lie inside the margin factor, and options are not discounted.

Source: `PMRM.sol` and `PMRMLib.sol` of github.com/derivexyz/v2-core; docs/margin/derive.md gives the rule in words.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.margining.blocks.confidence import low_confidence_charge
from seawall.margining.blocks.static_discount import discounted, long_discount
from seawall.margining.models.derive_pmrm.numbers import FirstNumbers
from seawall.margining.models.derive_pmrm.portfolio import Expiry, Portfolio
from seawall.margining.models.derive_pmrm.result import Line, MarketMargin, add_up, worst
from seawall.margining.models.derive_pmrm.scenario_list import BASIS_DOWN, BASIS_UP, NOW, VALUED_COUNT


def margin(portfolio: Portfolio, numbers: FirstNumbers) -> MarketMargin:
    """Return the margin of every account with one underlying's manager."""
    common, count = numbers.common, len(portfolio.perp)
    pnl = add_up(lines(portfolio, numbers), (count, len(common.scenarios)))
    basis, option_value, oracle = np.zeros(count), np.zeros(count), np.zeros(count)
    base_usd = sum((one.owned_usd for one in portfolio.collateral), start=np.zeros(count))
    owed_usd = sum((np.abs(one.amount_usd) for one in portfolio.collateral), start=np.zeros(count))

    def unsure(confidence: FloatArray, notional: FloatArray) -> FloatArray:
        return low_confidence_charge(confidence, notional, threshold=common.conf_threshold, margin=common.conf_margin)

    oracle += unsure(portfolio.confidence, portfolio.in_usd(np.abs(portfolio.perp)) + owed_usd)
    for one in portfolio.expiries:
        now, here = one.worth[:, NOW], one.accounts
        lower = np.minimum(one.worth[:, BASIS_UP] - now, one.worth[:, BASIS_DOWN] - now)
        basis[here] += np.minimum(lower, 0.0) * (common.basis_add + common.basis_mult * one.years)
        option_value[here] += now
        oracle[here] += unsure(np.minimum(portfolio.confidence[here], one.confidence), one.size * portfolio.spot)
    loss, scenario = worst(pnl, basis)
    static = {
        "perp_contingency": portfolio.in_usd(np.abs(portfolio.perp)) * numbers.perp,
        "option_contingency": portfolio.in_usd(portfolio.naked) * numbers.option,
        "collateral_contingency": base_usd * numbers.base,
    }
    span = {"worst_case": loss, **static}
    below_peg = common.below_peg(portfolio.stable)
    zero = np.zeros(count)
    initial = {name: amount * common.im_factor for name, amount in span.items()}
    initial |= {
        "confidence_contingency": oracle,
        "peg_contingency": sum(span.values(), start=zero) * below_peg,
    }
    maintenance = span | {"confidence_contingency": zero, "peg_contingency": zero}
    figures = {
        "basis_contingency": basis,
        "option_mtm": option_value,
        "perp_contingency": 0.0 - static["perp_contingency"],
        "option_contingency": 0.0 - static["option_contingency"],
        "base_contingency": 0.0 - static["collateral_contingency"],
        "oracle_contingency": 0.0 - oracle,
        "min_span": 0.0 - sum(span.values(), start=zero),
    }
    return MarketMargin(initial, maintenance, pnl, loss, scenario, option_value, figures)


def factors(portfolio: Portfolio, numbers: FirstNumbers) -> dict[str, float]:
    """Return numbers that are the same for all accounts, such as discount factors by expiry."""
    common = numbers.common
    found = {f"static_discount.{one.name}": gain_factor(one, numbers) for one in portfolio.expiries}
    return found | common.shock_factors({one.name: one.years for one in portfolio.expiries}) | {
        "im_factor": common.im_factor + common.below_peg(portfolio.stable)
    }  # fmt: skip


def lines(portfolio: Portfolio, numbers: FirstNumbers) -> Iterator[Line]:
    """Yield what adds up to the profit and loss of each scenario of the list."""
    traders = np.flatnonzero(portfolio.perp_pnl.any(axis=1))
    yield Line("perpetual", traders, portfolio.perp_pnl[traders])
    for one in portfolio.expiries:
        shocked = discounted(one.worth[:, VALUED_COUNT:], gain=gain_factor(one, numbers), loss=1.0)
        yield Line(f"options {one.name}", one.accounts, shocked - one.worth[:, NOW, None])
    for asset in portfolio.collateral:
        stressed = np.flatnonzero(asset.cancels & (asset.amount_usd != 0.0))
        worth = asset.amount_usd[stressed] / portfolio.stable
        yield Line(asset.asset, stressed, worth[:, None] * portfolio.moves)


def gain_factor(one: Expiry, numbers: FirstNumbers) -> float:
    """Return the static discount of a positive expiry value."""
    long = numbers.common.long
    return long_discount(long.base, years=one.years, rate=one.rate, mult=long.mult, add=long.add)

"""Bybit portfolio margin of a unified trading account.

The order of the rule, as Bybit's margin response lays it out: stress each coin over prices and volatilities, take the
volatility that is worst for its options at each price and then the worst price, add five contingencies; that is
maintenance margin, and a factor makes it initial margin. Coins add up, and borrowed amounts pay margin of their own.

Sources: Bybit's API reference and help centre. docs/margin/bybit.md gives the rule in words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.margining.binding import Binding
from seawall.margining.blocks.collateral import worth
from seawall.margining.blocks.collateral_tiers import debt_margin, refused_asset, tiers_of, uncounted
from seawall.margining.blocks.equity import Equity, equity_in
from seawall.margining.blocks.lookups import of_underlying, usd_price
from seawall.margining.blocks.margin_rate import margin_rate
from seawall.margining.blocks.netting_set import NettingSet, netting_sets, stated_charge
from seawall.margining.blocks.orders import order_margin
from seawall.margining.blocks.refusals import Sort, refused_rows
from seawall.margining.blocks.usd import usd_pnl
from seawall.margining.components import ORDER_CHARGES, Component, total_of
from seawall.margining.model import Detail, Promises, Requirement, RiskMatrix
from seawall.margining.models.bybit_pm.coin import CoinMargin, coin_margin, evaluate_coin
from seawall.margining.models.bybit_pm.detail import figures, risk_matrix
from seawall.margining.models.bybit_pm.evidence import uses
from seawall.margining.models.bybit_pm.numbers import VOL_NAMES, CoinNumbers, coin_numbers, grid_spec, knows
from seawall.margining.models.bybit_pm.stress import Market, market_of
from seawall.market import Exposure, MarketSnapshot
from seawall.policy import MarginPolicy
from seawall.portfolio import Holdings, ResolvedBook
from seawall.revaluation import PnlTensor
from seawall.scenarios import ScenarioSet, grid

RISKS: Mapping[str, Component] = {
    "worst_case": Component.SCENARIO,
    "short_option": Component.SHORT_OPTIONS,
    "vega_spread": Component.VOLATILITY,
    "stable_spread": Component.CONFIDENCE,
    "delta_spread": Component.BASIS,
    "futures": Component.SIZE,
}
"""Components that a coin's derivatives pay, and a factor turns from maintenance into initial margin."""


@dataclass(frozen=True, slots=True)
class _Coin:
    """One coin's market, policy numbers, and the equity in it that may hedge, `(A,)`."""

    market: Market
    numbers: CoinNumbers
    equity: FloatArray


@dataclass(frozen=True)
class BybitPortfolioMargin:
    """The unified trading account in portfolio-margin mode: one netting set in USD."""

    name: str
    promises: Promises = Promises(homogeneous=True, subadditive=False, offsets_across_underlyings=False)
    components: Mapping[str, Component] = field(
        default_factory=lambda: {**RISKS, "borrow": Component.BORROW, **ORDER_CHARGES}
    )

    def scenarios(self, policy: MarginPolicy, snapshot: MarketSnapshot) -> ScenarioSet:
        """Return eleven prices with three volatilities each, over the coins that the policy has numbers for."""
        assets = sorted({*snapshot.table.underlyings, *snapshot.index})
        specs = {asset: grid_spec(policy, asset) for asset in assets if knows(policy, asset)}
        if not specs:
            return ScenarioSet.spot_moves((), (), np.zeros((0, 0)))
        prices_count = 2 * int(policy.number("general.price_steps_count")) + 1
        return grid(
            {asset: spec.moves.tolist() for asset, spec in specs.items()},
            {asset: list(spec.vol_shocks.values()) for asset, spec in specs.items()},
            vol_names=VOL_NAMES,
            price_names=[f"price {k + 1} of {prices_count}" for k in range(prices_count)],
        )

    def binding(self, policy: MarginPolicy, underlying: str, scenario: int) -> Binding:
        """Return a scenario of one coin: its price as the bucket, and the volatility in words."""
        return grid_spec(policy, underlying).binding(scenario)

    def requirement(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Requirement:
        """Return the margin of every account."""
        [one] = netting_sets(book, cross=True)
        leaning = book.snapshot.exposure
        equities = _equities(book, leaning)
        coins = _coins(policy, book, pnl, equities)
        limited = policy.word("general.spot_hedge_limit") == "net_delta"

        def margins(holdings: Holdings, rows: slice | np.ndarray) -> dict[str, CoinMargin]:
            return {
                base: coin_margin(
                    book, holdings, leaning, coin.market, coin.numbers, coin.equity[rows], limited=limited
                )
                for base, coin in coins.items()
            }

        found = margins(book.positions, slice(None))
        active = np.flatnonzero(np.diff(book.orders.indptr))

        def initial_of(holdings: Holdings) -> FloatArray:
            total = np.zeros(len(active))
            for base, margin in margins(holdings, active).items():
                total = total + coins[base].numbers.im_factor * margin.total
            return total

        added = order_margin(book.positions, book.orders, initial_of)
        return _assembled(policy, book, one, equities, coins, found, added)

    def detail(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Detail:
        """Return the grid of each coin of a book of one account, and every figure that the venue's response has."""
        leaning = book.snapshot.exposure
        limited = policy.word("general.spot_hedge_limit") == "net_delta"
        matrices: list[RiskMatrix] = []
        shown: dict[str, float] = {}
        for coin in _coins(policy, book, pnl, _equities(book, leaning)).values():
            mine = book.positions.among(coin.market.members)
            if len(mine):
                found = evaluate_coin(
                    book, book.positions, leaning, coin.market, coin.numbers, coin.equity, limited=limited
                )
                matrices.append(risk_matrix(book, mine, coin.market, coin.numbers, found))
                shown |= figures(book, mine, coin.market, coin.numbers, found)
        return Detail(matrices=tuple(matrices), figures=shown)


def _equities(book: ResolvedBook, leaning: Exposure) -> dict[str, Equity]:
    assets = sorted({*book.snapshot.table.settlements, *book.book.assets})
    return {asset: equity_in(asset, book, leaning) for asset in assets}


def _coins(
    policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor, equities: Mapping[str, Equity]
) -> dict[str, _Coin]:
    """Return, for each coin that has derivatives in the book and numbers in the policy, what its margin reads."""
    usd, scenarios = usd_pnl(book, pnl), pnl.scenarios
    none = np.zeros(len(book.book))
    hedging = policy.flag("general.spot_hedging")
    coins = {}
    for base in book.snapshot.table.underlyings:
        if not knows(policy, base) or base not in scenarios.underlyings:
            continue
        moves = scenarios.spot[:, scenarios.underlyings.index(base)].reshape(-1, len(VOL_NAMES))
        market = market_of(book, usd, of_underlying(book, base), base, usd_price(book, base), moves)
        owned = equities[base].total if hedging and base in equities else none
        coins[base] = _Coin(market, coin_numbers(policy, base), owned)
    return coins


def _assembled(
    policy: MarginPolicy,
    book: ResolvedBook,
    one: NettingSet,
    equities: Mapping[str, Equity],
    coins: Mapping[str, _Coin],
    found: Mapping[str, CoinMargin],
    order_added: FloatArray,
) -> Requirement:
    count = len(book.book)
    initial = {name: np.zeros(count) for name in RISKS}
    maintenance = {name: np.zeros(count) for name in RISKS}
    for base, margin in found.items():
        for name, amounts in margin.components.items():
            maintenance[name] = maintenance[name] + amounts
            initial[name] = initial[name] + coins[base].numbers.im_factor * amounts
    prices = {asset: usd_price(book, asset) for asset in equities}
    tiers = {asset: tiers_of(policy, asset) for asset in equities}
    plain = {asset: part.cash + part.unrealised for asset, part in equities.items()}
    debts = debt_margin(plain, prices, tiers, accounts_count=count)
    initial["borrow"], maintenance["borrow"] = debts.initial, debts.maintenance
    for name in ORDER_CHARGES:
        initial[name], maintenance[name] = stated_charge(book, name, one), np.zeros(count)
    initial["open_orders_margin"] = initial["open_orders_margin"] + order_added

    owned = {asset: part.total for asset, part in equities.items()}
    equity = worth(owned, prices, accounts_count=count)
    left_out = {asset: uncounted(amount, tiers[asset]) for asset, amount in owned.items()}
    haircut = worth(left_out, prices, accounts_count=count)
    bases = sorted(found)
    losses = np.array([found[base].components["worst_case"] for base in bases]).reshape(len(bases), count)
    losing = losses.max(axis=0, initial=0.0) > 0.0
    binding = np.where(losing, np.argmax(losses, axis=0), -1) if bases else np.full(count, -1)
    scenario = np.full(count, -1, np.int64)
    for b, base in enumerate(bases):
        scenario = np.where(binding == b, found[base].cell, scenario)
    names = book.snapshot.table.underlyings
    where = np.array([names.index(base) for base in bases] + [-1], dtype=np.int64)
    return Requirement(
        account=np.arange(count),
        currencies=(one.currency,),
        currency=np.zeros(count, np.int64),
        equity=equity,
        margin_balance=equity,
        haircut=haircut,
        initial=initial,
        maintenance=maintenance,
        worst_scenario=scenario,
        worst_underlying=where[binding],
        underlyings=names,
        cross=True,
        uses=tuple(uses(policy, book, found, equities, order_added)),
        refused=_refused(policy, book),
        refused_assets={asset: why for asset in equities if (why := refused_asset(policy, asset))},
        native=_native(policy, equity, worth(plain, prices, accounts_count=count), haircut, initial, maintenance),
    )


def _refused(policy: MarginPolicy, book: ResolvedBook) -> dict[int, str]:
    def why(sort: Sort) -> str:
        return "" if knows(policy, sort.underlying) else f"{policy.id} has no stress test for {sort.underlying}"

    return refused_rows(book, why)


def _native(
    policy: MarginPolicy,
    equity: FloatArray,
    plain: FloatArray,
    haircut: FloatArray,
    initial: Mapping[str, FloatArray],
    maintenance: Mapping[str, FloatArray],
) -> dict[str, FloatArray]:
    """Return the account's totals as Bybit's wallet balance names them."""
    total_initial = total_of(initial, len(initial["borrow"]))
    total_maintenance = total_of(maintenance, len(initial["borrow"]))
    decimals = int(policy.number("general.rate_decimals"))
    return {
        "totalEquity": equity,
        "totalMarginBalance": plain,
        "totalInitialMargin": total_initial,
        "totalMaintenanceMargin": total_maintenance,
        "totalAvailableBalance": equity - haircut - total_initial,
        "accountIMRate": margin_rate(total_initial, equity, decimals=decimals),
        "accountMMRate": margin_rate(total_maintenance, equity, decimals=decimals),
    }


PORTFOLIO = BybitPortfolioMargin("bybit_pm")

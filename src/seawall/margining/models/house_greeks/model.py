"""Greeks-based margin: the largest loss that a book's Greeks show over a ladder of prices and volatilities.

The ladder is also revalued in full, and what the Greeks miss stands beside the margin. docs/margin/greeks.md gives the
rule in words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from seawall.core.arrays import FloatArray, IntArray
from seawall.core.time import DAYS_PER_YEAR
from seawall.margining.binding import Binding
from seawall.margining.blocks.lookups import usd_price
from seawall.margining.blocks.netting_set import netting_sets, stated_charge
from seawall.margining.blocks.orders import order_margin
from seawall.margining.blocks.refusals import Sort, refused_rows
from seawall.margining.blocks.usd_account import UsdAccount, usd_account
from seawall.margining.blocks.usd_value import usd_value_change
from seawall.margining.components import ORDER_CHARGES, Component
from seawall.margining.model import Detail, Promises, Requirement, RiskMatrix
from seawall.margining.models.house_greeks.coin import Check, CoinLadder, UnitLadder, check, coin_ladder, unit_ladder
from seawall.margining.models.house_greeks.evidence import uses
from seawall.margining.models.house_greeks.expansion import TERMS, cash_greeks
from seawall.margining.models.house_greeks.numbers import VOL_NAMES, knows, ladder, look_ahead_days
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy
from seawall.portfolio import Holdings, ResolvedBook
from seawall.revaluation import PnlTensor
from seawall.scenarios import ScenarioSet, grid


@dataclass(frozen=True)
class GreeksMargin:
    """One account, one netting set in USD; coins add up and do not offset each other."""

    name: str
    promises: Promises = Promises(homogeneous=True, subadditive=True, offsets_across_underlyings=False)
    components: Mapping[str, Component] = field(
        default_factory=lambda: {"worst_case": Component.SCENARIO, **ORDER_CHARGES}
    )

    def scenarios(self, policy: MarginPolicy, snapshot: MarketSnapshot) -> ScenarioSet:
        """Return the ladder, which is revalued in full so that the Greeks can be held against it."""
        specs = {base: ladder(policy, base) for base in _bases(policy, snapshot)}
        if not specs:
            return ScenarioSet.spot_moves((), (), np.zeros((0, 0)))
        count = 2 * int(policy.number("general.price_steps_count")) + 1
        asked = grid(
            {base: spec.moves.tolist() for base, spec in specs.items()},
            {base: list(spec.vol_shocks.values()) for base, spec in specs.items()},
            vol_names=VOL_NAMES,
            price_names=[f"price {k + 1} of {count}" for k in range(count)],
        )
        return replace(asked, elapsed_years=np.full(len(asked), look_ahead_days(policy) / DAYS_PER_YEAR))

    def binding(self, policy: MarginPolicy, underlying: str, scenario: int) -> Binding:
        """Return a step of one coin's ladder."""
        return ladder(policy, underlying).binding(scenario)

    def requirement(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Requirement:
        """Return the margin of every account, in USD."""
        [one] = netting_sets(book, cross=True)
        count, leaning = len(book.book), book.snapshot.exposure
        units, owned = _units(policy, book), usd_account(policy, book, leaning)
        coins = _coins_usd(policy, book, owned)
        found = _ladders(units, book.positions, coins)
        factor = policy.number("general.initial_factor")
        kept = _total(found, count)

        active = np.flatnonzero(np.diff(book.orders.indptr))
        theirs = {base: worth[active] for base, worth in coins.items()}

        def initial_of(holdings: Holdings) -> FloatArray:
            return factor * _total(_ladders(units, holdings, theirs), len(active))

        charges = {name: stated_charge(book, name, one) for name in ORDER_CHARGES}
        added = order_margin(book.positions, book.orders, initial_of)
        charges["open_orders_margin"] = charges["open_orders_margin"] + added
        nothing = dict.fromkeys(ORDER_CHARGES, np.zeros(count))
        names = tuple(sorted({*book.snapshot.table.underlyings, *found}))
        scenario, underlying = _binding_coin(names, found, count)
        equity, usd = owned.cash + owned.options, usd_value_change(book, pnl, leaning)
        checks = {base: check(units[base], book.positions, usd, coins[base], coin) for base, coin in found.items()}
        return Requirement(
            account=np.arange(count),
            currencies=(one.currency,),
            currency=np.zeros(count, np.int64),
            equity=equity,
            margin_balance=equity,
            haircut=owned.haircut,
            initial={"worst_case": factor * kept, **charges},
            maintenance={"worst_case": kept, **nothing},
            worst_scenario=scenario,
            worst_underlying=underlying,
            underlyings=names,
            cross=True,
            uses=tuple(uses(policy, book, found, owned)),
            refused=_refused(policy, book),
            refused_assets=owned.refused,
            native=_native(found, checks, count),
        )

    def detail(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Detail:
        """Return each coin's ladder Greek by Greek, and how far it is from the full revaluation."""
        leaning = book.snapshot.exposure
        coins, units = _coins_usd(policy, book, usd_account(policy, book, leaning)), _units(policy, book)
        found = _ladders(units, book.positions, coins)
        matrices: list[RiskMatrix] = []
        figures: dict[str, float] = {}
        usd = usd_value_change(book, pnl, leaning)
        for base, coin in found.items():
            if not (units[base].members[book.positions.columns].any() or coins[base].any()):
                continue
            matrices.append(_matrix(policy, base, units[base], coin))
            checked = check(units[base], book.positions, usd, coins[base], coin)
            figures |= {f"{base}.{name}": float(greek) for name, greek in zip(TERMS, coin.greeks[0], strict=True)}
            figures |= {
                f"{base}.greeks_loss": float(coin.worst[0]),
                f"{base}.full_revaluation_loss": float(checked.worst[0]),
                f"{base}.expansion_error": float(checked.error[0]),
                f"{base}.largest_gap": float(checked.largest_gap[0]),
                f"{base}.error_bound": float(checked.error_bound[0]),
            }
        return Detail(matrices=tuple(matrices), figures=figures)


def _bases(policy: MarginPolicy, snapshot: MarketSnapshot) -> tuple[str, ...]:
    """Return the coins that the policy has a ladder for: those of contracts, and those that may be owned."""
    return tuple(base for base in sorted({*snapshot.table.underlyings, *snapshot.index}) if knows(policy, base))


def _units(policy: MarginPolicy, book: ResolvedBook) -> dict[str, UnitLadder]:
    greeks = cash_greeks(book.snapshot, days=look_ahead_days(policy))
    return {base: unit_ladder(policy, book, base, greeks) for base in _bases(policy, book.snapshot)}


def _coins_usd(policy: MarginPolicy, book: ResolvedBook, owned: UsdAccount) -> dict[str, FloatArray]:
    """Return what accounts own of each coin, in USD; a price that is missing touches only its owners."""
    none, worth = np.zeros(len(book.book)), {}
    for base in _bases(policy, book.snapshot):
        amount = owned.amounts.get(base, none)
        worth[base] = np.where(amount == 0.0, 0.0, amount * usd_price(book, base))
    return worth


def _ladders(units: Mapping[str, UnitLadder], held: Holdings, coins: Mapping[str, FloatArray]) -> dict[str, CoinLadder]:
    return {base: coin_ladder(unit, held, coins[base]) for base, unit in units.items()}


def _total(found: Mapping[str, CoinLadder], count: int) -> FloatArray:
    total = np.zeros(count)
    for coin in found.values():
        total = total + coin.worst
    return total


def _binding_coin(names: tuple[str, ...], found: Mapping[str, CoinLadder], count: int) -> tuple[IntArray, IntArray]:
    """Return the step of the coin that loses most, and that coin; -1 where nothing is lost."""
    scenario, underlying, most = np.full(count, -1, np.int64), np.full(count, -1, np.int64), np.zeros(count)
    for base, coin in found.items():
        leads = coin.worst > most
        most = np.where(leads, coin.worst, most)
        scenario = np.where(leads, coin.cell, scenario)
        underlying = np.where(leads, names.index(base), underlying)
    return scenario, underlying


def _native(found: Mapping[str, CoinLadder], checks: Mapping[str, Check], count: int) -> dict[str, FloatArray]:
    """Return the margin by Greeks, the same by full revaluation, the difference and its bound, over all coins."""
    full, gap, bound = np.zeros(count), np.zeros(count), np.zeros(count)
    for checked in checks.values():
        full, gap, bound = full + checked.worst, gap + checked.largest_gap, bound + checked.error_bound
    by_greeks = _total(found, count)
    return {
        "greeks_loss": by_greeks,
        "full_revaluation_loss": full,
        "expansion_error": by_greeks - full,
        "largest_gap": gap,
        "error_bound": bound,
    }


def _matrix(policy: MarginPolicy, base: str, unit: UnitLadder, coin: CoinLadder) -> RiskMatrix:
    """Return a coin's ladder Greek by Greek, with what the options' bounds add or take as a line of its own."""
    spec, cell = ladder(policy, base), int(coin.cell[0])
    by_greek = coin.greeks[0][:, None] * unit.terms
    return RiskMatrix(
        name=base,
        underlying=base,
        currency="USD",
        price_moves=tuple(spec.moves.tolist()),
        vol_names=VOL_NAMES,
        standard=coin.pnl[0].reshape(-1, len(VOL_NAMES)),
        extended_moves=(),
        extended=np.zeros(0),
        extended_vol=spec.far_vol,
        lines=(*TERMS, "bounds"),
        line_standard=np.vstack([by_greek, coin.pnl[0] - by_greek.sum(axis=0)]),
        line_extended=np.zeros((len(TERMS) + 1, 0)),
        worst=float(coin.worst[0]),
        worst_scenario=cell,
        binding=spec.binding(cell),
    )


def _refused(policy: MarginPolicy, book: ResolvedBook) -> dict[int, str]:
    def why(sort: Sort) -> str:
        return "" if knows(policy, sort.underlying) else f"{policy.id} has no ladder for {sort.underlying}"

    return refused_rows(book, why)


LADDER = GreeksMargin("house_greeks")

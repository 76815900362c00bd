"""Deribit portfolio margin, segregated (S:PM) and cross (X:PM).

The order of the rule, as Deribit's simulation response lays it out: aggregate by underlying, offset gains, weigh and
dampen far moves, take the worst, add roll shock and delta shock, add order margin, round. Segregated accounts form
one portfolio for each settlement currency and count in it; a cross account is one portfolio in USD, where the coins
it owns are stressed like positions.

Sources: Deribit's portfolio-margin article and API reference. docs/margin/deribit.md gives the rule in words.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray, IntArray
from seawall.core.rounding import round_decimals
from seawall.instruments import Kind
from seawall.margining.blocks.equity import Equity, equity_in
from seawall.margining.blocks.netting_set import NettingSet, accounts_in, netting_sets, stated_charge
from seawall.margining.blocks.orders import order_margin
from seawall.margining.blocks.risk_matrix import (
    MatrixNumbers,
    MatrixResult,
    Unit,
    evaluate_matrix,
    pnl_in_unit,
    vectors,
)
from seawall.margining.blocks.scenario_grid import GridSpec, scenario_grid
from seawall.margining.model import Detail, Promises, Requirement, RiskMatrix, Use, join
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy
from seawall.portfolio import Holdings, ResolvedBook
from seawall.revaluation import Exposure, PnlTensor, exposure
from seawall.scenarios import ScenarioSet, TermScaled, Unchanged

USD_ASSETS = frozenset({"USD", "USDC", "USDT"})
"""Assets that Deribit's responses file under the currency `usd`."""
VOL_NAMES = ("up", "same", "down")
PAIR_NUMBERS = (
    "price_range", "volatility_range_up", "volatility_range_down", "min_volatility_for_shock_up",
    "short_term_vega_power", "long_term_vega_power", "extended_table_factor", "m_inc",
    "delta_total_liq_shock_threshold", "max_delta_shock",
)  # fmt: skip
VOL_NUMBERS = ("volatility_range_up", "volatility_range_down", "min_volatility_for_shock_up", "short_term_vega_power",
               "long_term_vega_power")  # fmt: skip


def currency_key(asset: str) -> str:
    """Return the policy's name for an asset's currency group."""
    return "usd" if asset in USD_ASSETS else asset.lower()


@dataclass(frozen=True)
class DeribitPortfolioMargin:
    """S:PM where `cross` is false, X:PM where it is true."""

    name: str
    cross: bool
    promises: Promises = Promises(homogeneous=False, subadditive=False, offsets_across_underlyings=False)

    def scenarios(self, policy: MarginPolicy, snapshot: MarketSnapshot) -> ScenarioSet:
        """Return 27 standard scenarios and 8 far moves over the underlyings that the policy has numbers for."""
        assets = sorted({*snapshot.table.underlyings, *snapshot.index})
        specs = {asset: _spec(policy, asset) for asset in assets if policy.has(f"{_pair(asset)}.price_range")}
        if not specs:
            return ScenarioSet.spot_moves((), (), np.zeros((0, 0)))
        return scenario_grid(specs)

    def label(self, policy: MarginPolicy, underlying: str, scenario: int) -> str:
        """Return a scenario of one underlying in words, such as `-16 %, vol up`."""
        return _spec(policy, underlying).label(scenario)

    def requirement(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Requirement:
        """Return the margin of every account: one netting set each, or one for each settlement currency."""
        leaning = exposure(book.snapshot)
        return join([self._netting_set(policy, book, pnl, leaning, one) for one in netting_sets(book, cross=self.cross)])

    def _netting_set(
        self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor, leaning: Exposure, one: NettingSet
    ) -> Requirement:
        price_usd = _usd_price(book, one.currency)
        held = book.positions.where(one.members[book.positions.columns])
        orders = book.orders.where(one.members[book.orders.columns])
        equities = {asset: equity_in(asset, book, leaning) for asset in self._equity_assets(book, one)}
        units = self._units(policy, book, pnl, one, equities)

        def matrices(holdings: Holdings, stressed: dict[str, FloatArray]) -> dict[str, MatrixResult]:
            return {
                base: evaluate_matrix(
                    book, holdings, leaning, _numbers(policy, base, one.currency, self.cross), unit,
                    one.members & _of_underlying(book, base), stressed[base],
                )
                for base, unit in units.items()
            }  # fmt: skip

        stressed = {base: _stressed_equity(equities, base, len(book.book)) for base in units}
        found = matrices(held, stressed)

        active = np.flatnonzero(np.diff(orders.indptr))
        among = {base: amounts[active] for base, amounts in stressed.items()}
        added = order_margin(held, orders, lambda holdings: _total(matrices(holdings, among), len(active)))
        rounding = int(policy.number("general.rounding_decimals"))
        return self._assemble(policy, book, one, price_usd, equities, found, added, decimals=rounding)

    def _equity_assets(self, book: ResolvedBook, one: NettingSet) -> list[str]:
        return sorted({*book.snapshot.table.settlements, *book.book.assets}) if self.cross else [one.currency]

    def _units(
        self,
        policy: MarginPolicy,
        book: ResolvedBook,
        pnl: PnlTensor,
        one: NettingSet,
        equities: dict[str, Equity],
    ) -> dict[str, Unit]:
        """Return, for each underlying of a netting set, what its profit is counted in."""
        scenarios, table = pnl.scenarios, book.snapshot.table
        bases = {table.underlying[n] for n in np.flatnonzero(one.members)}
        if self.cross:
            bases |= {asset for asset in equities if _stresses_equity(policy, asset)}
        tensor = pnl_in_unit(book, pnl, one.currency)
        units = {}
        for base in sorted(bases & set(scenarios.underlyings)):
            base_price = book.snapshot.index.get(base, np.nan)
            stressed = self.cross and _stresses_equity(policy, base)
            units[base] = Unit(
                currency=one.currency,
                price_usd=_usd_price(book, one.currency),
                base_price_usd=base_price,
                moves_with_base=one.currency == base,
                pnl=tensor,
                equity_pnl=base_price * scenarios.asset_move(base) if stressed else np.zeros(len(scenarios)),
            )
        return units

    def _assemble(
        self,
        policy: MarginPolicy,
        book: ResolvedBook,
        one: NettingSet,
        price_usd: float,
        equities: dict[str, Equity],
        found: dict[str, MatrixResult],
        order_added: FloatArray,
        *,
        decimals: int,
    ) -> Requirement:
        accounts_count = len(book.book)
        zero = np.zeros(accounts_count)
        risk = {
            "worst_case": sum((matrix.worst for matrix in found.values()), start=zero),
            "roll_shock": sum((matrix.roll_shock for matrix in found.values()), start=zero),
            "delta_shock": sum((matrix.delta_shock for matrix in found.values()), start=zero),
        }
        charges = {
            name: stated_charge(book, name, one)
            for name in ("open_orders_margin", "mmp_margin", "spot_margin")
        }
        charges["open_orders_margin"] = charges["open_orders_margin"] + order_added
        initial = risk | charges
        unrounded = _risk_sum(risk) + charges["mmp_margin"] + charges["open_orders_margin"] + charges["spot_margin"]
        initial["rounding"] = round_decimals(unrounded, decimals=decimals) - unrounded
        factor = policy.number("general.mm_factor")
        maintenance = {name: factor * amounts for name, amounts in risk.items()}
        maintenance |= {name: zero for name in (*charges, "rounding")}

        prices = {asset: _usd_price(book, asset) / price_usd if self.cross else 1.0 for asset in equities}
        equity = _weighted({asset: (part.total, prices[asset]) for asset, part in equities.items()}, accounts_count)
        cut = {asset: _haircut(policy, asset) if self.cross else 0.0 for asset in equities}
        haircut = _weighted(
            {asset: (np.maximum(part.total, 0.0), prices[asset] * cut[asset]) for asset, part in equities.items()},
            accounts_count,
        )
        bases = sorted(found)
        losses = np.array([found[base].worst for base in bases]).reshape(len(bases), accounts_count)
        binding = np.argmax(losses, axis=0) if bases else np.full(accounts_count, -1)
        scenario = np.full(accounts_count, -1, np.int64)
        for b, base in enumerate(bases):
            scenario = np.where(binding == b, found[base].scenario, scenario)
        present = accounts_in(book, one)
        names = tuple(sorted({*book.snapshot.table.underlyings, *bases}))
        where = np.array([names.index(base) for base in bases] + [-1], dtype=np.int64)
        keep = np.flatnonzero(present)
        return Requirement(
            account=keep,
            currencies=(one.currency,),
            currency=np.zeros(len(keep), np.int64),
            equity=equity[keep],
            margin_balance=equity[keep],
            haircut=haircut[keep],
            initial={name: amounts[keep] for name, amounts in initial.items()},
            maintenance={name: amounts[keep] for name, amounts in maintenance.items()},
            worst_scenario=scenario[keep],
            worst_underlying=where[binding][keep],
            underlyings=names,
            uses=tuple(
                replace(use, applies=use.applies[keep])
                for use in _uses(policy, book, one, found, order_added, equities, cross=self.cross)
            ),
        )

    def detail(self, policy: MarginPolicy, book: ResolvedBook, pnl: PnlTensor) -> Detail:
        """Return the risk matrices of a book of one account, every vector included."""
        leaning = exposure(book.snapshot)
        matrices = []
        for one in netting_sets(book, cross=self.cross):
            held = book.positions.where(one.members[book.positions.columns])
            equities = {asset: equity_in(asset, book, leaning) for asset in self._equity_assets(book, one)}
            for base, unit in self._units(policy, book, pnl, one, equities).items():
                mine = held.where(_of_underlying(book, base)[held.columns])
                stressed = _stressed_equity(equities, base, 1)
                if len(mine) or (unit.equity_pnl.any() and stressed.any()):
                    numbers = _numbers(policy, base, one.currency, self.cross)
                    matrices.append(_matrix(book, mine, numbers, unit, stressed, base))
        return Detail(matrices=tuple(matrices))


def _matrix(
    book: ResolvedBook, mine: Holdings, numbers: MatrixNumbers, unit: Unit, equity: FloatArray, base: str
) -> RiskMatrix:
    spec = numbers.spec
    lines = [book.snapshot.table.names[n] for n in mine.columns]
    rows = mine.sizes[:, None] * unit.pnl[:, mine.columns].T
    if unit.equity_pnl.any():
        lines.append(f"{base} equity")
        rows = np.concatenate([rows, equity[:, None] * unit.equity_pnl])
    whole = vectors(rows.sum(axis=0, keepdims=True), numbers, unit)
    each = vectors(rows, numbers, unit)
    entries = np.concatenate([whole.standard[0], whole.extended[0]])
    worst = int(np.argmin(entries))
    loss = round_decimals(np.maximum(-entries[worst], 0.0), decimals=numbers.decimals)
    return RiskMatrix(
        name=f"{base}_{unit.currency}".lower(),
        underlying=base,
        currency=unit.currency,
        price_moves=tuple(spec.moves.tolist()),
        vol_names=tuple(spec.vol_shocks),
        standard=whole.standard.reshape(-1, len(spec.vol_shocks)),
        extended_moves=spec.far_moves,
        extended=whole.extended[0],
        lines=tuple(lines),
        line_standard=each.raw_standard,
        line_extended=each.raw_extended,
        worst=float(loss),
        worst_scenario=worst,
        worst_label=spec.label(worst),
    )


def _pair(base: str) -> str:
    return f"currency_pair.{base.lower()}_usd"


def _spec(policy: MarginPolicy, base: str) -> GridSpec:
    pair = _pair(base)
    if policy.number("general.vol_scenarios_count") != len(VOL_NAMES):
        raise NotImplementedError("the rule is known for three volatility scenarios")
    powers = (policy.number(f"{pair}.short_term_vega_power"), policy.number(f"{pair}.long_term_vega_power"))
    days = (policy.number("general.vol_shock_pivot_days"), policy.number("general.vol_shock_min_days"))
    up, down = policy.number(f"{pair}.volatility_range_up"), policy.number(f"{pair}.volatility_range_down")
    floor = policy.number(f"{pair}.min_volatility_for_shock_up")
    return GridSpec(
        price_range=policy.number(f"{pair}.price_range"),
        steps_count=int(policy.number("general.buckets_count")),
        vol_shocks={
            "up": TermScaled(up, *powers, floor, *days),
            "same": Unchanged(),
            "down": TermScaled(-down, *powers, 0.0, *days),
        },
        far_moves=policy.numbers("general.extended_moves"),
        far_vol="up",
    )


def _numbers(policy: MarginPolicy, base: str, currency: str, cross: bool) -> MatrixNumbers:
    pair, own = _pair(base), f"currency.{base.lower()}"
    counted = own if cross else f"currency.{currency_key(currency)}"
    return MatrixNumbers(
        spec=_spec(policy, base),
        extended_factor=policy.number(f"{pair}.extended_table_factor"),
        dampener_usd=policy.number(f"{counted}.extended_dampener"),
        offset_share=policy.number(f"{counted}.pnl_offset"),
        offset_cap_usd=policy.number(f"{counted}.max_offsetable_pnl"),
        annualised_move=policy.number(f"{own}.annualised_move_risk"),
        min_move=policy.number(f"{own}.min_annualised_move"),
        delta_threshold_usd=policy.number(f"{pair}.delta_total_liq_shock_threshold"),
        delta_increment=policy.number(f"{pair}.m_inc"),
        delta_max_rate=policy.number(f"{pair}.max_delta_shock"),
        decimals=int(policy.number("general.rounding_decimals")),
    )


def _of_underlying(book: ResolvedBook, base: str) -> BoolArray:
    return np.array([underlying == base for underlying in book.snapshot.table.underlying], dtype=np.bool_)


def _usd_price(book: ResolvedBook, asset: str) -> float:
    return 1.0 if asset == "USD" else float(book.snapshot.index.get(asset, np.nan))


def _stresses_equity(policy: MarginPolicy, asset: str) -> bool:
    """Return whether equity in an asset counts as a position; only for coins that have a grid of their own."""
    if asset in USD_ASSETS or not policy.has(f"{_pair(asset)}.price_range"):
        return False
    return policy.word(f"currency.{asset.lower()}.equity_side_impact") == "both"


def _stressed_equity(equities: dict[str, Equity], base: str, accounts_count: int) -> FloatArray:
    return equities[base].total if base in equities else np.zeros(accounts_count)


def _haircut(policy: MarginPolicy, asset: str) -> float:
    return policy.number(f"currency.{currency_key(asset)}.haircut")


def _risk_sum(risk: dict[str, FloatArray]) -> FloatArray:
    return risk["worst_case"] + risk["roll_shock"] + risk["delta_shock"]


def _total(found: dict[str, MatrixResult], accounts_count: int) -> FloatArray:
    return sum((matrix.total for matrix in found.values()), start=np.zeros(accounts_count))


def _weighted(parts: dict[str, tuple[FloatArray, float]], accounts_count: int) -> FloatArray:
    """Return the sum of amounts times prices; an asset without a price makes only its holders unavailable."""
    total = np.zeros(accounts_count)
    for amounts, price in parts.values():
        total = total + np.where(amounts == 0.0, 0.0, amounts * price)
    return total


def _uses(
    policy: MarginPolicy,
    book: ResolvedBook,
    one: NettingSet,
    found: dict[str, MatrixResult],
    order_added: FloatArray,
    equities: dict[str, Equity],
    *,
    cross: bool,
) -> Iterator[Use]:
    """Yield what each account's number rests on; a rule that did not bear on it is not held against it."""
    table = book.snapshot.table
    options = table.is_kind(Kind.OPTION)

    def holds(members: BoolArray) -> BoolArray:
        mine = book.positions.where((one.members & members)[book.positions.columns])
        return np.asarray(np.diff(mine.indptr) > 0, dtype=np.bool_)

    everyone = holds(np.ones(len(table), np.bool_))
    yield Use(everyone, policy.evidence(["general.mm_factor"], ["totals_and_rounding"]))
    yield Use(holds(options & table.inverse), policy.evidence([], ["option_vector_inverse", "vol_shock", "vol_order"]))
    yield Use(holds(options & ~table.inverse), policy.evidence([], ["option_vector_linear", "vol_shock", "vol_order"]))
    yield Use(holds(~options & table.inverse), policy.evidence([], ["standard_grid_inverse"]))
    yield Use(holds(~options & ~table.inverse), policy.evidence([], ["standard_grid_linear"]))
    for base, matrix in found.items():
        pair, own = _pair(base), f"currency.{base.lower()}"
        counted = own if cross else f"currency.{currency_key(one.currency)}"
        mine = holds(_of_underlying(book, base))
        if cross and _stresses_equity(policy, base):
            in_coin = equities[base].total != 0.0 if base in equities else np.zeros(len(book.book), np.bool_)
            yield Use(in_coin, policy.evidence([f"{own}.equity_side_impact"], ["equity_as_position"]))
            mine = mine | in_coin
        yield Use(mine, policy.evidence([f"{pair}.price_range"], []))
        optioned = holds(_of_underlying(book, base) & options)
        yield Use(optioned, policy.evidence([f"{pair}.{name}" for name in VOL_NUMBERS], []))
        yield Use(mine & (matrix.roll_shock != 0.0), policy.evidence([f"{own}.min_annualised_move"], ["roll_shock_floor"]))
        yield Use(
            mine & matrix.roll_above_floor,
            policy.evidence([f"{own}.annualised_move_risk"], ["roll_shock_exponential"]),
        )
        yield Use(
            mine & matrix.far_mattered,
            policy.evidence(
                [f"{counted}.extended_dampener", f"{pair}.extended_table_factor"], ["extended_weights", "dampener"]
            ),
        )
        yield Use(
            mine & (matrix.delta_shock != 0.0),
            policy.evidence([f"{pair}.m_inc", f"{pair}.max_delta_shock"], ["delta_shock"]),
        )
    if len(found) > 1:
        several = np.sum([matrix.worst != 0.0 for matrix in found.values()], axis=0) > 1
        yield Use(several, policy.evidence([], ["cross_base_addition"]))
    has_orders = np.diff(book.orders.where(one.members[book.orders.columns]).indptr) > 0
    yield Use(has_orders | (order_added != 0.0), policy.evidence([], ["order_margin"]))


SEGREGATED = DeribitPortfolioMargin("deribit_s_pm", cross=False)
CROSS = DeribitPortfolioMargin("deribit_x_pm", cross=True)

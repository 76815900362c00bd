"""The policy's numbers as the rule reads them: which path holds what, under Deribit's own names."""

from __future__ import annotations

from seawall.core.errors import UnavailableError
from seawall.core.memo import remembered
from seawall.margining.blocks.collateral import currency_key
from seawall.margining.blocks.risk_matrix import MatrixNumbers
from seawall.margining.blocks.scenario_grid import GridSpec, scenario_grid
from seawall.policy import MarginPolicy
from seawall.scenarios import ScenarioSet, TermScaled, Unchanged

VOL_NAMES = ("up", "same", "down")
VOL_NUMBERS = (
    "volatility_range_up",
    "volatility_range_down",
    "min_volatility_for_shock_up",
    "short_term_vega_power",
    "long_term_vega_power",
)
"""What a volatility shock is made of, under a currency pair."""


def pair_path(base: str) -> str:
    """Return where the policy keeps the grid of an underlying."""
    return f"currency_pair.{base.lower()}_usd"


@remembered
def grid_spec(policy: MarginPolicy, base: str) -> GridSpec:
    """Return an underlying's grid and far moves."""
    pair = pair_path(base)
    vols_count = policy.number("general.vol_scenarios_count")
    if vols_count != len(VOL_NAMES):
        raise UnavailableError(f"{policy.id} has {vols_count:g} volatility scenarios; the rule is known for three")
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


@remembered
def scenario_set(policy: MarginPolicy, *bases: str) -> ScenarioSet:
    """Return the grids and far moves of some underlyings."""
    return scenario_grid({base: grid_spec(policy, base) for base in bases})


def counted_in(policy: MarginPolicy, base: str, currency: str, *, cross: bool) -> str:
    """Return whose dampener and offset a vector takes.

    A segregated vector takes its settlement currency's, as the policy says; a cross vector mixes settlements, so it
    takes its underlying's. Deribit does not say; both are graded `assumed`.
    """
    if cross or policy.word("general.extended_dampener_basis") == "base":
        return f"currency.{base.lower()}"
    return f"currency.{currency_key(currency)}"


@remembered
def matrix_numbers(policy: MarginPolicy, base: str, currency: str, *, cross: bool) -> MatrixNumbers:
    """Return the numbers of one underlying's matrix, counted in a currency.

    Raises
    ------
    UnavailableError
        When the policy lacks one, or turns on `correlation_set`, whose rule is not known.
    """
    pair, own = pair_path(base), f"currency.{base.lower()}"
    counted = counted_in(policy, base, currency, cross=cross)
    spec = grid_spec(policy, base)
    if policy.flag(f"{own}.correlation_set"):
        raise UnavailableError(f"{policy.id} has {base} in a correlation set, and no source gives the rule for it")
    return MatrixNumbers(
        spec=spec,
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


def stresses_equity(policy: MarginPolicy, asset: str) -> bool:
    """Return whether equity in an asset counts as a position; only for coins that have a grid of their own."""
    impact = f"currency.{currency_key(asset)}.equity_side_impact"
    return policy.has(impact) and policy.word(impact) == "both" and policy.has(f"{pair_path(asset)}.price_range")


def haircut_share(policy: MarginPolicy, asset: str) -> float:
    """Return the share of an asset that does not count for initial margin; NaN where the policy has none."""
    path = f"currency.{currency_key(asset)}.haircut"
    return policy.number(path) if policy.has(path) else float("nan")


def refused_collateral(policy: MarginPolicy, asset: str, *, cross: bool) -> str:
    """Say why an account's equity in an asset can't be counted; empty where it can.

    A segregated account only needs the policy to know the currency; a cross one needs a haircut, and to know whether
    the equity is stressed like a position.
    """
    group = f"currency.{currency_key(asset)}"
    if not policy.has(f"{group}.haircut"):
        return f"{asset}: {policy.id} has no haircut for it as collateral"
    if not policy.has(f"{group}.equity_side_impact"):
        return f"{asset}: {policy.id} does not say whether equity in it is stressed like a position"
    if not cross or policy.word(f"{group}.equity_side_impact") == "none":
        return ""
    why = refused_underlying(policy, asset, asset, cross=True)
    return f"{asset}: equity in it can't be stressed, since {why}" if why else ""


@remembered
def refused_underlying(policy: MarginPolicy, base: str, currency: str, *, cross: bool) -> str:
    """Say why an underlying can't be margined: a number that the policy lacks, a rule that nobody knows."""
    try:
        matrix_numbers(policy, base, currency, cross=cross)
    except UnavailableError as error:
        return str(error)
    return ""

"""The policy's numbers as the rule reads them: in the program's own integers."""

from __future__ import annotations

from dataclasses import dataclass

from seawall.margining.blocks.fixed_point import to_units
from seawall.margining.models.drift.margin import QUOTE_DECIMALS, PerpMarket, SpotMarket
from seawall.policy import MarginPolicy

PERP_NUMBERS = (
    "margin_ratio_initial", "margin_ratio_maintenance", "imf_factor", "unrealized_pnl_initial_asset_weight",
    "unrealized_pnl_maintenance_asset_weight", "unrealized_pnl_imf_factor",
)  # fmt: skip
FEE_NUMBERS = ("liquidator_fee", "if_liquidation_fee")
SPOT_NUMBERS = (
    "decimals", "initial_asset_weight", "maintenance_asset_weight", "initial_liability_weight",
    "maintenance_liability_weight", "imf_factor", "scale_initial_asset_weight_start", "deposits",
)  # fmt: skip
SCALING = ("scale_initial_asset_weight_start", "deposits")
QUOTE = "USDC"
"""The settlement token; a dollar of other venues' books is taken for one."""
DOLLARS = ("USD", QUOTE)


@dataclass(frozen=True, slots=True)
class General:
    """Numbers of all markets, in quote units."""

    open_order: int
    initial_profit_cap: int


def read_general(policy: MarginPolicy) -> General:
    """Return the numbers of all markets."""
    return General(*(_quote(policy, f"general.{name}") for name in ("open_order_margin", "max_positive_upnl_initial")))


@dataclass(frozen=True, slots=True)
class LiquidationNumbers:
    """How a liquidation goes: ratios and shares in ten-thousandths, fees in millionths, amounts in quote units.

    Attributes
    ----------
    buffer_ratio
        Share of all that is owed and held as perpetuals which is asked on top, once a liquidation has begun.
    grace_slots, fee_per_slot
        Slots without the user's doing after which the liquidator's fee grows, and by how much in each.
    initial_share, duration_slots
        What may be closed at once, and the slots in which that grows by the whole.
    small_shortage
        A shortage below it is closed at once.
    """

    buffer_ratio: int
    grace_slots: int
    fee_per_slot: int
    initial_share: int
    duration_slots: int
    small_shortage: int


def read_liquidation(policy: MarginPolicy) -> LiquidationNumbers:
    """Return how a liquidation goes."""
    buffer, grace, fee, share, slots = (
        int(policy.number(f"liquidation.{name}"))
        for name in ("buffer_ratio", "grace_slots", "fee_per_slot", "initial_share", "duration_slots")
    )
    return LiquidationNumbers(buffer, grace, fee, share, slots, _quote(policy, "liquidation.small_shortage"))


def read_fees(policy: MarginPolicy, base: str) -> tuple[int, int]:
    """Return the fees of the liquidator and of the insurance fund of a perpetual, in millionths."""
    liquidator, fund = (int(policy.number(f"{perp_path(base)}.{name}")) for name in FEE_NUMBERS)
    return liquidator, fund


def perp_path(base: str) -> str:
    """Return where the policy keeps a perpetual's numbers."""
    return f"perp.{base.lower()}"


def spot_path(asset: str) -> str:
    """Return where the policy keeps a token's numbers."""
    return f"spot.{(QUOTE if asset in DOLLARS else asset).lower()}"


def read_perp(policy: MarginPolicy, base: str) -> PerpMarket | None:
    """Return a perpetual's numbers, None where the policy has none."""
    path = perp_path(base)
    if not policy.has(f"{path}.{PERP_NUMBERS[0]}"):
        return None
    return PerpMarket(*(int(policy.number(f"{path}.{name}")) for name in PERP_NUMBERS))


def read_spot(policy: MarginPolicy, asset: str) -> SpotMarket | None:
    """Return a token's numbers, None where the policy does not take it."""
    path = spot_path(asset)
    if not policy.has(f"{path}.{SPOT_NUMBERS[0]}"):
        return None
    decimals, initial, kept, initial_owed, kept_owed, imf_factor = (
        int(policy.number(f"{path}.{name}")) for name in SPOT_NUMBERS if name not in SCALING
    )
    return SpotMarket(
        decimals,
        initial,
        kept,
        initial_owed,
        kept_owed,
        imf_factor,
        scale_start=_quote(policy, f"{path}.scale_initial_asset_weight_start"),
        deposits=to_units(policy.number(f"{path}.deposits"), decimals),
        is_quote=asset in DOLLARS,
    )


def _quote(policy: MarginPolicy, path: str) -> int:
    return to_units(policy.number(path), QUOTE_DECIMALS)

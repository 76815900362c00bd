"""The policy's numbers as the rule reads them."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from seawall.policy import MarginPolicy

GENERAL = "general"
CONFIDENCE = ("perp_conf_threshold", "option_conf_threshold", "base_conf_threshold", "conf_factor")
DEPEG = ("depeg_threshold", "depeg_factor")


@dataclass(frozen=True, slots=True)
class General:
    """Numbers of all markets: below which confidence, and which price of the cash coin, initial margin rises."""

    perp_conf_threshold: float
    option_conf_threshold: float
    base_conf_threshold: float
    conf_factor: float
    depeg_threshold: float
    depeg_factor: float

    def depeg_rate(self, stable: float) -> float:
        """Return the share of the index that each perpetual and short option pays at a price of the cash coin."""
        return max(0.0, self.depeg_threshold - stable) * self.depeg_factor


@dataclass(frozen=True, slots=True)
class OptionNumbers:
    """Numbers of one market's options, under the contract's names."""

    max_spot_req: float
    min_spot_req: float
    mm_call_spot_req: float
    mm_put_spot_req: float
    mm_put_mtm_req: float
    unpaired_im: float
    unpaired_mm: float
    mm_offset: float


@dataclass(frozen=True, slots=True)
class PerpNumbers:
    """Shares of a perpetual's worth."""

    mm: float
    im: float


@dataclass(frozen=True, slots=True)
class Counted:
    """Shares of an asset's worth that count for maintenance and for initial margin."""

    mm: float
    im: float


UNKNOWN_OPTIONS = OptionNumbers(*(math.nan for _ in fields(OptionNumbers)))
UNKNOWN_PERP = PerpNumbers(math.nan, math.nan)
"""Of markets that the policy has no numbers for: whoever holds something there has no margin."""
OPTION_NUMBERS = tuple(entry.name for entry in fields(OptionNumbers))
PERP_NUMBERS = tuple(entry.name for entry in fields(PerpNumbers))
COLLATERAL_NUMBERS = ("margin_factor", "im_scale")


def read_general(policy: MarginPolicy) -> General:
    """Return the numbers of all markets."""
    return General(*(policy.number(f"{GENERAL}.{name}") for name in (*CONFIDENCE, *DEPEG)))


def read_options(policy: MarginPolicy, base: str) -> OptionNumbers | None:
    """Return the numbers of a market's options, None where the policy has none."""
    group = f"market.{base.lower()}.option"
    if not policy.has(f"{group}.{OPTION_NUMBERS[0]}"):
        return None
    return OptionNumbers(*(policy.number(f"{group}.{name}") for name in OPTION_NUMBERS))


def read_perp(policy: MarginPolicy, base: str) -> PerpNumbers | None:
    """Return the numbers of a market's perpetual, None where the policy has none."""
    group = f"market.{base.lower()}.perp"
    if not policy.has(f"{group}.{PERP_NUMBERS[0]}"):
        return None
    return PerpNumbers(*(policy.number(f"{group}.{name}") for name in PERP_NUMBERS))


def read_counted(policy: MarginPolicy, asset: str) -> Counted | None:
    """Return what counts of an asset, None where the policy does not take it as collateral."""
    group = f"collateral.{asset.lower()}"
    if not policy.has(f"{group}.{COLLATERAL_NUMBERS[0]}"):
        return None
    factor, scale = (policy.number(f"{group}.{name}") for name in COLLATERAL_NUMBERS)
    return Counted(factor, factor * scale)

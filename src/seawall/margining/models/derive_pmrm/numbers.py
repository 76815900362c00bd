"""The policy's numbers of one underlying as the two rules read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from seawall.core.memo import remembered
from seawall.margining.models.derive_pmrm.scenario_list import ScenarioList, read_list
from seawall.margining.models.derive_pmrm.vol_shocks import SkewShock, TermShock
from seawall.policy import MarginPolicy
from seawall.scenarios import Unchanged, VolShock

VOL_NUMBERS = ("range_up", "range_down", "short_power", "long_power", "dte_floor_days")
SKEW_NUMBERS = ("linear_cap", "linear_c", "abs_cap", "abs_c", "min_k_star", "width", "vol_static", "vol_scale")
DISCOUNT_NUMBERS = ("base", "rate_mult", "rate_add")
BASIS_NUMBERS = ("up", "down", "add", "mult")
CONFIDENCE_NUMBERS = ("conf_threshold", "conf_margin")
PEG_NUMBERS = ("peg_threshold", "peg_factor")


@dataclass(frozen=True, slots=True)
class StaticDiscount:
    """Of positive, or of negative, expiry values: a base factor, and a rate `rate * mult + add`."""

    base: float
    mult: float
    add: float


@dataclass(frozen=True, slots=True)
class Common:
    """Numbers that both rules have.

    Attributes
    ----------
    scenarios
        The list, with its volatility shocks and the moves of the basis contingency.
    up, down
        The two volatility shocks that scale with time.
    im_factor, mm_factor
        Of the worst loss.
    basis_add, basis_mult
        Factor of the basis contingency: `add + mult * years`.
    peg_threshold, peg_factor
        Price of the stable coin from which on down initial margin rises, and how fast.
    conf_threshold, conf_margin
        Confidence below which positions are charged, and the rate.
    long
        Static discount of positive expiry values.
    """

    scenarios: ScenarioList
    up: TermShock
    down: TermShock
    im_factor: float
    mm_factor: float
    basis_add: float
    basis_mult: float
    peg_threshold: float
    peg_factor: float
    conf_threshold: float
    conf_margin: float
    long: StaticDiscount

    def below_peg(self, stable: float) -> float:
        """Return the rise of initial margin at a price of the stable coin."""
        return max(0.0, self.peg_threshold - stable) * self.peg_factor

    def shock_factors(self, years: Mapping[str, float]) -> dict[str, float]:
        """Return what the shocks multiply volatilities by, by expiry."""
        return {
            f"vol_shock_{side}_mult.{name}": float(shock.factor(np.array([left]))[0])
            for name, left in years.items()
            for side, shock in (("up", self.up), ("down", self.down))
        }


@dataclass(frozen=True, slots=True)
class FirstNumbers:
    """What PMRM has beside the common numbers: contingencies as shares of the price, inside the margin factor."""

    common: Common
    perp: float
    option: float
    base: float


@dataclass(frozen=True, slots=True)
class SecondNumbers:
    """What PMRM_2 has beside the common numbers: a second static discount, contingencies for both margins."""

    common: Common
    short: StaticDiscount
    mm_perp: float
    im_perp_extra: float
    mm_option: float
    im_option_extra: float


@remembered
def first_numbers(policy: MarginPolicy, base: str) -> FirstNumbers:
    """Return PMRM's numbers; raises `UnavailableError` where one is not known."""
    group = f"market.{base.lower()}"
    return FirstNumbers(
        common=_common(policy, base, mm_factor=1.0, min_vol=0.0, skews={}, damped=False, long="static_discount"),
        perp=policy.number(f"{group}.contingency.perp"),
        option=policy.number(f"{group}.contingency.option"),
        base=policy.number(f"{group}.contingency.base"),
    )


@remembered
def second_numbers(policy: MarginPolicy, base: str) -> SecondNumbers:
    """Return PMRM_2's numbers; raises `UnavailableError` where one is not known."""
    group = f"market.{base.lower()}"
    mm_factor = policy.number(f"{group}.mm_factor")
    min_vol = policy.number(f"{group}.vol.min_vol_up")
    return SecondNumbers(
        common=_common(
            policy, base, mm_factor=mm_factor, min_vol=min_vol, skews=_skews(policy, base), damped=True,
            long="discount_long",
        ),
        short=_discount(policy, f"{group}.discount_short"),
        mm_perp=policy.number(f"{group}.contingency.mm_perp"),
        im_perp_extra=policy.number(f"{group}.contingency.im_perp_extra"),
        mm_option=policy.number(f"{group}.contingency.mm_option"),
        im_option_extra=policy.number(f"{group}.contingency.im_option_extra"),
    )  # fmt: skip


@remembered
def markets(policy: MarginPolicy) -> tuple[str, ...]:
    """Return the underlyings that a policy has numbers for, sorted."""
    named = {path.split(".")[1].upper() for path in policy.parameters if path.startswith("market.")}
    return tuple(sorted(named))


def _common(
    policy: MarginPolicy,
    base: str,
    *,
    mm_factor: float,
    min_vol: float,
    skews: dict[str, VolShock],
    damped: bool,
    long: str,
) -> Common:
    group = f"market.{base.lower()}"
    rise, fall, short_power, long_power, floor = (policy.number(f"{group}.vol.{name}") for name in VOL_NUMBERS)
    up = TermShock(rise, short_power, long_power, floor, min_vol)
    down = TermShock(-fall, short_power, long_power, floor)
    shocks: dict[str, VolShock] = {"up": up, "none": Unchanged(), "down": down, **skews}
    return Common(
        scenarios=read_list(policy, base, shocks, damped=damped),
        up=up,
        down=down,
        im_factor=policy.number(f"{group}.im_factor"),
        mm_factor=mm_factor,
        basis_add=policy.number(f"{group}.basis.add"),
        basis_mult=policy.number(f"{group}.basis.mult"),
        peg_threshold=policy.number(f"{group}.contingency.peg_threshold"),
        peg_factor=policy.number(f"{group}.contingency.peg_factor"),
        conf_threshold=policy.number(f"{group}.contingency.conf_threshold"),
        conf_margin=policy.number(f"{group}.contingency.conf_margin"),
        long=_discount(policy, f"{group}.{long}"),
    )


def _discount(policy: MarginPolicy, path: str) -> StaticDiscount:
    base, mult, add = (policy.number(f"{path}.{name}") for name in DISCOUNT_NUMBERS)
    return StaticDiscount(base, mult, add)


def _skews(policy: MarginPolicy, base: str) -> dict[str, VolShock]:
    group = f"market.{base.lower()}.skew"
    number = {name: policy.number(f"{group}.{name}") for name in SKEW_NUMBERS}
    shape = {
        "min_width": number["min_k_star"],
        "width": number["width"],
        "static": number["vol_static"],
        "slope": number["vol_scale"],
    }
    return {
        "linear": SkewShock(absolute=False, cap=number["linear_cap"], cap_slope=number["linear_c"], **shape),
        "abs": SkewShock(absolute=True, cap=number["abs_cap"], cap_slope=number["abs_c"], **shape),
    }

"""SPAN by a clearing house's own file: one account's positions, in contracts, against its risk arrays and rates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from seawall.core.errors import InputError, Problem, UnavailableError, UnknownNameError
from seawall.margining.models.span_portfolio.file_spreads import form_spreads, within
from seawall.margining.models.span_portfolio.parameters import SpanCommodity, SpanParameters, SpanSpread
from seawall.margining.models.span_portfolio.rule import Risk, price_risk, scan, weighted_price_risk

FLAT, WEIGHTED_PRICE_RISK = "F", "W"
"""How a spread is charged or credited: so much a spread, or a share of the legs' price risk."""
SOM_METHODS = ("GROSS", "MAX")


@dataclass(frozen=True, slots=True)
class FileRisk:
    """One combined commodity of one account, in the file's currency.

    Attributes
    ----------
    scan_risk, active_scenario
        Largest loss and the scenario it is in, from 1.
    spread_charge, delivery, spread_credit, short_option_minimum
        Charges and the credit.
    option_value
        Long options less short ones, where premium is paid up front.
    risk
        `max(scan + spread charge + delivery - credit, short-option minimum)`.
    """

    commodity: str
    currency: str
    scan_risk: float
    active_scenario: int
    spread_charge: float
    delivery: float
    spread_credit: float
    short_option_minimum: float
    option_value: float
    risk: float

    @property
    def requirement(self) -> float:
        """The risk less what the options are worth, never below zero."""
        return max(self.risk - self.option_value, 0.0)


def file_risk(parameters: SpanParameters, positions: Mapping[str, float]) -> dict[str, FileRisk]:
    """Return the risk of each combined commodity that one account holds.

    Parameters
    ----------
    parameters
        The file.
    positions
        Contracts by name, short below zero.

    Raises
    ------
    UnknownNameError
        When the file has no such contract.
    UnavailableError
        When a held contract belongs to no combined commodity, or a spread of one has a method that is not known here.
    InputError
        When a size is not finite.
    """
    _check(parameters, positions)
    held = {name: size for name, size in positions.items() if size != 0.0}
    names = sorted({parameters.contracts[name].commodity for name in held})
    for name in names:
        _refuse_methods(parameters.commodities[name].spreads, FLAT, name)
    pnl, deltas = _arrays(parameters, held, names)
    scans = {name: scan(pnl[name]) for name in names}
    charge, delivery = dict.fromkeys(names, 0.0), dict.fromkeys(names, 0.0)
    for name in names:
        commodity = parameters.commodities[name]
        mine = {key: delta for key, delta in deltas.items() if key[0] == name}
        formed, rest = form_spreads(mine, commodity.spreads)
        charge[name] = sum(one.count * one.spread.rate for one in formed)
        for close in commodity.delivery:
            before = sum(abs(delta) for key, delta in mine.items() if key[1] == close.expiry)
            outright = sum(abs(delta) for key, delta in rest.items() if key[1] == close.expiry)
            delivery[name] += (before - outright) * close.in_spreads + outright * close.outright
    credit = _credits(parameters, names, pnl, deltas)
    found = {}
    for name in names:
        least = _short_option_minimum(parameters, parameters.commodities[name], held)
        parts = Risk(
            scans[name].risk, *(np.array([one]) for one in (credit[name], charge[name], delivery[name], least))
        ).parts()
        worth = sum(
            size * parameters.contracts[c].value for c, size in held.items()
            if parameters.contracts[c].commodity == name
        )  # fmt: skip
        found[name] = FileRisk(
            name, parameters.commodities[name].currency, float(scans[name].risk[0]), int(scans[name].active[0]) + 1,
            charge[name], delivery[name], min(credit[name], float(scans[name].risk[0])), least, worth,
            float(sum(part[0] for part in parts.values())),
        )  # fmt: skip
    return found


def _check(parameters: SpanParameters, positions: Mapping[str, float]) -> None:
    unknown = [name for name in positions if name not in parameters.contracts]
    if unknown:
        rule = f"the file of {parameters.clearing_org} of {parameters.date} has no such contract"
        raise UnknownNameError([Problem("contract", name, rule) for name in unknown])
    endless = [name for name, size in positions.items() if not np.isfinite(size)]
    if endless:
        raise InputError([Problem("size", positions[name], "sizes are finite numbers", where=name) for name in endless])
    for name, size in positions.items():
        if size != 0.0 and parameters.contracts[name].commodity not in parameters.commodities:
            raise UnavailableError(f"{name}: the file links it to no combined commodity, so that it can't be margined")


def _refuse_methods(spreads: tuple[SpanSpread, ...], known: str, where: str) -> None:
    for spread in spreads:
        if spread.method != known:
            raise UnavailableError(
                f"{where}: spread {spread.priority} has method {spread.method!r}; {known!r} is known"
            )


def _arrays(
    parameters: SpanParameters, held: Mapping[str, float], names: list[str]
) -> tuple[dict[str, np.ndarray], dict[tuple[str, str], float]]:
    pnl = {name: np.zeros((1, 16)) for name in names}
    deltas: dict[tuple[str, str], float] = {}
    for name, size in sorted(held.items()):
        contract = parameters.contracts[name]
        pnl[contract.commodity] = pnl[contract.commodity] + size * contract.gains
        key = (contract.commodity, contract.expiry)
        deltas[key] = deltas.get(key, 0.0) + size * contract.delta
    return pnl, deltas


def _credits(
    parameters: SpanParameters,
    names: list[str],
    pnl: Mapping[str, np.ndarray],
    deltas: Mapping[tuple[str, str], float],
) -> dict[str, float]:
    """Return each commodity's spread credit: its weighted price risk, times the delta that spreads use, times the rate.

    Net deltas by tier are what spreads between commodities use, whatever spreads within one have formed.
    """
    ours = [spread for spread in parameters.inter_spreads if {leg.commodity for leg in spread.legs} <= set(names)]
    _refuse_methods(tuple(ours), WEIGHTED_PRICE_RISK, "inter-commodity spreads")
    net, whole = _by_tier(ours, deltas)
    weighted = {}
    for name in names:
        total = sum(delta for key, delta in deltas.items() if key[0] == name)
        risk = price_risk(pnl[name], scan(pnl[name]).active)
        weighted[name] = float(weighted_price_risk(risk, np.array([total]))[0])
    credit = dict.fromkeys(names, 0.0)
    for one in form_spreads(net, whole)[0]:
        for leg in one.spread.legs:
            credit[leg.commodity] += weighted[leg.commodity] * one.count * leg.ratio * one.spread.rate
    return credit


def _by_tier(
    spreads: Sequence[SpanSpread], deltas: Mapping[tuple[str, str], float]
) -> tuple[dict[tuple[str, str], float], list[SpanSpread]]:
    """Return net deltas by commodity and tier, and the spreads with legs that name those tiers."""
    tiers = sorted({(leg.commodity, leg.first, leg.last) for spread in spreads for leg in spread.legs})
    net = {}
    for i, (name, first, last) in enumerate(tiers):
        for other, begins, ends in tiers[i + 1 :]:
            if other == name and (not ends or first <= ends) and (not last or begins <= last):
                raise UnavailableError(
                    f"{name}: its tiers for spreads with others overlap, and deltas would count twice"
                )
        net[name, f"{first}-{last}"] = sum(
            delta for key, delta in deltas.items() if key[0] == name and within(key[1], first, last)
        )
    renamed = [
        replace(
            spread,
            legs=tuple(
                replace(leg, first=f"{leg.first}-{leg.last}", last=f"{leg.first}-{leg.last}") for leg in spread.legs
            ),
        )
        for spread in spreads
    ]
    return net, renamed


def _short_option_minimum(parameters: SpanParameters, commodity: SpanCommodity, held: Mapping[str, float]) -> float:
    if commodity.som_method not in SOM_METHODS and any(one.rate for one in commodity.som_rates):
        raise UnavailableError(f"{commodity.name}: short-option method {commodity.som_method!r} is not known here")
    total = 0.0
    for tier in commodity.som_rates:
        short = {True: 0.0, False: 0.0}
        for name, size in held.items():
            contract = parameters.contracts[name]
            mine = contract.commodity == commodity.name and contract.is_option
            if mine and within(contract.expiry, tier.first, tier.last):
                short[contract.is_call] += max(-size, 0.0)
        counted = max(short.values()) if commodity.som_method == "MAX" else sum(short.values())
        total += tier.rate * counted
    return total

"""SPAN by a clearing house's own file: positions of A accounts, in contracts, against its risk arrays and rates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray
from seawall.margining.blocks.equity import per_account
from seawall.margining.blocks.usd import sums_of
from seawall.margining.models.span_portfolio.file_spreads import Deltas, Key, form_spreads, within
from seawall.margining.models.span_portfolio.rule import Risk, Scan, price_risk, scan, weighted_price_risk
from seawall.market.span_file import SpanCommodity, SpanLeg, SpanParameters, SpanSpread
from seawall.portfolio import Holdings

FLAT, WEIGHTED_PRICE_RISK = "F", "W"
"""How a spread is charged or credited: so much a spread, or a share of the legs' price risk."""
SOM_METHODS = ("GROSS", "MAX")


@dataclass(frozen=True, slots=True)
class FileRisk:
    """One combined commodity of A accounts, in its currency.

    Attributes
    ----------
    pnl
        `(A, 16)` profit and loss, cover fractions applied.
    scan
        Largest loss and the scenario that it is in.
    delta
        `(A,)` net composite delta.
    spread_charge, delivery, spread_credit, short_option_minimum
        `(A,)` charges and the credit, which is never more than the scanning risk.
    option_value
        `(A,)` long options less short ones, where premium is paid up front.
    """

    commodity: SpanCommodity
    pnl: FloatArray
    scan: Scan
    delta: FloatArray
    spread_charge: FloatArray
    delivery: FloatArray
    spread_credit: FloatArray
    short_option_minimum: FloatArray
    option_value: FloatArray

    @property
    def parts(self) -> dict[str, FloatArray]:
        """`max(scan + spread charge + delivery - credit, short-option minimum)` part by part."""
        return Risk(
            self.scan.risk, self.spread_credit, self.spread_charge, self.delivery, self.short_option_minimum
        ).parts()


def file_risks(span: SpanParameters, held: Holdings) -> dict[str, FileRisk]:
    """Return the risk of each combined commodity that A accounts hold.

    Parameters
    ----------
    span
        The file's N contracts.
    held
        Sizes in contracts; `columns` are rows of the file's contracts. Those that `refused` names make no sense here.
    """
    gains = np.ascontiguousarray(span.gains.T)
    mine: dict[str, Holdings] = {}
    for name in sorted({span.commodity[n] for n in held.columns.tolist()} & {*span.commodities}):
        members = np.array([one == name for one in span.commodity], dtype=np.bool_)
        mine[name] = held.where(members[held.columns])
    deltas: dict[Key, FloatArray] = {}
    for name, part in mine.items():
        leaning = part.sizes * span.delta[part.columns]
        which = np.array([span.expiry[n] for n in part.columns.tolist()])
        for expiry in sorted({*which.tolist()}):
            deltas[name, expiry] = per_account(part, np.where(which == expiry, leaning, 0.0))
    pnl = {name: sums_of(part, gains) for name, part in mine.items()}
    credit = _credits(span, pnl, deltas)
    found = {}
    for name, part in mine.items():
        commodity = span.commodities[name]
        charge, delivery = _charges(commodity, {key: delta for key, delta in deltas.items() if key[0] == name})
        scanned = scan(pnl[name])
        found[name] = FileRisk(
            commodity, pnl[name], scanned, _net(deltas, name), charge, delivery,
            np.minimum(credit[name], scanned.risk), _short_option_minimum(span, commodity, part),
            per_account(part, part.sizes * span.value[part.columns]),
        )  # fmt: skip
    return found


def _charges(commodity: SpanCommodity, deltas: Deltas) -> tuple[FloatArray, FloatArray]:
    """Return what spreads between expiries are charged, and what delta close to delivery is, `(A,)` each."""
    flat = [spread for spread in commodity.spreads if spread.method == FLAT]  # holders of others are refused

    def members(leg: SpanLeg) -> list[Key]:
        return sorted(key for key in deltas if key[0] == leg.commodity and within(key[1], leg.first, leg.last))

    formed, rest = form_spreads(deltas, flat, members)
    none = np.zeros(len(next(iter(deltas.values()))))
    charge = sum((one.count * one.spread.rate for one in formed), none)
    delivery = none
    for close in commodity.delivery:
        for key in deltas:
            if key[1] == close.expiry:
                before, outright = np.abs(deltas[key]), np.abs(rest[key])
                delivery = delivery + (before - outright) * close.in_spreads + outright * close.outright
    return charge, delivery


def _net(deltas: Deltas, name: str) -> FloatArray:
    return np.asarray(np.sum([delta for key, delta in deltas.items() if key[0] == name], axis=0), dtype=np.float64)


def _credits(span: SpanParameters, pnl: Mapping[str, FloatArray], deltas: Deltas) -> dict[str, FloatArray]:
    """Return each commodity's spread credit: its weighted price risk, times the delta that spreads use, times the rate.

    Net deltas by tier are what spreads between commodities use, whatever spreads within one have formed.
    """
    known = [spread for spread in spreads_between(span, {*pnl}) if spread.method == WEIGHTED_PRICE_RISK]
    net = {
        (leg.commodity, f"{leg.first}-{leg.last}"): np.asarray(np.sum([
            delta for key, delta in deltas.items()
            if key[0] == leg.commodity and within(key[1], leg.first, leg.last)
        ], axis=0), dtype=np.float64) + np.zeros(len(pnl[leg.commodity]))
        for spread in known for leg in spread.legs
    }  # fmt: skip
    weighted = {
        name: weighted_price_risk(price_risk(mine, scan(mine).active), _net(deltas, name))
        for name, mine in pnl.items()
    }  # fmt: skip
    credit = {name: np.zeros(len(mine)) for name, mine in pnl.items()}
    for one in form_spreads(net, known, lambda leg: [(leg.commodity, f"{leg.first}-{leg.last}")])[0]:
        for leg in one.spread.legs:
            more = weighted[leg.commodity] * one.count * leg.ratio * one.spread.rate
            credit[leg.commodity] = credit[leg.commodity] + more
    return credit


def spreads_between(span: SpanParameters, names: set[str]) -> list[SpanSpread]:
    """Return the spreads between commodities all of whose legs are among some commodities."""
    return [spread for spread in span.inter_spreads if {leg.commodity for leg in spread.legs} <= names]


def _short_option_minimum(span: SpanParameters, commodity: SpanCommodity, held: Holdings) -> FloatArray:
    total = np.zeros(len(held.indptr) - 1)
    sold = np.where(span.is_option[held.columns], np.maximum(-held.sizes, 0.0), 0.0)
    is_call, which = span.is_call[held.columns], [span.expiry[n] for n in held.columns.tolist()]
    for tier in commodity.som_rates:
        mine = np.array([within(expiry, tier.first, tier.last) for expiry in which], dtype=np.bool_)
        calls, puts = (per_account(held, np.where(mine & side, sold, 0.0)) for side in (is_call, ~is_call))
        total = total + tier.rate * (np.maximum(calls, puts) if commodity.som_method == "MAX" else calls + puts)
    return total


def refused(span: SpanParameters, names: Sequence[str]) -> dict[int, str]:
    """Return the contracts that the file says too little of, or something that is not known here, each with why."""
    whole = {name: _not_known(commodity) for name, commodity in span.commodities.items()}
    reasons = {}
    for n, commodity in enumerate(span.commodity):
        why = whole.get(commodity, "the file links it to no combined commodity")
        if not why and np.isnan(span.delta[n]):
            why = "the file has no composite delta of it"
        if not why and np.isnan(span.value[n]):
            why = "the file has no price or no contract value factor of it, and its premium is paid up front"
        if why:
            reasons[n] = f"{names[n]}: {why}"
    return reasons


def _not_known(commodity: SpanCommodity) -> str:
    """Return what of a commodity's rules is not known here; empty where all is."""
    for spread in commodity.spreads:
        if spread.method != FLAT:
            return f"spread {spread.priority} of {commodity.name} has method {spread.method!r}; {FLAT!r} is known"
    if commodity.som_method not in SOM_METHODS and any(one.rate for one in commodity.som_rates):
        return f"short-option method {commodity.som_method!r} of {commodity.name} is not known"
    return ""


def refused_accounts(span: SpanParameters, held: Holdings) -> dict[int, str]:
    """Return the accounts whose commodities meet in a spread that is not known here, by row, each with why."""
    count = len(held.indptr) - 1
    holds: dict[str, BoolArray] = {}
    for name in {span.commodity[n] for n in held.columns.tolist()}:
        mine = held.where(np.array([one == name for one in span.commodity], dtype=np.bool_)[held.columns])
        holds[name] = np.asarray(np.diff(mine.indptr) > 0, dtype=np.bool_)
    reasons: dict[int, str] = {}
    tiers: dict[tuple[str, str, str], BoolArray] = {}
    for spread in spreads_between(span, {*holds}):
        together = np.all([holds[leg.commodity] for leg in spread.legs] or [np.zeros(count, np.bool_)], axis=0)
        if spread.method != WEIGHTED_PRICE_RISK:
            rule = f"its method is {spread.method!r}; {WEIGHTED_PRICE_RISK!r} is known"
            _note(reasons, together, f"spread {spread.priority} between commodities: {rule}")
        for leg in spread.legs:
            key = (leg.commodity, leg.first, leg.last)
            tiers[key] = tiers.get(key, np.zeros(count, np.bool_)) | together
    ordered = sorted(tiers)
    for i, (name, first, last) in enumerate(ordered):
        for other, begins, ends in ordered[i + 1 :]:
            if other == name and (not ends or first <= ends) and (not last or begins <= last):
                why = f"{name}: its tiers for spreads with others overlap, and deltas would count twice"
                _note(reasons, tiers[name, first, last] & tiers[other, begins, ends], why)
    return reasons


def _note(reasons: dict[int, str], accounts: BoolArray, why: str) -> None:
    for a in np.flatnonzero(accounts).tolist():
        reasons.setdefault(a, why)

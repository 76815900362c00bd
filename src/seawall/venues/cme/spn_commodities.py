"""Combined commodities of a parameter file: what belongs to them, their tiers, spreads and rates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from seawall.margining.models.span_portfolio.parameters import (
    SpanCommodity,
    SpanDelivery,
    SpanLeg,
    SpanSpread,
    SpanTierRate,
)
from seawall.venues.cme.spn_numbers import Findings
from seawall.venues.cme.xml_tree import Node

Tiers = Mapping[str, tuple[str, str]]
"""First and last expiry of each tier, by its number."""
INTRA, INTER, SHORT_OPTIONS = "intraTiers", "interTiers", "somTiers"
LEGS = ("pLeg", "tLeg", "sLeg", "rpLeg")
"""Elements that hold a leg: a period's, a tier's, and two that are not read."""


@dataclass(frozen=True, slots=True)
class Read:
    """A combined commodity and its tiers for spreads with others."""

    commodity: SpanCommodity
    inter_tiers: Tiers


def read_commodities(house: Node, findings: Findings) -> tuple[dict[str, Read], dict[tuple[str, str, str], str]]:
    """Return the combined commodities by name, and which one each product belongs to.

    A product is found by exchange, type and id; where a commodity names no products, by a code that is its own name.
    """
    found: dict[str, Read] = {}
    links: dict[tuple[str, str, str], str] = {}
    for node in house.all("ccDef"):
        name = node.text_of("cc")
        if not name or name in found:
            findings.add("cc", name, "each combined commodity has a name of its own", node)
            continue
        linked = list(node.all("pfLink"))
        for link in linked:
            links[link.text_of("exch"), link.text_of("pfType"), link.text_of("pfId")] = name
        if not linked:
            links["", "", name] = name
        intra = {name: _tiers(node, INTRA)}
        found[name] = Read(
            SpanCommodity(
                name, node.text_of("currency"), node.text_of("somMeth", "GROSS") or "GROSS",
                tuple(_rates(node, findings)), tuple(_spreads(node, intra, name, findings)),
                tuple(_delivery(node, findings)),
            ),
            _tiers(node, INTER),
        )  # fmt: skip
    return found, links


def read_spreads(node: Node, commodities: Mapping[str, Read], findings: Findings) -> Iterator[SpanSpread]:
    """Yield the spreads between combined commodities."""
    return _spreads(node, {name: one.inter_tiers for name, one in commodities.items()}, "", findings)


def _tiers(node: Node, group: str) -> dict[str, tuple[str, str]]:
    return {
        tier.text_of("tn", "0"): (tier.text_of("sPe"), tier.text_of("ePe"))
        for part in node.all(group)
        for tier in part.all("tier")
    }


def _rates(node: Node, findings: Findings) -> Iterator[SpanTierRate]:
    for part in node.all(SHORT_OPTIONS):
        for tier in part.all("tier"):
            rate = tier.first("rate")
            amount = findings.number(tier if rate is None else rate, "val")
            yield SpanTierRate(tier.text_of("sPe"), tier.text_of("ePe"), amount)


def _delivery(node: Node, findings: Findings) -> Iterator[SpanDelivery]:
    for rate in node.all("spotRate"):
        yield SpanDelivery(
            rate.text_of("pe"), findings.number(rate, "sprd", default=0.0), findings.number(rate, "outr", default=0.0)
        )


def _spreads(node: Node, tiers: Mapping[str, Tiers], own: str, findings: Findings) -> Iterator[SpanSpread]:
    for spread in node.all("dSpread"):
        rate = spread.first("rate")
        amount = findings.number(spread if rate is None else rate, "val")
        legs = tuple(_leg(leg, tiers, own, findings) for leg in spread.children if leg.tag in LEGS)
        sides = {leg.side for leg in legs}
        if sides != {"A", "B"}:
            findings.add("rs", "".join(sorted(sides)), "a spread has legs of sides A and B", spread)
        priority = findings.number(spread, "spread")
        yield SpanSpread(int(priority) if priority == priority else 0, spread.text_of("chargeMeth"), amount, legs)


def _leg(leg: Node, tiers: Mapping[str, Tiers], own: str, findings: Findings) -> SpanLeg:
    commodity = leg.text_of("cc", own) or own
    ratio = findings.number(leg, "i", default=1.0)
    if not ratio > 0.0:
        findings.add("i", ratio, "a leg's delta for each spread is above zero", leg)
        ratio = 1.0
    if leg.tag == "pLeg":
        first = last = leg.text_of("pe")
        if not first:
            findings.add("pe", first, "a period's leg names its expiry", leg)
    elif leg.tag == "tLeg":
        known, tier = tiers.get(commodity, {}), leg.text_of("tn", "0")
        first, last = known.get(tier, ("", ""))
        if tier not in known and known:
            findings.add("tn", tier, f"{commodity} has tiers {', '.join(sorted(known))}", leg)
    else:
        findings.add(leg.tag, leg.text_of("cc"), "legs are of a period (pLeg) or of a tier (tLeg)", leg)
        first = last = ""
    return SpanLeg(commodity, first, last, leg.text_of("rs"), ratio)

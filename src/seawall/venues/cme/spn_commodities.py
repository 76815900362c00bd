"""Combined commodities of a parameter file: what belongs to them, their tiers, spreads and rates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from seawall.market.span_file import (
    SpanCommodity,
    SpanDelivery,
    SpanLeg,
    SpanSpread,
    SpanTierRate,
)
from seawall.venues.cme.spn_numbers import Findings
from seawall.venues.cme.xml_tree import text_of

Tiers = Mapping[str, tuple[str, str]]
"""First and last expiry of each tier, by its number."""
INTRA, INTER, SHORT_OPTIONS = "intraTiers", "interTiers", "somTiers"
SMALLEST_RATIO = 1e-9
LEGS = ("pLeg", "tLeg", "sLeg", "rpLeg")
"""Elements that hold a leg: a period's, a tier's, and two that are not read."""


@dataclass(frozen=True, slots=True)
class Read:
    """A combined commodity and its tiers for spreads with others."""

    commodity: SpanCommodity
    inter_tiers: Tiers


def read_commodities(house: Element, findings: Findings) -> tuple[dict[str, Read], dict[tuple[str, str, str], str]]:
    """Return the combined commodities by name, and which one each product belongs to.

    A product is found by exchange, type and id; where a commodity names no products, by a code that is its own name.
    """
    found: dict[str, Read] = {}
    links: dict[tuple[str, str, str], str] = {}
    for node in house.findall("ccDef"):
        name = text_of(node, "cc")
        if not name or name in found:
            findings.add("cc", name, "each combined commodity has a name of its own", node)
            continue
        for word in (name, text_of(node, "currency")):
            findings.check_name(word, node)
        linked = list(node.findall("pfLink"))
        for link in linked:
            links[text_of(link, "exch"), text_of(link, "pfType"), text_of(link, "pfId")] = name
        if not linked:
            links["", "", name] = name
        intra = {name: _tiers(node, INTRA)}
        found[name] = Read(
            SpanCommodity(
                name, text_of(node, "currency"), text_of(node, "somMeth", "GROSS") or "GROSS",
                tuple(_rates(node, findings)), tuple(_spreads(node, intra, name, findings)),
                tuple(_delivery(node, findings)),
            ),
            _tiers(node, INTER),
        )  # fmt: skip
    return found, links


def read_spreads(node: Element, commodities: Mapping[str, Read], findings: Findings) -> Iterator[SpanSpread]:
    """Yield the spreads between combined commodities."""
    return _spreads(node, {name: one.inter_tiers for name, one in commodities.items()}, "", findings)


def _tiers(node: Element, group: str) -> dict[str, tuple[str, str]]:
    return {
        text_of(tier, "tn", "0"): (text_of(tier, "sPe"), text_of(tier, "ePe"))
        for part in node.findall(group)
        for tier in part.findall("tier")
    }


def _rates(node: Element, findings: Findings) -> Iterator[SpanTierRate]:
    for part in node.findall(SHORT_OPTIONS):
        for tier in part.findall("tier"):
            rate = tier.find("rate")
            amount = findings.number(tier if rate is None else rate, "val")
            yield SpanTierRate(text_of(tier, "sPe"), text_of(tier, "ePe"), amount)


def _delivery(node: Element, findings: Findings) -> Iterator[SpanDelivery]:
    for rate in node.findall("spotRate"):
        yield SpanDelivery(
            text_of(rate, "pe"), findings.number(rate, "sprd", default=0.0), findings.number(rate, "outr", default=0.0)
        )


def _spreads(node: Element, tiers: Mapping[str, Tiers], own: str, findings: Findings) -> Iterator[SpanSpread]:
    for spread in node.findall("dSpread"):
        rate = spread.find("rate")
        amount = findings.number(spread if rate is None else rate, "val")
        legs = tuple(_leg(leg, tiers, own, findings) for leg in spread if leg.tag in LEGS)
        sides = {leg.side for leg in legs}
        if sides != {"A", "B"}:
            findings.add("rs", "".join(sorted(sides)), "a spread has legs of sides A and B", spread)
        priority = findings.number(spread, "spread")
        yield SpanSpread(int(priority) if priority == priority else 0, text_of(spread, "chargeMeth"), amount, legs)


def _leg(leg: Element, tiers: Mapping[str, Tiers], own: str, findings: Findings) -> SpanLeg:
    commodity = text_of(leg, "cc", own) or own
    ratio = findings.number(leg, "i", default=1.0)
    if not ratio >= SMALLEST_RATIO:
        findings.add("i", ratio, f"a leg's delta for each spread is at least {SMALLEST_RATIO:g}", leg)
        ratio = 1.0
    if leg.tag == "pLeg":
        first = last = text_of(leg, "pe")
        if not first:
            findings.add("pe", first, "a period's leg names its expiry", leg)
    elif leg.tag == "tLeg":
        known, tier = tiers.get(commodity, {}), text_of(leg, "tn", "0")
        first, last = known.get(tier, ("", ""))
        if tier not in known and known:
            findings.add("tn", tier, f"{commodity} has tiers {', '.join(sorted(known))}", leg)
    else:
        findings.add(leg.tag, text_of(leg, "cc"), "legs are of a period (pLeg) or of a tier (tLeg)", leg)
        first = last = ""
    return SpanLeg(commodity, first, last, text_of(leg, "rs"), ratio)

"""SPAN's XML parameter file, format 4.00: products, series and contracts with risk arrays; commodities and spreads."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from seawall.core.errors import InputError, Problem
from seawall.margining.models.span_portfolio.parameters import NO_EXPIRY, SpanContract, SpanParameters
from seawall.margining.models.span_portfolio.points import COUNT
from seawall.venues.cme.spn_commodities import read_commodities, read_spreads
from seawall.venues.cme.spn_numbers import Findings
from seawall.venues.cme.xml_tree import Node, parse_xml

PRODUCTS = {"phyPf": "PHY", "futPf": "FUT", "oopPf": "OOP", "oofPf": "OOF", "ooePf": "OOE"}
"""Elements of products, and the type that links name them by."""
CONTRACTS = {"PHY": "phy", "FUT": "fut"}
FUTURES_STYLE = "FUT"
"""Valuation of what is settled daily: nothing is paid up front."""
FORMAT = "4.00"


def read_spn(content: bytes | Path, *, name: str = "") -> SpanParameters:
    """Return what a parameter file says.

    Parameters
    ----------
    content
        The file's bytes, or where it is.
    name
        What to call it in messages.

    Raises
    ------
    InputError
        When it is no such file; every problem is listed with its line.
    """
    if isinstance(content, Path):
        return read_spn(content.read_bytes(), name=name or content.name)
    root = parse_xml(content, name=name or "span file")
    findings = Findings(name or "span file")
    if root.tag != "spanFile":
        raise InputError(Problem("root", root.tag, "a SPAN parameter file begins with spanFile", where=findings.name))
    if root.text_of("fileFormat") != FORMAT:
        rule = f"this is read: format {FORMAT}"
        raise InputError(Problem("fileFormat", root.text_of("fileFormat"), rule, where=findings.name))
    point = root.first("pointInTime")
    house = None if point is None else point.first("clearingOrg")
    if point is None or house is None:
        rule = "a parameter file has pointInTime and in it clearingOrg"
        raise InputError(Problem("clearingOrg", None, rule, where=findings.name))
    commodities, links = read_commodities(house, findings)
    contracts: dict[str, SpanContract] = {}
    for exchange in house.all("exchange"):
        for contract in _exchange(exchange, links, findings):
            if contract.name in contracts:
                findings.add("contract", contract.name, "a file names a contract once", exchange)
            contracts[contract.name] = contract
    inter = [spread for part in house.all("interSpreads") for spread in read_spreads(part, commodities, findings)]
    findings.raise_any()
    return SpanParameters(
        point.text_of("date") or root.text_of("date"), house.text_of("ec"),
        {key: one.commodity for key, one in commodities.items()}, contracts, tuple(inter),
    )  # fmt: skip


def _exchange(exchange: Node, links: dict[tuple[str, str, str], str], findings: Findings) -> Iterator[SpanContract]:
    place = exchange.text_of("exch")
    for product in exchange.children:
        kind = PRODUCTS.get(product.tag)
        if kind is None:
            continue
        code = product.text_of("pfCode")
        commodity = links.get((place, kind, product.text_of("pfId")), links.get(("", "", code), ""))
        path = f"{place}/{kind}/{code}"
        if kind in CONTRACTS:
            for one in product.all(CONTRACTS[kind]):
                if one.first("ra") is not None:
                    yield _contract(one, f"{path}/{_expiry(one)}", commodity, _expiry(one), 0.0, findings)
            continue
        factor = findings.number(product, "cvf", default=1.0)
        paid = product.text_of("valueMeth", "EQTY") != FUTURES_STYLE
        for series in product.all("series"):
            size = findings.number(series, "cvf", default=factor)
            for option in series.all("opt"):
                side, strike = option.text_of("o"), findings.number(option, "k")
                if side not in ("C", "P"):
                    findings.add("o", side, "an option is C or P", option)
                named = f"{path}/{_expiry(series)}/{strike:.12g}{side}"
                worth = findings.number(option, "p", default=0.0) * findings.number(option, "cvf", default=size)
                yield _contract(
                    option, named, commodity, _expiry(series), worth if paid else 0.0, findings, side=side
                )  # fmt: skip


def _expiry(node: Node) -> str:
    return node.text_of("pe", NO_EXPIRY)


def _contract(
    node: Node, named: str, commodity: str, expiry: str, worth: float, findings: Findings, *, side: str = ""
) -> SpanContract:
    array = node.first("ra")
    losses = [] if array is None else [findings.text_number(one) for one in array.all("a")]
    if len(losses) != COUNT:
        findings.add("ra", len(losses), f"a risk array has {COUNT} values", node)
        losses = [math.nan] * COUNT
    delta = findings.number(array or node, "d", default=findings.number(node, "d", default=0.0))
    scale = findings.number(node, "sc", default=1.0)
    return SpanContract(
        named, commodity, expiry, 0.0 - np.array(losses), delta * scale, worth, bool(side), side == "C"
    )  # fmt: skip

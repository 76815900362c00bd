"""SPAN's XML parameter file, format 4.00: products, series and contracts with risk arrays; commodities and spreads."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element

import numpy as np

from seawall.core.errors import InputError, Problem
from seawall.instruments import InstrumentTable, Kind
from seawall.market import MarketSnapshot
from seawall.market.checks import LARGEST_PRICE, SMALLEST_PRICE
from seawall.market.span_file import NO_EXPIRY, SCENARIOS_COUNT, SpanParameters
from seawall.portfolio.book import LARGEST_AMOUNT
from seawall.venues.cme.spn_commodities import read_commodities, read_spreads
from seawall.venues.cme.spn_dates import day_ns, expiry_ns
from seawall.venues.cme.spn_numbers import Findings
from seawall.venues.cme.xml_tree import parse_xml, text_of

PRODUCTS = {"phyPf": "PHY", "futPf": "FUT", "oopPf": "OOP", "oofPf": "OOF", "ooePf": "OOE"}
"""Elements of products, and the type that links name them by."""
CONTRACTS = {"PHY": "phy", "FUT": "fut"}
KINDS = {"PHY": Kind.PERPETUAL, "FUT": Kind.FUTURE}
"""What is no option: the physical product never expires, and its gains are paid like a perpetual's."""
FUTURES_STYLE = "FUT"
"""Valuation of what is settled daily: nothing is paid up front."""
FORMAT = "4.00"
NO_CURRENCY = "UNSTATED"
"""The currency of contracts that the file links to no commodity, and of commodities without one."""
NOTE = (
    "A size is in contracts, and a price is that of a whole contract: the file's price times its contract value factor."
)


@dataclass(frozen=True, slots=True)
class _Contract:
    """One contract as it is read; `price` is that of a whole one."""

    name: str
    kind: Kind
    commodity: str
    product: str
    expiry: str
    settles: str
    gains: list[float]
    delta: float
    price: float
    paid: bool
    strike: float = math.nan
    is_call: bool = False


def read_spn(content: bytes, *, name: str = "") -> MarketSnapshot:
    """Return the market that a parameter file describes: its contracts with their risk arrays.

    Parameters
    ----------
    content
        The file's bytes.
    name
        What to call it.

    Raises
    ------
    InputError
        When it is no such file; every problem is listed with its line.
    """
    where = name or "span file"
    root = parse_xml(content, name=where)
    findings = Findings(where)
    if root.tag != "spanFile":
        raise InputError(Problem("root", root.tag, "a SPAN parameter file begins with spanFile", where=where))
    if text_of(root, "fileFormat") != FORMAT:
        rule = f"this is read: format {FORMAT}"
        raise InputError(Problem("fileFormat", text_of(root, "fileFormat"), rule, where=where))
    point = root.find("pointInTime")
    house = None if point is None else point.find("clearingOrg")
    if point is None or house is None:
        rule = "a parameter file has pointInTime and in it clearingOrg"
        raise InputError(Problem("clearingOrg", None, rule, where=where))
    day = text_of(point, "date") or text_of(root, "date")
    if (time_ns := day_ns(day)) is None:
        findings.add("date", day, "a file is of a day, YYYYMMDD", point)
    organisation = text_of(house, "ec")
    findings.check_name(organisation, house)
    commodities, links = read_commodities(house, findings)
    contracts: dict[str, _Contract] = {}
    for exchange in house.findall("exchange"):
        for contract in _exchange(exchange, links, findings):
            if contract.name in contracts:
                findings.add("contract", contract.name, "a file names a contract once", exchange)
            findings.check_name(contract.name, exchange)
            contracts[contract.name] = contract
    inter = [spread for part in house.findall("interSpreads") for spread in read_spreads(part, commodities, findings)]
    if not contracts:
        findings.add("contract", None, "a file has contracts with risk arrays", house)
    findings.raise_any(content, root)
    assert time_ns is not None, "a day that is none was found above"
    rows, kept = list(contracts.values()), {key: one.commodity for key, one in commodities.items()}
    currency = {key: one.currency or NO_CURRENCY for key, one in kept.items()}
    span = SpanParameters(
        tuple(row.commodity for row in rows), tuple(row.expiry for row in rows),
        np.array([row.gains for row in rows]).reshape(-1, SCENARIOS_COUNT), np.array([row.delta for row in rows]),
        np.array([row.price if row.paid else 0.0 for row in rows]),
        np.array([row.kind == Kind.OPTION for row in rows]), np.array([row.is_call for row in rows]), kept,
        tuple(inter),
    )  # fmt: skip
    price = np.array([row.price for row in rows])
    least = np.where(span.is_option, 0.0, SMALLEST_PRICE)
    return MarketSnapshot.of(
        _table(rows, currency, time_ns), name=where, venue=f"SPAN {organisation}".strip(),
        source=f"SPAN parameter file of {organisation or 'an unnamed house'}, {day}", time_ns=time_ns, index={},
        mark=np.where((price >= least) & (price <= LARGEST_PRICE), price, np.nan), notes=[NOTE], span=span,
    )  # fmt: skip


def _table(rows: list[_Contract], currency: Mapping[str, str], time_ns: int) -> InstrumentTable:
    settles = tuple(currency.get(row.commodity, NO_CURRENCY) for row in rows)
    bases = (row.commodity or row.product or NO_CURRENCY for row in rows)
    strike = np.array([row.strike for row in rows])
    ends = {pair: expiry_ns(*pair, time_ns) for pair in {(row.expiry, row.settles) for row in rows}}
    return InstrumentTable(
        names=tuple(row.name for row in rows),
        kind=np.array([row.kind for row in rows], dtype=np.int8),
        underlying=tuple(
            f"{base} underlying" if base == paid else base for base, paid in zip(bases, settles, strict=True)
        ),
        quote=settles,
        settlement=settles,
        strike=np.where(strike >= SMALLEST_PRICE, strike, np.nan),  # a spread's may be below zero, and no rule reads it
        expiry_ns=np.array([ends[row.expiry, row.settles] for row in rows], dtype=np.int64),
        is_call=np.array([row.is_call for row in rows]),
        inverse=np.zeros(len(rows), np.bool_),
        contract_size=np.ones(len(rows)),
        lot=np.zeros(len(rows)),
    )  # fmt: skip


def _exchange(exchange: Element, links: dict[tuple[str, str, str], str], findings: Findings) -> Iterator[_Contract]:
    place = text_of(exchange, "exch")
    for product in exchange:
        kind = PRODUCTS.get(product.tag)
        if kind is None:
            continue
        code = text_of(product, "pfCode")
        commodity = links.get((place, kind, text_of(product, "pfId")), links.get(("", "", code), ""))
        path = f"{place}/{kind}/{code}"
        factor = findings.number(product, "cvf", default=math.nan)
        if kind in CONTRACTS:
            for one in product.findall(CONTRACTS[kind]):
                if one.find("ra") is not None:
                    expiry = text_of(one, "pe", NO_EXPIRY)
                    yield _Contract(
                        f"{path}/{expiry}", KINDS[kind], commodity, code, expiry, text_of(one, "setlDate"),
                        *_array(one, findings), _price(one, factor, findings), paid=False,
                    )  # fmt: skip
            continue
        paid = text_of(product, "valueMeth", "EQTY") != FUTURES_STYLE
        for series in product.findall("series"):
            size = findings.number(series, "cvf", default=factor)
            expiry, settles = text_of(series, "pe", NO_EXPIRY), text_of(series, "setlDate")
            for option in series.findall("opt"):
                side, strike = text_of(option, "o"), findings.number(option, "k")
                if side not in ("C", "P"):
                    findings.add("o", side, "an option is C or P", option)
                yield _Contract(
                    f"{path}/{expiry}/{strike:.12g}{side}", Kind.OPTION, commodity, code, expiry, settles,
                    *_array(option, findings), _price(option, size, findings), paid, strike, side == "C",
                )  # fmt: skip


def _price(node: Element, factor: float, findings: Findings) -> float:
    """Return what a whole contract is worth; NaN where the file has no price of it or no contract value factor."""
    return findings.number(node, "p", default=math.nan) * findings.number(node, "cvf", default=factor)


def _array(node: Element, findings: Findings) -> tuple[list[float], float]:
    """Return the profit of one long in each scenario, and the composite delta; NaN where the file has none."""
    array = node.find("ra")
    texts = [] if array is None else [one.text or "" for one in array.findall("a")]
    if array is None or len(texts) != SCENARIOS_COUNT:
        findings.add("ra", len(texts), f"a risk array has {SCENARIOS_COUNT} values", node)
        return [math.nan] * SCENARIOS_COUNT, math.nan
    gains = _negated(texts)
    if not max(map(abs, gains)) <= LARGEST_AMOUNT or math.isnan(sum(gains)):
        gains = [0.0 - findings.text_number(one) for one in array.findall("a")]
    delta = findings.number(array, "d", default=findings.number(node, "d", default=math.nan))
    return gains, delta * findings.number(node, "sc", default=1.0)


def _negated(texts: list[str]) -> list[float]:
    """Return losses as profit; NaN where one is no number. A file holds these by the million."""
    try:
        return [math.nan] if "_" in "".join(texts) else [0.0 - number for number in map(float, texts)]
    except ValueError:
        return [math.nan]

"""Derive's StandardManager against the contract's own tests: both margins, mark to market, oracle contingency."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from seawall.margining import evaluate
from seawall.policy import MarginPolicy, at
from tests.vectors import derive_market as made_of
from tests.vectors.case import Case, Document, Finding, each, not_understood, strangers
from tests.vectors.derive_market import Made, close, strangers_in, whole

TOLERANCE = 1e-9
"""Of the number or of one dollar: the contract keeps 18 decimals."""
POLICY = "derive/sm/2026-01-21"

CASE = ("name", "account", "market", "params", "expected")
ACCOUNT = ("cash", "perps", "bases", "options")
PERP = ("underlying", "amount", "entry", "price", "confidence", "unrealised_pnl", "unsettled_funding")
BASE = ("underlying", "amount")
OPTION = ("underlying", "sec_to_expiry", "expiry", "strike", "type", "amount", "mark_vol", "vol_confidence")
MARKET = ("stable", "underlyings", "expiries")
UNDERLYING = ("spot", "spot_confidence", "perp_price", "perp_confidence")
EXPIRY = (
    "underlying", "sec_to_expiry", "expiry", "forward", "forward_fixed", "forward_variable", "forward_confidence",
    "vol_confidence", "rate", "rate_confidence",
)  # fmt: skip
GENERAL = {
    "oracle": {
        "perp_threshold": "perp_conf_threshold", "option_threshold": "option_conf_threshold",
        "base_threshold": "base_conf_threshold", "factor": "conf_factor",
    },
    "depeg": {"threshold": "depeg_threshold", "factor": "depeg_factor"},
}  # fmt: skip
GROUPS = ("option", "perp", "oracle", "depeg", "base")
NETS = {"im": "net_initial_margin", "mm": "net_maintenance_margin"}
CUT = {"im_trunc": "im", "mm_trunc": "mm"}
OTHERS = ("mtm", "mtm_with_cash", "oracle_contingency")


def read(document: Document) -> Iterator[Finding]:
    yield from strangers(document, ("cases", "params"))
    shared = document.get("params") or {}

    def one(name: str, case: Any) -> Iterator[Finding]:
        yield from _case(name, {"params": shared} | case)

    yield from each(document, one, named_by=("name",))


def _case(name: str, case: Mapping[str, Any]) -> Iterator[Finding]:
    yield from strangers_in(name, case, CASE)
    account, market, expected = case["account"], case["market"], case["expected"]
    yield from _keys(name, case)
    made = _made(account, market)
    policy = _policy(case["params"], [base.upper() for base in market["underlyings"]])
    [margins] = evaluate(made.book(), made.snapshot(), [policy], check_lots=False)
    [row] = list(margins)
    if row.unavailable:
        yield not_understood(name, row.unavailable)
        return
    yield from strangers_in(f"{name} expected", expected, (*NETS, *CUT, *OTHERS))
    nets = {field: float(margins.requirement.native[ours][0]) for field, ours in NETS.items()}
    ours = nets | {"mtm": row.equity, "mtm_with_cash": row.equity}
    for field, amount in ours.items():
        if field in expected:
            yield close(f"{name} {field}", amount, expected[field], TOLERANCE)
    for field, cut in CUT.items():
        if field in expected:
            yield whole(f"{name} {field}", nets[cut], expected[field])
    if "oracle_contingency" in expected:  # a charge, whichever sign it is printed with
        charge = margins.explain().detail.figures["oracle_contingency"]
        yield close(f"{name} oracle_contingency", abs(charge), abs(expected["oracle_contingency"]), TOLERANCE)
    yield close(f"{name} available", row.equity - row.initial_margin, nets["im"], TOLERANCE)
    yield close(f"{name} above maintenance", row.equity - row.maintenance_margin, nets["mm"], TOLERANCE)


def _keys(name: str, case: Mapping[str, Any]) -> Iterator[Case]:
    account, market = case["account"], case["market"]
    yield from strangers_in(f"{name} account", account, ACCOUNT)
    yield from strangers_in(f"{name} market", market, MARKET)
    yield from strangers_in(f"{name} params", case["params"], GROUPS)
    for base, facts in market["underlyings"].items():
        yield from strangers_in(f"{name} {base}", facts, UNDERLYING)
    for rows, known in (
        (account.get("perps", ()), PERP), (account.get("bases", ()), BASE), (account.get("options", ()), OPTION),
        (market.get("expiries", ()), EXPIRY),
    ):  # fmt: skip
        for row in rows:
            yield from strangers_in(name, row, known)


def _policy(params: Mapping[str, Any], bases: list[str]) -> MarginPolicy:
    """Return a policy in which every market of the case has the case's numbers."""
    settings: dict[str, object] = {
        f"general.{ours}": params[group][theirs]
        for group, names in GENERAL.items()
        for theirs, ours in names.items()
        if theirs in params[group]
    }
    for base in bases:
        for group in ("option", "perp"):
            settings |= {f"market.{base.lower()}.{group}.{name}": x for name, x in params[group].items()}
        settings |= {f"collateral.{base.lower()}.{name}": x for name, x in params["base"].items()}
    return made_of.policy_for(at(POLICY), settings, without=("market.", "collateral."))


def _made(account: Mapping[str, Any], market: Mapping[str, Any]) -> Made:
    made = Made(index={made_of.CASH: float(market["stable"])})
    made.own(made_of.CASH, float(account.get("cash", 0.0)))
    facts = {base.upper(): row for base, row in market["underlyings"].items()}
    for base, row in facts.items():
        made.index[base] = float(row["spot"])
        made.index_confidence[base] = float(row.get("spot_confidence", made_of.SURE))
    for held in account.get("bases", ()):
        made.own(held["underlying"].upper(), float(held["amount"]))
    for perp in account.get("perps", ()):
        base = perp["underlying"].upper()
        price = float(perp["price"] if "price" in perp else facts[base]["perp_price"])
        confidence = float(perp.get("confidence", facts[base].get("perp_confidence", made_of.SURE)))
        made_of.add_perpetual(made, base, float(perp["amount"]), price, confidence, float(perp.get("entry", math.nan)))
        made.own(made_of.CASH, float(perp.get("unrealised_pnl", 0.0)) + float(perp.get("unsettled_funding", 0.0)))
    for option in account.get("options", ()):
        expiry = made_of.expiry_of(option, market.get("expiries", ()))
        made_of.add_option(made, option["underlying"].upper(), option, expiry)
    return made

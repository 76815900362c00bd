"""Derive's portfolio managers against the contract's own tests: every scenario, every figure, both margins."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from seawall.core.errors import InputError
from seawall.core.time import iso
from seawall.margining import AccountMargin, Margins, evaluate
from seawall.margining.model import Detail, RiskArray
from seawall.market.svi import Svi
from seawall.policy import MarginPolicy, at
from tests.vectors import derive_market as made_of
from tests.vectors.case import Case, Document, Finding, each, not_understood, same, strangers
from tests.vectors.derive_market import Made, close, flat, strangers_in, whole

TOLERANCE = 1e-9
"""Of the number or of one dollar: the contract keeps 18 decimals, and its own tests compare to 1e-8."""
FIRST_TOLERANCE = 1e-10
SVI_TOLERANCE = 1e-9
LARGEST_VARIANCE = 20.0
"""Over the life of a smile: where the tests' volatilities are cut. The parameter page says 144."""
CLIP = 4.0
"""Standard deviations beyond which the contract's smile is flat."""
FIRST, SECOND = "derive/pmrm/2026-01-21", "derive/pmrm2/2026-01-21"
BASES = ("BTC", "ETH", "SOL", "HYPE")
"""Names for the underlying, of which a case takes the first that its collateral does not have."""
CORE_MOVE = 0.18001
"""Moves beyond the standard grid of the second manager's tests are its tails."""

CASE = ("name", "account", "market", "params", "expected", "skip")
ACCOUNT = ("cash", "perp", "perps", "base", "collaterals", "options")
PERP = ("amount", "price", "confidence", "unrealised_pnl", "unsettled_funding", "entry")
OPTION = ("sec_to_expiry", "expiry", "strike", "type", "amount", "mark_vol", "vol_confidence")
COLLATERAL = ("name", "amount", "price", "confidence", "risk_cancelling", "mm_haircut", "im_haircut_extra")
MARKET = ("spot", "spot_confidence", "stable", "perp_price", "perp_confidence", "expiries")
EXPIRY = (
    "sec_to_expiry", "expiry", "forward", "forward_fixed", "forward_variable", "forward_confidence", "rate",
    "rate_confidence", "vol_confidence", "svi",
)  # fmt: skip
NETS = {"im": "net_initial_margin", "mm": "net_maintenance_margin"}
CUT = {"im_trunc": "im", "mm_trunc": "mm"}
FIGURES = (
    "basis_contingency", "option_mtm", "collateral_mtm", "oracle_contingency", "perp_contingency", "base_contingency",
    "option_contingency", "mm_perp_contingency", "im_perp_contingency_extra", "mm_collateral_contingency",
    "im_collateral_contingency_extra", "mm_option_contingency", "im_option_contingency_extra", "im_factor", "mm_factor",
    "min_span",
)  # fmt: skip
BY_EXPIRY = ("option_mtm_per_expiry", "discount_factors_long_short_per_expiry")
BY_OPTION = ("vol_shock_up_mult", "vol_shock_down_mult")
OTHERS = ("scenario_pnl", "worst", "mtm_with_cash", "mtm", "equity")


def read(document: Document) -> Iterator[Finding]:
    yield from strangers(document, ("cases", "params"))
    shared = document.get("params") or {}

    def one(name: str, case: Any) -> Iterator[Finding]:
        yield from _case(name, {"params": shared} | case)

    yield from each(document, one, named_by=("name",))


def _case(name: str, case: Mapping[str, Any]) -> Iterator[Finding]:
    yield from strangers_in(name, case, CASE)
    account, market, params = case["account"], case["market"], case["params"]
    yield from _keys(name, account, market)
    second = "discount_long" in params
    base = next(b for b in BASES if b not in {held["name"].upper() for held in account.get("collaterals", ())})
    policy, refused = _policy(params, account, base, second=second)
    if refused is not None:
        yield same(f"{name} refuses a skew scenario that moves the price", refused, True)
    made = _made(account, market, base)
    yield from _smiles(name, account, market)
    [margins] = evaluate(made.book(), made.snapshot(), [policy], check_lots=False)
    yield from _compared(name, case["expected"], margins, case, base, moved=refused is not None)


def _keys(name: str, account: Mapping[str, Any], market: Mapping[str, Any]) -> Iterator[Case]:
    yield from strangers_in(f"{name} account", account, ACCOUNT)
    yield from strangers_in(f"{name} market", market, MARKET)
    for perp in _perps(account):
        yield from strangers_in(f"{name} perpetual", perp, PERP)
    for option in account.get("options", ()):
        yield from strangers_in(f"{name} option", option, OPTION)
    for held in account.get("collaterals", ()):
        yield from strangers_in(f"{name} collateral", held, COLLATERAL)
    for expiry in market.get("expiries", ()):
        yield from strangers_in(f"{name} expiry", expiry, EXPIRY)


def _perps(account: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [*([account["perp"]] if account.get("perp") else ()), *account.get("perps", ())]


def _policy(
    params: Mapping[str, Any], account: Mapping[str, Any], base: str, *, second: bool
) -> tuple[MarginPolicy, bool | None]:
    """Return the policy of a case; where a skew scenario moves the price, whether we refuse it as the contract does.

    Such a case goes on with the price left alone, for the margins that its file states hold all the same.
    """
    listed = params["scenarios"]
    skewed = [row["vol"] in ("linear", "abs") and row["spot_mult"] != 1.0 for row in listed]
    settings = flat({key: block for key, block in params.items() if key != "scenarios"}, f"market.{base.lower()}.")
    group = f"market.{base.lower()}.scenarios"
    settings[f"{group}.vol"] = [row["vol"] for row in listed]
    if second:
        settings[f"{group}.damp"] = [row["damp"] for row in listed]
    else:
        settings["general.rate"] = "feed"
    for held in account.get("collaterals", ()):
        asset = f"collateral.{held['name'].lower()}"
        settings[f"{asset}.follows"] = base.lower() if held["risk_cancelling"] else "none"
        settings |= {f"{asset}.{key}": held[key] for key in ("mm_haircut", "im_haircut_extra")}
    if not second:
        settings[f"collateral.{base.lower()}.follows"] = "itself"

    def policy_at(spot: Sequence[float]) -> MarginPolicy:
        whole_list = settings | {f"{group}.spot_mult": list(spot)}
        start = at(SECOND if second else FIRST)
        return made_of.policy_for(start, whole_list, without=("market.", "collateral.", "collateral_elsewhere."))

    given = [float(row["spot_mult"]) for row in listed]
    if not any(skewed):
        return policy_at(given), None
    still = [1.0 if moved else spot for spot, moved in zip(given, skewed, strict=True)]
    return policy_at(still), _is_refused(policy_at(given), base)


def _is_refused(policy: MarginPolicy, base: str) -> bool:
    made = Made(index={base: 1.0})
    made_of.add_perpetual(made, base, 1.0, 1.0, 1.0)
    try:
        evaluate(made.book(), made.snapshot(), [policy], check_lots=False)
    except InputError as error:
        return "skew" in str(error)
    return False


def _made(account: Mapping[str, Any], market: Mapping[str, Any], base: str) -> Made:
    made = Made(index={base: float(market["spot"]), made_of.CASH: float(market["stable"])})
    made.index_confidence[base] = float(market.get("spot_confidence", 1.0))
    made.own(made_of.CASH, float(account.get("cash", 0.0)))
    made.own(base, float(account.get("base", 0.0)))
    for perp in _perps(account):
        price = float(perp["price"] if "price" in perp else market["perp_price"])
        confidence = float(perp.get("confidence", market.get("perp_confidence", 1.0)))
        size, entry = float(perp["amount"]), float(perp.get("entry", math.nan))
        made_of.add_perpetual(made, base, size, price, confidence, entry)
        if size != 0.0:
            made.own(made_of.CASH, float(perp.get("unrealised_pnl", 0.0)) + float(perp.get("unsettled_funding", 0.0)))
    for held in account.get("collaterals", ()):
        asset = held["name"].upper()
        made.own(asset, float(held["amount"]))
        made.index[asset], made.index_confidence[asset] = float(held["price"]), float(held.get("confidence", 1.0))
    for option in account.get("options", ()):
        made_of.add_option(made, base, option, made_of.expiry_of(option, market.get("expiries", ())))
    return made


def _smiles(name: str, account: Mapping[str, Any], market: Mapping[str, Any]) -> Iterator[Case]:
    """Compare the volatilities that the account's options have with those of the expiry's smile, where one is given."""
    for expiry in market.get("expiries", ()):
        stated = expiry.get("svi")
        if not stated:
            continue
        yield from strangers_in(f"{name} svi", stated, ("a", "b", "rho", "m", "sigma", "forward", "tau"))
        smile = Svi(*(float(stated[letter]) for letter in ("a", "b", "rho", "m", "sigma")))
        forward, reach = float(stated["forward"]), CLIP * math.sqrt(float(stated["a"]) + smile.b * smile.sigma)
        for i, option in enumerate(account.get("options", ())):
            if made_of.same_expiry(option, expiry):
                k = float(np.clip(math.log(float(option["strike"]) / forward), -reach, reach))
                variance = min(float(smile.total_variance(k)), LARGEST_VARIANCE)
                ours = math.sqrt(variance / float(stated["tau"]))
                yield close(f"{name} option {i} mark_vol", ours, option["mark_vol"], SVI_TOLERANCE)


def _compared(
    name: str, expected: Mapping[str, Any], margins: Margins, case: Mapping[str, Any], base: str, *, moved: bool
) -> Iterator[Finding]:
    [row] = list(margins)
    if row.unavailable:
        yield not_understood(name, row.unavailable)
        return
    detail = margins.explain().detail
    tolerance = TOLERANCE if "discount_long" in case["params"] else FIRST_TOLERANCE
    nets = {field: float(margins.requirement.native[ours][0]) for field, ours in NETS.items()}
    ours: dict[str, float] = {field: detail.figures.get(f"{base}.{field}", 0.0) for field in FIGURES} | nets
    ours |= dict.fromkeys(("mtm_with_cash", "equity"), row.equity)
    ours["mtm"] = row.equity - float(case["account"].get("cash", 0.0))
    yield from strangers_in(f"{name} expected", expected, (*NETS, *CUT, *FIGURES, *BY_EXPIRY, *BY_OPTION, *OTHERS))
    yield from _sums(name, row, nets, tolerance)
    for field, amount in ours.items():
        if field in expected:
            yield close(f"{name} {field}", amount, expected[field], tolerance)
    for field, cut in CUT.items():
        if field in expected:
            yield whole(f"{name} {field}", nets[cut], expected[field])
    yield from _scenarios(name, expected, case, detail, tolerance, moved=moved)
    yield from _by_expiry(name, expected, case, detail, base, tolerance)


def _sums(name: str, row: AccountMargin, nets: Mapping[str, float], tolerance: float) -> Iterator[Case]:
    """Check that what a user sees is the venue's net margin: equity less the requirement."""
    yield close(f"{name} available", row.equity - row.initial_margin, nets["im"], tolerance)
    yield close(f"{name} above maintenance", row.equity - row.maintenance_margin, nets["mm"], tolerance)


def _scenarios(
    name: str, expected: Mapping[str, Any], case: Mapping[str, Any], detail: Detail, tolerance: float, *, moved: bool
) -> Iterator[Finding]:
    theirs = expected.get("scenario_pnl")
    listed = case["params"]["scenarios"]
    array = detail.arrays[0] if detail.arrays else None
    if theirs is not None:
        yield same(f"{name} scenarios", len(theirs), len(listed))
        for s, amount in enumerate(theirs):
            if moved and listed[s]["vol"] in ("linear", "abs") and listed[s]["spot_mult"] != 1.0:
                continue  # the contract refuses it, and the file says that this number is not its
            yield close(f"{name} scenario {s}", 0.0 if array is None else array.pnl[s], amount, tolerance)
    if "worst" in expected and array is not None and array.worst > 0.0 and not moved:
        yield same(f"{name} worst", _kind(array, listed, str(expected["worst"])), expected["worst"])


def _kind(array: RiskArray, listed: Sequence[Mapping[str, Any]], stated: str) -> str:
    """Return which kind of scenario binds; of several that lose the same, the kind that is stated."""
    lost = [s for s, pnl in enumerate(array.pnl.tolist()) if -pnl >= array.worst * (1.0 - TOLERANCE)]
    kinds = []
    for s in lost:
        if s == len(listed):
            kinds.append("fwd_contingency")
        elif listed[s]["vol"] in ("linear", "abs"):
            kinds.append("skew")
        else:
            kinds.append("tail" if abs(float(listed[s]["spot_mult"]) - 1.0) > CORE_MOVE else "regular")
    return stated if stated in kinds else kinds[0]


def _by_expiry(
    name: str, expected: Mapping[str, Any], case: Mapping[str, Any], detail: Detail, base: str, tolerance: float
) -> Iterator[Finding]:
    def figure(field: str, seconds: float) -> float:
        return detail.figures[f"{base}.{field}.{iso(made_of.expiry_ns(float(seconds)))}"]

    expiries, options = case["market"].get("expiries", ()), case["account"].get("options", ())
    shown = {
        "option_mtm_per_expiry": ("option_mtm",),
        "discount_factors_long_short_per_expiry": ("discount_long", "discount_short"),
    }
    for field, names in shown.items():
        for i, stated in enumerate(expected.get(field, ())):
            rows = stated if isinstance(stated, list) else [stated]
            yield same(f"{name} {field} {i} length", len(rows), len(names))
            for mine, amount in zip(names, rows, strict=False):
                ours = figure(mine, expiries[i]["sec_to_expiry"])
                yield close(f"{name} {field} {i} {mine}", ours, amount, tolerance)
        if field in expected:
            yield same(f"{name} {field} count", len(expected[field]), len(expiries))
    for field in BY_OPTION:
        if field in expected:
            yield same(f"{name} {field} count", len(expected[field]), len(options))
            for i, (option, amount) in enumerate(zip(options, expected[field], strict=False)):
                yield close(f"{name} {field} {i}", figure(field, option["sec_to_expiry"]), amount, tolerance)

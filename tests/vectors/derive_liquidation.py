"""Derive's Dutch auction against the stories of the contract's tests: the fee, every bid, the account before and after.

The account is margined by the first portfolio manager before and after each bid, so that a story goes through the whole
of the model and not through the auction's formulas alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from seawall.margining import evaluate
from seawall.margining.models.derive_auction import (
    ONE,
    AuctionNumbers,
    Phase,
    Standing,
    buffer_margin,
    discount,
    insolvent_bid,
    largest_share,
    one_scenario,
    phase_at_start,
    read_auction,
    solvent_bid,
    starting_fee,
    to_usd,
    to_whole,
)
from seawall.policy import MarginPolicy, at
from tests.vectors import derive_market as made_of
from tests.vectors.case import ABOUT, Document, Finding, Later, each, not_understood, same, strangers, unread
from tests.vectors.derive_market import Made, close, strangers_in

TOLERANCE = 1e-9
"""Of the number or of one dollar: the contract keeps 18 decimals; its own tests compare less closely."""
POLICY = "derive/pmrm/2026-01-21"
BASE = "ETH"
GRID = [(round(1.0 + 0.05 * step, 2), vol) for step in range(3, -4, -1) for vol in ("up", "none", "down")]
TESTED: dict[str, object] = {
    "im_factor": 1.3, "scenarios.spot_mult": [spot for spot, _ in GRID], "scenarios.vol": [vol for _, vol in GRID],
    "static_discount.base": 0.95, "static_discount.rate_mult": 4.0, "static_discount.rate_add": 0.05,
    "vol.range_up": 0.45, "vol.range_down": 0.3, "vol.short_power": 0.3, "vol.long_power": 0.13,
    "vol.dte_floor_days": 1.0, "basis.up": 1.05, "basis.down": 0.95, "basis.add": 0.25, "basis.mult": 0.01,
    "contingency.peg_threshold": 0.98, "contingency.peg_factor": 2.0, "contingency.conf_threshold": 0.6,
    "contingency.conf_margin": 0.5, "contingency.base": 0.02, "contingency.perp": 0.02, "contingency.option": 0.01,
}  # fmt: skip
"""Settings of the manager in the contract's tests of it, which the stories say that they share."""
TESTED_AUCTION: dict[str, object] = {
    "auction.starting_share": 0.98, "auction.cutoff_share": 0.8, "auction.fast_seconds": 100,
    "auction.slow_seconds": 14_400, "auction.insolvent_seconds": 600, "auction.fee_rate": 0.02,
    "auction.buffer_share": 0.2,
}  # fmt: skip
"""Settings of the auction in the contract's tests, for what a file does not state."""
OLDER = "payments of insolvent auctions by a rule with a lower bound, which is older than the contract's"

AUCTION = {
    "starting_mtm_pct": "starting_share", "fast_cutoff_pct": "cutoff_share", "fast_seconds": "fast_seconds",
    "slow_seconds": "slow_seconds", "insolvent_seconds": "insolvent_seconds", "liquidator_fee_rate": "fee_rate",
    "buffer_margin_pct": "buffer_share", "mtm_cutoff": "market_value_cutoff",
}  # fmt: skip
STORY = ("name", "upstream_enabled", "start_ts", "account", "market", "expected_liquidation_fee", "actions", "skip")
ACCOUNT = ("cash", "perp", "base", "options")
OPTION = ("expiry_ts", "strike", "type", "amount", "mark_vol", "vol_confidence")
MARKET = ("spot", "spot_confidence", "stable", "perp_price", "perp_confidence", "expiries", "vols")
EXPIRY = ("expiry_ts", "forward", "forward_confidence", "rate", "rate_confidence")
VOL = ("expiry_ts", "strike", "vol", "confidence")
ACTION = ("ts", "market", "percent_wanted", "expected")
SIDES = ("MtM", "MM", "BM", "FMax")
EXPECTED = (
    *(f"{when}{what}" for when in ("pre", "post") for what in SIDES), "expectedBidPrice", "finalPercentageReceived",
    "fLiquidatedOfOriginal", "lowerbound", "sMPayout",
)  # fmt: skip


def read(document: Document) -> Iterator[Finding]:
    yield from strangers(document, ("auction", "cases"))
    yield from unread("file", document, ("auction", "cases", *ABOUT))
    stated = document.get("auction") or {}
    yield from strangers_in("auction", stated, AUCTION)
    settings = {f"auction.{AUCTION[key]}": amount for key, amount in stated.items() if key in AUCTION}
    policy = policy_of(TESTED_AUCTION | settings)

    def one(name: str, story: Any) -> Iterator[Finding]:
        yield from _story(name, story, policy)

    yield from each(document, one, named_by=("name",))


def policy_of(auction: Mapping[str, object]) -> MarginPolicy:
    """Return the first manager's policy with the settings of the contract's tests, and an auction's own."""
    settings = {f"market.{BASE.lower()}.{path}": setting for path, setting in TESTED.items()}
    settings |= {"general.rate": "feed", f"collateral.{BASE.lower()}.follows": "itself", **auction}
    return made_of.policy_for(at(POLICY), settings, without=("market.", "collateral."))


@dataclass
class _Holdings:
    """What is left in the account as a story goes on: a share of all positions, and cash."""

    share: float
    cash: float


def _story(name: str, story: Mapping[str, Any], policy: MarginPolicy) -> Iterator[Finding]:
    yield from strangers_in(name, story, STORY)
    account, start = story["account"], int(story.get("start_ts", 0))
    yield from strangers_in(f"{name} account", account, ACCOUNT)
    for option in account.get("options", ()):
        yield from strangers_in(f"{name} option", option, OPTION)
    numbers = read_auction(policy)
    held = _Holdings(1.0, float(account.get("cash", 0.0)))
    standing = _standing(name, account, held, story["market"], start, policy)
    yield from standing.problems
    at_start, phase = standing.now, phase_at_start(standing.now)
    fee = starting_fee(at_start, numbers) if phase is Phase.SOLVENT else 0
    if story.get("expected_liquidation_fee") is not None:
        yield close(f"{name} fee", to_usd(fee), story["expected_liquidation_fee"], TOLERANCE)
    held.cash -= to_usd(fee)
    reserved, left = 0, ONE
    for number, action in enumerate(story["actions"]):
        label = f"{name} action {number}"
        yield from strangers_in(label, action, ACTION)
        yield from strangers_in(f"{label} expected", action["expected"], EXPECTED)
        before = _standing(label, account, held, action["market"], int(action["ts"]), policy)
        yield from before.problems
        here = replace(before.now, reserved=reserved, left=left)
        elapsed = int(action["ts"]) - start
        yield from _compared(f"{label} pre", action["expected"], "pre", here, elapsed, numbers, phase)
        if phase is Phase.SOLVENT:
            bid = solvent_bid(here, to_whole(float(action["percent_wanted"])), elapsed, numbers)
            share, reserved, left, paid = bid.share, bid.reserved, bid.left, bid.payment
            for field in ("lowerbound", "sMPayout"):  # of insolvent auctions alone
                yield close(f"{label} {field}", 0.0, action["expected"].get(field, 0.0), TOLERANCE)
        else:
            # Of what there was at the start, where a solvent auction's are of what there is.
            wanted = to_whole(float(action["percent_wanted"])) * ONE // here.left
            taken = insolvent_bid(here, min(wanted, ONE), elapsed, 0, numbers)
            share, left, paid = taken.share, taken.left, 0
            yield from _payment(label, action["expected"], taken.paid)
        yield from _bid(label, action["expected"], share, here.left, paid, phase)
        kept = 1.0 - to_usd(share)
        held.share *= kept
        held.cash = (held.cash - to_usd(here.reserved)) * kept + to_usd(reserved)
        after = _standing(label, account, held, action["market"], int(action["ts"]), policy)
        there = replace(after.now, reserved=reserved, left=left)
        yield from _compared(f"{label} post", action["expected"], "post", there, elapsed, numbers, phase)


@dataclass(frozen=True)
class _Seen:
    now: Standing
    problems: tuple[Finding, ...]


def _standing(
    name: str, account: Mapping[str, Any], held: _Holdings, market: Mapping[str, Any], ts: int, policy: MarginPolicy
) -> _Seen:
    """Return value and maintenance margin of what is left of an account, the latter in its worst scenario alone."""
    problems = [*strangers_in(f"{name} market", market, MARKET)]
    made = Made(index={BASE: float(market["spot"]), made_of.CASH: float(market["stable"])})
    made.index_confidence[BASE] = float(market.get("spot_confidence", 1.0))
    made.own(made_of.CASH, held.cash)
    made.own(BASE, float(account.get("base", 0.0)) * held.share)
    if perp := float(account.get("perp", 0.0)):
        price, sure = float(market["perp_price"]), float(market.get("perp_confidence", 1.0))
        made_of.add_perpetual(made, BASE, perp * held.share, price, sure)
    vols = {}
    for vol in market.get("vols", ()):
        problems += strangers_in(f"{name} vol", vol, VOL)
        vols[int(vol["expiry_ts"]), float(vol["strike"])] = vol
    expiries = {}
    for expiry in market.get("expiries", ()):
        problems += strangers_in(f"{name} expiry", expiry, EXPIRY)
        expiries[int(expiry["expiry_ts"])] = {**expiry, "sec_to_expiry": int(expiry["expiry_ts"]) - ts}
    for option in account.get("options", ()) if held.share > 0.0 else ():
        expires, strike = int(option["expiry_ts"]), float(option["strike"])
        quoted = vols.get((expires, strike)) if vols else {"vol": option["mark_vol"]}
        if quoted is None:
            problems.append(not_understood(name, f"no volatility of strike {strike:g} and expiry {expires}"))
            continue
        stated = {
            "sec_to_expiry": expires - ts, "strike": strike, "type": option["type"], "mark_vol": quoted["vol"],
            "amount": float(option["amount"]) * held.share,
            "vol_confidence": float(quoted.get("confidence", option.get("vol_confidence", 1.0))),
        }  # fmt: skip
        made_of.add_option(made, BASE, stated, expiries[expires])
    snapshot, book = made.snapshot(), made.book()
    [whole] = evaluate(book, snapshot, [policy], check_lots=False)
    [row] = list(whole)
    if row.unavailable:
        return _Seen(Standing(0, 0), (*problems, not_understood(name, row.unavailable)))
    worst = whole.explain().detail.arrays
    scenario = worst[0].worst_scenario if worst else -1
    listed = len(policy.words(f"market.{BASE.lower()}.scenarios.vol"))
    alone = one_scenario(policy, BASE, scenario if 0 <= scenario < listed else 0)
    [one] = evaluate(book, snapshot, [alone], check_lots=False)
    maintenance = float(one.requirement.native["net_maintenance_margin"][0])
    found = Standing(to_whole(row.equity), to_whole(maintenance))
    problems.append(
        same(f"{name} its worst scenario alone needs what all do", *_rounded(one.maintenance_margin[0], row))
    )
    return _Seen(found, tuple(problems))


def _rounded(alone: float, row: Any) -> tuple[float, float]:
    return round(float(alone), 9), round(float(row.maintenance_margin), 9)


def _compared(
    name: str, expected: Mapping[str, Any], when: str, standing: Standing, elapsed: int, numbers: AuctionNumbers,
    phase: Phase,
) -> Iterator[Finding]:  # fmt: skip
    ours = {
        "MtM": to_usd(standing.market_value),
        "MM": to_usd(standing.maintenance),
        "BM": to_usd(buffer_margin(standing, numbers)),
        "FMax": 0.0,
    }
    if phase is Phase.SOLVENT and standing.market_value > 0:
        ours["FMax"] = to_usd(largest_share(standing, discount(elapsed, numbers), numbers))
    for what, amount in ours.items():
        if (field := f"{when}{what}") in expected:
            yield close(f"{name} {what}", amount, expected[field], TOLERANCE)


def _bid(
    name: str, expected: Mapping[str, Any], share: int, left: int, paid: int, phase: Phase
) -> Iterator[Finding]:  # fmt: skip
    of_left, of_original = to_usd(share), to_usd(share) * to_usd(left)
    if "expectedBidPrice" in expected:
        yield close(f"{name} bid", to_usd(paid), expected["expectedBidPrice"], TOLERANCE)
    if "fLiquidatedOfOriginal" in expected:  # of what is left, whatever its name says; insolvent auctions state none
        theirs = expected["fLiquidatedOfOriginal"]
        yield close(f"{name} share of what is left", of_left if phase is Phase.SOLVENT else 0.0, theirs, TOLERANCE)
    if "finalPercentageReceived" in expected:
        of_what_is_left = float(expected.get("fLiquidatedOfOriginal", math.nan))
        if left != ONE and math.isclose(float(expected["finalPercentageReceived"]), of_what_is_left):
            # It is of the original account. Once part of that is gone it cannot be the share of what is left as well.
            yield Later(f"{name}: a share received that repeats the share of what is left", 1)
        else:
            yield close(f"{name} share received", of_original, expected["finalPercentageReceived"], TOLERANCE)


def _payment(name: str, expected: Mapping[str, Any], paid: int) -> Iterator[Finding]:
    """Compare what the bidder of an insolvent account is paid; a story with a lower bound is of an older rule."""
    stated = [key for key in ("lowerbound", "sMPayout") if key in expected]
    if float(expected.get("lowerbound", 0.0)) != 0.0:
        yield Later(f"{name}: {OLDER}", len(stated))
    elif "sMPayout" in expected:
        yield close(f"{name} payment", -to_usd(paid), expected["sMPayout"], TOLERANCE)

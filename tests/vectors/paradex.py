"""The worked examples of Paradex's documentation: margins through the models, the rest by their functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from seawall.core.time import NS_PER_DAY, to_ns
from seawall.instruments import Instrument, InstrumentTable, Option, Perpetual
from seawall.margining import Margins, evaluate
from seawall.margining.blocks.delta_minimum import delta_minimum, hedged_delta
from seawall.margining.models.paradex.funding import (
    PERIOD_SECONDS,
    funding_pnl,
    funding_premium,
    index_advance,
    raw_funding_rate,
)
from seawall.margining.models.paradex.liquidation import (
    LiquidationNumbers,
    after_liquidation,
    liquidation,
    shortfall,
)
from seawall.margining.models.paradex.numbers import read_liquidation
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy, at
from seawall.portfolio import Account, Book, Position
from tests.vectors.case import ABOUT, Case, Document, Finding, absolute, each, not_understood, same, strangers, unread

NOW_NS = to_ns("2026-08-20T00:00:00Z")
CROSS = "paradex/xm/2026-08-20"
FEE_OF_THE_TEXT = 0.7
EXACT = 1e-9
"""Of the number or of one: examples that are exact as they are printed."""
NO_FEES: dict[str, object] = {"fee.perp_taker": 0.0, "fee.option_taker": 0.0}
"""Examples of requirements leave the provision for fees out."""
SECTIONS = ("min_delta", "cross_imr", "partial_liquidation", "socialized_loss", "funding", "option_cross_margin")


def read(document: Document) -> Iterator[Finding]:
    yield from strangers(document, SECTIONS)
    yield from unread("file", document, (*SECTIONS, *ABOUT))
    readers = (_min_delta, _cross_imr, _liquidation, _socialised, _funding, _option)
    for section, reader in zip(SECTIONS, readers, strict=True):
        yield from each(document.get(section), reader, name=section)


def close(name: str, ours: float, theirs: float) -> Case:
    return absolute(name, ours, theirs, EXACT * max(1.0, abs(float(theirs))))


def printed(name: str, ours: float, theirs: float) -> Case:
    """Compare with a number as it is printed: half of its last digit."""
    digits = -int(Decimal(str(theirs)).as_tuple().exponent)
    return absolute(name, ours, theirs, 0.5 * 10.0**-digits + EXACT)


def _min_delta(name: str, case: Mapping[str, Any]) -> Iterator[Finding]:
    yield from unread(name, case, (
        "spot", "unhedged", "hedged", "deltas", "net", "gross", "hedged_delta", "expected", *ABOUT))  # fmt: skip
    deltas = np.array(case["deltas"], dtype=np.float64)
    shares = _delta_shares(case)
    long, short = (np.array([np.maximum(sign * deltas, 0.0).sum()]) for sign in (1.0, -1.0))
    ours = {
        "net": float(long[0] - short[0]), "gross": float(long[0] + short[0]),
        "hedged_delta": float(hedged_delta(long, short)[0]),
        "expected": float(
            delta_minimum(
                long, short, unhedged=float(shares["unhedged"]), hedged=float(shares["hedged"]),
                price=float(case["spot"]),
            )[0]
        ),
    }  # fmt: skip
    for field, amount in ours.items():
        if case.get(field) is not None:
            yield close(f"{name} {field}", amount, case[field])
    yield from _deltas_as_perpetuals(name, case, ours["expected"])


def _delta_shares(case: Mapping[str, Any]) -> dict[str, object]:
    """Return the shares of deltas that a case states; the policy's where it states none."""
    policy = at("paradex/pm/2026-08-20")
    return {key: case.get(key, policy.number(f"scan.btc.{key}")) for key in ("unhedged", "hedged")}


def _deltas_as_perpetuals(name: str, case: Mapping[str, Any], wanted: float) -> Iterator[Finding]:
    """Compare through the model: each delta as a perpetual of its own, in a market that no scenario moves."""
    settings: dict[str, object] = {
        "scan.btc.spot_shock": [0.0], "scan.btc.vol_shock": [0.0], "scan.btc.weight": [1.0],
        **{f"scan.btc.{key}": share for key, share in _delta_shares(case).items()}, **NO_FEES,
    }  # fmt: skip
    held = {f"BTC-{i}": float(delta) for i, delta in enumerate(case["deltas"])}
    perps = [_perpetual(name, "BTC") for name in held]
    account = Account("desk", tuple(Position(listed, size) for listed, size in held.items()))
    spot = float(case["spot"])
    margins = _margins("paradex/pm/2026-08-20", settings, perps, [spot] * len(held), {"BTC": spot}, account)
    yield close(f"{name} of a book", float(margins.requirement.initial["minimum_delta"][0]), wanted)


def _perpetual(name: str, base: str) -> Instrument:
    return Perpetual(name=name, underlying=base, quote="USDC", settlement="USDC", inverse=False)


def _margins(
    policy_id: str, settings: Mapping[str, object], listed: list[Instrument], marks: list[float],
    index: Mapping[str, float], account: Account,
) -> Margins:  # fmt: skip
    policy = MarginPolicy.of(f"{policy_id} example", settings, like=at(policy_id), source="the example's own numbers")
    options = [isinstance(one, Option) for one in listed]
    snapshot = MarketSnapshot.of(
        InstrumentTable.of(listed), name="example", venue="paradex", source="the documentation", time_ns=NOW_NS,
        index={"USDC": 1.0, **{base: float(price) for base, price in index.items()}}, mark=marks,
        forward=[float(index[one.underlying]) for one in listed], vol=[0.5 if option else np.nan for option in options],
        funding_8h=[np.nan if option else 0.0 for option in options],
    )  # fmt: skip
    [margins] = evaluate(Book.of([account]), snapshot, [policy], check_lots=False)
    return margins


def _cross_imr(name: str, case: Mapping[str, Any]) -> Iterator[Finding]:
    yield from unread(name, case, (
        "imf", "mark", "position", "buy_orders", "sell_orders", "expected_net_imr", *ABOUT))  # fmt: skip
    name_of_perp, mark = "BTC-USD-PERP", float(case["mark"])
    sizes = [float(case["position"]), float(case.get("buy_orders") or 0.0), -float(case.get("sell_orders") or 0.0)]
    held, *orders = [tuple(Position(name_of_perp, size) for _ in (0,) if size) for size in sizes]
    account = Account("desk", held, orders=tuple(order for one in orders for order in one))
    settings: dict[str, object] = dict(NO_FEES) | ({"perp.btc.imf": case["imf"]} if "imf" in case else {})
    margins = _margins(CROSS, settings, [_perpetual(name_of_perp, "BTC")], [mark], {"BTC": mark}, account)
    yield close(f"{name} net IMR", float(margins.initial_margin[0]), case["expected_net_imr"])


def _liquidation(name: str, case: Mapping[str, Any]) -> Iterator[Finding]:
    yield from unread(name, case, (
        "collateral", "positions", "fee", "target", "step", "mmr", "account_value", "expected_share", "table",
        *ABOUT))  # fmt: skip
    positions = case["positions"]
    for position in positions:
        yield from unread(f"{name} position", position, ("size", "entry", "mark", "mmf"))
    worth, needed = float(case["collateral"]), 0.0
    for i, position in enumerate(positions):
        value, mmr = _position(i, position)
        worth, needed = worth + value, needed + mmr
    for field, amount in (("mmr", needed), ("account_value", worth)):
        if case.get(field) is not None:
            yield close(f"{name} {field}", amount, case[field])
    rows, venue = case.get("table") or [], read_liquidation(at(CROSS))
    numbers = LiquidationNumbers(
        float(case.get("target", venue.target_ratio)), float(case.get("step", venue.step)), _fee(case, rows, needed)
    )
    for row in rows:
        yield from unread(f"{name} row", row, ("share", "mmr", "penalty", "value", "ratio"))
        after = after_liquidation(needed, worth, float(row["share"]), numbers)
        ours = {"mmr": after.maintenance, "penalty": after.penalty, "value": after.account_value, "ratio": after.ratio}
        for field, amount in ours.items():
            if field in row:
                yield printed(f"{name} share {row['share']} {field}", amount, row[field])
    if not rows and case.get("expected_share") is None:
        yield not_understood(name, "it has neither a table nor a share")
    if case.get("expected_share") is not None:
        yield close(f"{name} share", liquidation(needed, worth, numbers).share, case["expected_share"])


def _fee(case: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], needed: float) -> float:
    """Return the fee that an example was worked with: its table's own, else the one it states, else the policy's.

    The page's text says another fee than its tables show; where an example repeats it, the policy's is meant.
    """
    shown = [row for row in rows if row.get("penalty") and row.get("share")]
    if shown:
        return float(shown[0]["penalty"]) / (float(shown[0]["share"]) * needed)
    stated = float(case.get("fee", FEE_OF_THE_TEXT))
    return read_liquidation(at(CROSS)).fee_rate if stated == FEE_OF_THE_TEXT else stated


def _position(number: int, position: Mapping[str, Any]) -> tuple[float, float]:
    """Return unrealised profit and maintenance margin of a position, through the model."""
    mark, name = float(position["mark"]), f"BTC-{number}"
    account = Account("desk", (Position(name, float(position["size"]), float(position["entry"])),))
    settings = {"perp.btc.imf": 2.0 * float(position["mmf"]), **NO_FEES}
    margins = _margins(CROSS, settings, [_perpetual(name, "BTC")], [mark], {"BTC": mark}, account)
    return float(margins.requirement.equity[0]), float(margins.maintenance_margin[0])


def _socialised(name: str, case: Mapping[str, Any]) -> Iterator[Finding]:
    yield from unread(name, case, (
        "insurance", "users", "exchange_bankruptcy", "docs_factor", "formula_factor", *ABOUT))  # fmt: skip
    for user in case["users"]:
        yield from unread(f"{name} user", user, ("usdc", "upnl"))
    short = shortfall(
        float(case["insurance"]), [(float(user["usdc"]), float(user.get("upnl", 0.0))) for user in case["users"]]
    )
    ours = {
        "exchange_bankruptcy": short.bankruptcy, "formula_factor": short.factor, "docs_factor": short.factor_of_example,
    }  # fmt: skip
    for field, amount in ours.items():
        if case.get(field) is not None:
            yield close(f"{name} {field}", amount, case[field])


def _funding(name: str, case: Mapping[str, Any]) -> Iterator[Finding]:
    yield from unread(name, case, (
        "premium_rate", "baseline", "clamp", "max", "raw", "spot", "usdc", "position", "seconds", "premium_per_8h",
        "index_advance", "pnl", "multiplier", *ABOUT))  # fmt: skip
    rate = raw_funding_rate(
        float(case["premium_rate"]), baseline=float(case["baseline"]), clamp=float(case["clamp"]),
        largest=float(case["max"]), multiplier=float(case.get("multiplier", 1.0)),
    )  # fmt: skip
    coin = float(case.get("usdc", 1.0))
    premium = funding_premium(rate, float(case["spot"]), coin)
    advance = index_advance(premium, float(case["seconds"]), PERIOD_SECONDS)
    ours = {
        "raw": rate, "premium_per_8h": premium, "index_advance": advance,
        "pnl": funding_pnl(float(case["position"]), advance, coin),
    }  # fmt: skip
    for field, amount in ours.items():
        if case.get(field) is not None:
            yield close(f"{name} {field}", amount, case[field])


SHARES = {
    "premium_mult": "premium_multiplier", "premium_multiplier": "premium_multiplier", "long_itm": "long_itm",
    "short_itm": "short_itm", "short_otm": "short_otm", "put_cap": "short_put_cap", "short_put_cap": "short_put_cap",
}  # fmt: skip


def _option(name: str, case: Mapping[str, Any]) -> Iterator[Finding]:
    yield from unread(name, case, ("side", "spot", "mark", "strike", "otm", "size", "imr", "mmr", *SHARES, *ABOUT))
    spot, size = float(case["spot"]), float(case.get("size", 1.0))
    side = {"long": 1.0, "short": -1.0}.get(str(case.get("side", "long" if size > 0.0 else "short")).lower())
    if side is None:
        yield not_understood(name, f"side is {case.get('side')!r}")
        return
    is_call, strike = _terms(case, spot)
    settings: dict[str, object] = dict(NO_FEES)
    for key, field in SHARES.items():
        if key in case:
            both = case[key] if isinstance(case[key], list) else [case[key]] * 2
            yield same(f"{name} {key} has both margins", len(both), 2)
            settings |= {f"option.btc.{side}_{field}": share for side, share in zip(("im", "mm"), both, strict=False)}
    option = Option(
        name="BTC-OPTION", underlying="BTC", quote="USDC", settlement="USDC", strike=strike,
        expiry_ns=NOW_NS + 30 * NS_PER_DAY, is_call=is_call, inverse=False,
    )  # fmt: skip
    account = Account("desk", (Position("BTC-OPTION", side * abs(size)),))
    margins = _margins(CROSS, settings, [option], [float(case["mark"])], {"BTC": spot}, account)
    for field, amount in (("imr", margins.initial_margin[0]), ("mmr", margins.maintenance_margin[0])):
        if case.get(field) is not None:
            yield close(f"{name} {field}", float(amount), case[field])
    if case.get("imr") is None and case.get("mmr") is None:
        yield not_understood(name, "it expects neither margin")


def _terms(case: Mapping[str, Any], spot: float) -> tuple[bool, float]:
    """Return whether an option is a call, and its strike.

    An example that leaves the strike out is of an option at the money, or as far out of it as `otm` says; one that
    leaves the type out is of a put where the cap of puts is given, and else of a call.
    """
    puts = "put_cap" in case or "short_put_cap" in case
    is_call = {"call": True, "c": True, "put": False, "p": False}[
        str(case.get("type") or ("put" if puts else "call")).lower()
    ]
    away = float(case.get("otm", 0.0))
    return is_call, float(case.get("strike", spot + away if is_call else spot - away))

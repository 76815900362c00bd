"""Bybit's documented `/v5/asset/portfolio-margin`, number by number, through what users run: the reader of replies."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from seawall.core.time import DAYS_PER_YEAR
from seawall.instruments import Kind
from seawall.margining import Margins, evaluate
from seawall.margining.blocks.margin_rate import margin_rate
from seawall.margining.reconciliation import Line, reconciled
from seawall.pricing import black76
from seawall.venues.bybit.margin_answer import COIN_PARTS
from seawall.venues.bybit.reply import read_reply
from seawall.venues.reply import MarginReply
from tests.vectors.case import (
    Case,
    Document,
    Finding,
    Later,
    absolute,
    guarded,
    holds_number,
    not_understood,
    relative,
    strangers,
    unread,
)

PARTS = ("wallet", "assetPnlRange")
WALLET = (
    "equity", "cashBalance", "marginBalance", "availableBalance", "accountIM", "accountMM", "accountMMRate",
    "accountIMRate",
)  # fmt: skip
SCALARS = ("baseCoin", "maxLossPriceMove", "maxLossIvShock", "totalClosePzFee")
CHARGES = (
    "optionContingency", "futureDeltaContingency", "optionVegaContingency", "usdtUsdcContingency", "futureContingency",
)  # fmt: skip
UNPUBLISHED = CHARGES[:4]
"""Contingencies whose formula Bybit does not publish: ours stand in for them."""
HALF_PRINT = 5e-9
"""Half of the last of eight printed decimals, of USD as of coins."""
CELL = 2.0 * HALF_PRINT
"""Two roundings of a cell: the printed one, and those that the solved inputs carry."""
EXACT = 1e-12
LAST_PLACE = 1e-4
"""Totals over all contracts are cut to four decimals; one on the edge may fall to either side."""
TICKS = 1e-3
"""Blocks of one response are not from one tick, says the source, which found 0.009 % between two of them."""
CLOCK_SECONDS = 1.0
"""The engine's clock before the response's time, at most; the source found 0.47 s."""
FITTED = (
    "F_underlying", "sigma", "T_days", "day_count", "usdt_usd", "mark", "r", "vol_shock_up", "vol_shock_down",
    "vega_power", "dte_for_vol_shock", "note",
)  # fmt: skip


def read(document: Document) -> Iterator[Finding]:
    yield from strangers(document, ("response", "responses", "cases", "fitted_inputs", "open_questions"))
    found = list(_responses(document))
    if not found:
        yield not_understood("file", f"no block in it has {' and '.join(PARTS)}")
    for where, response, fitted in found:
        prefix = f"{where} " if len(found) > 1 else ""
        for finding in guarded("response", read_response(response, fitted)):
            if isinstance(finding, Case):
                yield Case(prefix + finding.name, finding.error, finding.tolerance, finding.note)
            else:
                yield finding


def _responses(block: Any, path: str = "", fitted: Any = None) -> Iterator[tuple[str, Document, Any]]:
    """Yield every response of a file, however deep it lies, with the fitted inputs that stand beside it."""
    if isinstance(block, list):
        for i, inner in enumerate(block):
            yield from _responses(inner, f"{path}[{i}]", fitted)
    if not isinstance(block, Mapping):
        return
    beside = block.get("fitted_inputs", fitted)
    inside = block.get("result")
    if any(part in block for part in PARTS) or (isinstance(inside, Mapping) and any(part in inside for part in PARTS)):
        yield path, block, beside
        return
    for key, inner in block.items():
        yield from _responses(inner, f"{path}.{key}".strip("."), beside)


def read_response(response: Document, fitted: Any) -> Iterator[Finding]:
    """Yield every comparison that one response allows. What `seawall` refuses is raised as it comes."""
    body = response.get("result", response)
    reply = read_reply(response, origin="response")
    if reply is None:
        yield not_understood("response", f"it has no {' and no '.join(part for part in PARTS if part not in body)}")
        return
    yield from unread("wallet", body["wallet"], WALLET)
    [margins] = evaluate(reply.book, reply.snapshot, [reply.policy], check_lots=False)
    [row] = margins
    if row.unavailable:
        yield not_understood("response", row.unavailable)
        return
    lines = {line.name: line for line in reconciled(margins, reply.stated).lines}
    items = [item for item in body["assetPnlRange"] if any(name.startswith(f"{item['baseCoin']}.") for name in lines)]
    for item in body["assetPnlRange"]:
        yield from unread(item["baseCoin"], item, (*COIN_PARTS, *SCALARS))
        if item not in items and holds_number([item.get(part) for part in COIN_PARTS[:3]]):
            yield not_understood(item["baseCoin"], "it has profits and no position")
    for item in items:
        yield from _coin(item["baseCoin"], item, lines, reply)
    yield from _wallet(body["wallet"], lines)
    if fitted is not None:
        yield from guarded("fitted inputs", _fitted(fitted, reply, margins, lines))


def _coin(base: str, item: Document, lines: Mapping[str, Line], reply: MarginReply) -> Iterator[Finding]:
    yield from _cells(base, item, lines, reply)
    told, margin = item.get("contingency") or {}, item.get("asset") or {}
    yield from unread(f"{base} contingency", told, (*CHARGES, "contingencyComponents"))
    yield from unread(f"{base} asset", margin, ("coin", "assetIM", "assetMM"))
    for name in ("maxLossPriceMove", "maxLossIvShock"):
        if f"{base}.{name}" in lines:
            yield _compared(lines[f"{base}.{name}"], EXACT)
    for name in UNPUBLISHED:
        if name in told and float(told[name]) != 0.0:
            yield Later(f"{base} {name}: its formula is not published", 1)
        elif name in told:
            yield _compared(lines[f"{base}.{name}"], HALF_PRINT)
    if "futureContingency" in told:
        yield _compared(
            lines[f"{base}.futureContingency"], CELL + _index_error(item) * float(told["futureContingency"])
        )
    if "contingencyComponents" in told:
        parts = [told[name] for name in CHARGES if name in told]
        yield absolute(f"{base} sum of contingencies", sum(map(float, parts)), float(told["contingencyComponents"]),
                       sum(map(_half, parts)) + _half(told["contingencyComponents"]))  # fmt: skip
    if "assetMM" in margin:
        factor = reply.policy.number(f"market.{base.lower()}.im_factor")
        initial, maintenance = float(margin["assetIM"]), float(margin["assetMM"])
        allowed = _half(margin["assetIM"]) + factor * _half(margin["assetMM"]) + 1e-15 * initial
        yield absolute(f"{base} assetIM over assetMM", factor * maintenance, initial, allowed)
        lost = max(-min(line.ours for name, line in lines.items() if name.startswith(f"{base}.total.ALL.")), 0.0)
        charged = float(told.get("contingencyComponents", 0.0))
        yield relative(f"{base} assetMM as largest loss and contingencies", lost + charged, maintenance, TICKS)


def _cells(base: str, item: Document, lines: Mapping[str, Line], reply: MarginReply) -> Iterator[Case]:
    """Compare every cell of the grid, and the shocks that bind."""
    sizes = {name: abs(size) for name, size in zip(reply.snapshot.table.names, _sizes(reply), strict=True)}
    hedge = item.get("spotHedgeInfo") or {}
    printed = float(hedge.get("usdIndexPrice") or 0.0)
    held = sum(size for name, size in sizes.items())
    for name, line in lines.items():
        what, _, place = name.removeprefix(f"{base}.").partition(".")
        if not name.startswith(f"{base}.") or (what != "hedgeSpotSize" and not place):
            continue
        if what == "total" and place.startswith("ALL"):
            yield _compared(line, LAST_PLACE)
        elif what == "spot":  # the size is printed to eight decimals, and an index that is printed is not solved
            yield _compared(line, CELL + HALF_PRINT * printed)
        else:  # marks are printed to eight decimals, too
            yield _compared(line, CELL + HALF_PRINT * held)


def _sizes(reply: MarginReply) -> list[float]:
    account = reply.book.account(reply.book.accounts[0])
    sizes = {position.instrument: position.size for position in account.positions}
    return [sizes.get(name, 0.0) for name in reply.snapshot.table.names]


def _index_error(item: Document) -> float:
    """Return the relative error of an index that was solved from the spot hedge: that of the hedge's printed size."""
    hedge = item.get("spotHedgeInfo") or {}
    size = abs(float(hedge.get("hedgeSpotSize") or 0.0))
    return HALF_PRINT / size if size and not float(hedge.get("usdIndexPrice") or 0.0) > 0.0 else 0.0


def _wallet(wallet: Document, lines: Mapping[str, Line]) -> Iterator[Case]:
    equity = float(wallet["equity"])
    for name, rate in (("accountIM", "accountIMRate"), ("accountMM", "accountMMRate")):
        if name in wallet and rate in wallet:
            decimals = len(wallet[rate].partition(".")[2]) or 4
            shown = float(margin_rate(np.array([float(wallet[name])]), np.array([equity]), decimals=decimals)[0])
            yield absolute(f"wallet {rate}", shown, float(wallet[rate]), EXACT)
    if "availableBalance" in wallet and "accountIM" in wallet:
        allowed = sum(_half(wallet[name]) for name in ("equity", "accountIM", "availableBalance"))
        yield absolute("wallet availableBalance", equity - float(wallet["accountIM"]),
                       float(wallet["availableBalance"]), allowed)  # fmt: skip
    if "marginBalance" in wallet:  # equity less the value of options
        ours, theirs = lines["native.totalMarginBalance"].ours, float(wallet["marginBalance"])
        yield absolute("wallet marginBalance", ours, theirs, TICKS * abs(equity - theirs) + _half(wallet["equity"]))


def _fitted(fitted: Any, reply: MarginReply, margins: Margins, lines: Mapping[str, Line]) -> Iterator[Case]:
    """Compare what we solve with what the source fitted, and the option grid from its rounded inputs."""
    if not isinstance(fitted, Mapping):
        yield not_understood("fitted inputs", f"an object is expected, not {type(fitted).__name__}")
        return
    yield from unread("fitted inputs", fitted, FITTED)
    snapshot, policy = margins.snapshot, margins.policy
    options = np.flatnonzero(snapshot.table.is_kind(Kind.OPTION))
    base = snapshot.table.underlying[options[0]]
    path = f"market.{base.lower()}"
    if "usdt_usd" in fitted:
        coin = snapshot.index.get("USDT", math.nan)
        yield absolute("fitted usdt_usd", coin, float(fitted["usdt_usd"]), _half(fitted["usdt_usd"]))
    ours = {
        "vol_shock_up": policy.number(f"{path}.volatility_range_up"),
        "vol_shock_down": policy.number(f"{path}.volatility_range_down"),
        "day_count": float(DAYS_PER_YEAR),
        "r": 0.0,  # the rule does not discount
    }
    for name, number in ours.items():
        if name in fitted:
            yield absolute(f"fitted {name}", number, float(fitted[name]), EXACT)
    if len({(snapshot.forward[n], snapshot.vol[n]) for n in options}) != 1:
        yield not_understood("fitted inputs", "they are of one option, and there are several")
        return
    [n] = options[:1]
    days = float(snapshot.years[n]) * DAYS_PER_YEAR
    power = "long_vega_power" if math.ceil(days) >= policy.number("general.vol_pivot_days") else "short_vega_power"
    of_option = {
        "F_underlying": (float(snapshot.forward[n]), _half(fitted.get("F_underlying", 0.0))),
        "sigma": (float(snapshot.vol[n]), _half(fitted.get("sigma", 0.0))),
        "mark": (float(snapshot.mark[n]), EXACT),
        "T_days": (days, 1e-7),  # the source's clock and ours may lie a millisecond apart
        "dte_for_vol_shock": (float(math.ceil(days)), EXACT),
        "vega_power": (policy.number(f"{path}.{power}"), EXACT),
    }
    for name, (number, allowed) in of_option.items():
        if name in fitted:
            yield absolute(f"fitted {name}", number, float(fitted[name]), allowed)
    yield from _fitted_grid(fitted, reply, margins, lines, int(n))


def _fitted_grid(
    fitted: Document, reply: MarginReply, margins: Margins, lines: Mapping[str, Line], n: int
) -> Iterator[Case]:
    """Compare the option grid from the source's rounded inputs; what the clock is worth is allowed for."""
    table, coin = margins.snapshot.table, float(fitted["usdt_usd"])
    name, strike, is_call = table.names[n], float(table.strike[n]), bool(table.is_call[n])
    prefix = f"{table.underlying[n]}.option.{name}."
    size = _sizes(reply)[n]
    moves = margins.explain().detail.matrices[0].price_moves
    scale = (30.0 / float(fitted["dte_for_vol_shock"])) ** float(fitted["vega_power"])
    shocks = (float(fitted["vol_shock_up"]) * scale, 0.0, -float(fitted["vol_shock_down"]) * scale)
    years = float(fitted["T_days"]) / float(fitted["day_count"])
    clock = CLOCK_SECONDS / 86_400.0 / float(fitted["day_count"])
    for k in range(len(moves) * len(shocks)):
        forward = float(fitted["F_underlying"]) * (1.0 + moves[k // len(shocks)])
        vol = float(fitted["sigma"]) * (1.0 + shocks[k % len(shocks)])
        worth, later = (
            float(black76.price(forward, strike, left, vol, is_call=is_call)) for left in (years, years + clock)
        )
        ours = size * coin * (worth - float(fitted["mark"]))
        allowed = abs(size) * coin * abs(later - worth) + CELL + _half(fitted["usdt_usd"]) / coin * abs(ours)
        yield absolute(f"fitted {name} cell {k}", ours, lines[f"{prefix}{k}"].theirs, allowed)


def _compared(line: Line, allowed: float) -> Case:
    return absolute(line.name, line.ours, line.theirs, allowed)


def _half(printed: object) -> float:
    """Return half of the last printed place of a number, and a little for floating point."""
    text = printed if isinstance(printed, str) else repr(printed)
    mantissa, _, exponent = text.lower().partition("e")
    places = len(mantissa.partition(".")[2]) - int(exponent or 0)
    return 0.5 * 10.0**-places * (1.0 + 1e-9) + 1e-12

"""Binance's published examples: an account's uniMMR, the worked account of the help page, the option factors."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from seawall.instruments import Future, Instrument, InstrumentTable, Perpetual
from seawall.margining import evaluate
from seawall.margining.figures import computed
from seawall.margining.models.binance_pm.ladder import STATES, rung, uni_mmr
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy, at
from seawall.portfolio import Account, Book, Position
from seawall.venues.binance import symbols
from tests.vectors.case import (
    ABOUT,
    Case,
    Document,
    Finding,
    Later,
    absolute,
    guarded,
    holds_number,
    not_understood,
    relative,
    same,
    unread,
)

PM, OPTIONS = "binance/pm/2025-12-26", "binance/options/2025-12-26"
TIME_NS = 1_640_000_000_000_000_000
"""December 2021: before every contract of the examples expires; no number of theirs depends on it."""
TOLERANCE = 1e-12
"""Relative: worked examples print products and differences of round numbers in full."""
RATIO, EQUITY, MAINTENANCE = "uniMMR", "accountEquity", "accountMaintMargin"
STATUS_RUNGS = {
    "NORMAL": ("free",), "MARGIN_CALL": ("reminder",), "SUPPLY_MARGIN": ("reminder", "reduce-only"),
    "REDUCE_ONLY": ("reduce-only",), "ACTIVE_LIQUIDATION": ("liquidation",), "FORCE_LIQUIDATION": ("liquidation",),
    "BANKRUPTED": ("claim for loss",),
}  # fmt: skip
"""The venue's words for where an account stands, in ours."""
FACTORS = {
    "initialMargin": "initial_margin", "minInitialMargin": "min_initial_margin",
    "maintenanceMargin": "maintenance_margin", "minMaintenanceMargin": "min_maintenance_margin",
}  # fmt: skip
FEE = "liquidationFeeRate"
MARGIN_ROW = ("coin", "asset", "loan", "equity", "margin_mm", "price", "index", "collateral_rate", "mmr")
FUTURE_ROW = (
    "symbol", "asset", "wallet", "mmr", "cum", "qty", "qty_usd", "entry", "mark", "upnl", "mm", "notional",
)  # fmt: skip
RESULTS = {
    "unimmr": "native.uniMMR", "accountequity": "native.accountEquity", "adjusted_equity": "native.accountEquity",
    "equity": "native.accountEquity", "actual_equity": "native.actualEquity", "actualequity": "native.actualEquity",
    "mm": "native.accountMaintMargin", "maintenance_margin": "native.accountMaintMargin",
    "accountmaintmargin": "native.accountMaintMargin", "margin_mm": "maintenance.loans",
    "futures_mm": "maintenance.futures",
}  # fmt: skip
"""Totals that a worked account may state, and our names of them."""
OF_COUNTED = ("native.uniMMR", "native.accountEquity")
"""Totals that a coin's collateral rate bears on."""
PRICES = ("prices", "index", "index_prices", "assetIndexPrice")
RATES = ("collateral_rates", "collateralRate")
WORKED = ("margin", "futures")


def read(document: Document) -> Iterator[Finding]:
    found = 0
    for name, block in _blocks(document):
        found += 1
        yield from guarded(name, _block(name, block))
    if not found:
        yield not_understood("file", "no block in it is an account, a worked example or an option's factors")
    yield from _left_over(document)


def _blocks(part: Any, path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield every block that is read, however deep it lies."""
    if isinstance(part, Mapping):
        if _is_block(part):
            yield path or "file", part
            return
        for key, inner in part.items():
            yield from _blocks(inner, f"{path}.{key}".strip("."))
    elif isinstance(part, list):
        for i, inner in enumerate(part):
            yield from _blocks(inner, f"{path}[{i}]")


def _is_block(part: Mapping[str, Any]) -> bool:
    answer = part.get("response")
    stated = isinstance(answer, Mapping) and RATIO in answer
    return stated or RATIO in part or any(key in part for key in (*WORKED, *FACTORS))


def _block(name: str, block: Mapping[str, Any]) -> Iterator[Finding]:
    if any(key in block for key in WORKED):
        yield from _worked(name, block)
    elif any(key in block for key in FACTORS):
        yield from _factors(name, block)
    else:
        yield from _account(name, block)


def _left_over(document: Document, path: str = "") -> Iterator[Case]:
    """Yield a failure for every part that holds a number and lies in no block."""
    if _is_block(document):
        return
    for key in sorted(set(document) - ABOUT):
        part, where = document[key], f"{path}.{key}".strip(".")
        if isinstance(part, Mapping):
            yield from _left_over(part, where)
        elif isinstance(part, list) and all(isinstance(row, Mapping) for row in part):
            for i, row in enumerate(part):
                yield from _left_over(row, f"{where}[{i}]")
        elif holds_number(part):
            yield not_understood(where, f"no number of ours has that name: {str(part)[:80]}")


def _account(name: str, block: Mapping[str, Any]) -> Iterator[Finding]:
    """Compare an account's ratio where the file says that it is one, and where the account stands on the ladder.

    Documentation also prints accounts with numbers of different origin, so that a ratio needs its identity stated.
    """
    answer = block.get("response", block)
    stated = "identity" in block
    equity, required = float(answer[EQUITY]), float(answer[MAINTENANCE])
    policy = at(PM)
    ours = float(uni_mmr(policy, np.array([equity]), np.array([required]))[0])
    if stated:
        # Each of the two inputs and the ratio are rounded to the digits that are printed.
        slack = _half_digit(answer[RATIO]) + _half_digit(answer[EQUITY]) / required
        slack += _half_digit(answer[MAINTENANCE]) * equity / required**2
        residual = float(block.get("residual") or 0.0)
        yield absolute(f"{name} {RATIO}", ours, float(answer[RATIO]), max(slack, residual))
    status = answer.get("accountStatus")
    if status is not None:
        equity = float(answer[RATIO]) * required  # a status follows the ratio that stands beside it
        at_rung = STATES[int(rung(policy, np.array([equity]), np.array([required]))[0])]
        if status not in STATUS_RUNGS:
            yield not_understood(f"{name} accountStatus", f"we know no status {status!r}")
        else:
            yield same(f"{name} accountStatus", at_rung in STATUS_RUNGS[status], True)
    elif not stated:
        yield not_understood(name, "it states neither an identity nor a status")


def _half_digit(printed: object) -> float:
    """Return half a unit of the last digit of a printed number; nothing for a number that is no text."""
    digits = re.fullmatch(r"-?\d+(?:\.(\d*))?", printed) if isinstance(printed, str) else None
    return 0.5 * 10.0 ** -len(digits[1] or "") if digits else 0.0


def _factors(name: str, block: Mapping[str, Any]) -> Iterator[Finding]:
    for family in (PM, OPTIONS):
        policy = at(family)
        for field, ours in FACTORS.items():
            if field in block:
                where = f"{name} {family} {field}"
                yield absolute(where, policy.number(f"market.btc.option_{ours}"), float(block[field]), 0.0)
    if FEE in block:
        yield Later(f"{name} {FEE}", 1)
    yield from unread(name, block, (*FACTORS, FEE, *ABOUT, "source_url", "symbol", "unit"))


def _worked(name: str, block: Mapping[str, Any]) -> Iterator[Finding]:
    rows, futures = block.get("margin") or [], block.get("futures") or []
    results = {key: part for key, part in block.items() if _result_name(key)}
    nested = [key for key in ("results", "result", "expected") if isinstance(block.get(key), Mapping)]
    for key in nested:
        results |= block[key]
    known = (*WORKED, *nested, *results, *PRICES, *RATES, *ABOUT, "source_url", "leverage")
    yield from unread(name, block, known)
    prices, priced = _prices(block, rows, futures)
    policy = _policy(block, rows)
    for row in rows:
        label = f"{name} {row.get('coin', '?')}"
        yield from guarded(label, _coin(label, row, prices, policy))
    for row in futures:
        label = f"{name} {row.get('symbol', '?')}"
        yield from guarded(label, _future(label, row, prices, policy))
    if any(stated is not None for stated in results.values()):
        yield from guarded(f"{name} totals", _totals(name, results, rows, futures, prices, policy, priced))


def _result_name(key: str) -> str | None:
    return RESULTS.get(key.lower())


def _prices(
    block: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], futures: Sequence[Mapping[str, Any]]
) -> tuple[dict[str, float], set[str]]:
    """Return USD for each coin, and which of them the example gives: any price serves where it cancels.

    Where none is given, a coin has the mark of its own coin-settled perpetual; a stable coin is worth 1 USD.
    """
    given: dict[str, float] = {}
    for row in futures:
        if "qty_usd" in row:
            given.setdefault(str(row["asset"]), float(row["mark"]))
    for key in PRICES:
        if isinstance(block.get(key), Mapping):
            given |= {coin: float(price) for coin, price in block[key].items()}
    for row in rows:
        price = row.get("price", row.get("index"))
        if price is not None:
            given[str(row["coin"])] = float(price)
    for stable in ("USDT", "USDC"):
        given.setdefault(stable, 1.0)
    named = {str(row.get("coin")) for row in rows} | {str(row.get("asset")) for row in futures}
    return {**dict.fromkeys(named, 1.0), **given}, set(given)


def _policy(block: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> MarginPolicy:
    """Return the policy with the collateral rates and the leverage of loans that the example states."""
    rates = {str(row["coin"]): float(row["collateral_rate"]) for row in rows if row.get("collateral_rate") is not None}
    for key in RATES:
        if isinstance(block.get(key), Mapping):
            rates |= {coin: float(rate) for coin, rate in block[key].items()}
    settings: dict[str, object] = {}
    for coin, rate in rates.items():
        settings |= {f"collateral.{coin.lower()}.floor": [0.0], f"collateral.{coin.lower()}.rate": [rate]}
    if block.get("leverage") is not None:
        settings["general.loan_leverage"] = float(block["leverage"])
    return _with(at(PM), settings)


def _with(policy: MarginPolicy, settings: Mapping[str, object]) -> MarginPolicy:
    """Return a policy with the numbers that an example states, those of coins that the policy lacks too."""
    return MarginPolicy.of(policy.id, settings, like=policy, source="the worked example")


def _rated(policy: MarginPolicy, coins: Iterable[str]) -> tuple[MarginPolicy, list[str]]:
    """Return a policy in which every coin counts, whole where no rate is known, and the coins of which none is."""
    unrated = sorted({coin for coin in coins if not policy.has(f"collateral.{coin.lower()}.rate")})
    settings: dict[str, object] = {}
    for coin in unrated:
        settings |= {f"collateral.{coin.lower()}.floor": [0.0], f"collateral.{coin.lower()}.rate": [1.0]}
    return _with(policy, settings), unrated


def _coin(name: str, row: Mapping[str, Any], prices: Mapping[str, float], policy: MarginPolicy) -> Iterator[Finding]:
    yield from unread(name, row, MARGIN_ROW)
    coin, loan = str(row["coin"]), float(row.get("loan") or 0.0)
    if row.get("mmr") is not None:
        share = np.isclose(policy.numbers("general.loan_maintenance_rates"), float(row["mmr"]), rtol=1e-12, atol=0.0)
        if not share.any():
            yield not_understood(name, f"no leverage of loans has the rate {row['mmr']}")
            return
        leverage = policy.numbers("general.loan_leverages")[int(np.argmax(share))]
        policy = policy.with_numbers({"general.loan_leverage": leverage})
    found = _found(_account_of([row], []), [], prices, policy)
    compared = 0
    for field, ours in (
        ("equity", found[f"{coin}.actual_equity"] / prices[coin]),
        ("margin_mm", found.get(f"{coin} loan.maintenance_margin", 0.0) / prices[coin]),
    ):
        if row.get(field) is not None:
            compared += 1
            largest = max(abs(float(row.get("asset") or 0.0)), loan)
            yield absolute(f"{name} {field}", ours, float(row[field]), TOLERANCE * max(largest, abs(float(row[field]))))
    if not compared:
        yield not_understood(name, "it states neither equity nor margin")


def _future(name: str, row: Mapping[str, Any], prices: Mapping[str, float], policy: MarginPolicy) -> Iterator[Finding]:
    """Compare what a position earns and needs in the asset that it settles in, where the example says so."""
    yield from unread(name, row, FUTURE_ROW)
    fact = _instrument(str(row["symbol"]))
    found = _found(_account_of([], [row]), [row], prices, policy)
    price = prices[fact.settlement]
    size, mark = _size(row), float(row["mark"])
    notional = abs(size) / mark if fact.inverse else abs(size) * mark
    for field, ours in (
        ("upnl", found[f"{fact.name}.unrealised_profit"]),
        ("mm", found[f"{fact.name}.maintenance_margin"] / price),
        ("notional", notional),
    ):
        if row.get(field) is not None:
            yield absolute(f"{name} {field}", ours, float(row[field]), TOLERANCE * max(notional, 1.0))


def _totals(
    name: str,
    results: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]],
    futures: Sequence[Mapping[str, Any]],
    prices: Mapping[str, float],
    policy: MarginPolicy,
    priced: set[str],
) -> Iterator[Finding]:
    unpriced = sorted(set(prices) - priced)
    if unpriced:
        yield not_understood(f"{name} totals", f"no price of {', '.join(unpriced)} is given")
        return
    found = _found(_account_of(rows, futures), futures, prices, policy)
    _, unrated = _rated(policy, prices)
    for field, theirs in results.items():
        ours = _result_name(field)
        if theirs is None:
            continue
        if unrated and ours in OF_COUNTED:
            yield not_understood(f"{name} {field}", f"no collateral rate of {', '.join(unrated)} is given or known")
            continue
        if ours is None:
            yield not_understood(f"{name} {field}", "no number of ours has that name")
        elif isinstance(theirs, str) and theirs.strip().endswith("%"):
            yield absolute(f"{name} {field}", found[ours] * 100.0, *_printed(theirs.strip()[:-1]))
        elif isinstance(theirs, str):
            yield absolute(f"{name} {field}", found[ours], *_printed(theirs))
        else:
            yield relative(f"{name} {field}", found[ours], float(theirs), TOLERANCE)


def _printed(text: str) -> tuple[float, float]:
    """Return a printed number, and half a unit of its last digit with what float64 adds to it."""
    plain = text.replace(",", "")
    return float(plain), _half_digit(plain) + TOLERANCE * abs(float(plain))


def _found(
    account: Account, futures: Sequence[Mapping[str, Any]], prices: Mapping[str, float], policy: MarginPolicy
) -> dict[str, float]:
    """Return every number of ours for one account."""
    facts = [_instrument(str(row["symbol"])) for row in futures]
    marks = [float(row["mark"]) for row in futures]
    index = {fact.underlying: mark for fact, mark in zip(facts, marks, strict=True)} | dict(prices)
    snapshot = MarketSnapshot.of(
        InstrumentTable.of(facts), name="worked", venue="binance", source="worked example", time_ns=TIME_NS,
        index=index, mark=marks,
    )  # fmt: skip
    rated, _ = _rated(policy, {*account.balances, *(fact.settlement for fact in facts)})
    chosen = _with(rated, _tables(futures))
    [margins] = evaluate(Book.of([account]), snapshot, [chosen], check_lots=False)
    if any(row.unavailable for row in margins):
        raise ValueError(f"it is unavailable: {[row.unavailable for row in margins]}")
    return computed(margins)


def _tables(futures: Sequence[Mapping[str, Any]]) -> dict[str, object]:
    """Return brackets with one rate: the one that an example states for the bracket that its position is in."""
    settings: dict[str, object] = {}
    for row in futures:
        if row.get("mmr") is None:
            continue
        fact, rate = _instrument(str(row["symbol"])), float(row["mmr"])
        family = "coinm" if fact.inverse else "usdm_dated" if isinstance(fact, Future) else "usdm"
        path = f"market.{fact.underlying.lower()}.{family}"
        begins = float(row.get("cum") or 0.0) / rate if rate else 0.0
        tables: dict[str, list[float]] = {"floor": [0.0], "rate": [rate], "leverage": [1.0]}
        if begins:
            tables = {"floor": [0.0, begins], "rate": [0.0, rate], "leverage": [1.0, 1.0]}
        for number, table in tables.items():
            if settings.setdefault(f"{path}_{number}", table) != table:
                raise ValueError(f"{row['symbol']} has another rate than a position beside it")
    return settings


def _account_of(rows: Sequence[Mapping[str, Any]], futures: Sequence[Mapping[str, Any]]) -> Account:
    balances: dict[str, float] = {}
    borrowed: dict[str, float] = {}
    for row in rows:
        coin, owned, loan = str(row["coin"]), float(row.get("asset") or 0.0), float(row.get("loan") or 0.0)
        balances[coin] = balances.get(coin, 0.0) + owned - loan
        if loan:
            borrowed[coin] = borrowed.get(coin, 0.0) + loan
    positions = []
    for row in futures:
        fact = _instrument(str(row["symbol"]))
        if row.get("wallet"):
            balances[str(row["asset"])] = balances.get(str(row["asset"]), 0.0) + float(row["wallet"])
        if str(row.get("asset", fact.settlement)) != fact.settlement:
            raise ValueError(f"{row['symbol']} settles in {fact.settlement}, not in {row['asset']}")
        entry = math.nan if row.get("entry") is None else float(row["entry"])
        positions.append(Position(fact.name, _size(row), entry))
    return Account("worked", tuple(positions), balances, charges={"borrowed": borrowed} if borrowed else {})


def _size(row: Mapping[str, Any]) -> float:
    size = float(row["qty_usd"] if row.get("qty_usd") is not None else row["qty"])
    return -size if str(row.get("side", "")).lower() == "short" and size > 0.0 else size


def _instrument(symbol: str) -> Future | Perpetual:
    """Return a contract; the help page has `BTCUSDT_PERP` and dates with a century, which the venue's API has not.

    `BNBUSD_PERP` is BNB in US dollars, as the API has it.
    """
    fact: Instrument = symbols.parse(
        re.sub(r"(USDT|USDC|(?<!BN)BUSD)_PERP$", r"\1", re.sub(r"_20(\d{6})$", r"_\1", symbol))
    )
    if not isinstance(fact, Future | Perpetual):
        raise ValueError(f"{symbol} is no future")
    return fact

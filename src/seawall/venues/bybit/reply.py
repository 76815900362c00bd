"""Bybit's `/v5/asset/portfolio-margin` as a margin answer: the numbers that it states, under our names.

The answer prints profits and marks. It prints no volatility and no forward, mostly no index, and of the account's coins
only those that hedge. `reconstruct` solves what it can, and the rest is one amount of dollars, chosen so that equity is
what the answer says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from seawall.core.errors import InputError, Problem
from seawall.core.time import NS_PER_MS
from seawall.instruments import Option
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy, at, catalogue
from seawall.portfolio import Account, Book, Position
from seawall.venues.bybit.margin_answer import DOCUMENT, PARTS, SCALE_DECIMALS, Coin, Ladder, MarginAnswer, read_answer
from seawall.venues.bybit.messages import answers_of
from seawall.venues.bybit.reconstruct import held, market_of
from seawall.venues.reply import MarginReply

POLICY = "bybit/pm"
ACCOUNT = "bybit"
CASH = "USD"
"""What stands for all collateral that the answer does not break down; it counts whole."""
WALLET = {
    "equity": "equity",
    "marginBalance": "native.totalMarginBalance",
    "availableBalance": "native.totalAvailableBalance",
    "accountIM": "initial_margin",
    "accountMM": "maintenance_margin",
    "accountIMRate": "native.accountIMRate",
    "accountMMRate": "native.accountMMRate",
}
"""The account's amounts by the answer's names, and what we call them."""
CONTINGENCIES = (
    "optionContingency", "futureDeltaContingency", "optionVegaContingency", "usdtUsdcContingency", "futureContingency",
    "contingencyComponents",
)  # fmt: skip
MARGINS = ("assetMM", "assetIM")


def read_reply(document: object, *, origin: str) -> MarginReply | None:
    """Return a margin answer as policy, market, book and stated numbers; None for any other document.

    Raises
    ------
    InputError
        With every problem found; or when no contract is held, for which there is nothing to compute.
    """
    if not isinstance(document, Mapping):
        return None
    result = document.get("result")
    if all(part in document for part in PARTS):
        document = {"result": document, "time": document.get("time")}
    elif not isinstance(result, Mapping) or any(part not in result for part in PARTS):
        return None
    [opened] = answers_of(document, document=origin)
    answer = read_answer(opened)
    if not any(held(coin) for coin in answer.coins):
        rule = "an answer holds at least one contract, else there is nothing to compute"
        raise InputError(Problem(f"{opened.path}.result.assetPnlRange", "no position", rule, where=DOCUMENT))
    _refuse_unlike_moves(answer)
    said: list[str] = []
    policy = _policy_of(answer, said)
    charges = {coin.base: _number(policy, f"market.{coin.base.lower()}.future_contingency") for coin in answer.coins}
    snapshot, solved = market_of(answer, future_contingency=charges)
    book = _book_of(answer, snapshot, said)
    return MarginReply(policy, snapshot, book, dict(_stated(answer)), (*solved, *said))


def _number(policy: MarginPolicy, path: str) -> float:
    return policy.number(path) if policy.has(path) else np.nan


def _policy_of(answer: MarginAnswer, said: list[str]) -> MarginPolicy:
    """Return the policy of the answer's time with the price range and volatility ranges that the answer shows."""
    try:
        policy = at(POLICY, answer.time_ms * NS_PER_MS)
    except InputError:
        [first] = [row.dates[0] for row in catalogue() if row.id == POLICY]
        policy = at(f"{POLICY}/{first}")
        said.append(f"The policy is that of {first}, for none is known of the answer's time.")
    shown: dict[str, object] = {}
    for coin in answer.coins:
        path = f"market.{coin.base.lower()}"
        if not held(coin) or not policy.has(f"{path}.price_range"):
            continue
        moves = held(coin)[0].ladder.moves
        shown[f"{path}.price_range"] = _range_of(moves, path)
        shown["general.price_steps_count"] = len(moves) // 2
        for shock in coin.vol_shocks:
            if shock != 0.0:
                shown[f"{path}.volatility_range_{'up' if shock > 0.0 else 'down'}"] = abs(shock)
    changed = [path for path, value in shown.items() if policy.parameters[path].value != value]
    if changed:
        said.append(f"{', '.join(changed)}: as the answer shows, where {policy.id} has another number.")
    return policy.with_numbers({path: shown[path] for path in changed})


def _refuse_unlike_moves(answer: MarginAnswer) -> None:
    """Refuse a coin whose rows do not all have the price moves of its first contract."""
    problems = []
    for coin in answer.coins:
        hedge = coin.hedge.ladder if coin.hedge is not None else None
        ladders = [("totalPnlRanges." + kind, ladder) for kind, ladder in coin.totals.items()]
        ladders += [(day, ladder) for day, ladder in coin.expiries.items()]
        ladders += [(line.fact.name, line.ladder) for line in held(coin)]
        ladders += [("spotHedgeInfo", hedge)] if hedge is not None else []
        for name, ladder in ladders if held(coin) else ():
            moves = held(coin)[0].ladder.moves
            if len(ladder.moves) != len(moves) or np.any(np.abs(ladder.moves - moves) > 0.5 * 10.0**-SCALE_DECIMALS):
                rule = f"price moves are those of {held(coin)[0].fact.name}"
                problems.append(Problem(f"{coin.path}.{name}", f"{len(ladder.moves)} moves", rule, where=DOCUMENT))
    if problems:
        raise InputError(problems)


def _range_of(moves: np.ndarray, path: str) -> float:
    """Return the half-width of evenly spaced price moves around zero."""
    steps = len(moves) // 2
    widest = float(moves[-1])
    even = widest * np.arange(-steps, steps + 1) / max(steps, 1)
    if len(moves) != len(even) or len(moves) < 3 or np.any(np.abs(moves - even) > 0.5 * 10.0**-SCALE_DECIMALS):
        rule = "price moves lie evenly around 0, as many above as below"
        raise InputError(Problem(f"{path} priceScale", f"{len(moves)} moves", rule, where=DOCUMENT))
    return widest


def _book_of(answer: MarginAnswer, snapshot: MarketSnapshot, said: list[str]) -> Book:
    """Return the account: its contracts, the coins that hedge, and dollars for the rest of the equity."""
    lines = [line for coin in answer.coins for line in held(coin)]
    hedges = {coin.base: coin.hedge.size for coin in answer.coins if coin.hedge is not None and coin.hedge.size != 0.0}
    worth = sum(line.size * line.mark * snapshot.index[line.fact.settlement]
                for line in lines if isinstance(line.fact, Option))  # fmt: skip
    unpriced = sorted(set(hedges) - set(snapshot.index))
    if unpriced:
        rule = "coins that hedge belong to a coin with contracts, whose price the answer tells"
        raise InputError([Problem("spotHedgeInfo", base, rule, where=DOCUMENT) for base in unpriced])
    worth += sum(size * snapshot.index[base] for base, size in hedges.items())
    balances = dict(hedges)
    if "equity" in answer.wallet:
        balances[CASH] = answer.wallet["equity"] - worth
        said.append(
            "Cash and profits of futures are one amount of dollars, so that equity is the answer's; what the account "
            "owns, owes and has on order is not in the answer, so that neither haircut nor borrowing nor orders are."
        )
    ordered = [line.fact.name for coin in answer.coins for line in coin.lines if line.order_size != 0.0]
    if ordered:
        said.append(f"Open orders on {', '.join(ordered)} are left out: the answer tells no side and no price of them.")
    if hedges:
        said.append(f"The coins that hedge are taken to be all that is owned or owed of {', '.join(sorted(hedges))}.")
    positions = tuple(Position(line.fact.name, line.size) for line in lines)
    return Book.of([Account(ACCOUNT, positions, balances)], origin=DOCUMENT)


def _stated(answer: MarginAnswer) -> Iterator[tuple[str, float]]:
    for theirs, ours in WALLET.items():
        if theirs in answer.wallet:
            yield ours, answer.wallet[theirs]
    for coin in answer.coins:
        if held(coin):
            yield from ((f"{coin.base}.{name}", amount) for name, amount in _of_coin(coin))


def _of_coin(coin: Coin) -> Iterator[tuple[str, float]]:
    yield from ((name, coin.margin[name]) for name in MARGINS if name in coin.margin)
    yield from ((name, coin.contingency[name]) for name in CONTINGENCIES if name in coin.contingency)
    optional = [("maxLossPriceMove", True), ("maxLossIvShock", bool(coin.options))]
    yield from ((name, coin.worst[name]) for name, there in optional if there and name in coin.worst)
    if coin.options:
        yield from ((f"maxLossIvShock.{k}", shock) for k, shock in enumerate(coin.vol_shocks))
    if coin.hedge is not None:
        yield "hedgeSpotSize", coin.hedge.size
        if coin.hedge.ladder is not None:
            yield from _cells("spot", coin.hedge.ladder)
    for kind, ladder in coin.totals.items():
        yield from _cells(f"total.{kind}", ladder)
    for day, ladder in coin.expiries.items():
        yield from _cells(f"expiry.{day}", ladder)
    for line in held(coin):
        kind = "option" if isinstance(line.fact, Option) else "perpetual"
        yield from _cells(f"{kind}.{line.fact.name}", line.ladder)


def _cells(name: str, ladder: Ladder) -> Iterator[tuple[str, float]]:
    for k, cell in enumerate(ladder.cells.reshape(-1).tolist()):
        yield f"{name}.{k}", cell

"""Binance's own totals of a portfolio-margin account beside what they were made from, for reconciling."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from seawall.core.errors import InputError, Problem
from seawall.core.time import NS_PER_MS
from seawall.instruments import InstrumentTable, Kind
from seawall.market import MarketSnapshot
from seawall.market.stable_coins import STABLE_ASSETS, STABLE_USD, par_note
from seawall.policy import at
from seawall.portfolio.assemble import is_asset_name
from seawall.venues.binance import symbols
from seawall.venues.binance.accounts import BALANCES, COIN, LINEAR, book_from_document
from seawall.venues.binance.messages import MessageT, Row, answers, rows_of
from seawall.venues.binance.own_numbers import with_own_numbers
from seawall.venues.binance.shapes import AccountMessage, AssetIndexMessage, BalanceMessage, FuturePositionMessage
from seawall.venues.reply import MarginReply

TOTALS = ("papi/v1/account", "sapi/v1/portfolio/account")
INDEX = ("sapi/v1/portfolio/asset-index-price", "papi/v1/portfolio/asset-index-price")
FAMILY = "binance/pm"
_STATED = {
    "uni_mmr": "uniMMR", "account_equity": "accountEquity", "actual_equity": "actualEquity",
    "account_initial_margin": "accountInitialMargin", "account_maint_margin": "accountMaintMargin",
}  # fmt: skip


def read_reply(document: object, *, origin: str) -> MarginReply | None:
    """Return an account's totals with policy, market and book; None for a document without them.

    Parameters
    ----------
    document
        `papi/v1/account` beside the answers of `accounts.book_from_document` and `asset-index-price`, under keys that
        name their methods. Collateral rates and leverage brackets beside them are set into the policy.
    origin
        Where it was read, for messages.

    Raises
    ------
    InputError
        With every problem found: an answer that is missing, an asset without an index price, a position without a mark.
    """
    if not isinstance(document, Mapping):
        return None
    problems: list[Problem] = []
    totals = list(_all(document, TOTALS, AccountMessage, problems))
    if not totals and not problems:
        return None
    book = book_from_document(document, origin=origin)
    if problems:
        raise InputError(problems)
    if len(totals) != 1 or len(book) != 1:
        raise InputError(Problem(TOTALS[0], f"{len(totals)} totals", "one account is reconciled", where=origin))
    [row] = totals
    snapshot = _snapshot(document, row.message, origin)
    policy = with_own_numbers(at(FAMILY, snapshot.time_ns), document)
    return MarginReply(policy, snapshot, book, dict(_stated(row.message, document)))


def _snapshot(document: Mapping[Any, Any], totals: AccountMessage, origin: str) -> MarketSnapshot:
    """Return the market that the answers speak of: marks of their positions, and index prices of assets."""
    problems: list[Problem] = []
    index: dict[str, float] = {}
    notes = []
    for priced in _all(document, INDEX, AssetIndexMessage, problems):
        asset = priced.message.asset
        if not is_asset_name(asset) or asset in index:
            problems.append(priced.problem("asset", asset, "an asset has a name and stands once"))
        index[asset] = priced.message.asset_index_price
    times = [totals.update_time or 0]
    times += [row.message.update_time or 0 for row in _all(document, BALANCES, BalanceMessage, problems)]
    marks: dict[str, float] = {}
    for row in _all(document, (*LINEAR, *COIN), FuturePositionMessage, problems):
        if row.message.mark_price:
            marks[row.message.symbol] = row.message.mark_price
        elif row.message.position_amt != 0.0:
            problems.append(row.problem("markPrice", row.message.mark_price, "a position that is held has a mark"))
    if not marks and not problems:
        problems.append(Problem("markPrice", "missing", "the market of an answer has at least one mark", where=origin))
    if not max(times) > 0:
        problems.append(Problem("updateTime", "missing", "the totals or the balances have a time", where=origin))
    if problems:
        raise InputError(problems)
    table = InstrumentTable.of(symbols.parse(name) for name in marks)
    for asset in STABLE_ASSETS:
        if asset not in index:
            index[asset] = STABLE_USD
            notes.append(par_note(asset))
    mark = np.array(list(marks.values()), dtype=np.float64)
    return MarketSnapshot.of(
        table, name="answer", venue="binance", source=origin, time_ns=max(times) * NS_PER_MS, index=index, notes=notes,
        mark=mark, forward=np.where(table.is_kind(Kind.OPTION), np.nan, mark),
    )  # fmt: skip


def _stated(totals: AccountMessage, document: Mapping[Any, Any]) -> Iterator[tuple[str, float]]:
    for field, name in _STATED.items():
        stated = getattr(totals, field)
        if stated is not None:
            yield f"native.{name}", stated
    for row in _all(document, (*LINEAR, *COIN), FuturePositionMessage, []):
        if row.message.position_amt != 0.0 and row.message.un_realized_profit is not None:
            yield f"{row.message.symbol}.unrealised_profit", row.message.un_realized_profit


def _all(
    document: Mapping[Any, Any], methods: tuple[str, ...], kind: type[MessageT], problems: list[Problem]
) -> Iterator[Row[MessageT]]:
    for method in methods:
        for key, content in answers(document, method):
            yield from rows_of(content, kind, document=key, problems=problems)

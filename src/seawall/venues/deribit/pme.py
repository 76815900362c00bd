"""Deribit's own margin engine response (`private/pme/simulate`): its parameters, book and market, as ours.

The response holds all that its numbers were made from, so that a reader can compute them again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from seawall.core.errors import InputError, Problem
from seawall.core.evidence import Grade
from seawall.core.time import NS_PER_MS, to_ns
from seawall.instruments import InstrumentTable, Kind, Option
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy, at, catalogue
from seawall.portfolio import Account, Book, Position
from seawall.venues.deribit import symbols

MARGIN_PARTS = {"open_orders_margin": "open_orders_margin", "mmp_margin": "mmp_margin", "spot_margin": "spot_margin"}


class Ticker(msgspec.Struct):
    """Prices of one instrument, as the simulation saw them."""

    mark_price: float
    index_price: float | None = None
    underlying_price: float | None = None
    mark_iv: float | None = None


class Portfolio(msgspec.Struct):
    """The simulated book: equity by currency, and positions in the base currency."""

    position: dict[str, float]
    currency: dict[str, Any] = {}


class Simulation(msgspec.Struct):
    """What we read of a response's `result`."""

    model_params: dict[str, dict[str, Any]]
    portfolio: Portfolio
    index_price: dict[str, float]
    ticker: dict[str, Ticker]
    margins: dict[str, dict[str, Any]]
    initial_risk_vectors: dict[str, dict[str, list[float]]] = {}
    aggregated_risk_vectors: dict[str, dict[str, list[float]]] = {}


@dataclass(frozen=True)
class SimulatedAccount:
    """A response as our types: the policy, market and book that its margins follow from."""

    policy: MarginPolicy
    snapshot: MarketSnapshot
    book: Book
    simulation: Simulation


def read_simulation(document: Mapping[str, Any]) -> SimulatedAccount:
    """Return a `private/pme/simulate` response as policy, snapshot and book.

    Positions of inverse futures arrive in coin and are turned into USD at their own mark.

    Parameters
    ----------
    document
        The JSON-RPC response, or its `result`.

    Raises
    ------
    InputError
        When it is not such a response.
    """
    body = document.get("result", document)
    try:
        simulation = msgspec.convert(body, Simulation)
    except msgspec.ValidationError as error:
        raise InputError(
            Problem("pme/simulate response", str(error), "it has the fields of the API reference")
        ) from None
    settlements = [name.upper() for name in simulation.margins]
    model = "s_pm" if "CROSS" not in settlements else "x_pm"
    time_ns = int(simulation.model_params["general"]["timestamp"]) * NS_PER_MS
    policy = policy_from_params(simulation.model_params, model=model, time_ns=time_ns)
    snapshot = _snapshot(simulation, time_ns)
    return SimulatedAccount(policy, snapshot, _book(simulation, snapshot), simulation)


def policy_from_params(params: Mapping[str, Mapping[str, Any]], *, model: str, time_ns: int) -> MarginPolicy:
    """Return the venue's own `model_params` as a policy; rules and their grades are those of the nearest dated set.

    What the response states and no rule reads is listed in the policy's notes: it may be how a change of rule shows.
    """
    first = next(row.dates[0] for row in catalogue() if row.id == f"deribit/{model}")
    like = at(f"deribit/{model}", max(time_ns, to_ns(first)))
    settings: dict[str, object] = {}
    unread = []
    for name, number in params.get("general", {}).items():
        if like.knows(f"general.{name}"):
            settings[f"general.{name}"] = _plain(number)
        elif name != "timestamp":
            unread.append(f"general.{name}")
    for group in ("currency", "currency_pair"):
        for key, numbers in params.get(group, {}).items():
            for name, number in numbers.items():
                path = f"{group}.{key}.{name}"
                if like.knows(path):
                    settings[path] = _plain(number)
                else:
                    unread.append(path)
    return MarginPolicy.of(
        f"deribit/{model}/response", settings, like=like, source="model_params of the response",
        grade=Grade.VERIFIED, effective=time_ns,
        notes=f"The response states {', '.join(unread)}, which no rule here reads." if unread else "",
    )  # fmt: skip


def _plain(number: object) -> object:
    return float(number) if isinstance(number, int) and not isinstance(number, bool) else number


def _snapshot(simulation: Simulation, time_ns: int) -> MarketSnapshot:
    instruments = [symbols.parse(name) for name in simulation.ticker]
    rows = list(simulation.ticker.values())
    index = {pair.split("_")[0].upper(): price for pair, price in simulation.index_price.items()}
    for instrument in instruments:
        if instrument.settlement in ("USDC", "USDT"):
            index.setdefault(instrument.settlement, 1.0)
    nan = float("nan")

    def forward(instrument: object, row: Ticker) -> float:
        if not isinstance(instrument, Option):
            return row.mark_price
        return row.underlying_price if row.underlying_price is not None else nan

    return MarketSnapshot.of(
        InstrumentTable.of(instruments),
        name="simulation", venue="deribit", source="private/pme/simulate", time_ns=time_ns, index=index,
        mark=[row.mark_price for row in rows],
        forward=[forward(i, row) for i, row in zip(instruments, rows, strict=True)],
        vol=[nan if row.mark_iv is None else row.mark_iv / 100.0 for row in rows],
    )  # fmt: skip


def _book(simulation: Simulation, snapshot: MarketSnapshot) -> Book:
    table = snapshot.table
    positions = []
    for name, size in simulation.portfolio.position.items():
        n = table.position(name)
        usd = table.inverse[n] and table.kind[n] != Kind.OPTION
        positions.append(Position(name, size * float(snapshot.mark[n]) if usd else size))
    charges: dict[str, dict[str, float]] = {}
    for currency, margin in simulation.margins.items():
        details = margin.get("initial_margin_details", {})
        for ours, theirs in MARGIN_PARTS.items():
            if details.get(theirs):
                asset = "USD" if currency == "cross" else currency.upper()
                charges.setdefault(ours, {})[asset] = float(details[theirs])
    balances: dict[str, float] = {}
    for currency, equity in simulation.portfolio.currency.items():
        amount = equity.get("equity", 0.0) if isinstance(equity, dict) else equity
        balances[currency.upper()] = float(amount)
    return Book.of([Account("simulation", tuple(positions), balances, charges=charges)], origin="pme/simulate response")

"""Deribit's own margin engine response (`private/pme/simulate`): its parameters, book and market, as ours.

The response holds all that its numbers were made from, so that a reader can compute them again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec

from seawall.core.errors import InputError, Problem, UnavailableError
from seawall.core.evidence import Grade
from seawall.core.time import NS_PER_MS, to_ns
from seawall.instruments import InstrumentTable, Kind, Option
from seawall.market import MarketSnapshot
from seawall.market.stable_coins import STABLE_ASSETS, STABLE_USD
from seawall.policy import MarginPolicy, at, catalogue
from seawall.portfolio import Account, Book, Position
from seawall.venues.deribit import symbols
from seawall.venues.deribit.accounts import sizes_from_base
from seawall.venues.deribit.messages import shown

CHARGES = ("open_orders_margin", "mmp_margin", "spot_margin")
"""Parts of `initial_margin_details` that are taken as given; they bear the same names in a book."""
LAST_TIMESTAMP_MS = 4_102_444_800_000
"""The year 2100: a later instant is a mistake of units."""

Price = Annotated[float, msgspec.Meta(gt=0)]
Instant = Annotated[int, msgspec.Meta(ge=0, le=LAST_TIMESTAMP_MS)]
Setting = float | bool | str


class Ticker(msgspec.Struct):
    """Prices of one instrument, as the simulation saw them."""

    mark_price: float
    index_price: Price | None = None
    underlying_price: Price | None = None
    mark_iv: Annotated[float, msgspec.Meta(ge=0)] | None = None


class CurrencyEquity(msgspec.Struct):
    """What an account owns in one currency, the value of its options included."""

    equity: float = 0.0


class Portfolio(msgspec.Struct):
    """The simulated book: equity by currency, and positions in the base currency."""

    position: dict[str, float]
    currency: dict[str, CurrencyEquity | float] = {}


class ModelParams(msgspec.Struct):
    """The engine's parameters, as `policy_from_params` reads them."""

    general: dict[str, Setting]
    currency: dict[str, dict[str, Setting]] = {}
    currency_pair: dict[str, dict[str, Setting]] = {}


class MarginBlock(msgspec.Struct):
    """Margin of one currency; only the charges that are inputs are read, from its details."""

    initial_margin_details: dict[str, Any] | None = None


class Simulation(msgspec.Struct):
    """What we read of a response's `result`."""

    model_params: ModelParams
    portfolio: Portfolio
    margins: dict[str, MarginBlock]
    ticker: dict[str, Ticker]
    index_price: dict[str, Price] = {}


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
        simulation = msgspec.convert(body, Simulation, strict=True)
        time_ms = msgspec.convert(simulation.model_params.general.get("timestamp"), Instant, strict=False)
    except (msgspec.ValidationError, OverflowError, RecursionError, UnicodeEncodeError) as error:
        rule = "it has the fields of the API reference, model_params.general.timestamp among them"
        raise InputError(Problem("pme/simulate response", shown(str(error)), rule)) from None
    if problems := _faults(simulation):
        raise InputError(problems)
    model = "x_pm" if any(name.upper() == "CROSS" for name in simulation.margins) else "s_pm"
    time_ns = time_ms * NS_PER_MS
    policy = policy_from_params(simulation.model_params, model=model, time_ns=time_ns)
    snapshot = _snapshot(simulation, time_ns)
    return SimulatedAccount(policy, snapshot, _book(simulation, snapshot), simulation)


def _faults(simulation: Simulation) -> list[Problem]:
    """Return every number that is none, as JSON's readers let NaN pass, and every price that can't be one."""
    prices = {
        f"ticker.{name}.{field}": getattr(row, field)
        for name, row in simulation.ticker.items()
        for field in row.__struct_fields__
    }
    amounts = {f"portfolio.position.{name}": size for name, size in simulation.portfolio.position.items()}
    for currency, stated in simulation.portfolio.currency.items():
        amounts[f"portfolio.currency.{currency}"] = stated.equity if isinstance(stated, CurrencyEquity) else stated
    prices |= {f"index_price.{pair}": price for pair, price in simulation.index_price.items()}
    faults = [(field, price, "prices are finite and >= 0") for field, price in prices.items() if price is not None
              and not 0.0 <= price < math.inf]  # fmt: skip
    faults += [(field, held, "amounts are finite") for field, held in amounts.items() if not math.isfinite(held)]
    return [Problem(str(shown(field)), held, rule, where="pme/simulate response") for field, held, rule in faults]


def policy_from_params(params: ModelParams, *, model: str, time_ns: int) -> MarginPolicy:
    """Return the venue's own `model_params` as a policy; rules and their grades are those of the nearest dated set.

    The venue states its parameters; none is verified by being stated, so they are graded `documented`.

    What the response states and no rule reads is listed in the policy's notes: it may be how a change of rule shows.
    """
    first = next(row.dates[0] for row in catalogue() if row.id == f"deribit/{model}")
    like = at(f"deribit/{model}", max(time_ns, to_ns(first)))
    settings: dict[str, object] = {}
    unread = []
    for name, number in params.general.items():
        if like.knows(f"general.{name}"):
            settings[f"general.{name}"] = number
        elif name != "timestamp":
            unread.append(f"general.{name}")
    for group, entries in (("currency", params.currency), ("currency_pair", params.currency_pair)):
        for key, numbers in entries.items():
            for name, number in numbers.items():
                path = f"{group}.{key}.{name}"
                if like.knows(path):
                    settings[path] = number
                else:
                    unread.append(path)
    return MarginPolicy.of(
        f"deribit/{model}/response", settings, like=like, source="model_params of the response",
        grade=Grade.DOCUMENTED, effective=time_ns,
        notes=f"The response states {', '.join(unread)}, which no rule here reads." if unread else "",
    )  # fmt: skip


def _snapshot(simulation: Simulation, time_ns: int) -> MarketSnapshot:
    instruments = [symbols.parse(name) for name in simulation.ticker]
    rows = list(simulation.ticker.values())
    index = {pair.split("_")[0].upper(): price for pair, price in simulation.index_price.items()}
    for instrument, row in zip(instruments, rows, strict=True):
        if row.index_price is not None:
            index.setdefault(instrument.underlying, row.index_price)
        if instrument.settlement in STABLE_ASSETS:
            index.setdefault(instrument.settlement, STABLE_USD)
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
    # What was closed is listed too, at size 0 and perhaps without a price.
    held = {name: size for name, size in simulation.portfolio.position.items() if size != 0.0}
    try:
        positions = [Position(name, size) for name, size in sizes_from_base(held, snapshot).items()]
    except UnavailableError as error:
        raise InputError(Problem("mark_price", 0.0, str(error), where="pme/simulate response")) from None
    option_value: dict[str, float] = {}
    for name, size in held.items():
        n = table.position(name)
        if table.kind[n] == Kind.OPTION:
            settlement = table.settlement[n]
            option_value[settlement] = option_value.get(settlement, 0.0) + size * float(snapshot.mark[n])
    charges: dict[str, dict[str, float]] = {}
    blocks = {currency.upper(): margin for currency, margin in simulation.margins.items()}
    if "CROSS" in blocks:  # one block for the whole account; others would show the same charges again
        blocks = {"USD": blocks["CROSS"]}
    for asset, margin in blocks.items():
        for name in CHARGES:
            if stated := _charge((margin.initial_margin_details or {}).get(name), f"margins.{asset}.{name}"):
                charges.setdefault(name, {})[asset] = stated
    # Equity as the venue states it holds the value of options, which a book's balance leaves to the snapshot.
    balances = {
        currency.upper(): (stated.equity if isinstance(stated, CurrencyEquity) else stated)
        - option_value.get(currency.upper(), 0.0)
        for currency, stated in simulation.portfolio.currency.items()
    }
    return Book.of([Account("simulation", tuple(positions), balances, charges=charges)], origin="pme/simulate response")


def _charge(stated: object, field: str) -> float:
    """Return a charge, 0 where none is stated; a JSON integer can be larger than any float64."""
    try:
        charge = math.nan if isinstance(stated, bool) or not isinstance(stated, int | float) else float(stated)
    except OverflowError:
        charge = math.inf
    if stated is not None and not 0.0 <= charge < math.inf:
        rule = "charges are finite numbers, >= 0"
        raise InputError(Problem(str(shown(field)), shown(stated), rule, where="pme/simulate response"))
    return 0.0 if stated is None else charge

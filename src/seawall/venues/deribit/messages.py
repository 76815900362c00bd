"""Deribit's JSON messages as typed rows, and the one way that untrusted bytes become such rows.

Reading has three steps: `load` makes JSON of bytes, `rows_of` finds the rows in whatever envelope they came in, `typed`
turns each into its struct. Unknown keys pass; a wrong type, a number that is not finite or out of its range does not.
Every step collects all problems of its input, with the JSON path of each.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar

import msgspec

from seawall.core.errors import InputError, Problem, VenueError

MAX_TIME_MS = 9_000_000_000_000
"""Milliseconds since 1970 that still fit 64-bit nanoseconds (the year 2255)."""
NEVER_MS = 32_503_708_800_000
"""Expiry that Deribit writes for what never expires (the year 3000)."""
_MAX_NESTED_ENVELOPES = 4
SHOWN_TEXT_COUNT = 80
"""Characters of a faulty text that a message shows."""


class InstrumentMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `public/get_instruments`. Rows of 2021 have neither settlement currency nor instrument type."""

    instrument_name: str
    kind: str
    base_currency: str
    quote_currency: str | None = None
    settlement_currency: str | None = None
    contract_size: float
    min_trade_amount: float | None = None
    expiration_timestamp: int | None = None
    strike: float | None = None
    option_type: str | None = None
    is_active: bool = True


class SummaryMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `public/get_book_summary_by_currency`; `mark_iv` is in percent."""

    instrument_name: str
    creation_timestamp: int
    mark_price: float | None = None
    mark_iv: float | None = None
    underlying_price: float | None = None
    bid_price: float | None = None
    ask_price: float | None = None
    open_interest: float | None = None
    funding_8h: float | None = None
    estimated_delivery_price: float | None = None


class TickerMessage(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `public/ticker`; `mark_iv` is in percent."""

    instrument_name: str
    timestamp: int
    mark_price: float | None = None
    mark_iv: float | None = None
    underlying_price: float | None = None
    best_bid_price: float | None = None
    best_ask_price: float | None = None
    best_bid_amount: float | None = None
    best_ask_amount: float | None = None
    open_interest: float | None = None
    funding_8h: float | None = None
    index_price: float | None = None
    estimated_delivery_price: float | None = None


class IndexMessage(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `public/get_index_price`; it does not repeat the index's name."""

    index_price: float


class PositionMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `private/get_positions`."""

    instrument_name: str
    direction: str
    size: float
    average_price: float
    mark_price: float
    floating_profit_loss: float
    size_currency: float | None = None
    open_orders_margin: float | None = None


class CurrencySummaryMessage(msgspec.Struct, frozen=True, kw_only=True):
    """`private/get_account_summary`, or one entry of the summaries of all currencies."""

    currency: str
    balance: float
    equity: float | None = None
    options_value: float | None = None
    futures_session_upl: float | None = None
    session_rpl: float | None = None
    spot_reserve: float | None = None
    id: int | None = None


_PRICE = "prices are finite and >= 0"
_FORWARD = "forward and index prices are finite and above 0"
_AMOUNT = "amounts are finite and >= 0"
_RULES: dict[str, tuple[float, str]] = {
    "mark_iv": (0.0, "implied volatilities are finite and >= 0"),
    "mark_price": (0.0, _PRICE),
    "average_price": (0.0, _PRICE),
    "bid_price": (0.0, _PRICE),
    "ask_price": (0.0, _PRICE),
    "best_bid_price": (0.0, _PRICE),
    "best_ask_price": (0.0, _PRICE),
    "best_bid_amount": (0.0, _AMOUNT),
    "best_ask_amount": (0.0, _AMOUNT),
    "open_interest": (0.0, _AMOUNT),
    "min_trade_amount": (0.0, _AMOUNT),
    "underlying_price": (math.ulp(0.0), _FORWARD),
    "index_price": (math.ulp(0.0), _FORWARD),
    "estimated_delivery_price": (0.0, _PRICE),
    "contract_size": (math.ulp(0.0), "contract sizes are finite and above 0"),
    "strike": (math.ulp(0.0), "strikes are finite and above 0"),
    "open_orders_margin": (0.0, _AMOUNT),
    "spot_reserve": (0.0, _AMOUNT),
    "timestamp": (1.0, "timestamps are milliseconds since 1970"),
    "creation_timestamp": (1.0, "timestamps are milliseconds since 1970"),
    "expiration_timestamp": (1.0, "timestamps are milliseconds since 1970"),
}
"""Least admitted value by field, and the rule in words; what is not listed need only be finite."""

MessageT = TypeVar("MessageT", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True)
class Row(Generic[MessageT]):
    """A typed row with the place it was read from."""

    document: str
    path: str
    message: MessageT

    def problem(self, field: str, value: object, rule: str) -> Problem:
        """Return a problem at one field of this row, which names the instrument where it has one."""
        name = getattr(self.message, "instrument_name", None)
        where = f"{self.document}, {shown(name)}" if name else self.document
        return Problem(f"{self.path}.{field}", shown(value), rule, where=where)


class RefusedError(VenueError):
    """The venue answered a call with a JSON-RPC error; `code` is its number."""

    def __init__(self, code: object, message: str) -> None:
        self.code = code
        super().__init__(message)


def load(content: bytes, *, document: str) -> Any:
    """Return the JSON document that some bytes hold.

    Raises
    ------
    InputError
        When they hold none.
    """
    try:
        return msgspec.json.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        reason = str(error)
    try:  # Python's own reader takes NaN and 1e400; with it the row that holds them can be named
        return json.loads(content)
    except (ValueError, RecursionError):
        head = shown(content[:60].decode("utf-8", "replace"))
        raise InputError(Problem("$", head, f"a response is a JSON document: {reason}", where=document)) from None


def rows_of(tree: Any, *, document: str, path: str = "$") -> list[tuple[str, Any]]:
    """Return the row objects of a response, of a list of responses, or of a bare list of rows, each with its path.

    Raises
    ------
    VenueError
        When a response is a JSON-RPC error.
    InputError
        When something else stands where rows should be.
    """
    return list(_walk(tree, document, path, _MAX_NESTED_ENVELOPES))


def _walk(tree: Any, document: str, path: str, depth: int) -> Iterable[tuple[str, Any]]:
    if isinstance(tree, dict):
        if tree.get("error") is not None:
            raise _refusal(tree["error"], document)
        if "result" in tree and depth:
            yield from _walk(tree["result"], document, f"{path}.result", depth - 1)
        elif "jsonrpc" in tree:
            raise InputError(Problem(path, shown(tree), "a JSON-RPC response has a result or an error", where=document))
        else:
            yield path, tree
    elif isinstance(tree, list) and depth:
        for i, item in enumerate(tree):
            yield from _walk(item, document, f"{path}[{i}]", depth - 1)
    else:
        rule = "a response holds its rows as JSON objects under `result`"
        raise InputError(Problem(path, shown(tree), rule, where=document))


def _refusal(error: Any, document: str) -> RefusedError:
    parts = error if isinstance(error, dict) else {"message": error}
    code, text, extra = parts.get("code", "without a code"), parts.get("message", "no message"), parts.get("data")
    detail = f" ({shown(extra)})" if extra else ""
    return RefusedError(code, f"{document}: Deribit answered with error {shown(code)}: {shown(text)}{detail}")


def typed(
    rows: Sequence[tuple[str, Any]], kind: type[MessageT], *, document: str, problems: list[Problem]
) -> list[Row[MessageT]]:
    """Return the rows that are well-formed; what is wrong with the others is added to `problems`."""
    made = []
    for path, item in rows:
        faults = _faults(path, item, kind, document)
        if faults:
            problems.extend(faults)
        else:
            known = {field.encode_name: item[field.encode_name] for field in _fields(kind) if field.encode_name in item}
            made.append(Row(document, path, msgspec.convert(known, kind)))  # a strange key can be no text at all
    return made


def _faults(path: str, item: Any, kind: type[msgspec.Struct], document: str) -> list[Problem]:
    """Return every field of a row that is missing, wrongly typed, not finite or out of its range."""
    if not isinstance(item, dict):
        return [Problem(path, shown(item), "a row is a JSON object", where=document)]
    name = item.get("instrument_name")
    where = f"{document}, {shown(name)}" if isinstance(name, str) else document
    faults = []
    for field in _fields(kind):
        there = field.encode_name in item
        value = item.get(field.encode_name)
        rule = None if there or not field.required else "this field is required"
        if there:
            rule = _broken_rule(field.encode_name, value, field.type)
        if rule is not None:
            faults.append(Problem(f"{path}.{field.encode_name}", shown(value), rule, where=where))
    return faults


@cache
def _fields(kind: type[msgspec.Struct]) -> tuple[msgspec.structs.FieldInfo, ...]:
    return msgspec.structs.fields(kind)


def _broken_rule(field: str, value: Any, kind: Any) -> str | None:
    try:
        made = msgspec.convert(value, kind)
    except (msgspec.ValidationError, OverflowError, RecursionError, UnicodeEncodeError) as error:
        return f"its type is wrong: {error}"
    if isinstance(made, bool) or not isinstance(made, int | float):
        return None
    least, rule = _RULES.get(field, (-math.inf, "numbers are finite"))
    if isinstance(made, int):  # only times and ids are integers; far-off expiries stand for "never"
        top = MAX_TIME_MS if field.endswith("timestamp") else 2**63
        return None if least <= made < top or made == NEVER_MS else rule
    return None if math.isfinite(made) and made >= least else rule


def shown(value: object) -> object:
    """Return a value as an error message shows it: numbers and short texts as they are, the rest cut or counted."""
    if isinstance(value, dict | list):
        return f"{'an object' if isinstance(value, dict) else 'a list'} of {len(value)}"
    if isinstance(value, int) and abs(value) >= 10**SHOWN_TEXT_COUNT:
        return f"an integer of more than {SHOWN_TEXT_COUNT} digits"  # Python refuses to write one of thousands
    text = value if isinstance(value, str) else str(value)
    if len(text) > SHOWN_TEXT_COUNT:
        text = text[: SHOWN_TEXT_COUNT - 3] + "..."
    elif not isinstance(value, str):
        return value
    return text.encode("utf-8", "replace").decode()  # JSON can hold half a surrogate pair, which nothing can print

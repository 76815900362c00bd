"""A live snapshot from Deribit's public API, with the standard library only; no account and no key are needed.

A coin takes five calls. A call that times out, is limited or meets a broken server is repeated a bounded number of
times, each wait twice the one before; an answer that is partial or nonsense is never made into a snapshot.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from http.client import HTTPException, HTTPResponse
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import Request, urlopen

from seawall.core.errors import InputError, Problem, VenueError
from seawall.core.time import NS_PER_SECOND, iso, to_ns
from seawall.market import MarketSnapshot
from seawall.venues.deribit import symbols
from seawall.venues.deribit.decode import VENUE, index_price, snapshot_from_json
from seawall.venues.deribit.messages import RefusedError, load, rows_of

BASE_URL = "https://www.deribit.com/api/v2"
TIMEOUT_SECONDS = 10.0
"""Longest wait for one answer's next bytes; Deribit answers these calls in well under a second."""
RETRIES_COUNT = 4
FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 30.0
"""A venue that asks for a longer pause than this is left alone, and the caller told."""
MAX_ANSWER_BYTES = 64 * 2**20
"""A chain of a thousand instruments has about 1 MB of JSON."""
STALE_SECONDS = 300.0
"""Prices this far from the caller's clock are noted on the snapshot."""
RATE_LIMITED_CODES = (10028, 10047)
"""JSON-RPC codes `too_many_requests` and `matching_engine_queue_full` (docs.deribit.com, RPC error codes)."""
INVALID_PARAMS_CODES = (-32602, 13020)
"""JSON-RPC codes for a parameter the venue does not know, and `not_found`."""

_AGAIN = "; try again in a minute"


class _TransientError(Exception):
    """A failed try that may succeed later; `wait_seconds` is what the venue asked for, 0 where it did not say."""

    def __init__(self, reason: str, wait_seconds: float = 0.0) -> None:
        self.wait_seconds = wait_seconds
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class _Caller:
    base_url: str
    timeout_seconds: float
    retries: int
    now: Callable[[], int]
    sleep: Callable[[float], None]
    progress: Callable[[str], None]

    def call(self, method: str, **arguments: str) -> Any:
        """Return the JSON answer of one call, or raise `VenueError` once the tries are used up."""
        url = f"{self.base_url}/public/{method}?{urlencode(arguments)}"
        label = f"{method}({', '.join(f'{key}={value}' for key, value in arguments.items())})"
        self.progress(label)
        wait = FIRST_WAIT_SECONDS
        for attempt in range(self.retries + 1):
            try:
                return self._once(url, label)
            except _TransientError as failure:
                pause = max(wait, failure.wait_seconds)
                if attempt == self.retries or pause > LONGEST_WAIT_SECONDS:
                    asked = f"; it asks for a pause of {pause:.0f} s" if failure.wait_seconds else ""
                    tries = f"{attempt + 1} {'try' if attempt == 0 else 'tries'}"
                    raise VenueError(f"{label}: {failure}, after {tries}{asked}{_AGAIN}") from None
                self.progress(f"{label}: {failure}; waiting {pause:g} s")
                self.sleep(pause)
                wait = min(2.0 * wait, LONGEST_WAIT_SECONDS)
        raise AssertionError("the last try returns or raises")

    def _once(self, url: str, label: str) -> Any:
        request = Request(url, headers={"Accept": "application/json", "User-Agent": "seawall"})
        try:
            with urlopen(request, timeout=self.timeout_seconds) as response:
                content = _read(response)
        except HTTPError as error:
            with error:
                return self._failed(error, label)
        except TimeoutError:
            raise _TransientError(f"no answer within {self.timeout_seconds:g} s") from None
        except (URLError, HTTPException, OSError) as error:
            reason = getattr(error, "reason", None) or error
            raise _TransientError(f"the connection failed ({reason or type(error).__name__})") from None
        return self._parsed(content, label)

    def _failed(self, error: HTTPError, label: str) -> Any:
        if error.code == 429 or error.code >= 500:
            reason = "the rate limit is reached" if error.code == 429 else "the server is in trouble"
            raise _TransientError(f"{reason} (HTTP {error.code})", self._asked_wait(error)) from None
        try:
            content = error.read(MAX_ANSWER_BYTES)
        except (HTTPException, OSError):
            content = b""
        if content.lstrip()[:1] == b"{":
            self._parsed(content, label)  # Deribit sends JSON-RPC errors with HTTP 400
        raise VenueError(f"{label}: HTTP {error.code} {error.reason}; check the address {self.base_url}") from None

    def _parsed(self, content: bytes, label: str) -> Any:
        try:
            answer = load(content, document=label)
        except InputError:
            if content.lstrip()[:1] == b"{":
                raise _TransientError(f"the answer breaks off after {len(content)} bytes") from None
            head = content[:40].decode("utf-8", "replace")
            raise VenueError(
                f"{label}: {len(content)} bytes came that are not JSON ({head!r}...); "
                f"check that {self.base_url} is Deribit's API and no proxy answers for it"
            ) from None
        if not isinstance(answer, dict) or not ("result" in answer or "error" in answer):
            raise VenueError(f"{label}: the answer is JSON but no JSON-RPC response; check the address {self.base_url}")
        try:
            if answer.get("error") is not None:
                rows_of(answer, document=label)
        except RefusedError as refusal:
            if refusal.code in RATE_LIMITED_CODES:
                raise _TransientError(f"the rate limit is reached (error {refusal.code})") from None
            raise
        return answer

    def _asked_wait(self, error: HTTPError) -> float:
        """Return the seconds of a Retry-After header, which is a number or a date."""
        asked = error.headers.get("Retry-After", "").strip()
        if asked.isdecimal() and len(asked) < 10:
            return float(asked)
        try:
            return max(0.0, (to_ns(parsedate_to_datetime(asked)) - self.now()) / NS_PER_SECOND)
        except (ValueError, TypeError, IndexError, OverflowError):
            return 0.0


def fetch_snapshot(
    currency: str = "BTC",
    *,
    base_url: str = BASE_URL,
    timeout_seconds: float = TIMEOUT_SECONDS,
    retries: int = RETRIES_COUNT,
    now: Callable[[], int] = time.time_ns,
    sleep: Callable[[float], None] = time.sleep,
    progress: Callable[[str], None] | None = None,
) -> MarketSnapshot:
    """Return what Deribit's public API says now of all options and futures in one currency.

    Parameters
    ----------
    currency
        Coin whose inverse instruments are wanted (`BTC`, `ETH`), or `USDC` or `USDT` for all linear ones.
    base_url
        Where the API is: the venue, its testnet, or a recording.
    timeout_seconds, retries
        Longest wait for one answer; how often a call is repeated.
    now, sleep
        The clock, nanoseconds since 1970 UTC, and how to wait some seconds.
    progress
        Called with a line of text before each call and each wait.

    Raises
    ------
    VenueError
        When a call is not answered in time, is refused, or comes back partial or as nonsense; the message names the
        call, what came and what to do.
    InputError
        When an answer is complete but holds numbers that can't be.
    """
    _check_arguments(currency, base_url, timeout_seconds, retries)
    caller = _Caller(base_url.rstrip("/"), timeout_seconds, retries, now, sleep, progress or (lambda line: None))
    listed = caller.call("get_instruments", currency=currency, expired="false")
    kinds = _active_kinds(listed)
    if not kinds:
        raise VenueError(f"get_instruments(currency={currency}): no option and no future came; check the currency")
    asked = sorted(set(kinds.values()))
    summaries = [caller.call("get_book_summary_by_currency", currency=currency, kind=kind) for kind in asked]
    priced = {str(row.get("instrument_name")) for _, row in _rows(summaries, "get_book_summary_by_currency")}
    known = {row.get("instrument_name") for _, row in _rows(listed, "get_instruments")}
    if any(name not in known and not symbols.is_combo(name) for name in priced):  # listed since the first call
        listed = caller.call("get_instruments", currency=currency, expired="false")
        kinds = _active_kinds(listed)
    _refuse_missing(kinds, priced, currency)
    rows = [row for _, row in _rows(listed, "get_instruments")]
    held = [row for row in rows if row.get("kind") != "spot"]
    spot_count = len(rows) - len(held)
    perpetual = f"{currency}-PERPETUAL"
    tickers = [caller.call("ticker", instrument_name=perpetual)] if perpetual in kinds else []
    index = _fetched_index(caller, currency)
    source = f"{caller.base_url} public API"
    snapshot = snapshot_from_json(held, summaries, tickers, name="", source=source, time_ns=None, index=index)
    notes = list(snapshot.notes)
    if spot_count:
        notes.append(f"{spot_count} spot pairs are left out: their prices are not asked for.")
    apart = abs(now() - snapshot.time_ns) / NS_PER_SECOND
    if apart > STALE_SECONDS:
        notes.append(f"The venue's newest price is {apart:.0f} s apart from this machine's clock.")
    return replace(snapshot, name=f"{VENUE}-{currency.lower()}-{iso(snapshot.time_ns)}", notes=tuple(notes))


def _check_arguments(currency: str, base_url: str, timeout_seconds: float, retries: int) -> None:
    problems = []
    if not (currency.isascii() and currency.isalnum() and currency == currency.upper()):
        problems.append(Problem("currency", currency, "currencies are BTC, ETH, USDC or USDT"))
    if urlsplit(base_url).scheme not in ("http", "https"):
        problems.append(Problem("base_url", base_url, "the address starts with https:// or http://"))
    if not timeout_seconds > 0.0:
        problems.append(Problem("timeout_seconds", timeout_seconds, "a time-out is above 0"))
    if retries < 0:
        problems.append(Problem("retries", retries, "retries are >= 0"))
    if problems:
        raise InputError(problems)


def _read(response: HTTPResponse) -> bytes:
    content = response.read(MAX_ANSWER_BYTES + 1)
    if len(content) > MAX_ANSWER_BYTES:
        raise VenueError(f"more than {MAX_ANSWER_BYTES} bytes came from {response.url}; check the address")
    told = response.headers.get("Content-Length", "")
    if told.isdecimal() and len(content) < int(told):
        raise _TransientError(f"the answer was cut off at {len(content)} of {told} bytes")
    return content


def _rows(answer: Any, label: str) -> list[tuple[str, dict[str, Any]]]:
    try:
        return rows_of(answer, document=label)
    except InputError as error:
        raise VenueError(f"{label}: the answer has not the documented shape: {error}{_AGAIN}") from None


def _active_kinds(listed: Any) -> dict[str, str]:
    """Return kind by name of the options and futures that are listed as active."""
    rows = [row for _, row in _rows(listed, "get_instruments")]
    active = (row for row in rows if row.get("is_active", True) and row.get("kind") in ("option", "future"))
    return {str(row.get("instrument_name")): str(row["kind"]) for row in active}


def _refuse_missing(kinds: dict[str, str], priced: set[str], currency: str) -> None:
    for kind in sorted(set(kinds.values())):
        asked = [name for name, its in kinds.items() if its == kind]
        missing = [name for name in asked if name not in priced]
        if missing:
            raise VenueError(
                f"get_book_summary_by_currency(currency={currency}, kind={kind}): {len(asked) - len(missing)} of "
                f"{len(asked)} rows came; {missing[0]} is one of those missing. A part of a market is no "
                f"snapshot{_AGAIN}"
            )


def _fetched_index(caller: _Caller, currency: str) -> dict[str, float]:
    """Return the index of the currency; a stable coin may have none, and is then left to the stated assumption."""
    label = f"{currency.lower()}_usd"
    try:
        answer = caller.call("get_index_price", index_name=label)
    except RefusedError as refusal:
        if currency in symbols.STABLE_SETTLEMENTS and refusal.code in INVALID_PARAMS_CODES:
            return {}
        raise
    try:
        return {currency: index_price(answer)}
    except InputError as error:
        raise VenueError(f"get_index_price(index_name={label}): {error}{_AGAIN}") from None

"""Derive's signed feeds (`public/get_latest_signed_feeds`): prices with a confidence each, rates, settled forwards."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.errors import InputError, Problem
from seawall.core.time import NS_PER_SECOND
from seawall.instruments import InstrumentTable, Kind
from seawall.market import Feeds
from seawall.portfolio.assemble import is_asset_name
from seawall.venues.derive.messages import POSITIVE, Fields, results

SETTLEMENT_SECONDS = 1_800
"""An option settles to the average index of the last half hour; what is averaged already moves no more."""
MID = "P"
"""Perpetual feeds come for the mid price (P) and for both sides of the book (A, B); margin looks at the mid."""
PRINTED_FORWARD_SHARE = 1e-3
"""Tickers print forwards in a few digits: 69727 for 69727.31."""
SECTIONS = ("spot_data", "perp_data", "fwd_data", "vol_data", "rate_data")
_CONFIDENCE = "confidences are from 0 to 1"
_RATE = "interest rates are fractions by the year, -10 to 10"
_LARGEST_RATE = 10.0
_DOCUMENT = "signed feeds"


@dataclass(frozen=True, slots=True)
class SignedFeeds:
    """What the feeds say, by currency, and by currency and expiry in nanoseconds."""

    spot: dict[str, float] = field(default_factory=dict)
    spot_confidence: dict[str, float] = field(default_factory=dict)
    perp_confidence: dict[str, float] = field(default_factory=dict)
    forward_confidence: dict[tuple[str, int], float] = field(default_factory=dict)
    vol_confidence: dict[tuple[str, int], float] = field(default_factory=dict)
    rate: dict[tuple[str, int], float] = field(default_factory=dict)
    rate_confidence: dict[tuple[str, int], float] = field(default_factory=dict)
    settled: dict[tuple[str, int], float] = field(default_factory=dict)


def signed_feeds(answers: Any, problems: list[Problem]) -> SignedFeeds:
    """Return what loaded answers say; what is wrong with them is added to `problems`."""
    found = SignedFeeds()
    for path, item in results(answers, document=_DOCUMENT):
        whole = Fields.of(item, path=path, document=_DOCUMENT, problems=problems)
        sections = {name: whole.part(name) for name in SECTIONS}
        for currency, entry in _entries(sections["spot_data"]):
            if not is_asset_name(currency):
                entry.refuse("key", currency, "an asset's name is letters and digits")
                continue
            _keep(found.spot, currency, entry.number("price", rule="prices are above 0", least=POSITIVE))
            _keep(found.spot_confidence, currency, _confidence(entry))
        for currency, kinds in _entries(sections["perp_data"]):
            if (mid := kinds.part(MID)) is not None:
                _keep(found.perp_confidence, currency, _confidence(mid))
        for key, entry in _by_expiry(sections["fwd_data"]):
            _keep(found.forward_confidence, key, _confidence(entry))
            _keep(found.settled, key, _settled(entry))
        for key, entry in _by_expiry(sections["vol_data"]):
            _keep(found.vol_confidence, key, _confidence(entry))
        for key, entry in _by_expiry(sections["rate_data"]):
            _keep(found.rate_confidence, key, _confidence(entry))
            _keep(found.rate, key, entry.number("rate", rule=_RATE, least=-_LARGEST_RATE, most=_LARGEST_RATE))
    return found


def feeds_of(
    table: InstrumentTable, signed: SignedFeeds, *, rate: FloatArray, forward: FloatArray, time_ns: int
) -> Feeds:
    """Return the columns of a table's instruments.

    Parameters
    ----------
    rate
        `(N,)` what counts where no feed gives a rate.
    forward
        `(N,)` forwards as the tickers print them; no more of them can be settled than there is.
    time_ns
        The snapshot's instant.

    Raises
    ------
    InputError
        When more of a forward is settled than the ticker's rounding explains.
    """
    keys = list(zip(table.underlying, table.expiry_ns.tolist(), strict=True))

    def column(found: Mapping[Any, float], names: list[Any]) -> FloatArray:
        return np.array([found.get(name, math.nan) for name in names], dtype=np.float64)

    told = column(signed.rate, keys)
    left_ns = table.expiry_ns - time_ns
    settling = table.is_kind(Kind.OPTION) & (left_ns < SETTLEMENT_SECONDS * NS_PER_SECOND)
    settled = np.where(settling, np.nan_to_num(column(signed.settled, keys), nan=0.0), 0.0)
    above = np.flatnonzero(settled > forward * (1.0 + PRINTED_FORWARD_SHARE))
    if len(above):
        rule = "what is averaged is at most the forward"
        raise InputError([
            Problem("spot_aggregate_latest", float(settled[n]), f"{rule} ({float(forward[n])})", where=table.names[n])
            for n in above
        ])  # fmt: skip
    perps = np.where(table.is_kind(Kind.PERPETUAL), column(signed.perp_confidence, list(table.underlying)), np.nan)
    return Feeds.of(
        len(table),
        rate=np.where(np.isnan(told), rate, told),
        settled_forward=np.fmin(settled, forward),
        mark_confidence=perps,
        forward_confidence=column(signed.forward_confidence, keys),
        rate_confidence=column(signed.rate_confidence, keys),
        vol_confidence=column(signed.vol_confidence, keys),
        index_confidence=signed.spot_confidence,
    )


def _entries(section: Fields | None) -> Iterator[tuple[str, Fields]]:
    if section is None:
        return
    for key in section.item:
        inner = section.part(key)
        if inner is not None:
            yield str(key), inner


def _by_expiry(section: Fields | None) -> Iterator[tuple[tuple[str, int], Fields]]:
    """Yield each entry of a section that maps currency to expiry, a Unix time in seconds as a text."""
    for currency, expiries in _entries(section):
        for seconds, entry in _entries(expiries):
            if seconds.isascii() and seconds.isdigit() and len(seconds) <= 10:
                yield (currency, int(seconds) * NS_PER_SECOND), entry
            else:
                expiries.refuse(seconds[:80], seconds, "an expiry is a Unix time in seconds")


def _confidence(entry: Fields) -> float:
    return entry.number("confidence", rule=_CONFIDENCE, least=0.0, most=1.0)


def _settled(entry: Fields) -> float:
    """Return the part of the average that is certain; the aggregates are sums of index times seconds."""
    rule = "aggregates are finite and >= 0"
    start = entry.number("spot_aggregate_start", rule=rule, least=0.0)
    latest = entry.number("spot_aggregate_latest", rule=rule, least=0.0)
    if latest < start:
        entry.refuse("spot_aggregate_latest", latest, f"it is not below spot_aggregate_start ({start})")
        return math.nan
    return (latest - start) / SETTLEMENT_SECONDS


def _keep(found: dict[Any, float], key: Any, number: float) -> None:
    if not math.isnan(number):
        found[key] = number

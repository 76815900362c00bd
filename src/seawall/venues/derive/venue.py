"""Derive's ways in, as the catalogue lists them; answers are told by their shape."""

from __future__ import annotations

from seawall.market import MarketSnapshot
from seawall.portfolio import Book
from seawall.venues.derive import symbols
from seawall.venues.venue import Venue

TICKERS = (b"get_tickers", b"get_ticker")
OWN_FIELDS = (b"option_pricing", b"base_asset_address", b"perp_details", b'"instrument_ticker"', b"get_tickers")
"""Fields of Derive's answers that Deribit's, whose methods have the same names, do not have."""


def _is_snapshot(content: bytes) -> bool:
    return any(word in content for word in (*TICKERS, b"get_instruments")) and any(w in content for w in OWN_FIELDS)


def _read_snapshot(content: bytes, *, name: str) -> MarketSnapshot:
    from seawall.venues.derive.decode import snapshot_from_native_file

    return snapshot_from_native_file(content, name=name, source=name)


def _read_account(document: object, *, origin: str, account: str | None) -> Book | None:
    from seawall.venues.derive.accounts import read_account

    return read_account(document, origin=origin, account=account)


DERIVE = Venue(
    name="derive",
    parse=symbols.parse,
    snapshot_form="an object with a key that holds `get_tickers` or `get_ticker`",
    is_snapshot=_is_snapshot,
    read_snapshot=_read_snapshot,
    read_account=_read_account,
)

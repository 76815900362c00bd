"""The rows of OKX's answers that are read, as structs; `reading` makes them.

Source of the fields: OKX API v5 reference and the sample answers in it.
"""

from __future__ import annotations

import msgspec


class InstrumentMessage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A row of `public/instruments`; sizes are in contracts of `ctVal * ctMult` units of `ctValCcy`."""

    inst_id: str
    inst_type: str
    base_ccy: str = ""
    quote_ccy: str = ""
    settle_ccy: str = ""
    ct_val: float | None = None
    ct_mult: float | None = None
    ct_val_ccy: str = ""
    ct_type: str = ""
    opt_type: str = ""
    stk: float | None = None
    exp_time: int | None = None
    lot_sz: float | None = None


class MarkMessage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A row of `public/mark-price`; options paid in coin are priced in coin."""

    inst_id: str
    mark_px: float | None = None
    ts: int


class TickerMessage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A row of `market/tickers`; sizes in contracts, of spot in base asset."""

    inst_id: str
    bid_px: float | None = None
    bid_sz: float | None = None
    ask_px: float | None = None
    ask_sz: float | None = None
    ts: int


class OptionMessage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A row of `public/opt-summary`; volatility is a decimal."""

    inst_id: str
    mark_vol: float | None = None
    fwd_px: float | None = None
    ts: int


class IndexMessage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A row of `market/index-tickers`; `instId` is a pair."""

    inst_id: str
    idx_px: float
    ts: int


class FundingMessage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A row of `public/funding-rate`: the share that longs pay at `fundingTime`, until `nextFundingTime` once."""

    inst_id: str
    funding_rate: float | None = None
    funding_time: int | None = None
    next_funding_time: int | None = None


class InterestMessage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A row of `public/open-interest`, in contracts."""

    inst_id: str
    oi: float | None = None


class PositionMessage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A row of `account/positions`; `pos` in contracts, and above 0 for a short under `posSide` short."""

    inst_id: str
    inst_type: str
    mgn_mode: str
    pos_side: str
    pos: float | None = None
    avg_px: float | None = None
    ccy: str = ""
    margin: float | None = None


class OrderMessage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A row of `trade/orders-pending`; `sz` in contracts, `accFillSz` of them are filled already."""

    inst_id: str
    inst_type: str
    side: str
    sz: float
    acc_fill_sz: float | None = None


class BalanceMessage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An entry of `details` in `account/balance`; `liab` is above 0 for what is owed."""

    ccy: str
    cash_bal: float
    eq: float | None = None
    liab: float | None = None
    upl: float | None = None
    iso_eq: float | None = None
    stgy_eq: float | None = None

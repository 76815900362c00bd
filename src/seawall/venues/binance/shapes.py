"""Rows of Binance's answers, public and private, as far as they are read."""

from __future__ import annotations

from typing import Any

import msgspec


class OptionSymbolMessage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A row of `optionSymbols` in `eapi/v1/exchangeInfo`."""

    symbol: str
    side: str | None = None
    strike_price: float | None = None
    expiry_date: int | None = None
    quote_asset: str | None = None
    unit: float | None = None
    filters: list[Any] | None = None


class OptionMarkMessage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A row of `eapi/v1/mark`; volatility is a decimal."""

    symbol: str
    mark_price: float | None = None
    mark_iv: float | None = msgspec.field(default=None, name="markIV")


class OptionTickerMessage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A row of `eapi/v1/ticker`, of which only the best quotes are read."""

    symbol: str
    bid_price: float | None = None
    ask_price: float | None = None


class OptionIndexMessage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The answer of `eapi/v1/index`; it does not repeat what it is the index of."""

    index_price: float
    time: int | None = None


class PremiumIndexMessage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A row of `fapi/v1/premiumIndex` or `dapi/v1/premiumIndex`."""

    symbol: str
    mark_price: float | None = None
    index_price: float | None = None
    time: int | None = None


class ServerTimeMessage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What `eapi/v1/exchangeInfo` says of its own time."""

    server_time: int | None = None


class FuturePositionMessage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A row of `papi/v1/um/positionRisk` or `papi/v1/cm/positionRisk`; the latter counts contracts."""

    symbol: str
    position_amt: float
    entry_price: float | None = None
    mark_price: float | None = None
    position_side: str = "BOTH"
    un_realized_profit: float | None = None


class OptionPositionMessage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A row of `eapi/v1/position`."""

    symbol: str
    side: str
    quantity: float
    entry_price: float | None = None


class OptionAssetMessage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A row of `asset` in `eapi/v1/marginAccount`."""

    asset: str
    margin_balance: float


class BalanceMessage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A row of `papi/v1/balance` or `sapi/v1/portfolio/balance`."""

    asset: str
    cross_margin_asset: float | None = None
    cross_margin_free: float | None = None
    cross_margin_locked: float | None = None
    cross_margin_borrowed: float | None = None
    cross_margin_interest: float | None = None
    um_wallet_balance: float | None = None
    cm_wallet_balance: float | None = None
    option_wallet_balance: float | None = None
    update_time: int | None = None


class OrderMessage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A row of `papi/v1/um/openOrders`, `papi/v1/cm/openOrders` or `eapi/v1/openOrders`; the last says `quantity`."""

    symbol: str
    side: str
    orig_qty: float | None = None
    quantity: float | None = None
    executed_qty: float | None = None
    reduce_only: bool = False


class AccountMessage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The answer of `papi/v1/account` or `sapi/v1/portfolio/account`: totals of a portfolio-margin account, in USD."""

    uni_mmr: float = msgspec.field(name="uniMMR")
    account_equity: float
    account_maint_margin: float
    actual_equity: float | None = None
    account_initial_margin: float | None = None
    account_status: str | None = None
    update_time: int | None = None


class AssetIndexMessage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A row of `sapi/v1/portfolio/asset-index-price`."""

    asset: str
    asset_index_price: float


class CollateralMessage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A row of `sapi/v1/portfolio/collateralRate`, or with tiers of version 2 of it."""

    asset: str
    collateral_rate: float | None = None
    collateral_info: list[Any] | None = None


class CollateralTierMessage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A tier of `collateralInfo`: where it begins, USD, and its rate."""

    tier_floor: float
    collateral_rate: float


class LeverageBracketMessage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A row of `fapi/v1/leverageBracket` or `dapi/v2/leverageBracket`."""

    symbol: str
    brackets: list[Any]


class BracketMessage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A bracket: in quote from `notionalFloor`, in coin from `qtyFloor`, which the docs also spell `qtylFloor`."""

    initial_leverage: float
    maint_margin_ratio: float
    notional_floor: float | None = None
    qty_floor: float | None = None
    qtyl_floor: float | None = msgspec.field(default=None, name="qtylFloor")

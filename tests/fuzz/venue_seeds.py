"""Small valid answers of each venue, made by hand here or by the writers of the venue's own tests.

A venue without an entry is fuzzed all the same, from seeds that know nothing of it; a test says that it needs one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.unit.venues.binance import samples as binance
from tests.unit.venues.bybit import samples as bybit
from tests.unit.venues.deribit import conftest as deribit
from tests.unit.venues.derive import samples as derive
from tests.unit.venues.okx import samples as okx

PUBLISHED = Path(__file__).parents[1] / "vectors" / "published"


@dataclass(frozen=True, slots=True)
class VenueSeeds:
    """What one venue's decoders take: names, files of public answers, private answers, margin answers."""

    names: Sequence[str] = ()
    snapshots: Callable[[], Sequence[bytes]] = tuple
    accounts: Callable[[], Sequence[bytes]] = tuple
    replies: Callable[[], Sequence[bytes]] = tuple


def _side_by_side(**answers: Any) -> bytes:
    return json.dumps(answers).encode()


def _deribit_snapshots() -> Sequence[bytes]:
    option = "BTC-25SEP26-100000-C"
    perpetual, future = deribit.listed("BTC-PERPETUAL", "future"), deribit.listed("BTC-25SEP26", "future")
    linear = deribit.listed("ETH_USDC-PERPETUAL", "future", base_currency="ETH", quote_currency="USDC",
                            settlement_currency="USDC", contract_size=0.001, min_trade_amount=0.001)  # fmt: skip
    spot = deribit.listed("BTC_USDC", "spot", quote_currency="USDC", settlement_currency=None)
    del spot["expiration_timestamp"]
    listed = [
        perpetual, future | {"expiration_timestamp": deribit.EXPIRY_MS}, deribit.listed(option, "option"), linear, spot,
        deribit.listed("BTC-FS-25SEP26_PERP", "future_combo"),
    ]  # fmt: skip
    summed = [deribit.option_summary(option), deribit.summary("BTC-25SEP26"), deribit.summary("BTC-PERPETUAL"),
              deribit.summary("ETH_USDC-PERPETUAL", mark_price=3_000.0)]  # fmt: skip
    ticked = [deribit.ticker("BTC-PERPETUAL"), deribit.ticker("ETH_USDC-PERPETUAL", index_price=3_001.0)]
    whole = {"get_instruments": {"jsonrpc": "2.0", "result": listed, "usOut": deribit.T0_MS * 1_000}}
    return (
        _side_by_side(
            **whole, get_book_summary_by_currency={"result": summed}, tickers=[{"result": row} for row in ticked]
        ),
        _side_by_side(get_instruments=listed[:3], get_book_summary=summed[:3]),
        _side_by_side(**whole),
    )


def _deribit_accounts() -> Sequence[bytes]:
    def held(name: str, size: float, **changes: Any) -> dict[str, Any]:
        direction = "buy" if size > 0 else "sell" if size < 0 else "zero"
        row = {"instrument_name": name, "size": size, "direction": direction, "average_price": 60_000.0,
               "mark_price": 62_000.0, "floating_profit_loss": 0.001, "open_orders_margin": 0.25}  # fmt: skip
        return row | changes

    def owned(currency: str, **changes: Any) -> dict[str, Any]:
        row = {"currency": currency, "balance": 2.0, "equity": 2.0, "options_value": 0.03, "futures_session_upl": 0.01,
               "session_rpl": 0.0, "spot_reserve": 0.5}  # fmt: skip
        return row | changes

    linear = held("ETH_USDC-PERPETUAL", -3_000.0, size_currency=-1.5, average_price=2_000.0, mark_price=2_100.0)
    positions = [
        held("BTC-PERPETUAL", 620.0), held("BTC-25SEP26-100000-C", -2.5, average_price=0.012), linear,
        held("BTC-25SEP26", 0.0),
    ]  # fmt: skip
    summaries = {"id": 10, "type": "main", "summaries": [owned("BTC"), owned("USDC", options_value=None)]}
    return (
        _side_by_side(positions={"jsonrpc": "2.0", "result": positions}, summaries={"result": summaries}),
        _side_by_side(get_positions=positions[:1], get_account_summaries=owned("BTC", id=7)),
    )


def _deribit_replies() -> Sequence[bytes]:
    """Return the example of the API reference that comes with the tests, which is small."""
    found = sorted(PUBLISHED.glob("cex_deribit_pme_simulate*.json"))
    return [json.dumps(json.loads(file.read_bytes())["response"]).encode() for file in found]


def _okx_snapshots() -> Sequence[bytes]:
    bare = {"public/instruments": [okx.listed(okx.SWAP, "SWAP")], "public/mark-price": [okx.mark(okx.SWAP, "62700.5")]}
    return okx.as_bytes(okx.public()), okx.as_bytes(bare)


def _okx_accounts() -> Sequence[bytes]:
    hedged = [okx.position(pos="10", posSide="long"), okx.position(pos="4", posSide="short")]
    isolated = okx.position(okx.FUTURE, "-10", mgnMode="isolated", margin="50")
    order = {"instId": okx.SWAP, "instType": "SWAP", "side": "buy", "sz": "3", "accFillSz": "1"}
    more = {"trade/orders-pending": [order], "account/config": [{"uid": "44"}]}
    return (
        okx.as_bytes(okx.account(**more)),
        okx.as_bytes(okx.account(**{"account/positions": okx.answer([*hedged, isolated])})),
    )


def _bybit_accounts() -> Sequence[bytes]:
    linear = bybit.positions("linear", bybit.position(bybit.PERP, -0.5))
    option = bybit.positions("option", bybit.position(bybit.CALL, 2.0, avgPrice="2500"))
    borrowed = {"walletBalance": "-0.5", "spotBorrow": "0.5", "equity": "-0.5"}
    inverse = bybit.positions("inverse", bybit.position(bybit.INVERSE, 100.0))
    return (
        bybit.as_bytes(bybit.private(linear, option, USDT=1_000, BTC=borrowed)),
        bybit.as_bytes(bybit.private(inverse, BTC=1.5)),
    )


def _bybit_replies() -> Sequence[bytes]:
    call = bybit.option_row(bybit.CALL, -2.0, forward=66_200.0, vol=0.58, coin_usd=1.0)
    put = bybit.option_row(bybit.PUT, 1.0, forward=66_200.0, vol=0.6, coin_usd=1.0)
    perpetual = bybit.linear_row(bybit.PERP, 0.5, 66_005.0, 1.0)
    return (
        bybit.as_bytes(bybit.margin_answer([call, put], [perpetual])),
        bybit.as_bytes(bybit.margin_answer([], [bybit.inverse_row(bybit.INVERSE, 100.0, 65_990.0, 66_000.0)])),
    )


def _derive_accounts() -> Sequence[bytes]:
    return (derive.as_bytes(derive.answer(derive.LIVE_PM2)), derive.as_bytes(derive.LIVE_PM2))


SEEDS: dict[str, VenueSeeds] = {
    "deribit": VenueSeeds(
        names=(
            "BTC-PERPETUAL", "ETH-25SEP26", "BTC-25SEP26-100000-C", "XRP_USDC-30JUN23-0d625-P", "SOL_USDC-PERPETUAL",
            "BTC_USDC",
        ),
        snapshots=_deribit_snapshots, accounts=_deribit_accounts, replies=_deribit_replies,
    ),
    "okx": VenueSeeds(
        names=("BTC-USD-260925-100000-C", "BTC-USDT-SWAP", "ETH-USD-260925", "BTC-USD_UM-SWAP", "BTC-USDT"),
        snapshots=_okx_snapshots, accounts=_okx_accounts, replies=lambda: (okx.as_bytes(okx.documented()),),
    ),
    "bybit": VenueSeeds(
        names=(bybit.CALL, bybit.PERP, bybit.INVERSE, "BTC-25SEP26", "BTCPERP", "BTC-25SEP26-80000-C"),
        snapshots=lambda: (bybit.as_bytes(bybit.native()),), accounts=_bybit_accounts, replies=_bybit_replies,
    ),
    "binance": VenueSeeds(
        names=(binance.CALL, binance.PERP, binance.COIN, "BTCUSDT_260925", "BTCUSD_260925"),
        snapshots=lambda: (binance.as_bytes(binance.native()),),
        accounts=lambda: (binance.as_bytes(binance.account()), binance.as_bytes(binance.options_account())),
        replies=lambda: (binance.as_bytes(binance.answered()),),
    ),
    "derive": VenueSeeds(
        names=(derive.CALL, derive.PERP, derive.SPOT, "XRP-20260925-0_625-P"),
        snapshots=lambda: (derive.as_bytes(derive.native()),), accounts=_derive_accounts,
    ),
}  # fmt: skip
STRANGER = VenueSeeds(
    names=("BTC-PERPETUAL", "BTC-25SEP26-100000-C", "BTC-USD-SWAP", "BTCUSDT", "BTC-20260925-100000-C"),
    snapshots=lambda: (b'{"code":"0","data":[{"instId":"BTC-USD-SWAP","ts":"1785607084000","last":1.5}]}',),
    accounts=lambda: (b'{"positions":[{"symbol":"BTCUSDT","size":"1"}],"balances":[{"coin":"BTC","equity":"1"}]}',),
    replies=lambda: (b'{"result":{"initial_margin":1,"positions":{"BTC-PERPETUAL":1}}}',),
)
"""Seeds of a venue that has none, which it need not take."""


def seeds_of(venue: str) -> VenueSeeds:
    """Return a venue's seeds."""
    return SEEDS.get(venue, STRANGER)

"""The reader of Binance's examples: what it has to fail on."""

from __future__ import annotations

from typing import Any

import pytest

from tests.vectors import binance_examples
from tests.vectors.case import Case, Later

ACCOUNT = {
    "response": {"uniMMR": "2.50", "accountEquity": "250.0", "accountMaintMargin": "100.0"},
    "identity": "stated",
}
WORKED = {
    "margin": [{"coin": "BTC", "asset": 0.1, "loan": 0.04, "equity": 0.06, "margin_mm": 0.004}],
    "futures": [{"symbol": "BTCUSD_PERP", "asset": "BTC", "wallet": 0.1, "mmr": 0.005, "qty_usd": 10_000,
                 "entry": 50_000, "mark": 40_000, "upnl": -0.05, "mm": 0.00125}],
}  # fmt: skip


def failed(document: Any) -> list[str]:
    found = list(binance_examples.read(document))
    assert any(isinstance(finding, Case) for finding in found)
    return [str(finding) for finding in found if isinstance(finding, Case) and not finding.passes]


def worked(**changes: Any) -> dict[str, Any]:
    return {"example": {"margin": [WORKED["margin"][0] | changes.pop("coin", {})],
                        "futures": [WORKED["futures"][0] | changes.pop("future", {})], **changes}}  # fmt: skip


def test_a_ratio_is_met_within_the_digits_that_are_printed() -> None:
    assert not failed({"account": ACCOUNT})
    assert failed({"account": ACCOUNT | {"response": ACCOUNT["response"] | {"uniMMR": "2.52"}}})  # type: ignore[operator]


def test_a_status_has_to_be_where_the_ladder_says() -> None:
    answer = ACCOUNT["response"] | {"accountStatus": "NORMAL"}  # type: ignore[operator]
    assert not failed({"a": {"response": answer}})
    assert failed({"a": {"response": answer | {"accountStatus": "REDUCE_ONLY"}}})
    assert failed({"a": {"response": answer | {"accountStatus": "UNHEARD_OF"}}})


def test_a_worked_account_is_read_number_by_number() -> None:
    assert not failed(worked())
    for change in ({"coin": {"equity": 0.0601}}, {"coin": {"margin_mm": 0.0041}}, {"future": {"upnl": -0.0501}},
                   {"future": {"mm": 0.00126}}):  # fmt: skip
        assert len(failed(worked(**change))) == 1, change


def test_totals_are_compared_where_every_price_is_given() -> None:
    # 0.95 of (0.06 + 0.1 - 0.05) BTC at 40,000; 0.004 + 0.00125 BTC of margin
    assert not failed(worked(uniMMR="1990.48%", equity=4_180.0, maintenance_margin=210.0))
    assert len(failed(worked(uniMMR="1990.49%"))) == 1
    unpriced = worked(equity=4_180.0, coin={"coin": "ETH"})
    assert any("no price of ETH" in line for line in failed(unpriced))


def test_brackets_above_the_first_are_read_with_their_cum() -> None:
    assert not failed(worked(future={"cum": 0.00025, "mm": 0.001}))


@pytest.mark.parametrize("coin", ["SOL", "BNB", "TRX"])
def test_a_coin_that_the_policy_lacks_is_read_by_the_numbers_of_the_example(coin: str) -> None:
    told = {"coin": {"coin": coin}, "future": {"symbol": f"{coin}USD_PERP", "asset": coin}}
    assert not failed(worked(**told))
    assert len(failed(worked(coin=told["coin"] | {"margin_mm": 0.0041}, future=told["future"]))) == 1
    assert len(failed(worked(coin=told["coin"], future=told["future"] | {"mm": 0.00126}))) == 1
    linear = {"symbol": f"{coin}USDT_PERP", "asset": "USDT", "wallet": 1_000, "qty": -2, "qty_usd": None,
              "entry": 200, "mark": 150, "upnl": 100, "mm": 1.5}  # fmt: skip
    assert not failed(worked(coin=told["coin"], future=linear))
    assert len(failed(worked(coin=told["coin"], future=linear | {"mm": 1.6}))) == 1


def test_totals_of_such_a_coin_need_its_collateral_rate() -> None:
    told = {"coin": {"coin": "SOL"}, "future": {"symbol": "SOLUSD_PERP", "asset": "SOL"}}
    assert not failed(worked(**told, mm=210.0, actual_equity=4_400.0))
    [line] = failed(worked(**told, equity=4_180.0))
    assert "no collateral rate of SOL" in line
    told["coin"]["collateral_rate"] = 0.95  # type: ignore[assignment]
    assert not failed(worked(**told, uniMMR="1990.48%", equity=4_180.0))


@pytest.mark.parametrize(
    "document",
    [
        {}, {"x": {"y": 3}}, {"a": ACCOUNT, "b": {"y": 3}}, {"a": ACCOUNT, "b": [{"y": 3}]}, worked(surprise=5),
        worked(coin={"surprise": 5}), worked(future={"surprise": 5}), worked(future={"symbol": "BTC-PERPETUAL"}),
        {"a": {"response": {"uniMMR": "1"}}}, {"a": {"initialMargin": "0.15", "surprise": 1}},
        {"a": {"initialMargin": "0.2"}},
    ],
)  # fmt: skip
def test_what_is_not_understood_or_not_met_is_a_failure(document: dict[str, Any]) -> None:
    assert failed(document)


def test_the_liquidation_fee_is_counted_for_later() -> None:
    found = list(binance_examples.read({"a": {"initialMargin": "0.15", "liquidationFeeRate": "0.0019"}}))
    assert [finding.count for finding in found if isinstance(finding, Later)] == [1]

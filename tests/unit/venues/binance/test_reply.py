from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.api.reconcile import reconcile
from seawall.core.errors import InputError, SeawallError
from seawall.core.evidence import Grade
from seawall.venues.binance.own_numbers import with_own_numbers
from seawall.venues.binance.venue import BINANCE
from seawall.venues.reply import MarginReply
from tests.unit.venues.binance.samples import COIN, HOSTILE, PERP, answered, options_account, places, spoiled


def read(document: Any) -> MarginReply:
    found = BINANCE.read_reply(document, origin="test")  # type: ignore[misc]
    assert found is not None
    return found


def test_the_venues_totals_are_met() -> None:
    found = reconcile(answered())
    assert {line.name for line in found.lines} == {
        "native.uniMMR", "native.accountEquity", "native.actualEquity", "native.accountInitialMargin",
        "native.accountMaintMargin", f"{PERP}.unrealised_profit",
    }  # fmt: skip
    assert found.differing(absolute=6e-9, relative=0.0) == ()


def test_a_total_that_is_off_is_told() -> None:
    off = answered()
    off["papi/v1/account"] = off["papi/v1/account"] | {"accountMaintMargin": "25.0"}
    [line] = reconcile(off).differing(absolute=6e-9, relative=0.0)
    assert (line.name, line.ours) == ("native.accountMaintMargin", pytest.approx(24.8))


def test_rates_and_brackets_of_the_answers_replace_the_policys() -> None:
    brackets = [{"bracket": 2, "initialLeverage": 10, "notionalFloor": 5_000, "maintMarginRatio": 0.02},
                {"bracket": 1, "initialLeverage": 50, "notionalFloor": 0, "maintMarginRatio": 0.01}]  # fmt: skip
    coin = [{"bracket": 1, "initialLeverage": 125, "qtyCap": 50, "qtylFloor": 0, "maintMarginRatio": 0.004, "cum": 0.0}]
    tiers = [{"tierFloor": "0.0000", "tierCap": "1000.0000", "collateralRate": "1.0000", "cum": "0.0000"},
             {"tierFloor": "1000.0000", "tierCap": "2000.0000", "collateralRate": "0.9000"}]  # fmt: skip
    policy = read(answered(**{
        "fapi/v1/leverageBracket": [{"symbol": name, "brackets": brackets} for name in (PERP, "XRPUSDT")],
        "dapi/v2/leverageBracket": [{"symbol": COIN, "notionalCoef": 1.5, "brackets": coin}],
        "sapi/v2/portfolio/collateralRate": [{"asset": "BTC", "collateralInfo": tiers}],
        "sapi/v1/portfolio/collateralRate": [{"asset": "USDC", "collateralRate": "0.99"}],
    })).policy  # fmt: skip
    assert policy.numbers("market.btc.usdm_floor") == (0.0, 5_000.0)
    assert policy.numbers("market.btc.usdm_rate") == (0.01, 0.02)
    assert policy.numbers("market.btc.usdm_leverage") == (50.0, 10.0)
    assert policy.numbers("market.btc.coinm_rate") == (0.004,)
    assert policy.numbers("collateral.btc.rate") == (1.0, 0.9)
    assert policy.numbers("collateral.usdc.rate") == (0.99,)
    assert policy.numbers("market.xrp.usdm_rate") == (0.01, 0.02)
    assert policy.numbers("market.eth.usdm_rate")[0] == 0.004


def test_numbers_that_are_stated_of_a_coin_that_the_policy_lacks_are_taken() -> None:
    rows = [{"symbol": "SOLUSDT", "brackets": [{"initialLeverage": 50, "notionalFloor": 0, "maintMarginRatio": 0.02}]}]
    stated = answered(**{
        "fapi/v1/leverageBracket": rows,
        "sapi/v1/portfolio/collateralRate": [{"asset": "SOL", "collateralRate": "0.9"}],
    })  # fmt: skip
    policy = read(stated).policy
    assert policy.numbers("market.sol.usdm_rate") == (0.02,)
    assert policy.numbers("collateral.sol.rate") == (0.9,)
    assert policy.parameter("collateral.sol.rate").grade is Grade.DOCUMENTED
    assert "+1 coin as stated" in policy.id


@pytest.mark.parametrize(
    ("key", "rows", "said"),
    [
        ("fapi/v1/leverageBracket", [{"symbol": PERP, "brackets": []}], "tiers begin at 0 and rise"),
        (
            "fapi/v1/leverageBracket",
            [{"symbol": PERP, "brackets": [{"initialLeverage": 1, "maintMarginRatio": 1}]}],
            "rise",
        ),
        ("fapi/v1/leverageBracket", [{"symbol": "odd", "brackets": []}], "Binance writes"),
        ("sapi/v2/portfolio/collateralRate", [{"asset": "BTC", "collateralInfo": []}], "tiers begin at 0 and rise"),
        ("sapi/v1/portfolio/collateralRate", [{"asset": "BTC"}], "collateralRate"),
        ("sapi/v1/portfolio/collateralRate", [{"asset": "BTC", "collateralRate": "1.5"}], "collateral.btc.rate"),
    ],
)
def test_a_faulty_table_is_refused(key: str, rows: list[Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        read(answered(**{key: rows}))


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ({"papi/v1/balance": None}, "papi/v1/balance is 'missing'"),
        ({"papi/v1/cm/positionRisk": None}, "papi/v1/cm/positionRisk is 'missing'"),
        ({"papi/v1/account": {"uniMMR": "1"}}, "accountEquity"),
        ({"papi/v1/um/positionRisk": []}, "at least one mark"),
        ({"papi/v1/um/positionRisk": [{"symbol": PERP, "positionAmt": "1", "entryPrice": "1"}]}, "has a mark"),
        ({"papi/v1/account": {"uniMMR": "1", "accountEquity": "1", "accountMaintMargin": "1"}}, "have a time"),
        ({"sapi/v1/portfolio/asset-index-price": [{"asset": "BTC", "assetIndexPrice": "0"}]}, "index prices are"),
        ({"sapi/v1/portfolio/asset-index-price": [{"asset": "\ufeff", "assetIndexPrice": "1"}]}, "an asset has a name"),
        ({"sapi/v1/portfolio/asset-index-price": [{"asset": "BTC", "assetIndexPrice": "1"}] * 2}, "stands once"),
    ],
)
def test_what_is_missing_or_faulty_is_named(part: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        read(answered(**part))


def test_two_accounts_are_not_reconciled_at_once() -> None:
    with pytest.raises(InputError, match="one account is reconciled"):
        read(answered() | options_account())


@pytest.mark.parametrize("document", [None, 7, "x", [], {}, {"papi/v1/balance": []}, {"uniMMR": "1"}, {3: 4}])
def test_what_has_no_totals_is_left_to_others(document: Any) -> None:
    assert BINANCE.read_reply(document, origin="test") is None  # type: ignore[misc]


FULL = answered(**{
    "fapi/v1/leverageBracket": [{"symbol": PERP, "brackets": [
        {"initialLeverage": 50, "notionalFloor": 0, "maintMarginRatio": 0.01}]}],
    "sapi/v2/portfolio/collateralRate": [
        {"asset": "BTC", "collateralInfo": [{"tierFloor": "0", "collateralRate": "1"}]}],
})  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.integers(0, len(places(FULL)) - 1), st.sampled_from((*HOSTILE, 1j, b"x")))
def test_an_answer_with_any_part_replaced_is_a_reply_or_a_refusal(place: int, part: Any) -> None:
    try:
        found = BINANCE.read_reply(spoiled(FULL, place, part), origin="test")  # type: ignore[misc]
    except SeawallError as error:
        str(error).encode()
    else:
        assert found is None or found.stated
        assert found is None or with_own_numbers(found.policy, {}) is found.policy

"""What searches have found, as the smallest input that shows it: each is refused now, with the words that say why."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from seawall.core.errors import InputError
from seawall.portfolio import Book
from seawall.venues.deribit.identities import identity_residuals
from seawall.venues.deribit.pme import read_simulation
from tests.fuzz.targets import Target, targets
from tests.fuzz.venue_seeds import SEEDS

TARGETS = {target.name: target for target in targets()}
RULES = b'[sources]\ndoc = "by hand"\n[rules.floor]\nstatement = "It is so."\ngrade = "documented"\nsource = "doc"\n'
SCHEMA = b'[x]\nunit = "usd"\nmin = 0\nmax = 1\ndescription = "Some."\n'


def refusal(name: str, content: bytes) -> str:
    target: Target = TARGETS[name]
    with pytest.raises(InputError) as caught:
        target.read(content)
    assert not target.attempt(content)  # which checks the message too
    return str(caught.value)


def changed(content: bytes, change: Callable[[Any], None]) -> bytes:
    tree = json.loads(content)
    change(tree)
    return json.dumps(tree).encode()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("book/json", b'{"desk": {"positions": {"BTC-PERPETUAL": {"size": 5, "entry_price": NaN}}}}',
         "entry_price is nan; entry prices are finite numbers"),
        ("book/json", b'[{"instrument": "BTC-PERPETUAL", "size": 5, "entry_price": NaN}]', "entry_price is nan"),
        ("book/json", b'[{"account": NaN, "instrument": "BTC-PERPETUAL", "size": 5}]', "account"),
        ("book/json", b'{"\\ud800": {"positions": 1}}', "positions is 1; it is an object"),
        ("book/json", b'{"a\\u001b[2J\\nb": 1}', "a\\x1b[2J\\nb"),
        ("trade", "BTC\udc80 1e99".encode("utf-8", "surrogatepass"), "BTC\\udc80"),
        ("policy/rules", b"rules = []", "rules is []; it is a table"),
        ("policy/rules", b"rules.x = 1", "rules.x is 1; it is a table"),
        ("policy/rules", b"sources = 1\n" + RULES.partition(b"[rules")[1] + RULES.partition(b"[rules")[2],
         "rules.floor.source is 'doc'; it is a key of [sources]"),
        ("policy/rules", RULES.replace(b'"documented"', b"[]"), "rules.floor.grade is []"),
        ("policy/rules", RULES.replace(b'"doc"', b"{}"), "rules.floor.source is {}"),
        ("policy/rules", RULES.replace(b"by hand", b" "), "rules.floor.source is 'doc'"),
        ("policy/rules", b"x = " + b"[" * 5_000 + b"]" * 5_000, "it is nested deeper than any policy"),
        ("policy/rules", b"x" + b".x" * 5_000 + b" = 1", "it is nested deeper than any policy"),
        ("policy/dated", b"[x" + b".x" * 100 + b"]", "it is nested deeper than any policy"),
        ("policy/rules", b"x = " + b"9" * 5_000, "it is not TOML"),
        ("policy/dated", b"policy = 1", "policy is 1; it is a table"),
        ("policy/dated", b"sources = []", "sources is []; it is a table"),
        ("policy/dated", b"[policy]\nnotes = 1", "notes is 1; it is a text"),
        ("policy/dated", b"[general]\nmm_factor = {value = 1" + b"0" * 400 + b"}", "it is from 0 to 1 (ratio)"),
        ("policy/schema", SCHEMA.replace(b"max = 1", b"max = inf"), "numbers have min <= max, both finite"),
        ("policy/schema", SCHEMA.replace(b"max = 1", b"max = 1" + b"0" * 400), "numbers have min <= max, both finite"),
        ("policy/schema", b'"" = 1', "'' is {}"),
        ("derive/name", b"USDC-PERP", "Derive writes"),
        ("bybit/name", b"USDC-25SEP26-100000-C", "Bybit writes"),
        ("bybit/name", b"USDUSD", "Bybit writes"),
        ("binance/name", b"USDT-260925-70000-C", "Binance writes"),
        ("binance/name", b"USDUSD_PERP", "Binance writes"),
    ],
)  # fmt: skip
def test_an_input_that_was_found_is_refused_with_field_value_and_rule(name: str, content: bytes, said: str) -> None:
    if name not in TARGETS:
        pytest.skip(f"{name} is not in the catalogue")
    assert said in refusal(name, content)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("book/csv", b"instrument,size\nBTC," + b"1" * 120_000 + b"x", "sizes are plain numbers"),
        ("book/csv", b"instrument,size," + b",".join(b"x%d" % i for i in range(60_000)), "is unknown"),
        ("trade", b"BTC " + b"1" * 400_000 + b"x", "a trade reads"),
    ],
)  # fmt: skip
def test_an_input_that_took_the_square_of_its_length_takes_its_length(name: str, content: bytes, said: str) -> None:
    started = time.process_time()
    assert said in refusal(name, content)
    assert time.process_time() - started < 4.0  # each took minutes, and takes a few hundredths now


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -1.0])
def test_a_price_of_deribits_simulation_is_one(number: float) -> None:
    [seed] = SEEDS["deribit"].replies()

    def change(tree: Any) -> None:
        tree["result"]["ticker"]["BTC-28JUN24"]["mark_price"] = number

    assert f"ticker.BTC-28JUN24.mark_price is {number}; prices are finite" in refusal(
        "deribit/reply", changed(seed, change)
    )


@pytest.mark.parametrize(
    "charge", [10**400, -(10**400), 10**5_000, -1, float("nan"), True, "1"], ids=lambda charge: type(charge).__name__
)
@pytest.mark.parametrize("name", ["open_orders_margin", "mmp_margin", "spot_margin"])
def test_a_charge_of_deribits_simulation_is_a_finite_number(name: str, charge: object) -> None:
    """JSON has integers that no float64 holds; what is parsed already has longer ones than its reader takes."""
    [seed] = SEEDS["deribit"].replies()
    tree = json.loads(seed)
    [stated] = tree["result"]["margins"].values()
    stated["initial_margin_details"] = {name: charge}
    with pytest.raises(InputError, match="charges are finite numbers, >= 0") as caught:
        read_simulation(tree)
    assert name in str(caught.value)


@pytest.mark.parametrize("amount", [10**400, -(10**400)])
def test_an_identity_of_deribits_accounts_is_of_finite_numbers(amount: int) -> None:
    with pytest.raises(InputError, match="it is a finite number"):
        identity_residuals({"margin_model": "cross_pm", "futures_pl": amount, "options_pl": 1.0, "total_pl": 2.0})


def test_a_size_of_deribits_simulation_that_no_price_turns_into_dollars_is_refused() -> None:
    [seed] = SEEDS["deribit"].replies()

    def change(tree: Any) -> None:
        tree["result"]["ticker"]["BTC-28JUN24"]["mark_price"] = 0.0

    assert "BTC-28JUN24 has no mark" in refusal("deribit/reply", changed(seed, change))


@pytest.mark.parametrize("asset", ["-USDT", "1" * 1_000, "\ud800", "U\nSDT"])
def test_an_asset_of_binance_has_a_name_that_a_book_takes(asset: str) -> None:
    portfolio, options = SEEDS["binance"].accounts()

    def change(tree: Any) -> None:
        tree["GET /eapi/v1/marginAccount"]["asset"][0]["asset"] = asset

    refusal("binance/account", changed(options, change))

    def change_portfolio(tree: Any) -> None:
        tree["papi/v1/balance"][0]["asset"] = asset

    refusal("binance/account", changed(portfolio, change_portfolio))


@pytest.mark.parametrize("asset", ["", " ", "B\nTC", "-"])
def test_an_index_of_derive_is_that_of_an_asset(asset: str) -> None:
    def change(tree: Any) -> None:
        spot = tree["public/get_latest_signed_feeds"]["result"]["spot_data"]
        spot[asset] = spot["BTC"]

    said = refusal("derive/snapshot", changed(SEEDS["derive"].snapshots()[0], change))
    assert "an asset's name is letters and digits" in said


@pytest.mark.parametrize("uid", [" ", "a\nb", "\u202e1"])
def test_an_account_of_okx_has_a_name_that_can_be_seen(uid: str) -> None:
    def change(tree: Any) -> None:
        tree["account/config"][0]["uid"] = uid

    said = refusal("okx/account", changed(SEEDS["okx"].accounts()[0], change))
    assert "an account's id is a text" in said


def test_a_key_of_binance_that_is_no_text_is_left_alone() -> None:
    content, _options = SEEDS["binance"].accounts()

    def change(tree: Any) -> None:
        tree["papi/v1/balance"][0]["\ud800"] = "1"

    taken = TARGETS["binance/account"].taken(changed(content, change))
    assert isinstance(taken, Book)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1_000", "-inf"])
def test_an_equity_of_bybit_that_is_no_number_is_not_left_out(number: str) -> None:
    def change(tree: Any) -> None:
        tree["result"]["wallet"]["equity"] = number

    said = refusal("bybit/reply", changed(SEEDS["bybit"].replies()[0], change))
    assert f"equity is '{number}'; this is a number, written as a text" in said

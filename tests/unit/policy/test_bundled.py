"""The bundled numbers against the venue's own response, and from date to date."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from seawall.core.errors import InputError, UnavailableError
from seawall.core.evidence import Grade
from seawall.core.time import iso
from seawall.policy import MarginPolicy, at, diff

PUBLISHED = Path(__file__).parents[2] / "vectors" / "published"


def example() -> dict[str, Any]:
    """Return the parameters in the response that Deribit's own reference shows."""
    file = PUBLISHED / "cex_deribit_pme_simulate_btc_2024-06-17.json"
    params: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))["response"]["result"]["model_params"]
    return params


def flat(table: dict[str, Any], prefix: str = "") -> dict[str, object]:
    paths: dict[str, object] = {}
    for key, item in table.items():
        paths |= flat(item, f"{prefix}{key}.") if isinstance(item, dict) else {f"{prefix}{key}": item}
    return paths


@pytest.mark.parametrize("model", ["s_pm", "x_pm"])
def test_the_set_of_june_2024_is_the_model_params_of_deribits_example_response(model: str) -> None:
    params = example()
    stamp = params["general"].pop("timestamp")
    policy = at(f"deribit/{model}", stamp * 1_000_000)
    assert policy.id == f"deribit/{model}/2024-06-17", iso(stamp * 1_000_000)
    stated = flat(params)
    assert {name: policy.parameters[name].value for name in stated} == stated
    ours = {name for name in policy.parameters if name not in stated}
    assert ours == {
        "general.vol_shock_pivot_days",
        "general.vol_shock_min_days",
        "general.extended_moves",
        "general.rounding_decimals",
        "general.extended_dampener_basis",
    }


def test_a_venues_own_model_params_make_a_policy_that_does_not_differ_from_the_bundled_one() -> None:
    params = example()
    bundled = at("deribit/s_pm/2024-06-17")
    stated = {name: setting for name, setting in flat(params).items() if bundled.knows(name)}
    read = MarginPolicy.of("deribit/s_pm/response", stated, like=bundled, source="private/pme/simulate")
    assert len(stated) == 29
    assert diff(bundled, read) == []
    assert read.parameter("currency_pair.btc_usd.m_inc").source == "private/pme/simulate"


def test_an_eth_number_of_june_2024_is_unavailable() -> None:
    policy = at("deribit/x_pm/2024-06-17")
    with pytest.raises(UnavailableError, match=r"currency_pair\.eth_usd\.price_range"):
        policy.number("currency_pair.eth_usd.price_range")


def test_no_set_of_portfolio_margin_is_known_before_june_2024() -> None:
    with pytest.raises(InputError, match="2024-06-17, 2026-02-15, 2026-09-23"):
        at("deribit/x_pm", "2024-06-16T23:59:59Z")


def test_the_price_range_of_bitcoin_went_down_between_the_two_sets_of_2026() -> None:
    # 0.16: an X:PM account of 16 February 2026; 0.14: a third party's reading of 23 September 2026.
    [row] = [
        row
        for row in diff(at("deribit/x_pm", "2026-09-22"), at("deribit/x_pm", "2026-09-23"))
        if row.change == "changed"
    ]
    assert (row.path, row.before, row.after) == ("currency_pair.btc_usd.price_range", 0.16, 0.14)


@pytest.mark.parametrize("model", ["s_sm", "x_sm"])
def test_futures_under_the_unknown_leverage_curve_rest_on_an_assumption(model: str) -> None:
    old, new = at(f"deribit/{model}", "2026-08-04"), at(f"deribit/{model}", "2026-08-05")
    assert old.rule("linear_increment").grade is Grade.VERIFIED
    assert new.rule("linear_increment").grade is Grade.ASSUMED
    for base in ("btc", "eth", "sol"):
        initial, maintenance = (new.number(f"future.{base}.{name}_base") for name in ("initial", "maintenance"))
        assert maintenance == pytest.approx(initial * 2 / 3, rel=1e-15)

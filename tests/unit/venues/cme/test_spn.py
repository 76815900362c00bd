"""A SPAN parameter file: what is read of it, what is refused, and the margin that follows from it."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

import seawall as sw
from seawall.core.errors import InputError
from seawall.core.time import iso
from seawall.instruments import Option
from seawall.market.codec import encode
from seawall.venues.cme import read_spn
from tests.unit.venues.cme.samples import CALL, FAR, FUTURE, NEAR, OPTION, OTHER, document, future, spread

POLICY = "span/portfolio/2026-01-01"


def figures(content: bytes, positions: dict[str, float], **cash: float) -> dict[str, float]:
    """Return what the rule says of one account on a file, as any user gets it."""
    margins = sw.margin({**positions, **cash}, content, POLICY)
    [row] = margins["book"]
    assert not row.unavailable, row.unavailable
    return {**margins.explain().detail.figures, "maintenance": row.maintenance_margin, "initial": row.initial_margin}


def why_not(content: bytes, positions: dict[str, float]) -> str:
    [row] = sw.margin(positions, content, POLICY)
    assert np.isnan(row.initial_margin)
    return row.unavailable


def test_risk_arrays_are_read_as_profit_of_one_long() -> None:
    found = read_spn(document(), name="x.spn")
    assert found.span is not None
    at = found.table.position
    assert found.span.gains[at(NEAR)].tolist() == list(FUTURE)
    assert found.span.gains[at(OPTION)].tolist() == list(CALL)
    assert found.span.value[at(OPTION)] == pytest.approx(8.2 * 250.0)
    assert iso(found.time_ns)[:10] == "2026-01-02"
    assert found.source == "SPAN parameter file of CME, 20260102"


def test_contracts_are_facts_of_the_table() -> None:
    found = read_spn(document(), name="x.spn")
    option = found.table.row(found.table.position(OPTION))
    assert isinstance(option, Option)
    assert (option.underlying, option.settlement, option.strike, option.is_call) == ("SP", "USD", 410.0, True)
    assert iso(option.expiry_ns)[:10] == "2026-04-01"  # the end of March
    assert found.mark[found.table.position(OPTION)] == pytest.approx(8.2 * 250.0)
    assert np.isnan(found.mark[found.table.position(NEAR)])  # no contract value factor, so that no price is known


@pytest.mark.parametrize(
    ("positions", "risk", "scenario"),
    [({OPTION: 1.0}, 3990.0, 14), ({NEAR: 1.0}, 10_000.0, 13), ({NEAR: 1.0, OPTION: -1.0}, 6620.0, 13)],
)
def test_the_books_three_requirements_follow_from_a_file(
    positions: dict[str, float], risk: float, scenario: int
) -> None:
    found = figures(document(), positions)
    assert (found["SP.scan_risk"], found["SP.active_scenario"]) == (risk, scenario)


def test_the_value_of_options_is_taken_off_and_never_leaves_a_requirement_below_zero() -> None:
    assert figures(document(), {OPTION: 1.0})["maintenance"] == pytest.approx(3990.0 - 2050.0)
    assert figures(document(), {OPTION: -1.0})["maintenance"] == pytest.approx(8060.0 + 2050.0)
    assert figures(document(), {OPTION: -1.0})["initial"] == pytest.approx(8060.0 * 1.1 + 2050.0)


def test_a_margin_by_a_file_names_its_scenario_and_what_it_rests_on() -> None:
    margins = sw.margin({NEAR: 1.0, "USD": 25_000.0}, document(), POLICY)
    [row] = margins
    assert (row.currency, row.margin_balance, row.worst_scenario) == ("USD", 25_000.0, "SP 13: -range, vol up")
    subjects = {item.subject for item in margins.evidence_of("book")}
    assert {"general.initial_factor", "rules.scan_risk", "rules.own_file"} <= subjects
    assert not any(subject.startswith("market.") for subject in subjects)


def test_a_spread_of_two_expiries_pays_its_charge_and_scans_to_nothing() -> None:
    content = document(charges=spread(1, 425.0, "202603", "202606"))
    found = figures(content, {NEAR: 3.0, FAR: -2.0})
    assert (found["SP.scan_risk"], found["SP.spread_charge"]) == (10_000.0, 850.0)
    assert figures(content, {NEAR: -3.0, FAR: 2.0})["SP.spread_charge"] == 850.0
    assert figures(content, {NEAR: 3.0, FAR: 2.0})["SP.spread_charge"] == 0.0


def test_accounts_form_their_spreads_apart() -> None:
    content = document(charges=spread(1, 425.0, "202603", "202606"))
    books = {"a": {NEAR: 3.0, FAR: -2.0}, "b": {NEAR: -1.0, FAR: 5.0}, "c": {NEAR: 1.0}, "d": {OTHER: 2.0, NEAR: -1.0}}
    rows = [{"account": a, "instrument": n, "size": s} for a, held in books.items() for n, s in held.items()]
    together = sw.margin(rows, content, POLICY)
    for account, held in books.items():
        [row] = together[account]
        assert row.maintenance_margin == pytest.approx(figures(content, held)["maintenance"], abs=1e-9)


def test_delta_close_to_delivery_pays_by_whether_a_spread_has_used_it() -> None:
    close = "<spotRate><r>1</r><pe>202603</pe><sprd>30</sprd><outr>50</outr></spotRate>"
    content = document(charges=spread(1, 425.0, "202603", "202606") + close)
    assert figures(content, {NEAR: 3.0, FAR: -2.0})["SP.delivery"] == 2 * 30.0 + 1 * 50.0


def test_a_short_option_far_from_any_loss_pays_the_minimum() -> None:
    found = figures(document(som=9000.0), {OPTION: -1.0})
    assert (found["SP.scan_risk"], found["SP.risk"]) == (8060.0, 9000.0)
    assert figures(document(som=9000.0), {OPTION: 1.0})["SP.short_option_minimum"] == 0.0


def test_two_commodities_of_opposite_delta_credit_each_other() -> None:
    found = figures(document(), {NEAR: 2.0, OTHER: -1.0})
    # Price risk of a future is its range, so that one spread takes 80 % of one contract's range off each.
    assert found["SP.spread_credit"] == pytest.approx(8000.0)
    assert found["SP.risk"] == pytest.approx(12_000.0)
    assert found["ND.risk"] == pytest.approx(2000.0)
    assert figures(document(), {NEAR: 2.0, OTHER: 1.0})["SP.spread_credit"] == 0.0


def test_currencies_are_margined_apart_and_credit_each_other() -> None:
    content = document().replace(b"<cc>ND</cc><currency>USD", b"<cc>ND</cc><currency>EUR")
    margins = sw.margin({NEAR: 2.0, OTHER: -1.0, "USD": 50_000.0, "EUR": 7_000.0}, content, POLICY)
    worst = {row.currency: row.worst_scenario for row in margins}
    assert worst == {"EUR": "ND 11: +range, vol up", "USD": "SP 13: -range, vol up"}
    needs = {row.currency: (row.maintenance_margin, row.margin_balance) for row in margins}
    assert needs == {"EUR": (pytest.approx(2000.0), 7000.0), "USD": (pytest.approx(12_000.0), 50_000.0)}


def test_open_orders_add_what_the_worst_fill_needs() -> None:
    rows = [
        {"instrument": NEAR, "size": 1.0}, {"instrument": NEAR, "size": 2.0, "kind": "order"},
        {"instrument": NEAR, "size": -5.0, "kind": "order"},
    ]  # fmt: skip
    [row] = sw.margin(rows, document(), POLICY)
    assert row.initial["open_orders_margin"] == pytest.approx(1.1 * (4 - 1) * 10_000.0)


def test_a_spread_whose_method_is_not_known_is_unavailable_to_its_holders_alone() -> None:
    content = document(charges=spread(1, 425.0, "202603", "202606", method="PMPS"))
    assert "'PMPS'" in why_not(content, {NEAR: 1.0})
    assert figures(content, {OTHER: 1.0})["ND.risk"] == 10_000.0


def test_a_credit_whose_method_is_not_known_is_unavailable_to_those_who_hold_both_legs() -> None:
    content = document().replace(b"<chargeMeth>W</chargeMeth>", b"<chargeMeth>S</chargeMeth>")
    assert "'S'" in why_not(content, {NEAR: 1.0, OTHER: -1.0})
    rows = [{"account": a, "instrument": n, "size": 1.0} for a, n in (("a", NEAR), ("a", OTHER), ("b", NEAR))]
    found = sw.margin(rows, content, POLICY)
    assert found["b"][0].maintenance_margin == 10_000.0
    assert found["a"][0].unavailable


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (b"<cvf>250</cvf>", b"", "contract value factor"), (b"<p>8.2</p>", b"", "no price"),
        (b"<d>0.45</d>", b"", "composite delta"),
    ],
)  # fmt: skip
def test_what_a_file_leaves_out_is_unavailable_and_no_zero(before: bytes, after: bytes, said: str) -> None:
    content = document().replace(before, after)
    assert content != document()
    assert said in why_not(content, {OPTION: 1.0})
    assert figures(content, {NEAR: 1.0})["SP.scan_risk"] == 10_000.0


def test_a_profit_needs_a_price_and_counts_in_whole_contracts() -> None:
    rows = [{"instrument": NEAR, "size": 2.0, "entry_price": 99_000.0}, {"instrument": "USD", "size": 1_000.0}]
    [row] = sw.margin(rows, document(), POLICY)
    assert "entry price" in row.unavailable
    priced = document().replace(b"<futPf><pfId>1</pfId>", b"<futPf><pfId>1</pfId><cvf>250</cvf>")
    [row] = sw.margin(rows, priced, POLICY)
    assert row.equity == pytest.approx(1_000.0 + 2.0 * (400.0 * 250.0 - 99_000.0))


def test_a_contract_that_is_linked_to_no_commodity_is_unavailable() -> None:
    stray = f"<futPf><pfId>9</pfId><pfCode>XX</pfCode>{future('202603')}</futPf>"
    assert "no combined commodity" in why_not(document(extra=stray), {"CME/FUT/XX/202603": 1.0})


def test_a_contract_that_the_file_lacks_is_an_unknown_name() -> None:
    with pytest.raises(InputError, match=r"CME/FUT/SP/203001.*near it are"):
        sw.margin({"CME/FUT/SP/203001": 1.0}, document(), POLICY)
    with pytest.raises(InputError, match="finite"):
        sw.margin({NEAR: np.nan}, document(), POLICY)


def test_other_rules_have_no_numbers_for_a_files_contracts_and_say_so() -> None:
    found = sw.compare({NEAR: 1.0}, document(), ["deribit/x_pm/2026-02-15", POLICY])
    deribit, span = found.rows("book")
    assert "SP" in str(deribit["unavailable"])
    assert span["unavailable"] == ""


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "well-formed"),
        (b"<spanFile><a></spanFile>", "line 1"),
        (b"<other/>", "begins with spanFile"),
        (b"<spanFile><fileFormat>3.00</fileFormat></spanFile>", "format 4.00"),
        (b"<spanFile><fileFormat>4.00</fileFormat></spanFile>", "clearingOrg"),
        (document(extra=f"<futPf><pfId>1</pfId><pfCode>SP</pfCode>{future('202603')}</futPf>"), "once"),
        (document().replace(b"<a>-8060</a>", b""), "16 values"),
        (document().replace(b"<a>-8060</a>", b"<a>much</a>"), "finite number"),
        (document().replace(b"<a>-8060</a>", b"<a>1e999</a>"), "finite number"),
        (document().replace(b"<o>C</o>", b"<o>X</o>"), "C or P"),
        (document().replace(b"<rs>B</rs>", b"<rs>A</rs>"), "sides A and B"),
        (document().replace(b"<tn>1</tn><rs>", b"<tn>7</tn><rs>"), "has tiers 1"),
        (b"<?xml version='1.0' encoding='klingon'?><spanFile/>", "encoding"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_place(content: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said) as raised:
        read_spn(content, name="x.spn")
    assert "x.spn" in str(raised.value)


def test_entities_are_refused_before_they_expand() -> None:
    bomb = b"<!DOCTYPE z [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]><spanFile>&b;</spanFile>"
    with pytest.raises(InputError, match="no entities"):
        read_spn(bomb)
    with pytest.raises(InputError, match="deep"):
        read_spn(b"<a>" * 100 + b"</a>" * 100)


def test_a_file_is_read_from_where_it_lies_zipped_or_not(tmp_path: Path) -> None:
    file, zipped = tmp_path / "day.spn", tmp_path / "day.spn.gz"
    file.write_bytes(document())
    zipped.write_bytes(gzip.compress(document()))
    assert sw.load_snapshot(file).digest == sw.load_snapshot(zipped).digest == read_spn(document()).digest
    assert sw.load_snapshot(str(file)).name == "day"


def test_a_file_is_kept_as_it_is_and_in_no_other_form() -> None:
    with pytest.raises(InputError, match="kept as it is"):
        encode(read_spn(document()))


def test_products_are_found_by_their_links_where_a_commodity_names_them() -> None:
    links = "<pfLink><exch>CME</exch><pfId>1</pfId><pfCode>SP</pfCode><pfType>FUT</pfType></pfLink>"
    found = read_spn(document(links=links))
    assert found.span is not None
    assert [found.span.commodity[found.table.position(name)] for name in (NEAR, OPTION)] == ["SP", ""]


def test_a_spread_of_an_endless_priority_is_refused() -> None:
    with pytest.raises(InputError, match="finite"):
        read_spn(document(charges=spread(1, 425.0, "202603", "202606").replace("<spread>1<", "<spread>inf<")))


def test_a_name_too_long_for_any_book_is_refused() -> None:
    with pytest.raises(InputError, match="100 characters"):
        read_spn(document().replace(b"<pfCode>ND</pfCode>", b"<pfCode>" + b"N" * 100 + b"</pfCode>"))

"""A SPAN parameter file: what is read of it, what is refused, and the margin that follows from it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seawall.core.errors import InputError, UnavailableError, UnknownNameError
from seawall.margining.models.span_portfolio.from_file import file_risk
from seawall.venues.cme import read_spn

FUTURE = (0, 0, 3330, 3330, -3330, -3330, 6670, 6670, -6670, -6670, 10000, 10000, -10000, -10000, 7000, -7000)
CALL = (460, -610, 2640, 1730, -1270, -2340, 5210, 4540, -2540, -3430, 8060, 7640, -3380, -3990, 3130, -1500)
"""McMillan's risk arrays, profit of one long; a file holds losses."""


def array(gains: tuple[int, ...], delta: float) -> str:
    return f"<ra><r>1</r>{''.join(f'<a>{-gain}</a>' for gain in gains)}<d>{delta}</d></ra>"


def future(expiry: str, gains: tuple[int, ...] = FUTURE) -> str:
    return f"<fut><cId>1</cId><pe>{expiry}</pe><p>400</p><d>1</d>{array(gains, 1.0)}</fut>"


def spread(priority: int, rate: float, near: str, far: str, *, method: str = "F") -> str:
    return (
        f"<dSpread><spread>{priority}</spread><chargeMeth>{method}</chargeMeth><rate><r>1</r><val>{rate}</val></rate>"
        f"<pLeg><cc>SP</cc><pe>{near}</pe><rs>A</rs><i>1</i></pLeg>"
        f"<pLeg><cc>SP</cc><pe>{far}</pe><rs>B</rs><i>1</i></pLeg></dSpread>"
    )


def inter(rate: float, method: str = "W") -> str:
    legs = "".join(
        f"<tLeg><cc>{cc}</cc><tn>1</tn><rs>{side}</rs><i>1</i></tLeg>" for cc, side in (("SP", "A"), ("ND", "B"))
    )
    return (
        f"<interSpreads><dSpread><spread>1</spread><chargeMeth>{method}</chargeMeth>"
        f"<rate><r>1</r><val>{rate}</val></rate>{legs}</dSpread></interSpreads>"
    )


def document(*, charges: str = "", extra: str = "", som: float = 0.0, head: str = "", links: str = "") -> bytes:
    commodity = (
        "<ccDef><cc>{0}</cc><currency>USD</currency><somMeth>GROSS</somMeth>{1}"
        "<interTiers><tier><tn>1</tn><sPe>202603</sPe><ePe>202612</ePe></tier></interTiers>"
        f"<somTiers><tier><tn>0</tn><rate><r>1</r><val>{som}</val></rate></tier></somTiers></ccDef>"
    )
    option = (
        "<oofPf><pfId>2</pfId><pfCode>SP</pfCode><cvf>250</cvf><valueMeth>EQTY</valueMeth><series><pe>202603</pe>"
        f"<opt><cId>1</cId><o>C</o><k>410</k><p>8.2</p>{array(CALL, 0.45)}</opt></series></oofPf>"
    )
    return (
        f"{head}<spanFile><fileFormat>4.00</fileFormat><created>202601020000</created><pointInTime><date>20260102</date>"
        f"<clearingOrg><ec>CME</ec>{commodity.format('SP', links + charges)}{commodity.format('ND', '')}"
        f"<exchange><exch>CME</exch><futPf><pfId>1</pfId><pfCode>SP</pfCode>{future('202603')}{future('202606')}</futPf>"
        f"<futPf><pfId>3</pfId><pfCode>ND</pfCode>{future('202603')}</futPf>{option}{extra}</exchange>"
        f"{inter(0.8)}</clearingOrg></pointInTime></spanFile>"
    ).encode()


NEAR, FAR, OTHER = "CME/FUT/SP/202603", "CME/FUT/SP/202606", "CME/FUT/ND/202603"
OPTION = "CME/OOF/SP/202603/410C"


def test_risk_arrays_are_read_as_profit_of_one_long() -> None:
    found = read_spn(document(), name="x.spn")
    assert found.contracts[NEAR].gains.tolist() == list(FUTURE)
    assert found.contracts[OPTION].gains.tolist() == list(CALL)
    assert (found.date, found.clearing_org) == ("20260102", "CME")
    assert found.contracts[OPTION].value == pytest.approx(8.2 * 250.0)


@pytest.mark.parametrize(
    ("positions", "risk", "scenario"),
    [({OPTION: 1.0}, 3990.0, 14), ({NEAR: 1.0}, 10_000.0, 13), ({NEAR: 1.0, OPTION: -1.0}, 6620.0, 13)],
)
def test_the_books_three_requirements_follow_from_a_file(
    positions: dict[str, float], risk: float, scenario: int
) -> None:
    found = file_risk(read_spn(document()), positions)["SP"]
    assert (found.scan_risk, found.active_scenario) == (risk, scenario)


def test_the_value_of_options_is_taken_off_and_never_leaves_a_requirement_below_zero() -> None:
    found = file_risk(read_spn(document()), {OPTION: 1.0})["SP"]
    assert found.requirement == pytest.approx(3990.0 - 2050.0)
    short = file_risk(read_spn(document()), {OPTION: -1.0})["SP"]
    assert short.requirement == pytest.approx(8060.0 + 2050.0)


def test_a_spread_of_two_expiries_pays_its_charge_and_scans_to_nothing() -> None:
    parameters = read_spn(document(charges=spread(1, 425.0, "202603", "202606")))
    found = file_risk(parameters, {NEAR: 3.0, FAR: -2.0})["SP"]
    assert found.scan_risk == 10_000.0
    assert found.spread_charge == 850.0
    assert file_risk(parameters, {NEAR: -3.0, FAR: 2.0})["SP"].spread_charge == 850.0
    assert file_risk(parameters, {NEAR: 3.0, FAR: 2.0})["SP"].spread_charge == 0.0


def test_delta_close_to_delivery_pays_by_whether_a_spread_has_used_it() -> None:
    close = "<spotRate><r>1</r><pe>202603</pe><sprd>30</sprd><outr>50</outr></spotRate>"
    parameters = read_spn(document(charges=spread(1, 425.0, "202603", "202606") + close))
    assert file_risk(parameters, {NEAR: 3.0, FAR: -2.0})["SP"].delivery == 2 * 30.0 + 1 * 50.0


def test_a_short_option_far_from_any_loss_pays_the_minimum() -> None:
    parameters = read_spn(document(som=9000.0))
    found = file_risk(parameters, {OPTION: -1.0})["SP"]
    assert (found.scan_risk, found.risk) == (8060.0, 9000.0)
    assert file_risk(parameters, {OPTION: 1.0})["SP"].short_option_minimum == 0.0


def test_two_commodities_of_opposite_delta_credit_each_other() -> None:
    found = file_risk(read_spn(document()), {NEAR: 2.0, OTHER: -1.0})
    # Price risk of a future is its range, so that one spread takes 80 % of one contract's range off each.
    assert found["SP"].spread_credit == pytest.approx(8000.0)
    assert found["SP"].risk == pytest.approx(12_000.0)
    assert found["ND"].risk == pytest.approx(2000.0)
    same_side = file_risk(read_spn(document()), {NEAR: 2.0, OTHER: 1.0})
    assert same_side["SP"].spread_credit == 0.0


def test_a_spread_whose_method_is_not_known_is_unavailable_to_its_holders_alone() -> None:
    parameters = read_spn(document(charges=spread(1, 425.0, "202603", "202606", method="PMPS")))
    with pytest.raises(UnavailableError, match="PMPS"):
        file_risk(parameters, {NEAR: 1.0})
    assert file_risk(parameters, {OTHER: 1.0})["ND"].risk == 10_000.0


def test_a_contract_that_is_linked_to_no_commodity_is_refused() -> None:
    stray = f"<futPf><pfId>9</pfId><pfCode>XX</pfCode>{future('202603')}</futPf>"
    with pytest.raises(UnavailableError, match="no combined commodity"):
        file_risk(read_spn(document(extra=stray)), {"CME/FUT/XX/202603": 1.0})


def test_a_contract_that_the_file_lacks_is_an_unknown_name() -> None:
    with pytest.raises(UnknownNameError, match="CME/FUT/SP/203001"):
        file_risk(read_spn(document()), {"CME/FUT/SP/203001": 1.0})
    with pytest.raises(InputError, match="finite"):
        file_risk(read_spn(document()), {NEAR: np.nan})


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


def test_a_file_is_read_from_where_it_lies(tmp_path: Path) -> None:
    file = tmp_path / "day.spn"
    file.write_bytes(document())
    assert read_spn(file).contracts.keys() == read_spn(document()).contracts.keys()


def test_products_are_found_by_their_links_where_a_commodity_names_them() -> None:
    links = "<pfLink><exch>CME</exch><pfId>1</pfId><pfCode>SP</pfCode><pfType>FUT</pfType></pfLink>"
    found = read_spn(document(links=links))
    assert found.contracts[NEAR].commodity == "SP"
    assert found.contracts[OPTION].commodity == ""

"""A small SPAN parameter file, made by hand: two futures and a call on one commodity, a future on another."""

from __future__ import annotations

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

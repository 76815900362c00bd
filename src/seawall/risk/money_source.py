"""Money that could meet a call, and the line that people write it as."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import isfinite

from seawall.core.errors import InputError, Problem

SOURCE_RULE = "it is `NAME: AMOUNT ASSET in 6h less 1%`; the name, the delay and the loss may be left out"
_HOURS = {"m": 1.0 / 60.0, "min": 1.0 / 60.0, "minutes": 1.0 / 60.0, "h": 1.0, "hour": 1.0, "hours": 1.0, "d": 24.0,
          "day": 24.0, "days": 24.0}  # fmt: skip
_NUMBER = r"\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+"
_LINE = re.compile(
    rf"(?:(?P<name>[^:]*):)?\s*(?P<amount>{_NUMBER})\s*(?P<asset>[A-Za-z][A-Za-z0-9]*)"
    rf"(?:\s+in\s+(?P<delay>{_NUMBER})\s*(?P<unit>{'|'.join(sorted(_HOURS, key=len, reverse=True))}))?"
    rf"(?:\s+less\s+(?P<less>{_NUMBER})\s*%)?"
)


@dataclass(frozen=True, slots=True)
class Source:
    """Money that could meet a call.

    Attributes
    ----------
    name
        For people.
    amount, asset
        Units of an asset; USD where none is named. Its worth moves with the asset's price.
    delay_hours
        Until it is where it is needed: sale, withdrawal, finality of a chain.
    haircut
        Share of its worth that is lost on the way.
    """

    name: str
    amount: float
    asset: str = "USD"
    delay_hours: float = 0.0
    haircut: float = 0.0

    def __post_init__(self) -> None:
        problems = [
            Problem(field, getattr(self, field), "it is finite and not negative", where=f"source {self.name}")
            for field in ("amount", "delay_hours")
            if not (isfinite(getattr(self, field)) and getattr(self, field) >= 0.0)
        ]
        if not 0.0 <= self.haircut <= 1.0:
            rule = "a share that is lost is between 0 and 1"
            problems.append(Problem("haircut", self.haircut, rule, where=f"source {self.name}"))
        if problems:
            raise InputError(problems)


def read_source(line: str) -> Source:
    """Return a source that is written as one line.

    Raises
    ------
    InputError
        When the line is of another form.

    Examples
    --------
    >>> read_source("cold wallet: 2 BTC in 6h less 1%")
    Source(name='cold wallet', amount=2.0, asset='BTC', delay_hours=6.0, haircut=0.01)
    >>> read_source("50000 usdc").name
    '50000 USDC'
    """
    found = _LINE.fullmatch(line.strip())
    if found is None:
        raise InputError(Problem("source", line, SOURCE_RULE))
    asset = found["asset"].upper()
    return Source(
        name=(found["name"] or "").strip() or f"{found['amount']} {asset}",
        amount=float(found["amount"]),
        asset=asset,
        delay_hours=float(found["delay"]) * _HOURS[found["unit"]] if found["delay"] else 0.0,
        haircut=float(found["less"]) / 100.0 if found["less"] else 0.0,
    )

"""Where an account stands: what it is worth, what it misses, and whether it is sold, given away or left alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from seawall.margining.blocks.fixed_point import WEI
from seawall.margining.models.derive_auction.numbers import AuctionNumbers


class Phase(Enum):
    """What the auction does with an account."""

    NONE = "no auction"
    SOLVENT = "bidders pay the account"
    INSOLVENT = "bidders are paid to take the account"


@dataclass(frozen=True, slots=True)
class Standing:
    """An account in the eyes of the auction, in whole units of 1e-18 USD.

    Attributes
    ----------
    market_value
        What all that it holds is worth, cash included; the StandardManager's counts collateral whole.
    maintenance
        Net maintenance margin in the auction's one scenario: value less requirement, negative where it is missed.
    reserved
        Cash that bidders have paid in this auction; it is not for sale.
    left
        Share of the account as it was at the start that is not sold yet.
    """

    market_value: int
    maintenance: int
    reserved: int = 0
    left: int = WEI.one


def buffer_margin(standing: Standing, numbers: AuctionNumbers) -> int:
    """Return the margin that a sale brings to zero: maintenance margin with a requirement that is larger by the buffer.

    Examples
    --------
    >>> numbers = AuctionNumbers(WEI.one, WEI.one, 1, 1, 1, fee_rate=0, buffer_share=WEI.one // 5)
    >>> buffer_margin(Standing(120 * WEI.one, -100 * WEI.one), numbers) // WEI.one
    -144
    """
    requirement = standing.maintenance - standing.market_value  # negative: what takes the value down to the margin
    return standing.maintenance + WEI.times(requirement, numbers.buffer_share)


def phase_at_start(standing: Standing) -> Phase:
    """Return which auction may start: none while maintenance margin is met.

    Examples
    --------
    >>> [phase_at_start(Standing(*one)).name for one in ((5 * WEI.one, -WEI.one), (0, -WEI.one), (5, 0))]
    ['SOLVENT', 'INSOLVENT', 'NONE']
    """
    if standing.maintenance >= 0:
        return Phase.NONE
    return Phase.SOLVENT if standing.market_value > 0 else Phase.INSOLVENT


def phase_after(standing: Standing, phase: Phase, numbers: AuctionNumbers) -> Phase:
    """Return how a running auction goes on when prices moved or a bid was taken.

    In order of precedence: a whole account that is sold ends any auction; an insolvent one ends when maintenance margin
    is met; a solvent one whose account is worth less than nothing turns insolvent; it ends where the reserved cash is
    worth as much as all, and where the buffer margin is met.
    """
    if phase is Phase.NONE or standing.left <= 0:
        return Phase.NONE
    if phase is Phase.INSOLVENT:
        return Phase.NONE if standing.maintenance >= 0 else Phase.INSOLVENT
    if standing.market_value < 0:
        return Phase.INSOLVENT
    over = standing.reserved >= standing.market_value or buffer_margin(standing, numbers) >= 0
    return Phase.NONE if over else Phase.SOLVENT

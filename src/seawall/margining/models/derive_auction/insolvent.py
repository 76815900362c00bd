"""An account that is worth nothing: whoever takes it is paid, by the security module first and then by all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from seawall.core.errors import InputError, Problem
from seawall.margining.blocks.fixed_point import WEI
from seawall.margining.models.derive_auction.numbers import AuctionNumbers
from seawall.margining.models.derive_auction.standing import Standing


@dataclass(frozen=True, slots=True)
class InsolventBid:
    """What a bid takes, and who pays the bidder.

    Attributes
    ----------
    share, share_of_original
        Of all that the account holds now, and of what it held at the start.
    paid
        Cash to the bidder in all.
    from_security_module, socialised
        Its two parts: what the security module has, and cash that is made anew, at the cost of all who hold cash.
    left
        The share of the account left after the bid.
    """

    share: int
    share_of_original: int
    paid: int
    from_security_module: int
    socialised: int
    left: int


def payout(standing: Standing, elapsed_seconds: int, numbers: AuctionNumbers) -> int:
    """Return what is paid for all that an account holds: from its debt up to all that it misses, in a straight line.

    A line that takes no time is at its end at once.

    Examples
    --------
    >>> numbers = AuctionNumbers(WEI.one, WEI.one, 1, 1, insolvent_seconds=600, fee_rate=0, buffer_share=0)
    >>> [payout(Standing(-30 * WEI.one, -250 * WEI.one), seconds, numbers) // WEI.one for seconds in (0, 300, 600, 900)]
    [30, 140, 250, 250]
    """
    first, last = -min(standing.market_value, 0), max(-standing.maintenance, 0)
    rise, seconds = max(last - first, 0), numbers.insolvent_seconds
    if seconds <= 0:
        return first + rise
    return first + rise * min(max(elapsed_seconds, 0), seconds) // seconds


def insolvent_bid(
    standing: Standing, wanted: int, elapsed_seconds: int, security_module: int, numbers: AuctionNumbers
) -> InsolventBid:
    """Return what a bid on an insolvent account takes, and who pays for it.

    Parameters
    ----------
    wanted
        Share of what the account holds now, above 0 and up to 1.
    security_module
        Cash that the security module has.

    Examples
    --------
    >>> numbers = AuctionNumbers(WEI.one, WEI.one, 1, 1, insolvent_seconds=600, fee_rate=0, buffer_share=0)
    >>> bid = insolvent_bid(Standing(-30 * WEI.one, -250 * WEI.one), WEI.one // 2, 300, 50 * WEI.one, numbers)
    >>> bid.paid // WEI.one, bid.from_security_module // WEI.one, bid.socialised // WEI.one
    (70, 50, 20)
    """
    if not 0 < wanted <= WEI.one:
        raise InputError(Problem("wanted", WEI.to_float(wanted), "a bid is for a share above 0 and up to 1"))
    paid = WEI.times(payout(standing, elapsed_seconds, numbers), wanted)
    covered = min(paid, max(security_module, 0))
    of_original = WEI.times(wanted, standing.left)
    return InsolventBid(wanted, of_original, paid, covered, paid - covered, standing.left - of_original)


def withdrawals_blocked(insolvent_margins: Iterable[int], security_module: int, share: int = WEI.one) -> bool:
    """Return whether withdrawals of cash stop: insolvent accounts miss more than a share of the security module holds.

    Parameters
    ----------
    insolvent_margins
        Net maintenance margins of the accounts in insolvent auctions as they were when those started, negative each.
    share
        Of the security module's cash; governance sets it.

    Examples
    --------
    >>> [withdrawals_blocked(missing, 100 * WEI.one) for missing in ([-60 * WEI.one, -50 * WEI.one], [-60 * WEI.one])]
    [True, False]
    """
    missing = sum(-min(margin, 0) for margin in insolvent_margins)
    return missing > WEI.times(security_module, share)

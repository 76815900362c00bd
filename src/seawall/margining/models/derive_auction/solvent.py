"""An account that is worth something: its offer falls with time, and no more of it is sold than it takes to be safe."""

from __future__ import annotations

from dataclasses import dataclass

from seawall.core.errors import InputError, Problem
from seawall.margining.blocks.fixed_point import WEI
from seawall.margining.models.derive_auction.numbers import AuctionNumbers
from seawall.margining.models.derive_auction.standing import Standing, buffer_margin


@dataclass(frozen=True, slots=True)
class SolventBid:
    """What a bid takes and pays.

    Attributes
    ----------
    share
        Of all that the account holds now but for its reserved cash; every position and balance goes by it.
    share_of_original
        The same as a share of what the account held at the start.
    payment
        Cash from the bidder to the account, which reserves it.
    reserved, left
        The account's reserved cash and share left after the bid.
    ends
        Whether it takes the largest share there is: the auction is over, whatever the last unit of rounding leaves.
    """

    share: int
    share_of_original: int
    payment: int
    reserved: int
    left: int
    ends: bool


def discount(elapsed_seconds: int, numbers: AuctionNumbers) -> int:
    """Return the share of an account's value that it is offered at.

    Examples
    --------
    >>> numbers = AuctionNumbers(98 * WEI.one // 100, 80 * WEI.one // 100, 100, 14_400, 600, 0, 0)
    >>> [round(discount(seconds, numbers) / WEI.one, 6) for seconds in (0, 50, 100, 7_300, 14_500)]
    [0.98, 0.89, 0.8, 0.4, 0.0]
    """
    elapsed = max(elapsed_seconds, 0)  # before it starts an auction offers what it starts with
    if elapsed < numbers.fast_seconds:
        fall = numbers.starting_share - numbers.cutoff_share
        return numbers.starting_share - fall * elapsed // numbers.fast_seconds
    slow = elapsed - numbers.fast_seconds
    if slow >= numbers.slow_seconds:
        return 0
    # Seconds have no decimals, so that their product with the share is cut to a whole number of seconds before it is
    # divided: the offer stands still until a second's worth of the share has passed, and then falls by all of it.
    return numbers.cutoff_share - WEI.over(WEI.times(numbers.cutoff_share, slow), numbers.slow_seconds)


def largest_share(standing: Standing, offered: int, numbers: AuctionNumbers) -> int:
    """Return the largest share of an account that may be sold: what brings its buffer margin to zero.

    Selling a share f of what is not reserved leaves a buffer margin of `b (1 - f) + f (V d + R (1 - d))`.

    Parameters
    ----------
    offered
        The share of its value that it is offered at, from `discount`.

    Examples
    --------
    >>> numbers = AuctionNumbers(WEI.one, WEI.one, 1, 1, 1, fee_rate=0, buffer_share=0)
    >>> largest_share(Standing(75 * WEI.one, -25 * WEI.one), WEI.one, numbers) / WEI.one
    0.25
    """
    if standing.market_value < numbers.market_value_cutoff:
        return WEI.one
    missing = min(buffer_margin(standing, numbers), 0)
    if missing == 0:
        return 0
    return WEI.over(
        missing, missing - WEI.times(standing.market_value, offered) - WEI.times(standing.reserved, WEI.one - offered)
    )


def starting_fee(standing: Standing, numbers: AuctionNumbers) -> int:
    """Return the cash that goes to the security module when a solvent auction starts.

    A share of the largest sale at the full value, so that it never takes all.

    Examples
    --------
    >>> numbers = AuctionNumbers(WEI.one, WEI.one, 1, 1, 1, fee_rate=WEI.one // 50, buffer_share=0)
    >>> starting_fee(Standing(75 * WEI.one, -25 * WEI.one), numbers) / WEI.one
    0.375
    """
    if standing.market_value <= 0:
        return 0
    share = largest_share(standing, WEI.one, numbers)
    return WEI.times(WEI.times(share, standing.market_value), numbers.fee_rate)


def solvent_bid(standing: Standing, wanted: int, elapsed_seconds: int, numbers: AuctionNumbers) -> SolventBid:
    """Return what a bid takes and pays: the share that is wanted, or the largest there is.

    Parameters
    ----------
    wanted
        Share of what the account holds now, above 0 and up to 1.
    elapsed_seconds
        Since the auction started.

    Raises
    ------
    InputError
        When nothing is wanted or more than all, or when there is nothing left to pay for.

    Examples
    --------
    >>> numbers = AuctionNumbers(WEI.one, WEI.one, 1, 1, 1, fee_rate=0, buffer_share=0)
    >>> bid = solvent_bid(Standing(75 * WEI.one, -25 * WEI.one), WEI.one, 0, numbers)
    >>> bid.share / WEI.one, bid.payment / WEI.one, bid.ends
    (0.25, 18.75, True)
    """
    if not 0 < wanted <= WEI.one:
        raise InputError(Problem("wanted", WEI.to_float(wanted), "a bid is for a share above 0 and up to 1"))
    if standing.reserved > standing.market_value or standing.market_value <= 0:
        rule = f"a solvent auction has more to sell than the reserved {WEI.to_float(standing.reserved)!r} USD"
        raise InputError(Problem("market_value", WEI.to_float(standing.market_value), rule))
    offered = discount(elapsed_seconds, numbers)
    if offered == 0:
        raise InputError(Problem("elapsed_seconds", elapsed_seconds, "the offer has fallen to nothing by then"))
    largest = largest_share(standing, offered, numbers)
    share = min(wanted, largest)
    payment = WEI.times(WEI.times(standing.market_value - standing.reserved, offered), share)
    of_original = WEI.times(share, standing.left)
    return SolventBid(
        share, of_original, payment, standing.reserved + payment, standing.left - of_original, wanted >= largest
    )

"""An account that is worth something: its offer falls with time, and no more of it is sold than it takes to be safe."""

from __future__ import annotations

from dataclasses import dataclass

from seawall.core.errors import InputError, Problem
from seawall.margining.models.derive_auction.numbers import AuctionNumbers
from seawall.margining.models.derive_auction.standing import Standing, buffer_margin
from seawall.margining.models.derive_auction.units import ONE, over, times, to_usd


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
    >>> numbers = AuctionNumbers(98 * ONE // 100, 80 * ONE // 100, 100, 14_400, 600, 0, 0)
    >>> [round(discount(seconds, numbers) / ONE, 6) for seconds in (0, 50, 100, 7_300, 14_500)]
    [0.98, 0.89, 0.8, 0.4, 0.0]
    """
    if elapsed_seconds < numbers.fast_seconds:
        fall = numbers.starting_share - numbers.cutoff_share
        return numbers.starting_share - fall * elapsed_seconds // numbers.fast_seconds
    slow = elapsed_seconds - numbers.fast_seconds
    if slow >= numbers.slow_seconds:
        return 0
    return numbers.cutoff_share - over(times(numbers.cutoff_share, slow), numbers.slow_seconds)


def largest_share(standing: Standing, offered: int, numbers: AuctionNumbers) -> int:
    """Return the largest share of an account that may be sold: what brings its buffer margin to zero.

    Selling a share f of what is not reserved leaves a buffer margin of `b (1 - f) + f (V d + R (1 - d))`.

    Parameters
    ----------
    offered
        The share of its value that it is offered at, from `discount`.

    Examples
    --------
    >>> numbers = AuctionNumbers(ONE, ONE, 1, 1, 1, fee_rate=0, buffer_share=0)
    >>> largest_share(Standing(75 * ONE, -25 * ONE), ONE, numbers) / ONE
    0.25
    """
    if standing.market_value < numbers.market_value_cutoff:
        return ONE
    missing = min(buffer_margin(standing, numbers), 0)
    if missing == 0:
        return 0
    return over(missing, missing - times(standing.market_value, offered) - times(standing.reserved, ONE - offered))


def starting_fee(standing: Standing, numbers: AuctionNumbers) -> int:
    """Return the cash that goes to the security module when a solvent auction starts.

    A share of the largest sale at the full value, so that it never takes all.

    Examples
    --------
    >>> numbers = AuctionNumbers(ONE, ONE, 1, 1, 1, fee_rate=ONE // 50, buffer_share=0)
    >>> starting_fee(Standing(75 * ONE, -25 * ONE), numbers) / ONE
    0.375
    """
    if standing.market_value <= 0:
        return 0
    share = largest_share(standing, ONE, numbers)
    return times(times(share, standing.market_value), numbers.fee_rate)


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
    >>> numbers = AuctionNumbers(ONE, ONE, 1, 1, 1, fee_rate=0, buffer_share=0)
    >>> bid = solvent_bid(Standing(75 * ONE, -25 * ONE), ONE, 0, numbers)
    >>> bid.share / ONE, bid.payment / ONE, bid.ends
    (0.25, 18.75, True)
    """
    if not 0 < wanted <= ONE:
        raise InputError(Problem("wanted", to_usd(wanted), "a bid is for a share above 0 and up to 1"))
    if standing.reserved > standing.market_value or standing.market_value <= 0:
        rule = f"a solvent auction has more to sell than the reserved {to_usd(standing.reserved)!r} USD"
        raise InputError(Problem("market_value", to_usd(standing.market_value), rule))
    offered = discount(elapsed_seconds, numbers)
    if offered == 0:
        raise InputError(Problem("elapsed_seconds", elapsed_seconds, "the offer has fallen to nothing by then"))
    largest = largest_share(standing, offered, numbers)
    share = min(wanted, largest)
    payment = times(times(standing.market_value - standing.reserved, offered), share)
    of_original = times(share, standing.left)
    return SolventBid(
        share, of_original, payment, standing.reserved + payment, standing.left - of_original, wanted >= largest
    )

"""Derive's Dutch auction: when an account is sold, what a bid pays and takes. One auction for all managers of Derive.

Numbers in, numbers out: no function here knows a book, a policy's manager or a clock. Money is counted as the contract
counts it, in whole units of 1e-18 USD, each product and quotient cut towards zero.

Source: the formulas of `src/liquidation/DutchAuction.sol`, github.com/derivexyz/v2-core. docs/margin/derive.md gives
them in words.
"""

from seawall.margining.blocks.fixed_point import WEI
from seawall.margining.models.derive_auction.insolvent import InsolventBid, insolvent_bid, payout, withdrawals_blocked
from seawall.margining.models.derive_auction.numbers import AuctionNumbers, one_scenario, read_auction
from seawall.margining.models.derive_auction.solvent import (
    SolventBid,
    discount,
    largest_share,
    solvent_bid,
    starting_fee,
)
from seawall.margining.models.derive_auction.standing import Phase, Standing, buffer_margin, phase_after, phase_at_start

ONE, to_usd, to_whole = WEI.one, WEI.to_float, WEI.of
"""One dollar, or the whole of something, in whole units; and units as floats and back."""

__all__ = [
    "ONE",
    "AuctionNumbers",
    "InsolventBid",
    "Phase",
    "SolventBid",
    "Standing",
    "buffer_margin",
    "discount",
    "insolvent_bid",
    "largest_share",
    "one_scenario",
    "payout",
    "phase_after",
    "phase_at_start",
    "read_auction",
    "solvent_bid",
    "starting_fee",
    "to_usd",
    "to_whole",
    "withdrawals_blocked",
]

"""The auction's numbers, and the policy that margins an account in one scenario as the auction does."""

from __future__ import annotations

from dataclasses import dataclass

from seawall.core.errors import InputError, Problem
from seawall.margining.blocks.fixed_point import WEI
from seawall.policy import MarginPolicy

GROUP = "auction"
SHARES = ("starting_share", "cutoff_share", "fee_rate", "buffer_share", "market_value_cutoff")
SECONDS = ("fast_seconds", "slow_seconds", "insolvent_seconds")
LISTS = ("spot_mult", "vol", "damp")


@dataclass(frozen=True, slots=True)
class AuctionNumbers:
    """Settings of the auction: shares and dollars in eighteen decimals, times in whole seconds.

    Attributes
    ----------
    starting_share, cutoff_share
        Shares of the account's value that it is offered at when the auction starts, and when its fast part ends.
    fast_seconds, slow_seconds
        How long the offer falls from the first to the second, and then to nothing.
    insolvent_seconds
        How long the payment for an insolvent account rises.
    fee_rate
        Share of what can be sold at the start that goes to the security module.
    buffer_share
        How far above maintenance margin a sale may bring an account, as a share of maintenance margin less value.
    market_value_cutoff
        Value below which an account may be sold whole.
    """

    starting_share: int
    cutoff_share: int
    fast_seconds: int
    slow_seconds: int
    insolvent_seconds: int
    fee_rate: int
    buffer_share: int
    market_value_cutoff: int = 0


def read_auction(policy: MarginPolicy) -> AuctionNumbers:
    """Return the numbers of a policy; every policy of Derive has them.

    Examples
    --------
    >>> from seawall.policy import at
    >>> read_auction(at("derive/sm/2026-01-21")).fast_seconds
    900
    """
    shares = {name: WEI.of(policy.number(f"{GROUP}.{name}")) for name in SHARES}
    seconds = {name: int(policy.number(f"{GROUP}.{name}")) for name in SECONDS}
    return AuctionNumbers(**shares, **seconds)


def one_scenario(policy: MarginPolicy, base: str, scenario: int) -> MarginPolicy:
    """Return a portfolio manager's policy with one scenario of an underlying's list: what the auction margins by.

    Whoever starts an auction names a scenario, and anyone may name a worse one later. The basis contingency stays, so
    that the worst case is the worse of the two. The StandardManager has no scenarios and needs no such policy.

    Parameters
    ----------
    base
        The underlying, such as `ETH`.
    scenario
        Place in its list, from 0.

    Examples
    --------
    >>> from seawall.policy import at
    >>> one = one_scenario(at("derive/pmrm2/2026-01-21"), "ETH", 0)
    >>> one.numbers("market.eth.scenarios.spot_mult"), one.words("market.eth.scenarios.vol")
    ((1.18,), ('up',))
    """
    group = f"market.{base.lower()}.scenarios"
    listed = {path: policy.parameter(path).value for name in LISTS if policy.has(path := f"{group}.{name}")}
    counts = {len(values) for values in listed.values() if isinstance(values, tuple)}
    if not counts or not 0 <= scenario < min(counts):
        rule = f"{policy.id} lists {min(counts, default=0)} scenarios for {base}, counted from 0"
        raise InputError(Problem("scenario", scenario, rule))
    return policy.with_numbers(
        {path: [values[scenario]] for path, values in listed.items() if isinstance(values, tuple)}
    )

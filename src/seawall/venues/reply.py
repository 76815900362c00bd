"""A venue's own margin answer as our types: what to compute again, and what the venue says it comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy
from seawall.portfolio import Book


@dataclass(frozen=True, slots=True)
class MarginReply:
    """What a margin answer was made from, as far as it says, and every number in it that we compute too.

    Attributes
    ----------
    policy, snapshot, book
        The rule with the answer's own parameters, the market and the one account that it saw.
    stated
        The venue's numbers under the names of `margining.figures.computed`.
    reconstructed
        What the answer does not print and was solved from its other numbers; one sentence each. Numbers that served to
        solve it agree by construction.
    """

    policy: MarginPolicy
    snapshot: MarketSnapshot
    book: Book
    stated: Mapping[str, float]
    reconstructed: tuple[str, ...] = ()

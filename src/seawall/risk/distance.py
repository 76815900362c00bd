"""Distance to liquidation: how far the market has to go, along stated directions, until a venue acts.

Each answer is the *first* point of its ray where that is so, found by full margins in moved markets and computed once
more from the front door; `crossing` says how nearer ones are not missed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seawall.core.errors import Problem, UnknownNameError
from seawall.core.html_table import Tabular
from seawall.core.time import DAYS_PER_YEAR
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy
from seawall.portfolio import Book, NameParser
from seawall.risk.direction import Direction
from seawall.risk.rays import Distance, default_directions, search
from seawall.risk.standing import Cost, Probe
from seawall.risk.trigger import Trigger, Which

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Distance", "Distances", "distances", "sigmas"]


@dataclass(frozen=True, repr=False)
class Distances(Tabular):
    """Distances of some accounts along some directions.

    Attributes
    ----------
    found
        Account by account, direction by direction.
    trigger
        What the venue acts at.
    policy_id, snapshot_digest
        What the answers rest on.
    """

    found: tuple[Distance, ...]
    trigger: Trigger
    policy_id: str
    snapshot_digest: str

    def __repr__(self) -> str:
        return f"Distances({len(self.found)} rows under {self.policy_id})"

    def __iter__(self) -> Iterator[Distance]:
        return iter(self.found)

    def __len__(self) -> int:
        return len(self.found)

    def of(self, account: str, direction: str) -> Distance:
        """Return one account's distance along one direction."""
        return next(one for one in self.found if (one.account, one.direction) == (account, direction))

    def rows(self) -> list[dict[str, object]]:
        """Return one mapping an account and direction."""
        return [
            {
                "account": one.account,
                "direction": one.direction,
                "kind": one.kind,
                "move": one.move,
                "price": next(iter(one.prices.values()), float("nan")) if len(one.prices) == 1 else float("nan"),
                "currency": one.currency,
                "ratio_now": one.ratio_now,
                "ratio": one.ratio,
                "liquidation_ratio": one.liquidation_ratio,
                "resolution": one.resolution,
                "evaluations": one.evaluations,
                "why": one.why,
                "policy": self.policy_id,
                "snapshot_digest": self.snapshot_digest,
            }
            for one in self.found
        ]

    def plot(self, account: str | None = None) -> Figure:
        """Return a bar for each move of a price or of volatilities; time, which is another unit, is left out.

        What is not within reach has no bar and says so. Of a joint direction the largest move of a price is drawn.

        Raises
        ------
        UnknownNameError
            When the account has no distance here.
        """
        from seawall.charts import bars

        mine = [one for one in self.found if account in (None, one.account)]
        if not mine:
            rule = f"it is one of {', '.join(dict.fromkeys(one.account for one in self.found))}"
            raise UnknownNameError(Problem("account", account, rule))
        shown = [one for one in mine if one.direction != "time"]
        several = len({one.account for one in shown}) > 1
        labels = [
            (f"{one.account}, " if several else "") + one.direction + _WITHOUT_A_BAR.get(one.kind, "") for one in shown
        ]
        sizes = [max(one.moves.values(), key=abs, default=one.move) for one in shown]
        moves = [100.0 * size if np.isfinite(size) and one.kind not in _WITHOUT_A_BAR else np.nan
                 for one, size in zip(shown, sizes, strict=True)]  # fmt: skip
        title = f"{'all accounts' if several else mine[0].account} under {self.policy_id}"
        return bars(labels, moves, title=title, x_label="move until the venue acts, %")


_WITHOUT_A_BAR = {"none": " (not within reach)", "unavailable": " (unavailable)"}


def distances(
    book: Book,
    snapshot: MarketSnapshot,
    policy: MarginPolicy,
    *,
    directions: Sequence[Direction] | None = None,
    accounts: Sequence[str] | None = None,
    which: Which = "maintenance",
    cost: Cost | None = None,
    check_lots: bool = True,
    parse: NameParser | None = None,
) -> Distances:
    """Return how far accounts are from liquidation along directions.

    Parameters
    ----------
    book, snapshot, policy, check_lots, parse
        As in `evaluate`.
    directions
        Left out: each price that an account depends on up and down, all volatilities up and down, and time.
    accounts
        Left out: all.
    which
        `maintenance` for liquidation, `initial` for a call.
    cost
        What getting out costs, taken off the balance (`slippage`).

    Examples
    --------
    >>> import seawall as sw
    >>> from seawall.policy import at
    >>> now, book = sw.load_snapshot("deribit-btc-2026-08-01"), sw.load_book("demo")
    >>> found = distances(book, now, at("deribit/x_pm/2026-02-15"), accounts=["short_strangle"])
    >>> for one in found:
    ...     print(f"{one.direction:<9}{one.kind:<10}{one.move:>8.4f}{one.ratio:>8.4f}")
    BTC down crossing   -0.2182  1.0000
    BTC up   crossing    0.3941  1.0000
    vol down none          -inf     nan
    vol up   crossing    1.5916  1.0000
    time     none           inf     nan
    """
    probe = Probe(book, snapshot, policy, which=which, cost=cost, check_lots=check_lots, parse=parse)
    names = book.accounts if accounts is None else tuple(accounts)
    rows = np.array([book.row(name) for name in names], dtype=np.int64)
    wanted: dict[int, list[Direction]] = {}
    for a in rows.tolist():
        wanted[a] = list(directions) if directions is not None else default_directions(probe, a)
    found = search(probe, wanted)
    return Distances(tuple(found), probe.trigger, policy.id, snapshot.digest)


def sigmas(distance: Distance, vol: float, horizon_days: float) -> float:
    """Return a relative move as standard deviations of the logarithmic price over a horizon.

    Examples
    --------
    >>> one = Distance(account="desk", direction="BTC down", kind="crossing", move=-0.2, travel=0.223)
    >>> round(sigmas(one, 0.6, 1.0), 3)
    -7.105
    """
    if not vol > 0.0 or not horizon_days > 0.0:
        return float("nan")
    with np.errstate(divide="ignore"):
        return float(np.log1p(distance.move) / (vol * np.sqrt(horizon_days / DAYS_PER_YEAR)))

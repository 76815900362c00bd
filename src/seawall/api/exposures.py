"""`exposures`: the Greeks of a book, along any way down."""

from __future__ import annotations

from collections.abc import Sequence

from seawall.api.books import BookSource, load_book
from seawall.api.snapshots import SnapshotSource, grammar_of, load_snapshot
from seawall.risk.exposures import MONEYNESS_EDGES, Exposures
from seawall.risk.exposures import exposures as compute


def exposures(
    book: BookSource,
    snapshot: SnapshotSource,
    *,
    with_cash: bool = True,
    moneyness_edges: Sequence[float] = MONEYNESS_EDGES,
    check_lots: bool = True,
) -> Exposures:
    """Return what every account of a book is exposed to, net and gross, by any level.

    Parameters
    ----------
    book, snapshot, check_lots
        As in `margin`.
    with_cash
        Count coins that are owned or owed, and what futures have gained in coin, as delta of the coin.
    moneyness_edges
        Strike over forward, rising, where groups of strikes end.

    Returns
    -------
    Exposures
        `total` is asset, venue, account, expiry, instrument, one below the other; `by("expiry")` is any other way down.

    Raises
    ------
    InputError
        When an input can't be read, or edges do not rise.

    Examples
    --------
    >>> import seawall as sw
    >>> found = sw.exposures("demo", "deribit-btc-2026-08-01")
    >>> [(part.name, round(part.net["vega_usd"])) for part in found.by("account").parts][:2]
    [('box', 0), ('calendar', 114881)]
    """
    market = load_snapshot(snapshot)
    held = load_book(book, snapshot=market, check_lots=check_lots)
    return compute(
        held, market, with_cash=with_cash, moneyness_edges=moneyness_edges, check_lots=check_lots,
        parse=grammar_of(market),
    )  # fmt: skip

"""A book's options as vaults: floats become whole units here, and stay so until the model's last line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from seawall.core.time import NS_PER_SECOND
from seawall.instruments import Kind
from seawall.margining.blocks.fixed_point import RAY
from seawall.margining.blocks.lookups import usd_price
from seawall.margining.blocks.refusals import Sort, refused_rows
from seawall.margining.models.opyn_gamma.naked import SECONDS_PER_DAY, naked_margin
from seawall.margining.models.opyn_gamma.numbers import on_chain, read_decimals, read_product
from seawall.policy import MarginPolicy
from seawall.portfolio import ResolvedBook

STABLE = "USDC"
"""The strike asset: collateral of puts."""


@dataclass(frozen=True, slots=True)
class Series:
    """An option that may be written, with all that its margin reads but the amount; numbers in units of 1e-27."""

    strike: int
    spot: int
    bound: int
    shock: int
    is_put: bool
    decimals: int

    def required(self, short: int) -> int:
        """Return what a short amount needs, in whole units of collateral, rounded up."""
        needed = naked_margin(short, self.strike, self.spot, self.bound, self.shock, is_put=self.is_put)
        return RAY.to_coarser(needed, self.decimals, down=False)


def series_of(policy: MarginPolicy, book: ResolvedBook) -> list[Series | None]:
    """Return each instrument as a series, `(N,)`; None where it is refused or the market has no price."""
    snapshot, table = book.snapshot, book.snapshot.table
    refused = refusals(policy, book)
    found: list[Series | None] = []
    for n, base in enumerate(table.underlying):
        is_put, spot = not bool(table.is_call[n]), usd_price(book, base)
        product, decimals = read_product(policy, base, is_put=is_put), read_decimals(policy, table.settlement[n])
        bound = None if product is None else product.upper_bound(_left_seconds(book, n))
        if n in refused or product is None or decimals is None or bound is None or np.isnan(spot):
            found.append(None)
            continue
        prices = on_chain(float(table.strike[n])), on_chain(spot)
        found.append(Series(*prices, bound, product.spot_shock, is_put=is_put, decimals=decimals))
    assert len(found) == len(snapshot), "each instrument is a series or none"
    return found


def _left_seconds(book: ResolvedBook, n: int) -> int:
    """Return the seconds to an instrument's expiry, rounded up."""
    return -(-int(book.snapshot.table.expiry_ns[n] - book.snapshot.time_ns) // NS_PER_SECOND)


def refusals(policy: MarginPolicy, book: ResolvedBook) -> dict[int, str]:
    """Return what the rule can't take, by row of the snapshot's table, each with its name and why."""
    refused, table = refused_rows(book, _why(policy)), book.snapshot.table
    for n in range(len(table)):
        if n in refused:
            continue
        is_put = not bool(table.is_call[n])
        fits = table.settlement[n] == STABLE if is_put else bool(table.inverse[n])
        product = read_product(policy, table.underlying[n], is_put=is_put)
        kind = "puts" if is_put else "calls"
        if product is None:
            refused[n] = f"{table.names[n]}: {policy.id} has no numbers for {kind} on {table.underlying[n]}"
        elif not fits:
            right = STABLE if is_put else "the underlying itself"
            refused[n] = f"{table.names[n]}: {kind} are collateralised and paid in {right}"
        elif _left_seconds(book, n) <= 0:
            refused[n] = f"{table.names[n]}: it has expired, and a vault that is settled needs no margin"
        elif min(on_chain(float(table.strike[n])), on_chain(_known(usd_price(book, table.underlying[n])))) == 0:
            refused[n] = f"{table.names[n]}: its strike or spot price is nothing at the chain's eight decimals"
        elif product.upper_bound(_left_seconds(book, n)) is None:
            days = product.seconds[-1] / SECONDS_PER_DAY
            refused[n] = f"{table.names[n]}: {policy.id} has no upper bound for more than {days:g} days to expiry"
    return refused


def _known(price: float) -> float:
    """Return a price that is there; what is missing has a reason of its own."""
    return 1.0 if np.isnan(price) else price


def _why(policy: MarginPolicy) -> Callable[[Sort], str]:
    def why(sort: Sort) -> str:
        if sort.kind != Kind.OPTION:
            return f"{policy.id} has no rule for {sort.kind.name.lower()}s; vaults hold options only"
        if read_decimals(policy, sort.settlement) is None:
            return f"{policy.id} has no collateral in {sort.settlement}"
        return ""

    return why

"""Options of one expiry under the StandardManager: each short one by itself, or the largest loss of all together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from seawall.core.arrays import FloatArray, IntArray
from seawall.core.time import iso
from seawall.margining.blocks.confidence import least_confidence
from seawall.margining.blocks.equity import per_account
from seawall.margining.blocks.expiry_offset import least_payoff, unpaired_calls
from seawall.margining.models.derive_sm.numbers import OptionNumbers
from seawall.portfolio import Holdings, ResolvedBook

INITIAL, MAINTENANCE = 0, 1


@dataclass(frozen=True)
class ExpiryMargin:
    """Options of one expiry, of the H accounts that hold any, USD; as the contract signs them, a margin is negative.

    Attributes
    ----------
    name, accounts
        The instant of expiry; `(H,)` rows of the book.
    value, short_size, confidence
        `(H,)` what the options are worth, how many are sold, the least sure of their forward and volatility.
    isolated, offset
        `(2, H)` for initial and for maintenance margin: the sum over short options, and the largest loss.
    """

    name: str
    accounts: IntArray
    value: FloatArray
    short_size: FloatArray
    confidence: FloatArray
    isolated: FloatArray
    offset: FloatArray

    @property
    def counted(self) -> FloatArray:
        """The better of the two, `(2, H)`."""
        return np.asarray(np.maximum(self.isolated, self.offset), dtype=np.float64)


def expiry_margins(
    book: ResolvedBook, chain: Holdings, worth: FloatArray, confidence: FloatArray, spot: float, numbers: OptionNumbers
) -> Iterator[ExpiryMargin]:
    """Yield the options of one market by expiry, in order of time.

    Parameters
    ----------
    chain
        Options of one underlying, of A accounts.
    worth, confidence
        `(N,)` value in USD of one option; the least sure of its forward and volatility.
    spot
        Index in USD.
    """
    table = book.snapshot.table
    when = table.expiry_ns
    for expiry_ns in np.unique(when[chain.columns]).tolist():
        held = chain.where(when[chain.columns] == expiry_ns)
        accounts = np.flatnonzero(np.diff(held.indptr))
        held = held.take(accounts)
        value = held.sizes * worth[held.columns]
        isolated = [per_account(held, margin) for margin in _isolated(book, held, value, spot, numbers)]
        forward = np.maximum.reduceat(book.snapshot.forward[held.columns], held.indptr[:-1])
        unpaired, least = unpaired_calls(held, table), least_payoff(held, table)
        open_calls = np.where(unpaired == 0.0, 0.0, unpaired * forward)
        yield ExpiryMargin(
            name=iso(expiry_ns),
            accounts=accounts,
            value=per_account(held, value),
            short_size=per_account(held, np.maximum(-held.sizes, 0.0)),
            confidence=least_confidence(held, confidence),
            isolated=np.array(isolated),
            offset=np.array([least - scale * open_calls for scale in (numbers.unpaired_im, numbers.unpaired_mm)]),
        )


def _isolated(
    book: ResolvedBook, held: Holdings, value: FloatArray, spot: float, numbers: OptionNumbers
) -> tuple[FloatArray, FloatArray]:
    """Return the margins of each entry by itself, initial and maintenance, `(nnz,)`; zero for what is bought."""
    table = book.snapshot.table
    strike, is_call = table.strike[held.columns], table.is_call[held.columns]
    out = np.maximum(np.where(is_call, strike - spot, spot - strike), 0.0) / spot
    share = np.maximum(numbers.max_spot_req - out, numbers.min_spot_req)
    sold = np.minimum(held.sizes, 0.0)
    plain = sold * share * spot + value
    call_kept = sold * numbers.mm_call_spot_req * spot + value
    put_kept = np.minimum(sold * numbers.mm_put_spot_req * spot, value * numbers.mm_put_mtm_req) + value
    initial = np.where(is_call, plain, np.minimum(plain, put_kept * numbers.mm_offset))
    short = held.sizes < 0.0
    return np.where(short, initial, 0.0), np.where(short, np.where(is_call, call_kept, put_kept), 0.0)

"""The largest loss of the options of one expiry: what spreads offset, and what stays open above the highest strike."""

from __future__ import annotations

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.instruments import InstrumentTable
from seawall.margining.blocks.equity import per_account
from seawall.margining.blocks.usd import sums_of
from seawall.portfolio import Holdings


def least_payoff(held: Holdings, table: InstrumentTable) -> FloatArray:
    """Return the least that the options of one expiry pay at a price of zero or at one of their strikes, `(A,)`.

    Never above zero. A payoff is straight between those prices, so that it is least at one of them, but for short
    calls that no long call pairs: their loss above the highest strike has no end and is charged apart.

    Parameters
    ----------
    held
        Options of one expiry, of A accounts.
    table
        The instruments that they refer to.

    Examples
    --------
    A call of 100 sold and one of 120 bought lose 20 at most.

    >>> from seawall.instruments import Option
    >>> calls = [Option(name=f"C{strike}", underlying="ETH", quote="USDC", settlement="USDC", inverse=False,
    ...                 strike=strike, expiry_ns=1, is_call=True) for strike in (100.0, 120.0)]
    >>> held = Holdings.gather(1, np.array([0, 0]), np.array([0, 1]), np.array([-1.0, 1.0]))
    >>> least_payoff(held, InstrumentTable.of(calls)).tolist()
    [-20.0]
    """
    accounts_count = len(held.indptr) - 1
    if len(held) == 0:
        return np.zeros(accounts_count)
    strikes, place = np.unique(table.strike[held.columns], return_inverse=True)
    prices = np.append(strikes, 0.0)
    rise, fall = prices[:, None] - table.strike, table.strike - prices[:, None]
    payoff = np.maximum(np.where(table.is_call, rise, fall), 0.0)
    of_strikes = sums_of(held, np.nan_to_num(payoff))
    own = np.zeros(of_strikes.shape, np.bool_)
    own[held.rows, place.ravel()] = True  # another account's strikes change no last bit of this one's
    own[:, -1] = True
    return np.asarray(np.where(own, np.minimum(of_strikes, 0.0), 0.0).min(axis=1), dtype=np.float64)


def unpaired_calls(held: Holdings, table: InstrumentTable) -> FloatArray:
    """Return how many more calls are sold than bought, whatever their strikes, `(A,)`."""
    calls = held.where(table.is_call[held.columns])
    return np.maximum(0.0 - per_account(calls, calls.sizes), 0.0)

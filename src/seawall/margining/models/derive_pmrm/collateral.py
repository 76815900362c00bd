"""Whose manager collateral lies with: a Derive account has one manager, and each manager has haircuts of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray
from seawall.margining.blocks.lookups import usd_price
from seawall.policy import MarginPolicy
from seawall.portfolio import ResolvedBook

CASH = ("USD", "USDC")
"""Counts at par: Derive's cash is USDC, whatever it trades at."""
STABLE = "USDC"
"""The coin whose price collateral is divided by."""
ITSELF = "itself"
"""An asset that moves with the underlying of its own name."""


@dataclass(frozen=True, slots=True)
class Haircuts:
    """Numbers of one collateral asset; shares of its value.

    Attributes
    ----------
    follows
        The underlying that it moves with, empty where with none.
    mm, im_extra
        With that underlying's manager, or with any where it follows none.
    mm_elsewhere, im_extra_elsewhere
        With the manager of another underlying, where it cancels no risk; None where no number is known.
    """

    follows: str
    mm: float
    im_extra: float
    mm_elsewhere: float | None = None
    im_extra_elsewhere: float | None = None


@dataclass(frozen=True)
class Collateral:
    """What A accounts hold of one asset with one manager, `(A,)` each but for the confidence.

    Attributes
    ----------
    asset
        Its name.
    amount_usd
        At its price in USD; negative for a debt.
    cancels
        Whether it moves with the manager's underlying.
    at_home
        Whether it is with the manager that its haircuts are meant for first, and not elsewhere.
    mm, im_extra
        Haircuts; a debt has none.
    confidence
        Of its price, NaN where none is stated.
    """

    asset: str
    amount_usd: FloatArray
    cancels: BoolArray
    at_home: BoolArray
    mm: FloatArray
    im_extra: FloatArray
    confidence: float

    @property
    def owned_usd(self) -> FloatArray:
        """What is held and not owed."""
        return np.maximum(self.amount_usd, 0.0)


def read_haircuts(policy: MarginPolicy, asset: str) -> Haircuts | None:
    """Return an asset's numbers, or None where the policy does not take it as collateral.

    The first manager has no haircuts of its own for an asset: its base contingency is all, so that `mm_haircut` is
    left out there.
    """
    group = f"collateral.{asset.lower()}"
    if not policy.has(f"{group}.follows"):
        return None
    word = policy.word(f"{group}.follows")
    follows = {"none": "", ITSELF: asset}.get(word, word).upper()

    def known(path: str) -> float | None:
        return policy.number(path) if policy.has(path) else None

    elsewhere = f"collateral_elsewhere.{asset.lower()}"
    return Haircuts(
        follows,
        known(f"{group}.mm_haircut") or 0.0,
        known(f"{group}.im_haircut_extra") or 0.0,
        known(f"{elsewhere}.mm_haircut"),
        known(f"{elsewhere}.im_haircut_extra"),
    )


def place(
    book: ResolvedBook,
    haircuts: Mapping[str, Haircuts],
    balances: Mapping[str, FloatArray],
    derivatives: BoolArray,
    bases: Sequence[str],
    home: str,
) -> dict[str, list[Collateral]]:
    """Return the collateral of each underlying's manager.

    An account that trades one underlying has that one's manager, and all its collateral is there. Where it trades
    several, or none, what follows an underlying lies with that one's manager, and the rest with the first that it has.

    Parameters
    ----------
    haircuts, balances
        By asset; amounts `(A,)`.
    derivatives
        `(A, B)` which accounts hold derivatives of each underlying.
    bases
        The B underlyings.
    home
        The underlying whose manager takes what has no other place.
    """
    anything = derivatives.any(axis=1)
    first = np.where(anything, np.argmax(derivatives, axis=1), list(bases).index(home))
    placed: dict[str, list[Collateral]] = {base: [] for base in bases}
    feeds = book.snapshot.feeds
    for asset, numbers in haircuts.items():
        amount, price = balances[asset], usd_price(book, asset)
        worth = np.where(amount == 0.0, 0.0, amount * price)
        own = np.ones(len(amount), np.bool_)
        where = first
        if numbers.follows in bases:
            own_base = list(bases).index(numbers.follows)
            if numbers.mm_elsewhere is not None:
                own = ~anything | derivatives[:, own_base] | (amount < 0.0)
            where = np.where(own, own_base, first)
        mm = np.where(own, numbers.mm, numbers.mm_elsewhere or 0.0)
        extra = np.where(own, numbers.im_extra, numbers.im_extra_elsewhere or 0.0)
        cancels = own if numbers.follows in bases else np.zeros(len(amount), np.bool_)
        confidence = np.nan if feeds is None else feeds.index_confidence.get(asset, np.nan)
        for b, base in enumerate(bases):
            here = (where == b) & (amount != 0.0)
            if here.any():
                held = np.where(here, worth, 0.0)
                placed[base].append(Collateral(asset, held, cancels, own, mm, extra, confidence))
    return placed

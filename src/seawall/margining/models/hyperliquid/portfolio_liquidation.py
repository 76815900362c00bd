"""Two ways a liquidation can go under portfolio margin: its perpetuals may go first, or its loans.

The venue says that either may come first, as the oracles of perpetuals and of loans are updated, and that nobody can
foretell which. So both are computed, each as far as it can go: all of what goes first is gone, at today's prices and
without fee or slippage. The account is worth the same either way, and what is left of it is not: of a hedge, one way
leaves the coin without its short, the other the short without the part of its coin that was sold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.margining.blocks.equity import per_account
from seawall.margining.models.hyperliquid.account import balances, entry_margins, price_of
from seawall.margining.models.hyperliquid.standing import needed_offset, ratio, standing
from seawall.policy import MarginPolicy
from seawall.portfolio import ResolvedBook


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is left of an account once all of one kind is liquidated.

    Attributes
    ----------
    first
        What went first: `perpetuals` or `loans`.
    perpetuals
        Notional of perpetuals that are left, USDC.
    borrowed
        What is still owed, USDC.
    collateral
        Worth of the coins that are left, USDC.
    portfolio_margin_ratio, is_liquidatable
        Where the account then stands; whether what is left goes too.
    """

    first: str
    perpetuals: float
    borrowed: float
    collateral: float
    portfolio_margin_ratio: float
    is_liquidatable: bool

    @property
    def figures(self) -> Mapping[str, float]:
        """All but its name, by name."""
        return {
            "perpetuals": self.perpetuals,
            "borrowed": self.borrowed,
            "collateral": self.collateral,
            "portfolio_margin_ratio": self.portfolio_margin_ratio,
            "is_liquidatable": float(self.is_liquidatable),
        }


def liquidation_outcomes(policy: MarginPolicy, book: ResolvedBook) -> tuple[Outcome, Outcome]:
    """Return both outcomes for a book of one account: perpetuals first, and loans first."""
    parts, amounts = entry_margins(policy, book, book.positions), balances(book)
    notional, kept = (per_account(book.positions, part) for part in (parts.notional, parts.maintenance))
    nothing = np.zeros_like(kept)
    return (
        _outcome(policy, book, "perpetuals", amounts, nothing, nothing),
        _outcome(policy, book, "loans", _repaid(book, amounts), notional, kept),
    )


def _outcome(
    policy: MarginPolicy, book: ResolvedBook, first: str, amounts: Mapping[str, FloatArray], notional: FloatArray,
    kept: FloatArray,
) -> Outcome:  # fmt: skip
    stand = standing(policy, book, amounts)
    need = kept + stand.borrowed + needed_offset(policy, stand.borrowed, notional > 0.0)
    found = float(ratio(need, stand.cash + stand.liquidated)[0])
    return Outcome(
        first=first,
        perpetuals=float(notional[0]),
        borrowed=float(stand.borrowed[0]),
        collateral=float((stand.equity - stand.cash + stand.borrowed)[0]),
        portfolio_margin_ratio=found,
        is_liquidatable=found > policy.number("portfolio.liquidation_ratio"),
    )


def _repaid(book: ResolvedBook, amounts: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Return what is left of each asset once coins are sold for what is owed: of each coin, and each debt, alike."""
    prices = {asset: price_of(book, asset) for asset in amounts}
    worth = {asset: np.where(amount == 0.0, 0.0, amount * prices[asset]) for asset, amount in amounts.items()}
    zero = np.zeros(len(book.book))
    coins = sum((np.maximum(value, 0.0) for asset, value in worth.items() if asset != "USDC"), zero)
    owed = sum((np.maximum(-value, 0.0) for value in worth.values()), zero)
    paid = np.minimum(coins, owed)
    sold = np.divide(paid, coins, out=np.zeros_like(paid), where=paid > 0.0)
    settled = np.divide(paid, owed, out=np.zeros_like(paid), where=paid > 0.0)
    return {
        asset: np.where(amount < 0.0, amount * (1.0 - settled), amount if asset == "USDC" else amount * (1.0 - sold))
        for asset, amount in amounts.items()
    }

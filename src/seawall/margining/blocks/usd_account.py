"""What an account that counts in US dollars owns: equity of all assets together, and what haircuts leave out of it."""

from __future__ import annotations

from dataclasses import dataclass

from seawall.core.arrays import FloatArray
from seawall.core.evidence import Evidence
from seawall.margining.blocks.collateral import currency_key, haircut_of, worth
from seawall.margining.blocks.equity import equity_in
from seawall.margining.blocks.lookups import usd_price
from seawall.market import Exposure
from seawall.policy import MarginPolicy
from seawall.portfolio import ResolvedBook


@dataclass(frozen=True)
class UsdAccount:
    """Money of A accounts in USD, `(A,)` each.

    Attributes
    ----------
    cash
        Cash and unrealised profit of futures.
    options
        Market value of options, below zero where more is short.
    haircut
        What does not count of the cash that is owned, for initial margin.
    amounts
        Cash and unrealised profit by asset, in units of the asset.
    refused
        Assets that the policy has no haircut for, and why.
    """

    cash: FloatArray
    options: FloatArray
    haircut: FloatArray
    amounts: dict[str, FloatArray]
    refused: dict[str, str]


def haircut_path(asset: str) -> str:
    """Return where a policy keeps an asset's haircut; coins that stand for a dollar share one."""
    return f"collateral.{currency_key(asset)}.haircut"


def usd_account(policy: MarginPolicy, book: ResolvedBook, leaning: Exposure) -> UsdAccount:
    """Return the money of every account; an asset without a haircut makes its owners unavailable."""
    assets = sorted({*book.snapshot.table.settlements, *book.book.assets})
    parts = {asset: equity_in(asset, book, leaning) for asset in assets}
    prices = {asset: usd_price(book, asset) for asset in assets}
    shares = {asset: policy.number(haircut_path(asset)) for asset in assets if policy.has(haircut_path(asset))}
    plain = {asset: part.cash + part.unrealised for asset, part in parts.items()}
    count = len(book.book)
    return UsdAccount(
        cash=worth(plain, prices, accounts_count=count),
        options=worth({a: part.options_market_value for a, part in parts.items()}, prices, accounts_count=count),
        haircut=haircut_of(plain, prices, {a: shares.get(a, float("nan")) for a in assets}, accounts_count=count),
        amounts=plain,
        refused={a: f"{a}: {policy.id} has no haircut for it as collateral" for a in assets if a not in shares},
    )


def haircut_evidence(policy: MarginPolicy, asset: str, rules: list[str]) -> tuple[Evidence, ...]:
    """Return what the haircut of an asset rests on; nothing where the policy has none."""
    path = haircut_path(asset)
    return policy.evidence([path], rules) if policy.has(path) else ()

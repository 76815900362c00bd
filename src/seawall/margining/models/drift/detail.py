"""What is behind one account's margin: each position's and each debt's own, and the weights that size gave them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from seawall.instruments import InstrumentTable
from seawall.margining.blocks.fixed_point import from_units
from seawall.margining.model import Detail
from seawall.margining.models.drift.account import Perp, Token, UserAccount
from seawall.margining.models.drift.liquidation import base_to_cover_shortage, margin_shortage
from seawall.margining.models.drift.margin import QUOTE_DECIMALS, Contribution, MarginType, profit_weight, worst_size
from seawall.margining.models.drift.numbers import read_fees, read_general, read_liquidation
from seawall.margining.models.drift.weights import SIZE_DECIMALS, WEIGHT
from seawall.policy import MarginPolicy

SHOWN = (MarginType.INITIAL, MarginType.MAINTENANCE)


def detail(policy: MarginPolicy, account: UserAccount, table: InstrumentTable) -> Detail:
    """Return the detail of one account that holds instruments of a table."""
    general = read_general(policy)
    rows: list[Mapping[str, object]] = []
    figures: dict[str, float] = {}
    for perp in account.perps:
        name = table.names[perp.row]
        both = [perp.contribution(kind, general) for kind in SHOWN]
        rows.append(_row(name, from_units(perp.size, SIZE_DECIMALS), both))
        figures |= {f"{name}.{label}": figure for label, figure in _perp_figures(perp).items()}
        figures |= {f"{name}.{kind.value}_profit": _counted(part) for kind, part in zip(SHOWN, both, strict=True)}
    for token in account.tokens:
        both = [token.contribution(kind) for kind in SHOWN]
        if token.market is None or token.amount < 0:
            decimals = 0 if token.market is None else token.market.decimals
            rows.append(_row(f"{token.asset} debt", from_units(token.amount, decimals), both))
        figures |= {f"{token.asset}.{label}": figure for label, figure in _token_figures(token).items()}
        figures |= {
            f"{token.asset}.{kind.value}_counted": _counted(part) for kind, part in zip(SHOWN, both, strict=True)
        }
    return Detail(positions=tuple(rows), figures=figures | _shortage(policy, account, table))


def _shortage(policy: MarginPolicy, account: UserAccount, table: InstrumentTable) -> dict[str, float]:
    """Return what a liquidation would have to make up, and how much of each perpetual would do so by itself."""
    general, numbers = read_general(policy), read_liquidation(policy)
    kind = MarginType.MAINTENANCE
    parts = [
        *(perp.contribution(kind, general) for perp in account.perps),
        *(token.contribution(kind) for token in account.tokens),
    ]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return {}
    requirement, collateral = (sum(part.requirement for part in known), sum(part.collateral for part in known))
    owed = sum(max(-(token.worth or 0), 0) for token in account.tokens)
    shortage = margin_shortage(
        requirement, collateral, liability=owed + sum(perp.worth for perp in account.perps),
        buffer_ratio=numbers.buffer_ratio,
    )  # fmt: skip
    figures = {
        "is_liquidatable": float(requirement > 0 and collateral < requirement),
        "margin_shortage": from_units(shortage, QUOTE_DECIMALS),
    }
    if not figures["is_liquidatable"]:
        return figures
    for perp in account.perps:
        assert perp.market is not None, "an account whose parts are known has a price for all it holds"
        fee, fund_fee = read_fees(policy, table.underlying[perp.row])
        base = base_to_cover_shortage(
            shortage, margin_ratio=perp.market.ratio(abs(perp.size), kind), liquidation_fee=fee, if_fee=fund_fee,
            price=perp.price, quote_price=perp.quote_price,
        )  # fmt: skip
        taken = abs(perp.size) if base is None else min(base, abs(perp.size))
        figures[f"{table.names[perp.row]}.base_to_cover_shortage"] = from_units(taken, SIZE_DECIMALS)
    return figures


def _row(name: str, size: float, both: Sequence[Contribution | None]) -> dict[str, object]:
    initial, maintenance = (math.nan if part is None else from_units(part.requirement, QUOTE_DECIMALS) for part in both)
    return {
        "instrument": name, "size": size, "currency": "USD", "initial_margin": max(initial, maintenance),
        "maintenance_margin": maintenance,
    }  # fmt: skip


def _counted(part: Contribution | None) -> float:
    return math.nan if part is None else from_units(part.collateral, QUOTE_DECIMALS)


def _perp_figures(perp: Perp) -> dict[str, float]:
    if perp.market is None:
        return {}
    size = abs(worst_size(perp.size, perp.bids, perp.asks))
    shares = {f"{kind.value}_ratio": perp.market.ratio(size, kind) for kind in SHOWN}
    shares |= {f"{kind.value}_profit_weight": profit_weight(perp.profit, perp.market, kind) for kind in SHOWN}
    return {name: share / WEIGHT for name, share in shares.items()} | {
        "unrealised_profit": from_units(perp.profit, QUOTE_DECIMALS)
    }


def _token_figures(token: Token) -> dict[str, float]:
    """Return the weights of a balance; the settlement token has none."""
    if token.market is None or token.market.is_quote:
        return {}
    market, amount = token.market, abs(token.amount)
    if token.amount < 0:
        return {f"{kind.value}_liability_weight": market.liability_weight(amount, kind) / WEIGHT for kind in SHOWN}
    return {f"{kind.value}_asset_weight": market.asset_weight(amount, token.price, kind) / WEIGHT for kind in SHOWN}

"""Who causes the margin: Euler shares of the requirement, with the kinks where they are not unique.

A requirement that doubles with the book is the sum, over holdings, of the holding times its slope (Euler). Margin is
the worst of many scenarios and so has kinks: where two scenarios tie, a holding's slope upwards is not its slope
downwards. Both are found by scaling each holding up and down a little, all in one evaluation; the share is their mean,
which splits a tie of two evenly, and each holding whose two slopes differ is marked as at a kink, with the scenarios
that bind on either side. What shares do not reach (charges that look at size, floors, roundings, ties of three and
more) stands apart as unallocated, so that shares and it always sum to the margin.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.errors import InputError, Problem, UnavailableError
from seawall.core.html_table import Tabular
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy
from seawall.portfolio import Account, Book, NameParser
from seawall.risk.margin_variants import account_of, margin_variants

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STEP_RATIO = 1.0 / 64.0
"""How far a holding is scaled: far enough for venues that round margins to cents, near enough to be a slope."""
KINK_RATIO = 1e-3
"""Share of the margin that a holding's two shares may differ by before it counts as at a kink."""
ORDERS = "open orders"
CHARGES = "stated charges"


@dataclass(frozen=True, slots=True)
class MarginShare:
    """What one holding makes of an account's margin, USD; below zero where it frees margin.

    Attributes
    ----------
    name, kind
        Instrument, asset or all orders together; `position`, `balance`, `orders` or `charges`.
    initial, maintenance
        Euler share: amount times slope, the mean of both sides.
    initial_up, initial_down
        The share by the slope upwards, and downwards.
    at_kink
        Whether they differ: another scenario or another branch of the rule binds within the step.
    binding_up, binding_down
        What binds after the step, where that is not what binds now; empty elsewhere.
    """

    name: str
    kind: str
    initial: float
    maintenance: float
    initial_up: float
    initial_down: float
    at_kink: bool
    binding_up: str
    binding_down: str


@dataclass(frozen=True)
class MarginShares(Tabular):
    """An account's margin taken apart by holding.

    Attributes
    ----------
    account, policy
        Whose, under which policy.
    initial, maintenance
        The margin, USD over all netting sets; NaN where unavailable.
    shares
        One for each holding; with the unallocated rest they sum to the margin.
    unallocated_initial, unallocated_maintenance
        The margin less the sum of shares.
    binding
        The scenarios that bind now.
    unavailable
        Why there is no number; empty where there is one.
    """

    account: str
    policy: str
    initial: float
    maintenance: float
    shares: tuple[MarginShare, ...]
    unallocated_initial: float
    unallocated_maintenance: float
    binding: str
    unavailable: str = ""

    @property
    def at_kink(self) -> bool:
        """Whether any holding is at a kink, so that shares are one choice of several."""
        return any(share.at_kink for share in self.shares)

    def rows(self) -> list[dict[str, object]]:
        """Return one mapping a holding, the largest share first, and the unallocated rest last."""
        order = sorted(self.shares, key=lambda share: -share.initial)
        rows: list[dict[str, object]] = [{name: getattr(one, name) for name in MarginShare.__slots__} for one in order]
        rest = MarginShare(
            "unallocated", "rest", self.unallocated_initial, self.unallocated_maintenance, self.unallocated_initial,
            self.unallocated_initial, at_kink=False, binding_up="", binding_down="",
        )  # fmt: skip
        return [*rows, {name: getattr(rest, name) for name in MarginShare.__slots__}]

    def plot(self) -> Figure:
        """Return the shares one after the other, the largest first, then the unallocated rest, and their sum.

        Raises
        ------
        UnavailableError
            When the account has no margin.
        """
        from seawall.charts import waterfall

        if self.unavailable:
            raise UnavailableError(f"{self.account}: {self.unavailable}")
        order = sorted(self.shares, key=lambda share: -share.initial)
        rest = round(self.unallocated_initial, 2) + 0.0  # less than a cent is nothing
        return waterfall(
            [*(f"{share.name}{' (at a kink)' if share.at_kink else ''}" for share in order), "unallocated"],
            [*(share.initial for share in order), rest],
            total="initial margin", title=f"{self.account} under {self.policy}", x_label="share of initial margin, USD",
        )  # fmt: skip


def margin_shares(
    book: Book,
    snapshot: MarketSnapshot,
    policy: MarginPolicy,
    *,
    account: str | None = None,
    step: float = STEP_RATIO,
    parse: NameParser | None = None,
) -> MarginShares:
    """Return what each holding of an account makes of its margin, under any policy.

    Parameters
    ----------
    book, snapshot, policy, parse
        As for `margining.evaluate`.
    account
        Whose; may be left out where the book has one account.
    step
        Share by which each holding is scaled up and down.

    Raises
    ------
    InputError
        When the book does not fit the snapshot, or the step is not between 0 and 1.

    Examples
    --------
    >>> import seawall as sw
    >>> from seawall.policy import at
    >>> now = sw.load_snapshot("deribit-btc-2026-08-01")
    >>> found = margin_shares(sw.load_book("demo", snapshot=now), now, at("deribit/x_pm", now.time_ns),
    ...                       account="covered_call")
    >>> [(share.name, round(share.initial)) for share in found.shares]
    [('BTC-25DEC26-80000-C', -6357), ('BTC', 205616)]
    """
    if not 0.0 < step < 1.0:
        raise InputError(Problem("step", step, "a step is between 0 and 1, such as 1/64"))
    mine = account_of(book, account)
    lines = _lines(mine)
    scaled = [_scaled(mine, kind, name, factor) for kind, name in lines for factor in (1.0 + step, 1.0 - step)]
    found = margin_variants([mine, *scaled], snapshot, policy, parse=parse, origin=book.origin)
    initial, maintenance = float(found.initial[0]), float(found.maintenance[0])
    up, down = _slopes(found.initial, step)
    maintenance_up, maintenance_down = _slopes(found.maintenance, step)
    far = np.abs(up - down) > KINK_RATIO * abs(initial)
    here = found.binding[0]
    shares = tuple(
        MarginShare(
            name, kind, float(0.5 * (up[i] + down[i])), float(0.5 * (maintenance_up[i] + maintenance_down[i])),
            float(up[i]), float(down[i]), bool(far[i]), _other(found.binding[1 + 2 * i], here),
            _other(found.binding[2 + 2 * i], here),
        )
        for i, (kind, name) in enumerate(lines)
    )  # fmt: skip
    return MarginShares(
        mine.id,
        policy.id,
        initial,
        maintenance,
        shares,
        initial - sum(share.initial for share in shares),
        maintenance - sum(share.maintenance for share in shares),
        here,
        found.unavailable[0],
    )


def _slopes(margin: FloatArray, step: float) -> tuple[FloatArray, FloatArray]:
    """Return holding times slope, upwards and downwards, from the margins now and after each step."""
    up, down = margin[1::2], margin[2::2]
    return (up - margin[0]) / step, (margin[0] - down) / step


def _lines(mine: Account) -> list[tuple[str, str]]:
    lines = [("position", position.instrument) for position in mine.positions]
    lines += [("balance", asset) for asset in mine.balances]
    lines += [("orders", ORDERS)] if mine.orders else []
    return lines + ([("charges", CHARGES)] if mine.charges else [])


def _scaled(mine: Account, kind: str, name: str, factor: float) -> Account:
    """Return the account with one of its lines scaled."""
    if kind == "position":
        held = tuple(replace(p, size=p.size * factor) if p.instrument == name else p for p in mine.positions)
        return replace(mine, positions=held)
    if kind == "balance":
        return replace(mine, balances={**mine.balances, name: mine.balances[name] * factor})
    if kind == "orders":
        return replace(mine, orders=tuple(replace(order, size=order.size * factor) for order in mine.orders))
    charges = {charge: {a: x * factor for a, x in amounts.items()} for charge, amounts in mine.charges.items()}
    return replace(mine, charges=charges)


def _other(binding: str, here: str) -> str:
    return "" if binding == here else binding

"""The legs of a path: what moves along it besides prices, and what of that reaches a book. No leg is dropped unsaid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from seawall.instruments import Kind
from seawall.market import MarketSnapshot
from seawall.risk.market_path import MarketPath
from seawall.risk.slippage import Depth, closing_cost
from seawall.risk.standing import Cost, Probe
from seawall.scenarios import Absolute, Relative, VolShock
from seawall.scenarios.stress_library import dollar_assets

Reach: TypeAlias = Literal["applied", "nothing held", "not applied"]


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg of a path.

    Attributes
    ----------
    name
        `price`, `volatility`, `perpetuals`, `carry`, `funding`, `stable coins`, `depth and spread`, `oracle delay`,
        `order delay`.
    reach
        `applied`; `nothing held`, where no account holds what it moves; `not applied`, where it can't be.
    note
        How far it goes, and why it is not applied.
    """

    name: str
    reach: Reach
    note: str


def legs_of(path: MarketPath, probe: Probe, depths: Mapping[str, Depth]) -> tuple[Leg, ...]:
    """Return the legs of a path, and what each does to a book.

    Examples
    --------
    >>> import seawall as sw
    >>> from seawall.policy import at
    >>> from seawall.scenarios import NamedEvent, event
    >>> now, book = sw.load_snapshot("deribit-btc-2026-08-01"), sw.load_book("demo")
    >>> october = MarketPath.of_paths(NamedEvent(event("2025-10-10"), ("BTC",)).paths(), now)
    >>> for leg in legs_of(october, Probe(book, now, at("deribit/x_pm/2026-02-15")), {}):
    ...     print(f"{leg.name:<18}{leg.reach:<14}{leg.note}")
    price             applied       BTC -16.2 %
    volatility        applied       BTC +6 points
    perpetuals        applied       BTC -0.35 % beside the spot
    funding           applied       BTC +0.011 % paid by longs
    stable coins      nothing held  USDE -34.3 %
    depth and spread  not applied   depth to 2 %, spread 10x: no depth is given for BTC
    order delay       not applied   2 minutes: nothing is traded or paid late here
    """
    return tuple(_legs(path, probe, depths))


def cost_at(path: MarketPath, t: int, depths: Mapping[str, Depth] | None, quotes: MarketSnapshot) -> Cost | None:
    """Return what closing costs in a state of a path; None where no depth is given, or none is left."""
    share = path.share(t)
    if not depths or not share > 0.0:
        return None
    return closing_cost(depths, share=share, spread=path.widening(t), quotes=quotes)


def _legs(path: MarketPath, probe: Probe, depths: Mapping[str, Depth]) -> Iterator[Leg]:
    table = probe.snapshot.table
    held = probe.compact
    rows = [table.position(name) for name in held.instruments if name in table]
    kinds, coins = table.kind[rows], {table.underlying[n] for n in rows}
    yield from _prices(path, coins | set(held.assets), table.underlyings)
    shocks = {name: _largest_shock([move.vol.get(name) for move in path.moves]) for name in table.underlyings}
    told = [f"{name} {words}" for name, words in shocks.items() if words]
    if told:
        yield Leg("volatility", "applied" if (kinds == Kind.OPTION).any() else "nothing held", ", ".join(told))
    for leg, label, kind, words in (
        ("perpetual", "perpetuals", Kind.PERPETUAL, "{:+.2f} % beside the spot"),
        ("carry", "carry", None, "{:+.1f} % a year"),
        ("funding", "funding", Kind.PERPETUAL, "{:+.3f} % paid by longs"),
    ):
        sizes = {name: _furthest([getattr(move, leg).get(name, 0.0) for move in path.moves]) for name in coins}
        told = [f"{name} {words.format(100.0 * size)}" for name, size in sorted(sizes.items()) if size]
        if told:
            dated = kinds != Kind.PERPETUAL if kind is None else kinds == kind
            yield Leg(label, "applied" if dated.any() else "nothing held", ", ".join(told))
    yield from _assets(path, probe)
    yield from _depth(path, coins, depths, _without_ask(probe))
    yield from _oracle(path, coins)
    if path.order_minutes:
        yield Leg(
            "order delay", "not applied", f"{path.order_minutes:.0f} minutes: nothing is traded or paid late here"
        )


def _prices(path: MarketPath, held: set[str], underlyings: tuple[str, ...]) -> Iterator[Leg]:
    sizes = {name: _furthest([move.spot.get(name, 0.0) for move in path.moves]) for name in underlyings}
    told = [f"{name} {100.0 * size:+.1f} %" for name, size in sizes.items() if size and name in held]
    yield Leg("price", "applied" if told else "nothing held", ", ".join(told) or "no price moves")


def _assets(path: MarketPath, probe: Probe) -> Iterator[Leg]:
    """Yield the settlement assets that move: those that the market knows, and those that it does not."""
    table, book = probe.snapshot.table, probe.compact
    owned = {asset for asset, amounts in zip(book.assets, book.balances.T, strict=True) if amounts.any()}
    owned |= set(table.settlements) & {table.settlement[table.position(n)] for n in book.instruments if n in table}
    moved = {name for move in path.moves for name in move.spot} - set(table.underlyings)
    sizes = {name: _furthest([move.spot.get(name, 0.0) for move in path.moves]) for name in sorted(moved)}
    sizes |= path.left_out
    groups: dict[Reach, list[str]] = {}
    for name, size in sizes.items():
        if size:
            reach: Reach = "not applied" if name in owned and name in path.left_out else (
                "applied" if name in owned else "nothing held"
            )  # fmt: skip
            groups.setdefault(reach, []).append(f"{name} {100.0 * size:+.1f} %")
    silent = sorted(name for name in owned & dollar_assets() - {"USD"} if name not in sizes)
    if silent:
        yield Leg("stable coins", "not applied", f"{', '.join(silent)} stays: the scenario does not tell of it")
    for reach, told in groups.items():
        why = f": {probe.snapshot.name} has no price of it" if reach == "not applied" else ""
        yield Leg("stable coins", reach, ", ".join(told) + why)


def _oracle(path: MarketPath, coins: set[str]) -> Iterator[Leg]:
    """Yield how far late oracles are off; where no price moves they show the right one."""
    off = {
        name: _furthest([
            (1.0 + then.spot.get(name, 0.0)) / (1.0 + now.spot.get(name, 0.0)) - 1.0
            for then, now in zip(path.seen, path.moves, strict=bool(path.seen))
        ])
        for name in sorted(coins)
    }  # fmt: skip
    told = [f"{name} {100.0 * size:+.1f} %" for name, size in off.items() if size]
    if told:
        yield Leg("oracle delay", "applied", f"shows {', '.join(told)} off the price; margins also by what it shows")


def _without_ask(probe: Probe) -> list[str]:
    """Return the options that are held short and have no ask today: what closing them costs is not known."""
    held, snapshot = probe.compact, probe.snapshot
    short = {held.instruments[c] for c in held.positions.columns[held.positions.sizes < 0.0].tolist()}
    rows = [(name, snapshot.table.position(name)) for name in sorted(short) if name in snapshot.table]
    return [name for name, n in rows if snapshot.table.kind[n] == Kind.OPTION and np.isnan(snapshot.ask[n])]


def _depth(path: MarketPath, coins: set[str], depths: Mapping[str, Depth], without_ask: list[str]) -> Iterator[Leg]:
    shares = [path.share(t) for t in range(len(path))]
    spreads = [path.widening(t) for t in range(len(path))]
    if min(shares) == max(shares) == 1.0 == max(spreads):
        return
    note = f"depth to {100.0 * min(shares):.3g} %, spread {max(spreads):.3g}x"
    missing = sorted(coins - set(depths))
    if missing:
        yield Leg("depth and spread", "not applied", f"{note}: no depth is given for {', '.join(missing)}")
    if not min(shares) > 0.0:
        yield Leg("depth and spread", "not applied", f"{note}: where no depth is left, closing has no price")
    if without_ask and coins - set(missing):
        told = ", ".join(without_ask[:3]) + (f" and {len(without_ask) - 3} more" if len(without_ask) > 3 else "")
        yield Leg("depth and spread", "not applied", f"{note}: no ask for {told}, so closing it has no price")
    if coins - set(missing):
        yield Leg("depth and spread", "applied", f"{note}: what closing would cost, beside the margin")


def _furthest(sizes: list[float]) -> float:
    return max(sizes, key=abs, default=0.0)


def _largest_shock(shocks: list[VolShock | None]) -> str:
    """Return the largest shock in words; points where they are points, else what becomes of a volatility of 50 %."""
    points = [shock.points for shock in shocks if isinstance(shock, Absolute)]
    if points:
        return f"{100.0 * _furthest(points):+.0f} points"
    changes = [shock.change for shock in shocks if isinstance(shock, Relative)]
    if changes:
        return f"{100.0 * _furthest(changes):+.0f} % of what they were"
    at = [np.array([x]) for x in (0.5, 0.1, 0.0)]
    others = [float(shock.apply(*at)[0]) - 0.5 for shock in shocks if shock is not None]
    return f"{100.0 * _furthest(others):+.0f} points at 50 %" if any(others) else ""

"""Small markets and books for the laws: a handful of instruments of each kind, and accounts that hold some of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from hypothesis import strategies as st

from seawall.core.time import NS_PER_DAY, to_ns
from seawall.instruments import Future, Instrument, InstrumentTable, Option, Perpetual
from seawall.margining import evaluate
from seawall.margining.catalogue import MODELS
from seawall.margining.models.house_tail import with_outcomes
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy, at, catalogue
from seawall.portfolio import Account, Book, Position
from seawall.pricing import black76
from seawall.scenarios.factors import scenario_set_of
from seawall.scenarios.vol_decay import MeanReverting
from seawall.scenarios.vol_shock import Relative, VolShock

NOW_NS = to_ns("2026-10-01T08:00:00Z")
INDEX = {"BTC": 60_000.0, "ETH": 2_500.0, "USDC": 1.0}
VOLS = {"BTC": 0.55, "ETH": 0.7}


def _instruments() -> list[Instrument]:
    made: list[Instrument] = []
    for base, strikes in (("BTC", (45_000.0, 60_000.0, 90_000.0)), ("ETH", (2_000.0, 2_600.0))):
        coin = {"underlying": base, "quote": "USD", "settlement": base, "inverse": True}
        usdc = {"underlying": base, "quote": "USDC", "settlement": "USDC", "inverse": False}
        made.append(Perpetual(name=f"{base}-PERPETUAL", **coin))  # type: ignore[arg-type]
        made.append(Perpetual(name=f"{base}_USDC-PERPETUAL", **usdc))  # type: ignore[arg-type]
        for days in (9, 120):
            expiry = NOW_NS + days * NS_PER_DAY
            made.append(Future(name=f"{base}-{days}D", expiry_ns=expiry, **coin))  # type: ignore[arg-type]
            for strike in strikes:
                for is_call in (True, False):
                    name = f"{base}-{days}D-{strike:.0f}-{'C' if is_call else 'P'}"
                    made.append(Option(name=name, strike=strike, expiry_ns=expiry, is_call=is_call, **coin))  # type: ignore[arg-type]
        linear = {"strike": strikes[1], "expiry_ns": NOW_NS + 30 * NS_PER_DAY, "is_call": True}
        made.append(Option(name=f"{base}_USDC-30D-{strikes[1]:.0f}-C", **linear, **usdc))  # type: ignore[arg-type]
    return made


INSTRUMENTS = tuple(_instruments())
NAMES = tuple(instrument.name for instrument in INSTRUMENTS)


@cache
def market() -> MarketSnapshot:
    """Return the market: forwards a little above the index, options marked at Black-76."""
    table = InstrumentTable.of(INSTRUMENTS)
    years = np.where(table.expiry_ns < 2**62, (table.expiry_ns - NOW_NS) / (365.0 * NS_PER_DAY), 0.0)
    index = np.array([INDEX[base] for base in table.underlying])
    forward = index * np.exp(0.04 * years) * 1.0005
    vol = np.array([VOLS[base] for base in table.underlying]) * (1.0 + 0.3 * np.exp(-4.0 * years))
    options = ~np.isnan(table.strike)
    price = black76.price(forward, np.where(options, table.strike, 1.0), years, vol, is_call=table.is_call)
    mark = np.where(options, np.where(table.inverse, price / forward, price), forward)
    return MarketSnapshot.of(
        table, name="world", venue="deribit", source="made for tests", time_ns=NOW_NS, index=INDEX, mark=mark,
        forward=forward, vol=np.where(options, vol, np.nan),
    )  # fmt: skip


STATED = "house/tail/2026-01-01 on stated current, stressed outcomes"
ALL_MODELS = (*(f"{row.id}/{day}" for row in catalogue() if row.model in MODELS for day in row.dates), STATED)
"""Every dated policy of every model in the catalogue, and one that states its outcomes."""


@cache
def policy_of(policy_id: str) -> MarginPolicy:
    return _stated() if policy_id == STATED else at(policy_id)


def _stated() -> MarginPolicy:
    """Return the tail policy on weighted outcomes, with stressed ones whose volatilities fade with expiry."""
    policy, moves = at("house/tail/2026-01-01"), np.random.default_rng(7).standard_t(4, (150, 4)) * 0.03
    names = ("BTC", "BTC vol", "ETH", "ETH vol")
    for sort, fading, weights in (("current", Relative, 0.98 ** np.arange(150)), ("stressed", _fading, None)):
        made = scenario_set_of(
            names, moves * (1.0 if sort == "current" else 3.0), labels=[str(s) for s in range(150)],
            elapsed_years=1.0 / 365.0, weights=weights, vol_shock=fading,
        )  # fmt: skip
        policy = with_outcomes(policy, made, sort=sort, source="made for tests", effective=NOW_NS)
    return policy


def _fading(change: float) -> VolShock:
    return MeanReverting(change, speed=4.0)


def held_names(policy: MarginPolicy) -> tuple[str, ...]:
    """Return the instruments of the market that a policy has a rule for."""
    return _taken(policy)[0]


def coins_of(policy: MarginPolicy) -> tuple[str, ...]:
    """Return the assets that a policy takes as collateral."""
    return _taken(policy)[1]


_found: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}


def _taken(policy: MarginPolicy) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return instruments and assets that have a margin when they are held alone."""
    if policy.digest not in _found:
        single = [Account(name, (Position(name, lot(name)),)) for name in NAMES]
        owned = [Account(asset, (), {asset: 1.0}) for asset in INDEX]
        [margins] = evaluate(Book.of([*single, *owned]), market(), [policy], check_lots=False)
        known = {row.account for row in margins} - {row.account for row in margins if row.unavailable}
        _found[policy.digest] = (
            tuple(name for name in NAMES if name in known), tuple(asset for asset in INDEX if asset in known)
        )  # fmt: skip
    return _found[policy.digest]


TAKES_SIZE_INTO_ACCOUNT = frozenset({
    "extended_dampener", "m_inc", "increment_per_coin", "imf_factor",
    "initial_margin_fraction", "minimum_position_margin", "flag_reward_ratio", "min_keeper_reward",
    "impact_coefficient",
})  # fmt: skip
"""What forgives a small loss or charges a large position more than in proportion, wherever a policy has it."""


LOOKS_AT_SIZE_OF_FUTURES_ONLY = frozenset({"deribit_s_sm", "deribit_x_sm"})


@cache
def proportionate(policy_id: str) -> MarginPolicy:
    """Return a policy without what looks at size: what is left scales, and two books never need more than apart."""
    policy = policy_of(policy_id)
    return policy.with_numbers(
        {name: 0.0 for name in policy.parameters if name.rpartition(".")[2] in TAKES_SIZE_INTO_ACCOUNT}
    )


READS_TWO_SCENARIOS = frozenset({"credit_rate"})
"""What is credited by the losses of some scenarios less those of others, so that a scenario more may need less."""


@cache
def without_credits(policy_id: str) -> MarginPolicy:
    """Return a policy without what sets one scenario against another: what is left asks for a largest loss."""
    policy = policy_of(policy_id)
    return policy.with_numbers(
        {name: 0.0 for name in policy.parameters if name.rpartition(".")[2] in READS_TWO_SCENARIOS}
    )


@dataclass(frozen=True)
class Member:
    """A policy and instruments under which a law holds that the policy does not keep for every book."""

    policy: MarginPolicy
    names: tuple[str, ...]


def members_of(policy_id: str, *, promised: bool) -> tuple[Member, ...]:
    """Return where a law of size can be tried: all of a policy that promises it, and else what is known to keep it.

    Standard margin looks at the size of futures only, so its options keep the law with the numbers as they are.
    """
    policy, tame = policy_of(policy_id), proportionate(policy_id)
    names = held_names(policy)
    members = [Member(policy, names)] if promised else []
    if tame is not policy:
        members.append(Member(tame, names))
    if policy.model in LOOKS_AT_SIZE_OF_FUTURES_ONLY:
        members.append(Member(policy, tuple(name for name in names if NAMES.index(name) in _OPTIONS)))
    return tuple(members)


def lot(name: str) -> float:
    """Return a size step that makes positions of all instruments comparable in worth: USD, or coins."""
    instrument = INSTRUMENTS[NAMES.index(name)]
    if instrument.inverse and not isinstance(instrument, Option):  # type: ignore[union-attr]
        return 1_000.0
    return 0.1 if instrument.underlying == "BTC" else 2.0


def positions_of(names: Sequence[str], *, lots_max: int = 400) -> st.SearchStrategy[tuple[Position, ...]]:
    """Return positions in some of the instruments: mostly small, now and then large enough for caps and shocks."""
    lots = st.one_of(st.integers(-20, 20), st.integers(-lots_max, lots_max)).filter(bool)
    entry = st.one_of(st.just(np.nan), st.floats(0.8, 1.2))

    def built(drawn: dict[str, tuple[int, float]]) -> tuple[Position, ...]:
        made = []
        for name, (count, ratio) in drawn.items():
            option = NAMES.index(name) in _OPTIONS
            mark = float(market().mark[NAMES.index(name)])
            made.append(Position(name, count * lot(name), np.nan if option else ratio * mark))
        return tuple(made)

    return st.dictionaries(st.sampled_from(list(names)), st.tuples(lots, entry), max_size=7).map(built)


_OPTIONS = frozenset(i for i, instrument in enumerate(INSTRUMENTS) if isinstance(instrument, Option))


def accounts_of(
    policy: MarginPolicy,
    *,
    names: Sequence[str] = (),
    owns_coins: bool = True,
    with_orders: bool = True,
    with_charges: bool = False,
) -> st.SearchStrategy[Account]:
    """Return accounts that hold only what a policy knows, or of that only `names`."""
    names = names or held_names(policy)
    coins = coins_of(policy)
    amounts = st.floats(-3.0, 20.0).map(lambda amount: round(amount, 4))
    balances = st.dictionaries(st.sampled_from(coins), amounts, max_size=2)
    nothing: st.SearchStrategy[tuple[Position, ...]] = st.just(())
    charged = st.dictionaries(
        st.sampled_from(["mmp_margin", "spot_margin"]),
        st.dictionaries(st.sampled_from(coins), st.floats(0.0, 1.0), max_size=1), max_size=2,
    )  # fmt: skip
    return st.builds(
        Account,
        st.just("desk"),
        positions_of(names),
        balances if owns_coins else st.just({}),
        st.one_of(nothing, positions_of(names, lots_max=50).map(_without_entry)) if with_orders else nothing,
        charged if with_charges else st.just({}),
    )


def _without_entry(positions: tuple[Position, ...]) -> tuple[Position, ...]:
    return tuple(Position(position.instrument, position.size) for position in positions)


def named(accounts: Sequence[Account]) -> list[Account]:
    """Return accounts with names of their own."""
    return [
        Account(f"desk-{i}", account.positions, account.balances, account.orders, account.charges)
        for i, account in enumerate(accounts)
    ]


def books_of(policy: MarginPolicy, *, accounts_max: int = 4, **options: bool) -> st.SearchStrategy[Book]:
    """Return books of a few accounts."""
    return st.lists(accounts_of(policy, **options), min_size=1, max_size=accounts_max).map(
        lambda accounts: Book.of(named(accounts))
    )


def scaled(account: Account, by: float) -> Account:
    """Return an account with everything in it multiplied."""

    def times(positions: tuple[Position, ...]) -> tuple[Position, ...]:
        return tuple(Position(p.instrument, p.size * by, p.entry_price) for p in positions)

    charges = {name: {a: x * abs(by) for a, x in amounts.items()} for name, amounts in account.charges.items()}
    return Account(
        account.id, times(account.positions), {a: x * by for a, x in account.balances.items()},
        times(account.orders), charges,
    )  # fmt: skip


def settled(account: Account) -> Account:
    """Return an account whose futures carry no unrealised profit, as after a daily settlement."""
    return replace(account, positions=_without_entry(account.positions))


def joined(one: Account, two: Account) -> Account:
    """Return an account that holds what two settled accounts without orders and charges hold."""
    sizes: dict[str, float] = {}
    owned: dict[str, float] = {}
    for account in (one, two):
        for position in account.positions:
            sizes[position.instrument] = sizes.get(position.instrument, 0.0) + position.size
        for asset, amount in account.balances.items():
            owned[asset] = owned.get(asset, 0.0) + amount
    return Account("both", tuple(Position(name, size) for name, size in sizes.items() if size), owned)

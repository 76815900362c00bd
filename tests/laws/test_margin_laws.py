"""Laws of margin, written once for every model under each of its dated policies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from seawall.api.books import load_book
from seawall.margining import Margins, evaluate
from seawall.margining.catalogue import MODELS
from seawall.margining.components import Component
from seawall.margining.model import Promises
from seawall.market import MarketSnapshot
from seawall.policy import MarginPolicy
from seawall.portfolio import Account, Book, Position, resolve
from seawall.revaluation import PnlTensor, revalue
from tests.laws.worlds import (
    ALL_MODELS,
    INDEX,
    NAMES,
    Member,
    accounts_of,
    books_of,
    coins_of,
    held_names,
    joined,
    lot,
    market,
    members_of,
    named,
    policy_of,
    positions_of,
    scaled,
    settled,
    without_credits,
)

ROUNDING = 2e-9
"""Venues round a worst case and a margin to nine decimals; several rounded parts may differ by this much."""
ROUNDINGS_COUNT = 16
"""Most parts of a small book that a venue which counts in whole units rounds one by one: two for each position."""

pytestmark = pytest.mark.parametrize("policy_id", ALL_MODELS)
law = settings(
    max_examples=15,
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def margins_of(book: Book, policy: MarginPolicy, snapshot: MarketSnapshot | None = None) -> Margins:
    [found] = evaluate(book, snapshot or market(), [policy], check_lots=False)
    return found


def columns(margins: Margins) -> dict[str, np.ndarray]:
    """Return every number of a result that could differ, by name."""
    need = margins.requirement
    numbers = {"initial": margins.initial_margin, "maintenance": margins.maintenance_margin}
    numbers |= {f"initial {name}": amounts for name, amounts in need.initial.items()}
    numbers |= {f"maintenance {name}": amounts for name, amounts in need.maintenance.items()}
    plain = ("account", "equity", "margin_balance", "haircut", "worst_scenario")
    return numbers | {name: getattr(need, name) for name in plain} | {"evidence": margins.evidence_rank}


def by_account(margins: Margins) -> dict[tuple[str, str], dict[str, object]]:
    """Return each netting set's numbers under its account's name and currency."""
    need, table = margins.requirement, columns(margins)
    keys = [
        (margins.book.book.accounts[a], need.currencies[c]) for a, c in zip(need.account, need.currency, strict=True)
    ]
    found: dict[tuple[str, str], dict[str, object]] = {}
    for r, key in enumerate(keys):
        u = int(need.worst_underlying[r])
        row: dict[str, object] = {name: column[r].tobytes() for name, column in table.items() if name != "account"}
        found[key] = row | {"underlying": need.underlyings[u] if u >= 0 else ""}
    return found


def holds_something(row: dict[str, object]) -> bool:
    zero = np.zeros(1).tobytes()
    return row["initial"] != zero or row["equity"] != zero


def total_usd(margins: Margins, snapshot: MarketSnapshot, *, maintenance: bool = False) -> float:
    need = margins.requirement
    amounts = margins.maintenance_margin if maintenance else margins.initial_margin
    return float(sum(a * snapshot.price_usd(need.currencies[c]) for a, c in zip(amounts, need.currency, strict=True)))


def test_an_empty_book_needs_nothing(policy_id: str) -> None:
    margins = margins_of(Book.of([Account("empty"), Account("cash", (), {"USDC": 5_000.0})]), policy_of(policy_id))
    assert set(margins.requirement.account.tolist()) == {0, 1}
    assert (margins.initial_margin == 0.0).all()
    assert (margins.maintenance_margin == 0.0).all()


def test_a_book_without_accounts_has_no_margins(policy_id: str) -> None:
    assert len(margins_of(Book.of([]), policy_of(policy_id))) == 0


@law
@given(st.data())
def test_a_book_netted_with_its_opposite_needs_nothing(policy_id: str, data: st.DataObject) -> None:
    policy = policy_of(policy_id)
    account = data.draw(accounts_of(policy, owns_coins=False, with_orders=False))
    book = Book.of([replace(account, positions=tuple(replace(p, entry_price=np.nan) for p in account.positions))])
    opposite = replace(book.positions, sizes=-book.positions.sizes)
    margins = margins_of(replace(book, positions=book.positions.plus(opposite)), policy)
    assert (margins.initial_margin == 0.0).all()
    assert (margins.maintenance_margin == 0.0).all()


@law
@given(st.data())
def test_initial_covers_maintenance_and_nothing_is_nan_or_negative(policy_id: str, data: st.DataObject) -> None:
    policy = policy_of(policy_id)
    margins = margins_of(data.draw(books_of(policy, with_charges=True)), policy)
    for name, column in columns(margins).items():
        assert np.isfinite(column).all(), name
    assert (margins.maintenance_margin >= 0.0).all()
    assert (margins.initial_margin >= margins.maintenance_margin - ROUNDING).all()
    for components in (margins.requirement.initial, margins.requirement.maintenance):
        for name, amounts in components.items():
            assert name == "rounding" or (amounts >= 0.0).all(), name
    assert not any(row.unavailable for row in margins)


@law
@given(st.data())
def test_components_sum_to_the_whole(policy_id: str, data: st.DataObject) -> None:
    policy = policy_of(policy_id)
    margins = margins_of(data.draw(books_of(policy, with_charges=True)), policy)
    for row in margins:
        assert sum(row.initial.values()) == pytest.approx(row.initial_margin, rel=1e-12, abs=1e-12)
        assert sum(row.maintenance.values()) == pytest.approx(row.maintenance_margin, rel=1e-12, abs=1e-12)


@law
@given(st.data())
def test_what_is_shown_behind_a_margin_adds_up_to_it(policy_id: str, data: st.DataObject) -> None:
    policy = policy_of(policy_id)
    account = data.draw(accounts_of(policy))
    margins = margins_of(Book.of([account]), policy)
    explained = margins.explain()
    for row in explained.margins:
        shown = (*explained.detail.matrices, *explained.detail.arrays)
        worst = sum(m.worst for m in shown if m.currency == row.currency)
        if "worst_case" in row.initial:
            stated = (row.initial["worst_case"], row.maintenance["worst_case"])  # one of them is the other's multiple
            assert any(worst == pytest.approx(amount, rel=1e-9, abs=ROUNDING) for amount in stated)
    for matrix in explained.detail.matrices:
        entries = np.concatenate([matrix.standard.reshape(-1), matrix.extended])
        assert matrix.worst == pytest.approx(max(-entries.min(), 0.0), abs=ROUNDING)
        scale = max(1.0, float(np.abs(matrix.line_standard).max(initial=0.0)))
        losses = matrix.standard.reshape(-1) < 0.0
        np.testing.assert_allclose(
            matrix.line_standard.sum(axis=0)[losses], matrix.standard.reshape(-1)[losses], atol=1e-12 * scale, rtol=1e-9
        )
        assert (np.abs(matrix.extended) <= np.abs(matrix.line_extended.sum(axis=0)) + 1e-9 * scale).all()
        if matrix.worst_scenario < matrix.standard.size and matrix.worst > 0.0:
            assert matrix.contributions.sum() == pytest.approx(-matrix.worst, rel=1e-9, abs=ROUNDING)
    charged = list(explained.detail.positions)
    if charged and account.orders == ():
        for which, total in (
            ("initial_margin", total_usd(margins, market())),
            ("maintenance_margin", total_usd(margins, market(), maintenance=True)),
        ):
            parts = sum(float(p[which]) * market().price_usd(str(p["currency"])) for p in charged)  # type: ignore[arg-type]
            assert parts == pytest.approx(total, rel=1e-9, abs=1e-6)


@law
@given(st.data())
def test_the_order_of_accounts_instruments_and_rows_is_irrelevant(policy_id: str, data: st.DataObject) -> None:
    policy = policy_of(policy_id)
    accounts = named(data.draw(st.lists(accounts_of(policy), min_size=1, max_size=4)))
    before = by_account(margins_of(Book.of(accounts), policy))
    rows = data.draw(st.permutations(range(len(NAMES))))
    shuffled = [
        Account(
            account.id, tuple(data.draw(st.permutations(account.positions))),
            dict(reversed(list(account.balances.items()))), tuple(reversed(account.orders)), account.charges,
        )
        for account in data.draw(st.permutations(accounts))
    ]  # fmt: skip
    assert by_account(margins_of(Book.of(shuffled), policy, market().take(rows))) == before


@law
@given(st.data())
def test_an_account_needs_the_same_alone_and_among_others(policy_id: str, data: st.DataObject) -> None:
    policy = policy_of(policy_id)
    accounts = named(data.draw(st.lists(accounts_of(policy), min_size=2, max_size=5)))
    among = by_account(margins_of(Book.of(accounts), policy))
    for account in accounts:
        alone = by_account(margins_of(Book.of([account]), policy))
        mine = {key: row for key, row in among.items() if key[0] == account.id}
        # Which empty netting set an idle account is shown under depends on what others hold; its numbers do not.
        assert {k: r for k, r in alone.items() if holds_something(r)} == {
            k: r for k, r in mine.items() if holds_something(r)
        }
        assert len(alone) == len(mine)


@law
@given(st.data())
def test_evaluation_in_blocks_is_the_whole(policy_id: str, data: st.DataObject) -> None:
    policy = policy_of(policy_id)
    book = data.draw(books_of(policy, accounts_max=6))
    whole = columns(margins_of(book, policy))
    module = __import__("seawall.margining.evaluate", fromlist=["BLOCK_ACCOUNTS_COUNT"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK_ACCOUNTS_COUNT", data.draw(st.integers(1, 4)))
        blocks = columns(margins_of(book, policy))
    for name, column in whole.items():
        assert blocks[name].tobytes() == column.tobytes(), name


@law
@given(st.data())
def test_more_scenarios_never_need_less(policy_id: str, data: st.DataObject) -> None:
    policy = policy_of(policy_id) if promises_of(policy_id).monotone else without_credits(policy_id)
    model = MODELS[policy.model]
    resolved = resolve(data.draw(books_of(policy)), market(), check_lots=False)
    asked = model.scenarios(policy, resolved.snapshot)
    kept = np.array(data.draw(st.lists(st.booleans(), min_size=len(asked), max_size=len(asked))), dtype=np.bool_)
    tensor = revalue(resolved.snapshot, asked)
    full = model.requirement(policy, resolved, tensor)
    fewer = model.requirement(policy, resolved, without(tensor, ~kept))
    names = [name for name in full.initial if name != "rounding"]
    before = sum(full.initial[name] for name in names)
    after = sum(fewer.initial[name] for name in names)
    assert (after <= before * (1.0 + 1e-12) + ROUNDING).all()


def without(tensor: PnlTensor, dropped: np.ndarray) -> PnlTensor:
    """Return the tensor with some scenarios made into ones where nothing happens, which no rule loses by."""
    spot = tensor.scenarios.spot.copy()
    spot[dropped] = 0.0
    pnl = tensor.pnl.copy()
    pnl[np.ix_(dropped, ~np.isnan(pnl).any(axis=0))] = 0.0
    prices = tensor.asset_prices.copy()
    for c, asset in enumerate(tensor.assets):
        prices[dropped, c] /= 1.0 + tensor.scenarios.asset_move(asset)[dropped]
    return replace(tensor, pnl=pnl, asset_prices=prices, scenarios=replace(tensor.scenarios, spot=spot))


@law
@given(st.data())
def test_a_larger_book_of_the_same_kind_needs_no_less(policy_id: str, data: st.DataObject) -> None:
    policy = policy_of(policy_id)
    account = data.draw(accounts_of(policy, with_orders=False))
    one, many = both_sizes(account, data.draw(multiples), policy)
    for small, large in zip(one, many, strict=True):
        assert (large >= small - ROUNDING).all()


@law
@given(st.data())
def test_margin_scales_with_size_where_nothing_looks_at_size(policy_id: str, data: st.DataObject) -> None:
    member = member_of(data, members_of(policy_id, promised=promises_of(policy_id).homogeneous))
    account = data.draw(accounts_of(member.policy, names=member.names, with_orders=False))
    times = data.draw(multiples)
    counted = ROUNDING + ROUNDINGS_COUNT * promises_of(policy_id).smallest_usd
    for small, large in zip(*both_sizes(account, times, member.policy), strict=True):
        np.testing.assert_allclose(large, times * small, rtol=1e-9, atol=times * counted)


@law
@given(st.data())
def test_two_books_together_need_no_more_than_apart_where_nothing_looks_at_size(
    policy_id: str, data: st.DataObject
) -> None:
    member = member_of(data, members_of(policy_id, promised=promises_of(policy_id).subadditive))
    drawn = accounts_of(member.policy, names=member.names, with_orders=False).map(settled)
    one, two = data.draw(drawn), data.draw(drawn)
    assert_no_more_than_apart(one, two, member.policy)


def test_the_laws_of_size_are_tried_on_books_that_need_margin(policy_id: str) -> None:
    """A policy for which nothing is left to try would pass the two laws above without a word."""
    for promised in (promises_of(policy_id).homogeneous, promises_of(policy_id).subadditive):
        members = members_of(policy_id, promised=promised)
        if not members:
            assert not promised
            pytest.skip("the model promises neither law, and no setting of its numbers is known to keep them")
        for member in members:
            one, two = wings_of(member, 1.0, "-C"), wings_of(member, -1.0, "-P")
            small, large = both_sizes(one, 7.0, member.policy)
            assert sum(small[0]) > 0.0
            np.testing.assert_allclose(large[0], 7.0 * small[0], rtol=1e-9, atol=7.0 * ROUNDING)
            assert_no_more_than_apart(one, two, member.policy)


def test_what_looks_at_size_breaks_the_laws_of_size(policy_id: str) -> None:
    """So the laws can fail: where size matters, some large position needs more or less than in proportion."""
    if promises_of(policy_id).homogeneous:
        pytest.skip("the model promises that size does not matter")
    policy = policy_of(policy_id)
    excess = []
    for name in held_names(policy):
        for lots in (-3_000.0, 3_000.0, 15_000.0):  # the last doubles into tiers that begin at a hundred million
            one = Account("large", (Position(name, lots * lot(name)),))
            margin, doubled = (
                total_usd(margins_of(Book.of([held]), policy), market()) for held in (one, joined(one, one))
            )
            excess.append(doubled - 2.0 * margin)
    assert max(map(abs, excess)) > 1.0


def _settled(positions: tuple[Position, ...]) -> tuple[Position, ...]:
    return settled(Account("settled", positions)).positions


multiples = st.sampled_from([2.0, 3.0, 10.0])


def member_of(data: st.DataObject, members: tuple[Member, ...]) -> Member:
    if not members:
        pytest.skip("the model does not promise it, and no setting of its numbers is known to keep it")
    return data.draw(st.sampled_from(members))


def promises_of(policy_id: str) -> Promises:
    return MODELS[policy_of(policy_id).model].promises


def both_sizes(account: Account, times: float, policy: MarginPolicy) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return initial and maintenance margins of an account, and of the account many times over."""
    found = (margins_of(Book.of([one]), policy) for one in (account, scaled(account, times)))
    return [(margins.initial_margin, margins.maintenance_margin) for margins in found]


def wings_of(member: Member, futures_sign: float, ending: str) -> Account:
    """Return an account short the options of a member that end so, with futures on one side where it has them."""
    options = tuple(Position(name, -300.0 * lot(name)) for name in member.names if name.endswith(ending))
    futures = tuple(
        Position(name, futures_sign * 300.0 * lot(name)) for name in member.names if name[-2:] not in ("-C", "-P")
    )
    return Account("wings", options + futures)


def assert_no_more_than_apart(one: Account, two: Account, policy: MarginPolicy) -> None:
    for maintenance in (False, True):
        apart, together = (
            sum(total_usd(margins_of(Book.of([held]), policy), market(), maintenance=maintenance) for held in accounts)
            for accounts in ((one, two), (joined(one, two),))
        )
        assert together <= apart * (1 + 1e-9) + 1e-4


@law
@given(st.data())
def test_underlyings_offset_each_other_only_where_that_is_promised(policy_id: str, data: st.DataObject) -> None:
    policy = policy_of(policy_id)
    held = held_names(policy)
    bases = [base for base in ("BTC", "ETH") if any(name.startswith(base) for name in held)]
    if MODELS[policy.model].promises.offsets_across_underlyings or len(bases) < 2:
        pytest.skip("the policy promises an offset, or has numbers for one underlying only")
    # Unrealised profit is money of the settlement asset, which two underlyings may share: it pays the other's debt.
    parts = [data.draw(positions_of([name for name in held if name.startswith(base)]).map(_settled)) for base in bases]
    # So does the value of options, which only shows in what is borrowed.
    apart = sum(unborrowed_usd(margins_of(Book.of([Account("one", part)]), policy)) for part in parts)
    together = unborrowed_usd(margins_of(Book.of([Account("both", parts[0] + parts[1])]), policy))
    assert together == pytest.approx(apart, rel=1e-9, abs=4.0 * ROUNDING * max(market().index.values()))


def unborrowed_usd(margins: Margins) -> float:
    """Return an initial margin in USD without what loans and liquidation cost, which belongs to no underlying."""
    need = margins.requirement
    of_the_account = (Component.BORROW, Component.LIQUIDATION)
    loans = [name for name, of in MODELS[margins.policy.model].components.items() if of in of_the_account]
    loaned = sum(
        float(amount) * market().price_usd(need.currencies[c])
        for name in loans
        for amount, c in zip(need.initial[name], need.currency, strict=True)
    )
    return total_usd(margins, market()) - loaned


@law
@given(st.data())
def test_a_missing_price_makes_its_holders_unavailable_and_nobody_else(policy_id: str, data: st.DataObject) -> None:
    policy = policy_of(policy_id)
    accounts = named(data.draw(st.lists(accounts_of(policy), min_size=1, max_size=4)))
    options = [name for name in held_names(policy) if name[-2:] in ("-C", "-P")]
    column = data.draw(st.sampled_from(["mark", "forward", "vol"] if options else ["mark"]))
    gone = data.draw(st.sampled_from(list(held_names(policy)) if column == "mark" else options))
    holed = np.array(getattr(market(), column))
    holed[NAMES.index(gone)] = np.nan
    snapshot = replace(market(), **{column: holed})
    whole = by_account(margins_of(Book.of(accounts), policy))
    margins = margins_of(Book.of(accounts), policy, snapshot)
    after = by_account(margins)
    holders = {a.id for a in accounts if gone in {p.instrument for p in (*a.positions, *a.orders)}}
    settlement = market().table.settlement[NAMES.index(gone)]

    def missing(account: str, currency: str) -> bool:  # a netting set in USD takes in all that its account holds
        return account in holders and currency in ("USD", settlement)

    for key, row in after.items():
        if not missing(*key):
            assert row == whole[key]
    for row in margins:
        lost = missing(row.account, row.currency)
        assert np.isnan(row.initial_margin) == np.isnan(row.maintenance_margin) == lost
        assert bool(row.unavailable) == lost
        assert not lost or gone in row.unavailable
    assert not holders or str(margins.explain(min(holders)))


@law
@given(st.data())
def test_a_missing_index_makes_its_holders_unavailable_and_nobody_else(policy_id: str, data: st.DataObject) -> None:
    policy = policy_of(policy_id)
    accounts = named(data.draw(st.lists(accounts_of(policy, with_charges=True), min_size=1, max_size=4)))
    asset = data.draw(st.sampled_from(["BTC", "USDC"]))
    snapshot = replace(market(), index={name: price for name, price in market().index.items() if name != asset})
    whole = by_account(margins_of(Book.of(accounts), policy))
    margins = margins_of(Book.of(accounts), policy, snapshot)
    assert len(margins) == len(whole)
    touched = {account.id for account in accounts if touches(account, asset)}
    for key, row in by_account(margins).items():
        if key[0] not in touched:
            assert row == whole[key]
    for row in margins:
        assert np.isnan(row.initial_margin) == bool(row.unavailable)
        if row.account not in touched:
            assert not row.unavailable


def touches(account: Account, asset: str) -> bool:
    """Return whether anything of an account is on an asset, or paid in it."""
    table = market().table
    rows = [table.position(entry.instrument) for entry in (*account.positions, *account.orders)]
    named_assets = {table.underlying[n] for n in rows} | {table.settlement[n] for n in rows}
    owned = {name for name, amount in account.balances.items() if amount}
    owned |= {name for amounts in account.charges.values() for name, amount in amounts.items() if amount}
    return asset in named_assets | owned


def test_an_underlying_without_numbers_is_unavailable_with_a_reason(policy_id: str) -> None:
    policy = policy_of(policy_id)
    known = held_names(policy)
    missing = [name for name in NAMES if name not in known]
    book = Book.of([Account("known", (Position(known[0], lot(known[0])),)),
                    *(Account(f"of {name}", (Position(name, 1.0),)) for name in missing)])  # fmt: skip
    margins = margins_of(book, policy)
    assert not margins["known"][0].unavailable
    for name in missing:
        [row] = margins[f"of {name}"]
        assert np.isnan(row.initial_margin)
        assert name in row.unavailable


@pytest.mark.parametrize("asset", [*sorted(INDEX), "USDT", "DOGE"])
@pytest.mark.parametrize("amount", [2.0, -2.0])
def test_an_asset_that_is_refused_is_not_left_out_of_what_its_owner_is_worth(
    policy_id: str, asset: str, amount: float
) -> None:
    """Equity and margin balance count it, or are unavailable as the margin is; they are not those of the rest."""
    policy = policy_of(policy_id)
    held = (Position(held_names(policy)[0], lot(held_names(policy)[0])),)
    rest = {name: 1_000.0 for name in ("USDC", *coins_of(policy)) if name != asset}
    book = Book.of([Account("with", held, rest | {asset: amount}), Account("rest", held, rest)])
    margins = margins_of(book, policy)
    others = {row.currency: (row.equity, row.margin_balance) for row in margins["rest"]}
    for row in margins["with"]:
        if row.unavailable:
            assert asset in row.unavailable
            for now, then in zip((row.equity, row.margin_balance), others.get(row.currency, (0.0, 0.0)), strict=True):
                assert np.isnan(now) or now != then


@law
@given(st.data())
def test_open_orders_never_lower_a_margin_and_those_that_fill_to_more_raise_it(
    policy_id: str, data: st.DataObject
) -> None:
    policy = policy_of(policy_id)
    account = data.draw(accounts_of(policy))
    bare = replace(account, orders=())
    with_orders = margins_of(Book.of([account]), policy)
    without_orders = margins_of(Book.of([bare]), policy)
    assert total_usd(with_orders, market()) >= total_usd(without_orders, market()) - ROUNDING * 1e5
    kept, bare_kept = (total_usd(margins, market(), maintenance=True) for margins in (with_orders, without_orders))
    if promises_of(policy_id).orders_in_maintenance:
        assert kept >= bare_kept - ROUNDING * 1e5
    else:
        assert kept == pytest.approx(bare_kept, rel=1e-12)


@law
@given(st.data())
def test_the_order_of_a_files_rows_is_irrelevant(policy_id: str, data: st.DataObject) -> None:
    policy = policy_of(policy_id)
    accounts = named(data.draw(st.lists(accounts_of(policy, with_orders=False), min_size=1, max_size=3)))
    rows = [
        {"account": account.id, "instrument": name, "size": size}
        for account in accounts
        for name, size in (*((p.instrument, p.size) for p in account.positions), *account.balances.items())
    ]
    if rows:
        whole = by_account(margins_of(load_book(rows, name_rule=None), policy))
        mixed = data.draw(st.permutations(rows))
        assert by_account(margins_of(load_book(mixed, name_rule=None), policy)) == whole


def test_results_are_numbers_of_python_in_rows(policy_id: str) -> None:
    policy = policy_of(policy_id)
    name, asset = held_names(policy)[0], coins_of(policy)[0]
    book = Book.of([Account("desk", (Position(name, -10.0 * lot(name)),), {asset: 1.0})])
    row = margins_of(book, policy).rows()[0]
    assert {type(cell) for cell in row.values()} <= {str, float, int}

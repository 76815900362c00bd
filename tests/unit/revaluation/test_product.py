"""The book times the tensor: a plain loop is the judge of both twins."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.core.arrays import FloatArray, IntArray
from seawall.revaluation import product, product_compiled
from seawall.revaluation.product import scenario_pnl, worst_loss

TWINS = pytest.mark.parametrize("compiled", [False, True], ids=["readable", "compiled"])

SCENARIO_COUNTS = [1, 8, 35, 64, 65, 130]
"""One lane, whole vectors, a part of one, a whole block, and two and three blocks with spare lanes."""


class Product(NamedTuple):
    """The arguments of both functions."""

    indptr: IntArray
    columns: Any
    sizes: FloatArray
    pnl: FloatArray


def random_product(
    seed: int, accounts: int, scenarios: int, *, positions_max: int = 6, instruments: int = 9, ties: bool = False
) -> Product:
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, positions_max + 1, accounts)
    indptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    columns = rng.integers(0, instruments, indptr[-1]).astype(rng.choice([np.int32, np.int64]))
    if ties:
        sizes = rng.choice([-2.0, -1.0, 0.0, 1.0], indptr[-1])
        pnl = rng.choice([-1.0, 0.0, 0.5], (scenarios, instruments))
    else:
        sizes = rng.normal(size=indptr[-1]) * 10.0 ** rng.integers(-3, 6, indptr[-1])
        pnl = rng.normal(size=(scenarios, instruments)) * 10.0 ** rng.integers(-3, 6, (scenarios, 1))
    return Product(indptr, columns, sizes, pnl)


@st.composite
def products(draw: st.DrawFn) -> Product:
    book = random_product(
        draw(st.integers(0, 2**32 - 1)),
        draw(st.integers(0, 12)),
        draw(st.sampled_from(SCENARIO_COUNTS)),
        ties=draw(st.booleans()),
    )
    scenarios, instruments = book.pnl.shape
    odd = st.tuples(
        st.integers(0, scenarios - 1), st.integers(0, instruments - 1), st.sampled_from([np.nan, np.inf, -np.inf])
    )
    for scenario, instrument, cell in draw(st.lists(odd, max_size=3)):
        book.pnl[scenario, instrument] = cell
    return book


def by_plain_loop(book: Product) -> FloatArray:
    """Every account in every scenario, added one position after the other, the way one would by hand."""
    answer = np.zeros((book.indptr.size - 1, book.pnl.shape[0]))
    with np.errstate(all="ignore"):
        for account in range(book.indptr.size - 1):
            for position in range(book.indptr[account], book.indptr[account + 1]):
                answer[account] += book.sizes[position] * book.pnl[:, book.columns[position]]
    return answer


def first_minimum(pnl: list[float]) -> tuple[float, int]:
    if any(cell != cell for cell in pnl):
        return float("nan"), -1
    return min(pnl), pnl.index(min(pnl))


def same_bits(one: Any, other: Any) -> bool:
    return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")


@TWINS
@settings(deadline=None, max_examples=60)
@given(book=products())
def test_every_account_in_every_scenario_is_the_plain_sum_to_the_last_bit(compiled: bool, book: Product) -> None:
    assert same_bits(scenario_pnl(*book, compiled=compiled), by_plain_loop(book))


@TWINS
@settings(deadline=None, max_examples=60)
@given(book=products())
def test_the_worst_loss_is_the_first_minimum_of_the_plain_sums(compiled: bool, book: Product) -> None:
    worst, scenario = worst_loss(*book, compiled=compiled)
    expected = [first_minimum(row.tolist()) for row in by_plain_loop(book)]
    assert same_bits(worst, np.array([low for low, _ in expected], dtype=np.float64))
    assert same_bits(scenario, np.array([at for _, at in expected], dtype=np.int64))


@TWINS
@pytest.mark.parametrize("scenarios", SCENARIO_COUNTS)
@pytest.mark.parametrize("which", ["first", "last"])
def test_a_nan_that_is_held_spoils_the_account_and_one_that_is_not_does_no_harm(
    compiled: bool, scenarios: int, which: str
) -> None:
    at = 0 if which == "first" else scenarios - 1
    pnl = np.full((scenarios, 3), -1.0)
    pnl[at, 1] = np.nan
    book = Product(np.array([0, 1, 3, 4]), np.array([0, 0, 1, 2]), np.array([2.0, 1.0, 0.0, 1.0]), pnl)
    worst, scenario = worst_loss(*book, compiled=compiled)
    np.testing.assert_array_equal(worst, [-2.0, np.nan, -1.0])
    np.testing.assert_array_equal(scenario, [0, -1, 0])
    full = scenario_pnl(*book, compiled=compiled)
    assert np.isnan(full[1]).tolist() == [scenario == at for scenario in range(scenarios)]
    assert not np.isnan(full[[0, 2]]).any()


@TWINS
def test_a_size_that_is_nan_spoils_only_its_account(compiled: bool) -> None:
    book = Product(np.array([0, 1, 2]), np.array([0, 0]), np.array([np.nan, 1.0]), np.array([[3.0], [4.0]]))
    worst, scenario = worst_loss(*book, compiled=compiled)
    np.testing.assert_array_equal(worst, [np.nan, 3.0])
    np.testing.assert_array_equal(scenario, [-1, 0])


@TWINS
@pytest.mark.parametrize("scenarios", SCENARIO_COUNTS)
def test_an_account_without_positions_loses_nothing_in_the_first_scenario(compiled: bool, scenarios: int) -> None:
    book = Product(np.array([0, 0, 0]), np.zeros(0, np.int32), np.zeros(0), np.full((scenarios, 2), np.nan))
    worst, scenario = worst_loss(*book, compiled=compiled)
    assert worst.tolist() == [0.0, 0.0]
    assert scenario.tolist() == [0, 0]


@TWINS
def test_a_book_without_accounts_and_a_tensor_without_instruments_give_empty_answers(compiled: bool) -> None:
    book = Product(np.array([0]), np.zeros(0, np.int64), np.zeros(0), np.zeros((4, 0)))
    worst, scenario = worst_loss(*book, compiled=compiled)
    assert (worst.shape, scenario.shape) == ((0,), (0,))
    assert scenario_pnl(*book, compiled=compiled).shape == (0, 4)


@TWINS
@pytest.mark.parametrize("scenarios", SCENARIO_COUNTS)
def test_of_equal_worst_scenarios_the_first_is_named(compiled: bool, scenarios: int) -> None:
    for at in range(scenarios):
        pnl = np.zeros((scenarios, 1))
        pnl[at:, 0] = -5.0
        _, scenario = worst_loss(np.array([0, 1]), np.array([0]), np.array([1.0]), pnl, compiled=compiled)
        assert scenario.tolist() == [at]


@TWINS
def test_the_order_of_accounts_is_irrelevant(compiled: bool) -> None:
    book = random_product(1, 400, 35)
    order = np.random.default_rng(2).permutation(400)
    positions = np.concatenate([np.arange(book.indptr[a], book.indptr[a + 1]) for a in order])
    indptr = np.concatenate([[0], np.cumsum(np.diff(book.indptr)[order])])
    worst, scenario = worst_loss(*book, compiled=compiled)
    shuffled = worst_loss(indptr, book.columns[positions], book.sizes[positions], book.pnl, compiled=compiled)
    assert same_bits(shuffled[0], worst[order])
    assert same_bits(shuffled[1], scenario[order])


@TWINS
@pytest.mark.parametrize("rows", [slice(0, 0), slice(3, 1), slice(17, 40), slice(-9, None), slice(None, 10_000)])
def test_some_rows_are_those_rows_of_the_whole(compiled: bool, rows: slice) -> None:
    book = random_product(3, 50, 65)
    assert same_bits(scenario_pnl(*book, rows=rows, compiled=compiled), scenario_pnl(*book, compiled=compiled)[rows])


@pytest.mark.parametrize("cells", [1, 100, 5_000])
def test_the_size_of_a_chunk_changes_nothing(monkeypatch: pytest.MonkeyPatch, cells: int) -> None:
    book = random_product(4, 300, 35)
    whole = worst_loss(*book, compiled=False), scenario_pnl(*book, compiled=False)
    monkeypatch.setattr(product, "CELLS_PER_CHUNK", cells)
    worst, scenario = worst_loss(*book, compiled=False)
    assert same_bits(worst, whole[0][0])
    assert same_bits(scenario, whole[0][1])
    assert same_bits(scenario_pnl(*book, compiled=False), whole[1])


@pytest.mark.parametrize("threads", [2, 3, 7, 40])
@pytest.mark.parametrize("scenarios", [35, 130])
def test_the_number_of_threads_changes_nothing(threads: int, scenarios: int) -> None:
    # More accounts than one pass, and one that holds half the book.
    book = random_product(5, 3_000, scenarios, ties=True)
    book = book._replace(indptr=np.concatenate([book.indptr[:1500], book.indptr[2900:]]))
    one, many = (product_compiled.worst_loss(*book, threads=count) for count in (1, threads))
    assert same_bits(one[0], many[0])
    assert same_bits(one[1], many[1])
    readable = worst_loss(*book, compiled=False)
    assert same_bits(one[0], readable[0])
    assert same_bits(one[1], readable[1])
    full = [product_compiled.scenario_pnl(*book, threads=count) for count in (1, threads)]
    assert same_bits(full[0], full[1])


def test_several_threads_may_ask_at_once() -> None:
    books = [random_product(seed, 2_000, 35) for seed in range(8)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda book: product_compiled.worst_loss(*book, threads=2), books))
    for book, (worst, scenario) in zip(books, answers, strict=True):
        readable = worst_loss(*book, compiled=False)
        assert same_bits(worst, readable[0])
        assert same_bits(scenario, readable[1])


@TWINS
def test_strides_of_the_inputs_are_irrelevant(compiled: bool) -> None:
    book = random_product(6, 30, 35)
    spread = Product(
        np.repeat(book.indptr, 2)[::2],
        np.repeat(book.columns, 3)[::3],
        np.repeat(book.sizes, 2)[::2],
        np.asfortranarray(np.repeat(book.pnl, 2, axis=0))[::2],
    )
    assert same_bits(scenario_pnl(*spread, compiled=compiled), scenario_pnl(*book, compiled=compiled))


def answer_digest() -> str:
    """Return the digest of a compiled answer that would differ if a product and a sum were rounded once."""
    book = random_product(7, 500, 65, positions_max=20)
    worst, scenario = worst_loss(*book, compiled=True)
    full = scenario_pnl(*book, compiled=True)
    return hashlib.sha256(worst.tobytes() + scenario.tobytes() + full.tobytes()).hexdigest()


@pytest.mark.slow
@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="names an x86 processor")
def test_a_processor_without_wide_vectors_gives_the_same_bits(tmp_path: Any) -> None:
    environment = os.environ | {
        "NUMBA_CPU_NAME": "x86-64",
        "NUMBA_CPU_FEATURES": "+sse2",
        "NUMBA_CACHE_DIR": str(tmp_path),
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    script = (
        "import runpy, sys; names = runpy.run_path(sys.argv[1], run_name='elsewhere'); print(names['answer_digest']())"
    )
    elsewhere = subprocess.run(
        [sys.executable, "-c", script, __file__], env=environment, capture_output=True, text=True, check=True
    )
    assert elsewhere.stdout.strip() == answer_digest()


GOOD: dict[str, Any] = {
    "indptr": np.array([0, 1, 2]),
    "columns": np.array([0, 1]),
    "sizes": np.array([1.0, 2.0]),
    "pnl": np.zeros((3, 2)),
}


@TWINS
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"indptr": np.zeros(0, np.int64)}, "indptr has length 0"),
        ({"indptr": np.array([[0, 2]])}, r"indptr has shape \(1, 2\); indptr has 1 dimension"),
        ({"indptr": np.array([0, 1, 2], np.int32)}, "indptr has type int32; indptr is int64"),
        ({"indptr": np.array([1, 1, 2])}, "indptr starts at 1; indptr starts at 0"),
        ({"indptr": np.array([0, 1, 3])}, "indptr ends at 3; .* the number of positions, 2"),
        ({"indptr": np.array([0, 3, 2])}, "indptr at account 1 falls to 2; indptr never falls"),
        ({"columns": np.array([0, 2])}, "columns at position 1 is 2; instrument numbers are >= 0 and below 2"),
        ({"columns": np.array([-1, 0])}, "columns at position 0 is -1; instrument numbers"),
        ({"columns": np.array([-1, 0], np.int32)}, "columns at position 0 is -1; instrument numbers"),
        ({"columns": np.array([0, 2**40])}, "columns at position 1 is 1099511627776; instrument numbers"),
        ({"columns": np.array([0.0, 1.0])}, "columns has type float64; columns is int32 or int64"),
        ({"sizes": np.array([1, 2])}, "sizes has type int64; sizes is float64"),
        ({"sizes": np.array([1.0])}, "sizes has length 1; sizes is as long as columns, 2"),
        ({"pnl": np.zeros(2)}, r"pnl has shape \(2,\); pnl has 2 dimension"),
        ({"pnl": np.zeros((0, 2))}, r"pnl has shape \(0, 2\); pnl has at least one scenario"),
        ({"pnl": np.zeros((3, 2), np.float32)}, "pnl has type float32; pnl is float64"),
    ],
)
def test_arrays_that_do_not_fit_are_refused_with_field_and_rule(
    compiled: bool, change: dict[str, Any], message: str
) -> None:
    for function in (worst_loss, scenario_pnl):
        with pytest.raises(ValueError, match=message):
            function(**(GOOD | change), compiled=compiled)


@TWINS
def test_the_first_unknown_instrument_is_named_wherever_the_rows_begin(compiled: bool) -> None:
    columns = np.zeros(9_000, dtype=np.int64)
    columns[[4_321, 8_000]] = 7
    book = Product(np.arange(9_001), columns, np.ones(9_000), np.zeros((2, 1)))
    with pytest.raises(ValueError, match="columns at position 4321 is 7"):
        worst_loss(*book, compiled=compiled)
    with pytest.raises(ValueError, match="columns at position 8000 is 7"):
        scenario_pnl(*book, rows=slice(5_000, None), compiled=compiled)


def test_an_unknown_instrument_in_another_thread_is_refused_too() -> None:
    columns = np.zeros(9_000, dtype=np.int64)
    columns[[4_321, 8_000]] = 7
    for threads in (1, 2, 5):
        with pytest.raises(ValueError, match="columns at position 4321 is 7"):
            product_compiled.worst_loss(np.arange(9_001), columns, np.ones(9_000), np.zeros((2, 1)), threads=threads)


@TWINS
def test_rows_with_a_step_are_refused(compiled: bool) -> None:
    with pytest.raises(ValueError, match="rows has step 2; rows is a slice with step 1"):
        scenario_pnl(**GOOD, rows=slice(None, None, 2), compiled=compiled)


def test_the_compiler_is_not_loaded_before_it_is_asked_for() -> None:
    script = "import sys, seawall.revaluation.product; sys.exit('numba' in sys.modules)"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    assert subprocess.run([sys.executable, "-c", script], env=environment, check=False).returncode == 0

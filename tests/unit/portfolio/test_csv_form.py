from __future__ import annotations

import time
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.core.errors import InputError, Problem
from seawall.portfolio import Book
from seawall.portfolio.findings import KEPT_PROBLEMS_COUNT
from tests.unit.portfolio.reading import held_by, read_csv, read_rows

HEADER = "account,instrument,size\n"


def problems_of(text: str | bytes) -> tuple[Problem, ...]:
    with pytest.raises(InputError) as caught:
        read_csv(text)
    return caught.value.problems


def test_rows_become_positions_orders_balances_and_charges():
    book = read_csv(
        "account,instrument,size,kind,entry_price\n"
        "desk,BTC-PERPETUAL,-1000,,62000\n"
        "desk,BTC-PERPETUAL,500,order,\n"
        "desk,BTC,2.5,position,\n"
        "desk,BTC,0.01,spot_margin,\n"
        "other,USDC,1e3,,\n"
    )
    desk = book.account("desk")
    assert [(p.instrument, p.size, p.entry_price) for p in desk.positions] == [("BTC-PERPETUAL", -1000.0, 62000.0)]
    assert [(p.instrument, p.size) for p in desk.orders] == [("BTC-PERPETUAL", 500.0)]
    assert desk.balances == {"BTC": 2.5}
    assert desk.charges == {"spot_margin": {"BTC": 0.01}}
    assert book.account("other").balances == {"USDC": 1000.0}


def test_without_an_account_column_the_account_is_called_book():
    assert read_csv("instrument,size\nBTC,1\n").accounts == ("book",)


def test_columns_come_in_any_order_and_case_with_spaces_around_them():
    book = read_csv(' Size , "Instrument",ACCOUNT\n 1.5 , "BTC", desk \n')
    assert book.account("desk").balances == {"BTC": 1.5}


def test_comments_blank_lines_crlf_and_a_byte_order_mark_are_no_rows():
    book = read_csv(b"\xef\xbb\xbf# a book\r\n\r\naccount,instrument,size\r\n  # inside\r\ndesk,BTC,1\r\n\r\n")
    assert book.account("desk").balances == {"BTC": 1.0}


@pytest.mark.parametrize("separator", [";", "\t"])
def test_another_separator_is_read_when_the_header_is_exactly_right(separator: str):
    text = separator.join(["account", "instrument", "size"]) + "\n" + separator.join(["desk", "BTC", "1.5"])
    assert read_csv(text).account("desk").balances == {"BTC": 1.5}


def test_another_separator_under_a_wrong_header_is_named():
    (problem,) = problems_of("account;instrument;amount\ndesk;BTC;1\n")
    assert "a semicolon" in problem.rule
    assert "account, instrument, size" in problem.rule


def test_a_wrong_header_tells_what_was_found_and_what_is_expected():
    (problem,) = problems_of("acct,instrument,qty\ndesk,BTC,1\n")
    assert problem.line == 1
    assert problem.value == "acct,instrument,qty"
    assert "'size' is missing" in problem.rule
    assert "'acct' is unknown" in problem.rule
    assert "'qty' is unknown" in problem.rule


def test_a_column_stated_twice_is_refused():
    (problem,) = problems_of("instrument,size,size\nBTC,1,2\n")
    assert "'size' is there twice" in problem.rule


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n"])
def test_an_empty_file_is_refused(text: str):
    (problem,) = problems_of(text)
    assert "header" in problem.rule


def test_a_header_alone_is_refused():
    (problem,) = problems_of(HEADER)
    assert "no rows" in problem.rule


@pytest.mark.parametrize("size", ["1,000", "ten", "1_000", "0x10", "1 000", "12%", "--1", "١٢", ""])
def test_sizes_that_are_no_plain_numbers_are_refused(size: str):
    (problem,) = problems_of(f'{HEADER}desk,BTC-PERPETUAL,"{size}"\n')
    assert (problem.field, problem.value, problem.line) == ("size", size, 2)


@pytest.mark.parametrize("size", ["nan", "NaN", "inf", "-Infinity", "1e999"])
def test_sizes_that_are_not_finite_are_refused(size: str):
    (problem,) = problems_of(f"{HEADER}desk,BTC-PERPETUAL,{size}\n")
    assert problem.rule == "sizes are finite numbers"


@pytest.mark.parametrize(("text", "size"), [("1e3", 1000.0), ("+5", 5.0), (".5", 0.5), ("-2.", -2.0), ("0", 0.0)])
def test_plain_numbers_in_every_spelling_are_taken(text: str, size: float):
    book = read_csv(f"{HEADER}desk,BTC-PERPETUAL,{text}\n")
    assert book.account("desk").positions[0].size == size


def test_a_thousands_separator_outside_quotes_is_a_row_too_long():
    (problem,) = problems_of(f"{HEADER}desk,BTC-PERPETUAL,1,000\n")
    assert "4 fields and the header has 3" in problem.rule
    assert "without separators" in problem.rule


def test_a_repeated_row_is_refused_with_both_lines():
    problems = problems_of(f"{HEADER}a,X-1,1\nb,X-1,1\n# comment\na,X-1,2\na,X-1,3\n")
    assert [(problem.line, "line 2" in problem.rule, "line 5" in problem.rule) for problem in problems] == [
        (5, True, False),
        (6, False, True),
    ]


def test_a_buy_and_a_sell_order_of_one_instrument_are_two_rows():
    book = read_csv("instrument,size,kind\nX-1,5,order\nX-1,-3,order\n")
    assert sorted(entry.size for entry in book.account("book").orders) == [-3.0, 5.0]


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("BTC,1,order,", "kind"),
        ("BTC-PERPETUAL,1,spot_margin,", "kind"),
        ("BTC,-1,spot_margin,", "size"),
        ("BTC,1,,62000", "entry_price"),
        ("BTC-PERPETUAL,1,,-5", "entry_price"),
        ("BTC-PERPETUAL,1,,abc", "entry_price"),
        ("BTC-PERPETUAL,1,held,", "kind"),
        ("BTC!,1,,", "instrument"),
        (",1,,", "instrument"),
    ],
)
def test_fields_that_contradict_each_other_are_refused(row: str, field: str):
    (problem,) = problems_of(f"instrument,size,kind,entry_price\n{row}\n")
    assert (problem.field, problem.line) == (field, 2)


def test_all_problems_of_a_file_come_at_once_in_the_order_of_its_lines():
    problems = problems_of(f"{HEADER},BTC,1\ndesk,BTC,ten\ndesk,X-1\ndesk,X-2,inf\n\ndesk,USDC,1\ndesk,USDC,1\n")
    assert [(problem.line, problem.field) for problem in problems] == [
        (2, "account"), (3, "size"), (4, "row"), (5, "size"), (8, "row"),
    ]  # fmt: skip


@pytest.mark.parametrize("row", ['desk,"BTC,1', 'desk,"BTC"x,1', "desk,BTC\0,1"])
def test_broken_quotes_and_signs_that_do_not_print_are_refused_with_their_line(row: str):
    problems = problems_of(f"{HEADER}desk,USDC,1\n{row}\ndesk,ETH,1\n")
    assert [problem.line for problem in problems] == [3]


def test_bytes_that_are_not_utf8_are_refused_with_their_line():
    (problem,) = problems_of(b"instrument,size\nBTC,1\n\xff,1\n")
    assert problem.line == 3
    (problem,) = problems_of("instrument,size\nBTC,1\n".encode("utf-16"))
    assert problem.value == "UTF-16"


def test_a_long_field_is_cut_where_it_is_shown():
    (problem,) = problems_of(f"{HEADER}desk,BTC-1,{'9' * 5000}x\n")
    assert len(str(problem)) < 500


def test_more_balances_than_memory_can_hold_are_refused():
    text = HEADER + "".join(f"a{i},C{i},1\n" for i in range(20_000))
    assert "dense" in problems_of(text)[0].rule


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(), st.binary(), st.text(alphabet='account,instrumentsize\n\r"#;\t-_.019eE ')))
def test_any_text_is_a_book_or_refused(text: str | bytes):
    with suppress(InputError):
        assert isinstance(read_csv(text), Book)


CELL = st.one_of(
    st.sampled_from(["desk", "a b", "BTC", "BTC-1", "X_Y", "", "1", "-2.5", "1e400", "nan", '"', "order", "#x"]),
    st.text(max_size=5),
)


@settings(max_examples=150, deadline=None)
@given(
    st.permutations(["account", "instrument", "size", "kind", "entry_price"]),
    st.lists(st.lists(CELL, min_size=4, max_size=6), max_size=8),
)
def test_any_rows_below_a_right_header_are_a_book_or_refused(header: list[str], rows: list[list[str]]):
    with suppress(InputError):
        book = read_csv(",".join(header) + "\n" + "\n".join(",".join(row) for row in rows))
        assert np.isfinite(book.positions.sizes).all()
        assert len(book.positions) + len(book.orders) <= len(rows)


NUMBER = st.floats(allow_nan=False, allow_infinity=False)
BOOKS = st.dictionaries(
    st.tuples(st.sampled_from(["desk", "fund 7", "ü"]), st.sampled_from(["BTC", "USDC", "BTC-1-C", "X_Y", "A-B"])),
    NUMBER.filter(lambda size: size != 0.0),
    min_size=1,
)


@settings(max_examples=100, deadline=None)
@given(BOOKS, st.randoms(use_true_random=False))
def test_a_file_becomes_a_book_becomes_the_same_rows_whatever_their_order(held, random):
    lines = [f"{account},{name},{size!r}" for (account, name), size in held.items()]
    book = read_csv(HEADER + "\n".join(lines))
    assert {(a, name): size for a, rows in held_by(book).items() for _kind, name, size, _price in rows} == held
    shuffled = random.sample(lines, len(lines))
    assert held_by(read_csv(HEADER + "\n".join(shuffled))) == held_by(book)


@settings(max_examples=50, deadline=None)
@given(BOOKS, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_column_of_an_account(held, random):
    rows = [{"account": account, "instrument": name, "size": size} for (account, name), size in held.items()]
    one, other = read_rows(rows), read_rows(random.sample(rows, len(rows)))
    assert one.instruments == other.instruments
    assert one.assets == other.assets
    for account in one.accounts:
        a, b = one.take([one.row(account)]), other.take([other.row(account)])
        assert np.array_equal(a.positions.columns, b.positions.columns)
        assert np.array_equal(a.positions.sizes, b.positions.sizes)
        assert np.array_equal(a.balances, b.balances)


@pytest.mark.slow
def test_a_million_rows_are_read_in_seconds():
    body = "".join(f"a{i // 10},BTC-{i % 10}-C,{i % 7 - 3}.5\n" for i in range(1_000_000))
    start = time.process_time()
    book = read_csv(HEADER + body)
    assert time.process_time() - start < 20.0  # about 2 s on one core of 2026; room for a slow and busy machine
    assert (len(book), len(book.positions)) == (100_000, 1_000_000)
    assert book.positions.lines[-1] == 1_000_001


@pytest.mark.slow
@pytest.mark.parametrize("row", ["a,BTC-1,x\n", "a,BTC-1\n", "a,BTC-1,1\n"])
def test_a_million_bad_rows_make_one_bounded_error_that_counts_them_once(row: str):
    with pytest.raises(InputError) as caught:
        read_csv(HEADER + row * 1_000_000)
    error = caught.value
    assert len(error.problems) == KEPT_PROBLEMS_COUNT
    assert error.count in (1_000_000, 999_999)  # of equal rows the first is right
    first, *shown = str(error).splitlines()
    assert first == f"{error.count:,} problems, the first 20:"
    assert len(shown) == 20
    assert all("book.csv, line" in line for line in shown)

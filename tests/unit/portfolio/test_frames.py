from __future__ import annotations

from types import ModuleType

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from seawall.core.errors import InputError
from tests.unit.portfolio.reading import held_by, read_csv, read_frame

LIBRARIES = [pd, pl, pa]
COLUMNS = {
    "account": ["desk", "desk", "other"],
    "instrument": ["BTC", "BTC-PERPETUAL", "BTC-25SEP26-70000-C"],
    "size": [2.5, -1000.0, 3.0],
    "kind": ["position", "position", "order"],
    "entry_price": [None, 62_000.0, None],
}


def frame(library: ModuleType, columns: dict[str, list[object]]):
    return pa.table(columns) if library is pa else library.DataFrame(columns)


@pytest.mark.parametrize("library", LIBRARIES)
def test_every_library_gives_the_book_of_the_same_csv(library: ModuleType):
    text = "account,instrument,size,kind,entry_price\n" + "\n".join(
        ",".join("" if cell is None else str(cell) for cell in row) for row in zip(*COLUMNS.values(), strict=True)
    )
    assert held_by(read_frame(frame(library, COLUMNS))) == held_by(read_csv(text))


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("column", ["account", "instrument", "size", "kind"])
def test_nulls_are_refused_with_their_row(library: ModuleType, column: str):
    cells = {**COLUMNS, column: [COLUMNS[column][0], None, COLUMNS[column][2]]}
    with pytest.raises(InputError) as caught:
        read_frame(frame(library, cells))
    (problem,) = caught.value.problems
    assert (problem.field, problem.where) == (column, "frame, row 1")


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_wrong_column_is_refused(library: ModuleType):
    with pytest.raises(InputError, match="'instrument, amount'; the columns are"):
        read_frame(frame(library, {"instrument": ["BTC"], "amount": [1.0]}))


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_frame_without_rows_is_refused(library: ModuleType):
    with pytest.raises(InputError, match="no rows"):
        read_frame(frame(library, {"instrument": [], "size": []}))


@pytest.mark.parametrize(
    "sizes", [pd.array([1, 2], dtype="Int64"), np.array([1, 2], np.int32), np.array([1, 2], np.float32), ["1", "2"]]
)
def test_any_number_column_of_pandas_is_taken(sizes: object):
    book = read_frame(pd.DataFrame({"instrument": ["A-1", "A-2"], "size": sizes}))
    assert book.positions.sizes.tolist() == [1.0, 2.0]


def test_pandas_own_null_is_refused():
    sizes = pd.array([1, None], dtype="Int64")
    with pytest.raises(InputError, match="row 1: size is"):
        read_frame(pd.DataFrame({"instrument": ["A-1", "A-2"], "size": sizes}))


def test_categories_and_lazy_frames_are_read():
    categories = pd.DataFrame({"instrument": pd.Categorical(["A-1", "A-2"]), "size": [1.0, 2.0]})
    assert read_frame(categories).instruments == ("A-1", "A-2")
    assert read_frame(pl.LazyFrame({"instrument": ["A-1"], "size": [1.0]})).instruments == ("A-1",)


@pytest.mark.parametrize("library", LIBRARIES)
def test_accounts_that_are_numbered_are_those_of_the_csv(library: ModuleType):
    book = read_frame(frame(library, {**COLUMNS, "account": [7, 7, 12]}))
    assert book.accounts == ("7", "12")


@pytest.mark.parametrize("ids", [[7.0, 8.5, 9.0], [True, False, True]])
@pytest.mark.parametrize("library", LIBRARIES)
def test_accounts_are_not_floats_or_truths(library: ModuleType, ids: list[object]):
    with pytest.raises(InputError, match="every row names its account, as text or a whole number"):
        read_frame(frame(library, {**COLUMNS, "account": ids}))

"""What a frozen type remembers: each answer once, by name and by the very thing, and never past the object."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, replace

import numpy as np
import pytest

from seawall.core.memo import Memo, remembered


@dataclass(frozen=True)
class Pot(Memo):
    litres: float


@remembered
def drops(pot: Pot, *, per_litre: float) -> list[float]:
    return [pot.litres * per_litre]


def test_an_answer_is_made_once_for_each_question() -> None:
    pot = Pot(2.0)
    assert drops(pot, per_litre=20.0) is drops(pot, per_litre=20.0)
    assert drops(pot, per_litre=20.0) != drops(pot, per_litre=30.0) == [60.0]


def test_a_changed_copy_asks_anew() -> None:
    pot = Pot(2.0)
    assert drops(pot, per_litre=20.0) == [40.0] != drops(replace(pot, litres=3.0), per_litre=20.0)


def test_arrays_are_known_by_being_the_same_and_not_by_what_they_hold() -> None:
    pot, one = Pot(2.0), np.array([1.0])
    same = one.copy()
    assert pot.once_for("sum", one, lambda: 1) == pot.once_for("sum", one, lambda: 2) == 1
    assert pot.once_for("sum", same, lambda: 3) == 3
    for n in range(100):  # each is gone before the next could take its place
        assert pot.once_for("sum", np.array([float(n)]), lambda n=n: n) == n


def test_what_fails_is_tried_again() -> None:
    pot = Pot(2.0)
    with pytest.raises(ZeroDivisionError):
        pot.once("share", lambda: 1 / 0)
    assert pot.once("share", lambda: 1) == 1


def test_a_pickle_and_an_equal_object_do_not_depend_on_what_was_asked() -> None:
    asked, fresh = Pot(2.0), Pot(2.0)
    drops(asked, per_litre=20.0)
    assert asked == fresh and hash(asked) == hash(fresh) and pickle.loads(pickle.dumps(asked)) == fresh

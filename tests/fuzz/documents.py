"""Documents that Hypothesis makes: of a decoder's own words, or one of its seeds with a part that is anything."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from hypothesis import strategies as st

from tests.fuzz.mutate import TEXTS

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(TEXTS) | st.text(max_size=20)
    | st.floats().map(str) | st.decimals().map(str)
)  # fmt: skip
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip


def documents(seeds: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """Return JSON documents whose keys, and some of whose texts, are those of a decoder's seeds."""
    trees = [tree for tree in map(parsed, seeds) if tree is not None]
    words = sorted({word for tree in trees for word in _words(tree)})
    keys = st.sampled_from(words) if words else st.text(max_size=5)
    leaves = SCALARS | keys
    made = st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=6), max_leaves=25
    )
    return made.map(written)


@st.composite
def changed(draw: st.DrawFn, seeds: Sequence[bytes]) -> bytes:
    """Return a seed in which one part is anything."""
    tree = parsed(draw(st.sampled_from(seeds)))
    root = [tree]
    places = list(_places(root))
    holder, key = places[draw(st.integers(0, len(places) - 1))]
    holder[key] = draw(ANYTHING)
    return written(root[0])


def parsed(content: bytes) -> Any:
    """Return a JSON document, None where it is none."""
    try:
        return json.loads(content)
    except ValueError:
        return None


def written(tree: Any) -> bytes:
    """Return a document as JSON, in which what is not finite is a bare word."""
    return json.dumps(tree).encode()


def _words(tree: Any) -> Iterator[str]:
    if isinstance(tree, dict):
        yield from tree
    elif isinstance(tree, str):
        yield tree
    for part in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from _words(part)


def _places(tree: Any) -> Iterator[tuple[Any, Any]]:
    for key, part in tree.items() if isinstance(tree, dict) else enumerate(tree):
        yield tree, key
        if isinstance(part, dict | list):
            yield from _places(part)

from __future__ import annotations

import hashlib
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.core.errors import InputError, SeawallError
from seawall.instruments import Future, Instrument, InstrumentTable, Option, Perpetual, Spot
from seawall.market import MarketSnapshot, Origin
from seawall.market.codec import MAGIC, MAX_BODY_BYTES, VERSION, decode, encode
from seawall.market.snapshot import COLUMNS, FLOAT_COLUMNS, ORIGIN_COLUMNS

PREFIX = struct.Struct("<8sHQ32s")
TABLE_COLUMNS = ("kind", "strike", "expiry_ns", "is_call", "inverse", "contract_size", "lot")

_assets = st.sampled_from(["BTC", "ETH", "USD", "USDC", "USDT", "SOL"])
_floats = st.floats(width=64)  # NaN, infinities, negative zero and subnormals among them
_times = st.integers(-(2**63), 2**63 - 1)
_plain = {"underlying": _assets, "quote": _assets, "settlement": _assets, "contract_size": _floats, "lot": _floats}


@st.composite
def tables(draw: st.DrawFn) -> InstrumentTable:
    names = draw(st.lists(st.text(max_size=12).filter(_encodable), max_size=6, unique=True))
    rows: list[Instrument] = []
    for name in names:
        facts: dict[str, Any] = {key: draw(strategy) for key, strategy in _plain.items()} | {"name": name}
        kind = draw(st.sampled_from([Option, Future, Perpetual, Spot]))
        if kind is not Spot:
            facts["inverse"] = draw(st.booleans())
        if kind in (Option, Future):
            facts["expiry_ns"] = draw(_times)
        if kind is Option:
            facts |= {"strike": draw(_floats), "is_call": draw(st.booleans())}
        rows.append(kind(**facts))
    return InstrumentTable.of(rows)


@st.composite
def snapshots(draw: st.DrawFn) -> MarketSnapshot:
    table = draw(tables())
    column = st.lists(_floats, min_size=len(table), max_size=len(table))
    origins = st.lists(st.sampled_from(list(Origin)), min_size=len(table), max_size=len(table))
    texts = st.text(max_size=20).filter(_encodable)
    index = draw(st.dictionaries(texts, _floats, max_size=4))
    return MarketSnapshot.of(
        table, name=draw(texts), venue=draw(texts), source=draw(texts), time_ns=draw(_times), index=index,
        index_origin={asset: draw(st.sampled_from(list(Origin))) for asset in index},
        notes=draw(st.lists(texts, max_size=3)),
        observed_ns=np.array(draw(st.lists(_times, min_size=len(table), max_size=len(table))), dtype=np.int64),
        **{name: draw(column) for name in FLOAT_COLUMNS}, **{name: draw(origins) for name in ORIGIN_COLUMNS},
    )  # fmt: skip


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def one_snapshot() -> MarketSnapshot:
    rows = [
        Option(name=f"BTC-25SEP26-{strike}-C", underlying="BTC", quote="USD", settlement="BTC", strike=float(strike),
               expiry_ns=1_790_323_200_000_000_000, is_call=True, inverse=True, lot=0.1)
        for strike in range(40_000, 90_000, 500)
    ]  # fmt: skip
    generator = np.random.default_rng(7)
    table = InstrumentTable.of(rows)
    return MarketSnapshot.of(
        table, name="one", venue="deribit", source="test", time_ns=1_785_607_084_000_000_000, index={"BTC": 62_650.25},
        mark=np.round(generator.uniform(0, 0.5, len(table)), 4), forward=np.full(len(table), 63_100.5),
        vol=np.round(generator.uniform(0.3, 0.9, len(table)), 4),
    )  # fmt: skip


def same_bits(left: np.ndarray, right: np.ndarray) -> bool:
    return left.dtype == right.dtype and left.tobytes() == right.tobytes()


def sealed(body: bytes, *, version: int = VERSION, length: int | None = None) -> bytes:
    """A file around any body, with a digest that agrees: what a forger would write."""
    prefix = PREFIX.pack(MAGIC, version, len(body) if length is None else length, hashlib.sha256(body).digest())
    return prefix + zlib.compress(body)


def body_of(content: bytes) -> bytes:
    return zlib.decompress(content[PREFIX.size :])


@given(snapshots())
def test_a_snapshot_comes_back_bit_for_bit(snapshot: MarketSnapshot) -> None:
    back = decode(encode(snapshot))
    assert (back.name, back.venue, back.source) == (snapshot.name, snapshot.venue, snapshot.source)
    assert (back.time_ns, back.notes) == (snapshot.time_ns, snapshot.notes)
    assert list(back.index) == list(snapshot.index)
    assert same_bits(np.array(list(back.index.values())), np.array([float(p) for p in snapshot.index.values()]))
    assert dict(back.index_origin) == dict(snapshot.index_origin)
    for column in COLUMNS:
        assert same_bits(getattr(back, column), getattr(snapshot, column)), column
    for column in TABLE_COLUMNS:
        assert same_bits(getattr(back.table, column), getattr(snapshot.table, column)), column
    for column in ("names", "underlying", "quote", "settlement"):
        assert getattr(back.table, column) == getattr(snapshot.table, column)
    assert back.digest == snapshot.digest


def test_what_is_read_is_read_only() -> None:
    back = decode(encode(one_snapshot()))
    assert not back.mark.flags.writeable
    assert not back.table.strike.flags.writeable


def test_equal_snapshots_are_equal_bytes() -> None:
    assert encode(one_snapshot()) == encode(one_snapshot())


def test_a_file_is_a_fraction_of_what_it_holds() -> None:
    content = encode(one_snapshot())
    assert len(content) < len(body_of(content)) / 4


def test_a_time_that_no_clock_shows_is_refused_even_in_a_forged_file() -> None:
    body = body_of(encode(one_snapshot()))
    assert b"1785607084000000000" in body
    with pytest.raises(InputError, match="time_ns is 9985607084000000000"):
        decode(sealed(body.replace(b"1785607084000000000", b"9985607084000000000")))


@pytest.mark.parametrize("content", [b"", b"\x89SEA", b"PK\x03\x04 some other file of some length", b'{"result": []}'])
def test_another_kind_of_file_is_refused_as_that(content: bytes) -> None:
    with pytest.raises(InputError, match="a snapshot file starts with"):
        decode(content)


def test_another_version_is_refused_with_what_to_do() -> None:
    with pytest.raises(InputError, match="version is 2; this seawall reads version 1; use the seawall that wrote it"):
        decode(sealed(body_of(encode(one_snapshot())), version=2))


def test_every_truncation_is_refused() -> None:
    content = encode(one_snapshot())
    for length in range(len(content)):
        with pytest.raises(InputError):
            decode(content[:length])
    with pytest.raises(InputError, match=r"far\.snap: body is .* it is truncated; the file is damaged; take it again"):
        decode(content[:-5], where="far.snap")


def test_bytes_after_the_end_are_refused() -> None:
    with pytest.raises(InputError, match="nothing follows the body"):
        decode(encode(one_snapshot()) + b"x")


@settings(max_examples=300)
@given(where=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_no_single_flipped_bit_goes_unseen(where: int, bit: int) -> None:
    content = bytearray(encode(one_snapshot()))
    content[where % len(content)] ^= 1 << bit
    try:
        back = decode(bytes(content))
    except InputError:
        return
    assert encode(back) == encode(one_snapshot())  # a bit of the deflate header that means nothing


def test_a_bomb_is_not_inflated() -> None:
    zeros = bytes(50 * 2**20)
    bomb = PREFIX.pack(MAGIC, VERSION, 1_000, b"\0" * 32) + zlib.compress(zeros)
    with pytest.raises(InputError, match="longer than it says"):
        decode(bomb)
    with pytest.raises(InputError, match="a body has"):
        decode(PREFIX.pack(MAGIC, VERSION, MAX_BODY_BYTES + 1, b"\0" * 32) + zlib.compress(zeros))


def test_a_damaged_body_is_told_by_its_digest() -> None:
    content = encode(one_snapshot())
    body = bytearray(body_of(content))
    body[-1] ^= 1
    with pytest.raises(InputError, match="digest is"):
        decode(content[: PREFIX.size] + zlib.compress(bytes(body)))


def test_codes_that_stand_for_nothing_are_refused_even_in_a_forged_file() -> None:
    body = bytearray(body_of(encode(one_snapshot())))
    body[-1] = 9  # the origin of the one index price
    with pytest.raises(InputError, match="index_origin"):
        decode(sealed(bytes(body)))


@given(st.binary(max_size=300))
def test_garbage_raises_only_errors_of_ours(junk: bytes) -> None:
    for content in (junk, MAGIC + junk, sealed(junk), sealed(struct.pack("<I", len(junk)) + junk)):
        with pytest.raises(SeawallError):
            decode(content)


@settings(max_examples=300)
@given(where=st.integers(0, 10**6), junk=st.binary(min_size=1, max_size=8))
def test_a_forged_body_raises_only_errors_of_ours(where: int, junk: bytes) -> None:
    body = bytearray(body_of(encode(one_snapshot())))
    place = where % len(body)
    body[place : place + len(junk)] = junk
    try:
        decode(sealed(bytes(body)))
    except SeawallError:
        return

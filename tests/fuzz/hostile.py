"""Fixed lists of hostile inputs: bytes that are no text, text that is no document, what grows out of proportion."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from typing import Any

from seawall.market.codec import MAGIC

LARGE = 1 << 17
"""Bytes of a large input: what takes time as a square of them takes far more than its limit."""
NEAR_THE_LIMIT = range(880, 1_000, 17)
"""Depths about which Python's readers of JSON give up; what reads a tree must not give up a little earlier."""

NOT_FINITE = ("NaN", "Infinity", "-Infinity", "1e400", "1" + "0" * 400)
"""What is no float64: words that JSON's readers take, and numbers that are too large, the last of them an integer."""
PLAIN_NUMBER = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?")
STRETCHED = ("1" * 100_000 + "x", "BTC-" * 25_000 + "C", "0." * 50_000)
"""Texts that a pattern with two ways to read a sign takes forever over."""


SMALL = (
    b"", b" ", b"\x00", b"\xff\xfe{\x00}\x00", b"\xef\xbb\xbf{}", b"\xc3\x28", b"\xed\xa0\x80", b"PK\x03\x04",
    b"\r\r\r", b"\x1f\x8b", b"\x1f\x8b\x08more", gzip.compress(b"{}", mtime=0), MAGIC, MAGIC + b"\x00" * 60, b"\n\n#\n",
    b"-", b"{", b"[", b'"', b"{}", b"[]", b"[[]]", b"[{}]", b"null", b"true", b"0", b'""', b"NaN", b"{}{}", b"[1,]",
    b'{"":""}', b'{"a":1,"a":2}', b'{"result":null}', b'{"result":{"result":{"result":[]}}}', b'{"data":[]}',
    b'{"error":{}}', b'{"error":"\\ud800"}', b'{"code":"1","msg":"\\ud800"}', b'{"retCode":1,"retMsg":null}',
    b'{"error":{"code":1,"message":"\\u001b[2J\\n"}}', b'{"positions":[],"summaries":[]}', b'{"get_instruments":[]}',
    b'{"positions":null,"summaries":null}', b'["\\ud800"]', b'{"\\udfff":1}', b'[{"\\u001b":1}]', b"1e400", b"-1e400",
    b"9" * 5_000, b"[" + b"9" * 5_000 + b"]", b"account,instrument,size", b"instrument,size\n", b"instrument,size\nBTC",
    b'instrument,size\n"BTC,1\n', b"instrument,size\n,\n", b"instrument,size\nBTC,nan\nBTC,1e999\nBTC,\xd9\xa1\n",
)  # fmt: skip
"""Short inputs that no decoder should take, or that few should."""
SIGNS = (
    b"[", b"]", b"{", b'{"a":', b",", b"\t", b'"', b"\\", b"\n", b"\r\n", b" ", b"-", b"_", b"0", b"A", b"\x00",
    b"\xff",
)  # fmt: skip
"""What a text is made long of."""


def around(seed: bytes) -> Iterator[bytes]:
    """Yield a seed cut off at some places, twice, and inside other things."""
    for part in range(1, 8):
        yield seed[: len(seed) * part // 8]
    yield from (seed[:-1], seed + seed, seed + b"\x00", b"[" + seed + b"]", b'{"result":' + seed + b"}", seed[::-1])
    yield from (seed.replace(b":", b"::"), seed.replace(b'"', b"'"), seed.swapcase())
    yield seed.decode("latin-1").encode("utf-16")


def nested(seed: bytes) -> Iterator[bytes]:
    """Yield a JSON object in which each key in turn holds something too deep, near the limit of Python's own reader."""
    try:
        tree = json.loads(seed)
    except ValueError:
        return
    keys = list(tree) if isinstance(tree, dict) else []
    for depth in NEAR_THE_LIMIT:
        deep = ["[" * depth + "]" * depth, '{"a":' * depth + "1" + "}" * depth][depth % 2]
        yield deep.encode()
        for key in keys[:3]:
            yield json.dumps(tree | {key: "@"}).replace('"@"', deep).encode()


def large() -> Iterator[bytes]:
    """Yield large inputs of what may cost more than its length: time that grows as a square, or memory."""
    for sign in SIGNS:
        yield sign * (LARGE // len(sign))
    yield b"[" + b"{}," * (LARGE // 3) + b"{}]"
    yield b"[" + b"null," * (LARGE // 5) + b"0]"
    yield b'{"result":[' + b"[]," * (LARGE // 3) + b"[]]}"
    yield b"{" + b",".join(b'"k%d":0' % i for i in range(LARGE // 12)) + b"}"
    yield b"{" + b'"k":0,' * (LARGE // 6) + b'"k":0}'
    yield b'["' + b"\\ud800" * (LARGE // 6) + b'"]'
    yield b"instrument,size\n" + b"BTC-PERPETUAL,1\n" * (LARGE // 16)
    yield b"instrument,size\n" + b'"a\n' * (LARGE // 3)
    yield b"instrument,size\n" + b"".join(b"A%d,1\n" % i for i in range(LARGE // 9))
    yield b"instrument,size\nBTC," + b"1" * LARGE
    yield b"instrument,size\nBTC," + b"1" * 100_000 + b"x"
    yield b",".join([b"instrument,size", *[b"x%d" % i for i in range(LARGE // 8)]])
    yield b"BTC-" * (LARGE // 4) + b"C"
    yield b"BTC 1" + b"1" * LARGE + b"@"


def stretched(seed: bytes) -> Iterator[bytes]:
    """Yield a JSON document with the first scalar under each key in turn made long: what reads it may read it often."""
    try:
        tree = json.loads(seed)
    except ValueError:
        return
    seen: set[str] = set()
    for holder, key in _scalars(tree):
        if key not in seen:
            seen.add(key)
            kept = holder[key]
            for text in STRETCHED:
                holder[key] = text
                yield json.dumps(tree).encode()
            holder[key] = kept


def multiplied(seed: bytes) -> Iterator[bytes]:
    """Yield a JSON document with each list of objects in turn made long, of equal rows and of differing ones."""
    try:
        tree = json.loads(seed)
    except ValueError:
        return
    for rows in _lists(tree):
        kept = list(rows)
        count = min(LARGE // max(len(json.dumps(kept)), 1), 2_000)
        rows[:] = kept * count
        yield json.dumps(tree).encode()
        rows[:] = [_numbered(row, i) for i in range(count) for row in kept]
        yield json.dumps(tree).encode()
        rows[:] = kept


def poisoned(seed: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield a JSON document with a number not finite, in text where it was text: the first under each key in turn."""
    try:
        tree = json.loads(seed)
    except ValueError:
        return
    seen: set[str] = set()
    for holder, key, path in list(_numbers(tree)):
        if path in seen:
            continue
        seen.add(path)
        kept = holder[key]
        holder[key] = "@"
        written = json.dumps(tree)
        quoted = isinstance(kept, str)
        for poison in NOT_FINITE:
            yield path, written.replace('"@"', f'"{poison}"' if quoted else poison).encode()
        holder[key] = kept


def _numbers(tree: object) -> Iterator[tuple[Any, Any, str]]:
    """Yield the places of all numbers, and of all texts that are numbers, with the keys that lead there."""
    waiting = [("$", tree)]
    while waiting:
        path, part = waiting.pop()
        places = list(part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ())
        for key, held in places:
            here = f"{path}.{key}" if isinstance(part, dict) else f"{path}[]"
            if isinstance(held, dict | list):
                waiting.append((here, held))
            elif not isinstance(held, bool) and PLAIN_NUMBER.fullmatch(str(held)):
                yield part, key, here


def _scalars(tree: object) -> Iterator[tuple[dict[str, object], str]]:
    waiting = [tree]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            yield from ((part, key) for key, held in list(part.items()) if not isinstance(held, dict | list))
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)


def _lists(tree: object) -> Iterator[list[dict[str, object]]]:
    waiting = [tree]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)
            if part and all(isinstance(row, dict) for row in part):
                yield part


def _numbered(row: dict[str, object], i: int) -> dict[str, object]:
    """Return a row whose texts differ from those of its copies."""
    return {key: f"{held}{i}" if isinstance(held, str) else held for key, held in row.items()}

"""Hostile changes of a valid input, by the seed of a random source: the same seed makes the same change.

JSON is changed as a tree and written with a writer of our own, because what matters most is what no writer writes: a
key that stands twice, NaN, a number of a thousand digits, half a surrogate pair, a list a thousand deep.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, TypeAlias

Mutator: TypeAlias = Callable[[bytes, Random], bytes]

CHANGES = (1, 1, 1, 1, 2, 2, 3, 5)
"""How many changes one input gets: one finds a missing check, two that meet find what checks each other."""
LONG = 5_000
"""Characters of an overlong text, and digits of an overlong number: above Python's own limit for integers (4,300)."""
DEEP = (50, 500, 900, 960, 985, 20_000)
"""Depths of nesting: what any reader takes, about what Python's own takes (1,000 less its callers), what none does."""

HUGE_INTEGERS = ("1" + "0" * 400, "-1" + "0" * 400, "1" + "0" * 309, "9" * 310, "9" * 4_000)
"""Integers that JSON has and float64 has not: `float` of one raises where NaN and 1e400 pass."""
NUMBERS = (
    "NaN", "Infinity", "-Infinity", "1e400", "-1e400", "1e-400", "-0.0", "0", "-1", "1.5", "0.1", "1e308", "-1e308",
    "1.7976931348623157e308", "5e-324", "1e15", "1e16", "1e22", "9007199254740993", "2147483648", "4294967296",
    "9223372036854775807", "9223372036854775808", "-9223372036854775809", "18446744073709551616", *HUGE_INTEGERS,
    "9" * LONG, "32503708800000", "253402300800000", "8640000000000001",
)  # fmt: skip
TEXTS = (
    "", " ", "0", "-0", "-1", "NaN", "nan", "inf", "-Infinity", "1e999", "-1e999", "1e-400", "1e308", "1e16", "1e5",
    "+5", " 7 ", "1_000", "1,000", "0x10", "1e", ".", "-", "--1", "1.2.3", "١٢٣", "１２", "½", "null", "true", "None",
    "BTC", "USD", "btc", "\ud800", "\udc00x", "\x00", "a\nb", "\x1b[2J", "\u202eCTB", "\ufeff", "😀", "A" * LONG,
    "9" * LONG, "1" * 400, "0." + "0" * 400 + "1", "9223372036854775808", "-9223372036854775809",
    "99999999999999999999999", "2026-02-30", "BTC-PERPETUAL", "BTC-USD-SWAP", "BTCUSDT", "BTC_USDC",
    "BTC-25SEP26-100000-C", "USD-1", "__proto__", "%s%n", "../x",
)  # fmt: skip
NAME_PARTS = (
    "", "0", "1", "-1", "0d0", "0d5", "1d", "d5", "NaN", "inf", "1e5", "1E400", "00100", "1_000", "١٢٣",
    "99999999999999999999", "9" * 400, "31FEB26", "29FEB27", "0JAN26", "1JAN00", "25sep26", "991332", "260230",
    "000000", "20260230", "20260926", "99991231", "00000000", "C", "P", "c", "X", "CP", "PERPETUAL", "PERP", "SWAP",
    "USD", "USDT", "USDC", "USDT0", "BTC", "btc", "A" * 40, "\ud800", "\x00", " ", "\n",
)  # fmt: skip
TOML_VALUES = (
    "nan", "inf", "-inf", "1e400", "-1", "0", "1e308", "1" + "0" * 400, "9" * LONG, "true", "[]", "{}", '""', "[[]]",
    "[{}]", "2026-08-01", "2026-08-01T00:00:00Z", "0001-01-01", "12:00:00", '"x"', '["x", 1]', "0x1F", "1_000",
    "{a = 1}", "{value = 1}", "[nan]", "[[1], [2]]", '"\\u0000"', '"\\ud800"', '"' + "A" * LONG + '"',
    "[" * 500 + "]" * 500, "[" * 20_000 + "]" * 20_000, "{a = " * 500 + "1" + "}" * 500,
)  # fmt: skip
TOML_LINES = (
    "policy = 1", "sources = 1", "rules = 1", "rules = []", "[rules.x]", "[rules]", "x = 1", "[sources]", "[policy]",
    "[[rules]]", "[[general]]", "general = 1", "value = 1", "a" + ".a" * 500 + " = 1", "[a" + ".a" * 500 + "]",
    "min = 5", "choices = [1]", "unit = 1", 'kind = "words"', "kind = []", "title = []", "notes = {}", '"" = 1',
    '"\\u0000" = 1',
)  # fmt: skip
XML_PARTS = (
    "<!--", "<![CDATA[x]]>", "<?x y?>", "&lt;", "&#0;", "&#65;", "&x;", "<a>", "</a>", "<a/>", "<x:a/>", "<ra>",
    "</ra>", "<pe>202613</pe>", "<a>" * 100, "<!DOCTYPE a [<!ENTITY b 'c'>]>", "<a a='1' a='2'/>",
)  # fmt: skip
BYTES = (
    b"\x00", b"\xff", b"\x7f", b"\x80", b"\xf0", b"\xc3", b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"\n", b"-",
)  # fmt: skip

_PARTS = re.compile(r"([-_/:. ])")
_TOML_VALUE = re.compile(r'("[^"]*"|[-+.\w]+(?=\s*[,}\]]|$))')
_XML_TEXT = re.compile(r"(?<=>)([^<>]+)(?=<)")
_HEAD_LENGTH = struct.Struct("<I")


class Raw(str):
    """Text that stands in the document as it is: numbers, and what no writer would write."""

    __slots__ = ()


class Pairs(list[tuple[Any, Any]]):
    """An object as its pairs, in which a key may stand twice."""


def mutated_json(content: bytes, rng: Random) -> bytes:
    """Return a JSON document with some of its parts changed; what is no JSON is changed by the byte."""
    try:
        text = content.decode("utf-8", "surrogatepass")
        root = [json.loads(text, object_pairs_hook=Pairs, parse_int=Raw, parse_float=Raw, parse_constant=Raw)]
        for _ in range(rng.choice(CHANGES)):
            _change_tree(root, rng)
        made = written(root[0])
    except (ValueError, RecursionError):
        return mutated_bytes(content, rng)
    return mutated_bytes(made, rng) if rng.random() < 0.05 else made


def written(tree: Any) -> bytes:
    """Return a tree of lists, `Pairs`, `Raw` and plain scalars as JSON text, faults and all."""
    return _text(tree).encode("utf-8", "surrogatepass")


def mutated_csv(content: bytes, rng: Random) -> bytes:
    """Return a CSV text with some of its cells or lines changed."""
    lines = content.decode("utf-8", "replace").split("\n")
    for _ in range(rng.choice(CHANGES)):
        i = rng.randrange(len(lines))
        match rng.randrange(8):
            case 0:
                del lines[i]
            case 1:
                lines.insert(i, lines[rng.randrange(len(lines))])
            case 2:
                lines[i] = lines[i].replace(",", rng.choice([";", "\t", ", ", ",,", '","', "|"]))
            case 3:
                lines[i] = (lines[i] * rng.choice([2, 500]))[: 4 * LONG]
            case _:
                cells = lines[i].split(",")
                place = rng.randrange(len(cells))
                cells[place] = rng.choice(
                    [rng.choice(TEXTS), rng.choice(NUMBERS), mutated_text(cells[place], rng), '"', '"a""', "#"]
                )
                lines[i] = ",".join(cells)
        lines = lines or [""]
    made = rng.choice(["\n", "\n", "\n", "\r\n", "\r"]).join(lines).encode("utf-8", "surrogatepass")
    return mutated_bytes(made, rng) if rng.random() < 0.1 else made


def mutated_xml(content: bytes, rng: Random) -> bytes:
    """Return an XML text with the texts of some elements changed, or some elements left out or doubled."""
    parts = _XML_TEXT.split(content.decode("utf-8", "replace"))  # texts stand at odd places, tags around them
    for _ in range(rng.choice(CHANGES)):
        at = rng.randrange(1, len(parts), 2) if len(parts) > 1 else 0
        match rng.randrange(10):
            case 0:
                del parts[max(at - 1, 0) : at + 1]
            case 1:
                parts[at:at] = parts[at - 1 : at + 1] * rng.choice([1, 1, 50])
            case 2:
                parts[at - 1] = mutated_text(parts[at - 1], rng)
            case 3:
                parts[at - 1] += rng.choice(XML_PARTS)
            case _:
                parts[at] = rng.choice([rng.choice(TEXTS), rng.choice(NUMBERS), mutated_text(parts[at], rng)])
        parts = parts if len(parts) > 1 else ["<a>", "", "</a>"]
    made = "".join(parts).encode("utf-8", "surrogatepass")
    return mutated_bytes(made, rng) if rng.random() < 0.1 else made


def mutated_toml(content: bytes, rng: Random) -> bytes:
    """Return a TOML text with some of its values, keys or lines changed."""
    lines = content.decode("utf-8", "replace").split("\n")
    for _ in range(rng.choice(CHANGES)):
        i = rng.randrange(len(lines))
        key, equals, held = lines[i].partition("=")
        match rng.randrange(10):
            case 0:
                del lines[i]
            case 1:
                lines.insert(i, lines[rng.randrange(len(lines))])
            case 2:
                lines[i] = mutated_text(lines[i], rng)
            case 3:
                lines.insert(i, rng.choice(TOML_LINES))
            case _ if equals:
                parts = _TOML_VALUE.split(held)  # values stand at odd places
                at = rng.randrange(1, len(parts), 2) if len(parts) > 1 else 0
                parts[at] = rng.choice(TOML_VALUES)
                lines[i] = key + equals + "".join(parts)
            case _:
                lines[i] = lines[i].replace(".", "..") if rng.random() < 0.3 else mutated_text(lines[i], rng)
        lines = lines or [""]
    made = "\n".join(lines).encode("utf-8", "surrogatepass")
    return mutated_bytes(made, rng) if rng.random() < 0.1 else made


def as_text(content: bytes) -> str:
    """Return any bytes as text, half surrogate pairs too: JSON can hold them, and so can a command line."""
    try:
        return content.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def mutated_name(content: bytes, rng: Random) -> bytes:
    """Return a name, or another short text, with some of its parts changed."""
    text = as_text(content)
    for _ in range(rng.choice(CHANGES)):
        text = mutated_text(text, rng)
    return text.encode("utf-8", "surrogatepass")


def mutated_body(content: bytes, rng: Random) -> bytes:
    """Return the body of a snapshot file with its head changed as JSON, or its columns by the byte."""
    if len(content) < _HEAD_LENGTH.size:
        return mutated_bytes(content, rng)
    (length,) = _HEAD_LENGTH.unpack_from(content)
    head, rest = content[_HEAD_LENGTH.size :][:length], content[_HEAD_LENGTH.size + length :]
    if rng.random() < 0.4:
        head = mutated_json(head, rng)
    else:
        changed = bytearray(rest)
        for _ in range(rng.randint(1, 16) if changed else 0):
            changed[rng.randrange(len(changed))] = rng.choice([0, 1, 0x7F, 0x80, 0xF0, 0xFF, rng.randrange(256)])
        rest = bytes(changed)
    return _HEAD_LENGTH.pack(len(head)) + head + rest


def mutated_bytes(content: bytes, rng: Random) -> bytes:
    """Return bytes with some cut off, flipped, put in or doubled."""
    made = bytearray(content)
    for _ in range(rng.choice(CHANGES)):
        at = rng.randrange(len(made) + 1)
        match rng.randrange(5):
            case 0:
                del made[at:]
            case 1:
                made[at:at] = rng.choice(BYTES)
            case 2 if at < len(made):
                made[at] ^= 1 << rng.randrange(8)
            case 3:
                made[at : at + rng.randint(1, 40)] = b""
            case _:
                made[at:at] = made[at : at + rng.randint(1, 40)]
    return bytes(made)


def mutated_text(text: str, rng: Random) -> str:
    """Return a text with a part changed, as names and numbers in text are made of parts."""
    parts = _PARTS.split(text)
    i = rng.randrange(len(parts))
    match rng.randrange(8):
        case 0:
            parts[i] = ""
        case 1:
            parts.insert(i, parts[rng.randrange(len(parts))])
        case 2:
            parts[i] = parts[i].swapcase()
        case 3:
            parts[i] += rng.choice(["0", "9", "C", "-", "_", " ", "\n", "\x00", "é"])
        case 4:
            return "-" + text
        case 5:
            return rng.choice(TEXTS)
        case _:
            parts[i] = rng.choice(NAME_PARTS)
    return "".join(parts)


def _change_tree(root: list[Any], rng: Random) -> None:
    """Change one part of the tree whose root is the only item of a list."""
    holders = _holders(root)
    places = [(holder, i) for holder in holders for i in range(len(holder))]
    holder, i = rng.choice(places)
    held = holder[i][1] if isinstance(holder, Pairs) else holder[i]
    if isinstance(holder, Pairs) and rng.random() < 0.15:
        _change_key(holder, i, rng)
        return
    match rng.randrange(12):
        case 0 if holder is not root:
            del holder[i]
            return
        case 1 if holder is not root:  # the key, or the row, a second time
            holder.insert(rng.randint(0, len(holder)), holder[i])
            return
        case 2:
            other, j = rng.choice(places)
            made = other[j][1] if isinstance(other, Pairs) else other[j]
            if isinstance(made, list):  # a tree that holds itself has no end
                made = Raw(_text(made))
        case 3:
            depth = rng.choice(DEEP)
            made = Raw("[" * depth + "]" * depth if rng.random() < 0.5 else '{"a":' * depth + "1" + "}" * depth)
        case 4:
            made = Raw(rng.choice(["null", "true", "false", "[]", "{}", "[{}]", "[[]]", '{"":0}', '""']))
        case 5:
            made = Raw(f"[{_text(held)}]") if rng.random() < 0.5 else Raw(f'{{"a":{_text(held)}}}')
        case 6:  # a number as text, a text as a number or a bare word
            made = str(held) if isinstance(held, Raw) else Raw(held) if isinstance(held, str) else Raw("0")
            made = Raw("null") if made == "" else made
        case 7 | 8 if isinstance(held, str) and not isinstance(held, Raw):
            made = mutated_text(held, rng)
        case 7 | 8 if isinstance(held, Raw):
            shapes = [f"-{held}".replace("--", ""), f"{held}0", f"{held}e9", f"{held}e-9", f"{held}.5"]
            made = Raw(rng.choice([*shapes, rng.choice(HUGE_INTEGERS)]))
        case 9 | 10:
            made = rng.choice(TEXTS)
        case _:
            made = Raw(rng.choice(NUMBERS))
    holder[i] = (holder[i][0], made) if isinstance(holder, Pairs) else made


def _change_key(holder: Pairs, i: int, rng: Random) -> None:
    key, held = holder[i]
    match rng.randrange(4):
        case 0:
            holder[i] = (holder[rng.randrange(len(holder))][0], held)
        case 1:
            holder[i] = (rng.choice(TEXTS), held)
        case 2:
            holder.append((key, Raw(rng.choice(NUMBERS))))
        case _:
            holder[i] = (mutated_text(str(key), rng), held)


def _holders(root: list[Any]) -> Sequence[list[Any]]:
    """Return every list and object of a tree that holds something."""
    found, waiting = [], [root]
    while waiting:
        holder = waiting.pop()
        if holder:
            found.append(holder)
        held = [pair[1] for pair in holder] if isinstance(holder, Pairs) else holder
        waiting.extend(part for part in held if isinstance(part, list))
    return found


def _text(tree: Any) -> str:
    if isinstance(tree, Raw):
        return tree
    if isinstance(tree, Pairs):
        pairs = (f"{json.dumps(key, ensure_ascii=_has_half(key))}:{_text(held)}" for key, held in tree)
        return "{" + ",".join(pairs) + "}"
    if isinstance(tree, list):
        return "[" + ",".join(map(_text, tree)) + "]"
    return json.dumps(tree, ensure_ascii=_has_half(tree))


def _has_half(text: object) -> bool:
    """Return whether a text holds half a surrogate pair, which only an escape can write in valid UTF-8."""
    return isinstance(text, str) and any("\ud800" <= sign <= "\udfff" for sign in text)

"""XML from outside, as a plain tree: no document type, so no entities, and no nesting without end."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from xml.etree.ElementTree import Element, ParseError, fromstring
from xml.parsers import expat

from seawall.core.errors import InputError, Problem

DEEPEST = 64
"""A parameter file nests about ten deep."""


def parse_xml(content: bytes, *, name: str) -> Element:
    """Return the root of a document. It is read twice: once for what is refused, once by the quicker reader of trees.

    Raises
    ------
    InputError
        When it is no well-formed XML, declares a document type (and so perhaps entities), or nests too deep.

    Examples
    --------
    >>> text_of(parse_xml(b"<a><b>1</b><b>2</b></a>", name="x"), "b")
    '1'
    >>> parse_xml(b"<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>", name="x.spn")
    Traceback (most recent call last):
    ...
    seawall.core.errors.InputError: x.spn, line 1: document type is 'a'; a parameter file declares none, and no entities
    """
    parser = expat.ParserCreate()

    def refuse(doctype: str, *_rest: object) -> None:
        rule = "a parameter file declares none, and no entities"
        raise InputError(Problem("document type", doctype, rule, where=name, line=parser.CurrentLineNumber))

    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(content, True)  # noqa: FBT003 - expat takes it by position
        root = fromstring(content)  # it has no document type, and so nothing that could expand
    except expat.ExpatError as broken:
        reason = expat.ErrorString(broken.code)
        raise InputError(Problem("file", reason, "it is well-formed XML", where=name, line=broken.lineno)) from None
    except ParseError as broken:  # of names with a prefix that nothing declares
        rule = "it is well-formed XML"
        raise InputError(Problem("file", str(broken), rule, where=name, line=broken.position[0])) from None
    except (LookupError, ValueError) as broken:  # an encoding that nobody knows
        raise InputError(Problem("file", str(broken), "it is XML in a known encoding", where=name)) from None
    level, depth = [root], 0
    while level:
        depth += 1
        if depth > DEEPEST:
            line = lines_of(content, root, [level[0]])[level[0]]
            rule = f"elements nest at most {DEEPEST} deep"
            raise InputError(Problem("element", level[0].tag, rule, where=name, line=line))
        level = [child for element in level for child in element]
    return root


def lines_of(content: bytes, root: Element, elements: Collection[Element]) -> Mapping[Element, int]:
    """Return the line that each of some elements begins on: asked for messages only, so that a tree need not know."""
    wanted = {id(element): element for element in elements}
    places = {i: element for i, element in enumerate(root.iter()) if id(element) in wanted}
    found: dict[Element, int] = {}
    parser, count = expat.ParserCreate(), 0

    def begin(_tag: str, _attributes: object) -> None:
        nonlocal count
        if count in places:
            found[places[count]] = parser.CurrentLineNumber
        count += 1

    parser.StartElementHandler = begin
    parser.Parse(content, True)  # noqa: FBT003 - expat takes it by position
    return found


def text_of(element: Element, tag: str, default: str = "") -> str:
    """Return the text of the first child of a tag."""
    found = element.findtext(tag)
    return default if found is None else found.strip()

"""XML from outside, as a plain tree: no document type, so no entities, and no nesting without end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat  # what it expands is refused below

from seawall.core.errors import InputError, Problem

DEEPEST = 64
"""A parameter file nests about ten deep."""


@dataclass(slots=True)
class Node:
    """An element: its tag, the line it begins on, its own text, its children."""

    tag: str
    line: int
    text: str = ""
    children: list[Node] = field(default_factory=list)

    def all(self, tag: str) -> Iterator[Node]:
        """Yield the children of a tag."""
        return (child for child in self.children if child.tag == tag)

    def first(self, tag: str) -> Node | None:
        """Return the first child of a tag; None where there is none."""
        return next(self.all(tag), None)

    def text_of(self, tag: str, default: str = "") -> str:
        """Return the text of the first child of a tag."""
        found = self.first(tag)
        return default if found is None else found.text.strip()


def parse_xml(content: bytes, *, name: str) -> Node:
    """Return the root of a document.

    Raises
    ------
    InputError
        When it is no well-formed XML, declares a document type (and so perhaps entities), or nests too deep.

    Examples
    --------
    >>> parse_xml(b"<a><b>1</b><b>2</b></a>", name="x").text_of("b")
    '1'
    >>> parse_xml(b"<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>", name="x.spn")
    Traceback (most recent call last):
    ...
    seawall.core.errors.InputError: x.spn, line 1: document type is 'a'; a parameter file declares none, and no entities
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    top = Node("", 0)
    stack = [top]

    def begin(tag: str, _attributes: dict[str, str]) -> None:
        if len(stack) > DEEPEST:
            rule = f"elements nest at most {DEEPEST} deep"
            raise InputError(Problem("element", tag, rule, where=name, line=parser.CurrentLineNumber))
        node = Node(tag, parser.CurrentLineNumber)
        stack[-1].children.append(node)
        stack.append(node)

    def end(_tag: str) -> None:
        stack.pop()

    def text(piece: str) -> None:
        stack[-1].text += piece

    def refuse(doctype: str, *_rest: object) -> None:
        rule = "a parameter file declares none, and no entities"
        raise InputError(Problem("document type", doctype, rule, where=name, line=parser.CurrentLineNumber))

    parser.StartElementHandler, parser.EndElementHandler = begin, end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = text, refuse
    try:
        parser.Parse(content, True)  # noqa: FBT003 - expat takes it by position
    except expat.ExpatError as broken:
        reason = expat.ErrorString(broken.code)
        raise InputError(Problem("file", reason, "it is well-formed XML", where=name, line=broken.lineno)) from None
    except (LookupError, ValueError) as broken:  # an encoding that nobody knows
        raise InputError(Problem("file", str(broken), "it is XML in a known encoding", where=name)) from None
    return top.children[0]

"""Sections as HTML: one template, everything in it escaped but the charts that we drew ourselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

from seawall.core.errors import SeawallError
from seawall.reporting.blocks import Part


@dataclass(frozen=True, slots=True)
class Head:
    """Title of the page, and what it reports on: names and what they are."""

    title: str
    facts: tuple[tuple[str, str], ...]


def render(head: Head, parts: Sequence[Part]) -> str:
    """Return the page.

    Raises
    ------
    SeawallError
        When jinja2 is not installed.
    """
    try:
        from jinja2 import Environment, StrictUndefined
    except ImportError:
        raise SeawallError("a report needs jinja2: pip install 'seawall[report]'") from None
    here = files("seawall.reporting")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    template = environment.from_string(here.joinpath("page.html.jinja").read_text(encoding="utf-8"))
    style = here.joinpath("page.css").read_text(encoding="utf-8")
    return template.render(head=head, parts=parts, style=style)

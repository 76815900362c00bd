"""Pages that several tests read, and what is in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser

import seawall as sw
from seawall.reporting.blocks import Part, Section
from seawall.reporting.render import Head, render

MARKET = "deribit-btc-2026-08-01"
HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(1)> {{7*7}} & $x$'


@cache
def page_of(account: str, policy: str = "deribit/x_pm") -> str:
    """Return the report of one account of the demo book."""
    return sw.report("demo", MARKET, policy, account=account)


@cache
def hostile_page() -> str:
    """Return the report of two accounts: one with a name that wants to be markup and without a margin, one plain."""
    broken = sw.Account(HOSTILE, (sw.Position("BTC-25SEP26-70000-C", -2.0),), {"BTC": 1.0, "DOGE": 100.0})
    plain = sw.Account("plain", (sw.Position("BTC-PERPETUAL", -10_000.0),), {"BTC": 1.0})
    return sw.report(sw.Book.of([broken, plain], origin=HOSTILE), MARKET, title=HOSTILE)


@dataclass
class Seen(HTMLParser):
    """Elements of a page with their attributes, and the text between."""

    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    marked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Note a text, and whether it stands in a cell that is marked."""
        if data.strip():
            self.texts.append(data.strip())
            if self.tags and "marked" in (self.tags[-1][1].get("class") or "").split():
                self.marked.append(data.strip())

    def of(self, tag: str) -> list[dict[str, str | None]]:
        """Return the attributes of every element of a kind."""
        return [attributes for name, attributes in self.tags if name == tag]


@cache
def seen(page: str) -> Seen:
    """Return what is in a page."""
    found = Seen()
    found.feed(page)
    found.close()
    return found


def section_of(page: str, key: str, *, account: int = 0) -> Seen:
    """Return what is in one section of an account, or of the end of the page."""
    address = next(one for one in (f"a{account}-{key}", f"basis-{key}") if f'id="{one}"' in page)
    start = page.rindex("<section", 0, page.index(f'id="{address}"'))
    return seen(page[start : page.index("</section>", start)])


def written(section: Section) -> str:
    """Return a page of one section alone."""
    return render(Head("one section", ()), (Part("a0", "one", (section,)),))

"""What a command shows while it works: on standard error, and only where a person looks at it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

DELAY_SECONDS = 0.5
"""Shorter work shows nothing: a line that flickers helps nobody."""


@contextmanager
def working(what: str) -> Iterator[None]:
    """Show what is being done and for how long, until it is; nothing where standard error is no terminal."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    shown = Progress(
        TextColumn("{task.description}"), BarColumn(bar_width=24), TimeElapsedColumn(),
        console=Console(stderr=True), transient=True,
    )  # fmt: skip
    shown.add_task(what, total=None)  # a length that is not known: one evaluation does it all
    from threading import Timer

    late = Timer(DELAY_SECONDS, shown.start)
    late.daemon = True
    late.start()
    try:
        yield
    finally:
        late.cancel()
        late.join()
        shown.stop()

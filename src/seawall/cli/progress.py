"""What a command shows while it works: on standard error, and only where a person looks at it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

DELAY_SECONDS = 0.5
"""Shorter work shows nothing: a line that flickers helps nobody."""


@contextmanager
def working(what: str) -> Iterator[Callable[[str, int], None]]:
    """Show what is being done and for how long, until it is; nothing where standard error is no terminal.

    Yields what may be told each step when it is begun, with its name and how many there are; the bar then has a length.
    """
    if not sys.stderr.isatty():
        yield lambda _name, _count: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    shown = Progress(
        TextColumn("{task.description}", markup=False), BarColumn(bar_width=24), TimeElapsedColumn(),
        console=Console(stderr=True), transient=True,
    )  # fmt: skip
    task = shown.add_task(what, total=None)  # a length that is not known, unless steps are told
    from threading import Timer

    late = Timer(DELAY_SECONDS, shown.start)
    late.daemon = True
    late.start()
    begun: list[str] = []

    def step(name: str, count: int) -> None:
        shown.update(task, description=f"{what}: {name}", total=count, completed=len(begun))
        begun.append(name)

    try:
        yield step
    finally:
        late.cancel()
        late.join()
        shown.stop()

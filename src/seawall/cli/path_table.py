"""What `seawall path` shows: accounts side by side, one account step by step, and what comes of each in words."""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table
from rich.text import Text

from seawall.cli.plain_table import plain_table
from seawall.cli.stress import whole_ratio
from seawall.market import MarketSnapshot
from seawall.risk.path_result import MarginPath, Step

SHOWN_ACCOUNTS_COUNT = 50
SHOWN_STEPS_COUNT = 60
NAME_WIDTH = 26
SWING_DAYS = (1.0, 5.0)
"""Over how many days the largest rise of margin is told."""


def overviews(found: MarginPath, width: int) -> Iterator[Table]:
    """Yield the margin ratio of each account at each step and what is called there, as many steps as fit."""
    shown = found.accounts[:SHOWN_ACCOUNTS_COUNT]
    labels = [step.label for step in found.of(shown[0])][:SHOWN_STEPS_COUNT]
    cells_width = max(len(f"{step.called:,.0f}") for step in found.steps)
    count = max((width - NAME_WIDTH) // (max(cells_width, *map(len, labels)) + 2), 1)
    done = "and paid" if found.answer == "pay" else "nothing is paid"
    for start in range(0, len(labels), count):
        title = "" if start else f"margin ratio, 100 % is liquidation; below it what is called, USD, {done}"
        table = plain_table(title)
        table.add_column("account", overflow="fold", min_width=10)
        for label in labels[start : start + count]:
            table.add_column(label, justify="right", overflow="fold")
        for name in shown:
            cells = [_cell(step) for step in found.of(name)[start : start + count]]
            table.add_row(name, *cells)
        yield table


def _cell(step: Step) -> Text:
    called = f"{step.called:,.0f}" if step.called >= 0.5 else "-"
    return Text(f"{whole_ratio(step.ratio)}\n{called}", style=_style(step))


def _style(step: Step) -> str:
    return "bold red" if step.acts else "yellow" if step.called >= 0.5 else ""


def step_table(found: MarginPath, market: MarketSnapshot, *, wide: bool) -> Table:
    """Return one account step by step, with the price of the first underlying."""
    name, asset = found.accounts[0], market.table.underlyings[0]
    steps = found.of(name)
    late = any(step.ratio_seen != step.ratio for step in steps)
    table = plain_table(f"{name}, USD; a margin ratio of 100 % is liquidation")
    table.add_column("step", overflow="fold", min_width=8)
    table.add_column("after", justify="right", no_wrap=True)
    fixed = ["calibrated once"] if found.policies else []
    names = ["equity", "initial", *fixed, "called", "ratio"]
    if wide:
        names = ["equity", "initial", *fixed, "maintenance", "called", "paid in", "ratio", "closing costs"]
    for column in [asset, *names, *(["by the oracle"] if late and wide else ["oracle"] if late else [])]:
        table.add_column(column, justify="right", no_wrap=True)
    assert found.path is not None
    for step, move in zip(steps[:SHOWN_STEPS_COUNT], found.path.moves, strict=False):
        price = market.price_usd(asset) * (1.0 + move.spot.get(asset, 0.0))
        figures = [price, step.equity, step.initial_margin, *([step.initial_margin_fixed] if fixed else [])]
        figures += [step.maintenance_margin, step.called, step.paid] if wide else [step.called]
        cells = [Text(f"{number:,.0f}") for number in figures]
        cells.append(Text(whole_ratio(step.ratio), style=_style(step)))
        if wide:
            cells.append(Text("n/a" if step.closing_cost != step.closing_cost else f"{step.closing_cost:,.0f}"))
        if late:
            cells.append(Text(whole_ratio(step.ratio_seen), style="bold red" if step.acts_seen else ""))
        table.add_row(step.label, _elapsed(step.time_ns - market.time_ns), *cells)
    return table


def _elapsed(ns: int) -> str:
    minutes = ns / 60e9
    if minutes < 120.0:
        return f"{minutes:.0f} min"
    return f"{minutes / 60.0:.1f} h" if minutes < 48.0 * 60.0 else f"{minutes / 1440.0:.1f} d"


def sentences(found: MarginPath) -> Iterator[str]:
    """Yield what each account that is called needs, and where the venue would act."""
    for name in found.accounts[:SHOWN_ACCOUNTS_COUNT]:
        need = found.liquidity_need_usd[name]
        steps = found.of(name)
        acting = next((step for step in steps if step.acts), None)
        seen = next((step for step in steps if step.acts_seen), None)
        if need >= 0.5:
            told = f"{name}: {need:,.0f} USD of cash "
            told += "gets it through" if found.answer == "pay" else "is what it is short of at worst"
            if acting:
                told += f"; the venue acts at {acting.label} unless it is there before"
            yield told + "."
        if (acting and acting.label) != (seen and seen.label):
            yield f"{name}: who reads the late oracle acts at {seen.label if seen else 'no step'}."
        if found.policies:
            yield _swing(found, name)


def _swing(found: MarginPath, name: str) -> str:
    """Say how far initial margin swings, and how far it would with the first calibration."""
    steps = found.of(name)
    peak, fixed = max(s.initial_margin for s in steps), max(s.initial_margin_fixed for s in steps)
    told = f"{name}: initial margin peaks at {peak:,.0f}, at {fixed:,.0f} if it were calibrated once"
    one = found.procyclicality()[name]
    if one.peak_to_trough is not None and one.peak_to_trough_fixed is not None:
        told += f"; peak over trough {one.peak_to_trough:.2f} and {one.peak_to_trough_fixed:.2f}"
    rises = [
        (f"{days:g} day{'' if days == 1.0 else 's'}", found.procyclicality(days=days)[name]) for days in SWING_DAYS
    ]
    rise = ", ".join(
        f"{one.largest_increase:,.0f} and {one.largest_increase_fixed:,.0f} in {in_}" for in_, one in rises
    )
    return f"{told}; largest rise {rise}."

"""Which instrument names a market takes: what it does not hold, what has expired, what may have been meant instead."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
from typing import TypeAlias

from seawall.core.errors import InputError
from seawall.core.time import iso
from seawall.instruments import Future, Instrument, Kind, Option
from seawall.market import MarketSnapshot

NameParser: TypeAlias = Callable[[str], Instrument]
"""A venue's grammar: the instrument that a name stands for; InputError when it stands for none."""
GUESSED_NAMES_COUNT = 20
"""Unknown names that get close matches; each costs a comparison with every name of the snapshot."""

_STRIKE = re.compile(r"(.+-)(\d+(?:d\d+)?)(-[cp])")


def refused_names(
    names: Sequence[str], snapshot: MarketSnapshot, *, parse: NameParser | None = None, allow_spot: bool = False
) -> dict[int, str]:
    """Return the rule that each refused name breaks, by its position.

    Parameters
    ----------
    names
        Names of instruments.
    snapshot
        The market that has to hold them, unexpired and at prices that can be.
    parse
        A venue's grammar; with it, a name that the snapshot lacks because it has expired is told so.
    allow_spot
        Let spot pairs pass: as trades they exchange balances, while as positions they would be counted twice.
    """
    table, now_ns = snapshot.table, snapshot.time_ns
    refused: dict[int, str] = {}
    guessed_count = 0
    for i, name in enumerate(names):
        row = table.position(name) if name in table else -1
        if row < 0:
            expiry_ns = _parsed_expiry_ns(name, parse)
            if expiry_ns is not None and expiry_ns <= now_ns:
                refused[i] = _expired_rule(expiry_ns, snapshot)
                continue
            refused[i] = f"snapshot {snapshot.name} does not hold it"
            guessed_count += 1
            if guessed_count <= GUESSED_NAMES_COUNT:
                refused[i] += near(name, table.names)
        elif table.kind[row] == Kind.SPOT and not allow_spot:
            base, quote = table.underlying[row], table.quote[row]
            refused[i] = f"a spot pair is held as balances: give {base} and {quote} as assets"
        elif table.expiry_ns[row] <= now_ns and not snapshot.settled[row]:
            refused[i] = _expired_rule(int(table.expiry_ns[row]), snapshot)
        elif fault := _price_fault(snapshot, row):
            refused[i] = fault
    return refused


def near(name: str, names: Sequence[str]) -> str:
    """Say which names may have been meant, to stand after a rule; nothing where none is near.

    Upper and lower case count as one. The nearest strikes of the same expiry come first, then what is spelled alike.

    Examples
    --------
    >>> near("btc-perpetual", ["BTC-PERPETUAL", "ETH-PERPETUAL"])
    '; near it are BTC-PERPETUAL'
    >>> near("BTC-25SEP26-71000-C", ["BTC-25SEP26-60000-C", "BTC-25SEP26-70000-C", "BTC-25SEP26-70000-P"])
    '; near it are BTC-25SEP26-70000-C, BTC-25SEP26-60000-C'
    """
    found = _near_names(name, names)
    return f"; near it are {', '.join(found)}" if found else ""


def _near_names(name: str, names: Sequence[str]) -> list[str]:
    written = {one.casefold(): one for one in names}
    asked = name.casefold()
    if asked in written:
        return [written[asked]]
    if match := _STRIKE.fullmatch(asked):
        series = [
            found
            for one in written
            if (found := _STRIKE.fullmatch(one)) and found[1] == match[1] and found[3] == match[3]
        ]
        series.sort(key=lambda found: abs(_strike(found) - _strike(match)))
        if series:
            return [written[found[0]] for found in series[:3]]
    return [written[one] for one in difflib.get_close_matches(asked, list(written), n=3)]


def _strike(found: re.Match[str]) -> float:
    return float(found[2].replace("d", "."))


def _expired_rule(expiry_ns: int, snapshot: MarketSnapshot) -> str:
    return f"it expired at {iso(expiry_ns)}, and the snapshot is of {iso(snapshot.time_ns)}"


def _price_fault(snapshot: MarketSnapshot, row: int) -> str | None:
    """Return what is impossible about a row's prices; a missing price is not impossible."""
    vol, mark = float(snapshot.vol[row]), float(snapshot.mark[row])
    if vol < 0.0:
        return f"its vol is {vol:g}; implied volatilities are >= 0"
    is_option = snapshot.table.kind[row] == Kind.OPTION
    if mark < 0.0 or (mark == 0.0 and not is_option):
        return f"its mark is {mark:g}; {'option prices are >= 0' if is_option else 'prices are > 0'}"
    if is_option and snapshot.forward[row] <= 0.0:
        return f"its forward is {float(snapshot.forward[row]):g}; forwards are > 0"
    return None


def _parsed_expiry_ns(name: str, parse: NameParser | None) -> int | None:
    try:
        instrument = None if parse is None else parse(name)
    except InputError:
        return None
    return instrument.expiry_ns if isinstance(instrument, Option | Future) else None

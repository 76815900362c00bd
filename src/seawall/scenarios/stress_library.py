"""The stresses that go by a name: days that happened, stories that are paths, and a grid of price and volatility."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from seawall.core.errors import InputError, Problem, UnknownNameError
from seawall.market.stable_coins import STABLE_ASSETS
from seawall.scenarios.market_grid import MarketGrid
from seawall.scenarios.named_event import NamedEvent, event, events
from seawall.scenarios.path_set import PathSet
from seawall.scenarios.scenario_set import ScenarioSet
from seawall.scenarios.stress_paths import FlashCrash, LiquidityDrain

GRID, CRASH, DRAIN = "grid", "flash-crash", "liquidity-drain"
GRID_PRICES = (-0.5, -0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3, 0.5)
GRID_VOLS = (-0.25, 0.0, 0.5)
OTHERS_LOW = -0.5
"""A coin that is neither BTC nor ETH falls by half in the flash crash: tokens did on average on 10 October 2025."""
_TITLES = {
    CRASH: "A gap, a fall within 40 minutes, empty books, half of the way back",
    DRAIN: "Prices stand still, depth goes to 2 %, oracles are an hour late",
    GRID: "Prices from -50 % to +50 %, volatilities -25 %, as they are and +50 %",
}


def stress_names() -> tuple[str, ...]:
    """Return the names of all stresses, events first and oldest first.

    Examples
    --------
    >>> stress_names()[0], stress_names()[-3:]
    ('2020-03-12', ('flash-crash', 'liquidity-drain', 'grid'))
    """
    return (*events(), *_TITLES)


def stress_title(name: str) -> str:
    """Return what a stress is, in a line."""
    called = stress_called(name)
    return _TITLES[called] if called in _TITLES else event(called).title


def path_names() -> tuple[str, ...]:
    """Return the names of the stresses that are paths: all but the grid."""
    return tuple(name for name in stress_names() if name != GRID)


@cache
def dollar_assets() -> frozenset[str]:
    """Return the dollar, and the coins that the events and this package know as ones that stand for it.

    Examples
    --------
    >>> sorted(dollar_assets())
    ['DAI', 'USD', 'USDC', 'USDE', 'USDT']
    """
    told = {asset for name in events() for step in event(name).steps for asset in step.legs.get("asset", {})}
    return frozenset({"USD", *STABLE_ASSETS, *told})


def stress_of(name: str, underlyings: Sequence[str]) -> PathSet | ScenarioSet:
    """Return a stress by name for some underlyings: a path where it happens step by step, else a set.

    Parameters
    ----------
    name
        One of `stress_names`, or a word that `stress_called` takes.
    underlyings
        Those to move. A coin that an event does not tell of is left out, so that a revaluation finds it unmoved by
        name and not at zero.

    Raises
    ------
    UnknownNameError
        When there is no such stress.
    InputError
        When an event tells of none of the underlyings.

    Examples
    --------
    >>> len(stress_of("grid", ["BTC"])), stress_of("2025-10-10", ["BTC"]).steps[2]
    (27, 'low')
    """
    coins = tuple(sorted(underlyings))
    name = stress_called(name)
    if name == GRID:
        return MarketGrid(coins, prices=GRID_PRICES, vols=GRID_VOLS).scenarios()
    if name == CRASH:
        lows = FlashCrash().lows
        return FlashCrash({coin: lows.get(coin, OTHERS_LOW) for coin in coins}).paths()
    if name == DRAIN:
        return LiquidityDrain(coins).paths()
    told = tuple(coin for coin in coins if _tells(name, coin))
    if not told:
        rule = f"{name} tells of {', '.join(event(name).coins)} and of no others"
        raise InputError(Problem("underlying", ", ".join(coins) or "none", rule))
    return NamedEvent(event(name), told).paths()


def stress_called(word: str) -> str:
    """Return the name of the one stress that a word means: a name, or a part of one or of an event's title.

    Raises
    ------
    UnknownNameError
        When no stress is called so, or several are.

    Examples
    --------
    >>> stress_called("black-thursday"), stress_called("FTX"), stress_called("2025")
    ('2020-03-12', '2022-11-08', '2025-10-10')
    """
    if word in stress_names():
        return word
    wanted = _dashed(word)
    calls = {name: name if name in _TITLES else f"{name} {_dashed(event(name).title)}" for name in stress_names()}
    found = [name for name, call in calls.items() if wanted and wanted in call]
    if len(found) == 1:
        return found[0]
    rule = f"it may be {', '.join(found)}" if found else f"the scenarios are {', '.join(stress_names())}"
    raise UnknownNameError(Problem("scenario", word, rule))


def _dashed(title: str) -> str:
    return "-".join(title.lower().replace("_", " ").replace("-", " ").split())


def _tells(name: str, coin: str) -> bool:
    try:
        NamedEvent(event(name), (coin,))
    except InputError:
        return False
    return True

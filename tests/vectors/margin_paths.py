"""Margins after the tools against procyclicality, and measures of a path of margins, by the names of a case."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from seawall.margining.blocks.procyclicality import (
    buffered,
    floored,
    largest_increase,
    peak_to_trough,
    stress_weighted,
)

MARGINS = ("margin", "modelmargin", "margins", "marginpath", "rawmargin", "basemargin")
BUFFERS = ("buffer", "bufferratio", "buffershare")
RELEASES = ("released", "release", "releasedshare")
WEIGHTS = ("stressweight", "stressedweight", "weight", "w")
STRESSED = ("stressedmargin", "stressmargin", "stressed")
FLOORS = ("floor10y", "floor", "longrunfloor", "longrunmargin", "floormargin")
STEPS = ("n", "steps", "nsteps", "days", "ndays")
INPUTS = frozenset((*MARGINS, *BUFFERS, *RELEASES, *WEIGHTS, *STRESSED, *FLOORS, *STEPS))
STEP_NAME = re.compile(r"(?:max|largest)?(?:n|(\d+))?(?:step|day)s?(\d+)?(?:call|increase|rise|measure)?")


def computed(given: Mapping[str, Any], expected: Mapping[str, Any]) -> dict[str, Any]:
    """Return every number that follows from the margins of a case, by plain names; some of `expected` hold a number."""
    margin = np.atleast_1d(np.array(_first(given, MARGINS), dtype=np.float64))
    found: dict[str, Any] = {}
    if (ratio := _first(given, BUFFERS)) is not None:
        ours = buffered(margin, ratio=float(ratio), released=float(_first(given, RELEASES) or 0.0))
        names = [name for name in expected if re.fullmatch(r"buffer\d+", name)]  # the number is the ratio once more
        found |= dict.fromkeys(("buffer", "buffered", "bufferedmargin", *names), ours)
    weight, stressed = _first(given, WEIGHTS), _first(given, STRESSED)
    if weight is not None and stressed is not None:
        ours = stress_weighted(margin, np.array(stressed, dtype=np.float64), weight=float(weight))
        found |= dict.fromkeys(("stressweighted", "stressweight", "stressedweighted", "weighted"), ours)
    if (floor := _first(given, FLOORS)) is not None:
        ours = floored(margin, np.array(floor, dtype=np.float64))
        found |= dict.fromkeys(("floor", "floored", "floor10y", "longrunfloor"), ours)
    if len(margin) > 1 and not found:
        found |= dict.fromkeys(("peaktotrough", "ptt", "peaktotroughratio"), peak_to_trough(margin))
        found |= dict(_increases(margin, given, expected))
    return found


def _increases(margin: Any, given: Mapping[str, Any], expected: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the largest increase over as many steps as each name says, or as the inputs say where it has no number."""
    for name in expected:
        match = STEP_NAME.fullmatch(name)
        steps = (match[1] or match[2] or _first(given, STEPS)) if match else None
        if isinstance(steps, list):
            yield name, [largest_increase(margin, steps=int(one)) for one in steps]
        elif steps is not None:
            yield name, largest_increase(margin, steps=int(steps))


def _first(given: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((given[name] for name in names if name in given), None)

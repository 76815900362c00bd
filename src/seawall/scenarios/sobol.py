"""Normals from scrambled Sobol nets, by SciPy. Owen's scrambling makes every block an unbiased sample of its own."""

from __future__ import annotations

import math
import warnings

import numpy as np

from seawall.core.arrays import FloatArray
from seawall.core.errors import UnavailableError

_SMALLEST = 2.0**-53


def sobol_normals(source: np.random.Generator, shape: tuple[int, ...]) -> FloatArray:
    """Return standard normals, `(n, ...)`, from the first n points of a scrambled net.

    Parameters
    ----------
    source
        What scrambles the net.
    shape
        Points, then dimensions in order of importance: the first ones are spread best.

    Raises
    ------
    UnavailableError
        Where SciPy is not installed.
    """
    try:
        from scipy.special import ndtri
        from scipy.stats import qmc
    except ImportError:
        raise UnavailableError("Sobol nets need SciPy: pip install 'seawall[stats]'") from None
    count, dimensions = shape[0], math.prod(shape[1:])
    own = np.random.default_rng(int(source.integers(1 << 62)))  # SciPy spawns from it, which a keyed stream can't
    net = qmc.Sobol(dimensions, scramble=True, rng=own)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The balance properties")  # the caller chose the count
        points = net.random(count)
    return np.asarray(ndtri(np.clip(points, _SMALLEST, 1.0 - _SMALLEST))).reshape(shape)

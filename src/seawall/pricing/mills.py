"""The normal tail without its exponential: `scaled_tail(x) = N(-x) exp(x²/2)` for x >= 0.

Every Black-76 price here is one exponential times a difference of two scaled tails (see `black76.py`), so this one
smooth, slowly varying function replaces the error function. It is Mills' ratio over √(2π), falls from 1/2 like
1/(x √(2π)), and a rational function of degree 9 over 10 meets it to 1.03e-16 relative on [0, 40] with the rounded
coefficients below. All of them are positive, so Horner's rule cannot cancel.

The coefficients are our own: iterated weighted least squares (Sanathanan and Koerner 1963, weights after Lawson 1961)
at 70 digits on 120 Chebyshev nodes in (x - 3)/(x + 3); the constant terms are then tied so that scaled_tail(0) is 1/2.
"""

from __future__ import annotations

import numpy as np

from seawall.core.arrays import FloatArray

# Ascending powers of x; the last of DENOMINATOR is x¹⁰ with coefficient one.
TAIL_NUMERATOR = (
    142857.64674912122,
    221564.8900347165,
    169976.72459825224,
    82844.37570889338,
    27993.932660967585,
    6773.651327562148,
    1173.554506300726,
    140.86814141937964,
    10.712051187938188,
    0.39894228040035906,
)
TAIL_DENOMINATOR = (
    285715.29349824245,
    671097.6015369369,
    732554.2175056348,
    490622.9245693923,
    223942.93993227003,
    73058.34255023753,
    17330.130122526283,
    2968.5160346758266,
    354.1040663298652,
    26.851130386415864,
    1.0,
)

# The same for the slope of Mills' ratio, in powers of (x + 1/2): degree 10 over 12, 8e-17 relative on [-1/2, 40].
SLOPE_NUMERATOR = (
    4587437.3915016875,
    6022552.418861987,
    4154647.772646907,
    1910764.2382581234,
    637817.2051253723,
    159967.04618896788,
    30398.425637258362,
    4320.660304816718,
    441.26487539745773,
    29.5074596715842,
    1.0000000000031526,
)
SLOPE_DENOMINATOR = (
    2314539.4271714194,
    6489409.826437595,
    8594149.597118655,
    7123994.894639565,
    4127035.494298766,
    1765460.1020484716,
    573857.6962984344,
    143427.7301707986,
    27505.87592516342,
    3975.294678890389,
    415.0074156427679,
    28.50745967233905,
    1.0,
)
SLOPE_START = -0.5

# exp(-x²/2) leaves the normal doubles at 37.6; beyond this point a tail is zero to every price.
TAIL_END = 37.5
# Above this the rational function is 1/(x √(2π)) to its own error, and its powers stay far from overflow.
TAIL_CLAMP = 1.0e4

SQRT_TWO_PI = 2.5066282746310002


def horner(coefficients: tuple[float, ...], x: FloatArray) -> FloatArray:
    """Evaluate a polynomial given by ascending coefficients, elementwise."""
    total = np.full_like(x, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        total *= x
        total += coefficient
    return total


def scaled_tail(x: FloatArray) -> FloatArray:
    """Return N(-x) exp(x²/2) for x >= 0, to a few units in the last place.

    Parameters
    ----------
    x : (...) float64
        Standard deviations, not negative; +inf gives about 4e-5 (a tail nobody multiplies by more than zero), NaN is
        kept.

    Examples
    --------
    >>> scaled_tail(np.array([0.0, 1.0])).round(12).tolist()
    [0.5, 0.261578291865]
    """
    x = np.minimum(x, TAIL_CLAMP)
    return horner(TAIL_NUMERATOR, x) / horner(TAIL_DENOMINATOR, x)


def mills_slope(x: FloatArray) -> FloatArray:
    """Return -dM/dx = 1 - x M(x) for x >= -1/2, where M(x) = N(-x)/φ(x) is Mills' ratio.

    It falls like 1/x², where the formula itself would cancel. Integrated over an interval it is the difference of
    two Mills' ratios to full relative accuracy, however near they are.

    Parameters
    ----------
    x : (...) float64
        Standard deviations, >= -1/2.

    Examples
    --------
    >>> mills_slope(np.array([0.0, 1.0])).round(12).tolist()
    [1.0, 0.344320457581]
    """
    shifted = np.minimum(x, TAIL_CLAMP) - SLOPE_START
    return horner(SLOPE_NUMERATOR, shifted) / horner(SLOPE_DENOMINATOR, shifted)


def normal_density(x: FloatArray) -> FloatArray:
    """Return the standard normal density; 0 at both infinities."""
    return gauss(x) / SQRT_TWO_PI


def gauss(x: FloatArray) -> FloatArray:
    """Return exp(-x²/2), exactly zero beyond `TAIL_END` and without overflow or underflow on the way.

    The argument is clamped before it is squared, so that no warning is raised for any x.
    """
    magnitude = np.abs(x)
    near = np.minimum(magnitude, TAIL_END)
    return np.where(magnitude > TAIL_END, 0.0, np.exp(-0.5 * near * near))


def normal_cdf(x: FloatArray) -> FloatArray:
    """Return N(x), the standard normal distribution function, with relative accuracy in the lower tail.

    Parameters
    ----------
    x : (...) float64
        Any real number or infinity; NaN is kept.

    Examples
    --------
    >>> normal_cdf(np.array([0.0, 1.96, -np.inf])).round(6).tolist()
    [0.5, 0.975002, 0.0]
    """
    x = np.asarray(x, dtype=np.float64)
    tail = gauss(x) * scaled_tail(np.abs(x))
    return np.where(x > 0.0, 1.0 - tail, tail)

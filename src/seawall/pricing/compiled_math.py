"""Branch-free elementary functions that the compiler turns into vector instructions.

`math.exp` and `math.erfc` are calls into the C library and stop vectorisation; numba has had no vector library since
0.62. These are polynomials and bit-casts instead, so that a loop over an array becomes eight (AVX-512), four (AVX2) or
two (NEON, SSE2) prices per instruction with no flag and no further binary.

Import this module only from inside a function: it brings numba with it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

import numba
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from seawall.pricing.black76 import FAR_MONEYNESS, TINY_VOL
from seawall.pricing.mills import TAIL_CLAMP, TAIL_DENOMINATOR, TAIL_END, TAIL_NUMERATOR

# `contract` allows fused multiply-add, `nsz` lets a select become a minimum. Not `reassoc`: it folds the magic number
# below away. Not `nnan`: a NaN here means *unavailable* and has to come out as it went in.
_OPTIONS: dict[str, Any] = {"fastmath": {"contract", "nsz"}, "error_model": "numpy"}

_P = ParamSpec("_P")
_R = TypeVar("_R")

_LOG2_E = 1.4426950408889634
# log 2 in two parts, the first with 21 trailing zero bits so that k times it is exact for |k| < 2²¹.
_LN2_HIGH = 6.93147180369123816490e-01
_LN2_LOW = 1.90821492927058770002e-10
# Adding 1.5 x 2^52 rounds to an integer and leaves that integer in the low bits.
_MAGIC = 6755399441055744.0
_EXPONENT_BIAS = 1023
_MANTISSA_BITS = 52

# (exp(r) - 1 - r) / r², ascending, Chebyshev on |r| <= ln(2)/2: exp to 1.7e-17 before rounding.
(_E2, _E3, _E4, _E5, _E6, _E7, _E8, _E9, _E10, _E11) = (
    0.50000000000000010221,
    0.16666666666666667453,
    0.041666666666624127873,
    0.0083333333333300618325,
    0.0013888888917213716901,
    0.00019841269863053616878,
    0.000024801521295954375131,
    2.7557268459997064772e-6,
    2.7620088445409748161e-7,
    2.5100385495510319078e-8,
)
(_P0, _P1, _P2, _P3, _P4, _P5, _P6, _P7, _P8, _P9) = TAIL_NUMERATOR
(_Q0, _Q1, _Q2, _Q3, _Q4, _Q5, _Q6, _Q7, _Q8, _Q9, _Q10) = TAIL_DENOMINATOR


def kernel(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Compile at first call, to run without the interpreter lock, and keep the result on disk for the next process.

    The kept code is renewed when the kernel's own file changes. After an edit of *this* file touch that one too.
    """
    return cast("Callable[_P, _R]", numba.njit(nogil=True, cache=True, **_OPTIONS)(function))


def inlined(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Compile as part of the kernel that calls it."""
    return cast("Callable[_P, _R]", numba.njit(forceinline=True, **_OPTIONS)(function))


def _bit_cast(argument: Any, result: Any, register: Any) -> Callable[[Any], Any]:
    """Return a compiled function that reads the bits of one type as another; it costs no instruction."""

    def typed(typing_context: Any, x: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return builder.bitcast(arguments[0], register)

        return result(argument), generate

    return cast("Callable[[Any], Any]", intrinsic(typed))


_bits_of = _bit_cast(types.float64, types.int64, ir.IntType(64))
_float_of = _bit_cast(types.int64, types.float64, ir.DoubleType())


@inlined
def exp_near(y: float) -> float:
    """Return exp(y) for -708 <= y <= 709, to one unit in the last place; NaN stays NaN."""
    shifted = y * _LOG2_E + _MAGIC
    k = shifted - _MAGIC
    r = (y - k * _LN2_HIGH) - k * _LN2_LOW
    p = _E11
    p = p * r + _E10
    p = p * r + _E9
    p = p * r + _E8
    p = p * r + _E7
    p = p * r + _E6
    p = p * r + _E5
    p = p * r + _E4
    p = p * r + _E3
    p = p * r + _E2
    p = p * r + 1.0
    p = p * r + 1.0
    power: float = _float_of((_bits_of(shifted) + _EXPONENT_BIAS) << _MANTISSA_BITS)
    return p * power


@inlined
def tail_numerator(x: float) -> float:
    """Return the upper polynomial of `mills.scaled_tail`."""
    p = _P9
    p = p * x + _P8
    p = p * x + _P7
    p = p * x + _P6
    p = p * x + _P5
    p = p * x + _P4
    p = p * x + _P3
    p = p * x + _P2
    p = p * x + _P1
    return p * x + _P0


@inlined
def tail_denominator(x: float) -> float:
    """Return the lower polynomial of `mills.scaled_tail`."""
    q = x + _Q9
    q = q * x + _Q8
    q = q * x + _Q7
    q = q * x + _Q6
    q = q * x + _Q5
    q = q * x + _Q4
    q = q * x + _Q3
    q = q * x + _Q2
    q = q * x + _Q1
    return q * x + _Q0


@inlined
def out_of_money_share(log_moneyness: float, total_vol: float) -> float:
    """Return the out-of-the-money option's price over min(F, K): one exponential, three divisions, no branch.

    The compiled twin of `black76.out_of_money_share`; the formula is explained there.
    """
    z = abs(log_moneyness)
    z = FAR_MONEYNESS if z > FAR_MONEYNESS else z
    centre = z / (TINY_VOL if total_vol < TINY_VOL else total_vol)
    half = 0.5 * total_vol
    lower = centre - half
    upper = centre + half
    upper = TAIL_CLAMP if upper > TAIL_CLAMP else upper
    near = abs(lower)
    gone = near > TAIL_END
    near = TAIL_END if gone else near
    density = exp_near(-0.5 * near * near)
    density = 0.0 if gone else density
    below = lower < 0.0
    top = tail_numerator(near)
    top = -top if below else top
    bottom = tail_denominator(near)
    base = 1.0 if below else 0.0
    # Two divisions and not one over a common denominator: without vol both are the same number and cancel exactly.
    share = base + density * (top / bottom - tail_numerator(upper) / tail_denominator(upper))
    return 0.0 if share < 0.0 else share

"""Weights that size makes worse: collateral counts for less, debts and positions need more, by the square root of size.

Everything is in the program's integers and floors in its order: weights and ratios in ten-thousandths, the size factor
(`imf_factor`) in millionths, sizes in billionths.
"""

from __future__ import annotations

from math import isqrt

from seawall.margining.blocks.fixed_point import ten_to

WEIGHT = 10_000
"""Weights and margin ratios of one."""
IMF = 1_000_000
"""A size factor of one."""
SIZE_DECIMALS = 9
ROOT = 100_000
"""The root of a size of one: sizes are taken ten times, so that it has five decimals."""


def size_root(size: int) -> int:
    """Return the square root of a size in billionths, in hundred-thousandths, rounded down.

    Examples
    --------
    >>> size_root(10**9), size_root(4 * 10**9)
    (100000, 200000)
    """
    return isqrt(10 * size + 1)


def discounted_asset_weight(size: int, imf_factor: int, weight: int) -> int:
    """Return what an asset, or a profit, counts at: less than its weight where the size factor says so.

    Examples
    --------
    >>> discounted_asset_weight(10**12, 10_000, 9_000), discounted_asset_weight(10**12, 0, 9_000)
    (8357, 9000)
    """
    if imf_factor == 0:
        return weight
    return min(weight, (IMF + IMF // 10) * WEIGHT // (IMF + size_root(size) * imf_factor // ROOT))


def raised_liability_weight(size: int, imf_factor: int, weight: int) -> int:
    """Return what a debt counts at, or a position's margin ratio: more than its weight where the size factor says so.

    Examples
    --------
    >>> raised_liability_weight(10**12, 0, 11_000), raised_liability_weight(10**14, 1_000, 1_000)
    (11000, 3962)
    """
    if imf_factor == 0:
        return weight
    return max(weight, weight - weight // 5 + size_root(size) * imf_factor // (ROOT * IMF // WEIGHT))


def size_of_tokens(amount: int, decimals: int) -> int:
    """Return an amount of a token with some decimals as a size in billionths.

    Examples
    --------
    >>> size_of_tokens(1_000_000, 6), size_of_tokens(10**18, 18)
    (1000000000, 1000000000)
    """
    if decimals > SIZE_DECIMALS:
        return amount // ten_to(decimals - SIZE_DECIMALS)
    return amount * ten_to(SIZE_DECIMALS) // ten_to(decimals)


def scaled_initial_weight(weight: int, deposits_value: int, scale_start: int) -> int:
    """Return an asset's initial weight where all of its deposits are worth more than a start: less in proportion.

    Parameters
    ----------
    deposits_value, scale_start
        In quote units; a start of zero means no scaling.

    Examples
    --------
    >>> scaled_initial_weight(8_000, 2_000_000, 1_000_000), scaled_initial_weight(8_000, 2_000_000, 0)
    (4000, 8000)
    """
    if scale_start == 0 or deposits_value < scale_start:
        return weight
    return weight * scale_start // deposits_value

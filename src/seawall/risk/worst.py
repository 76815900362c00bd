"""The worst of a weighted sample of losses: all that VaR, ES and their intervals read, found by one partial sort."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from seawall.core.arrays import FloatArray, IntArray

WEIGHT_ROUNDING = 1e-12
"""Share of the whole weight below which a difference of cumulated weights is a rounding."""


@dataclass(frozen=True, slots=True)
class Worst:
    """The K largest of S losses, the largest first; losses that tie stand in the order of the sample.

    Attributes
    ----------
    index
        `(K,)` which of the S they are.
    losses, share
        `(K,)` and their weights.
    beyond
        `(K,)` cumulated weights.
    """

    index: IntArray
    losses: FloatArray
    share: FloatArray
    beyond: FloatArray

    def quantile(self, p: float) -> float:
        """Return the loss that at most `p` of the weight exceeds."""
        # The largest losses that together weigh no more than p lie beyond VaR; the next one is VaR.
        k = int(np.searchsorted(self.beyond, p + WEIGHT_ROUNDING, side="right"))
        return float(self.losses[min(k, len(self.losses) - 1)])

    def figures(self, p: float) -> tuple[float, float]:
        """Return VaR and ES at tail probability `p`."""
        var = self.quantile(p)
        return var, max(float(np.dot(self.in_tail(p), self.losses)), var)  # a rounding apart where one outcome is all

    def in_tail(self, p: float) -> FloatArray:
        """Return the weight of each in the mean of the tail, `(K,)`, of sum one.

        Outcomes that tie at the edge share what the tail takes of them by weight, so that their order does not matter.
        """
        edge = self.quantile(p)
        inside, at_edge = self.losses > edge, self.losses == edge
        left = max(p - float(self.share[inside].sum()), 0.0)
        taken = np.where(inside, self.share, 0.0)
        taken = np.where(at_edge, self.share * (left / float(self.share[at_edge].sum())), taken)
        return np.asarray(taken / taken.sum(), dtype=np.float64)

    def beyond_count(self, loss: float) -> int:
        """Return how many of the K are above a loss."""
        return int(np.searchsorted(-self.losses, -loss))

    def tail_error(self, amounts: FloatArray, edge: float, mean: float, count: int, p: float) -> float:
        """Return the standard deviation of one outcome's part in the tail mean of some amounts.

        Parameters
        ----------
        amounts : (K,) float
            What is averaged.
        edge, mean
            What they are at VaR, and their mean in the tail. The edge of the tail moves with the sample, and takes
            (amount - edge) with it.
        count
            How many of the K are above VaR; no other outcome has a part in it.
        """
        excess = amounts[:count] - edge
        return math.sqrt(max(float(np.dot(self.share[:count], excess * excess)) / p**2 - (mean - edge) ** 2, 0.0))

    def spread(self, weights: FloatArray, count: int) -> FloatArray:
        """Return weights of the K as weights of all S, `(S,)`."""
        found = np.zeros(count)
        found[self.index] = weights
        return found


def worst_of(losses: FloatArray, share: FloatArray, p: float, near: IntArray | None = None) -> Worst:
    """Return the largest losses, as many as quantiles up to `p` need.

    Parameters
    ----------
    losses : (S,) float
        No NaN.
    share : (S,) float
        Weights of sum one.
    p
        The largest tail probability that is asked for.
    near : (L,) int, optional
        Outcomes that are likely among the worst, such as those of a sample that is much alike. They make it faster and
        change nothing in what is found.

    Examples
    --------
    >>> found = worst_of(np.array([1.0, 9.0, 7.0, 3.0, 5.0, 2.0, 4.0, 6.0]), np.full(8, 0.125), 0.25)
    >>> found.losses.tolist(), found.figures(0.25)
    ([9.0, 7.0, 6.0, 5.0], (6.0, 8.0))
    """
    count = len(losses)
    wanted = int(p * count) + 2  # enough where weights are equal
    while True:
        # with all that tie at the edge
        index = np.flatnonzero(losses >= _edge(losses, wanted, near)) if wanted < count else np.arange(count)
        index = index[np.argsort(-losses[index], kind="stable")]
        beyond = np.cumsum(share[index])
        if len(index) == count or beyond[-1] > p + WEIGHT_ROUNDING:
            return Worst(index, losses[index], share[index], beyond)
        wanted *= 4


def _edge(losses: FloatArray, wanted: int, near: IntArray | None) -> float:
    """Return the `wanted`-th largest loss."""
    if near is not None and len(near) >= wanted:
        # So many of these few are no smaller than this one: what is smaller is not among the largest of all.
        losses = losses[losses >= _edge(losses[near], wanted, None)]
    return float(np.partition(losses, len(losses) - wanted)[len(losses) - wanted])

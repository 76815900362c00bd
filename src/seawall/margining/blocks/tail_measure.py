"""Tail measures of many accounts over one set of outcomes, weighted or not: value at risk and expected shortfall.

Outcomes that gain count as no loss, so that a measure is never below zero and never falls where an outcome gets worse.
ES of two books together is never above the sum. An outcome at the edge of a tail counts with the part that lies in it.
"""

from __future__ import annotations

import numpy as np

from seawall.core.arrays import FloatArray

EDGE_ROUNDING = 1e-9
"""Outcomes by which a count may miss a whole number from rounding: 0.01 of 1,000 is ten."""
WEIGHT_ROUNDING = 1e-12
"""Share of the whole weight below which a difference of cumulated weights is a rounding."""


def value_at_risk(pnl: FloatArray, weights: FloatArray | None = None, *, confidence: float) -> FloatArray:
    """Return the loss that is not exceeded with the confidence, `(A,)`, from `(A, S)` profit and loss.

    Weights, `(S,)`, are not negative and not all zero; their sum does not matter. Equal where left out.

    Examples
    --------
    >>> value_at_risk(np.array([[-4.0, -1.0, 2.0, 3.0]]), confidence=0.75).tolist()
    [1.0]
    >>> value_at_risk(np.array([[-4.0, -1.0, 2.0, 3.0]]), np.array([2.0, 1.0, 1.0, 1.0]), confidence=0.75).tolist()
    [4.0]
    """
    if weights is not None:
        worst, beyond, _share = _by_loss(pnl, weights)
        return _edge(worst, beyond, 1.0 - confidence)
    count = pnl.shape[1]
    kept = int(np.floor((1.0 - confidence) * count + EDGE_ROUNDING))
    return np.asarray(_worst(pnl, kept + 1)[:, min(kept, count - 1)], dtype=np.float64)


def expected_shortfall(
    pnl: FloatArray, weights: FloatArray | None = None, *, confidence: float
) -> tuple[FloatArray, FloatArray]:
    """Return the mean of the worst losses, `(A,)`, from `(A, S)` profit and loss, and its standard error.

    Weights are as for `value_at_risk`; the error counts them as Kish's effective number of outcomes.

    Examples
    --------
    >>> found, error = expected_shortfall(np.array([[-4.0, -1.0, 2.0, 3.0]]), confidence=0.5)
    >>> found.tolist(), error.round(3).tolist()
    ([2.5], [1.639])
    """
    if weights is not None:
        return _weighted_shortfall(pnl, weights, 1.0 - confidence)
    count = pnl.shape[1]
    tail = (1.0 - confidence) * count
    whole = int(np.floor(tail + EDGE_ROUNDING))
    kept = min(whole + 1, count)
    worst = _worst(pnl, kept)
    weight = np.ones(kept)
    weight[whole:] = max(tail - whole, 0.0)
    found = (worst * weight).sum(axis=1) / tail
    edge = worst[:, -1]
    excess = (worst - edge[:, None]) / (1.0 - confidence)
    mean = excess.sum(axis=1) / count
    square = (excess * excess).sum(axis=1) / count
    return np.maximum(found, edge), np.sqrt(np.maximum(square - mean * mean, 0.0) / count)


def tail_shares(pnl: FloatArray, weights: FloatArray | None = None, *, confidence: float) -> FloatArray:
    """Return the weight of each outcome in the mean of one account's tail, `(S,)`, of sum one.

    Outcomes that tie at the edge share what the tail takes of them by weight, so that their order does not matter.

    Examples
    --------
    >>> tail_shares(np.array([-3.0, -1.0, -1.0, 0.0]), confidence=0.5).tolist()
    [0.5, 0.25, 0.25, 0.0]
    """
    losses, share, edge = _with_edge(pnl, weights, confidence)
    p = 1.0 - confidence
    inside = np.where(losses > edge, share, 0.0)
    left = max(p - float(inside.sum()), 0.0)
    found = inside + left * quantile_shares(pnl, weights, confidence=confidence)
    return np.asarray(found / found.sum())


def quantile_shares(pnl: FloatArray, weights: FloatArray | None = None, *, confidence: float) -> FloatArray:
    """Return the weight of each outcome in the quantile of one account, `(S,)`: those that lose just that."""
    losses, share, edge = _with_edge(pnl, weights, confidence)
    at_edge = np.where(losses == edge, np.maximum(share, np.finfo(np.float64).tiny), 0.0)
    return np.asarray(at_edge / at_edge.sum())


def _with_edge(pnl: FloatArray, weights: FloatArray | None, confidence: float) -> tuple[FloatArray, FloatArray, float]:
    losses = np.maximum(-pnl, 0.0)
    share = np.ones(len(pnl)) if weights is None else weights / weights.max()
    return losses, share / share.sum(), float(value_at_risk(pnl[None, :], weights, confidence=confidence)[0])


def _weighted_shortfall(pnl: FloatArray, weights: FloatArray, p: float) -> tuple[FloatArray, FloatArray]:
    worst, beyond, share = _by_loss(pnl, weights)
    edge = _edge(worst, beyond, p)
    inside = np.where(beyond <= p + WEIGHT_ROUNDING, share, 0.0)
    left = np.maximum(p - inside.sum(axis=1), 0.0)
    found = ((inside * worst).sum(axis=1) + left * edge) / np.maximum(inside.sum(axis=1), p)
    excess = np.maximum(worst - edge[:, None], 0.0) / p
    mean = (share * excess).sum(axis=1)
    square = (share * excess * excess).sum(axis=1)
    count = 1.0 / (share[:1] ** 2).sum(axis=1)
    return np.maximum(found, edge), np.sqrt(np.maximum(square - mean * mean, 0.0) / count)


def _edge(worst: FloatArray, beyond: FloatArray, p: float) -> FloatArray:
    """Return the largest loss that does not lie whole in the tail, `(A,)`."""
    place = np.minimum((beyond <= p + WEIGHT_ROUNDING).sum(axis=1), worst.shape[1] - 1)
    return np.asarray(np.take_along_axis(worst, place[:, None], axis=1)[:, 0], dtype=np.float64)


def _by_loss(pnl: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return losses, the largest first, with the weight down to each and that of each, `(A, S)`; NaN makes all NaN."""
    scaled = weights / weights.max()
    losses = np.maximum(-pnl, 0.0)
    order = np.argsort(-losses, axis=1, kind="stable")
    share = (scaled / scaled.sum())[order]
    worst = np.take_along_axis(losses, order, axis=1)
    worst[np.isnan(worst).any(axis=1)] = np.nan
    return worst, np.cumsum(share, axis=1), share


def _worst(pnl: FloatArray, kept: int) -> FloatArray:
    """Return the largest losses of each account, `(A, kept)`, the largest first; NaN goes before every number."""
    kept = min(kept, pnl.shape[1])
    losses = np.maximum(-pnl, 0.0)
    if kept < pnl.shape[1]:
        unavailable = np.isnan(losses).any(axis=1)
        losses = np.partition(losses, pnl.shape[1] - kept, axis=1)[:, pnl.shape[1] - kept :]
        losses[unavailable] = np.nan
    return np.ascontiguousarray(np.sort(losses, axis=1)[:, ::-1])

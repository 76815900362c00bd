"""Which quotes a smile is fitted to: one volatility a strike, with its bid-ask width; and a count of the rest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seawall.core.arrays import BoolArray, FloatArray, IntArray
from seawall.pricing import implied_vol

WIDEST_BAND = 0.5
"""Ask less bid volatility as a share of their middle, above which a quote is too wide to say where the smile is."""
LEAST_HALF_WIDTH = 0.0025
"""Per √year: a quarter of a point. Tighter quotes weigh no more than this, as their mids are no better than that."""
PUBLISHED_HALF_WIDTH = 0.001
"""Per √year, at the money: a tenth of a point, which is about how near SVI comes to smiles that venues publish."""
LEAST_VEGA_RATIO = 0.05
"""Published volatilities weigh by their vega, as that makes price of them; the far wings keep this share of a say."""


@dataclass(frozen=True, slots=True)
class SmileQuotes:
    """Volatilities of one expiry, in order of strike.

    Attributes
    ----------
    rows
        Rows of the snapshot, `(n,)`.
    bid_vol, ask_vol
        Volatility of bid and ask, `(n,)`; equal where the venue publishes one volatility.
    half_width
        Uncertainty that each enters the fit with, `(n,)`.
    dropped
        Count of quotes left out, by reason.
    """

    rows: IntArray
    bid_vol: FloatArray
    ask_vol: FloatArray
    half_width: FloatArray
    dropped: dict[str, int]

    @classmethod
    def none(cls) -> SmileQuotes:
        """Return the quotes of an expiry that can't be fitted: none."""
        return cls(np.empty(0, np.int64), np.empty(0), np.empty(0), np.empty(0), {})

    @classmethod
    def published(
        cls, rows: IntArray, *, strike: FloatArray, vol: FloatArray, forward: float, years: float
    ) -> SmileQuotes:
        """Return volatilities that the venue publishes, `(n,)` each: no spread, and weight by vega."""
        deviations = np.log(strike / forward) / (vol * np.sqrt(years))
        vega_ratio = np.maximum(np.exp(-0.5 * deviations**2), LEAST_VEGA_RATIO)
        return cls(rows, vol, vol, PUBLISHED_HALF_WIDTH / vega_ratio, {})

    @property
    def mid_vol(self) -> FloatArray:
        """Middle of the two volatilities, `(n,)`."""
        return np.asarray(0.5 * (self.bid_vol + self.ask_vol))


def smile_quotes(
    rows: IntArray,
    *,
    strike: FloatArray,
    is_call: BoolArray,
    bid: FloatArray,
    ask: FloatArray,
    forward: float,
    years: float,
) -> SmileQuotes:
    """Return the volatilities that one expiry's smile is fitted to.

    Parameters
    ----------
    rows
        Rows of the snapshot that the quotes belong to, `(n,)`.
    strike, is_call
        Of each, `(n,)`.
    bid, ask
        Quotes in the quote asset (inverse prices times the forward), `(n,)`; NaN where missing.
    forward, years
        Of the expiry; both above zero.

    Notes
    -----
    The out-of-the-money option of a strike is preferred: it is quoted tighter, and its whole price is time value. Its
    partner stands in where it is unusable. Reasons are tried in the order in which `dropped` names them.
    """
    reason = np.full(len(rows), "", dtype=object)
    _mark(reason, ~np.isfinite(bid) & ~np.isfinite(ask), "no quote")
    _mark(reason, ~(np.isfinite(bid) & np.isfinite(ask)), "one side only")
    _mark(reason, ~((bid > 0.0) & (ask > 0.0)), "zero")
    _mark(reason, bid > ask, "crossed")
    good = reason == ""
    bid_vol, ask_vol = (
        implied_vol.from_price(np.where(good, side, np.nan), forward, strike, years, is_call=is_call)
        for side in (bid, ask)
    )
    _mark(reason, ~(np.isfinite(bid_vol) & np.isfinite(ask_vol) & (bid_vol > 0.0)), "below intrinsic")
    with np.errstate(invalid="ignore"):
        wide = ask_vol - bid_vol > WIDEST_BAND * 0.5 * (ask_vol + bid_vol)
    _mark(reason, wide, "too wide")
    good = reason == ""
    out_of_the_money = is_call == (strike >= forward)
    for at in np.unique(strike[good]):
        both = np.flatnonzero(good & (strike == at))
        if len(both) > 1:
            reason[both[~out_of_the_money[both]]] = "other side used"
    kept = np.flatnonzero(reason == "")
    kept = kept[np.argsort(strike[kept], kind="stable")]
    counts = {name: int(np.sum(reason == name)) for name in REASONS}
    bid_vol, ask_vol = bid_vol[kept], ask_vol[kept]
    half_width = np.maximum(0.5 * (ask_vol - bid_vol), LEAST_HALF_WIDTH)
    return SmileQuotes(rows[kept], bid_vol, ask_vol, half_width, {name: n for name, n in counts.items() if n})


REASONS = ("no quote", "one side only", "zero", "crossed", "below intrinsic", "too wide", "other side used")


def _mark(reason: np.ndarray[tuple[int], np.dtype[np.object_]], where: BoolArray, name: str) -> None:
    """Write `name` where no earlier reason stands."""
    reason[where & (reason == "")] = name

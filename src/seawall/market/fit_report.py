"""How well the smiles fit: a row for each expiry, and the words and tables that show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from seawall.core.time import to_datetime
from seawall.market.svi import LEE_SLOPE, Svi

NO_NEAR = np.inf
"""Calendar gap of the first expiry, which has none before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceFit:
    """One expiry's forward and smile, and how they agree with its quotes.

    Attributes
    ----------
    underlying, quote, settlement, expiry_ns, years
        Which options these are.
    forward, forward_source
        Forward that the smile stands on, and where it comes from; one of the names in `forwards.py`.
    future, parity, parity_error, parity_low, parity_high, pair_count
        Mid of the dated future; forward by put-call parity with its standard error and interval; strikes with both
        sides of call and put quoted. NaN where there is none.
    smile
        The fitted numbers, or None where there were too few quotes.
    quote_count
        Volatilities that entered the fit, one a strike at most.
    dropped
        Quotes that did not, by reason. They stay in the snapshot.
    rmse_points, weighted_rmse_points, max_error_points
        Error of the fit in volatility points (1 point is 0.01 per √year): plain, weighted by the inverse of the squared
        spread as the fit is, and the largest.
    inside_share
        Share of fitted quotes whose bid-ask volatilities hold the smile; NaN for fits to marks, which have no spread.
    least_durrleman, least_calendar_gap
        Least `g(k)`; least total variance above the expiry before. Below zero is arbitrage.
    reach, near_reach
        Log-moneyness on either side of the money up to which the two were checked; the second is the lesser of this
        expiry's reach and that of the one before.
    """

    underlying: str
    quote: str
    settlement: str
    expiry_ns: int
    years: float
    forward: float
    forward_source: str
    future: float
    parity: float
    parity_error: float
    parity_low: float
    parity_high: float
    pair_count: int
    smile: Svi | None
    quote_count: int
    dropped: Mapping[str, int]
    rmse_points: float
    weighted_rmse_points: float
    max_error_points: float
    inside_share: float
    least_durrleman: float
    least_calendar_gap: float
    reach: float
    near_reach: float

    @property
    def butterfly_ok(self) -> bool:
        """Whether no density below zero was found on the checked range, and no wing is too steep."""
        if self.smile is None:
            return False
        return self.least_durrleman >= 0.0 and self.smile.wing_slope <= LEE_SLOPE and self.smile.least_variance >= 0.0

    @property
    def calendar_ok(self) -> bool:
        """Whether total variance is nowhere below that of the expiry before."""
        return self.smile is not None and self.least_calendar_gap >= 0.0

    @property
    def ok(self) -> bool:
        """Whether there is a smile, and it is free of both arbitrages where it was checked."""
        return self.butterfly_ok and self.calendar_ok

    @property
    def at_the_money_vol(self) -> float:
        """Fitted volatility at the forward; NaN without a smile."""
        if self.smile is None:
            return np.nan
        return float(self.smile.vol(self.forward, forward=self.forward, years=self.years))


@dataclass(frozen=True, slots=True)
class FitReport:
    """Rows by underlying and expiry, earliest first."""

    rows: tuple[SliceFit, ...]

    @property
    def ok(self) -> bool:
        """Whether every expiry has a smile that is free of arbitrage where it was checked."""
        return all(row.ok for row in self.rows)

    @property
    def inside_share(self) -> float:
        """Share of all fitted quotes that hold the smile; NaN without quotes."""
        counted = [row for row in self.rows if row.quote_count and np.isfinite(row.inside_share)]
        total = sum(row.quote_count for row in counted)
        return sum(row.inside_share * row.quote_count for row in counted) / total if total else np.nan

    @property
    def rmse_points(self) -> float:
        """Root mean squared error over all fitted quotes, in volatility points; NaN without quotes."""
        counted = [row for row in self.rows if row.quote_count and row.smile is not None]
        total = sum(row.quote_count for row in counted)
        return float(np.sqrt(sum(row.rmse_points**2 * row.quote_count for row in counted) / total)) if total else np.nan

    def text(self) -> str:
        """Return the report as a table of plain text, a line for each expiry."""
        return "\n".join([_HEAD, *(_line(row) for row in self.rows)])


_HEAD = (
    f"{'expiry':<16} {'days':>6} {'forward':>10} {'source':>8} {'parity-it':>9} {'quotes':>6} {'out':>4} {'atm':>6} "
    f"{'rmse':>6} {'wrmse':>6} {'max':>6} {'inside':>6} {'min g':>7} {'calendar':>9}  ok"
)


def _line(row: SliceFit) -> str:
    day = to_datetime(row.expiry_ns).date().isoformat()
    inside = "-" if np.isnan(row.inside_share) else f"{row.inside_share:.1%}"
    return (
        f"{row.underlying + ' ' + day:<16} {row.years * 365.0:>6.2f} {row.forward:>10.2f} {row.forward_source:>8} "
        f"{row.parity - row.forward:>9.1f} {row.quote_count:>6} {sum(row.dropped.values()):>4} "
        f"{100.0 * row.at_the_money_vol:>6.2f} {row.rmse_points:>6.2f} {row.weighted_rmse_points:>6.2f} "
        f"{row.max_error_points:>6.2f} {inside:>6} {row.least_durrleman:>7.3f} "
        f"{row.least_calendar_gap:>9.6f}  {'yes' if row.ok else 'NO'}"
    )

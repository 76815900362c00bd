"""The liquidation surface, and the nearest point by a covariance."""

from __future__ import annotations

import numpy as np
import pytest

from seawall.core.errors import InputError, UnavailableError
from seawall.portfolio import Account, Book, Position
from seawall.risk.direction import Direction, along
from seawall.risk.distance import distances
from seawall.risk.reverse_stress import reverse_stress
from seawall.risk.standing import Probe
from seawall.risk.surface import liquidation_surface
from tests.laws.worlds import market, policy_of

CROSS = "deribit/x_pm/2026-02-15"
STRANGLE = Book.of([
    Account("desk", (Position("BTC-120D-45000-P", -10.0), Position("BTC-120D-90000-C", -10.0)), {"USDC": 250_000.0})
])  # fmt: skip
PERPETUALS = Book.of([
    Account("pair", (Position("BTC_USDC-PERPETUAL", 1.0), Position("ETH_USDC-PERPETUAL", 20.0)), {"USDC": 12_000.0})
])  # fmt: skip


def test_every_point_of_the_contour_has_the_venues_ratio_and_lies_between_unlike_cells() -> None:
    found = liquidation_surface(
        STRANGLE, market(), policy_of(CROSS), "desk", asset="BTC", price_moves=[-0.5, -0.2, 0.0, 0.3, 0.8],
        vol_moves=[-0.4, 0.0, 1.0, 3.0],
    )  # fmt: skip
    assert found.contour
    for point in found.contour:
        assert point.kind == "crossing"
        assert point.ratio == pytest.approx(1.0, rel=1e-6)
    changes = (found.acts[1:] != found.acts[:-1]).sum() + (found.acts[:, 1:] != found.acts[:, :-1]).sum()
    assert len(found.contour) == changes
    assert (found.ratio[found.acts] >= 1.0).all()
    assert (found.ratio[~found.acts] < 1.0).all()
    assert len(found.rows()) == 20


def test_the_surface_without_a_move_of_volatility_ends_where_the_distances_do() -> None:
    policy = policy_of(CROSS)
    found = liquidation_surface(
        STRANGLE, market(), policy, "desk", asset="BTC", price_moves=[-0.7, 0.0, 0.9], vol_moves=[0.0, 0.5]
    )
    ends = sorted(point.price_move for point in found.contour if point.vol_move == 0.0)
    ways = [along("BTC", up=False), along("BTC", up=True)]
    near = [one.move for one in distances(STRANGLE, market(), policy, directions=ways)]
    assert ends == pytest.approx(near, rel=1e-6)


def test_time_passes_on_the_whole_surface() -> None:
    policy = policy_of(CROSS)
    early, late = (
        liquidation_surface(STRANGLE, market(), policy, "desk", asset="BTC", price_moves=[-0.1, 0.1],
                            vol_moves=[0.0, 0.5], elapsed_days=days)
        for days in (0.0, 130.0)
    )  # fmt: skip
    assert (early.ratio > 0.0).all()
    assert (late.ratio == 0.0).all()  # everything has expired out of the money


@pytest.mark.parametrize("axis", [[0.1], [0.2, 0.1], [-1.0, 0.0], [0.0, np.nan]])
def test_axes_that_can_not_be_are_refused(axis: list[float]) -> None:
    with pytest.raises(InputError, match="price_moves"):
        liquidation_surface(STRANGLE, market(), policy_of(CROSS), "desk", asset="BTC", price_moves=axis)


def test_an_account_without_a_margin_has_no_surface() -> None:
    with pytest.raises(UnavailableError, match="BTC-120D"):
        liquidation_surface(STRANGLE, market(), policy_of("hyperliquid/cross/2026-08-01"), "desk", asset="BTC")


COVARIANCE = np.array([[0.0016, 0.0012], [0.0012, 0.0036]])


def nearest_of_many(book: Book, policy_id: str, count: int) -> float:
    """Return the least Mahalanobis distance over evenly spaced angles."""
    root = np.linalg.cholesky(COVARIANCE)
    angles = np.linspace(0.0, 2.0 * np.pi, count, endpoint=False)
    ways = []
    for angle in angles.tolist():
        logs = root @ np.array([np.cos(angle), np.sin(angle)])
        ways.append(Direction(f"{angle}", {"BTC": float(logs[0]), "ETH": float(logs[1])}, reach=12.0))
    found = distances(book, market(), policy_of(policy_id), directions=ways, check_lots=False)
    return min(one.travel for one in found if one.kind in ("crossing", "jump"))


def test_the_nearest_point_is_as_near_as_the_nearest_of_all_angles() -> None:
    policy_id = "hyperliquid/cross/2026-08-01"
    found = reverse_stress(
        PERPETUALS, market(), policy_of(policy_id), "pair", factors=["BTC", "ETH"], covariance=COVARIANCE
    )
    least = nearest_of_many(PERPETUALS, policy_id, 72)
    assert found.kind == "crossing"
    assert found.ratio == pytest.approx(1.0, rel=1e-6)
    assert found.sigmas <= least * (1.0 + 1e-9)
    assert found.sigmas == pytest.approx(least, rel=2e-3)
    logs = np.array(found.logs)
    assert np.sqrt(logs @ np.linalg.solve(COVARIANCE, logs)) == pytest.approx(found.sigmas, rel=1e-9)


def test_at_the_nearest_point_of_a_smooth_requirement_the_shortfall_rises_straight_ahead() -> None:
    """First-order condition: the covariance times the gradient points where the point lies."""
    policy = policy_of("hyperliquid/cross/2026-08-01")
    found = reverse_stress(PERPETUALS, market(), policy, "pair", factors=["BTC", "ETH"], covariance=COVARIANCE)
    probe = Probe(PERPETUALS, market(), policy)
    logs, step = np.array(found.logs), 1e-5

    def short(at: np.ndarray) -> float:
        way = Direction("at", {"BTC": float(at[0]), "ETH": float(at[1])})
        return float(probe.at([way.move(1.0)]).short[0, 0])

    slope = np.array([(short(logs + e) - short(logs - e)) / (2.0 * step) for e in np.eye(2) * step])
    ahead = COVARIANCE @ slope
    cosine = (
        ahead
        @ np.linalg.solve(COVARIANCE, logs)
        / (np.sqrt(slope @ ahead) * np.sqrt(logs @ np.linalg.solve(COVARIANCE, logs)))
    )
    assert cosine > 1.0 - 1e-3


def test_one_factor_is_the_nearer_of_the_two_sides() -> None:
    policy = policy_of(CROSS)
    found = reverse_stress(STRANGLE, market(), policy, "desk", factors=["BTC"], covariance=[[0.0025]], starts=0)
    ways = [along("BTC", up=False), along("BTC", up=True)]
    near = min(abs(np.log1p(one.move)) / 0.05 for one in distances(STRANGLE, market(), policy, directions=ways))
    assert found.sigmas == pytest.approx(near, rel=1e-6)


@pytest.mark.parametrize("calm", [1.0, 1e-3])
def test_the_nearest_point_is_no_farther_than_the_nearest_that_distance_finds_on_an_axis(calm: float) -> None:
    """However calm a day is: the axis goes as far as `distance` looks, and not to a number of standard deviations."""
    covariance = calm**2 * np.array([[0.0025, -0.0005], [-0.0005, 0.0025]])
    found = reverse_stress(
        STRANGLE, market(), policy_of(CROSS), "desk", factors=["BTC", "vol BTC"], covariance=covariance, starts=0
    )
    per_log = np.sqrt(np.diag(np.linalg.inv(covariance)))
    axes = [one for one in distances(STRANGLE, market(), policy_of(CROSS)) if one.kind == "crossing"]
    least = min(one.travel * per_log[int(one.direction.startswith("vol"))] for one in axes if one.direction != "time")
    assert found.kind == "crossing" and found.ratio == pytest.approx(1.0, rel=1e-6)
    assert found.sigmas <= least * (1.0 + 1e-9)
    assert (least > 30.0) == (calm < 1.0)


def test_an_account_that_is_liquidated_today_is_no_move_away() -> None:
    poor = Book.of([Account("desk", (Position("BTC-120D-90000-C", -10.0),), {"USDC": 1_000.0})])
    found = reverse_stress(poor, market(), policy_of(CROSS), "desk", factors=["BTC"], covariance=[[0.0025]])
    assert (found.kind, found.sigmas, dict(found.moves)) == ("already", 0.0, {"BTC": 0.0})
    assert found.ratio > 1.0


@pytest.mark.parametrize(
    "covariance", [[[1.0, 2.0], [2.0, 1.0]], [[1.0]], [[1.0, 0.2], [0.1, 1.0]], [[1.0, np.nan], [np.nan, 1.0]]]
)
def test_a_covariance_that_can_not_be_is_refused(covariance: list[list[float]]) -> None:
    with pytest.raises(InputError, match="covariance"):
        reverse_stress(
            PERPETUALS, market(), policy_of("hyperliquid/cross/2026-08-01"), "pair", factors=["BTC", "ETH"],
            covariance=covariance,
        )  # fmt: skip

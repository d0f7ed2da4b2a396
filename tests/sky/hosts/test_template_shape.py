"""A host's shape on the template is the one that was drawn, and a plain computation's."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gueststar.testing import check_stage
from schemas.batch import AlertBatch
from schemas.fits import PlaneReader, StampLimits
from sky.hosts.isophotes import Rooms
from sky.hosts.template_shape import AT_ONCE, COMPONENTS_MAX, GIVES, HostShape, measured
from tests.sky.hosts.drawn_galaxies import (
    NOISE,
    ZTF_PIXEL_ARCSEC,
    Galaxy,
    file_of,
    noisy,
    rubin,
    star,
    with_spread,
    ztf,
)

SIDE = 63
LAST_BITS = 1e-6
SMOOTHED_NOISE = NOISE * 3 / 8
"""By 1, 2, 1 each way."""
shapes = st.builds(
    Galaxy,
    scale=st.floats(2.5, 4.0),
    axis_ratio=st.floats(0.4, 0.9),
    angle_deg=st.floats(0.0, 179.0),
    x=st.floats(-4.0, 4.0),
    y=st.floats(-4.0, 4.0),
    peak=st.floats(100.0, 400.0),
)


def said(batch: AlertBatch) -> dict[str, NDArray[np.float64]]:
    (values,) = HostShape().run(batch)
    return dict(zip(GIVES, values.T, strict=True))


def turned_by(one: float, other: float) -> float:
    """Degrees between two axes, 0 to 90."""
    return abs((one - other + 90) % 180 - 90)


@settings(max_examples=40, deadline=None)
@given(shape=shapes, seed=st.integers(0, 99))
def test_size_ratio_angle_and_offset_are_those_of_the_galaxy_that_was_drawn(
    shape: Galaxy, seed: int
) -> None:
    found = said(ztf(noisy(shape.light(SIDE), seed)))
    radius = shape.radius(3 * SMOOTHED_NOISE) * ZTF_PIXEL_ARCSEC
    assert found["found"] == 1
    assert found["is_cut"] == 0
    assert found["semi_major_arcsec"] == pytest.approx(radius, rel=0.3)
    assert found["axis_ratio"] == pytest.approx(shape.axis_ratio, abs=0.15)
    # Columns run to the west and rows to the south.
    assert turned_by(float(found["angle_deg"][0]), 90 - shape.angle_deg) < 25 or (
        shape.axis_ratio > 0.8
    )
    offset = np.hypot(shape.x, shape.y) * ZTF_PIXEL_ARCSEC
    assert found["offset_arcsec"] == pytest.approx(offset, abs=1.5)


def test_a_hundred_galaxies_are_right_on_the_mean_and_scatter_little() -> None:
    draw = np.random.default_rng(5)
    drawn = [
        Galaxy(*each)
        for each in zip(
            draw.uniform(2, 4, 100),
            draw.uniform(0.3, 0.7, 100),
            draw.uniform(0, 180, 100),
            strict=True,
        )
    ]
    found = said(ztf(*(noisy(each.light(SIDE), seed) for seed, each in enumerate(drawn))))
    size = [each.radius(3 * SMOOTHED_NOISE) * ZTF_PIXEL_ARCSEC for each in drawn]
    sizes = found["semi_major_arcsec"] / size
    ratios = found["axis_ratio"] - [each.axis_ratio for each in drawn]
    angles = [
        turned_by(one, 90 - each.angle_deg)
        for one, each in zip(found["angle_deg"], drawn, strict=True)
    ]
    assert np.median(sizes) == pytest.approx(1.0, abs=0.05)
    assert np.std(sizes) < 0.06
    assert abs(np.median(ratios)) < 0.04
    assert np.std(ratios) < 0.04
    assert np.median(angles) < 2.5


@settings(max_examples=25, deadline=None)
@given(shape=shapes, seed=st.integers(0, 99))
@example(
    Galaxy(2.5, 0.6658860894663485, 0.0, -3.6219229593323714, -3.6219229593323714, 384.7265625), 72
)
def test_a_plain_computation_has_the_same_ellipse(shape: Galaxy, seed: int) -> None:
    plane = noisy(shape.light(SIDE), seed)
    reader = PlaneReader(StampLimits())
    found = measured(ztf(plane), Rooms(AT_ONCE, COMPONENTS_MAX), reader)
    assume(np.isfinite(found.x[0]))  # a faint one may have no core at all
    got = [each[0] for each in (found.major, found.axis_ratio, found.angle, found.pixels)]
    # A pixel as bright as the isophote lies within it or not by the last bits of a sum.
    levels = (1 - LAST_BITS, 1.0, 1 + LAST_BITS)
    expected = [plainly(plane, float(found.x[0]), float(found.y[0]), level) for level in levels]
    assert any(np.allclose(got, each, rtol=1e-3) for each in expected), (got, expected)


def plainly(plane: NDArray[np.float32], x: float, y: float, by: float = 1.0) -> list[float]:
    """Of the one isophote that holds the core: semi-major axis, axis ratio, angle, pixels."""
    weights = np.outer([0.25, 0.5, 0.25], [0.25, 0.5, 0.25])
    windows = np.lib.stride_tricks.sliding_window_view(plane.astype(float), (3, 3))
    image = (windows * weights).sum(axis=(2, 3))
    level = isophote_of(image) * by
    twice = np.array(image.shape) - 1 - np.rint(2 * np.array([y, x])).astype(int)
    lit = {(row, column) for row, column in np.argwhere(image > level).tolist()}
    inside = reached(lit, np.unravel_index(np.argmax(image), image.shape))
    mirror = {each for each in inside if (twice[0] - each[0], twice[1] - each[1]) in lit}
    rows, columns = np.array(sorted(mirror), float).T
    moments = np.cov(columns, rows, bias=True) + np.eye(2) / 12
    values, vectors = np.linalg.eigh(moments)
    angle = np.arctan2(vectors[1, 1], vectors[0, 1])
    angle = (angle + np.pi / 2) % np.pi - np.pi / 2
    return [2 * np.sqrt(values[1]), np.sqrt(values[0] / values[1]), angle, float(len(mirror))]


def isophote_of(image: NDArray[np.float64]) -> float:
    """Three sigma above the sky, of every sixth pixel each way."""
    some = image[::6, ::6].astype(np.float32).ravel()
    for _ in range(2):
        ordered = np.sort(some)
        level, low = ordered[len(some) // 2], ordered[int(0.1587 * len(some))]
        kept = some[some <= level + 3 * (level - low)]
        some = kept if len(kept) < len(some) else some
    return float(level + 3 * (level - low))


def reached(lit: set[tuple[int, int]], begin: Iterable[np.intp]) -> set[tuple[int, int]]:
    """Pixels that touch, by their sides or corners."""
    row, column = map(int, begin)
    found, new = set[tuple[int, int]](), {(row, column)}
    while new:
        found |= new
        near = {
            (row + down, column + right)
            for row, column in new
            for down in (-1, 0, 1)
            for right in (-1, 0, 1)
        }
        new = (near & lit) - found
    return found


def test_a_star_is_none_and_so_is_an_empty_sky() -> None:
    empty = np.zeros((SIDE, SIDE))
    found = said(ztf(noisy(star(SIDE, 1.1)), noisy(empty), noisy(star(SIDE, 1.1, 2, -3, 90))))
    assert found["found"].tolist() == [0, 0, 0]
    assert np.isnan(found["semi_major_arcsec"]).all()


def test_stars_beside_a_galaxy_leave_its_ellipse_as_it_was() -> None:
    galaxy = Galaxy(3.0, 0.6, 30.0)
    alone = said(ztf(noisy(galaxy.light(SIDE))))
    beside = galaxy.light(SIDE) + star(SIDE, 1.1, 11, 1, 400) + star(SIDE, 1.1, -20, 14)
    found = said(ztf(noisy(beside)))
    assert found["found"] == 1
    assert found["semi_major_arcsec"] == pytest.approx(alone["semi_major_arcsec"], rel=0.12)
    assert found["axis_ratio"] == pytest.approx(alone["axis_ratio"], abs=0.08)


@pytest.mark.parametrize("side", [63, 64, 65, 128, 151])
def test_planes_wider_than_a_word_has_bits_are_measured_alike(side: int) -> None:
    galaxy = Galaxy(4.0, 0.5, 10.0, x=1.0)
    batch = rubin(
        with_spread(file_of(noisy(galaxy.light(side))), star(41, 1.1, peak=1.0).astype(float))
    )
    rooms, reader = Rooms(AT_ONCE, COMPONENTS_MAX), PlaneReader(StampLimits())
    found = measured(batch, rooms, reader)
    assert found.state == 1
    assert found.axis_ratio == pytest.approx(galaxy.axis_ratio, abs=0.06)
    assert found.major == pytest.approx(galaxy.radius(3 * SMOOTHED_NOISE), rel=0.1)


def test_a_galaxy_cut_by_the_edge_is_said_to_be_and_has_no_size() -> None:
    cut = Galaxy(4.0, 0.7, 20.0, x=-18.0, peak=400)
    found = said(ztf(noisy(cut.light(SIDE))))
    assert found["is_cut"] == 1
    assert np.isnan(found["semi_major_arcsec"])
    assert np.isnan(found["axis_ratio"])


def test_a_galaxy_with_holes_in_it_is_cut_and_holes_elsewhere_are_no_matter() -> None:
    galaxy = Galaxy(3.0, 0.6, 30.0)
    whole = noisy(galaxy.light(SIDE))
    through, beside = whole.copy(), whole.copy()
    through[29:31, 33:35] = np.nan
    beside[:5], beside[50, 50] = np.nan, np.inf
    found = said(ztf(whole, through, beside))
    assert found["is_cut"].tolist() == [0, 1, 0]
    assert found["axis_ratio"][2] == pytest.approx(found["axis_ratio"][0], abs=0.02)


def test_what_fills_the_stamp_is_cut_and_no_more_is_said() -> None:
    found = said(ztf(noisy(Galaxy(60.0, peak=4000.0).light(SIDE))))
    assert found["is_cut"] == 1
    assert np.isnan(found["found"])


def test_without_a_template_nothing_is_said() -> None:
    flat, blind = np.zeros((SIDE, SIDE), np.float32), np.full((SIDE, SIDE), np.nan, np.float32)
    found = said(ztf(None, flat, blind, np.ones((5, 63), np.float32)))
    assert all(np.isnan(each).all() for each in found.values())


@pytest.mark.parametrize("turn_deg", [0.0, 35.0, 120.0])
def test_rubins_angles_are_those_of_the_header_and_its_stars_are_the_files(turn_deg: float) -> None:
    side, pixel_deg, angle = 41, 0.2 / 3600, 25.0
    turn = np.radians(turn_deg)
    step = pixel_deg * np.array([[-np.cos(turn), np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    header: dict[str, float | str] = {"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN"}
    header |= {
        f"CD{row + 1}_{column + 1}": float(each) for (row, column), each in np.ndenumerate(step)
    }
    spread = star(41, 2.2, peak=1.0).astype(float)
    galaxy = noisy(Galaxy(4.0, 0.5, angle, 1.0, 0.0, 80.0).light(side))
    drawn = (galaxy, noisy(star(side, 2.2)))
    batch = rubin(*(with_spread(file_of(image, header), spread) for image in drawn))
    found = said(batch)
    along = np.radians(angle)
    east, north = step @ [np.cos(along), np.sin(along)]
    assert found["found"].tolist() == [1, 0]
    assert turned_by(float(found["angle_deg"][0]), np.degrees(np.arctan2(east, north))) < 6
    assert found["offset_arcsec"][0] == pytest.approx(0.2, abs=0.15)
    wider = rubin(with_spread(file_of(galaxy, header), star(41, 5.5, peak=1.0).astype(float)))
    assert said(wider)["found"] == 0


def test_what_was_measured_before_changes_nothing() -> None:
    files = []
    for seed, (side, spread_side) in enumerate([(30, 25), (41, 41), (30, 41), (33, 25), (30, 25)]):
        galaxy = noisy(Galaxy(3.0, 0.5, 20.0 * seed, peak=80.0).light(side), seed)
        spread = star(spread_side, 1.5 + 0.1 * seed, peak=1.0).astype(float)
        files.append(with_spread(file_of(galaxy), spread))
    stage = HostShape()
    for batch in (rubin(*files), ztf(noisy(Galaxy(3.0).light(SIDE))), rubin(*files[::-1])):
        np.testing.assert_array_equal(stage.run(batch)[0], HostShape().run(batch)[0])
    alone = [HostShape().run(rubin(one))[0][0] for one in files]
    np.testing.assert_array_equal(stage.run(rubin(*files))[0], alone)


def test_it_keeps_the_rules_of_stages() -> None:
    draw = np.random.default_rng(1)
    templates = [
        noisy(Galaxy(draw.uniform(1, 5), draw.uniform(0.3, 1), draw.uniform(0, 180)).light(SIDE))
        for _ in range(20)
    ]
    check_stage(HostShape(), alerts=ztf(*templates, None))

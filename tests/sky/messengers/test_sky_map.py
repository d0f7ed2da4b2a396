"""Credible levels by their definition, on every map at hand and on maps drawn from seeds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.errors import NoticeError
from sky.cells import cells_of, parents
from sky.messengers.fits_maps import read_map
from sky.messengers.localisation import DEG2_PER_SR, SKY_DEG2, Places
from sky.messengers.sky_map import Pixels, SkyMap
from tests.sky.messengers.skies import MAPS, content, drawn, everywhere


def level_of(pixels: Pixels, row: int) -> float:
    """The definition: of the whole probability, that at densities of at least this pixel's."""
    held = pixels.density_per_sr * np.pi / 3 / 4.0**pixels.depth
    return float(held[pixels.density_per_sr >= pixels.density_per_sr[row]].sum() / held.sum())


def row_at(pixels: Pixels, ra_deg: float, dec_deg: float) -> int | None:
    """The pixel of a place, by going through all."""
    cell = cells_of(np.array([ra_deg]), np.array([dec_deg]))
    for row in range(len(pixels.cell)):
        if parents(cell, int(pixels.depth[row]))[0] == pixels.cell[row]:
            return row
    return None


@pytest.mark.data
@pytest.mark.parametrize("name", MAPS)
def test_levels_of_real_maps_are_those_of_the_definition(data_folder: Path, name: str) -> None:
    one = read_map(content(data_folder, name))
    places = everywhere(400)
    worth = one.at(places)
    for row, pixel in enumerate(one.rows(places.cells).tolist()):
        assert worth.credible_level[row] == pytest.approx(level_of(one.pixels, pixel), abs=1e-12)
        assert worth.density_per_deg2[row] == one.pixels.density_per_sr[pixel] / DEG2_PER_SR


@pytest.mark.data
@pytest.mark.parametrize("name", MAPS)
def test_places_drawn_from_a_real_map_have_even_levels(data_folder: Path, name: str) -> None:
    """Of an event drawn by the map, its level is drawn evenly from 0 to 1: what levels are for."""
    one = read_map(content(data_folder, name))
    draw = np.random.default_rng(3)
    sample = one.sample()
    share = np.diff(sample.credible_level, prepend=0.0)
    rows = draw.choice(len(share), 4_000, p=share / share.sum())
    level = one.at(Places(sample.ra_deg[rows], sample.dec_deg[rows])).credible_level
    # Kolmogorov and Smirnov's greatest distance at 1 in 10,000; pixels are as coarse as they are.
    ends = np.sort(level)
    off = np.abs(ends - np.arange(1, 4_001) / 4_000).max()
    assert off < 2.2 / np.sqrt(4_000) + share.max()


@pytest.mark.data
@pytest.mark.parametrize("name", MAPS)
def test_places_counted_in_a_region_are_the_area_that_the_map_says(
    data_folder: Path, name: str
) -> None:
    one = read_map(content(data_folder, name))
    for level in (0.5, 0.9):
        inside = one.at(everywhere(200_000)).credible_level <= level
        expected = one.area_deg2(level) / SKY_DEG2
        assert inside.mean() == pytest.approx(expected, abs=4 * np.sqrt(expected / 200_000) + 1e-4)


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.booleans())
def test_maps_of_any_cells_give_what_going_through_all_gives(seed: int, holes: bool) -> None:
    pixels = drawn(seed, holes=holes)
    one, places = SkyMap(pixels), everywhere(30, seed)
    worth, far = one.at(places), one.distances(places)
    assert far is not None
    for at, (ra, dec) in enumerate(zip(places.ra_deg, places.dec_deg, strict=True)):
        row = row_at(pixels, ra, dec)
        if row is None:
            assert (worth.density_per_deg2[at], worth.credible_level[at]) == (0, 1)
            assert np.isnan(far.mean_mpc[at])
            continue
        assert worth.credible_level[at] == pytest.approx(level_of(pixels, row))
        assert far.mean_mpc[at] == pixels.distance.mean_mpc[row]  # type: ignore[union-attr]


def test_equal_pixels_have_one_level() -> None:
    flat = Pixels(np.arange(12), np.zeros(12, np.int64), np.full(12, 1 / (4 * np.pi)))
    assert SkyMap(flat).at(everywhere(50)).credible_level.tolist() == [1.0] * 50


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"cell": [0, 0]}, "overlap"),
        ({"density": [1.0, -1.0]}, "no number of 0 or more"),
        ({"density": [1.0, np.nan]}, "no number of 0 or more"),
        ({"density": [1e-9, 1e-9]}, "sums to"),
        ({"cell": [], "density": []}, "no pixels"),
    ],
)
def test_what_is_no_map_is_refused(change: dict[str, list[float]], said: str) -> None:
    said_of = {"cell": [0, 1], "density": [0.5, 0.5]} | change
    cell = np.array(said_of["cell"], np.int64)
    with pytest.raises(NoticeError, match=said):
        SkyMap(Pixels(cell, np.zeros(len(cell), np.int64), np.array(said_of["density"])))

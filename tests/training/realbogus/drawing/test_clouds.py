"""Exposures through clouds: what is left at every star is no source, what is left alone is one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.training.realbogus.drawing.test_artefacts import ground
from tests.training.realbogus.invented import examples
from training.arrays import Singles
from training.realbogus.drawing.clouds import CLOUDED, clouded, clouds
from training.realbogus.drawing.ground import DIFFERENCE, SCIENCE, TEMPLATE
from training.realbogus.drawing.pool import Pool
from training.realbogus.labels import BAD_SUBTRACTION, REAL

DRAWN = 60
MIDDLE = slice(29, 34)


def kept(stamps: Singles) -> NDArray[np.float16]:
    return stamps.view(np.float16)


def drawings(label: int, sign: int = 1) -> list[Singles]:
    """Stamps of one label, over one ground."""
    some = [clouded(ground(3, sign=sign), np.random.default_rng(seed)) for seed in range(DRAWN)]
    return [stamps for stamps, given in some if given == label]


def beside(stamps: Singles) -> tuple[float, float]:
    """Median over drawings of what stands beside the centre in the difference, in its noise."""
    outside = stamps[DIFFERENCE].copy()
    outside[24:39, 24:39] = np.nan
    return float(np.nanmax(outside) / 5.0), float(np.nanmin(outside) / 5.0)


def test_what_clouds_leave_stands_at_other_stars_too() -> None:
    real, bogus = ([beside(one) for one in drawings(label)] for label in (REAL, BAD_SUBTRACTION))
    assert np.median(real, axis=0) == pytest.approx([4, -4], abs=1.5)
    assert np.median(bogus, axis=0)[0] > 8


@pytest.mark.parametrize("label", [REAL, BAD_SUBTRACTION])
def test_the_detection_is_positive_and_in_the_middle(label: int) -> None:
    heights = [one[DIFFERENCE, MIDDLE, MIDDLE].max() / 5.0 for one in drawings(label)]
    assert np.median(heights) > 5


def test_a_star_that_faded_is_rarely_less_than_dark() -> None:
    """It is drawn up to a pixel beside what it lost, so that at its edge it may be."""
    darkest = [stamps[SCIENCE, MIDDLE, MIDDLE].min() for stamps in drawings(REAL)]
    assert np.quantile(darkest, 0.1) > 200 - 5 * 6.0


@given(seed=st.integers(0, 2**32 - 1), sign=st.sampled_from([1, -1]))
def test_pixels_that_are_not_there_stay_away_and_the_template_loses_nothing(
    seed: int, sign: int
) -> None:
    before = ground(seed, sign=sign)
    stamps, label = clouded(before, np.random.default_rng(seed))
    assert label in {REAL, BAD_SUBTRACTION} and stamps.dtype == np.float32
    np.testing.assert_array_equal(np.isnan(stamps), np.isnan(before.planes))
    assert np.nanmin(stamps[TEMPLATE] - before.planes[TEMPLATE]) >= 0


def test_what_is_drawn_on_an_alert_of_ztf_does_not_depend_on_the_others() -> None:
    some = examples(5)
    rubin = replace(some, survey=np.array(["ztf", "ztf", "lsst", "ztf", "ztf"]))
    whole, fewer = clouds(rubin, 3, kept), clouds(rubin.take(np.array([3, 2])), 3, kept)
    assert np.bincount(whole.row).tolist() == [CLOUDED, CLOUDED, 0, CLOUDED, CLOUDED]
    assert of(fewer, 0) == of(whole, 3)
    assert of(clouds(rubin, 4, kept), 3) != of(whole, 3)


def of(drawn: Pool, row: int) -> tuple[bytes, list[int]]:
    """What is drawn on one row, and its labels."""
    return drawn.images[drawn.row == row].tobytes(), drawn.label[drawn.row == row].tolist()

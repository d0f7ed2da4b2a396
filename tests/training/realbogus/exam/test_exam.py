"""The exam's stamps are what they are said to be, for both surveys, and give nothing else away."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from numpy.typing import NDArray

from classifiers.realbogus import STAMP_PIXELS
from schemas.errors import GueststarError
from tests.training.realbogus.invented import examples
from training.realbogus.alerts.examples import Examples
from training.realbogus.exam.optics import Psf, measured_psf, moffat, moffat_psf
from training.realbogus.exam.setting import AS_DRAWN, KINDS, ExamSet, exam
from training.realbogus.exam.site import GAIN, Site, opened
from training.realbogus.exam.strength import drawn, strength_for
from training.realbogus.labels import BAD_SUBTRACTION, LABELS, REAL

NOISE = {"ztf": 5.0, "lsst": 30.0}
"""Counts or nJy a pixel."""
FWHM = {"ztf": 2.2, "lsst": 5.0}
SIDE = {"ztf": 63, "lsst": 36}
STARS = {"ztf": 12, "lsst": 2}
PAINTED_SNR = 400.0
"""Of the star at each stamp's middle that only one plane has: what has to go."""
DRAWERS = [pytest.param(label, kind, id=kind) for label, kinds in KINDS.items() for kind in kinds]

SCALED = [one for one in DRAWERS if one.id not in AS_DRAWN]
"""Those two have a strength of their own."""


def field(survey: str, negative: bool, random: np.random.Generator) -> NDArray[np.float32]:
    """A stamp with stars in both planes and a detection at its middle."""
    side, noise = SIDE[survey], NOISE[survey]
    stars = np.zeros((side, side))
    for place in random.uniform(0, side, (STARS[survey], 2)):
        peak = float(np.exp(random.uniform(np.log(20), np.log(2000))))
        stars += peak * noise * moffat(FWHM[survey], side, (place[0], place[1]))
    new = PAINTED_SNR * noise * moffat(FWHM[survey], side, (side // 2, side // 2))
    science = stars + (0.0 if negative else new) + random.normal(0.0, noise, stars.shape)
    template = stars + (new if negative else 0.0) + random.normal(0.0, noise / 10, stars.shape)
    difference = template - science if negative else science - template
    return np.stack((science + 100.0, template + 100.0, difference)).astype(np.float32)


def fields_of(survey: str, count: int = 24, seed: int = 0) -> Examples:
    """Examples of one survey on stamps as above, half of them negative."""
    random, some = np.random.default_rng(seed), examples(count, seed)
    native = np.empty(count, np.object_)
    for row in range(count):
        native[row] = field(survey, bool(some.negative[row]), random)
    return replace(some, survey=np.full(count, survey), native=native)


def sat(survey: str, count: int = 120, seed: int = 1) -> ExamSet:
    some = fields_of(survey)
    return exam(some, np.arange(len(some)), np.random.default_rng(seed), count)


def site(survey: str, random: np.random.Generator) -> Site:
    found = opened(field(survey, False, random), False, psf(survey), survey, random)
    return site(survey, random) if found is None else found


def psf(survey: str) -> Psf:
    return moffat_psf(FWHM[survey], survey)


def filtered(difference: NDArray[np.float64], profile: NDArray[np.float64]) -> float:
    """S/N of a point source at the middle, over the stamp's own noise."""
    half, middle = len(profile) // 2, len(difference) // 2
    span = slice(middle - half, middle + half + 1)
    noise = 1.4826 * np.nanmedian(np.abs(difference - np.nanmedian(difference)))
    box = np.nan_to_num(difference[span, span])
    return float((box * profile).sum() / (noise * np.sqrt((profile**2).sum())))


@pytest.mark.parametrize("survey", ["ztf", "lsst"])
def test_half_are_sources_and_the_four_ways_of_being_bogus_share_the_rest(survey: str) -> None:
    one = sat(survey, 240)
    assert one.stamps.shape == (240, 3, STAMP_PIXELS, STAMP_PIXELS)
    assert one.stamps.dtype == np.float32
    np.testing.assert_array_equal(np.bincount(one.label, minlength=len(LABELS)), [120, *[30] * 4])
    for label, kinds in KINDS.items():
        assert set(one.kind[one.label == label]) == set(kinds)
    assert set(one.survey) == {survey}


def test_a_seed_gives_the_same_exam_and_another_seed_another() -> None:
    first, again, other = (sat("ztf", 40, seed) for seed in (1, 1, 2))
    for one in fields(ExamSet):
        np.testing.assert_array_equal(getattr(first, one.name), getattr(again, one.name))
    assert not np.array_equal(first.stamps, other.stamps, equal_nan=True)


def test_only_the_rows_given_are_drawn_on() -> None:
    some = fields_of("ztf")
    one = exam(some, np.array([3, 8]), np.random.default_rng(0), 40)
    assert set(one.row) == {3, 8}


@pytest.mark.parametrize("survey", ["ztf", "lsst"])
def test_a_source_of_either_sign_is_positive_at_the_middle(survey: str) -> None:
    one = sat(survey)
    clear = (one.label == REAL) & (one.snr > 10.0)
    middle = STAMP_PIXELS // 2
    core = one.stamps[clear, 2, middle - 1 : middle + 2, middle - 1 : middle + 2]
    assert (core.mean(axis=(1, 2)) > 0.0).all()
    assert 0.2 < one.negative[clear].mean() < 0.8


def test_the_difference_is_science_minus_template_times_the_sign() -> None:
    one = sat("ztf")
    kept = one.snr < 1e3
    science, template, difference = np.moveaxis(one.stamps[kept].astype(np.float64), 1, 0)
    sign = np.where(one.negative[kept], -1.0, 1.0)[:, None, None]
    np.testing.assert_allclose(sign * (science - template), difference, atol=0.1, rtol=1e-3)


def test_a_source_has_the_s_to_n_that_was_asked_for() -> None:
    one = sat("ztf", 240)
    rows = np.flatnonzero((one.kind == "source") & (one.snr > 7.0))
    measured = [filtered(one.stamps[row, 2].astype(float), psf("ztf").image) for row in rows]
    assert np.median(measured / one.snr[rows]) == pytest.approx(1.0, abs=0.2)
    assert one.snr[one.label == REAL].min() > 5.0
    assert one.snr[one.label == REAL].max() < 100.0


@pytest.mark.parametrize(("label", "kind"), SCALED)
@pytest.mark.parametrize("survey", ["ztf", "lsst"])
def test_each_kind_is_scaled_to_its_s_to_n_at_its_peak(survey: str, label: int, kind: str) -> None:
    random = np.random.default_rng(5)
    for _ in range(60):
        place = site(survey, random)
        drawing = KINDS[label][kind](place, random)
        if (scaled := strength_for(place, drawing, 20.0, place.reach)) is not None:
            break
    assert scaled is not None
    strength, peak = scaled
    assert strength > 0.0
    assert np.abs(np.subtract(peak.at, place.at)).max() <= place.reach
    assert np.isfinite(drawn(place, drawing, strength, random)[:, *peak.at]).all()


@pytest.mark.parametrize(("label", "kind"), DRAWERS)
@pytest.mark.parametrize("survey", ["ztf", "lsst"])
def test_nothing_drawn_leaves_the_planes_as_they_were_opened(
    survey: str, label: int, kind: str
) -> None:
    random = np.random.default_rng(6)
    place = site(survey, random)
    drawing = KINDS[label][kind](place, random)
    without = place.drawing(drawing.science, drawing.template)
    np.testing.assert_array_equal(drawn(place, without, 0.0, random), place.planes)


@pytest.mark.parametrize("negative", [False, True])
@pytest.mark.parametrize("survey", ["ztf", "lsst"])
def test_opening_a_stamp_takes_its_detection_out_of_the_plane_that_had_it(
    survey: str, negative: bool
) -> None:
    random = np.random.default_rng(7)
    found = [opened(field(survey, negative, random), negative, psf(survey), survey, random)
             for _ in range(10)]  # fmt: skip
    sites = [one for one in found if one is not None]
    assert sites
    for one in sites:
        middle = one.side // 2
        left = one.planes[:, middle, middle]
        photons = max(one.template_light[middle, middle], 0.0) / GAIN[survey]
        assert abs(left[2]) < 5.0 * np.sqrt(NOISE[survey] ** 2 + photons)
        assert one.sign * left[2] == pytest.approx(left[0] - left[1], abs=0.1)


def test_pixels_that_were_missing_stay_missing_and_no_others_are_lost_to_a_source() -> None:
    some = fields_of("ztf", 6)
    for planes in some.native:
        planes[:, :10] = np.nan
    one = exam(some, np.arange(6), np.random.default_rng(3), 60)
    lost = np.isnan(one.stamps[one.label == REAL])
    assert (lost.any(axis=1) == lost.all(axis=1)).all()
    missing_rows = lost.mean(axis=(1, 2, 3)) * STAMP_PIXELS
    # A move of up to ten pixels takes missing rows off the stamp, or mirrors them at its border.
    assert missing_rows.max() <= 20
    assert np.median(missing_rows) == pytest.approx(10, abs=5)


def test_rows_without_pixels_at_their_middle_are_refused_with_a_reason() -> None:
    some = fields_of("ztf", 3)
    for planes in some.native:
        planes[:, 15:50, 15:50] = np.nan
    with pytest.raises(GueststarError, match="no place to draw 'source'"):
        exam(some, np.arange(3), np.random.default_rng(0), 2)


def test_a_stamps_stars_give_their_width() -> None:
    random = np.random.default_rng(8)
    stamps = [field("ztf", False, random).astype(np.float64) for _ in range(40)]
    found = [measured_psf(science, template, "ztf") for science, template, _ in stamps]
    widths = [one.fwhm for one in found if one is not None]
    assert len(widths) > 5
    assert np.median(widths) == pytest.approx(FWHM["ztf"], rel=0.15)


def test_a_stamp_without_stars_shows_none() -> None:
    science, template = np.random.default_rng(9).normal(size=(2, 63, 63))
    assert measured_psf(science, template, "ztf") is None


def test_noise_is_a_subtraction_that_holds_no_news() -> None:
    one = sat("ztf", 240)
    noise = one.kind == "noise"
    assert (one.label[noise] == BAD_SUBTRACTION).all()
    assert one.snr[noise].max() < AS_DRAWN["noise"]


def test_stamps_that_show_nothing_but_noise_can_be_drawn_on() -> None:
    some = examples(6)
    assert len(exam(some, np.arange(6), np.random.default_rng(0), 80)) == 80

"""Frames with known truth through all steps: what was put in is found, and little else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from telescope.camera import Camera, camera_of
from telescope.fits_files import write_image
from telescope.frame import Bit, FrameError, frame_of, read_frame
from telescope.pipeline import Prepared, Report, examined, prepared, seen
from telescope.simulate import Air, Truth, as_reference, before, expose, sky_field, transients

SIDE = 768
AIR = Air(seed=3, fwhm=3.2, shift=(5.3, -3.6), turn_deg=0.4)
CAMERA = camera_of({"name": "sim", "nominal": {"fwhm_pixels": 3.9, "sky_rms": 10.44}}, "a test")
FIELD = sky_field(5, SIDE, stars=420, galaxies=70)
ADDED = transients(FIELD, 7, SIDE, 40, 60.0)


@pytest.fixture(scope="module")
def reference() -> Prepared:
    air = replace(as_reference(AIR), fwhm=2.6)
    return prepared(frame_of(expose(FIELD, air, SIDE, before(ADDED))[0], CAMERA, "reference"))


@pytest.fixture(scope="module")
def night(reference: Prepared) -> tuple[Report, Truth]:
    image, truth = expose(FIELD, AIR, SIDE, ADDED)
    return seen(frame_of(image, CAMERA, "one"), reference), truth


def test_what_was_put_in_is_found_where_and_as_bright_as_it_was(
    night: tuple[Report, Truth],
) -> None:
    report, truth = night
    assert report.reason == ""
    assert report.candidates is not None
    found = report.candidates
    inside = (truth.x > 30) & (truth.x < SIDE - 30) & (truth.y > 30) & (truth.y < SIDE - 30)
    signal = np.abs(truth.flux) * truth.psf_norm / truth.sky_noise
    away = np.hypot(found.x[:, None] - truth.x, found.y[:, None] - truth.y)
    bright = inside & (signal > 9)
    assert np.mean(away.min(axis=0)[bright] < 1.0) >= 0.95
    at, of = away.argmin(axis=0)[bright], np.flatnonzero(bright)
    near = away.min(axis=0)[bright] < 1.0
    pull = (found.flux[at] - truth.flux[of])[near] / found.flux_err[at][near]
    assert abs(np.median(pull)) < 0.6
    assert 1.4826 * np.median(np.abs(pull - np.median(pull))) < 1.6


def test_little_else_is_found_and_empty_sky_scatters_by_one(night: tuple[Report, Truth]) -> None:
    report, truth = night
    assert report.difference is not None
    assert report.candidates is not None
    assert report.difference.spread == pytest.approx(1.0, abs=0.05)
    assert report.difference.place_noise == pytest.approx((1.0, 1.0), abs=0.1)
    found = report.candidates
    away = np.hypot(found.x[:, None] - truth.x, found.y[:, None] - truth.y).min(axis=1)
    assert np.sum(away > 3) <= 3


def test_a_frame_without_a_wcs_is_brought_there_by_its_asterisms(reference: Prepared) -> None:
    image, _ = expose(FIELD, replace(AIR, turn_deg=20.0), SIDE)
    header = {name: value for name, value in image.header.items() if name[:2] not in ("CT", "CR")}
    report = seen(frame_of(image._replace(header=header), CAMERA, "lost"), reference)
    assert report.reason == ""
    assert report.reference is not None
    assert report.reference.by == "asterism"
    assert report.reference.rms_pixels < 0.2


@pytest.mark.parametrize(
    ("fault", "flag"),
    [
        ({}, ""),
        ({"throughput": 0.6}, "clouds"),
        ({"patchy": 0.5}, "patchy"),
        ({"fwhm": 5.0}, "seeing"),
        ({"ellipticity": 0.4}, "elongated"),
        ({"defocus": 3.5}, "focus"),
        ({"gradient": 0.5}, "gradient"),
        ({"hot": 150}, "hot_pixels"),
        ({"bad_columns": 2}, "bad_columns"),
        ({"trails": 1.5}, "trail"),
        ({"amplifier": 8.0}, "amplifier"),
    ],
)
def test_what_is_wrong_with_a_frame_is_named(
    reference: Prepared, fault: dict[str, float], flag: str
) -> None:
    image, _ = expose(FIELD, replace(AIR, **fault), SIDE)  # type: ignore[arg-type]
    quality = seen(frame_of(image, CAMERA, "one"), reference).quality
    assert quality is not None
    assert flag in quality.names if flag else quality.names == []


def test_half_the_exposure_is_half_as_good_and_no_cloud(
    reference: Prepared, night: tuple[Report, Truth]
) -> None:
    air = replace(AIR, sky=AIR.sky / 2, throughput=0.5, read_noise=0.0)
    image, _ = expose(FIELD, air, SIDE)
    short = image._replace(header={**image.header, "EXPTIME": 30.0})
    whole, half = night[0].quality, seen(frame_of(short, CAMERA, "short"), reference).quality
    assert whole is not None
    assert half is not None
    assert half.names == []
    noise = 1 - AIR.read_noise**2 / AIR.gain**2 / 10.44**2
    assert half.score * noise == pytest.approx(whole.score / 2, rel=0.05)
    assert half.throughput == pytest.approx(whole.throughput, abs=0.02)
    assert half.zero_point == pytest.approx(whole.zero_point - 2.5 * np.log10(2), abs=0.02)


def test_clouds_in_patches_leave_few_residuals_and_fluxes_as_they_are(reference: Prepared) -> None:
    image, truth = expose(FIELD, replace(AIR, patchy=0.6), SIDE, ADDED)
    report = seen(frame_of(image, CAMERA, "patches"), reference)
    assert report.candidates is not None
    assert report.quality is not None
    found = report.candidates
    away = np.hypot(found.x[:, None] - truth.x, found.y[:, None] - truth.y)
    assert np.sum(away.min(axis=1) > 3) <= 12
    signal = np.abs(truth.flux) * truth.psf_norm / truth.sky_noise
    near = (away.min(axis=0) < 1.0) & (signal > 9)
    clear = ADDED[2][near] * report.quality.throughput
    ratio = found.flux[away.argmin(axis=0)[near]] / clear
    assert np.median(ratio) == pytest.approx(1.0, abs=0.08)


def test_a_camera_s_clear_nights_say_what_is_a_cloud(reference: Prepared) -> None:
    image, _ = expose(FIELD, AIR, SIDE)
    clear = replace(CAMERA, nominal=replace(CAMERA.nominal, zero_point=26.3))
    quality = seen(frame_of(image, clear, "one"), reference).quality
    assert quality is not None
    assert quality.names == ["clouds"]
    assert quality.measured["clouds"] == pytest.approx(0.3, abs=0.05)
    assert quality.zero_point == pytest.approx(26.0, abs=0.05)


def test_another_field_is_a_reason_and_no_fault(reference: Prepared) -> None:
    image, _ = expose(sky_field(99, SIDE, stars=420, galaxies=70), AIR, SIDE)
    report = seen(frame_of(image, CAMERA, "elsewhere"), reference)
    assert "no stars of the reference" in report.reason
    assert report.candidates is None


def test_a_file_that_is_no_frame_is_a_reason(reference: Prepared, tmp_path: Path) -> None:
    path = tmp_path / "torn.fits"
    path.write_bytes(b"SIMPLE  =                    T" + bytes(3000))
    assert "torn.fits cannot be read" in examined(path, CAMERA, reference).reason
    blank = tmp_path / "blank.fits"
    image, _ = expose(FIELD, AIR, SIDE)
    write_image(blank, image._replace(pixels=np.full((SIDE, SIDE), np.nan, np.float32)))
    assert "no number" in examined(blank, CAMERA, reference).reason


@pytest.mark.parametrize(
    ("own", "said", "reason"),
    [
        (
            b"NAXIS   =                    2",
            b"NAXIS   =         999999999999",
            "the standard has",
        ),
        (b"BITPIX  =                  -32", b"BITPIX  =                    T", "cannot be read"),
    ],
)
def test_a_header_that_would_be_counted_through_for_ever_is_a_reason(
    tmp_path: Path, own: bytes, said: bytes, reason: str
) -> None:
    path = tmp_path / "odd.fits"
    write_image(path, expose(FIELD, AIR, SIDE)[0])
    path.write_bytes(path.read_bytes().replace(own, said, 1))
    with pytest.raises(FrameError, match=reason):
        read_frame(path, CAMERA)


def test_a_card_that_cannot_be_read_or_held_is_as_if_it_were_not_there(tmp_path: Path) -> None:
    path = tmp_path / "card.fits"
    image, _ = expose(FIELD, AIR, SIDE)
    write_image(path, image._replace(header={**image.header, "GAIN": 3.0, "SATURATE": 1.5}))
    content = path.read_bytes()
    for own, said in ((b"3.0", b"3.."), (b" 1.5", b"1E99")):
        assert content.count(own) >= 1
        content = content.replace(own, said)
    path.write_bytes(content)
    facts = read_frame(path, CAMERA).facts
    assert np.isnan([facts.gain, facts.saturation]).all()


def test_a_frame_comes_back_as_it_was_written_with_its_mask(tmp_path: Path) -> None:
    image, _ = expose(FIELD, AIR, SIDE)
    mask = np.zeros((SIDE, SIDE), np.int16)
    mask[5, 7] = 1 << 3
    write_image(tmp_path / "one.fits", image._replace(mask=mask))
    camera = camera_of({"name": "sim", "mask_extension": "MASK", "mask_bits": {"3": "bad"}}, "t")
    frame = read_frame(tmp_path / "one.fits", camera)
    assert np.flatnonzero(frame.mask & Bit.BAD).tolist() == [5 * SIDE + 7]
    assert frame.facts.gain == AIR.gain
    assert np.array_equal(frame.pixels, image.pixels)


def test_a_mask_of_another_shape_is_refused() -> None:
    image, _ = expose(FIELD, AIR, SIDE)
    with pytest.raises(FrameError, match="mask of"):
        frame_of(image._replace(mask=np.zeros((3, 3), np.int16)), Camera("sim"), "one")


@pytest.mark.parametrize("value", [np.nan, np.inf, -1e300, 0.5])
def test_a_mask_of_other_than_whole_numbers_is_refused(value: float) -> None:
    image, _ = expose(FIELD, AIR, SIDE)
    with pytest.raises(FrameError, match="whole numbers"):
        frame_of(image._replace(mask=np.full((SIDE, SIDE), value)), Camera("sim"), "one")

"""Frames of several sites as one: deeper than the best, and whose fault is which."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from telescope.camera import camera_of
from telescope.convolving import filtered
from telescope.frame import Bit, Frame, FrameError, frame_of
from telescope.fuse import Fused, fused
from telescope.pipeline import prepared
from telescope.simulate import Air, expose, sky_field
from telescope.sources import aperture

SIDE = 384
CAMERA = camera_of({"name": "sim"}, "a test")
FIELD = sky_field(5, SIDE, stars=90, galaxies=15)
AIRS = (
    Air(seed=1, fwhm=2.6),
    Air(seed=2, fwhm=3.6, sky=400, throughput=0.8, shift=(3.3, -2.2), turn_deg=0.5),
    Air(seed=3, fwhm=4.2, sky=150, throughput=1.2, shift=(-4.7, 5.1), turn_deg=-1.0),
)


def frames() -> list[Frame]:
    return [
        frame_of(expose(FIELD, air, SIDE)[0], CAMERA, f"site {at}") for at, air in enumerate(AIRS)
    ]


@pytest.fixture(scope="module")
def found() -> Fused:
    return fused(frames())


def source_noise(frame: Frame) -> float:
    """One sigma of a point source's flux: the frame's own noise through its own PSF."""
    one = prepared(frame)
    image = one.psf.at(SIDE / 2, SIDE / 2)
    return math.sqrt(float(np.median(one.frame.background_variance)) / float((image**2).sum()))


def test_what_is_fused_is_as_deep_as_the_frames_together_can_be(found: Fused) -> None:
    alone = [source_noise(one) / air.throughput for one, air in zip(frames(), AIRS, strict=True)]
    limit = 1 / math.sqrt(sum(one**-2 for one in alone))
    assert found.left_out == []
    assert source_noise(found.frame) < 1.04 * limit
    assert limit < 0.75 * min(alone)


def test_its_empty_sky_scatters_as_its_variance_says_of_a_source(found: Fused) -> None:
    one = prepared(found.frame)
    image = one.psf.at(SIDE / 2, SIDE / 2)
    still = replace(AIRS[0], fwhm=4.2, gain=1e9, read_noise=0.0)
    dark = expose(FIELD, still, SIDE)[0].pixels < still.sky + 0.2
    dark[:40], dark[-40:], dark[:, :40], dark[:, -40:] = False, False, False, False
    through = filtered(one.frame.pixels, image[::-1, ::-1]) / float((image**2).sum())
    flux = through[dark]
    scatter = 1.4826 * np.median(np.abs(flux - np.median(flux)))
    assert scatter == pytest.approx(source_noise(found.frame), rel=0.1)


def test_stars_are_as_bright_as_in_the_first_frame(found: Fused) -> None:
    first, one = prepared(frames()[0]), prepared(found.frame)
    rows = np.argsort(-first.found.flux)[5:25]
    x, y = first.found.x[rows], first.found.y[rows]
    light = aperture(one.frame, x, y, 8.0)[0] / aperture(first.frame, x, y, 8.0)[0]
    assert np.nanmedian(light) == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("at", range(3))
def test_what_one_site_alone_shows_is_named_as_its_and_left_out(found: Fused, at: int) -> None:
    seen = frames()
    pixels = seen[at].pixels.copy()
    pixels[200, 140:146] += 600.0
    seen[at] = replace(seen[at], pixels=pixels)
    spoiled = fused(seen)
    assert spoiled.faults[0].frame == f"site {at}"
    x, y = round(spoiled.faults[0].x), round(spoiled.faults[0].y)
    assert spoiled.disagreement[y, x] == at + 1
    assert math.hypot(x - 143, y - 200) < 15
    part = np.s_[y - 6 : y + 7, x - 6 : x + 7]
    assert np.abs(spoiled.frame.pixels[part] - found.frame.pixels[part]).max() < 60


def test_of_two_the_one_that_shows_more_disagrees() -> None:
    seen = frames()[:2]
    pixels = seen[0].pixels.copy()
    pixels[150:153, 90:93] += 300.0
    names = {one.frame for one in fused([replace(seen[0], pixels=pixels), seen[1]]).faults
             if math.hypot(one.x - 91, one.y - 151) < 6}  # fmt: skip
    assert names == {"site 0"}


def test_a_frame_of_another_field_is_left_out_and_a_first_one_that_is_none_refused() -> None:
    other = frame_of(expose(sky_field(9, SIDE, stars=90), AIRS[0], SIDE)[0], CAMERA, "elsewhere")
    some = fused([*frames()[:2], other])
    assert some.names == ["site 0", "site 1"]
    assert "no stars" in some.left_out[0]
    blank = replace(other, pixels=np.zeros_like(other.pixels))
    with pytest.raises(FrameError, match="elsewhere"):
        fused([blank, *frames()])


def test_what_no_frame_shows_is_marked_as_such() -> None:
    seen = frames()
    mask = seen[0].mask.copy()
    mask[:, :100] = Bit.BAD
    only = fused([replace(seen[0], mask=mask)])
    assert only.frame.unusable[:, 10:80].all()
    assert not only.frame.unusable[40:-40, 150:300].any()

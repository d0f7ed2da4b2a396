"""`gueststar telescope` as a user types it, from raw frames to a reference and what is new."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from numpy.random import default_rng
from numpy.typing import NDArray

from broker.errors import SettingsError
from telescope.camera import read_camera
from telescope.fits_files import Image, write_image
from telescope.frame import FrameError, read_frame
from telescope.simulate import Air, expose, sky_field
from telescope.simulated_night import write_night
from tests.gueststar.running import said

SIDE = 384
FRAMES = 5
OVERSCAN = 16
CAMERA = """
name = "{name}"
nominal = {{ fwhm_pixels = 3.3, sky_rms = 10.44 }}
"""


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("night")
    list(write_night(folder, frames=FRAMES, side=SIDE, transients_count=8, seed=1))
    (folder / "camera.toml").write_text(CAMERA.format(name="simulated"))
    return folder


def inspected(night: Path, reference: Path) -> str:
    frame = str(night / "frames" / f"frame{FRAMES - 1:04}.fits")
    camera = str(night / "camera.toml")
    return said("telescope", "inspect", frame, "--camera", camera, "--reference", str(reference))


def test_inspect_says_what_a_reference_shows_to_be_new(night: Path) -> None:
    text = inspected(night, night / "reference.fits")
    real = {
        (float(x), float(y))
        for x, y, score in re.findall(r"x +([\d.]+) y +([\d.]+) .* real ([\d.]+)", text)
        if float(score) >= 0.8
    }
    put = json.loads((night / "truth.json").read_text())[f"frame{FRAMES - 1:04}.fits"]
    places = np.stack([put["x"], put["y"]], axis=1)
    assert len(real) >= 3
    assert all(np.hypot(*(places - at).T).min() < 1.0 for at in real)


def test_a_camera_may_be_a_telescopes_own_settings_or_what_they_name(night: Path) -> None:
    frame = str(night / "frames" / "frame0000.fits")
    named = night / "named.toml"
    named.write_text('camera = "camera.toml"\n')
    plain, *others = (
        said("telescope", "inspect", frame, "--camera", str(night / name))
        for name in ("camera.toml", "telescope.toml", named.name)
    )
    assert "384 x 384 pixels" in plain
    assert others == [plain, plain]


def test_a_reference_of_frames_is_deeper_than_each_and_its_noise_is_as_it_says(
    night: Path,
) -> None:
    made, camera = night / "made.fits", str(night / "camera.toml")
    frames = [str(path) for path in sorted((night / "frames").glob("*"))[: FRAMES - 1]]
    text = said("telescope", "reference", *frames, "--camera", camera, "--to", str(made))
    assert f"{FRAMES - 1} of {FRAMES - 1} frames" in text
    text = said("telescope", "inspect", str(made), "--camera", camera)
    scatter = re.search(r"scatter ([\d.]+) counts", text)
    assert scatter is not None
    assert float(scatter[1]) < 0.6 * 10.44
    # What stands in all frames is not new, and empty sky scatters by one.
    text = inspected(night, made)
    spread = re.search(r"(\d+) candidates, 0 real, score's spread ([\d.]+)", text)
    assert spread is not None
    assert int(spread[1]) <= 2
    assert float(spread[2]) == pytest.approx(1.0, abs=0.06)


def test_inspect_says_of_a_real_frame_what_its_header_says(
    data_folder: Path, tmp_path: Path
) -> None:
    frame = next((data_folder / "images" / "frames").glob("ztf*sciimg.fits.fz"), None)
    if frame is None:
        pytest.skip("GUESTSTAR_DATA holds no frames")
    (tmp_path / "ztf.toml").write_text('name = "ztf"\nmask_extension = "FILE"\n')
    text = said("telescope", "inspect", str(frame), "--camera", str(tmp_path / "ztf.toml"))
    assert "3072 x 3080 pixels" in text
    assert "zero point 26.2851" in text
    assert "1.013 arcsec a pixel" in text
    seeing = re.search(r"FWHM ([\d.]+) pixels", text)
    assert seeing is not None
    assert float(seeing[1]) == pytest.approx(2.0, abs=0.25)


class Raw:
    """A detector with an offset that changes by rows, dark current, and a flat with a dead spot."""

    def __init__(self, folder: Path) -> None:
        self._folder, rng = folder, default_rng(4)
        self.bias = rng.normal(0.0, 3.0, (SIDE, SIDE))
        self.dark = rng.exponential(0.2, (SIDE, SIDE))
        y, x = np.mgrid[:SIDE, :SIDE] / SIDE - 0.5
        self.flat = 1.1 - 0.6 * (x**2 + y**2)
        self.flat[50:53, 60:63] = 0.05
        self._rng = rng

    def write(self, name: str, light: NDArray[np.floating], exposure_s: float) -> str:
        """A raw file: light, and what the detector makes of it."""
        pixels = np.empty((SIDE, SIDE + OVERSCAN))
        pixels[:, :SIDE] = light * self.flat + self.dark * exposure_s + self.bias
        pixels[:, SIDE:] = 0.0
        pixels += 1000.0 + 20.0 * np.sin(np.arange(SIDE) / 40.0)[:, None]
        pixels += self._rng.normal(0.0, 1.0, pixels.shape)
        header = {"EXPTIME": exposure_s, "GAIN": 2.0, "MJD-OBS": 61_000.2, "FILTER": "r"}
        write_image(self._folder / name, Image(pixels.astype(np.float32), header))
        return str(self._folder / name)


def test_masters_of_raw_frames_make_a_raw_frame_what_came_through_the_lens(tmp_path: Path) -> None:
    raw, nothing = Raw(tmp_path), np.zeros((SIDE, SIDE))
    lamp = np.full((SIDE, SIDE), 20_000.0)
    light = expose(sky_field(2, SIDE, stars=120, galaxies=10), Air(seed=3), SIDE)[0].pixels
    series = {
        "bias": [raw.write(f"b{n}.fits", nothing, 0.0) for n in range(9)],
        "dark": [raw.write(f"d{n}.fits", nothing, 300.0) for n in range(9)],
        "flat": [raw.write(f"f{n}.fits", lamp, 2.0) for n in range(9)],
    }
    science = raw.write("raw.fits", light, 60.0)
    camera = tmp_path / "camera.toml"
    text = CAMERA.format(name="raw") + "[detector]\n"
    text += f"overscan = [0, {SIDE}, {SIDE}, {SIDE + OVERSCAN}]\ntrim = [0, {SIDE}, 0, {SIDE}]\n"
    camera.write_text(text)
    for kind, frames in series.items():
        to = tmp_path / f"{kind}.fits"
        said("telescope", "master", kind, *frames, "--camera", str(camera), "--to", str(to))
        text += f'{kind} = "{to.name}"\n'
        camera.write_text(text)
    frame = read_frame(Path(science), read_camera(camera))
    dead = raw.flat < 0.2
    assert np.array_equal(frame.unusable, dead)
    # A flat's scale is its median's; little is added to the noise of a reading, which is 1.
    off = (frame.pixels - light * np.median(raw.flat))[~dead]
    assert abs(np.median(off)) < 0.2
    assert 1.4826 * np.median(np.abs(off)) < 1.4
    text = said("telescope", "inspect", science, "--camera", str(camera))
    assert f"{SIDE} x {SIDE} pixels" in text


def test_what_a_master_cannot_be_made_of_is_named(night: Path, tmp_path: Path) -> None:
    frame, camera = str(night / "frames" / "frame0000.fits"), str(night / "camera.toml")
    more = ("--camera", camera, "--to", str(tmp_path / "m.fits"))
    with pytest.raises(SettingsError, match="bias, dark, flat, not of 'sky'"):
        said("telescope", "master", "sky", frame, *more)
    plain = Image(np.zeros((40, 40), np.float32), {})
    write_image(tmp_path / "d.fits", plain)
    with pytest.raises(FrameError, match="no exposure time"):
        said("telescope", "master", "dark", str(tmp_path / "d.fits"), *more)

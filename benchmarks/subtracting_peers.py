"""Others' subtractions of the pairs that `benchmarks.telescope_peers` wrote, as their scores.

    python benchmarks/subtracting_peers.py zogy|sfft FOLDER

It stands alone, as it runs in an environment of its own, with PyZOGY or sfft, which neither the
project nor its tests need.
"""

from __future__ import annotations

import sys
import time
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

Pair = dict[str, Any]
STAR_FWHM, KERNEL_FWHM = 2.5, 2.0
"""The radius about stars where sfft fits its kernel, and the half side of that (its default)."""


def zogy(pair: Pair, folder: Path) -> Pair:
    """PyZOGY's difference through its own matched filter, with one PSF for the field."""
    subtract = import_module("PyZOGY.subtract")
    science, reference = (_side(pair, name, folder) for name in ("science", "reference"))
    difference = subtract.calculate_difference_image(
        science, reference, gain_ratio=float(pair["scale"])
    )
    zero = subtract.calculate_difference_image_zero_point(science, reference)
    psf = subtract.calculate_difference_psf(science, reference, zero)
    return {"PyZOGY": np.real(subtract.calculate_matched_filter_image(difference, psf, zero))}


def _side(pair: Pair, name: str, folder: Path) -> Any:  # noqa: ANN401 - theirs
    """One of the two frames, as it reads them."""
    image = _written(folder / f"{name}.fits", pair[name].astype(np.float64))
    psf = _written(folder / f"{name}_psf.fits", pair[f"{name}_psf"].astype(np.float64))
    mask = _written(folder / f"{name}_mask.fits", pair["bad"].astype(np.int16))
    side = import_module("PyZOGY.image_class").ImageClass(image, psf, mask)
    # It takes the brightest pixel for the middle, which of a lopsided PSF it is not.
    star = pair[f"{name}_psf"]
    peak, middle = np.unravel_index(star.argmax(), star.shape), np.array(star.shape) // 2
    side.psf = np.roll(side.psf, np.subtract(peak, middle), (0, 1))
    return side


def sfft(pair: Pair, folder: Path) -> Pair:
    """Sfft's difference through the PSF of the frame that it does not convolve.

    Once as it is, and once by the noise of photons of both frames and the sky.
    """
    frames = [np.where(pair["bad"], 0.0, pair[name]) for name in ("reference", "science")]
    near = _about(pair["stars"], STAR_FWHM * float(pair["fwhm"]), frames[0].shape)
    files = [_written(folder / f"{at}.fits", one) for at, one in enumerate(frames)]
    files += [_written(folder / f"masked{at}.fits", one * near) for at, one in enumerate(frames)]
    sharp = [(pair[f"{name}_psf"] ** 2).sum() for name in ("reference", "science")]
    side = ("REF", "SCI")[int(np.argmax(sharp))]
    import_module("sfft.CustomizedPacket").Customized_Packet.CP(
        *files, side, round(KERNEL_FWHM * float(pair["fwhm"])),
        FITS_DIFF=str(folder / "difference.fits"), BACKEND_4SUBTRACT="Numpy",
        NUM_CPU_THREADS_4SUBTRACT=1, VERBOSE_LEVEL=0,
    )  # fmt: skip
    difference = import_module("astropy.io.fits").getdata(folder / "difference.fits")
    psf = pair["science_psf" if side == "REF" else "reference_psf"]
    score = _correlated(difference, psf)
    noise = np.sqrt(np.maximum(_correlated(pair["variance"], psf**2), 1e-12))
    return {"sfft": score, "sfft, by photons' noise": score / noise}


def _written(path: Path, image: Any) -> str:  # noqa: ANN401 - an array
    import_module("astropy.io.fits").writeto(path, image)
    return str(path)


def _about(places: Any, radius: float, shape: tuple[int, int]) -> Any:  # noqa: ANN401 - arrays
    """Which pixels are within a radius of a place (n, 2)."""
    near, reach = np.zeros(shape, np.bool_), int(radius) + 1
    for x, y in places:
        rows, columns = (slice(max(int(at) - reach, 0), int(at) + reach + 1) for at in (y, x))
        grid_y, grid_x = np.mgrid[rows, columns]
        inside = (grid_y < shape[0]) & (grid_x < shape[1])
        close = inside & (np.hypot(grid_x - x, grid_y - y) < radius)
        near[grid_y[close], grid_x[close]] = True
    return near


def _correlated(image: Any, psf: Any) -> Any:  # noqa: ANN401 - arrays
    """The sum about each pixel of an image by a small one."""
    whole = np.zeros(image.shape)
    whole[: psf.shape[0], : psf.shape[1]] = psf
    whole = np.roll(whole, [-(side // 2) for side in psf.shape], (0, 1))
    transformed = np.fft.rfft2(image) * np.conj(np.fft.rfft2(whole))
    return np.fft.irfft2(transformed, image.shape)


def main() -> None:
    """Run one of them on every pair of a folder."""
    name, peer = sys.argv[1], {"zogy": zogy, "sfft": sfft}[sys.argv[1]]
    for path in sorted(Path(sys.argv[2]).glob("pair_*.npz")):
        with np.load(path) as kept, TemporaryDirectory() as spare:
            pair = dict(kept)
            begin_s = time.process_time()
            scores = peer(pair, Path(spare))
            spent_s = time.process_time() - begin_s
        np.savez(path.with_name(f"{name}_{path.stem[5:]}.npz"), **scores, cpu_s=spent_s)
        sys.stdout.write(f"{path.name}: {spent_s:.1f} CPU s\n")


if __name__ == "__main__":
    main()

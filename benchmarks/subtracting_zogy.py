"""PyZOGY run on the pairs that `benchmarks.telescope_zogy` wrote: its matched-filter image of each.

    python benchmarks/subtracting_zogy.py FOLDER

It stands alone, as it runs in an environment of its own, with PyZOGY, which neither the project nor
its tests need.
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


def zogy(pair: Pair, folder: Path) -> Any:  # noqa: ANN401 - arrays of theirs
    """PyZOGY's difference through its own matched filter, with one PSF for the field."""
    subtract = import_module("PyZOGY.subtract")
    science, reference = (_side(pair, name, folder) for name in ("science", "reference"))
    difference = subtract.calculate_difference_image(
        science, reference, gain_ratio=float(pair["scale"])
    )
    zero = subtract.calculate_difference_image_zero_point(science, reference)
    psf = subtract.calculate_difference_psf(science, reference, zero)
    return np.real(subtract.calculate_matched_filter_image(difference, psf, zero))


def _side(pair: Pair, name: str, folder: Path) -> Any:  # noqa: ANN401 - theirs
    """One of the two frames, as it reads them."""
    image, psf, mask = (folder / f"{name}_{kind}.fits" for kind in ("image", "psf", "mask"))
    fits = import_module("astropy.io.fits")
    fits.writeto(image, pair[name].astype(np.float64))
    fits.writeto(psf, pair[f"{name}_psf"].astype(np.float64))
    fits.writeto(mask, pair["bad"].astype(np.int16))
    side = import_module("PyZOGY.image_class").ImageClass(str(image), str(psf), str(mask))
    # It takes the brightest pixel for the middle, which of a lopsided PSF it is not.
    star = pair[f"{name}_psf"]
    peak, middle = np.unravel_index(star.argmax(), star.shape), np.array(star.shape) // 2
    side.psf = np.roll(side.psf, np.subtract(peak, middle), (0, 1))
    return side


def main() -> None:
    """Run it on every pair of a folder."""
    for path in sorted(Path(sys.argv[1]).glob("pair_*.npz")):
        with np.load(path) as kept, TemporaryDirectory() as spare:
            pair = dict(kept)
            begin_s = time.process_time()
            difference = zogy(pair, Path(spare))
            spent_s = time.process_time() - begin_s
        to = path.with_name(path.name.replace("pair_", "zogy_"))
        np.savez(to, difference=difference, cpu_s=spent_s)
        sys.stdout.write(f"{path.name}: {spent_s:.1f} CPU s\n")


if __name__ == "__main__":
    main()

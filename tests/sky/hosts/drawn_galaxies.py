"""Templates drawn with a galaxy of known shape, or a star, as the surveys' packets carry them."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from io import BytesIO
from typing import NamedTuple

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from schemas.batch import AlertBatch
from schemas.decode import Decoder
from tests.schemas import golden

Image = NDArray[np.float32]
ZTF_PIXEL_ARCSEC = 1.012
SKY, NOISE = 200.0, 3.0


class Galaxy(NamedTuple):
    """An exponential disc, in pixels; the angle is from columns to rows."""

    scale: float
    axis_ratio: float = 1.0
    angle_deg: float = 0.0
    x: float = 0.0
    y: float = 0.0
    """From the middle of the stamp."""
    peak: float = 300.0

    def light(self, side: int) -> NDArray[np.float64]:
        """Of each pixel, sampled at its middle."""
        along, across = self._axes(side)
        return np.asarray(self.peak * np.exp(-np.hypot(along, across / self.axis_ratio)))

    def radius(self, level: float) -> float:
        """Semi-major axis of the isophote of that level."""
        return self.scale * float(np.log(self.peak / level))

    def _axes(self, side: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        y, x = np.mgrid[:side, :side] - (side - 1) / 2
        angle, x, y = np.radians(self.angle_deg), x - self.x, y - self.y
        return (
            (x * np.cos(angle) + y * np.sin(angle)) / self.scale,
            (y * np.cos(angle) - x * np.sin(angle)) / self.scale,
        )


def star(side: int, sigma: float, x: float = 0.0, y: float = 0.0, peak: float = 3000.0) -> Image:
    """A Gaussian's light, in pixels from the middle of the stamp."""
    rows, columns = np.mgrid[:side, :side] - (side - 1) / 2
    square = (columns - x) ** 2 + (rows - y) ** 2
    return np.asarray(peak * np.exp(-0.5 * square / sigma**2), np.float32)


def noisy(light: NDArray[np.floating], seed: int = 0, noise: float = NOISE) -> Image:
    """With a sky and its noise."""
    draw = np.random.default_rng(seed)
    return np.asarray(light + SKY + draw.normal(0, noise, light.shape), np.float32)


def file_of(image: Image, header: Mapping[str, float | str] | None = None) -> bytes:
    """As FITS."""
    primary = fits.PrimaryHDU(image)
    primary.header.update(header or {})
    out = BytesIO()
    primary.writeto(out)
    return out.getvalue()


def with_spread(file: bytes, spread: NDArray[np.float64]) -> bytes:
    """A file with a point-spread function behind its image, as Rubin sends it."""
    planes = fits.open(BytesIO(file))
    out = BytesIO()
    fits.HDUList([*planes, fits.ImageHDU(spread, name="PSFIMAGE")]).writeto(out)
    return out.getvalue()


def ztf(*templates: Image | None) -> AlertBatch:
    """Alerts of ZTF with these templates."""
    return Decoder().decode(
        [
            golden.ztf_packet(number, cutoutTemplate=None if image is None else _ztf_cutout(image))
            for number, image in enumerate(templates)
        ]
    )


def _ztf_cutout(image: Image) -> dict[str, object]:
    return {"fileName": "template.fits.gz", "stampData": gzip.compress(file_of(image))}


def rubin(*templates: bytes) -> AlertBatch:
    """Alerts of Rubin with these files as templates."""
    packets = [
        golden.rubin_packet(number, cutoutTemplate=file) for number, file in enumerate(templates)
    ]
    return Decoder(schemas=golden.GoldenSchemas()).decode(packets)

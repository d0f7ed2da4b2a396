"""Frames whose truth is known: a field of stars and galaxies, seen by a telescope through a night.

A field is a seed's, an exposure another's, so that the same field can be seen many times: shifted,
turned, through other air, with other transients. Star and galaxy profiles are Moffat's (1969) and
Sersic's (1963), summed by hand on pixels; tests hold them to another hand's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator, default_rng
from numpy.typing import NDArray

from telescope.fits_files import Image
from telescope.profiles import add, blurred, moffat, sersic

Floats = NDArray[np.float64]
PIXEL_DEG = 1.0 / 3600.0
COMA_FWHM = 0.9


@dataclass(frozen=True)
class Field:
    """What is on the sky, in the pixels of an exposure that is neither shifted nor turned."""

    x: Floats
    y: Floats
    flux: Floats
    """Counts of an exposure of throughput 1."""
    radius: Floats
    """Half-light radius in pixels; 0: a star."""
    index: Floats
    """Sersic's n."""
    ratio: Floats
    angle: Floats


@dataclass(frozen=True)
class Air:
    """What an exposure goes through, and what goes wrong in it."""

    seed: int = 0
    fwhm: float = 2.6
    fwhm_rise: float = 0.05
    """Relative, from the middle to the corner."""
    ellipticity: float = 0.0
    angle_deg: float = 30.0
    defocus: float = 0.0
    """The radius of a ring that the mirror throws, pixels."""
    coma: float = 0.0
    """The share of a star's light that lies COMA_FWHM to one side, along coma_deg."""
    coma_deg: float = 0.0
    sky: float = 200.0
    gradient: float = 0.0
    """Of the sky over the frame, relative."""
    throughput: float = 1.0
    patchy: float = 0.0
    """How much of the light the thickest cloud takes, where clouds are in patches."""
    shift: tuple[float, float] = (0.0, 0.0)
    turn_deg: float = 0.0
    exposures: int = 1
    """As many taken and averaged: a reference."""
    rays: int = 0
    hot: int = 0
    bad_columns: int = 0
    trails: float = 0.0
    """Peak of a satellite's trail by the noise of a pixel; 0: none."""
    amplifier: float = 0.0
    """By which one half of the frame is too bright, counts."""
    gain: float = 2.0
    read_noise: float = 6.0
    saturation: float = 55_000.0
    mjd: float = 61_000.2
    band: str = "r"
    zero_point: float = 26.0


@dataclass(frozen=True)
class Truth:
    """What was put into an exposure, in its own pixels."""

    x: Floats
    y: Floats
    flux: Floats
    """Of transients, as the detector counted them on average; negative for fadings."""
    on_galaxy: NDArray[np.bool_]
    ray_pixels: NDArray[np.int64]
    """(n, 2), row and column."""
    psf_norm: Floats
    """The root of the sum of the PSF's squares at each: its S/N is flux by norm by noise."""
    sky_noise: float
    effective_time: float
    """Against an exposure of FWHM 2.6, sky 200 and throughput 1 (Neilsen et al. 2019)."""


def sky_field(
    seed: int, side: int = 2048, *, stars: int = 2500, galaxies: int = 500, margin: int = 60
) -> Field:
    """A field at random: star counts rise by 10^(0.3 m), galaxies' by 10^(0.5 m)."""
    rng, count = default_rng([seed, 1]), stars + galaxies
    x, y = rng.uniform(-margin, side + margin, (2, count))
    flux = np.concatenate(
        [_counts(rng, stars, 300.0, 2e6, 0.75), _counts(rng, galaxies, 800.0, 1e5, 1.25)]
    )
    radius = np.where(np.arange(count) < stars, 0.0, rng.lognormal(1.0, 0.4, count))
    return Field(
        x, y, flux, radius, rng.choice([1.0, 2.0, 4.0], count),
        rng.uniform(0.3, 1.0, count), rng.uniform(0, math.pi, count),
    )  # fmt: skip


def transients(
    field_: Field, seed: int, side: int, count: int, noise_flux: float
) -> tuple[Floats, ...]:
    """Places, S/N by a flux of one sigma, and whether a galaxy is there: half of them are."""
    rng = default_rng([seed, 2])
    x, y = rng.uniform(40, side - 40, (2, count))
    hosts = np.flatnonzero(field_.radius > 0)
    hosted = np.arange(count) < (count // 2 if len(hosts) else 0)
    chosen = rng.choice(hosts, count) if len(hosts) else np.zeros(count, np.int64)
    away = rng.normal(0, 1, (2, count)) * np.maximum(field_.radius[chosen], 1) * 0.7
    x = np.where(hosted, field_.x[chosen] + away[0], x)
    y = np.where(hosted, field_.y[chosen] + away[1], y)
    flux = noise_flux * rng.uniform(3, 30, count)
    sign = np.where(rng.random(count) < 0.8, 1.0, -1.0)
    return x, y, flux * sign, hosted.astype(np.float64)


def before(added: tuple[Floats, ...]) -> tuple[Floats, ...]:
    """What of transients a reference holds: the light of those that have faded since."""
    x, y, flux, hosted = added
    return x, y, np.maximum(-flux, 0.0), hosted


def expose(
    field_: Field, air: Air, side: int = 2048, added: tuple[Floats, ...] | None = None
) -> tuple[Image, Truth]:
    """One exposure of a field; `added` are transients: x, y, flux (throughput 1), on_galaxy.

    A negative flux is that of a fading: nothing is drawn here, and its light in the reference.
    """
    rng = default_rng([air.seed, 3])
    x, y, flux, hosted = added or (np.zeros(0),) * 4
    light = np.zeros((side, side))
    norms = _draw(light, field_, air, (x, y, np.maximum(flux, 0.0)))
    cloud = _clouds(air, side, rng)
    light *= cloud
    slope = np.linspace(-0.5, 0.5, side)[None, :] * air.gradient
    light += air.sky * (1 + slope)
    noise = math.sqrt(air.sky / air.gain + (air.read_noise / air.gain) ** 2)
    pixels = _counted(light, air, rng)
    rays = _artefacts(pixels, air, rng, noise / math.sqrt(air.exposures))
    np.minimum(pixels, air.saturation, out=pixels)
    at_x, at_y = place(air, side, x, y)
    there = _at(cloud, at_x, at_y)
    time = _effective(air, float(np.mean(cloud)))
    truth = Truth(
        at_x, at_y, flux * there, hosted.astype(np.bool_), rays, norms,
        noise / math.sqrt(air.exposures), time,
    )  # fmt: skip
    return Image(pixels.astype(np.float32), header_of(air, side)), truth


def header_of(air: Air, side: int) -> dict[str, float | str]:
    """A header with a TAN WCS that says where the exposure points, and the usual facts."""
    turn, middle = math.radians(air.turn_deg), (side + 1) / 2
    cosine, sine = math.cos(turn), math.sin(turn)
    return {
        "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 150.0, "CRVAL2": 20.0,
        "CRPIX1": middle + air.shift[0], "CRPIX2": middle + air.shift[1],
        "CD1_1": -PIXEL_DEG * cosine, "CD1_2": -PIXEL_DEG * sine,
        "CD2_1": -PIXEL_DEG * sine, "CD2_2": PIXEL_DEG * cosine,
        "CUNIT1": "deg", "CUNIT2": "deg", "RADESYS": "ICRS",
        "MJD-OBS": air.mjd, "EXPTIME": 60.0, "FILTER": air.band,
        "GAIN": air.gain * air.exposures, "RDNOISE": air.read_noise, "SATURATE": air.saturation,
        "MAGZP": air.zero_point,
    }  # fmt: skip


def as_reference(air: Air, exposures: int = 6) -> Air:
    """The air of a deep, sharp exposure without faults."""
    return replace(
        air, exposures=exposures, rays=0, hot=0, bad_columns=0, trails=0.0, shift=(0.0, 0.0),
        turn_deg=0.0, patchy=0.0, throughput=1.0, seed=air.seed + 900_001,
    )  # fmt: skip


def place(air: Air, side: int, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Where places of the field are in an exposure: turned about the middle, then shifted."""
    turn, middle = math.radians(air.turn_deg), (side - 1) / 2
    u, v = x - middle, y - middle
    return (
        middle + air.shift[0] + u * math.cos(turn) - v * math.sin(turn),
        middle + air.shift[1] + u * math.sin(turn) + v * math.cos(turn),
    )


def psf(air: Air, x: float, y: float, side: int, half: int) -> Floats:
    """The PSF about a place of an exposure of `side` pixels, wider towards the corners."""
    corner = math.hypot(x - side / 2, y - side / 2) / (side / 2 * math.sqrt(2))
    fwhm, turn = air.fwhm * (1 + air.fwhm_rise * corner), math.radians(air.coma_deg)
    coma = COMA_FWHM * fwhm * math.cos(turn), COMA_FWHM * fwhm * math.sin(turn)
    image = np.zeros((2 * half + 1, 2 * half + 1))
    for share, (u, v) in ((1 - air.coma, (0.0, 0.0)), (air.coma, coma)):
        if share:
            off = x - round(x) + u, y - round(y) + v
            image += share * moffat(
                fwhm, off, half,
                ellipticity=air.ellipticity, angle_deg=air.angle_deg, defocus=air.defocus,
            )  # fmt: skip
    return image


def _counts(rng: Generator, count: int, low: float, high: float, slope: float) -> Floats:
    """Fluxes of a power law: N(> f) ~ f^-slope between two bounds."""
    u = rng.random(count)
    a, b = low**-slope, high**-slope
    return np.asarray((a - u * (a - b)) ** (-1 / slope))


def _draw(light: Floats, field_: Field, air: Air, new: tuple[Floats, Floats, Floats]) -> Floats:
    """Draw a field and what is new there; the root of the sum of the PSF's squares at each."""
    side = light.shape[0]
    for at, (x, y) in enumerate(zip(*place(air, side, field_.x, field_.y), strict=True)):
        _put(light, field_, at, air, (float(x), float(y)))
    norms, half = np.zeros(len(new[0])), int(5 * air.fwhm + air.defocus)
    for at, (x, y) in enumerate(zip(*place(air, side, new[0], new[1]), strict=True)):
        stamp = psf(air, x, y, side, half)
        norms[at] = math.sqrt(float(np.sum(stamp**2)))
        add(light, new[2][at] * stamp, x, y, half)
    return norms


def _put(light: Floats, field_: Field, at: int, air: Air, where: tuple[float, float]) -> None:
    (x, y), side = where, light.shape[0]
    radius, flux = float(field_.radius[at]), field_.flux[at]
    # A galaxy is cut off where it is in every exposure, or its cut would be a transient.
    far = 1 + 0.7 * math.log10(1 + flux / 3e3)
    reach = 9 * radius + 25 if radius > 0 else 5 * air.fwhm * far
    half = int(min(max(reach + air.defocus, 8), 90))
    if not (-half < x < side + half and -half < y < side + half):
        return
    stamp = psf(air, x, y, side, half)
    if radius > 0:
        angle = float(field_.angle[at]) + math.radians(air.turn_deg)
        galaxy = sersic(radius, float(field_.index[at]), float(field_.ratio[at]), angle, half)
        stamp = blurred(galaxy, stamp)
    add(light, flux * stamp, x, y, half)


def _clouds(air: Air, side: int, rng: Generator) -> Floats:
    if not air.patchy:
        return np.full((side, side), air.throughput)
    coarse = rng.normal(size=(6, 6))
    steps = np.linspace(0, 5, side)
    rows = np.array([np.interp(steps, np.arange(6), line) for line in coarse])
    smooth = np.array([np.interp(steps, np.arange(6), line) for line in rows.T]).T
    thick = (smooth - smooth.min()) / np.ptp(smooth)
    return np.asarray(air.throughput * (1 - air.patchy * thick))


def _counted(light: Floats, air: Air, rng: Generator) -> Floats:
    """Photons and the amplifier's noise, by Gauss where there are enough photons."""
    noise = np.sqrt(np.maximum(light, 0) / air.gain + (air.read_noise / air.gain) ** 2)
    return np.asarray(light + rng.normal(size=light.shape) * noise / math.sqrt(air.exposures))


def _artefacts(pixels: Floats, air: Air, rng: Generator, noise: float) -> NDArray[np.int64]:
    side, hit = pixels.shape[0], list[tuple[int, int]]()
    for _ in range(air.rays):
        x, y, angle = rng.uniform(0, side), rng.uniform(0, side), rng.uniform(0, math.pi)
        energy = float(rng.lognormal(math.log(40 * noise), 0.8))
        for step in range(int(rng.geometric(0.35))):
            row, column = int(y + step * math.sin(angle)), int(x + step * math.cos(angle))
            if 0 <= row < side and 0 <= column < side:
                pixels[row, column] += energy * rng.uniform(0.4, 1.0)
                hit.append((row, column))
    spots = rng.integers(0, side, (air.hot, 2))
    pixels[spots[:, 0], spots[:, 1]] += rng.uniform(15, 300, air.hot) * noise
    for column in rng.integers(0, side, air.bad_columns):
        pixels[:, column] += rng.uniform(5, 20) * noise
    if air.trails:
        _trail(pixels, air.trails * noise, air.fwhm, rng)
    pixels[:, side // 2 :] += air.amplifier
    return np.array(hit, np.int64).reshape(-1, 2)


def _trail(pixels: Floats, peak: float, fwhm: float, rng: Generator) -> None:
    side, angle = pixels.shape[0], rng.uniform(0, math.pi)
    off = rng.uniform(-side / 4, side / 4)
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    away = x * math.cos(angle) + y * math.sin(angle) - off
    pixels += peak * np.exp(-0.5 * (away / (fwhm / 2.355)) ** 2)


def _at(image: Floats, x: Floats, y: Floats) -> Floats:
    rows = np.clip(np.rint(y).astype(int), 0, image.shape[0] - 1)
    columns = np.clip(np.rint(x).astype(int), 0, image.shape[1] - 1)
    return np.asarray(image[rows, columns])


def _effective(air: Air, throughput: float) -> float:
    noise = air.sky / air.gain + (air.read_noise / air.gain) ** 2
    best = 200.0 / air.gain + (air.read_noise / air.gain) ** 2
    width = air.fwhm * (1 + 0.5 * air.fwhm_rise)
    return (2.6 * 1.025 / width) ** 2 * throughput**2 * best / noise

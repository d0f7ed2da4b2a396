"""Drawn examples: sources and artefacts on real stamps, as the images that a network sees."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from schemas.resampling import resample
from training.arrays import Columns, Ints
from training.realbogus.alerts.examples import HIGH_SCORE, Examples
from training.realbogus.alerts.splits import field_nights
from training.realbogus.drawing.artefacts import drawn
from training.realbogus.drawing.ground import (
    DECAM_GAIN,
    DIFFERENCE,
    LSSTCAM_FWHM,
    RUBIN_GAIN,
    ZTF_FWHM,
    Ground,
    beside_host,
    cleaned,
    fwhm_of,
    opened,
)
from training.realbogus.drawing.injection import draw_snr, inject
from training.realbogus.labels import REAL
from training.workers import shown

Stamps = NDArray[np.float32]
SOURCES, ARTEFACTS = 12, 16
"""Drawn onto each of ZTF's alerts; twice as many onto Rubin's, of which there are few."""
BESIDE_HOST_SHARE = 0.35
NEGATIVE_SHARE = 0.4
"""Of the sources, that faded; of ZTF's low-scored alerts 45 % did, so neither sign tells."""
OFFSET_PIXELS_MAX = 0.5
"""Either way, an axis: surveys centre a stamp on the pixel that the source is in."""
FWHM_PIXELS = {"ztf": ZTF_FWHM, "lsst": LSSTCAM_FWHM}
"""Where neither a stamp, nor its field-night, nor its night has enough stars."""
STARS_MIN = 3
"""Stamps that a field-night's or a night's median must rest on: one may show a galaxy only."""
COADD_NOISE_MAX = 8.0
"""nJy a pixel: Rubin's test stream is below (2 to 6), LSSTCam above (13 and more). The two
cameras have gains of their own, and a packet does not name its camera."""


@dataclass(frozen=True)
class Pool(Columns):
    """k drawn examples."""

    images: NDArray[np.float16]
    """(k, 6, 21, 21), what the network makes of the stamps."""
    label: Ints
    row: Ints
    """The real alert that each is drawn on: it stays on that alert's side of a split."""


def pool(examples: Examples, seed: int, seen: Callable[[Stamps], NDArray[np.float16]]) -> Pool:
    """Draw onto every example; `seen` makes images of stamps (m, 3, 63, 63).

    What is drawn on an alert depends on the seed and on that alert, not on the others.
    """
    grounds, doubtful = opened_all(examples), examples.teacher < HIGH_SCORE
    times = np.where(examples.survey == "ztf", 1, 2).tolist()
    images, labels, rows = [], [], []
    for row in shown(range(len(grounds)), "drawing"):
        ground = grounds[row]
        if not np.all(np.isfinite(ground.noise)):
            continue
        random = np.random.default_rng([seed, int(examples.alert_id[row])])
        some = _on(ground, random, quiet=not doubtful[row], times=times[row])
        images.append(seen(_as_read([stamps for stamps, _ in some], examples.stamps.shape[-1])))
        labels += [label for _, label in some]
        rows += [row] * len(some)
    return Pool(np.concatenate(images), np.array(labels), np.array(rows))


def opened_all(examples: Examples) -> list[Ground]:
    """Each example ready to be drawn on."""
    signs = np.where(examples.negative, -1, 1).tolist()
    columns = zip(examples.native, signs, _fwhm(examples), examples.survey.tolist(), strict=True)
    return [_opened(planes, sign, fwhm, survey) for planes, sign, fwhm, survey in columns]


def _opened(planes: Stamps, sign: int, fwhm: float, survey: str) -> Ground:
    ground = opened(planes, sign, fwhm)
    if survey == "ztf":
        return ground
    faint = ground.noise[DIFFERENCE] < COADD_NOISE_MAX
    return replace(ground, gain=DECAM_GAIN if faint else RUBIN_GAIN)


def _fwhm(examples: Examples) -> list[float]:
    """By row, in native pixels: its packet's or its own, or what is usual around it."""
    own = np.array([fwhm_of(planes) for planes in examples.native])
    told = ~np.isnan(examples.psf_fwhm_pixels)
    own[told] = examples.psf_fwhm_pixels[told]
    usual = np.array([FWHM_PIXELS[survey] for survey in examples.survey.tolist()])
    for group in (examples.night, field_nights(examples)):
        for one in np.unique(group[~np.isnan(own)]):
            known = own[(group == one) & ~np.isnan(own)]
            if len(known) >= STARS_MIN:
                usual[group == one] = np.median(known)
    fwhm: list[float] = np.where(np.isnan(own), usual, own).tolist()
    return fwhm


def _on(
    ground: Ground, random: np.random.Generator, quiet: bool, times: int
) -> list[tuple[Stamps, int]]:
    """Artefacts drawn onto one alert, and where it is a quiet place sources, with their labels.

    An alert that the teacher doubts may lie in a trail, which stays when its centre is emptied.
    """
    sources = [(_source(ground, random), REAL) for _ in range(times * SOURCES if quiet else 0)]
    artefacts = [drawn(_vacated(ground, random), random)[:2] for _ in range(times * ARTEFACTS)]
    return sources + artefacts


def _vacated(ground: Ground, random: np.random.Generator) -> Ground:
    """Without its own source, and perhaps with another host at the centre: for both alike."""
    empty = cleaned(ground, random)
    return beside_host(empty, random) if random.random() < BESIDE_HOST_SHARE else empty


def _source(ground: Ground, random: np.random.Generator) -> Stamps:
    down, right = random.uniform(-OFFSET_PIXELS_MAX, OFFSET_PIXELS_MAX, 2).tolist()
    return inject(
        _vacated(ground, random),
        random,
        draw_snr(random),
        offset_pixels=(down, right),
        negative=bool(random.random() < NEGATIVE_SHARE),
    )


def _as_read(stamps: list[Stamps], pixels: int) -> Stamps:
    """Stamps of one size (m, 3, side, side) at the size that a network reads."""
    cube = np.stack(stamps)
    side = cube.shape[-1]
    if side == pixels:
        return cube
    return resample(cube.reshape(-1, side, side), pixels).reshape(-1, 3, pixels, pixels)

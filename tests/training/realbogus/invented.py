"""Invented examples over a few nights, fields and objects, and all that is made of such."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tests.classifiers.stamped import invented_stamps
from training.packets import ZTF_SCALARS
from training.realbogus.alerts.examples import Examples
from training.realbogus.alerts.splits import night_folds
from training.realbogus.drawing.pool import Pool
from training.realbogus.exam.setting import ExamSet
from training.realbogus.fitting import Images
from training.realbogus.labels import LABELS, REAL
from training.realbogus.material import FOLDS, Material

SOURCE_COUNTS = 25.0
DRAWN_EACH, ASKED_EACH = 3, 2
"""Drawn examples and exam stamps an alert."""
IN_ALL_FOLDS = 230
"""Nights later, there are alerts in every fold."""
VARIED = 2
"""Images of each alert to learn from."""
ROWS_A_UNIT = 64
"""A mark's scale: a power of two, so that float16 holds the row exactly."""


def examples(count: int, seed: int = 0, objects: int | None = None, nights: int = 5) -> Examples:
    """`count` alerts; every third has a source and a high score, the rest neither."""
    random = np.random.default_rng(seed)
    real = np.arange(count) % 3 == 0
    stamps = invented_stamps(count, seed)
    stamps[real] = invented_stamps(count, seed, SOURCE_COUNTS)[real]
    teacher = np.where(real, 0.99, 0.01)
    numbers = random.integers(objects or count, size=count)
    return Examples(
        survey=np.full(count, "ztf"),
        stamps=stamps,
        native=natives(stamps),
        alert_id=np.arange(count),
        object_id=np.array([f"ZTF{number}" for number in numbers]),
        night=random.integers(60000, 60000 + nights, size=count),
        field=random.integers(400, 406, size=count),
        teacher=teacher,
        survey_score=teacher,
        rb=random.uniform(size=count),
        magnitude=random.uniform(16, 20, size=count),
        snr=random.uniform(5, 50, size=count),
        asteroid_distance_arcsec=np.full(count, np.inf),
        negative=random.uniform(size=count) < 0.4,
        psf_fwhm_pixels=np.full(count, np.nan),
        simbad=np.full(count, "", "U32"),
        spectroscopic=np.full(count, "", "U32"),
        dipole=np.zeros(count, np.bool_),
        cosmic_ray=np.zeros(count, np.bool_),
        streak=np.zeros(count, np.bool_),
        scalars=random.normal(size=(count, len(ZTF_SCALARS))),
    )


def natives(stamps: Sequence[NDArray[np.float32]] | NDArray[np.float32]) -> NDArray[np.object_]:
    """Each row as an object of its own: these are sent at the size a network reads."""
    native = np.empty(len(stamps), np.object_)
    for row, planes in enumerate(stamps):
        native[row] = planes
    return native


def odd_stamps() -> NDArray[np.float32]:
    """Stamps with sources, holes, edges, flat planes and pixels of all sizes."""
    stamps = invented_stamps(12, seed=4, amplitude=50)
    stamps[1, 0, :20] = np.nan
    stamps[2] = np.nan
    stamps[3, 1] = 7.0
    stamps[4, 2, 30, 30:33] = 1e6, 3.4e38, np.inf
    stamps[5, :, 3::8, 3::8] = np.nan
    stamps[6] *= 1e4
    stamps[7, 2] = -np.inf
    stamps[8, 1, 40:, 5:9] = -3.4e38
    stamps[9, 0] = np.nan
    return stamps


def material(count: int = 60, seed: int = 0) -> Material:
    """Of invented examples, drawn by nobody: images are noise that carries its alert's row."""
    random = np.random.default_rng(seed)
    some = examples(count, seed, objects=2 * count, nights=9)
    some = replace(some, night=some.night + IN_ALL_FOLDS)
    drawn, asked = (np.repeat(np.arange(count), each) for each in (DRAWN_EACH, ASKED_EACH))
    label = random.integers(len(LABELS), size=len(asked))
    return Material(
        examples=some,
        fold=night_folds(some, FOLDS),
        images=marked(np.arange(count), random),
        variants=varied(np.arange(count), random),
        pool=Pool(marked(drawn, random), random.integers(len(LABELS), size=len(drawn)), drawn),
        exam=ExamSet(
            stamps=np.empty((0, 3, 63, 63), np.float32),
            label=np.where(np.arange(len(asked)) % 2, REAL, label),
            kind=np.full(len(asked), "source"),
            snr=random.uniform(5, 50, len(asked)),
            negative=random.uniform(size=len(asked)) < 0.5,
            survey=some.survey[asked],
            row=asked,
        ),
        exam_images=marked(asked, random),
    )


def varied(rows: NDArray[np.int64], random: np.random.Generator) -> Images:
    """(k, VARIED, 6, 21, 21) of noise that says the row."""
    images = marked(np.repeat(rows, VARIED), random)
    return images.reshape(len(rows), VARIED, *images.shape[1:])


def marked(rows: NDArray[np.int64], random: np.random.Generator) -> Images:
    """(k, 6, 21, 21) of noise, one pixel of which says the row."""
    images = random.normal(size=(len(rows), 6, 21, 21)).astype(np.float16)
    images[:, 0, 0, 0] = rows / ROWS_A_UNIT
    return images


def rows_of(images: Images) -> NDArray[np.int64]:
    """What `marked` said, (k,)."""
    return (images[:, 0, 0, 0].astype(np.float64) * ROWS_A_UNIT).astype(np.int64)

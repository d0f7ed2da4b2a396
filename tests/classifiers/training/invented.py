"""Invented examples: half with a source, half without, over a few nights, fields and objects."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from classifiers.training.examples import SCALARS, Examples
from tests.classifiers.stamped import invented_stamps

SOURCE_COUNTS = 25.0


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
        scalars=random.normal(size=(count, len(SCALARS))),
    )


def natives(stamps: NDArray[np.float32]) -> NDArray[np.object_]:
    """Each row as an object of its own: these are sent at the size a network reads."""
    native = np.empty(len(stamps), np.object_)
    for row, planes in enumerate(stamps):
        native[row] = planes
    return native

"""Invented examples: half with a source, half without, over a few nights, fields and objects."""

from __future__ import annotations

import numpy as np

from classifiers.training.examples import Examples
from tests.classifiers.stamped import invented_stamps

SOURCE_COUNTS = 25.0


def examples(count: int, seed: int = 0, objects: int | None = None) -> Examples:
    """`count` alerts; every third has a source and a high score, the rest neither."""
    random = np.random.default_rng(seed)
    real = np.arange(count) % 3 == 0
    stamps = invented_stamps(count, seed)
    stamps[real] = invented_stamps(count, seed, SOURCE_COUNTS)[real]
    numbers = random.integers(objects or count, size=count)
    return Examples(
        stamps=stamps,
        teacher=np.where(real, 0.99, 0.01),
        rb=random.uniform(size=count),
        magnitude=random.uniform(16, 20, size=count),
        asteroid_distance_arcsec=np.full(count, np.inf),
        negative=random.uniform(size=count) < 0.4,
        alert_id=np.arange(count),
        object_id=np.array([f"ZTF{number}" for number in numbers]),
        night=random.integers(60000, 60005, size=count),
        field=random.integers(400, 406, size=count),
    )

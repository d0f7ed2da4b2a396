"""Features of many objects at once are those of each alone."""

from __future__ import annotations

import numpy as np
import pytest

from schemas.batch import LightCurves
from training.lightcurve.objects.objects import Objects
from training.lightcurve.rivals import bank_rows
from training.lightcurve.rivals.gp_features import PLAIN_NAMES, plain_features

OBJECTS, POINTS = 7, 5


def some_objects() -> Objects:
    rng = np.random.default_rng(0)
    total = OBJECTS * POINTS
    flux = rng.normal(100, 50, total)
    curves = LightCurves(
        np.arange(OBJECTS + 1) * POINTS,
        np.tile(np.arange(POINTS) * 3.0, OBJECTS),
        rng.integers(0, 6, total).astype(np.int8),
        flux,
        np.full(total, 10.0),
        np.full(total, np.nan),
        flux > 50,
    )
    redshift = rng.uniform(0.1, 0.5, (OBJECTS, 3))
    return Objects(np.arange(OBJECTS).astype(str), np.zeros(OBJECTS, np.int64), curves, redshift)


@pytest.mark.parametrize("workers", [1, 2])
def test_chunks_keep_the_order(workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bank_rows, "CHUNK", 3)
    objects = some_objects()
    rows = bank_rows.featured(objects, workers, plain_features)
    assert rows.shape == (OBJECTS, len(PLAIN_NAMES))
    assert rows.dtype == np.float32
    np.testing.assert_array_equal(rows, plain_features(objects.curves, objects.redshift))

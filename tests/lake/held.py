"""Alerts and lakes that the tests of lakes share, and what it is for two tables to be the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from filters.alerts import Table
from filters.handmade import handmade
from lake.layout import CURVES, PLAIN, POINTS
from lake.places import places_of
from lake.reading import Lake, LakeRows
from lake.writing import LakeWriter
from schemas.batch import AlertBatch, LightCurves
from schemas.learned import Learned


def with_scores(batch: AlertBatch) -> AlertBatch:
    """Something of each kind that is no stage's, with rows that were declined."""
    real = np.linspace(0, 1, len(batch), dtype=np.float32)
    real[::5] = np.nan
    batch.learned["realbogus"] = Learned.probabilities(
        ("real", "bad.pixel"), np.stack([real, 1 - real], axis=1)
    )
    far = np.stack([real, np.arange(len(batch))], axis=1).astype(np.float64)
    batch.learned["gaia"] = Learned("values", ("distance_arcsec", "parallax.mas"), far)
    batch.learned["embedding"] = Learned("vector", ("0", "1"), far.astype(np.float32))
    return batch


def written(folder: Path, *batches: AlertBatch, with_packets: bool = True) -> LakeWriter:
    with LakeWriter(folder, version="test", with_packets=with_packets) as writer:
        for one in batches:
            writer.add(one)
    return writer


def as_kept(batch: AlertBatch) -> AlertBatch:
    """A night's alerts in the order in which a lake has them."""
    return batch.take(np.argsort(places_of(batch.ra_deg, batch.dec_deg), kind="stable"))


def assert_same(rows: Table, batch: AlertBatch) -> None:
    """Every column, light curve and score is bit for bit the same; NaN is NaN."""
    assert len(rows) == len(batch)
    for name in PLAIN:
        np.testing.assert_array_equal(rows.column(name), batch.column(name), err_msg=name)
        assert rows.column(name).dtype.kind == batch.column(name).dtype.kind
    for kind in CURVES:
        assert_same_curves(getattr(rows, kind), getattr(batch, kind))
    assert dict(rows.given) == batch.given
    for name, learned in batch.learned.items():
        for column in learned.columns:
            given = rows.learned_column(name, column)
            np.testing.assert_array_equal(given, learned.column(column))
            assert given.dtype == learned.values.dtype


def assert_same_curves(one: LightCurves, other: LightCurves) -> None:
    for name in ("offsets", *POINTS):
        left, right = getattr(one, name), getattr(other, name)
        np.testing.assert_array_equal(left, right, err_msg=name)
        assert left.dtype == right.dtype


def only(lake: Path) -> LakeRows:
    (rows,) = Lake(lake).tables()
    return rows


def nights(*days: int, first: int = 0) -> AlertBatch:
    """Alerts of the days from 1970-01-01, with ids in a row."""
    ids = range(first, first + len(days))
    return handmade(night=[19_700_101 + day for day in days], alert_id=[*ids])

"""An early light curve ends where it should and keeps what came before the first detection."""

from __future__ import annotations

import numpy as np

from schemas.batch import LightCurves
from training.lightcurve.objects.objects import Objects
from training.lightcurve.objects.windows import until

MJD = np.array([0.0, 5.0, 8.0, 15.0, 1.0, 2.0, 3.0, 4.0])
DETECTED = np.array([False, True, False, True, False, False, True, False])


def objects(offsets: list[int]) -> Objects:
    points, count = offsets[-1], len(offsets) - 1
    curves = LightCurves(
        np.array(offsets),
        MJD[:points],
        np.arange(points, dtype=np.int8) % 6,
        np.arange(points, dtype=np.float64),
        np.ones(points),
        np.full(points, np.nan),
        DETECTED[:points],
    )
    name = np.array([str(one) for one in range(count)])
    return Objects(name, np.zeros(count, np.int64), curves, np.zeros((count, 3)))


def test_earlier_points_stay_and_later_ones_go() -> None:
    some = until(objects([0, 4, 4, 6, 8]), days=3.0)
    assert some.curves.offsets.tolist() == [0, 3, 3, 3, 5]
    assert some.curves.mjd.tolist() == [0.0, 5.0, 8.0, 3.0, 4.0]
    assert some.curves.flux_njy.tolist() == [0.0, 1.0, 2.0, 6.0, 7.0]
    assert some.name.tolist() == ["0", "1", "2", "3"]


def test_enough_days_leave_every_detected_object_whole() -> None:
    whole = objects([0, 4, 8])
    some = until(whole, days=1000.0)
    assert some.curves.mjd.tolist() == whole.curves.mjd.tolist()
    assert some.curves.offsets.tolist() == whole.curves.offsets.tolist()

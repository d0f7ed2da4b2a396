"""The live path held to the training's code on real packets, and timed on real light curves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifiers.lightcurve import LightCurveClassifier
from classifiers.observations.gathering import gathered
from classifiers.observations.layout import REDSHIFT
from classifiers.observations.rows import rows
from classifiers.training.lightcurve.export import loaded
from classifiers.training.lightcurve.fitting import scored
from classifiers.training.lightcurve.objects.objects import Objects
from classifiers.training.progress import shown
from classifiers.training.realbogus.alerts.packets import packets
from classifiers.training.timing import medians_us
from schemas.batch import AlertBatch
from schemas.decode import Decoder

FOLDERS = ("ztf", "lsst")
BATCH = 100
TIMED_EVERY = 29
"""Objects from one that is timed to the next; deep fields stand first in PLAsTiCC's table."""


class Live(NamedTuple):
    """What the live path gave."""

    alerts: int
    scored: int
    difference: float
    """The largest of a probability to the training code's."""
    time_us: Mapping[int, float]
    """CPU microseconds an alert from light curve to probabilities, by size of batch."""
    points: float
    """Of a timed light curve, in the mean."""

    def said(self) -> str:
        """A paragraph."""
        times = ", ".join(f"{us:.0f} µs at batch {size}" for size, us in self.time_us.items())
        return f"""From decoded light curve to probabilities, observations and features included,
one thread, medians, light curves of {self.points:.0f} points in the mean: {times}. `make bench`
times it beside t2's network and its Gaussian process. On the live path, {self.scored:,} of
{self.alerts:,} real alerts of both surveys were given classes; the largest difference to the
training's code is {self.difference:.1e}."""


def live(data: Path, file: Path, system: str, objects: Objects, rounds: int) -> Live:
    """Every real packet through the stream's own way, and these objects for the time."""
    classifier, net = LightCurveClassifier(file, system), loaded(file)
    alerts, given, apart = 0, 0, 0.0
    for batch in shown(_batches(data), "scoring real packets"):
        ours = classifier.score(batch)
        known = np.isfinite(ours).all(axis=1)
        curves = gathered(batch, system).take(np.flatnonzero(known))
        redshift = np.column_stack([getattr(batch, name)[known] for name in REDSHIFT])
        theirs = scored(net, rows(curves, redshift)) if known.any() else ours[known]
        alerts, given = alerts + len(batch), given + int(known.sum())
        apart = max(apart, float(np.abs(ours[known] - theirs).max(initial=0)))
    some = objects.take(np.arange(0, len(objects), TIMED_EVERY))
    time_us = medians_us(
        {"path": partial(_score, classifier, some)}, np.arange(len(some), dtype=np.float32), rounds
    )["path"]
    return Live(alerts, given, apart, time_us, float(np.diff(some.curves.offsets).mean()))


def _score(
    classifier: LightCurveClassifier, objects: Objects, places: NDArray[np.float32]
) -> NDArray[np.float32]:
    some = objects.take(places.astype(np.int64))
    return classifier.score_light_curves(some.curves, some.redshift)


def _batches(data: Path) -> Iterator[AlertBatch]:
    decoder = Decoder()
    found: Iterable[bytes] = packets([data / name for name in FOLDERS])
    left = iter(found)
    while some := list(islice(left, BATCH)):
        yield decoder.decode(some)

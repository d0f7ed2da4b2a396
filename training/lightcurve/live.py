"""The live path held to the training's code on real packets, and timed on real light curves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifiers.lightcurve import LightCurveClassifier
from classifiers.observations.gathering import gathered, history
from classifiers.observations.layout import REDSHIFT
from classifiers.observations.rows import rows, with_history
from training.lightcurve.export import loaded
from training.lightcurve.fitting import scored
from training.lightcurve.objects.objects import Objects
from training.packets import FOLDERS, decoded, packets
from training.timing import ALERTS, BATCHES, medians_us
from training.workers import shown


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
        times = ", ".join(f"{us:.0f} µs at batch {size}" for size, us in self.time_us.items())
        return f"""From decoded light curve to probabilities, observations and features included,
one thread, medians, light curves of {self.points:.0f} points in the mean: {times}. `make bench`
times it beside t2's network and its Gaussian process. On the live path, {self.scored:,} of
{self.alerts:,} real alerts of both surveys were given classes; the largest difference to the
training's code is {self.difference:.1e}."""


def live(data: Path, file: Path, system: str, objects: Objects, rounds: int) -> Live:
    """Every real packet through the stream's own way, and these objects for the time."""
    net = loaded(file)
    classifier = LightCurveClassifier(file, system, history=net.shape.history > 0)
    alerts, given, apart = 0, 0, 0.0
    found = packets([data / name for name in FOLDERS])
    for batch in decoded(shown(found, "scoring real packets")):
        ours = classifier.score(batch)
        known = np.isfinite(ours).all(axis=1)
        curves = gathered(batch, system).take(np.flatnonzero(known))
        redshift = np.column_stack([getattr(batch, name)[known] for name in REDSHIFT])
        told = rows(curves, redshift)
        if net.shape.history:
            told = with_history(told, history(batch.take(np.flatnonzero(known)), curves))
        theirs = scored(net, told) if known.any() else ours[known]
        alerts, given = alerts + len(batch), given + int(known.sum())
        apart = max(apart, float(np.abs(ours[known] - theirs).max(initial=0)))
    return Live(alerts, given, apart, *_timed(classifier, objects, rounds))


def _timed(
    classifier: LightCurveClassifier, objects: Objects, rounds: int
) -> tuple[Mapping[int, float], float]:
    """The time by size of batch, and the mean of the points."""
    some = objects.take(np.linspace(0, len(objects) - 1, ALERTS).astype(np.int64))
    # A stream's batches are there already: cutting them out is not timed.
    parts = {
        (begin, size): some.take(np.arange(begin, begin + size))
        for size in BATCHES
        for begin in range(0, ALERTS, size)
    }

    def score(places: NDArray[np.float32]) -> NDArray[np.float32]:
        part = parts[int(places[0]), len(places)]
        return classifier.score_light_curves(part.curves, part.redshift)

    taken = medians_us({"path": score}, np.arange(ALERTS, dtype=np.float32), rounds)["path"]
    return taken, float(np.diff(some.curves.offsets).mean())

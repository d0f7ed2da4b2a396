"""Labelled objects that have both: an answer of the light curve out of fold, and stamps.

The archive of supernovae has light curves alone. Some of its objects have packets here, too, with
stamps: of these the earliest alert counts, beside the answer on the window that ends nearest to its
age. Stars, nuclei and disruptions were asked about as packets, so theirs is the answer about that
very alert. An object counts once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from training.arrays import Ints, Mask
from training.lightcurve.judging.outcome import WINDOWS
from training.lightcurve.objects.others import packet_windows
from training.lightcurve.ztf_answers import Answers
from training.lightcurve.ztf_asked import OTHERS
from training.packets import decoded, packets
from training.workers import shown

NEARER_LATER_DAYS = (10.0, 30.0)
"""From which age on the window at +20 days is nearer than the third detection, and that at +40."""


class Alert(NamedTuple):
    """One packet of an object."""

    name: str
    alert_id: int
    age_days: float
    """Since the first detection ever."""
    detections: int
    """In its own window of 30 days; 0 where that is too short for an answer."""


@dataclass(frozen=True)
class Pairs:
    """n objects, each once."""

    row: Ints
    """(n,) of the answers."""
    alert_id: Ints
    age_days: NDArray[np.float64]
    exact: Mask
    """(n,): whether the answer is about that very alert, not about a window near it."""


def read_alerts(data: Path, names: frozenset[str]) -> list[Alert]:
    """The packets of these objects, each alert once, by rising alert."""
    found: dict[int, Alert] = {}
    for batch in decoded(shown(packets([data / "ztf"]), "reading alerts")):
        some = batch.take(np.flatnonzero(np.isin(batch.object_id, list(names))))
        cut = packet_windows(some)
        seen = np.zeros(len(some), np.int64)
        curves = cut.objects.curves
        seen[cut.parent] = np.add.reduceat(curves.detected, curves.offsets[:-1], dtype=np.int64)
        columns = (some.object_id, some.alert_id, some.age_days, seen)
        for one in map(Alert, *(column.tolist() for column in columns)):
            found[one.alert_id] = max(found.get(one.alert_id, one), one, key=_fullness)
    return [found[one] for one in sorted(found)]


def _fullness(one: Alert) -> int:
    return one.detections


def paired(answers: Answers, alerts: list[Alert], stamped: Ints) -> Pairs:
    """Out-of-fold answers beside alerts, of which `stamped` have all three stamps."""
    known = set(stamped.tolist())
    rows = list(_pairs(answers, [one for one in alerts if one.alert_id in known]))
    row, alert, age, exact = zip(*rows, strict=True)
    return Pairs(np.array(row), np.array(alert), np.array(age), np.array(exact))


def _pairs(answers: Answers, alerts: list[Alert]) -> Iterator[tuple[int, int, float, bool]]:
    """The earliest pair of each object."""
    place = dict[tuple[str, str], list[int]]()
    for row, key in enumerate(zip(answers.name.tolist(), answers.asked.tolist(), strict=True)):
        place.setdefault(key, []).append(row)
    done = set[str]()
    for one in alerts:
        if one.name in done or not one.detections:
            continue
        about = [row for row in place.get((one.name, OTHERS), []) if _is_of(answers, row, one)]
        near = place.get((one.name, _nearest(one.age_days)), [])
        if about or near:
            done.add(one.name)
            yield (about or near)[0], one.alert_id, one.age_days, bool(about)


def _is_of(answers: Answers, row: int, alert: Alert) -> bool:
    return bool(answers.detections[row] == alert.detections)


def _nearest(age_days: float) -> str:
    return WINDOWS[int(np.searchsorted(NEARER_LATER_DAYS, age_days, "right"))]

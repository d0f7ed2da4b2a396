"""The ablation made: pairs, layers of networks that did not learn the fold, and the fusion."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from training.arrays import Ints, Mask
from training.lightcurve.objects.splits import FOLDS
from training.lightcurve.stamps.ablation import Told, told
from training.lightcurve.stamps.pairs import Pairs, paired, read_alerts
from training.lightcurve.stamps.power import Power, power
from training.lightcurve.stamps.section import described
from training.lightcurve.ztf_answers import Answers
from training.realbogus.fitting import Recipe
from training.realbogus.layer import layer
from training.realbogus.material import Material
from training.workers import shown


class Made(NamedTuple):
    """What was found, of whom, and what could have been."""

    told: Told
    words: str
    could: tuple[Power, ...]


def made(data: Path, stamps: Material, answers: Answers, recipe: Recipe) -> Made:
    """Everything; `stamps` is the real/bogus network's material of the same packets."""
    crossed = answers.out_of_fold()
    alerts = read_alerts(data, frozenset(crossed.name.tolist()))
    both = paired(crossed, alerts, stamps.examples.alert_id)
    some, chances = crossed.take(both.row), crossed.chances()[both.row]
    rows = _rows(stamps, both)
    layers = [
        layer(stamps, _of_fold(stamps, some, fold), rows, recipe).astype(np.float64)
        for fold in shown(range(FOLDS), "reading stamps", FOLDS)
    ]
    found = told(some, chances, layers, stamps.examples.night[rows])
    archive = len(np.unique(crossed.name[crossed.kind == "supernova"]))
    near = both.age_days[~both.exact].tolist()
    words = described(archive, found, int(both.exact.sum()), near)
    return Made(found, words, tuple(power(some, chances)))


def _rows(stamps: Material, both: Pairs) -> Ints:
    """(n,): the example of each pair."""
    order = np.argsort(stamps.examples.alert_id)
    place = np.searchsorted(stamps.examples.alert_id[order], both.alert_id)
    return np.asarray(order[place])


def _of_fold(stamps: Material, some: Answers, fold: int) -> Mask:
    """(m,): the examples of objects of a fold."""
    return np.isin(stamps.examples.object_id, some.name[some.fold == fold])

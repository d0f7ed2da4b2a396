"""All models' answers brought together: ours, the rivals', and what is asked of served files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from classifiers.observations.rows import rows
from training.lightcurve.crossing import told_redshift
from training.lightcurve.export import loaded
from training.lightcurve.fitting import scored
from training.lightcurve.judging import outcome as judged
from training.lightcurve.judging.growing import Growing, growing
from training.lightcurve.judging.outcome import (
    WHOLE,
    Outcome,
    Predictions,
    Redshift,
    ThreeTypes,
)
from training.lightcurve.labels import SIX_BAND
from training.lightcurve.material import Material
from training.lightcurve.objects.objects import Objects
from training.lightcurve.objects.plasticc import read_test_supernovae
from training.lightcurve.rivals.t2_crossing import T2Outcome
from training.lightcurve.rivals.teacher import TreesOutcome

EXAMPLES = ("SNIa", "TDE", "RRL")
"""Of the hold-out, whose light curves are shown beside what the served network says of them."""
EXAMPLE_DETECTIONS = 25
"""About as many, so that there is something to see."""


def rivals(work: Path, some: Material) -> list[Outcome]:
    """What the rivals answered out of fold; one whose fits are not all done is left out."""
    trees, t2 = TreesOutcome.load(work / "trees.npz"), T2Outcome.load(work / "t2.npz")
    found = [
        _outcome(some, judged.TREES_GP, trees.gp_with_z, trees.gp_without_z),
        _outcome(some, judged.TREES, trees.plain_with_z, trees.plain_without_z),
        _outcome(some, judged.T2, t2.with_z, t2.without_z),
    ]
    return [one for one in found if all(np.isfinite(said).all() for said in one.answers.values())]


def _outcome(some: Material, model: str, told: Predictions, untold: Predictions) -> Outcome:
    answers = {(Redshift.WITH, WHOLE): told[None], (Redshift.WITHOUT, WHOLE): untold[None]}
    return Outcome(model, some.objects.label, some.fold, some.held_out, answers)


def test_supernovae(data: Path, file: Path) -> ThreeTypes:
    """What the served network says of PLAsTiCC's test supernovae."""
    objects, net = read_test_supernovae(data), loaded(file)
    answers = {
        told: scored(net, rows(objects.curves, told_redshift(objects, told)))[None]
        for told in (Redshift.WITH, Redshift.WITHOUT)
    }
    return ThreeTypes(objects.label, answers)


def examples(some: Material, file: Path, names: Sequence[str] = EXAMPLES) -> list[Growing]:
    """One object of the hold-out of each class, and what the served network says as it grows."""
    net = loaded(file)

    def score(objects: Objects) -> Predictions:
        return scored(net, rows(objects.curves, objects.redshift))

    return [growing(some.objects.take(np.array([_example(some, name)])), score) for name in names]


def _example(some: Material, name: str) -> int:
    places = np.flatnonzero(some.held_out & (some.objects.label == SIX_BAND.index(name)))
    curves = some.objects.curves
    seen = np.add.reduceat(curves.detected, curves.offsets[:-1])[places]
    return int(places[np.abs(seen - EXAMPLE_DETECTIONS).argmin()])

"""What a crossing's networks are fitted with, heard; and a crossing that was interrupted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from training.lightcurve import crossing
from training.lightcurve.crossing import Job, kept_answers
from training.lightcurve.fitting import Recipe, fitted
from training.lightcurve.model import LightCurveNet
from training.lightcurve.teaching.lessons import Lessons


class Heard(NamedTuple):
    """What one network was fitted with."""

    lessons: Lessons
    recipe: Recipe


def listened(patch: pytest.MonkeyPatch) -> list[Heard]:
    """What networks are fitted with from now on, one after another."""
    found: list[Heard] = []

    def noted(lessons: Lessons, recipe: Recipe) -> LightCurveNet:
        found.append(Heard(lessons, recipe))
        return fitted(lessons, recipe)

    patch.setattr(crossing, "fitted", noted)
    return found


def check_resumed(
    nets: Path, gone: Job, lost: Sequence[str], run: Callable[[], None], patch: pytest.MonkeyPatch
) -> list[Heard]:
    """Without these files of a network a run comes to the same answers; what it fitted for that."""
    before = dict(kept_answers(nets, gone))
    for ending in lost:
        (nets / f"{gone.name}.{ending}").unlink()
    again = listened(patch)
    run()
    after = kept_answers(nets, gone)
    assert set(after) == set(before)
    for key, answer in before.items():
        np.testing.assert_array_equal(after[key], answer)
    return again

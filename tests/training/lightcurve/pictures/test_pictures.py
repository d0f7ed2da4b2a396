"""Pictures of invented outcomes: all there, small, and the same to the byte."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.training.lightcurve.judging import invented
from training.lightcurve.judging.evaluation import Ztf, six_band, ztf_network
from training.lightcurve.judging.growing import Growing, growing
from training.lightcurve.judging.outcome import SERVED, T2, TREES, TREES_GP
from training.lightcurve.labels import SIX_BAND, ZTF
from training.lightcurve.objects.objects import Objects
from training.lightcurve.pictures.losses import CLASS_COLOURS, look
from training.lightcurve.pictures.page import Shown, drawn, ztf_drawn
from training.lightcurve.smaller.compression import Row

BYTES_MAX = 250_000
"""Of a picture in the repository."""
ROUNDS = 110
NAMES = ["examples", "days", "classes", "confusion", "reliability", "compression", "ztf"]


def example(seed: int) -> Growing:
    """Surer with each night."""

    def score(parts: Objects) -> NDArray[np.float32]:
        strength = np.linspace(0.3, 6, len(parts))
        random = np.random.default_rng(seed)
        wander = random.normal(size=(len(parts), len(SIX_BAND))).cumsum(axis=0) * 0.15
        logits = wander + strength[:, None] * (np.arange(len(SIX_BAND)) == 0)
        odds = np.exp(logits)
        told: NDArray[np.float32] = (odds / odds.sum(axis=1, keepdims=True)).astype(np.float32)
        return told

    return growing(invented.one_object(130, seed), score)


def compression() -> list[Row]:
    """Five steps, one of which loses more than it saves."""
    names = ("float", "two heads", "64 clusters", "int8 dynamic", "int8 static")
    return [
        Row(
            step=name,
            size_bytes=100_000 - 17_000 * place,
            time_us={1: 90.0, 32: 30.0 + 4 * place, 256: 20.0},
            flat=0.43 + 0.003 * place,
            flat_hidden=0.60 + 0.002 * place,
            auc=0.99,
            change_max=0.1,
            change_mean=0.01,
            neighbours_max=0.0,
        )
        for place, name in enumerate(names)
    ]


def shown() -> Shown:
    """Everything that is drawn."""
    outcome = invented.outcome(SERVED)
    rivals = [
        invented.outcome(T2, 3.0, seed=3, seeds=1),
        invented.outcome(TREES, 3.2, seed=4, seeds=1, early=False),
        invented.outcome(TREES_GP, 4.3, seed=5, seeds=1, early=False),
    ]
    found = six_band(
        [outcome, *rivals],
        [],
        invented.three_types(),
        invented.GIVEN,
        answers=invented.six_band_answers(),
        cases=invented.cases(),
        rounds=ROUNDS,
    )
    return Shown(outcome, found, compression(), [example(seed) for seed in (11, 12, 13)])


def ztf() -> Ztf:
    """The same of ZTF's network."""
    answers = invented.ztf_answers()
    return ztf_network(answers, invented.learnt(answers), [], invented.GIVEN, ROUNDS)


@pytest.fixture(scope="module")
def everything() -> Shown:
    return shown()


@pytest.fixture(scope="module")
def files(everything: Shown, tmp_path_factory: pytest.TempPathFactory) -> Sequence[Path]:
    folder = tmp_path_factory.mktemp("once")
    return [*drawn(everything, folder), *ztf_drawn(ztf(), folder)]


def test_every_picture_is_drawn_and_small(files: Sequence[Path]) -> None:
    assert [path.stem for path in files] == NAMES
    assert max(path.stat().st_size for path in files) < BYTES_MAX


def test_the_same_outcome_gives_the_same_bytes(
    everything: Shown, files: Sequence[Path], tmp_path: Path
) -> None:
    again = [*drawn(everything, tmp_path), *ztf_drawn(ztf(), tmp_path)]
    assert [path.read_bytes() for path in files] == [path.read_bytes() for path in again]


def test_no_picture_says_when_or_by_what_it_was_drawn(files: Sequence[Path]) -> None:
    for path in files:
        content = path.read_bytes()
        assert b"dc:date" not in content and b"atplotlib.org" not in content


def test_every_class_has_a_colour_of_its_own() -> None:
    labels = {*SIX_BAND, *ZTF}
    assert labels <= set(CLASS_COLOURS)
    assert len({CLASS_COLOURS[one] for one in labels}) == len(labels)


def test_a_model_without_a_look_is_called_by_its_name() -> None:
    assert look("another")[0] == "another" and look(SERVED)[0] == SERVED

"""Three sites of three cameras, and what one network of all is held against.

The sites are ZTF's alerts, Rubin's, and the simulated pairs of own telescopes. Each network is
asked about what none was taught: of surveys nights that were held out, of the camera other pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.arrays import Floats, Ints, Mask
from training.bootstrap import Measured
from training.federated.rounds import rounds
from training.realbogus.alerts.splits import field_nights, night_folds, training_rows
from training.realbogus.answers import log_odds
from training.realbogus.calibration import Calibration
from training.realbogus.fitting import Images, Lesson, Recipe, fitted, logits
from training.realbogus.judging.contest import Contest
from training.realbogus.labels import REAL
from training.realbogus.model import RealBogusNet
from training.realbogus.own.material import Surveys, lessons_of_pairs
from training.realbogus.own.pairs import Shown
from training.tables import counted, markdown

FOLDS, HELD_OUT = 5, 2
"""The fold that holds nights of both surveys."""
ROUNDS = 30
FEDERATED, TOGETHER = "federated", "all in one place"
Answers = Mapping[str, Sequence[NDArray[Any]]]
"""Of each network by name: the score of what each site asks, (n,) a site."""


@dataclass(frozen=True)
class Site:
    """What a site has, and what it is judged by."""

    name: str
    lessons: Sequence[Lesson]
    images: Images
    """Of what was held out."""
    low: Mask
    """Which of it is not real."""
    group: Ints
    """What of it belongs together: a night of a field, a pair."""


def sites(work: Path) -> Iterator[Site]:
    """The three, of what `python -m training.realbogus.own` left in a folder."""
    some = Surveys.load(work / "survey.npz")
    examples, drawn = some.examples, some.pool
    folds = night_folds(examples, FOLDS)
    known, nights = training_rows(examples, folds, HELD_OUT), field_nights(examples)
    for survey, name in (("ztf", "ZTF"), ("lsst", "Rubin")):
        here = examples.survey == survey
        asked = drawn.take(((folds == HELD_OUT) & here)[drawn.row])
        low = np.asarray(asked.label != REAL)
        yield Site(name, some.lessons(known & here), asked.images, low, nights[asked.row])
    taught, shown = Shown.load(work / "taught.npz"), Shown.load(work / "asked.npz")
    low = np.asarray(shown.label != REAL)
    yield Site("own camera", lessons_of_pairs(taught), shown.images, low, shown.pair)


def answers(some: Sequence[Site], recipe: Recipe) -> Answers:
    """What the networks of one seed say; of the federated ones each site asks its own.

    Each site takes all steps, as it would alone: so all are fitted in as long.
    """
    every = [one.lessons for one in some]
    with TemporaryDirectory() as folder:
        nets = {FEDERATED: rounds(every, recipe, ROUNDS, Path(folder))}
    alone = {f"{one.name} alone": one.lessons for one in some}
    taught = {**alone, TOGETHER: [lesson for one in every for lesson in one]}
    nets |= {name: [fitted(what, recipe)] * len(some) for name, what in taught.items()}
    return {
        name: [_real(net, one.images) for net, one in zip(own, some, strict=True)]
        for name, own in nets.items()
    }


def tables(some: Sequence[Site], found: Sequence[Answers]) -> str:
    """AUCs of each network, then how far the federated ones' are from each other one's."""
    contests = [Contest.of(one.low, one.group, 0) for one in some]
    names = [
        f"{one.name} ({counted(len(one.low))}{', by stamp' if contest.by_alert else ''})"
        for one, contest in zip(some, contests, strict=True)
    ]
    said = {
        name: [np.stack([one[name][place] for one in found]) for place in range(len(some))]
        for name in found[0]
    }

    def rows(figure: Callable[[Contest, Floats, Floats], Measured]) -> Iterator[list[str]]:
        for name, scores in said.items():
            cells = zip(contests, said[FEDERATED], scores, strict=True)
            yield [name, *(_interval(figure(*cell)) for cell in cells)]

    areas = markdown(["AUC", *names], rows(lambda contest, _, score: contest.measured(score)))
    gains = markdown(
        [f"{FEDERATED}, less", *names],
        [one for one in rows(lambda contest, ours, score: contest.gain(ours, score))
         if one[0] != FEDERATED],
    )  # fmt: skip
    return f"{areas}\n\n{gains}"


def _real(net: RealBogusNet, images: Images) -> NDArray[np.float32]:
    """Log-odds of being real, not calibrated."""
    return log_odds(Calibration(1.0, 0.0).probabilities(logits(net, images))[:, REAL])


def _interval(one: Measured) -> str:
    return f"{one.value:.4f} ({one.low:.4f} to {one.high:.4f})"

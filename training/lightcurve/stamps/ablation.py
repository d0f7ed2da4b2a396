"""The fusion out of fold beside the light curve alone: its answers, kept small, and figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from training.arrays import Columns, Floats, Ints
from training.bootstrap import ROUNDS, Measured, drawn, measured
from training.lightcurve.answers import FOLDER
from training.lightcurve.calibration import chances_of
from training.lightcurve.judging.metrics import class_losses
from training.lightcurve.stamps.fusion import fused
from training.lightcurve.stamps.questions import QUESTIONS, Question
from training.lightcurve.ztf_answers import Answers

FILE = FOLDER / "supernova_stamps.parquet"
ALONE, MOVED = "light curve alone", "labels moved alone"
STAMPS, SWAPPED = "with stamps", "with stamps of another object"
MODELS = (ALONE, MOVED, STAMPS, SWAPPED)
SWAPPED_SEED, DRAWS_SEED = 7, 0


@dataclass(frozen=True)
class Told(Columns):
    """k answers of one of MODELS to one of QUESTIONS, out of fold."""

    question: NDArray[np.str_]
    model: NDArray[np.str_]
    name: NDArray[np.str_]
    label: Ints
    """Place among the question's groups."""
    chances: NDArray[np.float32]
    """(k, 5) of the groups at even odds; NaN where there are fewer."""

    def keep(self, path: Path = FILE) -> None:
        """Write them as Parquet, a column a group."""
        columns = {name: one for name, one in vars(self).items() if name != "chances"}
        columns |= {f"group_{place}": one for place, one in enumerate(self.chances.T)}
        pq.write_table(pa.table(columns), path, compression="zstd", compression_level=19)

    @classmethod
    def read(cls, path: Path = FILE) -> Told:
        """What `keep` wrote."""
        table = pq.read_table(path)
        columns = {name: table[name].to_numpy() for name in table.column_names}
        groups = [columns.pop(name) for name in table.column_names if name.startswith("group_")]
        texts = {name: columns[name].astype(str) for name in ("question", "model", "name")}
        return cls(**texts, label=columns["label"], chances=np.column_stack(groups))


def told(answers: Answers, chances: Floats, layers: Sequence[Floats], night: Ints) -> Told:
    """All models' answers; rows of all four are objects, layers one of each fold's network."""
    return Told.joined(
        [one for question in QUESTIONS for one in _told(question, answers, chances, layers, night)]
    )


def _told(
    question: Question, answers: Answers, chances: Floats, layers: Sequence[Floats], night: Ints
) -> Iterator[Told]:
    rows = question.rows(answers)
    some, base = answers.take(rows), question.base(chances[rows])
    label, own = question.label(some), [one[rows] for one in layers]
    others = swapped(night[rows])
    given = {
        ALONE: chances_of(base),
        MOVED: fused(base, None, label, some.fold),
        STAMPS: fused(base, own, label, some.fold),
        SWAPPED: fused(base, [one[others] for one in own], label, some.fold),
    }
    for model, said in given.items():
        padded = np.full((len(rows), len(QUESTIONS[0].groups)), np.nan, np.float32)
        padded[:, : said.shape[1]] = said
        asked, by = (np.full(len(rows), one) for one in (question.name, model))
        yield Told(asked, by, some.name, label, padded)


def swapped(night: Ints) -> Ints:
    """(n,): for each object another of its night; of those alone in theirs, another such."""
    random, found = np.random.default_rng(SWAPPED_SEED), np.arange(len(night))
    _, place, count = np.unique(night, return_inverse=True, return_counts=True)
    alone = count[place] == 1
    for one in (np.flatnonzero(alone), *(np.flatnonzero(place == p) for p in range(len(count)))):
        if len(one) > 1:
            order = random.permutation(one)
            found[order] = np.roll(order, 1)
    return found


class Figures(NamedTuple):
    """One model on one question: figures with errors, and less than those of `ALONE`."""

    question: str
    model: str
    counts: tuple[int, ...]
    flat: Measured
    f1: Measured
    flat_gain: Measured
    """Of the light curve alone less this one's, so that more is better."""
    f1_gain: Measured
    """This one's less that of the light curve alone."""


def figures(found: Told, rounds: int = ROUNDS) -> Iterator[Figures]:
    """Of every question and model, under the same draws of objects within each group."""
    for question in QUESTIONS:
        some = found.take(found.question == question.name)
        by_model = {model: some.take(some.model == model) for model in MODELS}
        label = by_model[ALONE].label
        weights = drawn(label, np.random.default_rng(DRAWS_SEED), rounds)
        groups = len(question.groups)
        each = {
            model: _draws(one.chances[:, :groups].astype(np.float64), label, weights)
            for model, one in by_model.items()
        }
        counts = tuple(np.bincount(label, minlength=groups).tolist())
        for model, (flat, f1) in each.items():
            gains = each[ALONE][0] - flat, f1 - each[ALONE][1]
            yield Figures(question.name, model, counts, *map(measured, (flat, f1, *gains)))


def _draws(chances: Floats, label: Ints, weights: Floats) -> tuple[Floats, Floats]:
    """Flat log-loss and macro F1, each group alike, (1 + rounds,) each."""
    groups = chances.shape[1]
    losses = class_losses(chances, label, groups, weights).mean(axis=1)
    share = weights / (weights @ np.eye(groups)[label])[:, label]
    called = np.eye(groups)[chances.argmax(axis=1)]
    right = share @ (called * np.eye(groups)[label])
    return losses, (2 * right / (share @ called + 1)).mean(axis=1)

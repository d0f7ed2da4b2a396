"""Networks of light curves over folds and seeds: each fitted, kept and asked once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import torch

from training.arrays import Ints, Singles, keep
from training.lightcurve.answers import SERVED
from training.lightcurve.export import loaded, packed
from training.lightcurve.fitting import Recipe, fitted, logits
from training.lightcurve.model import LightCurveNet, Shape
from training.lightcurve.objects.splits import FOLDS
from training.lightcurve.teaching.lessons import Lessons
from training.workers import each

FLOAT = "float|"
"""Before the name of an answer that is not of the served form."""
Answers = Mapping[str, Singles]
"""Logits (k, classes) by what was asked."""


class Job(NamedTuple):
    """One network."""

    fold: int
    """That it is judged on; SERVED: the hold-out."""
    seed: int
    left_out: str = ""
    """A class that it does not learn."""

    @property
    def name(self) -> str:
        """Of its files, without their ending."""
        fold = "served" if self.fold == SERVED else f"fold{self.fold}"
        return "-".join([fold, f"seed{self.seed}", *([self.left_out] if self.left_out else [])])


def jobs(seeds: Sequence[int], others: Sequence[Job] = ()) -> list[Job]:
    """In the order of what is wanted first: a network of every fold, the served one, the rest."""
    first, *later = seeds
    return [
        *(Job(fold, first) for fold in range(FOLDS)),
        Job(SERVED, first),
        *others,
        *(Job(fold, seed) for seed in later for fold in range(FOLDS)),
    ]


def crossed(
    nets: Path, answer: Callable[[Job], None], todo: Sequence[Job], workers: int, what: str
) -> None:
    """Fit all of these and keep what they answer; what an interrupted run has fitted stays."""
    nets.mkdir(exist_ok=True)
    for _ in each(answer, todo, workers, f"fitting {what}", len(todo)):
        pass


def answered(
    nets: Path,
    job: Job,
    recipe: Recipe,
    lessons: Callable[[], Lessons],
    questions: Callable[[], Iterator[tuple[str, Singles]]],
) -> None:
    """Fit one network, keep its weights, and its logits about the objects it is judged on.

    Of the served form; and of the float form, where a question's name begins with FLOAT.
    """
    path = nets / f"{job.name}.npz"
    if path.is_file():
        return
    net = kept_network(path.with_suffix(".pt"), lessons, replace(recipe, seed=job.seed))
    small = served_form(net)
    keep(
        path,
        {key: logits(net if key.startswith(FLOAT) else small, rows) for key, rows in questions()},
    )


def kept_network(path: Path, lessons: Callable[[], Lessons], recipe: Recipe) -> LightCurveNet:
    """The one whose weights are kept there; fitted and kept where there are none."""
    if path.is_file():
        return opened(path, recipe.shape)
    net = fitted(lessons(), recipe)
    unfinished = path.with_name(f"unfinished-{path.name}")
    torch.save(net.state_dict(), unfinished)
    unfinished.replace(path)
    return net


def opened(path: Path, shape: Shape) -> LightCurveNet:
    """A network that was fitted and kept, not calibrated."""
    weights = torch.load(path, weights_only=True)
    net = LightCurveNet(len(weights["head.bias"]), shape)
    net.load_state_dict(weights)
    net.eval()
    return net


def served_form(net: LightCurveNet) -> LightCurveNet:
    """The network as its small file gives it."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "packed.onnx")
        labels = [str(place) for place in range(net.head.out_features)]
        packed(net, path, labels, {"name": "lightcurve", "version": "0"})
        return loaded(path)


def kept_answers(nets: Path, job: Job) -> Answers:
    """What `answered` kept of one network."""
    with np.load(nets / f"{job.name}.npz") as kept:
        return dict(kept)


def seeds_of(nets: Path, seeds: int) -> tuple[int, ...]:
    """Those of which every fold's network was fitted."""
    return tuple(
        seed
        for seed in range(seeds)
        if all((nets / f"{Job(fold, seed).name}.npz").is_file() for fold in range(FOLDS))
    )


class Kept(NamedTuple):
    """The answers of every fold's networks, of some seeds."""

    seeds: Sequence[int]
    answers: Mapping[tuple[int, int], Answers]
    """By fold and seed."""

    @classmethod
    def of(cls, nets: Path, seeds: Sequence[int]) -> Kept:
        """What `answered` kept."""
        pairs = [(fold, seed) for seed in seeds for fold in range(FOLDS)]
        return cls(seeds, {pair: kept_answers(nets, Job(*pair)) for pair in pairs})

    def out_of_fold(self, key: str, fold: Ints) -> Singles:
        """(seeds, n, classes): logits of rows of these folds, each by its own fold's networks."""
        first = self.answers[0, self.seeds[0]][key]
        found = np.empty((len(self.seeds), len(fold), first.shape[1]), np.float32)
        for place, seed in enumerate(self.seeds):
            for one in range(FOLDS):
                found[place, fold == one] = self.answers[one, seed][key]
        return found

"""The six-band networks: fitted side by side, and asked about what they did not learn from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from classifiers.observations.rows import rows
from training.lightcurve.calibration import chances_of, slope, slopes_across
from training.lightcurve.export import loaded, packed
from training.lightcurve.fitting import Recipe, fitted, logits
from training.lightcurve.judging.outcome import (
    DAYS,
    WHOLE,
    LeftOut,
    Outcome,
    Redshift,
)
from training.lightcurve.judging.outcome import FLOAT as FLOAT_NAME
from training.lightcurve.judging.outcome import SERVED as SERVED_NAME
from training.lightcurve.labels import SIX_BAND
from training.lightcurve.material import SERVED, Material, material
from training.lightcurve.model import LightCurveNet, Shape
from training.lightcurve.objects.early import until
from training.lightcurve.objects.objects import Objects
from training.lightcurve.objects.plasticc import hidden_zero
from training.lightcurve.objects.splits import FOLDS
from training.lightcurve.teaching.lessons import Lessons
from training.progress import shown
from training.workers import each

NETS = "nets"
FLOAT = "float|"
"""Before the name of an answer that is not of the served form."""
MASKED_SHARE = 0.5
"""Of every class, whose photo-z is masked for the third column."""
MASKING_SEED = 44
HELD_OUT_NAME = "the served file itself"
LEFT_OUT = ("KN", "TDE", "uLens-Single")
"""Classes that are new to the networks of the novelty study: one brief, one slow, one Galactic."""
NOVELTY_FOLD = 0
Answers = Mapping[str, NDArray[np.float32]]
Asked = TypeVar("Asked")


class Job(NamedTuple):
    """One network."""

    fold: int
    """That it is judged on; SERVED: the hold-out."""
    seed: int
    left_out: str = ""

    @property
    def name(self) -> str:
        """Of its files, without their ending."""
        fold = "served" if self.fold == SERVED else f"fold{self.fold}"
        return "-".join([fold, f"seed{self.seed}", *([self.left_out] if self.left_out else [])])


def jobs(seeds: Sequence[int]) -> list[Job]:
    """In the order of what is wanted first: a network of every fold, the served one, the rest."""
    first, *others = seeds
    return [
        *(Job(fold, first) for fold in range(FOLDS)),
        Job(SERVED, first),
        *(Job(NOVELTY_FOLD, first, name) for name in LEFT_OUT),
        *(Job(fold, seed) for seed in others for fold in range(FOLDS)),
    ]


def crossed(work: Path, todo: Sequence[Job], recipe: Recipe, workers: int) -> None:
    """Fit all of these and keep what they answer; what an interrupted run has fitted stays."""
    side_by_side(work, partial(answered, work, recipe), todo, workers, "six-band networks")


def side_by_side(
    work: Path, answer: Callable[[Asked], None], todo: Sequence[Asked], workers: int, what: str
) -> None:
    """Do all of these jobs, where a folder for their files is."""
    (work / NETS).mkdir(exist_ok=True)
    for _ in shown(each(answer, todo, workers), f"fitting {what}", len(todo)):
        pass


def answered(work: Path, recipe: Recipe, job: Job) -> None:
    """Fit one network, keep its weights, and its logits about the objects it is judged on."""
    path = work / NETS / f"{job.name}.npz"
    if path.is_file():
        return
    some = material(work)
    lessons = partial(some.lessons, job.fold, job.left_out)
    net = kept_network(path.with_suffix(".pt"), lessons, replace(recipe, seed=job.seed))
    asked = some.objects.take(np.flatnonzero(asked_about(some, job)))
    keep(path, _answers(net, asked))


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


def asked_about(some: Material, job: Job) -> NDArray[np.bool_]:
    """(n,): a fold's objects or the hold-out, and all of a class that was left out."""
    found = some.judged(job.fold)
    return found | (some.objects.label == SIX_BAND.index(job.left_out)) if job.left_out else found


def _answers(net: LightCurveNet, objects: Objects) -> dict[str, NDArray[np.float32]]:
    """Logits (k, 14) of the served form, by what is told and shown; and of the float form."""
    small = served_form(net)
    found = {key: logits(small, told) for key, told in questions(objects)}
    for key, told in questions(objects, [WHOLE]):
        found[f"{FLOAT}{key}"] = logits(net, told)
    return found


def served_form(net: LightCurveNet) -> LightCurveNet:
    """The network as its small file gives it."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "packed.onnx")
        labels = [str(place) for place in range(net.head.out_features)]
        packed(net, path, labels, {"name": "lightcurve", "version": "0"})
        return loaded(path)


def questions(
    objects: Objects, days: Sequence[float] = DAYS
) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Rows by "told|days": with and without redshift, and whole light curves with some masked."""
    for end in days:
        cut = objects if end == WHOLE else until(objects, end)
        for told in (Redshift.WITH, Redshift.WITHOUT):
            yield f"{told}|{end:g}", rows(cut.curves, told_redshift(objects, told))
    masked = told_redshift(objects, Redshift.MASKED)
    yield f"{Redshift.MASKED}|{WHOLE:g}", rows(objects.curves, masked)


def told_redshift(objects: Objects, told: Redshift) -> NDArray[np.float64]:
    """(n, 3), as a network is told it."""
    if told == Redshift.WITH:
        return objects.redshift
    if told == Redshift.WITHOUT:
        return np.full_like(objects.redshift, np.nan)
    masked = np.random.default_rng(MASKING_SEED).random(len(objects)) < MASKED_SHARE
    return np.where(masked[:, None], np.nan, hidden_zero(objects.redshift))


class Gathered(NamedTuple):
    """What all networks answered, calibrated."""

    served: Outcome
    """Of the small files."""
    float_form: Outcome
    """Of the networks before they were made small."""
    slopes: NDArray[np.float64]
    """(folds,): each from the other folds' answers."""
    slope: float
    """Of the network that is served: from all folds' answers."""


def gathered(work: Path, some: Material, seeds: Sequence[int]) -> Gathered:
    """Out-of-fold answers of `crossed`'s networks, put together and calibrated across folds."""
    kept = {
        Job(fold, seed): kept_answers(work, Job(fold, seed).name)
        for seed in seeds
        for fold in range(FOLDS)
    }
    told = [f"{one}|{WHOLE:g}" for one in (Redshift.WITH, Redshift.WITHOUT)]
    whole = [
        np.concatenate([_out_of_fold(some, kept, seed, key) for key in told]) for seed in seeds
    ]
    twice = np.tile(some.objects.label, len(told))
    label, fold = np.tile(twice, len(seeds)), np.tile(some.fold, len(told) * len(seeds))
    together = np.concatenate(whole)
    slopes = slopes_across([together], label, fold)
    across = _Across(some, kept, seeds, slopes)
    return Gathered(
        across.outcome(SERVED_NAME),
        across.outcome(FLOAT_NAME, FLOAT),
        slopes,
        slope(together, label),
    )


def keep(path: Path, answers: Mapping[str, Any]) -> None:
    """Write them whole or not at all."""
    unfinished = path.with_name(f"unfinished-{path.name}")
    np.savez(unfinished, **answers)
    unfinished.replace(path)


def kept_answers(work: Path, name: str) -> Answers:
    """What `answered` kept of one network."""
    with np.load(work / NETS / f"{name}.npz") as kept:
        return {key: kept[key] for key in kept.files}


class _Across(NamedTuple):
    """Answers of all networks and the slope of each fold."""

    some: Material
    kept: Mapping[Job, Answers]
    seeds: Sequence[int]
    slopes: NDArray[np.float64]

    def outcome(self, name: str, prefix: str = "") -> Outcome:
        """Calibrated, of the served form or of another."""
        some, answers = self.some, {}
        for told, days in _asked(next(iter(self.kept.values())), prefix):
            key = f"{prefix}{told}|{days:g}"
            found = [_out_of_fold(some, self.kept, seed, key) for seed in self.seeds]
            sure = [chances_of(one * self.slopes[some.fold][:, None]) for one in found]
            answers[told, days] = np.stack(sure).astype(np.float32)
        return Outcome(name, some.objects.label, some.fold, some.held_out, answers)


def _asked(answers: Answers, prefix: str) -> Iterator[tuple[Redshift, float]]:
    for told in Redshift:
        for days in DAYS:
            if f"{prefix}{told}|{days:g}" in answers:
                yield told, days


def _out_of_fold(
    some: Material, kept: Mapping[Job, Answers], seed: int, key: str
) -> NDArray[np.float32]:
    """(n, 14): each object's logits by the network of its own fold."""
    found = np.full((len(some.objects), len(SIX_BAND)), np.nan, np.float32)
    for fold in range(FOLDS):
        found[some.judged(fold)] = kept[Job(fold, seed)][key]
    return found


def hold_out(work: Path, some: Material, sure: float) -> Outcome:
    """What the served file says of the hold-out; NaN for what it learnt from."""
    kept, answers = kept_answers(work, Job(SERVED, 0).name), {}
    for told, days in _asked(kept, ""):
        found = np.full((1, len(some.objects), len(SIX_BAND)), np.nan, np.float32)
        found[0, some.held_out] = chances_of(kept[f"{told}|{days:g}"] * sure)
        answers[told, days] = found
    return Outcome(HELD_OUT_NAME, some.objects.label, some.fold, some.held_out, answers)


def novelties(work: Path, some: Material, seed: int, sure: float) -> list[LeftOut]:
    """What networks that never saw a class say of it, and of the fold that they are judged on."""
    found = []
    for name in LEFT_OUT:
        job = Job(NOVELTY_FOLD, seed, name)
        kept = kept_answers(work, job.name)
        unseen = some.objects.label[asked_about(some, job)] == SIX_BAND.index(name)
        for told in (Redshift.WITH, Redshift.WITHOUT):
            chances = chances_of(kept[f"{told}|{WHOLE:g}"] * sure)[None]
            found.append(LeftOut(name, told, unseen, chances.astype(np.float32)))
    return found

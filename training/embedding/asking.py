"""Asks networks about objects that they never saw; what they say is kept as answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifiers.embedding_layout import WIDTH
from classifiers.neighbours import VOTERS as SHIPPED_VOTERS
from training.arrays import Ints, Mask, Singles
from training.embedding.answers import (
    AGAIN,
    CLASSES_OF,
    NEW,
    NOTHING,
    ONLY,
    SHIPPED,
    STABLE,
    TRUNK,
    Table,
)
from training.embedding.crossing import (
    MODALITIES,
    NETS,
    Job,
    jobs,
    known_and_asked,
    network,
    only,
    plain,
)
from training.embedding.fitting import Recipe, vectors
from training.embedding.labelled import chosen
from training.embedding.material import ARCHIVE, CLASSES, PACKET, SIMULATED, ZTF_CLASSES, Material
from training.embedding.model import EmbeddingNet
from training.embedding.neighbours import (
    DISTANT,
    VOTERS,
    evenly,
    found_again,
    nearest,
    voted,
)
from training.lightcurve.answers import Answers
from training.lightcurve.judging.outcome import WINDOWS, Redshift
from training.lightcurve.objects.splits import judged
from training.lightcurve.six_band_answers import SixBandAnswers
from training.lightcurve.ztf_answers import Answers as ZtfAnswers
from training.lightcurve.ztf_asked import OTHERS

KNOWN_MAX = 40_000
"""Known views that are searched."""
COMBINATIONS = (*((one,) for one in MODALITIES), MODALITIES[:2], MODALITIES)
SOURCES = {"Rubin, simulated": (SIMULATED,), "ZTF": (ARCHIVE, PACKET)}
SEED = 5


def asked(work: Path, some: Material, folds: list[int], recipe: Recipe) -> Iterator[Table]:
    """Everything, of those networks that are there."""
    for fold in folds:
        net = network(work, some, Job(fold), recipe)
        trunk, shipped = network(work, some, Job(fold, labelled=False), recipe), chosen(some)
        for name, sources in SOURCES.items():
            of_source = np.isin(some.source, sources)
            part, known, about = _parts(some, fold, of_source)
            yield _classes(name, net, part, (known, about), fold)
            yield _besides(f"{TRUNK}:{name}", trunk, part, (known, about))
            searched = shipped[of_source], about
            yield _besides(f"{SHIPPED}:{name}", net, part, searched, SHIPPED_VOTERS)
            yield from _histories(name, net, part, known, fold)
        yield from _modalities(net, some, fold)
    for job in jobs():
        if job.left_out and (work / NETS / job.path).is_file():
            trunk = network(work, some, job._replace(labelled=False), recipe)
            yield _new(network(work, some, job, recipe), trunk, some, job)


def _parts(some: Material, fold: int, source: Mask) -> tuple[Material, Mask, Mask]:
    """The views of some sources, which of them are known, and which are asked about."""
    part = some.take(source)
    known, about = known_and_asked(part, fold, np.ones(len(part.name), np.bool_))
    return part, _fewer(known), about


def _fewer(known: Mask) -> Mask:
    """At most KNOWN_MAX of them."""
    rows = np.flatnonzero(known)
    kept = np.zeros(len(known), np.bool_)
    kept[np.random.default_rng(SEED).permutation(rows)[:KNOWN_MAX]] = True
    return kept


def _said(
    found: Singles, part: Material, known: Mask, about: Mask, at_least: int = 1
) -> tuple[Ints, Singles, Singles]:
    """Of those asked about: the class by vote, the doubt of it, and the distance."""
    apart = part.name[about], part.name[known]
    distance, place = nearest(found[about], found[known], VOTERS, apart)
    label = part.label[known]
    votes = voted(place, label, evenly(label, len(CLASSES), at_least), len(CLASSES))
    doubt = (1 - votes.max(axis=1)).astype(np.float32)
    return votes.argmax(axis=1), doubt, np.sqrt(distance[:, DISTANT - 1])


def _classes(
    name: str, net: EmbeddingNet, part: Material, split: tuple[Mask, Mask], fold: int
) -> Table:
    known, about = split
    both = known | about
    few, known, about = part.take(both), known[both], about[both]
    said = _said(vectors(net, few.rows), few, known, about)[0]
    theirs = _said(plain(few, known), few, known, about)[0]
    return {
        "part": np.full(int(about.sum()), f"{CLASSES_OF}:{name}"),
        "label": few.label[about],
        "said": said,
        "plain": theirs,
        "served": _served(name, few.name[about], fold),
    }


def _besides(
    what: str, net: EmbeddingNet, part: Material, split: tuple[Mask, Mask], at_least: int = 1
) -> Table:
    """Classes by another network, or among others that are known."""
    known, about = split
    found = np.zeros((len(part.name), WIDTH), np.float32)
    found[known | about] = vectors(net, part.rows[known | about])
    said = _said(found, part, known, about, at_least)[0]
    return {"part": np.full(int(about.sum()), what), "label": part.label[about], "said": said}


def _served(name: str, objects: NDArray[np.str_], fold: int) -> Ints:
    """What the classifiers' network of the same fold called each; NOTHING where it did not."""
    answers: Answers
    if name == "ZTF":
        answers, about, classes = ZtfAnswers.read(), [WINDOWS[2], OTHERS], ZTF_CLASSES
    else:
        answers, about = SixBandAnswers.read(), [f"{Redshift.WITHOUT}|inf"]
        classes = np.arange(len(CLASSES))
    some = answers.take(np.isin(answers.asked, about))
    own = some.fold == fold
    said = classes[some.chances().argmax(axis=1)][own]
    called = dict(zip(some.name[own].tolist(), said.tolist(), strict=True))
    return np.array([called.get(one, NOTHING) for one in objects.tolist()], np.int64)


def _histories(
    name: str, net: EmbeddingNet, part: Material, known: Mask, fold: int
) -> Iterator[Table]:
    """One object found again from another of its views, and how far it moves between them."""
    mine = part.take(judged(part.fold, part.held_out, fold))
    order = np.lexsort((mine.mjd, mine.name))
    mine = mine.take(order)
    begin = np.flatnonzero(np.append(True, mine.name[1:] != mine.name[:-1]))
    end = np.append(begin[1:], len(mine.name)) - 1
    more = end > begin
    found, theirs = vectors(net, mine.rows), plain(part, known)[_places(part, mine, fold, order)]
    first, last = begin[more], end[more]
    random = np.random.default_rng(SEED).permutation(len(first))
    same = np.zeros(len(first)), np.zeros(len(first))
    for place, each in enumerate((found, theirs)):
        unit = each / np.maximum(np.linalg.norm(each, axis=1, keepdims=True), 1e-9)
        same[place][:] = found_again(unit[first], unit[last])
    yield {"part": np.full(len(first), f"{AGAIN}:{name}"), "said": same[0], "plain": same[1]}
    yield {
        "part": np.full(len(first), f"{STABLE}:{name}"),
        "distance": (found[first] * found[last]).sum(axis=1),
        "doubt": (found[first] * found[last[random]]).sum(axis=1),
    }


def _places(part: Material, mine: Material, fold: int, order: Ints) -> Ints:
    """Rows of `part` that `mine` was taken from."""
    rows = np.flatnonzero(judged(part.fold, part.held_out, fold))[order]
    assert len(rows) == len(mine.name)
    return rows


def _modalities(net: EmbeddingNet, some: Material, fold: int) -> Iterator[Table]:
    """Classes of real alerts by what is told of them alone, among real alerts."""
    part, known, about = _parts(some, fold, some.source == PACKET)
    for kept in COMBINATIONS:
        found = vectors(net, only(part.rows, kept))
        yield {
            "part": np.full(int(about.sum()), f"{ONLY}:{' and '.join(kept)}"),
            "label": part.label[about],
            "said": _said(found, part, known, about)[0],
        }


def _new(net: EmbeddingNet, trunk: EmbeddingNet, some: Material, job: Job) -> Table:
    """How far a class that was not taught lies from all that was, beside objects unseen."""
    part, known, about = _parts(some, job.fold, some.source == SIMULATED)
    unseen = part.label == CLASSES.index(job.left_out)
    known, about = known & ~unseen, about | (unseen & part.asked)
    both = known | about
    few, known, about, unseen = part.take(both), known[both], about[both], unseen[both]
    _, doubt, distance = _said(vectors(net, few.rows), few, known, about)
    return {
        "part": np.full(int(about.sum()), f"{NEW}:{job.left_out}:{job.fold}:{job.seed}"),
        "label": unseen[about].astype(np.int64),
        "distance": distance,
        "doubt": doubt,
        "plain_distance": _said(plain(few, known), few, known, about)[2],
        "trunk_distance": _said(vectors(trunk, few.rows), few, known, about)[2],
    }

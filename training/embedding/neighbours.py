"""What neighbours say: classes by vote, distances to what is known, one object found again."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.arrays import Floats, Ints, Mask, Singles
from training.bootstrap import drawn

VOTERS = 20
DISTANT = 5
"""The known neighbour whose distance says how new something is."""
AT_ONCE = 1_024
ROUNDS = 300
"""Draws of an interval."""


def nearest(
    asked: Singles, known: Singles, count: int, apart: tuple[NDArray[np.str_], NDArray[np.str_]]
) -> tuple[Singles, Ints]:
    """Squared distances and places of the nearest known, (n, count) each, nearest first.

    apart: the objects asked about and those known: none is its own neighbour.
    """
    mine, theirs = apart
    names = dict[str, int]()
    codes = np.array([names.setdefault(one, len(names)) for one in (*theirs, *mine)])
    theirs_code, mine_code = codes[: len(theirs)], codes[len(theirs) :]
    squares = np.square(known).sum(axis=1)
    found: list[tuple[Singles, Ints]] = []
    for begin in range(0, len(asked), AT_ONCE):
        part = asked[begin : begin + AT_ONCE]
        distance = squares - 2 * part @ known.T + np.square(part).sum(axis=1)[:, None]
        distance[mine_code[begin : begin + AT_ONCE, None] == theirs_code] = np.inf
        place = np.argpartition(distance, count, axis=1)[:, :count]
        near = np.take_along_axis(distance, place, axis=1)
        order = np.argsort(near, axis=1)
        found.append(tuple(np.take_along_axis(one, order, axis=1) for one in (near, place)))  # type: ignore[arg-type]
    distances, places = (np.concatenate(each) for each in zip(*found, strict=True))
    return np.maximum(distances, 0).astype(np.float32), places.astype(np.int64)


def voted(places: Ints, label: Ints, weight: Floats, classes: int) -> Floats:
    """(n, classes): shares of the neighbours' votes, each worth its class's `weight`."""
    votes = np.zeros((len(places), classes))
    rows = np.arange(len(places))
    for column in places.T:
        own = label[column]
        votes[rows, own] += weight[own]
    return np.asarray(votes / votes.sum(axis=1, keepdims=True))


def evenly(label: Ints, classes: int, at_least: int = 1) -> Floats:
    """(classes,): one over how many there are, so that a vote is at even odds.

    at_least: so many are counted of each class.
    """
    return np.asarray(1 / np.maximum(np.bincount(label, minlength=classes), at_least))


def balanced(label: Ints, said: Ints) -> float:
    """The mean over the classes there are of the share that is called right."""
    return float(np.mean([(said[label == one] == one).mean() for one in np.unique(label)]))


def auc(score: Floats, unseen: Mask) -> float:
    """The chance that one of the unseen scores higher than one of the others; ties are halves."""
    order = np.argsort(score, kind="stable")
    _, place, count = np.unique(score[order], return_inverse=True, return_counts=True)
    rank = np.empty(len(score))
    rank[order] = (np.cumsum(count) - (count - 1) / 2)[place]
    hits = int(unseen.sum())
    return float((rank[unseen].sum() - hits * (hits + 1) / 2) / (hits * (~unseen).sum()))


def auc_drawn(score: Floats, unseen: Mask, seeds: tuple[int, int]) -> Floats:
    """`auc` and what it is of objects drawn anew, (1 + ROUNDS,).

    seeds: of the draws of the unseen, and of the others.
    """
    _, group = np.unique(score, return_inverse=True)
    counts = []
    for own, seed in ((unseen, seeds[0]), (~unseen, seeds[1])):
        strata = np.zeros(int(own.sum()), np.int64)
        weights = drawn(strata, np.random.default_rng(seed), ROUNDS)
        order = np.argsort(group[own], kind="stable")
        begin = np.searchsorted(group[own][order], np.arange(group.max() + 2))
        total = np.cumsum(weights[:, order], axis=1)
        counts.append(np.diff(np.pad(total, ((0, 0), (1, 0)))[:, begin], axis=1))
    hits, others = counts
    below = np.cumsum(others, axis=1) - others / 2
    return np.asarray((hits * below).sum(axis=1) / (hits.sum(axis=1) * others.sum(axis=1)))


def found_again(asked: Singles, kept: Singles) -> Mask:
    """(n,): whether the nearest of those kept, one an object, is the same row's own."""
    hits = np.zeros(len(asked), np.bool_)
    for begin in range(0, len(asked), AT_ONCE):
        cosine = asked[begin : begin + AT_ONCE] @ kept.T
        hits[begin : begin + AT_ONCE] = cosine.argmax(axis=1) == np.arange(
            begin, begin + len(cosine)
        )
    return hits

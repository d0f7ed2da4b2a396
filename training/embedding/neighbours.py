"""What neighbours say: classes by vote, distances to what is known, one object found again."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.arrays import Floats, Ints, Mask, Singles

VOTERS = 20
DISTANT = 5
"""The known neighbour whose distance says how new something is."""
AT_ONCE = 1_024


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


def evenly(label: Ints, classes: int) -> Floats:
    """(classes,): one over how many there are, so that a vote is at even odds."""
    return np.asarray(1 / np.maximum(np.bincount(label, minlength=classes), 1))


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


def found_again(asked: Singles, kept: Singles) -> Mask:
    """(n,): whether the nearest of those kept, one an object, is the same row's own."""
    hits = np.zeros(len(asked), np.bool_)
    for begin in range(0, len(asked), AT_ONCE):
        cosine = asked[begin : begin + AT_ONCE] @ kept.T
        hits[begin : begin + AT_ONCE] = cosine.argmax(axis=1) == np.arange(
            begin, begin + len(cosine)
        )
    return hits

"""What ZTF's network calls a supernova, of those and of what is none: by object, at two priors."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.natural import NATURAL
from training.arrays import Floats, Mask
from training.bootstrap import ROUNDS, Measured, drawn, measured
from training.lightcurve.judging.metrics import with_prior
from training.lightcurve.judging.outcome import WINDOWS
from training.lightcurve.labels import SUPERNOVAE, ZTF
from training.lightcurve.ztf_answers import Answers

SEED = 0
LIKELY = 0.5
OLD_DAYS = 365.0
TYPES = slice(0, len(SUPERNOVAE))
SLSN = ZTF.index("SLSN-I")
Labels = NDArray[np.str_]


class Called(NamedTuple):
    """Shares of some objects, by their windows; an object with one such window counts as one."""

    what: str
    objects: int
    windows: int
    even: Measured
    """Called a supernova at even odds of all labels: the five types have more than LIKELY."""
    natural: Measured
    """The same at the natural prior."""
    slsn: Measured
    """Called SLSN-I at even odds: it is the likeliest label."""
    right: Measured
    """Called what it is at even odds."""


def _asked(window: str, one: Answers) -> Mask:
    return np.asarray(one.asked == window)


def _label(one: Answers, name: str) -> Mask:
    return np.asarray(one.label == ZTF.index(name))


def _in_packets(one: Answers) -> Mask:
    return np.asarray((one.asked == "others") & ~np.char.startswith(one.kind, "disruption, "))


def _old(one: Answers) -> Mask:
    return np.asarray(one.days_known > OLD_DAYS)


Rows = Callable[[Answers], Mask]
KINDS: tuple[tuple[str, Rows], ...] = (
    *((f"supernovae, {window}", partial(_asked, window)) for window in WINDOWS),
    ("stars, brighter", lambda one: _label(one, "star") & one.brighter),
    ("stars, fainter", lambda one: _label(one, "star") & ~one.brighter),
    ("… cataclysmic ones and novae", lambda one: one.kind == "cataclysmic"),
    ("active nuclei", lambda one: _label(one, "AGN")),
    ("disruptions, third detection", lambda one: one.kind == "disruption, third detection"),
    ("disruptions, +20 d", lambda one: one.kind == "disruption, +20 d"),
    ("disruptions, +40 d", lambda one: one.kind == "disruption, +40 d"),
    ("disruptions, packets", lambda one: one.kind == "disruption"),
    ("all in packets known for a year", lambda one: _in_packets(one) & _old(one)),
)


def others(answers: Answers, chances: Floats, rounds: int = ROUNDS) -> tuple[Called, ...]:
    """Of each of KINDS that is there; answers out of fold and their chances at even odds (k, 8)."""
    kinds = [(what, np.flatnonzero(rows(answers))) for what, rows in KINDS]
    return tuple(
        _called(what, answers.take(rows), chances[rows], rounds)
        for what, rows in kinds
        if len(rows)
    )


def _called(what: str, some: Answers, chances: Floats, rounds: int) -> Called:
    shares = NATURAL["supernova"].shares
    natural = with_prior(chances, np.array([shares[label] for label in ZTF]))
    best = chances.argmax(axis=1)
    found = [
        chances[:, TYPES].sum(axis=1) > LIKELY,
        natural[:, TYPES].sum(axis=1) > LIKELY,
        best == SLSN,
        best == some.label,
    ]
    called = [by_object(some.name, one, rounds) for one in found]
    return Called(what, len(np.unique(some.name)), len(some.name), *called)


def by_object(name: Labels, found: Mask, rounds: int) -> Measured:
    """The mean over objects of the share of their windows (k,), objects being drawn."""
    _, place = np.unique(name, return_inverse=True)
    share = np.bincount(place, found) / np.bincount(place)
    weights = drawn(np.zeros(len(share), np.int64), np.random.default_rng(SEED), rounds)
    return measured(weights @ share / len(share))


def named(found: Iterable[Called]) -> dict[str, Called]:
    return {one.what: one for one in found}

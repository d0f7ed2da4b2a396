"""Which classifiers score the stream, found by name and put in the order of what they read.

A plug-in is an entry point of the group `gueststar.classifiers`: something that, called without
arguments, gives a `Classifier`. One that reads "scores.realbogus" runs after the classifier of
that name and finds its columns in `batch.scores`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import entry_points

import numpy as np

from classifiers.classifier import Classifier
from classifiers.lightcurve import lightcurve, supernova
from classifiers.realbogus import RealBogus
from schemas.batch import AlertBatch
from schemas.errors import ModelError
from schemas.learned import Learned

PLUGIN_GROUP = "gueststar.classifiers"
BUILT_IN: Mapping[str, Callable[[], Classifier]] = {
    "realbogus": RealBogus,
    "lightcurve": lightcurve,
    "supernova": supernova,
}
"""Served unless a setting says otherwise."""
SCORES = "scores."
COLUMNS = frozenset(AlertBatch.__annotations__) | {"stamps"}


def served(names: Sequence[str] = tuple(BUILT_IN)) -> tuple[Classifier, ...]:
    """The classifiers of these names, opened, in reading order. Raises ModelError."""
    return in_reading_order([_open(name) for name in names])


def in_reading_order(classifiers: Iterable[Classifier]) -> tuple[Classifier, ...]:
    """Each after those whose scores it reads; otherwise in the order given.

    Raises ModelError for two of one name, for a column that no batch has, for scores that nobody
    gives, and for a circle.
    """
    by_name: dict[str, Classifier] = {}
    for classifier in classifiers:
        name = classifier.identity.name
        if name in by_name:
            raise ModelError(f"two classifiers are called {name!r}; serve one of them")
        by_name[name] = classifier
    needs = {name: _needs(classifier, by_name) for name, classifier in by_name.items()}
    try:
        order = tuple(TopologicalSorter(needs).static_order())
    except CycleError as error:
        circle = " -> ".join(error.args[1])
        raise ModelError(f"classifiers read each other's scores: {circle}; drop one") from error
    return tuple(by_name[name] for name in order)


def score(batch: AlertBatch, classifiers: Iterable[Classifier]) -> None:
    """Let each classifier score the batch, in the order given; `batch.scores` grows."""
    for classifier in classifiers:
        name, shape = classifier.identity.name, (len(batch), len(classifier.labels))
        given = np.asarray(classifier.score(batch), np.float32)
        if given.shape != shape:
            raise ModelError(
                f"classifier {name!r} gave scores {given.shape}, not {shape}; correct its `score`"
            )
        batch.learned[name] = Learned.probabilities(classifier.labels, given)


def _open(name: str) -> Classifier:
    if name in BUILT_IN:
        return BUILT_IN[name]()
    plugins = entry_points(group=PLUGIN_GROUP)
    if name not in plugins.names:
        known = ", ".join(sorted({*BUILT_IN, *plugins.names}))
        raise ModelError(f"no classifier is called {name!r}; there are: {known}")
    try:
        plugin = plugins[name].load()()
    except Exception as error:  # a plug-in may raise anything
        raise ModelError(
            f"classifier {name!r} cannot be opened: {error!r}; see its author"
        ) from error
    if not isinstance(plugin, Classifier):
        raise ModelError(f"classifier {name!r} is a {type(plugin).__name__}, not a Classifier")
    return plugin


def _needs(classifier: Classifier, by_name: Mapping[str, Classifier]) -> list[str]:
    """The classifiers whose scores one reads."""
    name = classifier.identity.name
    unknown = [one for one in classifier.reads if not one.startswith(SCORES) and one not in COLUMNS]
    if unknown:
        raise ModelError(
            f"classifier {name!r} reads {unknown}, which no batch has; correct `reads`"
        )
    needed = [one.removeprefix(SCORES) for one in classifier.reads if one.startswith(SCORES)]
    missing = [one for one in needed if one not in by_name]
    if missing:
        raise ModelError(f"classifier {name!r} reads scores of {missing}; serve those as well")
    return needed

"""A classifier whose file can be changed between two batches: all else about it stays as it is."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from classifiers.classifier import Scoring
from classifiers.reference import KEY, Reference, Table, read_reference
from classifiers.served import BUILT_IN
from schemas.batch import AlertBatch
from schemas.errors import ModelError
from schemas.learned import Given
from schemas.stage import Identity


@runtime_checkable
class Watched(Protocol):
    """A classifier that says what it reads, so that drift can be told."""

    @property
    def said(self) -> Mapping[str, str]:
        """Its file's metadata."""
        ...

    def inputs(self, batch: AlertBatch, rows: NDArray[np.int64], /) -> Table:
        """Numbers of some rows, by column, (rows,) each."""
        ...


class Slot:
    """A stage that runs one file of a model, and another once it is told to.

    Only `serve` changes it, between two batches; what it gives never changes, so filters, lakes
    and subscribers see no difference but the identity beside each score.
    """

    def __init__(self, own: Scoring) -> None:
        """`own`: of the file that gueststar came with, which the others are held to."""
        self.own = own
        self.now = own
        self.cpu_s = 0.0
        """Of this thread, since it was made."""

    @property
    def identity(self) -> Identity:
        return self.now.identity

    @property
    def reads(self) -> tuple[str, ...]:
        return self.own.reads

    @property
    def gives(self) -> tuple[Given, ...]:
        return self.own.gives

    def serve(self, scoring: Scoring) -> None:
        """Run this one from the next batch on."""
        assert scoring.gives == self.gives, "what a slot gives never changes"
        self.now = scoring

    def run(self, batch: AlertBatch) -> tuple[NDArray[np.float32], ...]:
        began_s = time.thread_time()
        try:
            return self.now.run(batch)
        finally:
            self.cpu_s += time.thread_time() - began_s

    def warm_up(self) -> None:
        self.now.warm_up()


def opened(own: Scoring, path: Path, sha256: str) -> Scoring:
    """Another file of a model that is served, warmed, at the same prior.

    Raises ModelError where it cannot stand in: it is another model or another file than was
    named, or gives something else.
    """
    name = own.identity.name
    if name not in BUILT_IN:
        raise ModelError(f"{name!r} is no model of gueststar's own, whose files can be deployed")
    classifier = BUILT_IN[name](path)
    if classifier.identity.name != name:
        raise ModelError(f"{path}: is a {classifier.identity.name!r}; deploy it by that name")
    if classifier.identity.sha256 != sha256:
        raise ModelError(
            f"{path}: its sha256 begins {classifier.identity.sha256[:12]}, and {sha256[:12]} was"
            " deployed; put the file back, or deploy this one"
        )
    scoring = replace(own, classifier=classifier)
    if scoring.gives != own.gives:
        raise ModelError(
            f"{path}: gives {', '.join(classifier.labels)}, and what is served gives"
            f" {', '.join(own.classifier.labels)}, in this order and with this embedding; a model"
            " with other labels is another model"
        )
    scoring.warm_up()
    return scoring


def reference_in(scoring: Scoring) -> Reference | None:
    """What a model's file says that it was taught; None where it says nothing.

    Raises ModelError where that cannot be read.
    """
    classifier = scoring.classifier
    if not isinstance(classifier, Watched) or KEY not in classifier.said:
        return None
    return read_reference(classifier.said[KEY], f"model {scoring.identity.name!r}")

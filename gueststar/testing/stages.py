"""Whether a stage keeps the rules that every stage must keep."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.classifier import Classifier
from classifiers.served import in_reading_order
from gueststar.testing.crowd import crowd
from gueststar.testing.rules import complain, digest
from schemas.batch import AlertBatch
from schemas.columns import COLUMNS
from schemas.learned import FLOATS, Given
from schemas.stage import Identity, Stage, given_by

SUM_TOLERANCE = 1e-3
TOLERANCE = 1e-5
"""What the order of sums may change, relative and absolute."""
SEED = 1054


def check_stage(stage: Stage | Classifier, *, alerts: AlertBatch | None = None) -> None:
    """Raises AssertionError with a line for each broken rule; `check_stage(mine)` is a test.

    The rules: its name and hash say what it is; what it gives has the shape that it says, and is
    probabilities, values or vectors as it says; how the stream is cut into batches does not show;
    an empty batch is no trouble; nothing is read that `reads` does not name, and nothing is written
    into the columns. Tried on `alerts`, by default those of `crowd()`; what other stages give must
    be in them where it is read.
    """
    __tracebackhide__ = True
    batch = crowd() if alerts is None else alerts
    complain("stage", stage.identity.name, _shortcomings(stage, batch))


def _shortcomings(given: Stage | Classifier, batch: AlertBatch) -> Iterator[str]:
    try:
        read = [_Giver(one) for one in batch.given.values() if f"learned.{one.name}" in given.reads]
        stage = in_reading_order([*read, given])[-1]
        yield from _of_names(stage)
        before = digest(batch)
        found = _arrays(stage, batch)
        if digest(batch) != before:
            yield "it writes into the alerts; make new arrays instead"
        yield from _of_numbers(stage, found)
        yield from _of_cuts(stage, batch, found)
        yield from _of_reads(stage, batch, found)
    except Exception as error:  # whatever it raises is what its author wants to know
        yield f"it raised {type(error).__name__}: {' '.join(str(error).split())}"


class _Giver:
    """Stands for the stage that gave what the alerts already have."""

    reads: tuple[str, ...] = ()

    def __init__(self, given: Given) -> None:
        self.identity = Identity(given.name, "kept", "0" * 64)
        self.gives = (given,)

    def run(self, batch: AlertBatch) -> Sequence[NDArray[Any]]:
        return (batch.learned[self.identity.name].values,)

    def warm_up(self) -> None:
        """Nothing is left to do."""


def _of_names(stage: Stage) -> Iterator[str]:
    name, version, sha256 = stage.identity
    if not version:
        yield f"stage {name!r} has no version"
    if len(sha256) != 64 or set(sha256) - set("0123456789abcdef"):
        yield f"its sha256 is {sha256!r}, not 64 hexadecimal digits"
    for one in stage.gives:
        if not one.columns or len(set(one.columns)) != len(one.columns):
            yield f"{one.name!r} has the columns {one.columns}: at least one, and each once"


def _of_numbers(stage: Stage, found: Sequence[NDArray[Any]]) -> Iterator[str]:
    for (name, kind, *_), values in zip(stage.gives, found, strict=True):
        partly = np.isnan(values).any(axis=1) & ~np.isnan(values).all(axis=1)
        if kind != "values" and partly.any():
            yield f"{name!r} is partly NaN in {partly.sum()} rows: {kind} are given whole or not"
        if kind == "probabilities":
            whole = values[~np.isnan(values).any(axis=1)]
            if ((whole < 0) | (whole > 1)).any():
                yield f"{name!r} has probabilities outside 0 to 1"
            if (np.abs(whole.sum(axis=1) - 1) > SUM_TOLERANCE).any():
                yield f"{name!r} has rows of probabilities that do not sum to 1"


def _of_cuts(stage: Stage, batch: AlertBatch, found: Sequence[NDArray[Any]]) -> Iterator[str]:
    order = np.random.default_rng(SEED).permutation(len(batch))
    for rows in (order, *np.array_split(order, 3), order[:0]):
        again = _arrays(stage, batch.take(rows))
        for given, first, second in zip(stage.gives, found, again, strict=True):
            if not _alike(first[rows], second):
                yield f"{given.name!r} depends on the other alerts of the batch"
                return


def _of_reads(stage: Stage, batch: AlertBatch, found: Sequence[NDArray[Any]]) -> Iterator[str]:
    """Whether it is the same where all numbers that it does not name are missing."""
    unnamed: dict[str, Any] = {
        name: np.full(len(batch), np.nan)
        for name in sorted(COLUMNS.keys() - set(stage.reads))
        if batch.column(name).dtype == np.float64
    }
    again = _arrays(stage, replace(batch, **unnamed))
    for given, first, second in zip(stage.gives, found, again, strict=True):
        if not _alike(first, second):
            yield f"{given.name!r} depends on a column that `reads` does not name"


def _arrays(stage: Stage, batch: AlertBatch) -> list[NDArray[Any]]:
    found = zip(stage.gives, given_by(stage, batch), strict=True)
    return [np.asarray(values, FLOATS[given.kind]) for given, values in found]


def _alike(one: NDArray[Any], other: NDArray[Any]) -> bool:
    return bool(np.allclose(one, other, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True))

"""What a stage is: something with a name that learns of a batch; and how stages are run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from schemas.batch import AlertBatch
from schemas.errors import ModelError
from schemas.isolation import isolate
from schemas.learned import FLOATS, Given, Learned

VERSION_DIGITS = 12
"""Of a sha256, as a version: enough to tell any two files apart."""

RUNS_MAX = 128
"""Runs spent on finding the rows of one batch that make a stage raise."""


class Identity(NamedTuple):
    """Which stage it was: written beside all that it gave."""

    name: str
    version: str
    sha256: str
    """Of the file that it is made from, hexadecimal."""


@runtime_checkable
class Stage(Protocol):
    """Something that learns of a batch: a network, a cross-match, an embedding."""

    @property
    def identity(self) -> Identity:
        """Name, version and file hash."""
        ...

    @property
    def reads(self) -> tuple[str, ...]:
        """The batch's columns that it reads; `learned.NAME` for what another stage gives."""
        ...

    @property
    def gives(self) -> tuple[Given, ...]:
        """What `run` gives, each under a name of its own in `batch.learned`."""
        ...

    def run(self, batch: AlertBatch) -> Sequence[NDArray[Any]]:
        """In the order of `gives`, one array (n, columns) each; NaN where it gives nothing."""
        ...

    def warm_up(self) -> None:
        """Do once what the first call would pay for."""
        ...


class StageFault(NamedTuple):
    """Rows of which a stage gave nothing because it raised; what it gives is NaN there."""

    stage: str
    rows: NDArray[np.int64]
    message: str
    kind: str = "stage"

    @property
    def flag(self) -> str:
        """What the rows' enriched records say of it."""
        return f"{self.kind}-error:{self.stage}"


def run_stages(batch: AlertBatch, stages: Iterable[Stage]) -> tuple[StageFault, ...]:
    """Fill `batch.learned`; the stages run in the order given, each by itself."""
    return tuple(fault for stage in stages for fault in run_stage(batch, stage))


def run_stage(batch: AlertBatch, stage: Stage) -> list[StageFault]:
    """The same of one stage."""
    learned, faults = run_apart(batch, stage)
    batch.learned.update(learned)
    return faults


def run_apart(batch: AlertBatch, stage: Stage) -> tuple[dict[str, Learned], list[StageFault]]:
    """What a stage learns, by name, with `batch.learned` left as it is."""
    values = [_empty(given, len(batch)) for given in stage.gives]
    faults = list(_fill(stage, batch, values))
    learned = {
        given.name: Learned(given.kind, given.columns, each, given.prior)
        for given, each in zip(stage.gives, values, strict=True)
    }
    return learned, faults


def given_by(stage: Stage, batch: AlertBatch) -> Sequence[NDArray[Any]]:
    """What a stage gives. Raises ModelError where that is not in the shapes that it says."""
    found = stage.run(batch)
    if len(found) != len(stage.gives):
        raise ModelError(f"it gives {len(found)} arrays, not {len(stage.gives)}")
    for given, each in zip(stage.gives, found, strict=True):
        expected = (len(batch), len(given.columns))
        if np.shape(each) != expected:
            raise ModelError(f"{given.name!r} must be of shape {expected}, not {np.shape(each)}")
    return found


def kind_of(stage: Stage) -> str:
    """What a stage is called where it fails."""
    return "classifier" if any(one.kind == "probabilities" for one in stage.gives) else "stage"


def _empty(given: Given, rows: int) -> NDArray[np.floating[Any]]:
    return np.full((rows, len(given.columns)), np.nan, FLOATS[given.kind])


def _fill(
    stage: Stage, batch: AlertBatch, values: Sequence[NDArray[np.floating[Any]]]
) -> Iterator[StageFault]:
    """Run over all rows but those at fault; there are none in an empty batch."""
    if not len(batch):
        return

    def run(rows: NDArray[np.int64], part: AlertBatch) -> None:
        for whole, found in zip(values, given_by(stage, part), strict=True):
            whole[rows] = found

    for rows, error in isolate(batch, run, runs_max=RUNS_MAX):
        yield StageFault(stage.identity.name, rows, _line(stage, error), kind_of(stage))


def _line(stage: Stage, error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"{kind_of(stage)} {stage.identity.name!r} raised {type(error).__name__}: {text}"

"""How a model's inputs and scores are spread over packets: its reference made, or held to it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from broker.models.night_watch import Night
from broker.models.shadows import Sketch, watched_table
from classifiers import served
from classifiers.classifier import Scoring
from classifiers.drift import Drift, DriftLimits
from classifiers.reference import (
    Reference,
    Table,
    counted,
    groups_of,
    read_table,
    reference_of,
    with_reference,
)
from classifiers.slot import reference_in
from gueststar.filtering.sources import Packets
from schemas.batch import AlertBatch
from schemas.errors import ArchiveError, ModelError
from schemas.stage import run_apart
from schemas.suggestion import nearest


def opened_file(name: str, file: Path | None) -> Scoring:
    """A model's own file, or another of its. Raises ModelError."""
    if name not in served.BUILT_IN:
        raise ModelError(f"no model {name!r} is served{nearest(name, served.BUILT_IN)}")
    return Scoring(served.BUILT_IN[name](file) if file else served.BUILT_IN[name]())


def own_file(name: str) -> Path:
    """The file that gueststar came with."""
    return Path(served.__file__).with_name(f"{name}.onnx")


def make_reference(scoring: Scoring, packets: Path, *, schemas: Path | None = None) -> Reference:
    """Of all alerts at a path. Raises ArchiveError of none."""
    parts = []
    for batch in Packets(packets, schemas=schemas).decoded():
        rows, table = _told(scoring, batch)
        parts.append((groups_of(batch, rows), table))
    if not sum(len(groups) for groups, _ in parts):
        raise ArchiveError(f"{packets}: there is no alert")
    return reference_of(parts)


def keep(reference: Reference, scoring: Scoring, file: Path, to: Path) -> None:
    """Write a reference: into a copy of the model's file (.onnx), or as a table (.json).

    Raises ModelError for another ending.
    """
    if to.suffix == ".onnx":
        to.write_bytes(with_reference(file.read_bytes(), reference))
        opened_file(scoring.identity.name, to)
    elif to.suffix == ".json":
        to.write_text(reference.document() + "\n", encoding="utf-8")
    else:
        raise ModelError(f"{to}: name it .onnx, a model with its reference, or .json, a table")


def reference_for(scoring: Scoring, table: Path | None) -> Reference:
    """A table's, or what the file carries. Raises ModelError where there is neither."""
    found = read_table(table) if table else reference_in(scoring)
    if found is None:
        raise ModelError(
            f"the file of {scoring.identity.name!r} carries no reference; make one with `gueststar"
            " model reference` from alerts like those it was taught, and name it with --reference"
        )
    return found


def drift_by_night(
    scoring: Scoring,
    reference: Reference,
    packets: Path,
    limits: DriftLimits,
    *,
    nights: Collection[int] = (),
    schemas: Path | None = None,
) -> Iterator[tuple[int, Drift]]:
    """Every statistic of each night at a path, nights in order; `nights`: these alone."""
    found: dict[int, Night] = {}
    for batch in Packets(packets, schemas=schemas).decoded():
        rows, table = _told(scoring, batch)
        for night in np.unique(batch.night[rows]).tolist():
            if nights and night not in nights:
                continue
            of = batch.night[rows] == night
            part = {name: values[of] for name, values in table.items()}
            counts = tuple(counted(reference, groups_of(batch, rows[of]), part))
            sketch = Sketch(scoring.identity, reference, night, counts)
            one = found.setdefault(night, Night(scoring.identity, night, reference))
            for _ in one.add(sketch, limits):
                pass
    for night, one in sorted(found.items()):
        one.close(limits)
        yield from ((night, each) for each in one.found.values())


def _told(scoring: Scoring, batch: AlertBatch) -> tuple[NDArray[np.int64], Table]:
    """All rows, and their numbers. Raises ModelError where the model raises."""
    learned, faults = run_apart(batch, scoring)
    if faults:
        raise ModelError(faults[0].message)
    rows = np.arange(len(batch), dtype=np.int64)
    return rows, watched_table(batch, scoring.classifier, learned[scoring.identity.name], rows)

"""What networks of one seed answered out of fold: kept in the project, small, for each network.

So whoever reads a card can have each of its headlines again without the data and without training:
`make verify-cards`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from training.arrays import Columns, Floats, Ints, Mask
from training.lightcurve.calibration import (
    by_detections,
    by_detections_across,
    calibrated,
    chances_of,
)

FOLDER = Path(__file__).parents[1] / "answers"
PACKED_WELL = 11
"""Brotli's level."""
SERVED = -1
"""In place of a fold: the served network, which answers about the hold-out and learns the rest."""


@dataclass(frozen=True)
class Answers(Columns):
    """k answers; those about one object may be several."""

    file: ClassVar[Path]
    """Where the project keeps them."""
    labels: ClassVar[tuple[str, ...]]
    rounded_to: ClassVar[int]
    """Of a logit, the part that is kept."""

    name: NDArray[np.str_]
    asked: NDArray[np.str_]
    """Of which part of the object, and told what."""
    label: Ints
    """Place in `labels`."""
    fold: Ints
    """Of the network that answered; SERVED for the served one."""
    held_out: Mask
    detections: Ints
    """In what was shown."""
    logits: NDArray[np.float16]
    """(k, labels), not calibrated, as `rounded` has them."""

    def out_of_fold(self) -> Self:
        """Without those of the served network."""
        return self.take(self.fold != SERVED)

    def chances(self) -> Floats:
        """(k, labels) at even odds: each fold as sure as the others' answers have it.

        Those of the served network by all folds' answers, as it is served.
        """
        return self.chances_by(np.concatenate([self.across(), self.calibration()[None]])[self.fold])

    def chances_by(self, given: Floats) -> Floats:
        """(k, labels), as `by_detections`, (2, 2, labels) or one a row, has them."""
        return chances_of(calibrated(self.logits.astype(np.float64), given, self.detections))

    def across(self) -> Floats:
        """(folds, 2, 2, labels): how sure each fold's networks may be, by the others' answers."""
        crossed = self.fold != SERVED
        return by_detections_across(*self._of(crossed), self.fold[crossed])

    def calibration(self) -> Floats:
        """(2, 2, labels): how sure the served network may be, by all out-of-fold answers."""
        return by_detections(*self._of(self.fold != SERVED))

    def _of(self, rows: Mask) -> tuple[Floats, Ints, Ints]:
        return self.logits[rows].astype(np.float64), self.label[rows], self.detections[rows]

    def keep(self, path: Path) -> None:
        """Write them as Parquet, a column a label's logits."""
        some = self.take(np.lexsort((self.asked, self.fold == SERVED, self.name)))
        told = {one.name: getattr(some, one.name) for one in fields(self) if one.name != "logits"}
        logits = dict(zip(self.labels, some.logits.T, strict=True))
        pq.write_table(
            pa.table({name: pa.array(column) for name, column in (told | logits).items()}),
            path,
            compression="brotli",
            compression_level=PACKED_WELL,
        )

    @classmethod
    def read(cls, path: Path | None = None) -> Self:
        """What `keep` wrote."""
        table = pq.read_table(path or cls.file)
        columns = {name: table[name].to_numpy() for name in table.column_names}
        logits = np.column_stack([columns.pop(name) for name in cls.labels])
        for name, column in columns.items():
            if column.dtype == object:
                columns[name] = column.astype(str)
        return cls(**columns, logits=logits)

    @classmethod
    def rounded(cls, logits: NDArray[np.floating]) -> NDArray[np.float16]:
        """To `rounded_to` parts of one, which no figure hangs on by 0.001: the file is small."""
        return (np.round(logits * cls.rounded_to) / cls.rounded_to).astype(np.float16)

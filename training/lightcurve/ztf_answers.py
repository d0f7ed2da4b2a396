"""What ZTF's networks of one seed answered out of fold: kept in the project, small.

So whoever reads the card can have each of its headlines again without the data and without
training: `python -m training.verify`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

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
from training.lightcurve.labels import ZTF

FILE = Path(__file__).parents[1] / "answers" / "supernova.parquet"
ROUNDED_TO = 128
PACKED_WELL = 19
"""zstd's level."""
SERVED = -1
"""In place of a fold: answers of the served network, about the hold-out."""


@dataclass(frozen=True)
class Answers(Columns):
    """k windows; those of one object may be several."""

    name: NDArray[np.str_]
    asked: NDArray[np.str_]
    """One of WINDOWS, of supernovae, or OTHERS."""
    kind: NDArray[np.str_]
    """What it is known to be, as the material says."""
    label: Ints
    """Place in labels.ZTF."""
    fold: Ints
    """Of the network that answered; SERVED for the served one."""
    held_out: Mask
    detections: Ints
    """In the window."""
    days_known: Ints
    """Since the first detection ever; of a day begun the whole."""
    brighter: Mask
    """Whether its last point is brighter than the reference."""
    logits: NDArray[np.float16]
    """(k, labels), not calibrated, as `rounded` has them."""

    def out_of_fold(self) -> Answers:
        """Without those of the served network."""
        return self.take(self.fold != SERVED)

    def chances(self) -> Floats:
        """(k, labels) at even odds: each fold as sure as the others' answers have it.

        Those of the served network by all folds' answers, as it is served.
        """
        crossed = self.fold != SERVED
        fits = by_detections_across(*self._of(crossed), self.fold[crossed])
        return self.chances_by(np.concatenate([fits, self.calibration()[None]])[self.fold])

    def chances_by(self, given: Floats) -> Floats:
        """(k, labels), as `by_detections`, (2, 2, labels) or one a row, has them."""
        return chances_of(calibrated(self.logits.astype(np.float64), given, self.detections))

    def calibration(self) -> Floats:
        """(2, 2, labels): how sure the served network may be, by all out-of-fold answers."""
        return by_detections(*self._of(self.fold != SERVED))

    def _of(self, rows: Mask) -> tuple[Floats, Ints, Ints]:
        return self.logits[rows].astype(np.float64), self.label[rows], self.detections[rows]

    def keep(self, path: Path) -> None:
        """Write them as Parquet, a column a label's logits."""
        some = self.take(np.lexsort((self.asked, self.fold == SERVED, self.name)))
        told = {one.name: getattr(some, one.name) for one in fields(self)[:-1]}
        logits = dict(zip(ZTF, some.logits.T, strict=True))
        pq.write_table(
            pa.table({name: pa.array(column) for name, column in (told | logits).items()}),
            path,
            compression="zstd",
            compression_level=PACKED_WELL,
            use_dictionary=list(told),
            column_encoding=dict.fromkeys(ZTF, "BYTE_STREAM_SPLIT"),
        )

    @classmethod
    def read(cls, path: Path = FILE) -> Answers:
        """What `keep` wrote."""
        table = pq.read_table(path)
        columns = {name: table[name].to_numpy() for name in table.column_names}
        logits = np.column_stack([columns.pop(name) for name in ZTF])
        for name, column in columns.items():
            if column.dtype == object:
                columns[name] = column.astype(str)
        return cls(**columns, logits=logits)


def rounded(logits: NDArray[np.floating]) -> NDArray[np.float16]:
    """To ROUNDED_TO parts of one, which no figure hangs on by 0.001, so that the file is small."""
    return (np.round(logits * ROUNDED_TO) / ROUNDED_TO).astype(np.float16)

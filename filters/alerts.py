"""What a filter sees of a batch: its columns, read-only, and a note of each one read."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.batch import ROW_COLUMNS, AlertBatch, LightCurves
from schemas.cutouts import Stamps
from schemas.errors import FilterError
from schemas.suggestion import nearest

COLUMNS = ROW_COLUMNS - {"source_index", "schema"}
"""What a filter may read, one value a row; the two left out depend on how the stream was cut."""

WHOLES = frozenset({"light_curve", "forced_photometry", "stamps"})
"""What a filter may read that is no plain column."""


class UnknownColumn(FilterError, AttributeError):  # noqa: N818 - named for what was asked
    """A filter asked for a column that no alert has."""


class Alerts:
    """A batch as a filter sees it: `alerts.magnitude` is that column, float64 (n,), read-only.

    Columns are those of `AlertBatch` (COLUMNS, and the light curves and stamps). A value that
    was not measured is NaN; a distance where nothing was found is +inf. Any other name raises
    UnknownColumn, which suggests the nearest.
    """

    __slots__ = ("_batch", "_read")

    def __init__(self, batch: AlertBatch) -> None:
        """A view; the batch is not copied."""
        self._batch = batch
        self._read: list[NDArray[Any]] = []

    def __len__(self) -> int:
        """How many alerts there are; a mask has as many entries."""
        return len(self._batch)

    @property
    def light_curve(self) -> LightCurves:
        """History and this detection, not to be written."""
        return _locked_curves(self._batch.light_curve)

    @property
    def forced_photometry(self) -> LightCurves:
        """Forced photometry at the object's position, not to be written."""
        return _locked_curves(self._batch.forced_photometry)

    @property
    def stamps(self) -> Stamps:
        """The three cutouts of every row."""
        return self._batch.stamps

    def __getattr__(self, name: str) -> NDArray[Any]:
        """A column by its name."""
        if name not in COLUMNS:
            raise UnknownColumn(f"alerts have no column {name!r}{nearest(name, COLUMNS | WHOLES)}")
        return self.derived(_locked(getattr(self._batch, name)))

    def score(self, classifier: str, label: str) -> NDArray[np.float32]:
        """A label's probability by a classifier, float32 (n,); NaN where it declined."""
        scored = self._batch.score_labels
        if classifier not in scored:
            raise FilterError(
                f"no classifier {classifier!r} has scored{nearest(classifier, scored)}"
            )
        if label not in scored[classifier]:
            hint = nearest(label, scored[classifier])
            raise FilterError(f"classifier {classifier!r} has no label {label!r}{hint}")
        return self.derived(_locked(self._batch.score(classifier, label)))

    def derived(self, column: NDArray[Any]) -> NDArray[Any]:
        """Note a column of the filter's own making (n,): a row refused at its NaN is unknown."""
        self._read.append(column)
        return column

    def unmeasured(self) -> NDArray[np.bool_]:
        """The rows, bool (n,), where a column read since `forget` is NaN."""
        missing = np.zeros(len(self), dtype=np.bool_)
        for column in self._read:
            if column.dtype.kind == "f":
                missing |= np.isnan(column)
        return missing

    def forget(self) -> None:
        """Begin the next clause: nothing has been read for it yet."""
        self._read.clear()


def _locked(column: NDArray[Any]) -> NDArray[Any]:
    """A view that cannot be written: survey fields are never changed, by a filter least of all."""
    view = column.view()
    view.flags.writeable = False
    return view


def _locked_curves(curves: LightCurves) -> LightCurves:
    """The same light curves, not to be written."""
    return LightCurves(*(_locked(getattr(curves, column.name)) for column in fields(curves)))

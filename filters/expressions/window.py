"""Some successive rows of a table, without a copy of its columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from filters.alerts import Table
from schemas.batch import LightCurves
from schemas.cutouts import Stamps
from schemas.learned import Given


class Window:
    """The rows [begin, end) of a table, as a table."""

    def __init__(self, table: Table, begin: int, end: int) -> None:
        self._table = table
        self._rows = slice(begin, end)

    def __len__(self) -> int:
        return self._rows.stop - self._rows.start

    def column(self, name: str) -> NDArray[Any]:
        return self._table.column(name)[self._rows]

    @property
    def light_curve(self) -> LightCurves:
        return self._cut(self._table.light_curve)

    @property
    def forced_photometry(self) -> LightCurves:
        return self._cut(self._table.forced_photometry)

    @property
    def stamps(self) -> Stamps:
        return self._table.take(self._every()).stamps

    @property
    def given(self) -> Mapping[str, Given]:
        return self._table.given

    def learned_column(self, name: str, column: str) -> NDArray[np.floating[Any]]:
        return self._table.learned_column(name, column)[self._rows]

    def take(self, rows: NDArray[np.int64], /) -> Window:
        return Window(self._table.take(self._every()[rows]), 0, len(rows))

    def _every(self) -> NDArray[np.int64]:
        return np.arange(self._rows.start, self._rows.stop)

    def _cut(self, curves: LightCurves) -> LightCurves:
        """Ragged columns, views too."""
        offsets = curves.offsets[self._rows.start : self._rows.stop + 1]
        return curves.points(offsets - offsets[0], slice(offsets[0], offsets[-1]))

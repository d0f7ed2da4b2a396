"""Which alerts rows are: the survey and its id, held as numbers so that a night's fit in memory."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Mask = NDArray[np.bool_]


class Keys:
    """The keys of rows, in their order: nine bytes each, and some three times that when asked."""

    def __init__(self) -> None:
        self._surveys: list[str] = []
        self._codes: list[NDArray[np.int8]] = []
        self._ids: list[Ids] = []

    def __len__(self) -> int:
        return sum(map(len, self._ids))

    def add(self, survey: NDArray[np.str_], alert_id: Ids) -> None:
        codes = np.zeros(len(survey), np.int8)
        for name in np.unique(survey).tolist():
            if name not in self._surveys:
                self._surveys.append(name)
            codes[survey == name] = self._surveys.index(name)
        self._codes.append(codes)
        self._ids.append(alert_id.astype(np.int64))

    def last(self) -> Mask:
        """Which rows are the last of their key, (n,)."""
        found = np.zeros(len(self), np.bool_)
        for rows, ids in self._each():
            _, place = np.unique(ids[::-1], return_index=True)
            found[rows[len(rows) - 1 - place]] = True
        return found

    def distinct(self) -> Mapping[str, Ids]:
        """The ids of each survey, rising, each once."""
        each = zip(self._surveys, self._each(), strict=True)
        return {name: np.unique(ids) for name, (_, ids) in each}

    def _each(self) -> list[tuple[NDArray[np.int64], Ids]]:
        """By survey: its rows, and their ids."""
        codes = np.concatenate([np.zeros(0, np.int8), *self._codes])
        ids = np.concatenate([np.zeros(0, np.int64), *self._ids])
        places = (np.flatnonzero(codes == code) for code in range(len(self._surveys)))
        return [(rows, ids[rows]) for rows in places]


def among(survey: NDArray[np.str_], alert_id: Ids, ids: Mapping[str, Ids]) -> Mask:
    """Which rows (n,) have a key that `Keys.distinct` names."""
    found = np.zeros(len(survey), np.bool_)
    for name, known in ids.items():
        rows = np.flatnonzero(survey == name)
        found[rows] = np.isin(alert_id[rows], known)
    return found

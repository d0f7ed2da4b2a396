"""A few of the alerts that a filter selected: a random sample, the same from the same seed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from filters.alerts import Table
from gueststar import alert
from gueststar.alert import Alert
from lake.digests import mixed
from lake.reading import LakeRows
from schemas.batch import AlertBatch


class Sample:
    """The alerts whose keys are lowest.

    A key is a hash of seed and id: neither order nor cut of an archive changes who is drawn.
    """

    def __init__(self, kept: Callable[[Table], AlertBatch], *, seed: int, most: int) -> None:
        """`kept` makes rows of a table stand by themselves in memory."""
        self._kept = kept
        self._seed = seed
        self._most = most
        self._drawn: list[tuple[int, Table]] = []

    def draw(self, table: Table, selected: NDArray[np.int64]) -> None:
        """Let selected rows of a table take part."""
        keys = mixed(table.column("alert_id")[selected], self._seed)
        for place in np.argsort(keys)[: self._most].tolist():
            key = int(keys[place])
            if len(self._drawn) == self._most and key >= self._drawn[-1][0]:
                return
            self._drawn.append((key, self._held(table.take(selected[place : place + 1]))))
            self._drawn.sort(key=lambda each: each[0])
            del self._drawn[self._most :]

    def alerts(self, name: str) -> list[Alert]:
        """The alerts drawn, as a filter of that name selected them."""
        return [_alert(self._kept(one), name) for _, one in self._drawn]

    def _held(self, one: Table) -> Table:
        """What can be kept till the end: of a lake a row's place, as most are drawn in vain."""
        return one if isinstance(one, LakeRows) else self._kept(one)


def _alert(batch: AlertBatch, name: str) -> Alert:
    scores = {
        classifier: {label: float(batch.score(classifier, label)[0]) for label in labels}
        for classifier, labels in batch.score_labels.items()
        if not np.isnan(batch.scores[classifier]).all()
    }
    (found,) = alert.rows(batch, [scores], [(name,)])
    return found

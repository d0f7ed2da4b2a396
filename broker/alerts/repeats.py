"""Which alerts a survey sends twice: the ids of the last ones, and where each lay."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Final

from broker.ports import Message
from schemas.batch import AlertBatch

IDS_KEPT_MAX: Final = 100_000
"""Some 20 MB."""

Place = tuple[str, int, int]


class Repeats:
    """The first place of each of the last alerts, up to a number of them.

    An alert that comes again from the same place, as a batch that was given back does, is no
    repetition. Each worker remembers what it had itself since it began, and nothing else.
    """

    def __init__(self, ids_kept_max: int = IDS_KEPT_MAX) -> None:
        self._ids_kept = ids_kept_max
        self._first: dict[tuple[str, int], Place] = {}

    def mark(self, batch: AlertBatch, messages: Sequence[Message]) -> None:
        """Fill the column `seen_before`: 1 where the alert had come from elsewhere before."""
        ids = zip(batch.survey.tolist(), batch.alert_id.tolist(), strict=True)
        first = self._first
        for row, (key, index) in enumerate(zip(ids, batch.source_index.tolist(), strict=True)):
            place = messages[index][:3]
            batch.seen_before[row] = first.setdefault(key, place) != place
        for key in list(islice(first, max(0, len(first) - self._ids_kept))):
            del first[key]

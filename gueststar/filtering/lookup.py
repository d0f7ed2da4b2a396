"""An alert looked up by its id, or an object's alerts, in an archive or on a topic."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from broker.ports import Source as KafkaReader
from filters.alerts import Table
from gueststar.batches import score
from gueststar.ending import polls_to_end
from gueststar.filtering.sources import Nights, decoder_of, kept, opened
from schemas.avro import SchemaSource
from schemas.batch import AlertBatch
from schemas.decode import Decoder
from schemas.errors import ArchiveError
from schemas.scored import noted, scored

Tables = Callable[[], Iterable[Table]]


def in_archive(wanted: str, path: Path, *, schemas: Path | None = None) -> list[AlertBatch]:
    """The alert of that id, or the alerts of that object, scored; of a packet only these are.

    Raises ArchiveError where there is none.
    """
    decoder = decoder_of(schemas)

    def tables() -> Iterator[Table]:
        source = opened(path, schemas=schemas)
        return source.tables() if isinstance(source, Nights) else source.decoded()

    found = [kept(each, decoder) for each in _found(wanted, tables)]
    if not found:
        raise ArchiveError(f"no alert and no object {wanted!r} in {path}")
    for batch in found:
        if not batch.scores:
            score(batch)
    return found


def on_topic(
    wanted: str, source: KafkaReader, *, schemas: SchemaSource | None = None
) -> list[AlertBatch]:
    """The same of what a topic of enriched alerts holds, with the scores that were published.

    The source is read from where it stands to where its topic ends, and closed. Raises
    ArchiveError where there is no such alert.
    """
    with closing(source):
        every = list(_published(source, wanted, schemas))
    found = [each for each in every if len(each)]
    exact = [each.take(rows) for each in found if len(rows := _of_alert(each, wanted))]
    if not found:
        raise ArchiveError(
            f"no alert and no object {wanted!r} on the topic in these hours; ask for more with"
            " --hours, or name another --topic"
        )
    return exact or found


def _found(wanted: str, tables: Tables) -> list[Table]:
    """The one alert of that id, or else every alert of that object."""
    if wanted.isdecimal():
        for table in tables():
            if len(rows := _of_alert(table, wanted)):
                return [table.take(rows[:1])]
    parts = ((table, _of_object(table, wanted)) for table in tables())
    return [table.take(rows) for table, rows in parts if len(rows)]


def _of_alert(table: Table, wanted: str) -> NDArray[np.int64]:
    if not wanted.isdecimal() or int(wanted) > np.iinfo(np.int64).max:
        return np.zeros(0, dtype=np.int64)
    return np.flatnonzero(table.column("alert_id") == int(wanted))


def _of_object(table: Table, wanted: str) -> NDArray[np.int64]:
    return np.flatnonzero(table.column("object_id") == wanted)


def _published(
    source: KafkaReader, wanted: str, schemas: SchemaSource | None
) -> Iterator[AlertBatch]:
    """What a topic holds of the alert or the object, a batch a poll."""
    decoder = Decoder(schemas=schemas, rescore=True)
    for messages in polls_to_end(source):
        batch = decoder.decode([message.value for message in messages])
        rows = np.union1d(_of_alert(batch, wanted), _of_object(batch, wanted))
        if len(rows):
            few = kept(batch.take(rows), decoder)
            yield scored(few, noted(few))

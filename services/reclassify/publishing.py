"""Each revision once on its topic and once in the lake, wherever a run dies.

The topic is the log. A run takes its transactional id first, which ends what an earlier process of
it left open, and fences that; only then it reads which revisions are there. What it works out again
and finds there is not published. The lake's table is the topic's messages, part by part, and each
part's footer says which offsets it holds (`lake/revisions.py`).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, NamedTuple

from broker.errors import TooManyAborts, TransactionAborted
from broker.ports import Message, Output, Sink
from lake.ranges import Source, Stretch
from lake.reading import Lake
from lake.revisions import Revised, RevisionTable
from schemas.batch import AlertBatch
from schemas.decode import Decoder
from schemas.learned import Learned
from schemas.scored import Note, noted, scored, versions
from services.reclassify.revising import PREVIOUS, REVISION, Looked, Revising, revised

TOGETHER: Final = 512
"""Rows that are looked at together here, and records of a transaction at most."""
ABORTS_MAX: Final = 10
"""Aborted transactions in a row, after which a run ends."""

Polls = Iterable[tuple[str, Sequence[Message]]]
"""Everything on the topic of revisions, poll by poll, each with the topic's life."""
ReadAll = Callable[[], Polls]
"""The same up to where it ends when this is called."""


class Done(NamedTuple):
    """What a run did."""

    rows: int
    """That were looked at."""
    published: int
    there: int
    """That an earlier process of it had published."""
    failed: int = 0
    """On which the stage raised; they are left as they are."""
    fault: str = ""
    """What it said first."""


@dataclass(frozen=True)
class Pace:
    """How fast it may be, so that a live stream beside it is not late."""

    rows_per_s: float = float("inf")
    sleep: Callable[[float], None] = time.sleep
    now_s: Callable[[], float] = time.monotonic


def reclassify(
    lake: Lake,
    revising: Revising,
    sink: Sink,
    read_all: ReadAll,
    pace: Pace = Pace(),
    *,
    looked: Iterable[Looked] | None = None,
) -> Done:
    """Look at all rows of a lake, and publish what changed. The sink is of this run's own id.

    looked: what comes of all rows where others look at them; else it is done here.
    Raises ArchiveError, TooManyAborts, and what Kafka refuses; begun again it goes on.
    """
    sink.rebuild()
    known = {named for _, messages in read_all() for named in map(revision_of, messages) if named}
    done = Done(0, 0, 0)
    began_s = pace.now_s()
    here = (revised(some, revising) for some in lake.tables(TOGETHER))
    for found in here if looked is None else looked:
        fresh = [one for one in found.outputs if _named(one) not in known]
        publish(sink, fresh)
        done = Done(
            done.rows + found.rows,
            done.published + len(fresh),
            done.there + len(found.outputs) - len(fresh),
            done.failed + found.failed,
            done.fault or found.fault,
        )
        pace.sleep(max(0.0, done.rows / pace.rows_per_s - (pace.now_s() - began_s)))
    return done


def publish(sink: Sink, outputs: Sequence[Output]) -> None:
    """In transactions; one that Kafka gives up is tried again."""
    left = iter(outputs)
    while some := list(islice(left, TOGETHER)):
        for _ in range(ABORTS_MAX):
            try:
                sink.begin()
                sink.produce(some)
                sink.commit()
            except TransactionAborted:
                sink.abort()
            else:
                break
        else:
            raise TooManyAborts(f"{ABORTS_MAX} transactions in a row were given up; begin it again")


def keep(table: RevisionTable, polls: Polls) -> int:
    """Have the lake's table hold what the topic does; how many messages were new.

    Raises ArchiveError where another process does so, too.
    """
    decoder, new = Decoder(rescore=True), 0
    for life, messages in polls:
        ends = table.ends(life)
        left = [one for one in messages if one.offset >= ends.get((one.topic, one.partition), 0)]
        if left:
            batch = decoder.decode([one.value for one in left])
            table.add(list(_rows(batch, left)), _stretches(left, ends, life))
            new += len(left)
    return new


def revision_of(message: Message) -> str:
    """Which revision a message is; empty where it is none."""
    return next((held.decode() for name, held in message.headers if name == REVISION), "")


def _named(output: Output) -> str:
    return next(held.decode() for name, held in output.headers if name == REVISION)


def _stretches(
    messages: Sequence[Message], ends: dict[tuple[str, int], int], life: str
) -> list[Stretch]:
    found = []
    for place in sorted({(one.topic, one.partition) for one in messages}):
        offsets = [one.offset for one in messages if (one.topic, one.partition) == place]
        source = Source(*place, life)
        found.append(Stretch(source, ends.get(place, 0), max(offsets) + 1, len(offsets), 0))
    return found


def _rows(batch: AlertBatch, messages: Sequence[Message]) -> Iterator[Revised]:
    """A row for each number that a revision's two verdicts have, or for a filter's."""
    notes = noted(batch)
    learned = scored(batch, notes).learned
    for row, note in enumerate(notes):
        message = messages[int(batch.source_index[row])]
        run = revision_of(message).split("|", 1)[0]
        name = run.partition("@")[0]
        base = Revised(
            night=int(batch.night[row]),
            survey=str(batch.survey[row]),
            alert_id=int(batch.alert_id[row]),
            object_id=str(batch.object_id[row]),
            run=run,
            stage=name,
            column="selected",
            topic_name=message.topic,
            topic_partition=message.partition,
            topic_offset=message.offset,
        )
        if name in learned:
            yield from _of_stage(base, learned, note, row)
        else:
            yield _of_filter(base, note)


def _of_stage(
    base: Revised, learned: dict[str, Learned], note: Note, row: int
) -> Iterator[Revised]:
    """What a stage said, number by number."""
    version = {one["name"]: one["version"] for one in note.get("models", ())}
    before = PREVIOUS + base.stage
    new, old = learned[base.stage], learned.get(before)
    base = base._replace(
        old_version=version.get(before, ""), new_version=version.get(base.stage, "")
    )
    for column in new.columns:
        was = float(old.column(column)[row]) if old and column in old.columns else math.nan
        yield base._replace(column=column, old=was, new=float(new.column(column)[row]))


def _of_filter(base: Revised, note: Note) -> Revised:
    """Whether a filter selected the alert: 1 or 0."""
    version = {one.filter: one.version for one in versions(note)}
    before = PREVIOUS + base.stage
    return base._replace(
        old=float(before in version),
        new=float(base.stage in version),
        old_version=version.get(before, ""),
        new_version=base.run.partition("@")[2].partition("+")[0],
    )

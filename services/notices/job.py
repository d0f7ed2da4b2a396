"""What a batch of enriched alerts becomes: a notice for each find and target, or one more left out.

What is found is put into the outbox, and counted, in the transaction that commits the alerts'
offsets: so each find is counted once, whenever the job is killed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from broker.dead_letters import DeadLetter
from broker.ledger import Counts
from broker.notices_settings import NoticesSection
from broker.packets import packet_of
from broker.ports import Clock, Message, Output
from broker.processor import Processed
from schemas.batch import AlertBatch
from schemas.columns import CODES
from schemas.decode import Decoder
from schemas.scored import noted
from services.notices.outbox import Notice, Outbox, ended, id_of
from services.notices.quota import hour_of

LOOKED_AT: Final = "notices-looked-at"
"""Where the job publishes, in the ledger: every alert is looked at once. There is no such topic."""


@dataclass(frozen=True)
class Looked:
    """What the job tells its observers of a batch."""

    received_unix_s: NDArray[np.float64]
    faults: tuple[str, ...] = ()


class FindsJob:
    """A `broker.processor.Processor`."""

    def __init__(
        self,
        section: NoticesSection,
        outbox: Outbox,
        *,
        decoder: Decoder,
        dead_letters: str,
        letters_bytes_max: int,
        clock: Clock,
    ) -> None:
        self._section = section
        self._outbox = outbox
        self._decoder = decoder
        self._dead_letters = dead_letters
        self._letters_bytes_max = letters_bytes_max
        self._clock = clock

    def process(self, messages: Sequence[Message]) -> Processed[Looked]:
        """Each alert is looked at once, or dies once. Raises KafkaUnavailable."""
        batch = self._decoder.decode([packet_of(each) for each in messages])
        selected = [frozenset(note["filters"]) for note in noted(batch)]
        dead = [DeadLetter(str(why), said, messages[at]) for at, why, said in batch.rejected]
        self._outbox.read()
        outputs, sums = list[Output](), dict[str, Any]()
        for name in self._section.targets:
            found = [*self._found(name, batch, selected, messages)]
            made, left_out = self._admitted(name, found) if found else ([], 0)
            outputs += made
            sums |= {name: {"found": len(found), "left_out": left_out}} if found else {}
        letters = [one.output(self._dead_letters, self._letters_bytes_max) for one in dead]
        published = {LOOKED_AT: len(batch)} if len(batch) else {}
        return Processed(
            outputs=[*outputs, *letters],
            dead=dead,
            counts=Counts(
                published, Counter(one.reason for one in dead), {"notices": sums} if sums else {}
            ),
            outcome=Looked(_received(messages)),
        )

    def _found(
        self,
        name: str,
        batch: AlertBatch,
        selected: Sequence[frozenset[str]],
        messages: Sequence[Message],
    ) -> Iterator[Notice]:
        wanted = self._section.targets[name].filters
        for row, by in enumerate(selected):
            filters = [one for one in wanted if one in by]
            if filters:
                at = messages[int(batch.source_index[row])]
                alert = alert_of(batch, row)
                # The place tells two messages apart, the alert two topics of one name.
                found_at = (at.topic, at.partition, at.offset, alert["survey"], alert["alert_id"])
                said = {"kind": "find", "filters": filters, **alert}
                yield Notice(id_of(name, *found_at), name, 1, said, told(filters, alert))

    def _admitted(self, name: str, found: Sequence[Notice]) -> tuple[list[Output], int]:
        """What a target's finds write, and how many of them were left out."""
        section, outbox = self._section, self._outbox
        hour = hour_of(self._clock.now_s())
        before, notices = ended(name, outbox.tallies.get(name), hour)
        tally, waiting = before, len(outbox.waiting[name]) + len(notices)
        for notice in found:
            has_room = waiting < section.waiting_max
            after = tally.find(section.targets[name].quota_an_hour, has_room=has_room)
            if after.taken > tally.taken:
                notices.append(notice)
                waiting += 1
            tally = after
        outputs = [*map(outbox.put, notices), outbox.sums(name, tally)]
        return outputs, tally.left_out - before.left_out


def alert_of(batch: AlertBatch, row: int) -> Mapping[str, Any]:
    """What is said of an alert, as JSON has it: ids are texts, what is not known is null."""
    code = int(batch.band[row])
    numbers = {
        name: float(getattr(batch, name)[row]) for name in ("ra_deg", "dec_deg", "mjd", "magnitude")
    }
    return {
        "survey": str(batch.survey[row]),
        "alert_id": str(batch.alert_id[row]),
        "object_id": str(batch.object_id[row]),
        "band": CODES["band"][code] if code >= 0 else None,
        **{name: value if isfinite(value) else None for name, value in numbers.items()},
    }


def told(filters: Sequence[str], alert: Mapping[str, Any]) -> str:
    """One line for people; what came in a packet is as it came."""
    magnitude = alert["magnitude"]
    bright = "" if magnitude is None else f", {alert['band'] or '?'} = {magnitude:.2f} mag"
    return (
        f"{', '.join(filters)}: {alert['object_id']} of {alert['survey']}, alert"
        f" {alert['alert_id']}{bright}, at {alert['ra_deg']:.5f} {alert['dec_deg']:+.5f}"
        f" (ICRS, degrees), MJD {alert['mjd']:.5f}"
    )


def _received(messages: Sequence[Message]) -> NDArray[np.float64]:
    times_ms = np.array([each.timestamp_ms for each in messages], np.float64)
    return np.where(times_ms < 0, np.nan, times_ms / 1e3)

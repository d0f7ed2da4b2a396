"""A whole follow-up job in memory, and its lives, one after another."""

from __future__ import annotations

import logging
from typing import Any

from broker.clock import ManualClock
from broker.followup_settings import FollowupSection
from broker.memory import MemoryControlTopic, MemoryKafka, MemorySink
from broker.ports import Message
from replay.invention import invent
from schemas.decode import Decoder
from services.followup.conditions import SitesNow
from services.followup.coordinator import Coordinator, Parts
from services.followup.deployed import Programmes, deploy
from services.followup.job import FollowupJob
from services.followup.journal import SinkJournal
from services.followup.programme import Observe, Programme
from services.followup.requests import Request, Requests
from sky.catalogues import NO_SKY
from tests.executors import AtOnce

LOG = logging.getLogger("test")
(MADE,) = invent(1, seed=3)
SECTION = FollowupSection(requests="asked", programmes="programmes", conditions="sites")
DAY_S = 86_400.0


class World:
    """A follow-up job in memory that is asked for one object, for a day."""

    def __init__(self, section: FollowupSection = SECTION, **parts: Any) -> None:  # noqa: ANN401
        """parts: of the coordinator, beside those in memory."""
        self.section, self.parts = section, parts
        self.clock = ManualClock(now_s=1.8e9)
        self.kafka = MemoryKafka(self.clock)
        for topic in ("asked", "programmes", "sites"):
            self.kafka.create_topic(topic)
        programme = Programme("1", "p", clauses={"a": "dec_deg > -91"}, observe=Observe(days=1.0))
        deploy(programme, MemoryControlTopic(self.kafka, "programmes"), by="me")
        self.begin()

    def begin(self) -> None:
        """The job's next life."""
        sink = MemorySink(self.kafka, name="followup")
        sink.rebuild()
        self.journal = SinkJournal(sink, "asked")
        parts = Parts(
            self.section,
            Programmes(MemoryControlTopic(self.kafka, "programmes")),
            SitesNow(MemoryControlTopic(self.kafka, "sites"), fresh_s=60.0),
            MemoryControlTopic(self.kafka, "asked"),
            journal=self.journal,
            clock=self.clock,
            **{"telescopes": {}, "plans": AtOnce(), **self.parts},
        )
        self.coordinator = Coordinator(parts)
        self.job = FollowupJob(
            SECTION,
            lambda: parts.programmes.active,
            lambda: self.coordinator.requests,
            sky=NO_SKY,
            decoder=Decoder(),
            judged="judged",
            dead_letters="dead",
            letters_bytes_max=10**6,
            clock=self.clock,
        )
        self.coordinator.look()

    def alert(self) -> int:
        """The object's alert, now; how many requests it makes or changes."""
        processed = self.job.process([Message("enriched", 0, 7, -1, b"key", MADE.packet)])
        self.journal.write((), processed.outputs)
        self.coordinator.wanted(processed.outcome.requests)
        return len(processed.outputs)

    def pass_days(self, days: float) -> None:
        self.clock.sleep(days * DAY_S)
        self.coordinator.look()

    def on_topic(self) -> list[Request]:
        """What whoever reads the topic now knows."""
        known = Requests()
        known.learn(MemoryControlTopic(self.kafka, "asked").complete(), LOG)
        return [*known.all.values()]

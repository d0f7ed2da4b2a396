"""A listener killed again and again: each notice is kept once, the newest of each event stands."""

from __future__ import annotations

import numpy as np
import pytest

from broker.clock import ManualClock
from broker.ledger import read_entry
from broker.memory import MemoryControlTopic, MemoryKafka, MemorySink, MemorySource
from broker.runner import RunLimits, Runner
from services.messengers.job import NoticesJob
from tests.killed import Watch
from tests.services.messengers.test_job import DEAD, NOTICED_UNIX_S, SECTION
from tests.sky.messengers.said import said

KILLS = 50
EVENTS = 6
LEDGER = "ledger"


class World:
    """GCN's topic and ours, in memory."""

    def __init__(self) -> None:
        self.kafka = MemoryKafka(ManualClock(now_s=NOTICED_UNIX_S), session_s=1.0)
        for topic in ("gcn", *SECTION.named, DEAD, LEDGER):
            self.kafka.create_topic(topic)

    def run(self, phases: int) -> None:
        """Have a listener live for so many phases, or until nothing is left."""
        watch = Watch(phases)
        source = MemorySource(self.kafka, group="messengers", topics=["gcn"], worker="one")
        sink = MemorySink(self.kafka, name="one")
        job = NoticesJob(
            SECTION,
            events=MemoryControlTopic(self.kafka, SECTION.events),
            mock_events=MemoryControlTopic(self.kafka, SECTION.mock_events),
            dead_letters=DEAD,
            letters_bytes_max=100_000,
            clock=self.kafka.clock,
        )
        runner = Runner(
            worker="one",
            source=source,
            sink=sink,
            processor=job,
            ledger_topic=LEDGER,
            main_topic=SECTION.notices,
            clock=self.kafka.clock,
            limits=RunLimits(poll_messages_max=3, poll_wait_s=0.1),
            observer=watch,
        )
        watch.live(runner, source, sink)

    @property
    def consumed(self) -> int:
        """Notices, by the ledger."""
        return sum(read_entry(one.value).consumed for one in self.kafka.read(LEDGER))


@pytest.mark.parametrize("seed", range(4))
def test_after_fifty_kills_every_notice_is_kept_once_and_the_newest_stand(seed: int) -> None:
    draw, world = np.random.default_rng(seed), World()
    sent, newest = list[bytes](), dict[str, tuple[int, bytes]]()
    for _ in range(KILLS):
        for _ in range(int(draw.integers(1, 5))):
            event, minute = f"S2404{draw.integers(EVENTS):02d}a", int(draw.integers(60))
            kind = str(draw.choice(["INITIAL", "UPDATE", "RETRACTION"]))
            value = b"<xml/>" if draw.random() < 0.1 else said(event, kind=kind, minute=minute)
            sent.append(value)
            world.kafka.publish("gcn", value)
            if value != b"<xml/>" and minute >= newest.get(event, (-1, b""))[0]:
                newest[event] = minute, value
        world.run(int(draw.integers(2, 9)))
    while world.consumed < len(sent):
        world.run(0)
    assert world.consumed == len(sent)
    kept = [one.value for one in world.kafka.read(SECTION.notices)]
    assert kept == [value for value in sent if value != b"<xml/>"]
    assert len(world.kafka.read(DEAD)) == len(sent) - len(kept)
    stand = {(one.key or b"").decode(): one.value for one in world.kafka.read(SECTION.events)}
    assert stand == {event: value for event, (_, value) in newest.items()}

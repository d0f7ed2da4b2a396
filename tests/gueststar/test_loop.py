"""`gueststar loop` by itself: a Kafka of its own, packets that any client reads, all marked."""

from __future__ import annotations

import io
import threading
from contextlib import closing

import pytest
from rich.console import Console

from broker.embedded import embedded_kafka
from broker.kafka import AtLeastOnceSink, Connection, KafkaSource
from broker.ports import Message
from gueststar import loop_command
from gueststar.loop_command import loop, loop_of
from replay.endless import HEADERS
from schemas.decode import Decoder


def test_it_runs_by_itself_and_what_it_sends_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    with embedded_kafka(["tests"]) as kafka:
        connection = Connection(kafka.address, topic_ids=False)

        wanted = loop_of(
            "tests",
            "both",
            rate=200.0,
            bursts=None,
            every=39,
            bootstrap=None,
            partitions=45,
            registry=None,
            limit=30,
            seed=1,
        )

        def here(*_: object) -> closing[AtLeastOnceSink]:
            return closing(AtLeastOnceSink(connection, topics=["tests"], ask_limits=False))

        monkeypatch.setattr(loop_command, "_kafka", here)
        sender = threading.Thread(target=loop, args=(wanted, Console(file=io.StringIO())))
        sender.start()
        source = KafkaSource(connection, topics=["tests"], group="client", worker=None)
        found: list[Message] = []
        while len(found) < 30:
            found += source.poll(messages_max=50, bytes_max=10**8, timeout_s=1)
        sender.join()
        source.close()
    assert {message.headers for message in found} == {HEADERS}
    batch = Decoder().decode([message.value for message in found])
    assert not batch.rejected
    assert sorted(batch.survey.tolist()) == ["lsst"] * 15 + ["ztf"] * 15


def test_its_own_kafka_says_where_it_is() -> None:
    screen = io.StringIO()
    wanted = loop_of(
        "tests",
        "ztf",
        rate=None,
        bursts="3,2",
        every=0.05,
        bootstrap=None,
        partitions=45,
        registry=None,
        limit=7,
        seed=1,
    )
    loop(wanted, Console(file=screen, width=200))
    said = screen.getvalue()
    assert "a Kafka at 127.0.0.1:" in said
    assert "topic tests of 45 partitions" in said
    assert "sent 7 packets" in said

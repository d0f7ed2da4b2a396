"""Wakings measured: from what a user says of an object to that object's alert at a filter's reader.

python -m benchmarks.wakings 200

A follow-up job on a real Kafka, with alerts coming meanwhile; each object is spoken of once, one
after another, and what is said and what is read go the ways that users go.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread
from typing import Final

import numpy as np

from broker.followup_settings import FollowupSection
from broker.kafka import KafkaAdmin, KafkaControlTopic, PlainWriter, control_topic
from broker.ports import Source
from filters.expressions.filter import ExpressionFilter
from gueststar.filtering.deployment import deploy
from gueststar.subscription import reader
from kafka_node.node import KafkaNode
from replay.invention import invent
from schemas.decode import Decoder
from schemas.object_annotation import ObjectAnnotation
from services.followup.assembly import followup
from services.followup.programme import Programme
from services.followup.waking import WOKEN_BY
from tests.running import running, until
from tests.services.followup.kafka_places import Place, site

USER: Final = "alice"
BESIDE_PER_S: Final = 20.0
"""Alerts that come meanwhile."""
APART_S: Final = (0.2, 0.5)
"""Between two remarks: a user's are not in step with the job."""
PATIENCE_S: Final = 30.0
SOME: Final = Programme("1", "some", clauses={"seen": "dec_deg > -90"})
"""It asks for as much as it may, so that the job has something to plan."""


def wakings(number: int) -> list[float]:
    """How long each took, seconds, from before it is said until the alert is read."""
    with ExitStack() as opened:
        node = opened.enter_context(KafkaNode())
        place = Place(node, Path("wakings"), opened)
        own = replace(site("http://x", 0.0, 30.0), adapter="topic", address="")
        settings = place.settings({"own": own})
        section = replace(settings.followup, annotators=(USER,), topics=(place.alerts,))
        place.deploy(section, SOME)
        selected = _deployed(place, settings.filters.live)
        job = followup(replace(settings, followup=section), version="benchmark")
        opened.enter_context(running(opened.enter_context(job)))
        packets = [one.packet for one in invent(number + 1_000, seed=1)]
        _sent(place, section, packets[:number])
        opened.enter_context(_beside(place, packets[number:]))
        objects = Decoder().decode(packets[:number]).object_id.tolist()
        inbox = opened.enter_context(closing(_inbox(place, section.inboxes[USER])))
        source = opened.enter_context(closing(reader(place.link, selected, start="earliest")))
        return [*_woken(objects, inbox, source)]


def _deployed(place: Place, live: str) -> str:
    """The topic of a filter that asks what the user says."""
    clauses = {"kn": f'annotation("{USER}", "type") == "KN"'}
    topic = f"{place.name}.selected.lite"
    KafkaAdmin(place.link).create([control_topic(live)])
    with closing(KafkaControlTopic(place.link, live)) as control:
        deploy(
            ExpressionFilter.of({"name": "kn", "clauses": clauses}),
            control,
            place_of=lambda *_: topic,
            by="benchmark",
            provide=lambda _topic: None,
            word_s=0.0,
        )
    return topic


def _sent(place: Place, section: FollowupSection, packets: Sequence[bytes]) -> None:
    """Until the job has read all; a new group begins where its first life finds the topic."""

    def is_read() -> bool:
        place.cluster.publish(place.alerts, packets[:1])
        time.sleep(1.0)
        return bool(place.requests(section))

    until(is_read)
    place.cluster.publish(place.alerts, packets[1:])
    until(lambda: len(place.requests(section)) == len(packets), look_s=0.5)


@contextmanager
def _beside(place: Place, packets: Sequence[bytes]) -> Iterator[None]:
    """Alerts of others, until the block ends."""
    stop = Event()

    def send() -> None:
        while not stop.wait(1.0 / BESIDE_PER_S):
            place.cluster.publish(place.alerts, [random.choice(packets)])

    thread = Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _inbox(place: Place, topic: str) -> PlainWriter:
    return PlainWriter(place.link, topic)


def _woken(objects: Sequence[str], inbox: PlainWriter, source: Source) -> Iterator[float]:
    draw = random.Random(0)
    for name in objects:
        time.sleep(draw.uniform(*APART_S))
        said = ObjectAnnotation(name, USER, "classification", time.time(), {}, {"type": "KN"})
        began_s = time.monotonic()
        inbox.write(said.key, said.encode())
        yield _read(source, name) - began_s


def _read(source: Source, name: str) -> float:
    """When the object's alert came."""
    deadline_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline_s:
        for message in source.poll(messages_max=10, bytes_max=10**8, timeout_s=0.05):
            if dict(message.headers)[WOKEN_BY].startswith(name.encode()):
                return time.monotonic()
    raise AssertionError(f"{name} woke nobody in {PATIENCE_S:g} s")


if __name__ == "__main__":
    found = np.sort(wakings(int(sys.argv[1])))
    p50, p99 = np.percentile(found, [50, 99])
    sys.stdout.write(
        f"{len(found)} wakings: p50 {p50:.3f} s, p99 {p99:.3f} s, at most {found[-1]:.3f} s\n"
    )

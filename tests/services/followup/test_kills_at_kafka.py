"""A follow-up job at a real Kafka that is killed while a portal loses its answers.

GUESTSTAR_CHAOS=full (`make chaos`) kills it 50 times, CI six.
"""

from __future__ import annotations

import subprocess
import threading
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from broker.followup_settings import FollowupSection
from broker.kafka import KafkaControlTopic
from broker.ledger import read_entry, total
from broker.outside import annotations_in
from kafka_node.node import KafkaNode
from services.followup.programme import Bounds, Observe, Programme
from services.followup.requests import Request, State
from tests.chaos.proof import messages
from tests.killing import KILLS, Killer, begun
from tests.running import until
from tests.services.followup.kafka_places import (
    Place,
    meridian,
    tonight,
)
from tests.services.followup.portal_server import PortalServer

pytestmark = pytest.mark.kafka

CONFIG = """
[topics]
input = ["{name}.alerts"]
prefix = "{name}."
[kafka]
bootstrap = "{bootstrap}"
session_timeout_ms = 2000
[metrics]
port = 21800
ports_max = 200
[followup]
topics = ["{name}.alerts"]
group = "{name}.followup"
poll_s = 0.3
plan_s = 0.3
replan_s = 1.0
plan_limit_s = 1.0
settle_s = 1.0
answer_s = 1.0
lead_s = 86400.0
attempts_max = 20
"""
SITE = """
[followup.sites.{site}]
latitude_deg = {latitude:.3f}
longitude_deg = {longitude:.3f}
adapter = "ocs"
address = "{address}"
[followup.sites.{site}.options]
proposal = "P1"
"""
EACH = 6 if KILLS == 50 else 10
"""Alerts of a life."""
ALERTS = KILLS * EACH


EVERYTHING = Programme(
    "30 - magnitude",
    "everything",
    clauses={"north": "dec_deg > -90"},
    observe=Observe(exposure_s=60.0),
    limits=Bounds(requests_a_night=1_000, hours_a_night=1_000.0),
)


def configured(place: Place, server: PortalServer, ra_deg: float, folder: Path) -> Path:
    """A file that names three sites around the Earth, all behind one portal."""
    text = CONFIG.format(name=place.name, bootstrap=place.link.bootstrap)
    for name, off in (("one", 0.0), ("two", 120.0), ("three", 240.0)):
        longitude = (meridian(ra_deg) + off + 180) % 360 - 180
        text += SITE.format(site=name, latitude=30.0, longitude=longitude, address=server.address)
    config = folder / "gueststar.toml"
    config.write_text(text)
    return config


def job(config: Path, log: Path) -> subprocess.Popen[bytes]:
    """A process of the job that has read what there is."""
    return begun(["followup", "run", str(config)], log, "requests are open")


@pytest.mark.timeout(3_000)
def test_a_job_that_is_killed_asks_for_nothing_twice_and_forgets_nothing(
    kafka: KafkaNode, tmp_path: Path
) -> None:
    with ExitStack() as opened:
        place = Place(kafka, tmp_path, opened)
        server = opened.enter_context(PortalServer(loses=0.3, seed=2).serving())
        killer = Killer(server, seed=5)
        packets, batch = tonight(ALERTS)
        config = configured(place, server, float(batch.ra_deg[0]), tmp_path)
        section = FollowupSection().prefixed(
            lambda topic: topic.replace("gueststar.", f"{place.name}.")
        )
        place.deploy(section, EVERYTHING)
        stop = threading.Event()
        observing = threading.Thread(target=_observed, args=(server, stop))
        observing.start()
        opened.callback(observing.join)
        opened.callback(stop.set)
        for life in range(KILLS):
            process = job(config, tmp_path / f"life{life}.log")
            if life == 0:
                time.sleep(5.0)
            place.cluster.publish(place.alerts, packets[life * EACH : (life + 1) * EACH])
            if life == 0:
                # A new group begins where its first life found the topic.
                until(lambda: _judged(place) > 0)
            killer.kill(process)
        process = job(config, tmp_path / "last.log")
        until(lambda: _judged(place) == len(packets), limit_s=60)
        until(lambda: not _left(place, section), limit_s=200)
        process.terminate()
        assert process.wait(60) == 0
        _tell(killer, server, place.states(section))
        wanted = place.requests(section)
        assert {one.object_id for one in wanted.values()} == {*batch.object_id.tolist()}
        assert_once_each(wanted, server)
        assert _told(place, section) == server.portal.observed


def _tell(killer: Killer, server: PortalServer, states: Mapping[State, int]) -> None:
    """For who looks on."""
    kills = ", ".join(f"{count} {how}" for how, count in sorted(killer.kills.items()))
    ends = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    asked = len(server.documents)
    print(f"\nkilled {kills}; a portal that took {asked} submissions; requests: {ends}")  # noqa: T201


def _told(place: Place, section: FollowupSection) -> Counter[str]:
    """How often it was published of each request what came back."""
    with closing(KafkaControlTopic(place.link, section.annotations)) as control:
        return Counter(one.texts["request"] for one in annotations_in(control.present()))


def assert_once_each(wanted: Mapping[str, Request], server: PortalServer) -> None:
    observed = server.portal.observed
    assert max(observed.values()) == 1
    for one in wanted.values():
        assert (one.state is State.COMPLETED) == (observed[one.id] == 1)
    assert observed.total() > ALERTS // 4


def _left(place: Place, section: FollowupSection) -> list[Request]:
    """What has been asked for and not ended; what is seen nowhere is still wanted."""
    return [
        one
        for one in place.requests(section).values()
        if not one.is_final and (one.state is not State.WANTED or one.attempt)
    ]


def _observed(server: PortalServer, stop: threading.Event) -> None:
    while not stop.wait(1.5):
        server.observe()


def _judged(place: Place) -> int:
    ledger = f"{place.name}.ledger"
    entries = [read_entry(value) for _, value in messages(place.link.bootstrap, ledger)]
    counts = total(entry.counts for entry in entries)
    return sum(counts.published.values()) + sum(counts.dead.values())

"""A night of the follow-up job, killed again and again while a portal loses its answers."""

from __future__ import annotations

import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from broker.followup_settings import FollowupSection
from broker.kafka import KafkaControlTopic
from broker.ledger import read_entry, total
from broker.outside import annotations_in
from kafka_node.node import KafkaNode
from schemas.batch import AlertBatch
from services.followup.programme import Bounds, Observe, Programme
from services.followup.requests import Request, State
from tests.chaos.hanging import hanging
from tests.chaos.nights import Asked, Told
from tests.chaos.proof import messages
from tests.conftest import QUICK_KAFKA
from tests.killing import KILLS, KILLS_IN_SHORT, Killer, begun
from tests.running import until, until_none
from tests.services.followup.kafka_places import (
    Place,
    meridian,
    tonight,
)
from tests.services.followup.portal_server import PortalServer

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
EACH, EACH_IN_SHORT = 6, 10
"""Alerts of a life."""
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


def followup_night(asked: Asked) -> Told:
    """Nothing is asked for twice, and nothing forgotten."""
    kills, each = (KILLS, EACH) if asked.is_full else (KILLS_IN_SHORT, EACH_IN_SHORT)
    with KafkaNode(settings=QUICK_KAFKA) as kafka:
        with ExitStack() as opened:
            place = Place(kafka, asked.folder, opened)
            server = opened.enter_context(PortalServer(loses=0.3, seed=asked.seed).serving())
            killer = Killer(server, seed=asked.seed)
            opened.enter_context(_observing(server))
            section = FollowupSection().prefixed(
                lambda topic: topic.replace("gueststar.", f"{place.name}.")
            )
            place.deploy(section, EVERYTHING)
            batch = _killed(
                place, section, asked.folder, killer=killer, server=server, kills=kills, each=each
            )
            wanted = place.requests(section)
            states = place.states(section)
            assert {one.object_id for one in wanted.values()} == {*batch.object_id.tolist()}
            assert_once_each(wanted, server, kills * each)
            assert _told(place, section) == server.portal.observed
        assert hanging(kafka) == [], "no transaction is left that nobody can end"
    return Told(
        "the follow-up job",
        {
            "kills": str(killer.kills.total()),
            **{f"  {how}": str(count) for how, count in sorted(killer.kills.items())},
            "submissions that the portal took": str(len(server.documents)),
            **{f"requests {state}": str(count) for state, count in sorted(states.items())},
            "asked for twice / forgotten": "0 / 0",
        },
    )


def _killed(
    place: Place,
    section: FollowupSection,
    folder: Path,
    *,
    killer: Killer,
    server: PortalServer,
    kills: int,
    each: int,
) -> AlertBatch:
    """The job's lives, to the last, which ends all; the alerts that came meanwhile."""
    packets, batch = tonight(kills * each)
    config = configured(place, server, float(batch.ra_deg[0]), folder)
    for life in range(kills):
        process = job(config, folder / f"life{life}.log")
        if life == 0:
            time.sleep(5.0)
        place.cluster.publish(place.alerts, packets[life * each : (life + 1) * each])
        if life == 0:
            # A new group begins where its first life found the topic.
            until(lambda: _judged(place) > 0)
        killer.kill(process)
    process = job(config, folder / "last.log")
    until_none(lambda: len(packets) - _judged(place))
    until_none(lambda: len(_left(place, section)))
    process.terminate()
    assert process.wait(60) == 0
    return batch


def _told(place: Place, section: FollowupSection) -> Counter[str]:
    """How often it was published of each request what came back."""
    with closing(KafkaControlTopic(place.link, section.annotations)) as control:
        return Counter(one.texts["request"] for one in annotations_in(control.present()))


def assert_once_each(wanted: Mapping[str, Request], server: PortalServer, alerts: int) -> None:
    observed = server.portal.observed
    assert max(observed.values()) == 1
    for one in wanted.values():
        assert (one.state is State.COMPLETED) == (observed[one.id] == 1)
    assert observed.total() > alerts // 4


def _left(place: Place, section: FollowupSection) -> list[Request]:
    """What has been asked for and not ended; what is seen nowhere is still wanted."""
    return [
        one
        for one in place.requests(section).values()
        if not one.is_final and (one.state is not State.WANTED or one.attempt)
    ]


@contextmanager
def _observing(server: PortalServer) -> Iterator[None]:
    """The portal's telescopes are at their work meanwhile."""
    stop = threading.Event()

    def observed() -> None:
        while not stop.wait(1.5):
            server.observe()

    thread = threading.Thread(target=observed)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _judged(place: Place) -> int:
    ledger = f"{place.name}.ledger"
    entries = [read_entry(value) for _, value in messages(place.link.bootstrap, ledger)]
    counts = total(entry.counts for entry in entries)
    return sum(counts.published.values()) + sum(counts.dead.values())

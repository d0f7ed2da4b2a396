"""Follow-up on a real Kafka: a kilonova from its alert to its point, and a job that is killed."""

from __future__ import annotations

import json
import logging
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from broker.assembly import worker
from broker.followup_settings import FollowupSection, Site
from broker.kafka import Connection, KafkaAdmin, KafkaControlTopic, TopicSettings, control_topic
from broker.kafka_settings import KafkaSection, TopicsSection
from broker.ledger import read_entry, total
from broker.messengers.section import MessengersSection
from broker.runner import Runner
from broker.settings import ClassifiersSection, MetricsSection, Settings
from broker.toml_tables import Signed
from kafka_node.node import KafkaNode
from replay.invention import invent
from schemas.batch import AlertBatch
from schemas.decode import Decoder
from schemas.object_annotation import Measured, read_object_annotation
from services.followup import ephemeris
from services.followup.assembly import followup
from services.followup.conditions import Said
from services.followup.deployed import deploy
from services.followup.fusion import fuse
from services.followup.programme import Bounds, Observe, Programme
from services.followup.requests import Request, Requests, State
from services.messengers.assembly import listener
from tests.broker.clusters import RealCluster
from tests.chaos.proof import messages
from tests.services.followup.portal_server import PortalServer, until
from tests.services.followup.portals import Group

pytestmark = pytest.mark.kafka

LOG = logging.getLogger("test")
EVENT = "GBM 745121685"
UNIX_JD = 2_440_587.5


@contextmanager
def running(runner: Runner[Any]) -> Iterator[None]:
    thread = threading.Thread(target=runner.run)
    thread.start()
    try:
        yield
    finally:
        runner.stop()
        thread.join(60)


def tonight(alerts: int) -> tuple[list[bytes], AlertBatch]:
    """Packets of the hours before now, of a field that is up in deep night, and their columns."""
    night_jd = time.time() / 86_400 + UNIX_JD - 0.3
    for seed in range(100):
        (first,) = invent(1, seed=seed, night_jd=night_jd)
        if from_the_sun_deg(Decoder().decode([first.packet])) > 110:
            packets = [one.packet for one in invent(alerts, seed=seed, night_jd=night_jd)]
            return packets, Decoder().decode(packets)
    raise AssertionError("no field is up in deep night")


def from_the_sun_deg(batch: AlertBatch) -> float:
    sun = ephemeris.sun(np.array([time.time()]))
    there = ephemeris.precessed(batch.ra_deg, batch.dec_deg, time.time())
    return float(ephemeris.apart_deg(there, sun).max())


def site(address: str, longitude_deg: float, latitude_deg: float) -> Site:
    return Site(
        latitude_deg=Signed(float(np.clip(latitude_deg, -80, 80))),
        longitude_deg=Signed((longitude_deg + 180) % 360 - 180),
        adapter="ocs",
        address=address,
        options={"proposal": "P1", "results": f"{address}/results/"},
    )


def meridian(ra_deg: float) -> float:
    """The longitude at which a right ascension culminates now."""
    return ra_deg - float(np.degrees(ephemeris.sidereal(np.array([time.time()]), 0.0))[0])


class Place:
    """Topics of one test, and four portals."""

    def __init__(self, kafka: KafkaNode, folder: Path, opened: ExitStack) -> None:
        self.link, self.name = Connection(kafka.address), folder.name
        self.cluster = RealCluster(kafka.address)
        opened.callback(self.cluster.close)
        self.portals = {
            name: opened.enter_context(PortalServer(seed=number).serving())
            for number, name in enumerate(("good", "closed", "day", "poor"))
        }
        self.alerts, self.gcn = f"{self.name}.alerts", f"{self.name}.gcn"
        KafkaAdmin(self.link).create([TopicSettings(self.alerts), TopicSettings(self.gcn)])

    def settings(self, sites: Mapping[str, Site], **changes: Any) -> Settings:  # noqa: ANN401
        section = FollowupSection(
            group=f"{self.name}.followup",
            poll_s=0.2,
            plan_s=0.2,
            plan_limit_s=1.0,
            settle_s=1.0,
            answer_s=2.0,
            lead_s=86_400.0,
            sites=sites,
        )
        return Settings(
            topics=TopicsSection(input=(self.alerts,), prefix=f"{self.name}."),
            kafka=KafkaSection(bootstrap=self.link.bootstrap),
            metrics=MetricsSection(port=21_700, ports_max=200),
            classifiers=ClassifiersSection(names=()),
            followup=section,
            **changes,
        )

    def write(self, topic: str, key: bytes, value: bytes) -> None:
        if topic not in KafkaAdmin(self.link).partitions():
            KafkaAdmin(self.link).create([control_topic(topic)])
        with closing(KafkaControlTopic(self.link, topic)) as control:
            control.write(key, value)

    def deploy(self, section: FollowupSection, programme: Programme) -> None:
        KafkaAdmin(self.link).create([control_topic(section.programmes)])
        with closing(KafkaControlTopic(self.link, section.programmes)) as control:
            deploy(programme, control, by="test")

    def requests(self, section: FollowupSection) -> Mapping[str, Request]:
        store = Requests()
        with closing(KafkaControlTopic(self.link, section.requests)) as control:
            store.learn(control.present(), LOG)
        return store.all

    def states(self, section: FollowupSection) -> Counter[State]:
        return Counter(one.state for one in self.requests(section).values())


def notice(ra_deg: float, dec_deg: float, kind: str = "initial", minute: int = 0) -> bytes:
    """Of a burst an hour ago, within five degrees of there."""
    then = datetime.fromtimestamp(time.time() - 86_400, UTC)
    said = {
        "instrument": "GBM",
        "id": ["745121685"],
        "alert_type": kind,
        "alert_datetime": f"{then:%Y-%m-%dT%H}:{minute:02d}:00",
        "trigger_time": f"{then:%Y-%m-%dT%H}:00:00",
        "ra": ra_deg,
        "dec": dec_deg,
        "ra_dec_error": 5.0,
        "containment_probability": 0.9,
    }
    return json.dumps(said).encode()


def test_a_planted_kilonova_is_found_ranked_observed_and_back_on_its_light_curve(  # noqa: PLR0915
    kafka: KafkaNode, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "gueststar")
    with ExitStack() as opened:
        place = Place(kafka, tmp_path, opened)
        packets, batch = tonight(40)
        row = 0
        ra_deg, dec_deg = float(batch.ra_deg[row]), float(batch.dec_deg[row])
        up = meridian(ra_deg)
        places = {"good": up, "closed": up + 5, "day": up + 180, "poor": up - 5}
        latitudes = {"good": dec_deg, "closed": dec_deg, "day": -dec_deg, "poor": dec_deg}
        sites = {
            name: site(place.portals[name].address, places[name], latitudes[name])
            for name in place.portals
        }
        heard = MessengersSection(topics=(place.gcn,), group=f"{place.name}.messengers")
        settings = place.settings(sites, messengers=heard)
        section = settings.followup
        kilonovae = Programme(
            "0.01 + 100 * messenger_probability()",
            "kilonovae",
            clauses={"seen": "magnitude < 30"},
            observe=Observe(bands=("r",), exposure_s=300.0),
            limits=Bounds(hours_a_night=24.0, requests_a_night=1_000),
        )
        place.deploy(section, kilonovae)
        now = time.time()
        for name, clear, why in (("good", 1.0, ""), ("closed", 0.0, "snow"), ("poor", 0.1, "")):
            said = Said(name, now, clear, 1.0, why)
            place.write(section.conditions, name.encode(), said.encode())
        for runner in (
            opened.enter_context(worker(settings, "one", version="test")),
            opened.enter_context(listener(settings, version="test")),
            opened.enter_context(followup(settings, version="test")),
        ):
            opened.enter_context(running(runner))
        place.cluster.publish(place.gcn, [notice(ra_deg, dec_deg)])
        until(lambda: caplog.text.count(f"event {EVENT} is asked of") >= 2)
        began_s = time.monotonic()
        place.cluster.publish(place.alerts, packets)
        name = f"kilonovae/{batch.object_id[row]}/1"
        good = place.portals["good"]
        until(lambda: any(one["name"] == name for one in good.documents))
        asked_s = time.monotonic() - began_s
        requests = place.requests(section)
        assert max(requests.values(), key=lambda one: one.priority).id == name
        found = requests[name]
        assert (found.site, found.events) == ("good", (EVENT,))
        assert "closed: closed now, snow" in found.reason
        assert "day: " in found.reason
        assert good.documents[0]["name"] == name

        def measured(group: Group) -> Mapping[str, Any]:
            point = {"mjd": time.time() / 86_400 + 40_587, "magnitude_err": 0.03, "band": "r"}
            mine = {**point, "magnitude": float(batch.magnitude[row]) + 0.6}
            stars = [{**point, "magnitude": m + 0.2, "star": f"s{m}"} for m in (15.0, 16.0, 17.0)]
            return {"results": [{"kind": "photometry", "points": [mine, *stars]}]}

        good.observe(measured)
        until(lambda: place.requests(section)[name].state is State.COMPLETED)
        done_s = time.monotonic() - began_s
        (back,) = [
            one
            for _, value in messages(kafka.address, section.annotations)
            if (one := read_object_annotation(value)).object_id == batch.object_id[row]
        ]
        assert back.texts["request"] == name
        curve = batch.light_curve.of(row)
        survey = [Measured(61_000.0, "r", m, 0.01, f"s{m}") for m in (15.0, 16.0, 17.0)]
        survey.append(Measured(float(batch.mjd[row]), "r", float(batch.magnitude[row]), 0.05))
        fused = fuse({"survey": survey, "good": back.points}, "survey")
        assert [who for who, _ in fused.points] == ["survey", "good"]
        rise = fused.points[1][1].magnitude - fused.points[0][1].magnitude
        assert rise == pytest.approx(0.4, abs=0.02)
        assert len(curve.mjd) >= 1
        LOG.info("from alert to request %.2f s, to its point %.2f s", asked_s, done_s)
        print(f"from alert to request {asked_s:.2f} s, to its point {done_s:.2f} s")  # noqa: T201
        place.cluster.publish(place.gcn, [notice(ra_deg, dec_deg, "retraction", 5)])
        until(lambda: f"{EVENT} is no longer asked of" in caplog.text)
        until(
            lambda: (
                not any(
                    EVENT in one.events
                    for one in place.requests(section).values()
                    if not one.is_final
                )
            )
        )


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
KILLS = 10
ALERTS = 60


def test_a_job_that_is_killed_asks_for_nothing_twice_and_forgets_nothing(
    kafka: KafkaNode, tmp_path: Path
) -> None:
    draw = random.Random(5)
    with ExitStack() as opened:
        place = Place(kafka, tmp_path, opened)
        server = opened.enter_context(PortalServer(loses=0.3, seed=2).serving())
        packets, batch = tonight(ALERTS)
        row = 0
        text = CONFIG.format(name=place.name, bootstrap=kafka.address)
        for name, off in (("one", 0.0), ("two", 120.0), ("three", 240.0)):
            longitude = (meridian(float(batch.ra_deg[row])) + off + 180) % 360 - 180
            text += SITE.format(
                site=name, latitude=30.0, longitude=longitude, address=server.address
            )
        config = tmp_path / "gueststar.toml"
        config.write_text(text)
        section = FollowupSection().prefixed(
            lambda topic: topic.replace("gueststar.", f"{place.name}.")
        )
        everything = Programme(
            "30 - magnitude",
            "everything",
            clauses={"north": "dec_deg > -90"},
            observe=Observe(exposure_s=60.0),
            limits=Bounds(requests_a_night=1_000, hours_a_night=1_000.0),
        )
        place.deploy(section, everything)
        stop = threading.Event()
        observing = threading.Thread(target=_observed, args=(server, stop))
        observing.start()
        command = [sys.executable, "-c", "from gueststar.command import main; main()"]
        sent = 0
        for life in range(KILLS + 1):
            process = subprocess.Popen(
                [*command, "followup", "run", str(config)],
                stderr=(tmp_path / f"life{life}.log").open("w"),
                env={**os.environ, "PYTHONPATH": str(Path.cwd())},
            )
            until(lambda: "following up by" in (tmp_path / f"life{life}.log").read_text())  # noqa: B023
            if life == 0:
                time.sleep(4.0)
            more = packets[sent : sent + ALERTS // KILLS]
            place.cluster.publish(place.alerts, more)
            sent += len(more)
            if life < KILLS:
                time.sleep(draw.uniform(1.0, 5.0))
                process.send_signal(signal.SIGKILL)
                process.wait()
        until(lambda: _judged(place) == len(packets))
        wanted = place.requests(section)
        until(lambda: not _left(place, section), limit_s=200)
        process.terminate()
        assert process.wait(60) == 0
        stop.set()
        observing.join()
        wanted = place.requests(section)
        assert {one.object_id for one in wanted.values()} == {*batch.object_id.tolist()}
        assert max(server.portal.observed.values()) == 1
        for one in wanted.values():
            assert (one.state is State.COMPLETED) == (server.portal.observed[one.id] == 1)
        assert server.portal.observed.total() > ALERTS // 4


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

"""Topics, portals and sites of one test on a real Kafka, tonight."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import numpy as np

from broker.followup_settings import FollowupSection, Site
from broker.kafka import Connection, KafkaAdmin, KafkaControlTopic, TopicSettings, control_topic
from broker.kafka_settings import KafkaSection, TopicsSection
from broker.service_settings import MetricsSection
from broker.settings import ClassifiersSection, Settings
from broker.toml_tables import Signed
from kafka_node.node import KafkaNode
from replay.invention import invent
from schemas.batch import AlertBatch
from schemas.decode import Decoder
from services.followup.deployed import deploy
from services.followup.planning import ephemeris
from services.followup.programme import Programme
from services.followup.requests import Request, Requests, State
from tests.broker.clusters import RealCluster
from tests.services.followup.portal_server import PortalServer

LOG = logging.getLogger("test")
UNIX_JD = 2_440_587.5


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

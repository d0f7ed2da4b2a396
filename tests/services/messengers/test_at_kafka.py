"""Recorded notices on a real Kafka: taken, kept, asked by the filters of a worker that runs."""

from __future__ import annotations

import base64
import json
import logging
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from broker.assembly import worker
from broker.kafka import Connection, KafkaAdmin, KafkaControlTopic, TopicSettings
from broker.kafka_settings import KafkaSection, TopicsSection
from broker.ledger import read_entry, total
from broker.messengers.events import notices_of
from broker.messengers.section import MessengersSection
from broker.observer import BatchReport, Observers, Phase
from broker.service_settings import MetricsSection
from broker.settings import ClassifiersSection, FiltersSection, Settings
from kafka_node.node import KafkaNode
from replay.invention import invent
from schemas.decode import Decoder
from services.messengers.assembly import listener
from services.messengers.job import Heard
from sky.messengers.fits_maps import read_map
from sky.messengers.localisation import Places
from tests.broker.clusters import RealCluster
from tests.chaos.proof import messages
from tests.killed import Killed
from tests.running import running, until
from tests.sky.messengers.said import said
from tests.sky.messengers.skies import content

pytestmark = [pytest.mark.kafka, pytest.mark.data]

LARGE = 16_777_216
RECORDED = (
    "fink-mm/lvk/initial.txt",
    "fink-mm/lvk/test.txt",
    "skyportal/igwn_gwalert_preliminary.json",
    "gcn-schema/icecube/single_neutrino_alerts.gold_bronze_track_alerts.example.json",
    "fink-mm/swift/voevent_405.xml",
    "gcn-schema/fermi/gbm/trigger.alert.example.json",
    "gcn-schema/fermi/gbm/trigger.final.example.json",
    "fink-mm/lvk/update.txt",
    "fink-mm/lvk/initial.txt",
    "skyportal/igwn_gwalert_retraction.json",
)
"""As they might come; one that says no place, one that comes again late."""


class Until(Observers[Heard]):
    """Ends a listener after so many notices, or in the middle of its n-th transaction."""

    def __init__(self, notices: int, *, dies_in: int = 0) -> None:
        super().__init__()
        self._left, self._dies_in = notices, dies_in
        self.runner: object = None

    def on_phase(self, phase: Phase) -> None:
        if phase is Phase.OFFSETS_SENT:
            self._dies_in -= 1
            if self._dies_in == 0:
                raise Killed

    def on_batch(self, report: BatchReport[Heard]) -> None:
        self._left -= report.entry.consumed
        if self._left <= 0:
            self.runner.stop()  # type: ignore[attr-defined]


class Place:
    """Topics of one test; GCN's Kafka is the same node by another door."""

    def __init__(self, kafka: KafkaNode, folder: Path, *, elsewhere: bool) -> None:
        self.link, self.name = Connection(kafka.address), folder.name
        self.cluster = RealCluster(kafka.address)
        self.gcn = f"{folder.name}.gcn"
        KafkaAdmin(self.link).create(
            [TopicSettings(self.gcn, 1, 1, {"max.message.bytes": str(LARGE)})]
        )
        self.settings = Settings(
            topics=TopicsSection(input=(f"{folder.name}.alerts",), prefix=f"{folder.name}."),
            kafka=KafkaSection(bootstrap=kafka.address),
            metrics=MetricsSection(port=21_500, ports_max=100),
            classifiers=ClassifiersSection(names=()),
            messengers=MessengersSection(
                topics=(self.gcn,),
                bootstrap=kafka.address if elsewhere else "",
                group=f"{folder.name}.messengers",
                kept_days_max=100_000,
            ),
        )

    def send(self, value: bytes) -> None:
        from confluent_kafka import Producer

        producer = Producer({"bootstrap.servers": self.link.bootstrap, "message.max.bytes": LARGE})
        producer.produce(self.gcn, value)
        assert producer.flush(30) == 0

    def listen(self, notices: int, *, dies_in: int = 0) -> None:
        until = Until(notices, dies_in=dies_in)
        with listener(self.settings, version="test", observers=[until]) as runner:
            until.runner = runner
            runner.run()

    def events(self, topic: str) -> dict[str, bytes]:
        with closing(KafkaControlTopic(self.link, topic)) as control:
            found = {news.event: news.notice for news in notices_of(control.present())}
        return {event: notice.raw for event, notice in found.items() if notice is not None}


@pytest.mark.parametrize("elsewhere", [True, False])
def test_recorded_notices_are_kept_once_though_the_listener_dies(
    kafka: KafkaNode, tmp_path: Path, data_folder: Path, elsewhere: bool
) -> None:
    place = Place(kafka, tmp_path, elsewhere=elsewhere)
    recorded = [(data_folder / "messengers" / name).read_bytes() for name in RECORDED]
    for value in recorded[:3]:
        place.send(value)
    with pytest.raises(Killed):
        place.listen(3, dies_in=1)
    for value in recorded[3:]:
        place.send(value)
    place.listen(len(recorded))
    section = place.settings.messengers
    kept = [value for _, value in messages(place.link.bootstrap, section.notices)]
    assert kept == [value for value in recorded if not value.startswith(b"<")]
    read = dict(zip(RECORDED, recorded, strict=True))
    assert place.events(section.events) == {
        "S230518h": read["fink-mm/lvk/update.txt"],
        "IceCube 137840_57034692": read[RECORDED[3]],
        "GBM 745121685": read[RECORDED[6]],
    }
    assert place.events(section.mock_events) == {
        "MS230518e": read["fink-mm/lvk/test.txt"],
        "MS260605l": read["skyportal/igwn_gwalert_retraction.json"],
    }
    entries = [
        read_entry(value)
        for _, value in messages(place.link.bootstrap, place.settings.topics.ledger)
    ]
    counts = total(entry.counts for entry in entries)
    assert sum(entry.consumed for entry in entries) == len(recorded)
    assert (counts.published, counts.dead) == ({section.notices: 9}, {"no notice": 1})
    place.cluster.close()


INSIDE = 'messenger("S190425z", "credible_level") < 0.9'


def test_filters_of_a_running_worker_ask_of_an_event_until_it_is_retracted(
    kafka: KafkaNode, tmp_path: Path, data_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "gueststar.messengers")
    place, file = Place(kafka, tmp_path, elsewhere=False), tmp_path / "inside.filter"
    file.write_text(f"inside: {INSIDE}\n")
    settings = replace(place.settings, filters=FiltersSection(files=(file,)))
    (alerts,), address = settings.topics.input, kafka.address
    KafkaAdmin(place.link).create([TopicSettings(alerts)])
    packets = [one.packet for one in invent(240, seed=8)]
    batch = Decoder().decode(packets)
    fits = content(data_folder, "skyportal/bayestar.fits.gz")
    where = read_map(fits)
    level = where.at(Places(batch.ra_deg, batch.dec_deg)).credible_level
    inside = [packets[row] for row in np.flatnonzero(level < 0.9).tolist()]
    assert 0 < len(inside) < len(packets)
    notice = json.loads(said("S190425z", time="2019-04-25T08:18:05Z"))
    notice["event"]["skymap"] = base64.b64encode(fits).decode()
    retraction = said("S190425z", kind="RETRACTION", minute=1)

    def published(topic: str) -> int:
        return sum(1 for _ in messages(address, topic))

    def send(times: int) -> None:
        place.cluster.publish(alerts, packets)
        until(lambda: published(settings.topics.enriched) == times * len(packets))

    with (
        worker(settings, "one", version="test") as runner,
        listener(settings, version="test") as hears,
        running(runner),
        running(hears),
    ):
        send(1)
        place.send(json.dumps(notice).encode())
        until(lambda: "event S190425z is asked of: initial by LVK" in caplog.text)
        send(2)
        assert published(f"{place.name}.inside") == len(inside)
        place.send(retraction)
        until(lambda: "S190425z is no longer asked of: it was retracted" in caplog.text)
        send(3)
        assert published(f"{place.name}.inside") == len(inside)
    place.cluster.close()

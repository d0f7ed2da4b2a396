"""From a settings file to a worker: every part in its place, and what is said where one is not."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import fastavro
import numpy as np
import pytest
from numpy.typing import NDArray

from broker import assembly
from broker.alerts.metrics import AlertMetrics
from broker.assembly import Parts, build, connect, make_runner, provide_topics, worker
from broker.clock import ManualClock
from broker.collectors import Instruments
from broker.errors import SettingsError, TopicMissing
from broker.fault_log import FaultLog
from broker.kafka import KafkaAdmin, control_topic
from broker.kafka_settings import KafkaSection, TopicsSection
from broker.ledger import Delivery, read_entry
from broker.memory import MemoryKafka, MemorySink, MemorySource
from broker.observer import BatchReport, Observer, Observers
from broker.plan import plan
from broker.runner import Runner
from broker.service_settings import MetricsSection
from broker.settings import (
    DisagreementSection,
    FiltersSection,
    Settings,
    read_settings,
)
from classifiers.classifier import ModelIdentity, Scoring
from kafka_node.node import KafkaNode
from replay.invention import invent
from schemas.batch import AlertBatch
from schemas.decode import Decoder
from schemas.errors import FilterError
from schemas.stage import Stage
from tests.broker.clusters import RealCluster
from tests.broker.fakes import FakeAdmin
from tests.broker.test_metrics import free_port

ALERTS = 30
EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "gueststar.toml"


class Halves:
    """A classifier that holds every second alert for real, by its id."""

    identity = ModelIdentity("realbogus", "0", "ab" * 32)
    labels = ("bogus", "real")
    reads = ("alert_id",)

    def score(self, batch: AlertBatch) -> NDArray[np.float32]:
        """Sure of itself."""
        real = (batch.alert_id % 2).astype(np.float32)
        return np.stack([1 - real, real], axis=1)

    def warm_up(self) -> None:
        """Nothing to do."""


@pytest.fixture(autouse=True)
def halves(monkeypatch: pytest.MonkeyPatch) -> None:
    def served(*_: object) -> tuple[Stage, ...]:
        return (Scoring(Halves()),)

    monkeypatch.setattr(assembly, "served", served)


FILTER = '''
from filters.selection import selection

@selection(topic="real-ones")
def real_ones(alerts):
    """What the network holds for real."""
    yield "real", alerts.score("realbogus", "real") > 0.5
    {more}
'''


def settings_with(folder: Path, more: str = "", **topics: object) -> Settings:
    file = folder / "mine.py"
    file.write_text(FILTER.format(more=more))
    section = replace(TopicsSection(input=("ztf",)), **topics)  # type: ignore[arg-type]
    return Settings(section, filters=FiltersSection(files=(file,)))


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    return build(settings_with(tmp_path))


def run_in_memory(parts: Parts, packets: Iterable[bytes], *observers: Observer[Any]) -> MemoryKafka:
    """A whole worker over the twin in memory, until everything is consumed."""
    kafka = MemoryKafka(ManualClock())
    kafka.create_topic("ztf")
    for packet in packets:
        kafka.publish("ztf", packet)
    run_beside(kafka, parts, *observers)
    return kafka


def run_beside(kafka: MemoryKafka, parts: Parts, *observers: Observer[Any]) -> None:
    """The same at a Kafka that others may use, too."""
    for topic in parts.outputs:
        kafka.create_topic(topic)
    group = parts.settings.kafka.group
    runner = make_runner(
        parts,
        MemorySource(kafka, group=group, topics=["ztf"], worker="one"),
        MemorySink(kafka, name=f"{group}-one"),
        worker="one",
        version="0.1.0",
        clock=kafka.clock,
        observer=Observers(FaultLog(kafka.clock), *observers),
    )
    runner.start()
    for _ in range(3):
        runner.step()


def test_alerts_go_through_every_room_and_the_ledger_counts_them(parts: Parts) -> None:
    night = list(invent(ALERTS, seed=1))
    packets = [one.packet for one in night] + [b"rubbish"]
    kafka = run_in_memory(parts, packets)
    enriched = [read(message.value) for message in kafka.read("gueststar.enriched")]
    assert {one["candid"] for one in enriched} == {one.truth.alert_id for one in night}
    assert all(one["cutoutScience"] is None for one in enriched)
    selected = [read(message.value) for message in kafka.read("real-ones")]
    assert {one["candid"] for one in selected} == {
        one.truth.alert_id for one in night if one.truth.alert_id % 2
    }
    assert all(one["cutoutScience"]["stampData"] for one in selected)
    assert all(one["gueststar"]["filters"] == ["real_ones"] for one in selected)
    assert len(kafka.read("gueststar.dead-letters")) == 1
    (entry,) = (read_entry(message.value) for message in kafka.read("gueststar.ledger"))
    assert entry.consumed == ALERTS + 1
    assert entry.counts.published == {"gueststar.enriched": ALERTS, "real-ones": len(selected)}


def read(packet: bytes) -> dict[str, Any]:
    record: dict[str, Any]
    (record,) = fastavro.reader(io.BytesIO(packet))
    return record


@pytest.mark.parametrize("bounds", [DisagreementSection(), DisagreementSection(0.7, 0.4)])
def test_the_survey_s_score_is_published_beside_ours_and_strong_disagreements_are_counted(
    tmp_path: Path, bounds: DisagreementSection
) -> None:
    packets = [one.packet for one in invent(4 * ALERTS, seed=1)]
    batch, instruments = Decoder().decode(packets), Instruments()
    parts = build(replace(settings_with(tmp_path), disagreement=bounds))
    kafka = run_in_memory(parts, packets, AlertMetrics(instruments))
    published = [read(one.value)["gueststar"] for one in kafka.read("gueststar.enriched")]
    theirs = np.array([one["survey_real_score"] for one in published], dtype=np.float64)
    np.testing.assert_array_equal(theirs, batch.survey_real_score)
    ours = np.array([one["scores"]["realbogus"]["real"] for one in published])
    counts = {
        "classifier": ((ours == 1) & (theirs <= bounds.bogus_max)).sum(),
        "survey": ((ours == 0) & (theirs >= bounds.real_min)).sum(),
    }
    assert min(counts.values()) > 0
    for says_real, count in counts.items():
        labels = f'classifier="realbogus",says_real="{says_real}"'
        assert f"strong_disagreements_total{{{labels}}} {count}.0" in instruments.text()


class StopsWhenDone(Observers[object]):
    """Stops the worker after so many alerts, having read its metrics as Prometheus would."""

    def __init__(self, alerts: int, metrics_port: int) -> None:
        super().__init__()
        self.runner: Runner[Any] | None = None
        self.metrics = ""
        self._left = alerts
        self._port = metrics_port

    def on_batch(self, report: BatchReport[object]) -> None:
        """Count down."""
        assert self.runner is not None
        self._left -= report.entry.consumed
        if self._left <= 0:
            with urlopen(f"http://127.0.0.1:{self._port}/metrics") as answer:
                self.metrics = answer.read().decode()
            self.runner.stop()


@pytest.mark.kafka
@pytest.mark.parametrize("delivery", [*Delivery])
def test_a_worker_at_a_real_kafka_creates_its_topics_and_serves_its_metrics(
    kafka: KafkaNode, tmp_path: Path, delivery: Delivery
) -> None:
    names = {name: f"{name}-{delivery}" for name in ("ztf", "enriched", "dead_letters", "ledger")}
    outputs = {name: topic for name, topic in names.items() if name != "ztf"}
    settings = replace(
        settings_with(tmp_path, input=(names["ztf"],), **outputs),
        kafka=KafkaSection(kafka.address, group=delivery, delivery=delivery),
        metrics=MetricsSection(port=free_port()),
    )
    cluster = RealCluster(kafka.address)
    cluster.create(names["ztf"], partitions=2)
    for partition in (0, 1):
        packets = [one.packet for one in invent(10, seed=partition)]
        cluster.publish(names["ztf"], packets, partition=partition)
    done = StopsWhenDone(20, settings.metrics.port)
    with worker(settings, "one", version="0.1.0", observers=[done]) as done.runner:
        done.runner.run()
    assert len(cluster.read(names["enriched"])) == 20
    assert sum(read_entry(value).consumed for value in cluster.read(names["ledger"])) == 20
    assert f'gueststar_alerts_published_total{{topic="{names["enriched"]}"}} 20.0' in done.metrics
    found = plan(build(settings), KafkaAdmin(connect(settings)))
    assert (found.problems, found.warnings) == ((), ())


def test_a_filter_that_raises_is_isolated_and_said_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    broken = 'if len(alerts): raise ValueError("no")'
    parts = build(settings_with(tmp_path, broken))
    with caplog.at_level(logging.WARNING, logger="gueststar.broker"):
        kafka = run_in_memory(parts, [one.packet for one in invent(4, seed=1)])
    assert len(kafka.read("gueststar.enriched")) == 4
    (line,) = (record.getMessage() for record in caplog.records)
    assert line.startswith("filter 'real_ones' raised ValueError: no (mine.py:")
    assert line.endswith("(4 alerts)")


def test_a_filter_that_can_never_work_stops_the_start(tmp_path: Path) -> None:
    settings = settings_with(tmp_path, 'yield "new", alerts.age_day < 3')
    with pytest.raises(FilterError, match="did you mean 'age_days'"):
        build(settings)


def test_the_example_file_can_be_built(tmp_path: Path) -> None:
    settings = read_settings(EXAMPLE)
    built = build(replace(settings, filters=replace(settings.filters, files=())))
    assert len(built.filters.active) == 3


def test_a_topic_with_two_uses_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        SettingsError, match=r"'real_ones' publishes to 'real-ones', which the broker"
    ):
        build(settings_with(tmp_path, input=("real-ones",)))


def test_a_form_for_a_topic_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="'real-one' is no topic; did you mean 'real-ones'"):
        build(settings_with(tmp_path, forms={"real-one": "lite"}))


@pytest.mark.parametrize(("mine", "others"), [("", "two."), ("one.", "two."), ("one.", "")])
def test_brokers_of_two_prefixes_share_a_kafka_and_no_topic(
    tmp_path: Path, mine: str, others: str
) -> None:
    brokers = [build(settings_with(tmp_path, prefix=prefix)) for prefix in (mine, others)]
    kafka = run_in_memory(brokers[0], [one.packet for one in invent(ALERTS, seed=1)])
    assert not {*brokers[0].provided} & {*brokers[1].provided}
    run_beside(kafka, brokers[1])
    for parts in brokers:
        assert len(kafka.read(parts.topics.enriched)) == ALERTS
        (entry,) = (read_entry(message.value) for message in kafka.read(parts.topics.ledger))
        (each,) = parts.filters.active
        assert entry.counts.published == {
            parts.topics.enriched: ALERTS,
            each.topic: len(kafka.read(each.topic)),
        }


def test_missing_outputs_are_created_and_the_ledger_is_kept_for_ever(parts: Parts) -> None:
    admin = FakeAdmin(real_ones=1_048_588)
    provide_topics(parts, admin)
    created = {topic.name: topic for topic in admin.created}
    ours = ("enriched", "dead-letters", "ledger", "filters", "replayed")
    assert [*created] == [f"gueststar.{name}" for name in ours]
    assert created["gueststar.ledger"].settings == {"retention.ms": "-1"}
    assert created["gueststar.filters"] == control_topic("gueststar.filters")


def test_missing_outputs_that_may_not_be_created_are_named_together(tmp_path: Path) -> None:
    parts = build(settings_with(tmp_path, create=False))
    admin = FakeAdmin(ztf=1_048_588)
    with pytest.raises(TopicMissing, match=r"no such topics: gueststar.enriched, .*real-ones"):
        provide_topics(parts, admin)
    assert admin.created == []


def test_a_plan_shows_the_path_of_an_alert_and_the_topics(parts: Parts) -> None:
    found = plan(parts, FakeAdmin(ztf=1_048_588, real_ones=1_048_588))
    (mine,) = parts.filters.active
    assert mine.version == mine.sha256[:12]
    assert f"select real_ones {mine.version}: real -> real-ones" in found.steps
    assert [(one.name, one.role, one.form, one.partitions) for one in found.topics] == [
        ("ztf", "input", "", 2),
        ("gueststar.replayed", "input, dead letters sent again", "", None),
        ("gueststar.enriched", "all alerts", "lite", None),
        ("real-ones", "filter real_ones", "full", 2),
        ("gueststar.dead-letters", "dead letters", "", None),
        ("gueststar.ledger", "ledger", "", None),
        ("gueststar.filters", "deployed filters", "", None),
    ]
    assert (found.problems, found.warnings) == ((), ())


def test_a_plan_names_what_would_keep_a_worker_from_work(tmp_path: Path) -> None:
    found = plan(build(settings_with(tmp_path, create=False)), FakeAdmin())
    assert found.problems[0].startswith("input topic ztf does not exist yet")
    for name in ("real-ones", "gueststar.filters"):
        assert any(
            line.startswith(f"topic {name} does not exist; create it") for line in found.problems
        )


def test_a_plan_compares_the_limits_of_the_client_and_the_topics(parts: Parts) -> None:
    found = plan(parts, FakeAdmin(ztf=5_000_000, real_ones=100_000))
    assert [line.split(";")[0] for line in found.warnings] == [
        "the input takes messages of 5000000 bytes, our client sends up to 1000000",
        "topic real-ones takes 100000 bytes, and messages of 5000000 may come",
    ]

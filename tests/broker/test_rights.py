"""`gueststar check` at a Kafka that grants rights: each that a worker lacks is named."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from typer.testing import CliRunner

from broker.assembly import Parts, build, connect, provide_topics
from broker.kafka import Connection, KafkaAdmin, TopicSettings
from broker.kafka.asking import ASK_INTERVAL_S
from broker.kafka.rights import Right
from broker.kafka_ports import source_connection
from broker.plan import Plan, plan
from broker.settings import Settings, read_settings
from gueststar.command import app
from replay.invention import invent
from schemas.errors import BrokerError
from tests.broker.clusters import RealCluster
from tests.guarded import ANSWER_S_MAX, Guarded
from tests.gueststar.running import run_until
from tests.running import PATIENCE_S

pytestmark = pytest.mark.kafka

CONFIG = """
[kafka]
bootstrap = "{ours}"
group = "mine"
[kafka.security]
"security.protocol" = "SASL_SSL"
"ssl.ca.location" = "{ca}"
"sasl.mechanism" = "SCRAM-SHA-512"
"sasl.username" = "{user}"
"sasl.password" = "{password}"
[source]
bootstrap = "{survey}"
topics = ["survey-alerts"]
group = "given-mine"
[source.security]
"security.protocol" = "SASL_PLAINTEXT"
"sasl.mechanism" = "SCRAM-SHA-512"
"sasl.username" = "{user}"
"sasl.password" = "{password}"
[topics]
prefix = "{prefix}"
[filters]
builtin = ["solar_system"]
[classifiers]
names = []
[metrics]
port = 0
"""

AT_THE_SURVEYS = [
    Right("Read", "topic", "survey-alerts"),
    Right("Read", "group", "given-mine"),
]
OUTPUTS = [f"mine.{name}" for name in ("enriched", "dead-letters", "ledger", "solar-system")]
AT_OURS = [
    *(Right("Write", "topic", name) for name in (*OUTPUTS, "mine.positions", "mine.filters")),
    *(Right("DescribeConfigs", "topic", name) for name in (*OUTPUTS, "mine.positions")),
    *(Right("Read", "topic", f"mine.{name}") for name in ("positions", "filters", "replayed")),
    Right("Describe", "group", "gueststar-reader-", begins=True),
    Right("Read", "group", "mine.letters"),
    Right("Write", "transactional id", "mine-", begins=True),
]
USEFUL = {
    Right("DescribeConfigs", "topic", "survey-alerts"): "how large its messages may be",
    Right("DescribeConfigs", "topic", "mine.replayed"): "how large its messages may be",
    Right("DescribeConfigs", "topic", "mine.filters"): "how large its messages may be",
    Right("Create", "topic", "mine.filter.", begins=True): "make the topics of filters before",
    Right("Create", "topic", "mine.selected.", begins=True): "make the topics of filters before",
}
ALL = frozenset([*AT_THE_SURVEYS, *AT_OURS, *USEFUL])


def configured(
    guarded: Guarded, folder: Path, *, prefix: str = "mine.", password: str = ""
) -> Path:
    """The configuration of a worker that reads by one listener and publishes by another."""
    node = guarded.node
    ours = node.client("SASL_SSL")
    path = folder / "gueststar.toml"
    path.write_text(
        CONFIG.format(
            ours=ours["bootstrap.servers"],
            ca=ours["ssl.ca.location"],
            survey=node.addresses["SASL_PLAINTEXT"],
            user=guarded.user.name,
            password=password or guarded.user.password,
            prefix=prefix,
        )
    )
    return path


@pytest.fixture(scope="module")
def config(guarded: Guarded, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a worker for whom all topics are there."""
    path = configured(guarded, tmp_path_factory.mktemp("rights"))
    admin = KafkaAdmin(Connection(guarded.node.address))
    admin.create([TopicSettings("survey-alerts")])
    provide_topics(build(read_settings(path)), admin)
    return path


@pytest.fixture(scope="module")
def parts(config: Path) -> Parts:
    return build(read_settings(config))


def addresses(settings: Settings) -> dict[bool, str]:
    """By whether it is ours."""
    return {True: settings.kafka.bootstrap, False: settings.source.bootstrap}


def planned(parts: Parts) -> Plan:
    # By clients made anew, as a check's are: one that was let in remembers who coordinates a group.
    link = connect(parts.settings)
    return plan(parts, KafkaAdmin(link), KafkaAdmin(source_connection(parts.settings, link)))


def test_with_all_rights_a_worker_is_ready_and_works(guarded: Guarded, config: Path) -> None:
    guarded.grant(ALL)
    ran = CliRunner().invoke(app, ["check", str(config)])
    assert (ran.exit_code, ran.output.splitlines()[-1]) == (0, "ready to run")
    assert "no right" not in ran.output and "not known" not in ran.output
    cluster = RealCluster(guarded.node.address)
    cluster.publish("survey-alerts", [one.packet for one in invent(5, seed=1)])
    run_until(read_settings(config), "mine.enriched", 5, ours=cluster)


@pytest.mark.parametrize("right", [*AT_THE_SURVEYS, *AT_OURS], ids=str)
def test_each_right_that_a_worker_needs_is_named_where_it_is_missing(
    guarded: Guarded, parts: Parts, right: Right
) -> None:
    guarded.grant(ALL - {right})
    place = addresses(parts.settings)[right in AT_OURS]
    found = planned(parts)
    assert found.problems == (f"no right to {right} at {place} as user 'ada'",)


@pytest.mark.parametrize("right", USEFUL, ids=str)
def test_a_right_that_is_useful_is_named_with_what_its_lack_costs(
    guarded: Guarded, parts: Parts, right: Right
) -> None:
    guarded.grant(ALL - {right})
    found = planned(parts)
    place = addresses(parts.settings)[right.name != "survey-alerts"]
    (note,) = found.notes
    assert note.startswith(f"no right to {right} at {place} as ") and USEFUL[right] in note
    assert found.problems == ()


def test_topics_that_are_not_there_yet_need_the_right_to_be_made(
    guarded: Guarded, tmp_path: Path
) -> None:
    ours = {Right(operation, "topic", "new.", begins=True) for operation in ("Read", "Write")}
    guarded.grant(ALL | ours)
    ran = CliRunner().invoke(app, ["check", str(configured(guarded, tmp_path, prefix="new."))])
    assert ran.exit_code == 1
    for name in ("enriched", "dead-letters", "ledger", "solar-system", "positions", "replayed"):
        assert f"problem: no right to Create topic 'new.{name}' at " in ran.output


def test_a_wrong_password_is_one_line_that_says_where(guarded: Guarded, tmp_path: Path) -> None:
    path = configured(guarded, tmp_path, password="wrong")
    survey = guarded.node.addresses["SASL_PLAINTEXT"]
    ran = CliRunner().invoke(app, ["check", str(path)])
    assert isinstance(ran.exception, BrokerError)
    assert f"Kafka at {survey} does not let us in" in str(ran.exception)
    assert "\n" not in str(ran.exception) and "wrong" not in str(ran.exception)


def commit_once_empty(group: Consumer, place: TopicPartition) -> None:
    """Commit from outside, once the session of an earlier test's worker has ended."""
    deadline_s = time.monotonic() + PATIENCE_S
    while True:
        try:
            group.commit(offsets=[place], asynchronous=False)
        except KafkaException as raised:
            is_a_members = raised.args[0].code() == KafkaError.UNKNOWN_MEMBER_ID
            if not is_a_members or time.monotonic() > deadline_s:
                raise
            time.sleep(ASK_INTERVAL_S)
        else:
            return


def test_a_check_fences_no_worker_and_moves_no_group(guarded: Guarded, config: Path) -> None:
    guarded.grant(ALL)
    kafka = {"bootstrap.servers": guarded.node.address}
    group = Consumer({**kafka, "group.id": "given-mine"})
    place = TopicPartition("survey-alerts", 0, 3)
    commit_once_empty(group, place)
    live = Producer({**kafka, "transactional.id": "mine-one"})
    live.init_transactions(ANSWER_S_MAX)
    live.begin_transaction()
    live.produce("mine.enriched", b"whole")
    ran = CliRunner().invoke(app, ["check", str(config)])
    assert ran.exit_code == 0
    live.commit_transaction(ANSWER_S_MAX)
    assert [each.offset for each in group.committed([place], ANSWER_S_MAX)] == [place.offset]
    group.close()

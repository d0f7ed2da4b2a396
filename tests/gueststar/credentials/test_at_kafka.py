"""Roles at a real Kafka that checks rights: each does its work, and is refused all else by name."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from broker.assembly import build, provide_topics
from broker.errors import SettingsError
from broker.kafka import Connection, KafkaAdmin, PlainWriter, TopicSettings
from broker.kafka.control_topic import KafkaControlTopic
from broker.kafka.grants import KafkaGrants
from broker.kafka.rights import Right
from broker.kafka.sink import KafkaSink
from broker.settings import read_settings
from gueststar.anomalies.records import REVIEWS, Answer, Profile
from gueststar.command import app
from gueststar.configured import DEFAULTS, Configured
from gueststar.credentials.roles import NAME
from gueststar.subscription import reader
from replay.invention import invent
from schemas.errors import BrokerError
from services.notices.assembly import notices
from tests.broker.clusters import RealCluster
from tests.guarded import Guarded
from tests.gueststar.anomalies.drawn import drawn
from tests.gueststar.running import run_until
from tests.running import running, until
from tests.services.notices.doubles import Hook
from tests.services.notices.world import finds

pytestmark = pytest.mark.kafka

CONFIG = """
[kafka]
bootstrap = "{address}"
group = "trust"
[kafka.security]
{security}
[topics]
input = ["trust-survey"]
prefix = "trust."
status = "gueststar.status"
[filters]
builtin = ["solar_system"]
[classifiers]
names = []
[metrics]
port = 0
[followup]
annotators = ["nora", "otto"]
[notices]
group = "trust.notices"
[notices.targets.chat]
filters = ["bright"]
address = "$TRUST_WEBHOOK"
"""
SAID = ("trust.annotations", "trust.annotations.nora", "trust.annotations.otto")


class Service:
    """A Kafka over TLS, its operator, and the broker's configuration by user."""

    def __init__(self, guarded: Guarded, folder: Path) -> None:
        self.guarded, self.folder = guarded, folder
        self.client = guarded.node.client("SASL_SSL")
        self.plain = guarded.node.address
        self.config("operator", "none")

    def config(self, user: str, password: str) -> Path:
        security = {**self.client, "sasl.username": user, "sasl.password": password}
        address = security.pop("bootstrap.servers")
        lines = "\n".join(f'"{name}" = "{value}"' for name, value in security.items())
        path = self.folder / f"{user}.toml"
        path.write_text(CONFIG.format(address=address, security=lines))
        return path

    def command(self, *words: str) -> str:
        """By the operator, who comes by the plain listener of this node."""
        config = self.folder / "operator.toml"
        text = config.read_text().replace(self.client["bootstrap.servers"], self.plain)
        config.write_text(text)
        ran = CliRunner().invoke(app, ["credentials", *words, "--config", str(config)])
        assert ran.exit_code == 0, (ran.output, ran.exception)
        return ran.output

    def password(self, *words: str) -> str:
        found = re.search(r"PASSWORD=(\S+)", self.command(*words))
        assert found
        return found[1]

    def link(self, user: str, password: str) -> Connection:
        security = {**self.client, "sasl.username": user, "sasl.password": password}
        return Connection(security.pop("bootstrap.servers"), patience_s=20.0, security=security)


@pytest.fixture(scope="module")
def hook() -> Iterator[Hook]:
    """Who is told of finds; its address is a secret of the environment."""
    with Hook().serving() as hook, pytest.MonkeyPatch.context() as environment:
        environment.setenv("TRUST_WEBHOOK", hook.address)
        yield hook


@pytest.fixture(scope="module")
def service(
    guarded: Guarded, hook: Hook, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    del hook  # the settings name it
    found = Service(guarded, tmp_path_factory.mktemp("service"))
    admin = KafkaAdmin(Connection(found.plain))
    topics = ("trust-survey", "trust-secret", *SAID)
    admin.create([TopicSettings(topic) for topic in topics])
    provide_topics(build(read_settings(found.config("operator", "none"))), admin)
    yield found


@pytest.fixture(scope="module")
def users(service: Service) -> Mapping[str, str]:
    """One of each role, with passwords."""
    names = {"hand": "worker", "bert": "reader", "eve": "reader", "ines": "author"}
    names |= {"nora": "annotator", "rhea": "reviewer", "tell": "notifier"}
    return {name: service.password("add", name, role) for name, role in names.items()}


def test_a_worker_is_ready_by_check_and_does_its_work(
    service: Service, users: Mapping[str, str]
) -> None:
    config = service.config("hand", users["hand"])
    ran = CliRunner().invoke(app, ["check", str(config)])
    assert (ran.exit_code, ran.output.splitlines()[-1]) == (0, "ready to run"), ran.output
    assert users["hand"] not in ran.output
    cluster = RealCluster(service.plain)
    cluster.publish("trust-survey", [one.packet for one in invent(5, seed=1)])
    run_until(read_settings(config), "trust.enriched", 5, ours=cluster)
    said = cluster.read("trust.status")
    assert [one["consumed"] for one in map(json.loads, (said[0], said[-1]))] == [0, 5]
    assert not [one for one in said if users["hand"].encode() in one]


def read_one(link: Connection, topic: str, group: str | None = None) -> int:
    source = reader(link, topic, group=group, start="earliest")
    try:
        for _ in range(100):
            if found := source.poll(messages_max=10, bytes_max=10**7, timeout_s=0.2):
                return len(found)
        return 0
    finally:
        source.close()


def test_a_reader_reads_by_groups_of_its_own_and_is_refused_all_else_by_name(
    service: Service, users: Mapping[str, str]
) -> None:
    RealCluster(service.plain).publish("trust.enriched", [b"one"])
    PlainWriter(Connection(service.plain), "trust.status").write(b"one", b"one")
    bert = service.link("bert", users["bert"])
    assert read_one(bert, "trust.enriched") > 0
    assert read_one(bert, "trust.status") > 0
    assert read_one(bert, "trust.enriched", "bert.mine") > 0
    for topic, group, said in (
        ("trust.enriched", "eve.mine", "Read group 'eve.mine'"),
        ("trust.enriched", "trust", "Read group 'trust'"),
        ("trust-secret", None, "Read topic 'trust-secret'"),
        ("trust.ledger", None, "Read topic 'trust.ledger'"),
    ):
        with pytest.raises(
            BrokerError, match=rf"no right to {said} at .* as user 'bert'; ask who"
        ) as raised:
            read_one(service.link("bert", users["bert"]), topic, group)
        assert "\n" not in str(raised.value)
        assert users["bert"] not in str(raised.value)


def test_a_reader_and_an_author_may_not_publish(service: Service, users: Mapping[str, str]) -> None:
    for name in ("bert", "ines"):
        link = service.link(name, users[name])
        sink = KafkaSink(link, group="trust", worker="one", topics=["trust.enriched"])
        with pytest.raises(
            BrokerError, match=rf"no right to (Write|DescribeConfigs) .* as user '{name}'; ask who"
        ):
            sink.rebuild()
        sink.close()
    bert = KafkaControlTopic(service.link("bert", users["bert"]), "trust.filters")
    with pytest.raises(
        BrokerError, match=r"no right to Write topic 'trust.filters' at .* as user 'bert'"
    ):
        bert.write(b"x/1", b"{}")
    bert.close()


def test_an_author_writes_and_reads_the_control_topic_alone(
    service: Service, users: Mapping[str, str]
) -> None:
    control = KafkaControlTopic(service.link("ines", users["ines"]), "trust.filters")
    assert control.write(b"rubbish", b"rubbish") >= 0
    assert control.present()
    control.close()
    with pytest.raises(BrokerError, match=r"no right to Read (topic|group) .* 'ines'; ask who"):
        read_one(service.link("ines", users["ines"]), "trust.enriched")


def reviewed(link: Connection) -> Answer:
    """Says what an object is, as `gueststar anomalies review` does, and reads it."""
    settings = replace(DEFAULTS, topics=replace(DEFAULTS.topics, prefix="trust."))
    place = Configured(settings, link)
    with place.control(place.settings.topics.named(REVIEWS)) as control:
        profile = Profile(control, "rhea", sha256="a" * 64, by="rhea@there")
        profile.say(Answer.ARTEFACT, ("ztf", "ZTF1", 1), drawn(1)[0])
        return profile.answers[-1].answer


def test_reviewers_and_authors_write_reviews_and_nobody_else_does(
    service: Service, users: Mapping[str, str]
) -> None:
    rhea = service.link("rhea", users["rhea"])
    assert reviewed(rhea) is Answer.ARTEFACT
    assert reviewed(service.link("ines", users["ines"])) is Answer.ARTEFACT
    for name in ("bert", "nora", "hand"):
        with pytest.raises(BrokerError):
            reviewed(service.link(name, users[name]))
    for topic in ("trust.enriched", "trust.filters", *SAID):
        with pytest.raises(BrokerError, match=rf"no right to Write topic '{topic}'"):
            PlainWriter(rhea, topic).write(b"x", b"x")
    with pytest.raises(BrokerError, match=r"no right to Read (topic|group) .* 'rhea'; ask who"):
        read_one(rhea, "trust.enriched")


def test_an_annotator_writes_the_topic_of_its_name_alone(
    service: Service, users: Mapping[str, str]
) -> None:
    nora = service.link("nora", users["nora"])
    all_say, own, other = SAID
    assert PlainWriter(nora, own).write(b"ZTF1/nora/remark", b"said") == 0
    for topic in (all_say, other, "trust.enriched", "trust.filters"):
        with pytest.raises(
            BrokerError, match=rf"no right to Write topic '{topic}' at .* as user 'nora'"
        ):
            PlainWriter(nora, topic).write(b"x", b"x")
    with pytest.raises(BrokerError, match=r"no right to Read (topic|group) .* 'nora'; ask who"):
        read_one(service.link("nora", users["nora"]), own)


def test_who_is_no_annotator_by_the_settings_is_let_in_as_none(service: Service) -> None:
    config = str(service.folder / "operator.toml")
    words = ["credentials", "add", "paul", "annotator", "--config", config]
    ran = CliRunner().invoke(app, words)
    assert isinstance(ran.exception, SettingsError)
    assert "'paul' is not among [followup] annotators" in str(ran.exception)
    assert "paul" not in service.command("list")


def test_a_notifier_sends_notices_and_is_refused_all_else_by_name(
    service: Service, users: Mapping[str, str], hook: Hook
) -> None:
    config = service.config("tell", users["tell"])
    assert "gueststar notices: no right" not in checked(config)
    assert "gueststar notices: no right" in checked(service.config("bert", users["bert"]))
    plain = RealCluster(service.plain)
    with notices(read_settings(config), version="test") as job, running(job.runner):
        until(lambda: _is_told(plain, hook), look_s=0.5)
    link = service.link("tell", users["tell"])
    for topic in ("trust.enriched", "trust.filters", "trust.annotations", "trust-survey"):
        with pytest.raises(
            BrokerError, match=rf"no right to Write topic '{topic}' at .* as user 'tell'"
        ):
            PlainWriter(link, topic).write(b"x", b"x")
    for topic in ("trust-survey", "trust.filters", "trust.ledger"):
        with pytest.raises(BrokerError, match=rf"no right to Read topic '{topic}' at .* 'tell'"):
            read_one(service.link("tell", users["tell"]), topic, "trust.notices")
    with pytest.raises(BrokerError, match=r"no right to Read group 'trust' at .* 'tell'"):
        read_one(service.link("tell", users["tell"]), "trust.enriched", "trust")


def _is_told(plain: RealCluster, hook: Hook) -> bool:
    """Whether a notice came; its group begins at the end, so that a find is published again."""
    plain.publish("trust.enriched", [finds()[0]])
    return bool(hook.got)


def checked(config: Path) -> str:
    return CliRunner().invoke(app, ["check", str(config)]).output


def test_who_is_revoked_reads_no_more_within_a_minute_and_is_let_in_no_more(
    service: Service,
) -> None:
    link = service.link("gone", service.password("add", "gone", "reader"))
    source = reader(link, "trust.enriched", start="earliest")
    assert source.poll(messages_max=1, bytes_max=10**7, timeout_s=20)
    began_s = time.monotonic()
    service.command("revoke", "gone")
    with pytest.raises(BrokerError):
        while time.monotonic() < began_s + 60:
            RealCluster(service.plain).publish("trust.enriched", [b"one"])
            source.poll(messages_max=100, bytes_max=10**7, timeout_s=0.2)
    source.close()
    assert "gone" not in service.command("list")
    with pytest.raises(BrokerError, match="does not let us in"):
        KafkaAdmin(link).wait()


def test_a_password_that_was_rotated_is_none_and_the_new_one_is(service: Service) -> None:
    old = service.password("add", "turn", "reader")
    new = service.password("rotate", "turn")
    assert old != new
    began_s = time.monotonic()
    with pytest.raises(BrokerError, match="does not let us in"):
        KafkaAdmin(service.link("turn", old)).wait()
    assert time.monotonic() - began_s < 20
    KafkaAdmin(service.link("turn", new)).wait()
    service.command("revoke", "turn")


def test_the_password_goes_into_a_file_for_its_owner_alone(
    service: Service, tmp_path: Path
) -> None:
    file = tmp_path / "filed.env"
    told = service.command("add", "filed", "reader", "--to", str(file))
    assert "PASSWORD" not in told
    assert file.stat().st_mode & 0o777 == 0o600
    assert "SASL_PASSWORD=" in file.read_text()
    service.command("revoke", "filed")


def test_what_a_role_has_is_listed(service: Service, users: Mapping[str, str]) -> None:
    told = service.command("list")
    assert "bert\n" in told
    assert "  Read topic 'trust.enriched'\n" in told
    grants = KafkaGrants(Connection(service.plain))
    assert Right("Read", "group", "bert.", begins=True) in grants.rights("bert")
    assert not [one for one in grants.rights("bert") if one.operation != "Read"]


def test_no_user_s_prefix_begins_another_s() -> None:
    for name in ("bert-b", "bert.b", "", "Ada", "*"):
        assert not NAME.fullmatch(name)

"""Each job beside the workers at a real Kafka that checks rights, as a user of its role."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from broker.assembly import build, provide_topics
from broker.errors import SettingsError
from broker.kafka import Connection, KafkaAdmin, KafkaSink, PlainWriter, TopicSettings
from broker.kafka.grants import KafkaGrants
from broker.ports import Output
from broker.settings import read_settings
from gueststar.command import app
from gueststar.filtering.place import Place
from gueststar.modelling.place import ModelPlace
from gueststar.portal.application import application
from gueststar.portal.service import opened
from gueststar.reclassify_command import TOPIC as REVISIONS
from replay.invention import invent
from schemas.errors import BrokerError
from services.followup.assembly import followup
from services.lake_writer.assembly import lake_writer
from services.messengers.assembly import listener
from tests.broker.clusters import RealCluster
from tests.gueststar.credentials.test_at_kafka import Service, hook, read_one, service
from tests.gueststar.portal.desk import tokens_in
from tests.running import Enough, running, until
from tests.services.notices.world import finds

__all__ = ["hook", "service"]

pytestmark = pytest.mark.kafka

MORE = """
[lake]
path = "{folder}/lake"
start = "earliest"
[portal]
tokens = "{folder}/tokens.txt"
start = "earliest"
[models]
live = "gueststar.models"
[messengers]
topics = ["duty-notices"]
group = "duty.messengers"
[followup]
annotators = ["nora", "otto"]
group = "duty.followup"
[followup.sites.hand]
latitude_deg = 28.3
longitude_deg = -16.5
adapter = "topic"
"""
ROLES = {
    "page": "portal",
    "lou": "reader",
    "amy": "author",
    "oscar": "observer",
    "liz": "listener",
    "rex": "reviser",
    "mia": "modeller",
    "sam": "sender",
}
PUBLIC = "duty.enriched"
FOREIGN = {
    "page": (PUBLIC, "duty-survey"),
    "lou": (PUBLIC, "duty.ledger"),
    "amy": (PUBLIC, "duty.ledger"),
    "oscar": (PUBLIC, "duty.filters"),
    "liz": (PUBLIC, "duty-survey"),
    "rex": (PUBLIC, PUBLIC),
    "mia": ("duty.filters", "duty.ledger"),
    "sam": (PUBLIC, PUBLIC),
}
"""By user a topic that it may not write, and one that it may not read."""


class Jobs(Service):
    """The same Kafka with a configuration of all jobs."""

    def __init__(self, base: Service, folder: Path) -> None:
        super().__init__(base.guarded, folder)
        self.passwords = {name: self.password("add", name, role) for name, role in ROLES.items()}

    def config(self, user: str, password: str) -> Path:
        path = super().config(user, password)
        text = path.read_text().replace('[followup]\nannotators = ["nora", "otto"]\n', "")
        path.write_text(text.replace("trust", "duty") + MORE.format(folder=self.folder))
        return path

    def of(self, user: str) -> Path:
        return self.config(user, self.passwords[user])

    def link_of(self, user: str) -> Connection:
        return self.link(user, self.passwords[user])


@pytest.fixture(scope="module")
def jobs(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jobs]:
    admin = KafkaAdmin(Connection(service.plain))
    found = Jobs(service, tmp_path_factory.mktemp("jobs"))
    admin.create([TopicSettings(topic) for topic in ("duty-notices", "duty-survey")])
    provide_topics(build(read_settings(found.of("page"))), admin)
    yield found


def ran(*words: str) -> str:
    """What a command says, its error too."""
    result = CliRunner().invoke(app, words)
    return f"{result.output}{result.exception or ''}"


@pytest.mark.parametrize("user", ROLES)
def test_a_user_of_a_role_has_all_of_it_and_of_another_is_told_what_lacks(
    jobs: Jobs, user: str
) -> None:
    config = str(jobs.of(user))
    told = ran("credentials", "check", ROLES[user], "--config", config)
    assert f"as user '{user}' has the rights of role {ROLES[user]}" in told, told
    assert jobs.passwords[user] not in told
    told = ran("credentials", "check", "worker", "--config", config)
    assert "no right to Write topic 'duty.ledger' at" in told or user in ("oscar", "liz")
    assert f"as user '{user}'" in told and "has the rights" not in told


@pytest.mark.parametrize("user", ROLES)
def test_a_job_may_neither_write_nor_read_what_is_not_its_own(jobs: Jobs, user: str) -> None:
    written, read = FOREIGN[user]
    with pytest.raises(BrokerError, match=rf"no right to Write topic '{written}' at .* '{user}'"):
        PlainWriter(jobs.link_of(user), written).write(b"x", b"x")
    with pytest.raises(BrokerError, match=rf"no right to Read (topic|group) .* as user '{user}'"):
        read_one(jobs.link_of(user), read)


def test_a_portal_shows_the_night_and_deploys_for_an_author(jobs: Jobs) -> None:
    _, tokens = tokens_in(jobs.folder, ada="author")
    RealCluster(jobs.plain).publish(PUBLIC, finds())
    with opened(Place.of(jobs.of("page"), None)) as backend:
        bearer = {"Authorization": f"Bearer {tokens['ada']}"}
        client = TestClient(application(backend), headers=bearer)
        given = {"name": "faint", "text": "faint: magnitude > 19", "force": True}
        answer = client.post("/api/v1/filter/deploy", json=given)
        assert answer.status_code == 200, answer.text
        until(lambda: backend.night.sums().alerts > 0 and "faint" in client.get("/filters").text)
        assert backend.night.fault == ""


def test_an_author_deploys_from_the_command_line(jobs: Jobs, tmp_path: Path) -> None:
    (tmp_path / "near.filter").write_text("near: magnitude < 15\n")
    words = ("filter", "deploy", str(tmp_path / "near.filter"), "--force", "--own-topic")
    assert "near version 1 is deployed" in ran(*words, "--config", str(jobs.of("amy")))
    assert "near" in ran("filter", "list", "--config", str(jobs.of("amy")))


def test_a_reader_s_rights_suffice_for_the_writer_of_a_lake(jobs: Jobs) -> None:
    RealCluster(jobs.plain).publish(PUBLIC, finds())
    watch = Enough(1)
    with lake_writer(read_settings(jobs.of("lou")), version="test", observers=[watch]) as worker:
        watch.worker = worker
        worker.run()
    assert [*(jobs.folder / "lake").iterdir()]


def test_an_observer_looks_at_alerts_and_a_listener_at_notices(jobs: Jobs) -> None:
    plain, before = RealCluster(jobs.plain), len(RealCluster(jobs.plain).read("duty.ledger"))

    def counted(topic: str, value: bytes) -> bool:
        """Whether the job says in the ledger that something came, which is sent again."""
        plain.publish(topic, [value])
        return len(plain.read("duty.ledger")) > before

    with followup(read_settings(jobs.of("oscar")), version="test") as runner, running(runner):
        until(lambda: counted(PUBLIC, finds()[0]), look_s=0.5)
    before = len(plain.read("duty.ledger"))
    with listener(read_settings(jobs.of("liz")), version="test") as heard, running(heard):
        until(lambda: counted("duty-notices", b"no notice"), look_s=0.5)


def test_a_sender_replays_a_night_and_goes_on_where_it_was(jobs: Jobs, tmp_path: Path) -> None:
    for nth, one in enumerate(invent(3, seed=1)):
        (tmp_path / f"{nth}.avro").write_bytes(one.packet)
    client = {**jobs.client, "sasl.username": "sam", "sasl.password": jobs.passwords["sam"]}
    words = ("replay", str(tmp_path), "--to", "duty-survey", "--free", "--bootstrap")
    with pytest.MonkeyPatch.context() as environment:
        for name, value in client.items():
            if name != "bootstrap.servers":
                environment.setenv(f"GUESTSTAR_KAFKA_{name.upper().replace('.', '_')}", value)
        assert "sent 3 packets" in ran(*words, client["bootstrap.servers"])
        assert "sent 0 packets" in ran(*words, client["bootstrap.servers"], "--resume")


def test_a_reviser_and_a_modeller_write_their_topics_in_transactions(jobs: Jobs) -> None:
    revisions = read_settings(jobs.of("rex")).topics.named(REVISIONS)
    KafkaAdmin(jobs.link_of("rex")).create([TopicSettings(revisions)])
    written(jobs.link_of("rex"), revisions, "a1", revisions)
    assert read_one(jobs.link_of("rex"), revisions) == 1
    place = ModelPlace.of(jobs.of("mia"), None)
    assert [*place.register().versions("realbogus")] == []
    with place.control(place.settings.models.retrains) as retrains:
        assert retrains.present() == []
    written(jobs.link_of("mia"), "duty", "retraining", place.settings.models.retrains)


def written(link: Connection, group: str, worker: str, topic: str) -> None:
    """A message, in a transaction of a job's own name."""
    with closing(KafkaSink(link, group=group, worker=worker, topics=[topic])) as sink:
        sink.rebuild()
        sink.begin()
        sink.produce([Output(topic, b"key", b"value")])
        sink.commit()


@pytest.mark.parametrize("name", ["duty", "replay", "telescope"])
def test_no_user_is_given_the_groups_of_jobs_by_its_name(jobs: Jobs, name: str) -> None:
    config = str(jobs.folder / "operator.toml")
    result = CliRunner().invoke(app, ["credentials", "add", name, "reader", "--config", config])
    assert isinstance(result.exception, SettingsError)
    assert "of a job; choose another name" in str(result.exception)


@pytest.mark.parametrize("user", ["lou", "page"])
def test_who_may_not_grant_rights_is_refused_by_name(jobs: Jobs, user: str) -> None:
    with pytest.raises(BrokerError, match=rf"no right to Describe and Alter .* as user '{user}'"):
        KafkaGrants(jobs.link_of(user)).users()

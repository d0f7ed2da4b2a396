"""Secrets planted for the jobs beside the stream, whose servers repeat what they hear."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path
from urllib.request import urlopen

import pytest

from broker.assembly import worker
from broker.kafka import Connection, KafkaAdmin, KafkaControlTopic, TopicSettings, control_topic
from broker.settings import Settings, read_settings
from kafka_node.listeners import User
from kafka_node.node import KafkaNode
from schemas.batch import AlertBatch
from services.followup.assembly import followup
from services.followup.deployed import deploy
from services.followup.programme import Bounds, Observe, Programme
from services.messengers.assembly import listener
from services.notices.assembly import notices
from tests.broker.clusters import RealCluster
from tests.conftest import QUICK_KAFKA, require_kafka
from tests.gueststar.test_planted_secrets import logged
from tests.loopback import JsonHandler, address_of, served
from tests.running import running, until
from tests.services.followup.kafka_places import meridian, tonight
from tests.services.notices.doubles import MailBox

pytestmark = pytest.mark.kafka

SECRETS = (
    "planted-kafka",
    "planted-gcn",
    "planted-telescope",
    "planted-webhook",
    "planted-path",
    "planted-mail",
)
CONFIG = """
[kafka]
bootstrap = "{ours}"
[kafka.security]
"security.protocol" = "SASL_PLAINTEXT"
"sasl.mechanism" = "SCRAM-SHA-512"
"sasl.username" = "ada"
"sasl.password" = "planted-kafka"
[topics]
input = ["alerts"]
prefix = "planted."
[classifiers]
names = []
[filters]
files = ["seen.filter"]
[metrics]
port = 0
[messengers]
topics = ["gcn"]
bootstrap = "{plain}"
[messengers.security]
"sasl.oauthbearer.client.secret" = "planted-gcn"
[followup]
poll_s = 0.2
plan_s = 0.2
settle_s = 1.0
lead_s = 86400.0
[followup.sites.mine]
latitude_deg = {latitude}
longitude_deg = {longitude}
adapter = "ocs"
address = "{others}"
token = "planted-telescope"
[notices]
retry_s = 0.2
[notices.targets.web]
address = "{others}/hook/planted-path"
token = "planted-webhook"
filters = ["seen"]
[notices.targets.mail]
kind = "mail"
address = "{mail}"
user = "ada"
token = "planted-mail"
encryption = "none"
to = ["ada@example.org"]
filters = ["seen"]
"""
EVERYTHING = Programme(
    "1.0",
    "everything",
    clauses={"seen": "magnitude < 30"},
    observe=Observe(bands=("r",)),
    limits=Bounds(hours_a_night=24.0, requests_a_night=100),
)
ALERTS = 3
LONG_S = 600.0


@contextmanager
def repeating(heard: list[str]) -> Iterator[str]:
    """A server that refuses all, and repeats what it was told."""

    class Handler(JsonHandler):
        def _refuse(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            heard.append(self.path)
            self.answer(400, {"refused": f"{self.path} {dict(self.headers.items())}"})

        do_GET = do_POST = do_PATCH = _refuse  # noqa: N815

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    with served(server):
        yield address_of(server)


def written(folder: Path, node: KafkaNode, batch: AlertBatch, others: str, mail: str) -> Settings:
    """A configuration of all jobs, with a telescope that can see the alerts now."""
    (folder / "seen.filter").write_text("seen: magnitude < 30\n")
    path = folder / "planted.toml"
    longitude = (meridian(float(batch.ra_deg[0])) + 180) % 360 - 180
    path.write_text(
        CONFIG.format(
            ours=node.addresses["SASL_PLAINTEXT"],
            plain=node.address,
            latitude=max(-80.0, min(80.0, float(batch.dec_deg[0]))),
            longitude=longitude,
            others=others,
            mail=mail,
        )
    )
    return read_settings(path)


def provide(node: KafkaNode, settings: Settings) -> None:
    """The topics of others, and a programme."""
    link, programmes = Connection(node.address), settings.followup.programmes
    KafkaAdmin(link).create(
        [TopicSettings("alerts"), TopicSettings("gcn"), control_topic(programmes)]
    )
    with closing(KafkaControlTopic(link, programmes)) as control:
        deploy(EVERYTHING, control, by="test")


@contextmanager
def all_jobs(settings: Settings) -> Iterator[None]:
    """A worker and the three jobs, each in a thread."""
    with ExitStack() as held:
        for each in (worker(settings, "one", version="test"), followup(settings, version="test")):
            held.enter_context(running(held.enter_context(each)))
        held.enter_context(running(held.enter_context(listener(settings, version="test"))))
        sending = held.enter_context(notices(settings, version="test"))
        held.enter_context(running(sending.runner))
        held.callback(sending.stop)
        yield


def test_no_secret_of_a_job_is_in_its_log_its_metrics_or_any_topic(tmp_path: Path) -> None:
    require_kafka()
    packets, batch = tonight(ALERTS)
    heard: list[str] = []
    with ExitStack() as held:
        node = KafkaNode(settings=QUICK_KAFKA, user=User("ada", SECRETS[0]))
        held.enter_context(node)
        others = held.enter_context(repeating(heard))
        box = held.enter_context(MailBox().serving())
        box.code = 550
        settings = written(tmp_path, node, batch, others, box.address)
        provide(node, settings)
        cluster, log = RealCluster(node.address), held.enter_context(logged())
        with all_jobs(settings):
            cluster.publish("gcn", [b"no notice"])

            def are_heard() -> bool:
                cluster.publish("alerts", packets)
                return {"hook" in path for path in heard} == {True, False}

            until(are_heard, limit_s=LONG_S, look_s=2.0)
            until(lambda: "***" in published(node), limit_s=LONG_S, look_s=1.0)
            found = {"metrics": served_by_all(log.getvalue())}
        found |= {"log": log.getvalue(), "topics": published(node)}
    assert "no notice" in found["topics"]
    for place, said in found.items():
        assert [secret for secret in SECRETS if secret in said] == [], place


def served_by_all(log: str) -> str:
    """The metrics of the worker and of the three jobs."""
    places = dict(re.findall(r"worker (\w+): metrics at (\S+/metrics)", log))
    assert places.keys() == {"one", "followup", "messengers", "notices"}
    return "".join(urlopen(place).read().decode() for place in places.values())


def published(node: KafkaNode) -> str:
    """All that is on our topics."""
    cluster = RealCluster(node.address)
    with closing(cluster):
        return "".join(
            value.decode("latin-1")
            for topic in KafkaAdmin(Connection(node.address)).partitions()
            if topic.startswith("planted.")
            for value in cluster.read(topic)
        )

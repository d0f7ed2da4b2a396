"""A secret planted wherever a setting takes one, searched for wherever a text comes out."""

from __future__ import annotations

import io
import json
import logging
import re
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote
from urllib.request import urlopen

import pytest
import typer
from starlette.testclient import TestClient
from typer.testing import CliRunner

from broker.assembly import build, connect, worker
from broker.kafka import Connection, KafkaAdmin, TopicSettings
from broker.settings import read_settings
from gueststar.command import app, explain
from gueststar.filtering.place import Place
from gueststar.logs import Lines, Objects, log_fault
from gueststar.portal.access.tokens import Role, line_of
from gueststar.portal.application import application
from gueststar.portal.certificate import Certificate
from gueststar.portal.pages import PAGES
from gueststar.portal.service import opened
from kafka_node.listeners import User, make_certificates
from kafka_node.node import KafkaNode
from replay.invention import Invented, invent
from schemas.registry import RegistrySchemas
from schemas.secrets import keep
from services.followup.adapters.http_json import JsonClient
from services.followup.adapters.port import Refused
from tests.broker.clusters import RealCluster
from tests.conftest import QUICK_KAFKA, require_kafka
from tests.gueststar.running import said
from tests.running import running, until
from tests.schemas.registry_server import RegistryServer, serving
from tests.services.followup.portal_server import PortalServer

SECRETS = {
    "Kafka's password": "planted-kafka",
    "the environment's password": "planted-environ",
    "the survey's password": "planted-survey",
    "a registry's user and password": "planted-registry",
    "an address's password": "planted%2Faddress",
    "GCN's client secret": "planted-gcn",
    "a telescope's token": "planted-telescope",
    "a mail server's password": "planted-mail",
    "a portal's token": "gs_planted-portal",
    "what opens a portal's key": "planted-lock",
}
CONFIG = """
[kafka]
bootstrap = "{ours}"
group = "planted"
[kafka.security]
"security.protocol" = "SASL_PLAINTEXT"
"sasl.mechanism" = "SCRAM-SHA-512"
"sasl.username" = "ada"
"sasl.password" = "planted-kafka"
"ssl.key.password" = "$PLANTED"
[source]
bootstrap = "{survey}"
topics = ["planted-alerts"]
[source.security]
"security.protocol" = "PLAINTEXT"
"sasl.password" = "planted-survey"
[topics]
status = "gueststar.status"
[enriched]
framing = "confluent"
[schemas.registry]
url = "{registry}"
"basic.auth.user.info" = "ada:planted-registry"
[enriched.registry]
url = "{with_password}"
[messengers.security]
"sasl.oauthbearer.client.secret" = "planted-gcn"
[followup.sites.mine]
latitude_deg = 0
longitude_deg = 0
adapter = "ocs"
address = "{with_password}"
token = "planted-telescope"
options = {{ password = "planted-mail" }}
[filters]
builtin = ["solar_system"]
[classifiers]
names = []
[portal]
tokens = "{tokens}"
certificate = "server.crt"
key = "locked.key"
key_password = "planted-lock"
[metrics]
port = 0
"""
ALERTS = 20
MISTAKEN = (
    "planted-kafka",
    "planted-survey",
    "ada:planted-registry",
    "http://ada:planted%2Faddress@there:1",
    "planted-gcn",
    "planted-telescope",
    "planted-mail",
    "planted-lock",
)
PLACES = ("settings", "log", "check", "metrics", "topics", "status", "pages", "command lines")


@pytest.fixture(scope="module")
def kafka() -> Iterator[KafkaNode]:
    """One whose user has the planted password."""
    require_kafka()
    user = User("ada", SECRETS["Kafka's password"])
    with KafkaNode(settings=QUICK_KAFKA, user=user) as node:
        yield node


@pytest.fixture(scope="module")
def registry() -> Iterator[RegistryServer]:
    with serving() as server:
        server.level = "NONE"
        yield server


def planted(folder: Path, kafka: str, registry: str, survey: str = "survey:1") -> Path:
    """A configuration with a secret wherever one may stand."""
    token, password = SECRETS["a portal's token"], SECRETS["an address's password"]
    tokens, path = folder / "tokens.txt", folder / "planted.toml"
    tokens.write_text(line_of("ada", Role.AUTHOR, token) + "\n")
    with_password = registry.replace("//", f"//ada:{password}@")
    text = CONFIG.format(
        ours=kafka, survey=survey, registry=registry, with_password=with_password, tokens=tokens
    )
    path.write_text(text)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a certificate, and its key that the planted password opens."""
    found = tmp_path_factory.mktemp("planted")
    make_certificates(found)
    key, locked = str(found / "server.key"), str(found / "locked.key")
    command = ["openssl", "pkcs8", "-topk8", "-in", key, "-out", locked, "-passout", "stdin"]
    subprocess.run(command, check=True, input=SECRETS["what opens a portal's key"], text=True)
    return found


@pytest.fixture(scope="module")
def places(kafka: KafkaNode, registry: RegistryServer, folder: Path) -> Iterator[dict[str, str]]:
    """What is to be read in each place, once a worker has published a night."""
    ours = kafka.addresses["SASL_PLAINTEXT"]
    with pytest.MonkeyPatch.context() as patched, logged() as log:
        patched.setenv("PLANTED", SECRETS["the environment's password"])
        path = planted(folder, ours, registry.url, survey=kafka.address)
        settings = read_settings(path)
        found = {"settings": f"{settings!r} {settings} {connect(settings)!r} {build(settings)!r}"}
        KafkaAdmin(Connection(kafka.address)).create([TopicSettings("planted-alerts", 1)])
        cluster = RealCluster(kafka.address)
        cluster.publish("planted-alerts", [b"no alert", *(each.packet for each in night())])
        with worker(settings, "one", version="test") as runner, running(runner):
            until(lambda: len(cluster.read(settings.topics.enriched)) == ALERTS)
            served = re.findall(r"metrics at (\S+/metrics)", log.getvalue())[0]
            found["metrics"] = urlopen(served).read().decode()
        found["topics"] = "".join(
            value.decode("latin-1")
            for topic in settings.topics.used
            for value in cluster.read(topic)
        )
        found["status"] = said("status", "--config", str(path), "--json")
        found["check"] = (
            CliRunner().invoke(app, ["check", str(path)], catch_exceptions=False).output
        )
        found["command lines"] = command_lines()
        found["pages"] = "".join(pages(path))
        yield found | {"log": log.getvalue()}


@contextmanager
def logged() -> Iterator[io.StringIO]:
    """All that is logged, down to DEBUG, in both ways in which a service writes it."""
    written, root = io.StringIO(), logging.getLogger()
    level, handlers = root.level, [logging.StreamHandler(written) for _ in range(2)]
    for handler, form in zip(handlers, (Lines(), Objects("one")), strict=True):
        handler.setFormatter(form)
        root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield written
    finally:
        root.setLevel(level)
        for handler in handlers:
            root.removeHandler(handler)


def night() -> Iterator[Invented]:
    return invent(ALERTS, seed=1)


def command_lines() -> str:
    """Of this machine's processes, which all users may read."""
    lines = [each.read_bytes() for each in Path("/proc").glob("[0-9]*/cmdline") if each.exists()]
    return b"\n".join(lines).decode("latin-1")


def pages(config: Path) -> Iterator[str]:
    """Every page of the portal, to who shows the token, and what the interface says to one."""
    broker = Place.of(config, None)
    with opened(broker) as backend:
        assert Certificate.of(broker.settings.portal) is not None
        client = TestClient(application(backend), base_url="https://testserver")
        bearer = {"Authorization": "Bearer " + SECRETS["a portal's token"]}
        for path in [*PAGES, "/api/v1/filters", "/api/v1/ledger", "/healthz"]:
            answer = client.get(path, headers=bearer)
            yield f"{path} {answer.status_code} {answer.headers} {answer.text}\n"
        wrong = client.post("/sign-in", data={"token": SECRETS["a portal's token"] + "x"})
        yield wrong.text


@pytest.mark.kafka
@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("place", PLACES)
def test_no_secret_is_in_any_place(places: dict[str, str], place: str, secret: str) -> None:
    assert places[place], "the place was looked at"
    assert SECRETS[secret] not in places[place]
    assert unquote(SECRETS[secret]) not in places[place]


@pytest.mark.kafka
@pytest.mark.parametrize("key", ["server.key", "locked.key"])
def test_no_line_of_a_portal_s_key_is_in_any_place(
    places: dict[str, str], folder: Path, key: str
) -> None:
    lines = (folder / key).read_text().splitlines()[1:-1]
    assert len(lines) > 20
    assert not [one for one in lines for place in places.values() if one in place]


@pytest.mark.kafka
def test_the_places_hold_what_they_are_to_hold(places: dict[str, str]) -> None:
    assert "joining group" in places["log"] and "connections up" in places["log"]
    assert "gueststar_alerts_consumed_total" in places["metrics"]
    assert "the portal's certificate is good until" in places["log"]
    assert "topics" in places["check"]
    assert json.loads(places["status"])["dead"] == {"not an alert": 1}
    assert places["pages"].count(" 200 ") > 5


def shown(capsys: pytest.CaptureFixture[str], act: Callable[[], object]) -> str:
    """What a command says of the error that is raised, with its traceback."""
    with pytest.raises(Exception) as raised:
        act()
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("GUESTSTAR_DEBUG", "1")
        assert isinstance(raised.value, Exception)
        explain(raised.value)
    said_of_it = capsys.readouterr().err
    assert "Traceback" in said_of_it
    return said_of_it


@pytest.mark.parametrize("wrong", ['["{}"]', '"${}"', "{}", '"{}', "31415926"])
@pytest.mark.parametrize("value", MISTAKEN)
def test_a_mistake_where_a_secret_stands_in_the_settings_does_not_show_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], value: str, wrong: str
) -> None:
    path = planted(tmp_path, "here:1", "http://there:1")
    text = path.read_text()
    assert f'"{value}"' in text
    path.write_text(text.replace(f'"{value}"', wrong.format(value)))
    told = shown(capsys, lambda: read_settings(path)).replace(str(path), "")
    assert not re.search("planted[-%]|31415926", told)


def test_a_key_that_is_not_opened_shows_neither_itself_nor_what_was_tried(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = planted(folder, "here:1", "http://there:1")
    path.write_text(path.read_text().replace("planted-lock", "planted-latch"))
    told = shown(capsys, lambda: Certificate.of(read_settings(path).portal))
    assert "locked.key is locked, and [portal] key_password does not open it" in told
    assert "planted-l" not in told
    assert (folder / "locked.key").read_text().splitlines()[1] not in told


def test_what_others_say_of_a_secret_is_not_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    keep("token", "planted-telescope")
    with PortalServer().serving() as portal:
        portal.tokens = {"another"}
        token = {"Authorization": "Token planted-telescope\n"}
        client = JsonClient(portal.address, headers=token, answer_s=5.0)
        told = shown(capsys, lambda: client.get("/"))
    told += shown(capsys, lambda: RegistrySchemas({"url": "ftp://ada:planted-ftp@there"}))
    assert "***" in told and "planted-" not in told


def test_a_fault_of_a_thread_is_logged_without_the_secret_in_it() -> None:
    keep("sasl.password", "planted'quoted")
    try:
        raise ValueError({"sasl.password": "planted'quoted"})
    except ValueError as error:
        fault = threading.ExceptHookArgs((ValueError, error, None, threading.current_thread()))
    with logged() as log:
        log_fault(fault)
    assert log.getvalue().count("MainThread ended with a fault of ours") == 2
    assert "ValueError" in log.getvalue() and "planted'" not in log.getvalue()


def test_an_operating_error_that_goes_into_a_record_holds_no_secret() -> None:
    keep("password", "planted-record")
    assert str(Refused("POST /: 401 no planted-record here")) == "POST /: 401 no *** here"


def test_no_command_takes_a_secret_on_its_command_line() -> None:
    options = [*options_of(typer.main.get_command(app))]
    assert "--bootstrap" in options
    assert not [each for each in options if re.search("password|secret", each)]


def options_of(command: object) -> Iterator[str]:
    """Of a command and of those below it."""
    for parameter in getattr(command, "params", ()):
        yield from parameter.opts
    for each in getattr(command, "commands", {}).values():
        yield from options_of(each)

"""Adapters against what stands for their other side, on loopback."""

from __future__ import annotations

import json
import os
import shutil
import smtplib
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from broker.clock import ManualClock
from broker.followup_settings import Adapter, Site
from broker.memory import MemoryControlTopic, MemoryKafka, MemorySink
from broker.toml_tables import Signed
from services.followup.adapters.alpaca import AlpacaTelescope
from services.followup.adapters.brokers import SkyPortal, TomToolkit
from services.followup.adapters.by_hand import Answers, MailTelescope, TopicTelescope
from services.followup.adapters.http_json import JsonClient, read_json
from services.followup.adapters.ocs import OcsPortal, name_of
from services.followup.adapters.port import AnswerLost, CannotTell, NotReached, Refused
from services.followup.journal import SinkJournal
from services.followup.programme import Observe
from services.followup.requests import Request, Requests, State, id_of
from services.followup.tracker import Patience, Tracker
from tests.running import until
from tests.services.followup.brokers_server import BrokersServer
from tests.services.followup.jobs import wanted
from tests.services.followup.portal_server import PortalServer

OBSERVE = {"test": Observe(bands=("g", "r"), exposure_s=60.0)}


def site(address: str, adapter: Adapter = "ocs", **options: str) -> Site:
    return Site(
        Signed(28.3), Signed(-16.5), adapter=adapter, address=address, token="t", options=options
    )


def asked(number: int = 1) -> Request:
    now = time.time()
    return replace(wanted(number, now), begin_unix_s=now + 60, end_unix_s=now + 660)


@pytest.fixture
def portal() -> Iterator[PortalServer]:
    with PortalServer().serving() as serving:
        yield serving


def test_a_portal_takes_a_request_tells_of_it_and_gives_it_up(portal: PortalServer) -> None:
    portal.tokens = {"Token t"}
    ocs = OcsPortal(site(portal.address, proposal="P1"), OBSERVE, answer_s=5.0)
    one, other = asked(1), asked(2)
    found = ocs.submit(one)
    assert found.state is State.PENDING
    assert [each.reference for each in ocs.find(one)] == [found.reference]
    assert ocs.find(other) == []
    (document,) = portal.documents
    assert document["requests"][0]["configurations"][0]["target"]["ra"] == one.ra_deg
    filters = [
        each["optical_elements"]["filter"]
        for each in document["requests"][0]["configurations"][0]["instrument_configs"]
    ]
    assert filters == ["g", "r"]
    ocs.cancel(one, found.reference)
    assert [each.state for each in ocs.find(one)] == [State.CANCELED]


@pytest.mark.parametrize("state", ["WINDOW_EXPIRED", "FAILURE_LIMIT_REACHED", "COMPLETED"])
def test_every_state_of_the_portal_is_understood(portal: PortalServer, state: str) -> None:
    ocs = OcsPortal(site(portal.address, proposal="P1"), OBSERVE, answer_s=5.0)
    portal.portal.groups[ocs.submit(asked()).reference].state = State(state)
    assert [each.state for each in ocs.find(asked())] == [state]


def test_what_was_reduced_comes_with_what_was_observed(portal: PortalServer) -> None:
    results = f"{portal.address}/results/"
    ocs = OcsPortal(site(portal.address, proposal="P1", results=results), OBSERVE, answer_s=5.0)
    ocs.submit(asked())
    point = {"mjd": 61_000.5, "band": "r", "magnitude": 19.0, "magnitude_err": 0.05}
    portal.observe(lambda _: {"results": [{"kind": "photometry", "points": [point]}]})
    (found,) = ocs.find(asked())
    assert found.results[0].points[0].magnitude == 19.0
    portal.results[asked().id] = {"results": [{"kind": "gossip"}]}
    with pytest.raises(AnswerLost, match="gossip"):
        ocs.find(asked())


def test_each_way_of_failing_says_whether_it_was_heard(portal: PortalServer) -> None:
    ocs = OcsPortal(site(portal.address), OBSERVE, answer_s=5.0)
    with pytest.raises(Refused, match="proposal"):
        ocs.submit(asked())
    nowhere = OcsPortal(site("http://127.0.0.1:9"), OBSERVE, answer_s=5.0)
    with pytest.raises(NotReached):
        nowhere.submit(asked())
    with PortalServer(loses=1.0).serving() as lossy:
        lost = OcsPortal(site(lossy.address, proposal="P1"), OBSERVE, answer_s=5.0)
        with pytest.raises(AnswerLost):
            lost.submit(asked())
        assert len(lost.find(asked())) == 1
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(AnswerLost):
            OcsPortal(site(address), OBSERVE, answer_s=0.2).submit(asked())
    with pytest.raises(Refused, match="no http address"):
        JsonClient("ftp://x", headers={}, answer_s=1.0)


def test_a_long_name_is_shortened_and_still_its_own() -> None:
    programme, other = "p" * 60, "p" * 59 + "q"
    names = {
        name_of(replace(asked(), id=id_of(one, "ZTF000001", 1), programme=one))
        for one in (programme, other)
    }
    assert len(names) == 2
    assert all(len(name) <= 50 for name in names)


def test_a_tom_and_skyportal_are_asked_and_found_again() -> None:
    with BrokersServer().serving() as server:
        tom = TomToolkit(site(server.address, "tom"), OBSERVE, answer_s=5.0)
        sky = SkyPortal(site(server.address, "skyportal"), OBSERVE, answer_s=5.0)
        for telescope in (tom, sky):
            found = telescope.submit(asked(1))
            telescope.submit(asked(2))
            assert [each.reference for each in telescope.find(asked(1))] == [found.reference]
            telescope.cancel(asked(1), found.reference)
            assert [each.state for each in telescope.find(asked(1))] == [State.CANCELED]
            assert [each.state for each in telescope.find(asked(2))] == [State.PENDING]


class Kafka:
    """A topic of answers, in memory."""

    def __init__(self) -> None:
        self.kafka = MemoryKafka(ManualClock(now_s=1.8e9))
        self.kafka.create_topic("answers")
        self.answers = Answers(MemoryControlTopic(self.kafka, "answers"))

    def say(self, request: Request, said: object) -> None:
        self.kafka.publish("answers", json.dumps(said).encode(), key=request.id.encode())


def test_a_topic_is_asked_in_the_transaction_that_says_so_and_answers_by_topic() -> None:
    world = Kafka()
    topic = TopicTelescope("requests.teide", world.answers, OBSERVE)
    found = topic.submit(asked())
    (output,) = found.outputs
    assert json.loads(output.value)["object_id"] == asked().object_id
    assert topic.find(asked()) == []
    pending = replace(asked(), state=State.PENDING, reference=asked().id)
    with pytest.raises(CannotTell):
        topic.find(pending)
    world.say(pending, {"state": "PENDING"})
    world.say(
        pending, {"state": "COMPLETED", "results": [{"kind": "classification", "type": "II"}]}
    )
    (answered,) = topic.find(pending)
    assert (answered.state, answered.results[0].type) == (State.COMPLETED, "II")


def test_a_request_that_was_answered_is_looked_after_at_once_and_not_at_its_next_turn() -> None:
    world, requests = Kafka(), Requests()
    world.kafka.create_topic("requests")
    sink = MemorySink(world.kafka, name="followup")
    sink.rebuild()
    pending = replace(
        asked(), site="teide", state=State.PENDING, reference=asked().id, end_unix_s=1.8e9 + 600.0
    )
    requests.put(pending)
    telescopes = {"teide": TopicTelescope("requests.teide", world.answers, OBSERVE)}
    tracker = Tracker(
        requests, telescopes, SinkJournal(sink, "requests"), Patience(30.0, 60.0, attempts_max=5)
    )
    assert tracker.step(1.8e9) == 1
    world.say(pending, {"state": "COMPLETED"})
    assert tracker.step(1.8e9 + 1.0) == 0
    tracker.have_due(world.answers.new())
    assert tracker.step(1.8e9 + 1.0) == 1
    assert not requests.open
    assert not world.answers.new()


def test_mail_is_sent_once_and_its_answer_comes_by_topic(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []

    class Server:
        def __init__(self, *_: object, **__: object) -> None:
            pass

        def __enter__(self) -> Server:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def send_message(self, mail: object) -> None:
            sent.append(mail)

    world = Kafka()
    mail = MailTelescope(
        site("127.0.0.1:9", "mail", to="a@b"), world.answers, OBSERVE, answer_s=1.0
    )
    with pytest.raises(NotReached):
        mail.submit(asked())
    monkeypatch.setattr(smtplib, "SMTP", Server)
    assert mail.submit(asked()).state is State.PENDING
    assert "ZTF000001" in sent[0]["Subject"]
    with pytest.raises(CannotTell):
        mail.find(asked())
    world.say(asked(), {"state": "COMPLETED"})
    assert mail.find(asked())[0].state is State.COMPLETED


@pytest.fixture
def alpaca(tmp_path: Path) -> Iterator[str]:
    """ASCOM Alpaca's simulators, where somebody has installed them, on loopback."""
    named = os.environ.get("GUESTSTAR_ALPACA") or shutil.which("alpaca-simulators")
    if named is None:
        pytest.skip("no alpaca-simulators here; GUESTSTAR_ALPACA may name the command")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [named, "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(command, cwd=tmp_path, stdout=-3, stderr=-3) as process:
        until(lambda: _listens(port))
        yield f"http://127.0.0.1:{port}"
        process.terminate()


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


def test_a_telescope_of_ones_own_takes_dark_frames_and_is_given_up(alpaca: str) -> None:
    own = {"test": Observe(bands=("g",), exposure_s=0.2)}
    telescope = AlpacaTelescope(site(alpaca, "alpaca", dark="yes"), own, answer_s=20.0)
    one = replace(asked(1), begin_unix_s=time.time())
    later = replace(asked(2), begin_unix_s=time.time() + 3_000, end_unix_s=time.time() + 4_000)
    telescope.submit(one)
    until(lambda: telescope.find(one)[0].state is not State.PENDING)
    (found,) = telescope.find(one)
    assert found.state is State.COMPLETED, found.reason
    assert found.results[0].text.startswith("g: ")
    telescope.submit(later)
    telescope.cancel(later, "")
    until(lambda: telescope.find(later)[0].state is State.CANCELED)
    with pytest.raises(CannotTell):
        telescope.find(asked(3))


@pytest.mark.parametrize("said", [b"[" * 100_000, b"{", b"\xff", b"1" * 5_000])
def test_an_answer_that_is_no_json_is_lost_however_it_is_made(said: bytes) -> None:
    with pytest.raises(AnswerLost, match="no JSON"):
        read_json(said, "GET /")

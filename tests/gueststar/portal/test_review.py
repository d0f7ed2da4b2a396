"""The oddest looked through on a page: the terminal's records, by who is signed in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from starlette.testclient import TestClient

from broker.clock import SystemClock
from broker.memory import MemoryControlTopic, MemoryKafka
from broker.ports import ControlTopic
from classifiers.anomaly import Anomaly
from gueststar.anomalies.nights import oddest
from gueststar.anomalies.records import REVIEWS, Answer, Profile, Review
from gueststar.anomalies.review import ranked, still_open
from gueststar.portal.application import application
from gueststar.portal.backend import Backend
from gueststar.portal.oddest import Reviewing
from lake.reading import Lake
from tests.gueststar.anomalies.test_nights import night
from tests.gueststar.portal.conftest import MakeBackend
from tests.gueststar.portal.desk import tokens_in
from tests.gueststar.portal.opened import Opened, opened, until
from tests.lake.held import written

WHO = {"ada": "author", "bob": "author", "rita": "reader"}


class Answers:
    """A topic of answers in memory."""

    def __init__(self) -> None:
        self.kafka = MemoryKafka(SystemClock())
        self.kafka.create_topic(REVIEWS)

    @contextmanager
    def opened(self) -> Iterator[ControlTopic]:
        yield MemoryControlTopic(self.kafka, REVIEWS)

    def profile(self, user: str = "ada") -> Profile:
        """As the terminal has it."""
        control = MemoryControlTopic(self.kafka, REVIEWS)
        return Profile(control, user, sha256=Anomaly().identity.sha256, by=f"{user}@there")

    def said(self, user: str = "ada") -> list[tuple[str, Answer]]:
        return [(each.object_id, each.answer) for each in self.profile(user).answers]


@pytest.fixture(scope="module")
def odd_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("odd") / "lake"
    written(folder, night(), with_packets=False)
    return folder


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
def given(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    return tokens_in(tmp_path, **WHO)


@pytest.fixture
def reviewed(
    made: MakeBackend, odd_lake: Path, answers: Answers, given: tuple[Path, dict[str, str]]
) -> Backend:
    reviewing = Reviewing(odd_lake, answers.opened)
    return made(odd_lake, reviewing=reviewing, tokens=given[0])


def client_of(backend: Backend, token: str) -> TestClient:
    return TestClient(application(backend), headers={"Authorization": f"Bearer {token}"})


def hidden(text: str) -> dict[str, str]:
    """The fields that a page's form sends with an answer."""
    found = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', text))
    return {name: found[name] for name in ("nights", "survey", "alert")}


def shown(text: str) -> str:
    """The object of a page."""
    found = re.search(r"<h1><a [^>]*>(object\d+)</a>", text)
    assert found, text
    return found[1]


def test_an_answer_is_the_terminals_record_and_ranks_the_next(
    reviewed: Backend, answers: Answers, odd_lake: Path, given: tuple[Path, dict[str, str]]
) -> None:
    ada, every = client_of(reviewed, given[1]["ada"]), oddest(Lake(odd_lake), Anomaly())
    page, begins = ada.get("/review"), ranked(every, answers.profile())
    first = shown(page.text)
    assert first == begins.object_id[0]
    for key, expected in (("i", Answer.INTERESTING), ("a", Answer.ARTEFACT), ("n", Answer.NOT)):
        name = shown(page.text)
        page = ada.post("/review", data={"key": key, **hidden(page.text)})
        assert answers.said()[-1] == (name, expected)
        next_one = next(still_open(ranked(every, answers.profile()), answers.profile(), set()))
        assert shown(page.text) == next_one.object_id[0]
    one: Review = answers.profile().answers[0]
    assert (one.name, one.by, one.object_id) == ("ada", "ada@portal", first)
    assert one.leaves == tuple(begins.seen.leaves[0].tolist())
    assert "3 answers of ada, 1 interesting" in page.text


def test_what_the_terminal_says_meanwhile_counts_and_users_do_not_share(
    reviewed: Backend, answers: Answers, odd_lake: Path, given: tuple[Path, dict[str, str]]
) -> None:
    ada, bob = (client_of(reviewed, given[1][name]) for name in ("ada", "bob"))
    first = ranked(oddest(Lake(odd_lake), Anomaly()), answers.profile())
    assert shown(ada.get("/review").text) == shown(bob.get("/review").text) == first.object_id[0]
    of = (str(first.survey[0]), str(first.object_id[0]), int(first.alert_id[0]))
    answers.profile().say(Answer.NOT, of, first.seen.take(slice(0, 1)))
    assert shown(ada.get("/review").text) != first.object_id[0]
    assert shown(bob.get("/review").text) == first.object_id[0]


def test_what_is_skipped_is_not_said_and_the_newest_answer_is_taken_back(
    reviewed: Backend, answers: Answers, given: tuple[Path, dict[str, str]]
) -> None:
    ada = client_of(reviewed, given[1]["ada"])
    page = ada.get("/review")
    skipped = shown(page.text)
    page = ada.post("/review", data={"key": "s", **hidden(page.text)})
    assert answers.said() == []
    name = shown(page.text)
    assert name != skipped
    page = ada.post("/review", data={"key": "n", **hidden(page.text)})
    assert answers.said() == [(name, Answer.NOT)]
    page = ada.post("/review", data={"key": "u", **hidden(page.text)})
    assert answers.said() == []
    assert shown(page.text) == name


def test_readers_and_strangers_see_what_it_is_and_may_not_answer(
    reviewed: Backend, answers: Answers, given: tuple[Path, dict[str, str]]
) -> None:
    fields = {"key": "i", "survey": "ztf", "alert": "1", "nights": ""}
    rita, stranger = client_of(reviewed, given[1]["rita"]), TestClient(application(reviewed))
    assert "rita is a reader" in rita.get("/review").text
    assert "/sign-in?next=/review" in stranger.get("/review").text
    for client in (rita, stranger):
        assert client.post("/review", data=fields).status_code == 403
    assert answers.said("rita") == []


def test_what_was_not_shown_nights_that_are_none_and_other_keys_are_refused(
    reviewed: Backend, given: tuple[Path, dict[str, str]]
) -> None:
    ada = client_of(reviewed, given[1]["ada"])
    fields = hidden(ada.get("/review").text)
    for wrong, said in (
        ({"key": "x"}, "is none of i, n, a, s, u"),
        ({"key": "i", "alert": "-1"}, "are others by now"),
        ({"key": "i", "nights": "soon"}, "names no nights"),
    ):
        answer = ada.post("/review", data={**fields, **wrong})
        assert answer.status_code == 400
        assert said in answer.text
    assert "20300101" in ada.get("/review?nights=20300101").text


def test_a_portal_without_a_lake_and_a_name_that_is_none_say_so(
    made: MakeBackend, answers: Answers, tmp_path: Path
) -> None:
    path, tokens = tokens_in(tmp_path, **{"ada": "author", "Ada.L": "author"})
    backend = made(None, reviewing=Reviewing(None, answers.opened), tokens=path)
    assert "this portal has no lake" in client_of(backend, tokens["ada"]).get("/review").text
    nobody = made(None, tokens=path)
    assert "keeps no answers" in client_of(nobody, tokens["ada"]).get("/review").text


def signed_in(seen: Opened, token: str) -> None:
    seen.go("/sign-in?next=/review")
    seen.page.fill("[name=token]", token)
    seen.page.press("[name=token]", "Enter")
    seen.page.wait_for_selector(".answers")


@pytest.mark.parametrize("width", [1400, 375], ids=["wide", "narrow"])
def test_in_a_browser_a_key_answers_and_the_next_comes(
    browser: Browser,
    reviewed: Backend,
    answers: Answers,
    given: tuple[Path, dict[str, str]],
    width: int,
) -> None:
    with opened(browser, reviewed, width=width) as seen:
        signed_in(seen, given[1]["ada"])
        for key, expected in (("i", Answer.INTERESTING), ("N", Answer.NOT), ("a", "artefact")):
            name = seen.text("h1")
            seen.page.keyboard.press(key)
            until(lambda name=name: seen.text("h1") != name)  # type: ignore[misc]
            assert answers.said()[-1] == (name, Answer(expected))
        last = answers.said()[-1][0]
        seen.page.keyboard.press("u")
        until(lambda: seen.text("h1") == last)
        assert len(answers.said()) == 2
        seen.page.focus(".inline [name=nights]")
        seen.page.keyboard.type("an i is only a letter here")
        assert seen.text("h1") == last
        wider = seen.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wider <= 0
        seen.page.click("[data-key=s]")
        until(lambda: seen.text("h1") != last)
        assert len(answers.said()) == 2
        assert seen.complaints == []


def test_an_answer_that_another_site_sends_is_refused(
    browser: Browser, reviewed: Backend, answers: Answers, given: tuple[Path, dict[str, str]]
) -> None:
    with opened(browser, reviewed) as seen:
        signed_in(seen, given[1]["ada"])
        fields: dict[str, str | float | bool] = {**hidden(seen.page.content())}
        for headers, form in (
            ({"Origin": "https://elsewhere.example"}, {**fields, "key": "i"}),
            ({}, {**fields, "key": "i", "csrf": "a guess"}),
        ):
            sent = seen.page.request.post(f"{seen.address}/review", form=form, headers=headers)
            assert sent.status == 403
        assert answers.said() == []

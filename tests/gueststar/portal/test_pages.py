"""Each page shows what there is, says what to do where there is nothing, and lets no script in."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from urllib.parse import urlencode

import pytest
from starlette.testclient import TestClient

from broker.dead_letters.letters import DeadLetter
from broker.deployments.records import Version
from broker.deployments.register import Register
from broker.ports import Message
from filters.expressions.filter import ExpressionFilter
from gueststar.portal.application import application
from gueststar.portal.backend import Backend
from gueststar.subscription import Arrived
from tests.gueststar.portal.conftest import BIG, HOSTILE, MakeBackend
from tests.gueststar.portal.furniture import standing, tell
from tests.lake.test_live import alerts, kept

SN1 = urlencode({"id": BIG, "object": "SN1"})
EVIL = urlencode({"id": 2, "object": HOSTILE})
PAGES = (
    *("/", "/search", "/ledger", "/help", "/object?id=SN1", f"/alert?{SN1}"),
    *("/card?name=realbogus", "/part/figures", "/part/finds", "/part/sky", "/part/dead"),
    *("/part/balance", "/part/workers", "/search?kind=cone&centre=SN1&radius=1arcmin"),
)
INSIDE_TAGS = re.compile(r"<[^>]*\son\w+\s*=|<script(?![^>]*\ssrc=)|\sstyle=", re.IGNORECASE)
"""Handlers, scripts and styles within a page: what its security policy would refuse."""


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_there_and_holds_no_script_of_its_own(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    assert not INSIDE_TAGS.search(answer.text)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        f"/alert?{EVIL}",
        f"/object?{urlencode({'id': HOSTILE})}",
        "/search?kind=cone&centre=SN1&radius=1arcmin",
        f"/search?{urlencode({'kind': 'cone', 'centre': HOSTILE, 'radius': '1arcmin'})}",
        f"/search?{urlencode({'kind': 'id', 'id': HOSTILE + '!'})}",
        f"/search?{urlencode({'kind': 'sql', 'q': HOSTILE})}",
        f"/object?{urlencode({'id': HOSTILE + '!'})}",
        f"/?{urlencode({'topic': HOSTILE})}",
        f"/card?{urlencode({'name': HOSTILE})}",
    ],
)
def test_hostile_text_is_shown_as_text(client: TestClient, path: str) -> None:
    text = client.get(path).text
    assert "<script>document" not in text
    assert "<img src=x" not in text
    assert escape(HOSTILE, quote=False)[:40] in text


def test_an_alert_of_the_lake_has_its_columns_verdicts_and_the_clause_that_refused(
    client: TestClient,
) -> None:
    text = client.get(f"/alert?{SN1}").text
    assert str(BIG) in text
    assert "realbogus" in text
    assert "young_supernovae" in text
    assert "not measured" in text
    assert "/api/v1/light_curve?object=SN1" in text


def test_an_alert_is_found_by_its_id_alone(client: TestClient) -> None:
    assert "SN1" in client.get(f"/alert?id={BIG}").text
    answer = client.get(f"/search?kind=id&id={BIG}")
    assert answer.url.path == "/alert"


def test_an_alert_of_the_stream_is_shown_before_a_lake_has_it(
    bare: TestClient, arrived: Arrived
) -> None:
    backend: Backend = bare.app.state.backend  # type: ignore[attr-defined]
    backend.night.add(arrived)
    batch = arrived.batch
    answer = bare.get(f"/alert?id={batch.alert_id[0]}")
    assert answer.status_code == 200
    assert "from the stream" in answer.text
    assert "/api/v1/stamp" in answer.text
    assert bare.get(f"/object?{urlencode({'id': batch.object_id[0]})}").status_code == 200


def test_what_is_nowhere_is_said_with_where_was_looked(client: TestClient) -> None:
    answer = client.get("/alert?id=77")
    assert answer.status_code == 404
    assert "no alert 77 is in the lake" in answer.text
    assert client.get("/alert?id=x").status_code == 400
    assert client.get("/object?id=nobody").status_code == 404
    assert client.get("/nowhere").status_code == 404
    assert client.get("/part/nowhere").status_code == 404


def test_an_empty_portal_says_what_to_do(bare: TestClient) -> None:
    tonight, search, ledger = (bare.get(path).text for path in ("/", "/search", "/ledger"))
    assert "gueststar run CONFIG.toml" in tonight
    assert "gueststar filter deploy" in tonight
    assert "[lake] path" in search
    assert "gueststar lake write CONFIG.toml" in ledger


def test_a_fault_of_the_stream_is_on_the_page(client: TestClient, backend: Backend) -> None:
    backend.night.fault = "no answer from Kafka at localhost:9092"
    assert "no answer from Kafka at localhost:9092" in client.get("/part/figures").text


@pytest.mark.parametrize(
    "centre", ["353.66 46.65", "353.66, +46.65", "23:34:38.4 +46:39:00", "23h34m38.4s +46:39:00"]
)
def test_a_place_may_be_in_degrees_or_in_hours(client: TestClient, centre: str) -> None:
    query = urlencode({"kind": "cone", "centre": centre, "radius": "5arcsec"})
    text = client.get(f"/search?{query}").text
    assert "3 rows" in text
    assert "gueststar.lake(" in text
    assert "/api/v1/cone?ra=" in text


@pytest.mark.parametrize(
    ("given", "rows"),
    [
        ({"since": "2026-03-02"}, ["SN1"]),
        ({"until": "2026-03-01", "score": "score.realbogus.real", "least": "0.75"}, ["SN1"]),
        ({"score": "score.realbogus.real", "least": "0.95"}, []),
    ],
)
def test_alerts_are_narrowed_by_night_and_score(
    client: TestClient, given: dict[str, str], rows: list[str]
) -> None:
    text = client.get(f"/search?{urlencode({'kind': 'narrowed', **given})}").text
    assert f"{len(rows)} row{'' if len(rows) == 1 else 's'}<" in text
    assert all(f'object={name}"' in text for name in rows)
    assert "FROM alerts WHERE" in text, "the same for programs"
    assert all(f'value="{given[one]}"' in text for one in {"since", "least"} & given.keys())


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "choose a night"),
        ({"since": "yesterday"}, "is no night; write 2023-10-18"),
        ({"score": "score.nobody.real", "least": "0.5"}, "has no score"),
        ({"least": "0.5"}, "has no score"),
        ({"score": "score.realbogus.real", "least": "much"}, "is no number"),
        ({"filter": "near"}, "does not say which filters selected"),
    ],
)
def test_what_narrows_nothing_is_said(client: TestClient, given: dict[str, str], said: str) -> None:
    assert said in client.get(f"/search?{urlencode({'kind': 'narrowed', **given})}").text


def test_a_live_lakes_alerts_are_narrowed_by_the_filter_that_selected_them(
    tmp_path: Path, made: MakeBackend
) -> None:
    with TestClient(application(made(kept(tmp_path / "lake", alerts())))) as client:
        for name, rows in (("bright", "2 rows"), ("young", "1 row<"), ("o'neil", "0 rows")):
            asked = urlencode({"kind": "narrowed", "filter": name, "until": "2026-03-01"})
            assert rows in client.get(f"/search?{asked}").text


def test_a_wrong_question_stays_in_the_form_with_the_remedy(client: TestClient) -> None:
    text = client.get("/search?kind=cone&centre=SN1&radius=5").text
    assert "write one as 5arcsec" in text
    assert 'value="SN1"' in text


def test_assets_are_served_by_us_alone(client: TestClient) -> None:
    page = client.get("/").text
    assets = re.findall(r'(?:src|href)="(/assets/[^"]+)"', page)
    assert len(assets) >= 4
    assert all(client.get(each).status_code == 200 for each in assets)
    assert "http" not in "".join(re.findall(r"<(?:script|link|img)[^>]*>", page))
    for path in ("/assets/..%2fpages.py", "/assets/nothing.css", "/assets/portal"):
        assert client.get(path).status_code == 404


def test_a_dead_letter_is_counted_and_its_text_is_text(
    client: TestClient, backend: Backend
) -> None:
    died = Message("survey", 0, 7, 0, None, HOSTILE.encode(), ())
    letter = DeadLetter("not an alert", HOSTILE, died)
    backend.letters.add([died._replace(value=letter.encode(10**6))])
    text = client.get("/").text
    assert "survey-0-7" in text
    assert "<script>document" not in text
    assert client.get("/api/v1/tonight").json()["dead_letters"][0]["letters"] == 1


def test_what_is_deployed_is_asked_as_well(client: TestClient, backend: Backend) -> None:
    document = {"name": "mine", "description": "", "clauses": {"faint": "magnitude > 30"}}
    mine = ExpressionFilter.of(document)
    asked = mine.sha256, mine.document(), "mine", (), "ada@here", 1.0, None, (), None
    version = Version("mine", 3, *asked)
    backend.judges.take(Register().after([version]))
    text = client.get(f"/alert?{SN1}").text
    assert "mine" in text
    assert "<code>magnitude = 18.5</code>" in text
    assert "magnitude &gt; 30" in client.get("/ledger").text


def test_how_workers_stand_is_told_by_worker_partition_reason_and_filter(
    client: TestClient, backend: Backend
) -> None:
    tell(backend, standing("one"), standing("two", told_unix_s=0.0), standing("one", consumed=9))
    text = client.get("/ledger").text
    for said in (
        *("<td>one</td><td>0.1.0</td>", '<td class="n">9</td>', "silent for", "0: 7, 1: 1,205"),
        *("Dead letters, no known schema: 2", "slow</a> version 3 is paused: too many alerts"),
        *("near <small>1</small>", '<td class="n">0.50</td>', "Not served from"),
        *("realbogus 1.2.0", "psi 0.310 where chance gives at most 0.200"),
    ):
        assert said in text, said
    one, two = client.get("/api/v1/workers").json()
    assert (one["speaks"], one["behind"], one["lag"]["survey"]["1"]) == (True, 1_212, 1_205)
    assert two["speaks"] is False
    assert client.get("/api/v1/tonight").json()["behind"] == 1_212, "of those that speak"
    assert "1 worker</a>" in client.get("/").text


def test_what_a_worker_s_record_says_is_text_and_rubbish_is_passed_over(
    client: TestClient, backend: Backend
) -> None:
    tell(backend, standing(HOSTILE, dead={HOSTILE: 1}, filters={HOSTILE: HOSTILE}))
    backend.workers.add([Message("status", 0, 0, 0, b"x", b"rubbish")])
    assert "<script>document" not in client.get("/part/workers").text
    assert len(backend.workers.all()) == 1


def test_where_no_worker_tells_the_setting_is_named(client: TestClient) -> None:
    assert "[topics] status" in client.get("/part/workers").text
    assert client.get("/api/v1/tonight").json()["behind"] is None

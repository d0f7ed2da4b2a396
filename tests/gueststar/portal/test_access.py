"""Who may ask the portal, and how often."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from broker.errors import SettingsError
from gueststar.portal.access.rates import Rates
from gueststar.portal.access.sign_in import next_of
from gueststar.portal.access.tokens import Tokens
from gueststar.portal.application import application
from tests.gueststar.portal.conftest import MakeBackend
from tests.gueststar.portal.desk import tokens_in

Opened = tuple[TestClient, dict[str, str]]


@pytest.fixture
def closed(tmp_path: Path, made: MakeBackend, lake_folder: Path) -> Opened:
    """A portal that nobody reads without a token, and the tokens of two."""
    path, tokens = tokens_in(tmp_path, ada="author", rob="reader")
    backend = made(lake_folder, tokens=path, anonymous=False)
    return TestClient(application(backend), follow_redirects=False), tokens


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_without_a_token_pages_lead_to_the_sign_in_and_the_interface_refuses(
    closed: Opened,
) -> None:
    client, tokens = closed
    page = client.get("/object?id=SN1")
    assert (page.status_code, page.headers["location"]) == (
        303,
        "/sign-in?next=%2Fobject%3Fid%3DSN1",
    )
    refused = client.get("/api/v1/nights")
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
    assert client.get("/api/v1/nights", headers=bearer("gs_none")).status_code == 401
    assert client.get("/api/v1/nights", headers=bearer(tokens["rob"])).status_code == 200
    assert client.get("/assets/portal.css").status_code == 200


def test_a_browser_gets_a_strict_cookie_that_is_not_the_token(closed: Opened) -> None:
    client, tokens = closed
    wrong = client.post("/sign-in", data={"token": "gs_none", "next": "/search"})
    assert (wrong.status_code, "This token is none" in wrong.text) == (401, True)
    given = client.post("/sign-in", data={"token": tokens["rob"], "next": "/search"})
    assert (given.status_code, given.headers["location"]) == (303, "/search")
    cookie = given.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie
    assert tokens["rob"] not in given.headers["set-cookie"]
    assert "rob" in client.get("/search").text


def test_a_form_of_another_site_changes_nothing(closed: Opened) -> None:
    client, tokens = closed
    client.post("/sign-in", data={"token": tokens["ada"]})
    act = {"name": "x", "text": "bright: magnitude < 18"}
    for headers in (
        {"Origin": "https://elsewhere.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {},  # From here, but without what our page held.
        {"X-CSRF": "guessed"},
    ):
        assert client.post("/api/v1/filter/check", json=act, headers=headers).status_code == 403
    page = client.get("/filter").text
    held = page.partition('data-csrf="')[2].partition('"')[0]
    ours = client.post("/api/v1/filter/check", json=act, headers={"X-CSRF": held})
    assert ours.status_code == 200
    assert client.post("/sign-out", data={"csrf": held}).status_code == 303
    assert client.get("/search").status_code == 303


def test_only_authors_change_anything(closed: Opened) -> None:
    client, tokens = closed
    act = {"name": "x", "state": "paused"}
    reader = client.post("/api/v1/filter/change", json=act, headers=bearer(tokens["rob"]))
    assert (reader.status_code, "only an author" in reader.json()["error"]) == (403, True)
    author = client.post("/api/v1/filter/change", json=act, headers=bearer(tokens["ada"]))
    assert (author.status_code, "live is empty" in author.json()["error"]) == (400, True)


def test_a_token_that_is_taken_out_of_the_file_counts_no_more(tmp_path: Path) -> None:
    path, tokens = tokens_in(tmp_path, ada="author")
    known = Tokens(path)
    assert known.find(tokens["ada"]) is not None
    path.write_text("# nobody\n")
    assert known.find(tokens["ada"]) is None
    path.write_text("ada captain 12\n")
    with pytest.raises(SettingsError, match=r"tokens\.txt:1: a line is NAME reader|author SHA256"):
        known.find(tokens["ada"])


def test_while_the_file_cannot_be_read_its_tokens_let_nobody_in_and_others_read_on(
    tmp_path: Path, made: MakeBackend, lake_folder: Path
) -> None:
    path, tokens = tokens_in(tmp_path, ada="author")
    client = TestClient(application(made(lake_folder, tokens=path)))
    path.unlink()
    named = client.get("/api/v1/nights", headers=bearer(tokens["ada"]))
    assert (named.status_code, "operator's log" in named.json()["error"]) == (503, True)
    assert client.get("/api/v1/nights").status_code == 200


def test_who_asks_too_often_is_told_when_to_come_again(
    tmp_path: Path, made: MakeBackend, lake_folder: Path
) -> None:
    path, tokens = tokens_in(tmp_path, ada="author")
    path.write_text(path.read_text().rstrip() + " 3\n")
    backend = made(lake_folder, tokens=path, requests_a_minute_max=2)
    client = TestClient(application(backend))
    codes = [client.get("/api/v1/nights").status_code for _ in range(3)]
    assert codes == [200, 200, 429]
    assert int(client.get("/api/v1/nights").headers["retry-after"]) in range(1, 31)
    own = [client.get("/api/v1/nights", headers=bearer(tokens["ada"])) for _ in range(4)]
    assert [each.status_code for each in own] == [200, 200, 200, 429]


def test_a_bucket_fills_by_the_minute() -> None:
    now = [0.0]
    rates = Rates(lambda: now[0])
    assert [rates.wait_s("ada", 2) for _ in range(2)] == [0, 0]
    assert rates.wait_s("ada", 2) == pytest.approx(30)
    assert rates.wait_s("rob", 2) == 0
    now[0] = 31
    assert rates.wait_s("ada", 2) == 0


@pytest.mark.parametrize("target", ["//elsewhere.example", "https://x", "/\\x", "", "/a\nb"])
def test_a_sign_in_leads_nowhere_else(target: str) -> None:
    assert next_of(target) == "/"


def test_what_is_sent_has_a_bound(closed: Opened) -> None:
    client, tokens = closed
    sent = client.post(
        "/api/v1/filter/check", content=b"x" * 300_000, headers=bearer(tokens["rob"])
    )
    assert sent.status_code == 413

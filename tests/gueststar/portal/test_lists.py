"""Watchlists and regions that are put in while the broker runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser
from starlette.testclient import TestClient

from broker.deployments.lists import Lists, sky_with
from gueststar.portal.application import application
from gueststar.portal.backend import Backend
from gueststar.portal.writing.draft import drafted
from sky.catalogues import NO_SKY
from tests.gueststar.portal.conftest import MakeBackend
from tests.gueststar.portal.desk import MemoryDesk
from tests.gueststar.portal.opened import opened, until

ROWS = "# mine\n353.66 46.65 5\n10, -20, 2\n"


@pytest.fixture
def listing(
    made: MakeBackend, lake_folder: Path, desk: MemoryDesk, tokens: tuple[Path, dict[str, str]]
) -> Backend:
    return made(lake_folder, desk=desk, tokens=tokens[0])


@pytest.fixture
def author(listing: Backend, tokens: tuple[Path, dict[str, str]]) -> TestClient:
    headers = {"Authorization": f"Bearer {tokens[1]['ada']}"}
    return TestClient(application(listing), headers=headers)


def put(client: TestClient, body: bytes | str, **asked: str) -> dict[str, Any]:
    found: dict[str, Any] = client.post("/api/v1/list/deploy", params=asked, content=body).json()
    return found


def known(desk: MemoryDesk) -> Lists:
    return desk.deployed()[1]


def test_rows_by_hand_become_a_watchlist_that_filters_ask(
    author: TestClient, desk: MemoryDesk, listing: Backend
) -> None:
    assert put(author, ROWS, name="mine")["rows"] == 2
    sky = sky_with(NO_SKY, known(desk))
    apart = sky.watchlist("mine").distance_arcsec(np.array([353.66, 20.0]), np.array([46.6501, 0]))
    assert apart.tolist() == [pytest.approx(0.36, abs=1e-6), np.inf]
    assert drafted("x", 'a: watchlist("mine")', "lite", listing.judges.sky).mistakes == ()
    check = {"name": "x", "text": 'a: watchlist("mine")'}
    hand = check | {"alerts": "ra_deg = 353.66, dec_deg = 46.65 -> selected"}
    assert author.post("/api/v1/filter/check", json=hand).json()["tried"][0]["is_met"]
    page = author.get("/lists?name=mine").text
    assert "watchlist(&#34;mine&#34;)" in page or 'watchlist("mine")' in page


def test_a_moc_becomes_a_region(author: TestClient, desk: MemoryDesk) -> None:
    assert put(author, "3/0-5 4/1000", name="field", kind="region", file="field.txt")["rows"] == 2
    inside = sky_with(NO_SKY, known(desk)).region("field")
    assert inside.contains(np.array([45.0, 200.0]), np.array([5.0, 10.0])).tolist() == [True, False]
    assert "ranges of cells" in author.get("/lists?name=field").text


@pytest.mark.parametrize(
    ("body", "asked", "said"),
    [
        (b"1 95 2", {"name": "x"}, "declination is 95"),
        (b"", {"name": "x"}, "empty|no rows|columns|read"),
        (b"\x00\xff", {"name": "x", "file": "a.fits"}, "cannot be read"),
        (b"1 2 3", {"name": "x", "file": "../../a.exe"}, "ending"),
        (b"1 2 3", {"name": "../x"}, "no name of a list"),
        (b"1 2 3", {"name": "x", "kind": "galaxy"}, "none of watchlist, region"),
        (b"1 2 0\n" * 30_000, {"name": "x"}, "radius is 0"),
        (b"1 2 1\n" * 30_000, {"name": "x"}, "25,000 is the most"),
    ],
)
def test_what_is_no_list_is_refused_with_the_remedy(
    author: TestClient, body: bytes, asked: dict[str, str], said: str
) -> None:
    found = author.post("/api/v1/list/deploy", params=asked, content=body)
    assert found.status_code == 400
    assert any(each in found.json()["error"] for each in said.split("|")), found.json()


def test_a_list_that_a_filter_asks_is_not_taken_back(author: TestClient, desk: MemoryDesk) -> None:
    put(author, ROWS, name="mine")
    given = {"name": "near", "text": 'a: watchlist("mine")', "force": True}
    assert author.post("/api/v1/filter/deploy", json=given).json()["version"] == 1
    refused = author.post("/api/v1/list/remove", json={"name": "mine"}).json()
    assert "near; pause them first" in refused["error"]
    author.post("/api/v1/filter/change", json={"name": "near", "state": "paused"})
    assert author.post("/api/v1/list/remove", json={"name": "mine"}).json()["removed"]
    assert known(desk).known == {}


def test_a_watchlist_is_put_in_and_seen_on_the_sky(
    browser: Browser, listing: Backend, tokens: tuple[Path, dict[str, str]]
) -> None:
    with opened(browser, listing) as seen:
        seen.go("/sign-in?next=/lists")
        seen.page.fill("[name=token]", tokens[1]["ada"])
        seen.page.press("[name=token]", "Enter")
        seen.page.wait_for_url("**/lists")
        seen.page.fill("#put [name=name]", "mine")
        seen.page.fill("#put [name=rows]", "1 95 2")
        seen.page.click("#put button")
        until(lambda: "declination is 95" in seen.text("#put-state"))
        seen.page.fill("#put [name=rows]", ROWS)
        seen.page.click("#put button")
        seen.page.wait_for_url("**/lists?name=mine")
        assert seen.page.locator("svg.sky circle").count() == 2
        seen.complaints = [each for each in seen.complaints if "400" not in each]
        assert seen.complaints == []

"""Filters written in a browser: checked, tried by hand and on nights, deployed, paused."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from broker.deployments.records import State
from gueststar.portal.application import application
from gueststar.portal.backend import Backend
from gueststar.portal.writing.draft import Mistake, drafted
from gueststar.portal.writing.pages import EXAMPLE
from sky.catalogues import NO_SKY
from tests.gueststar.portal.conftest import MakeBackend
from tests.gueststar.portal.desk import MemoryDesk, tokens_in

TEXT = "# Bright ones.\nbright: magnitude < 18.7\nreal: score('realbogus', 'real') > 0.5\n"


@pytest.fixture
def author(
    tmp_path: Path,
    made: MakeBackend,
    lake_folder: Path,
    desk: MemoryDesk,
    monkeypatch: pytest.MonkeyPatch,
) -> TestClient:
    """Somebody who may deploy."""
    monkeypatch.setenv("GUESTSTAR_STATE", str(tmp_path / "state"))
    path, tokens = tokens_in(tmp_path, ada="author")
    backend: Backend = made(lake_folder, desk=desk, tokens=path)
    headers = {"Authorization": f"Bearer {tokens['ada']}"}
    return TestClient(application(backend), headers=headers)


def sent(client: TestClient, act: str, **fields: object) -> dict[str, Any]:
    found: dict[str, Any] = client.post(f"/api/v1/filter/{act}", json=fields).json()
    return found


def test_every_mistake_is_told_by_line_and_column() -> None:
    text = "bright: magnitud < 18\n\nreal:   score('realbogus', 'real') >\n"
    first, second = drafted("x", text, "lite", NO_SKY).mistakes
    assert (first.line, first.column) == (1, text.index("magnitud") + 1)
    assert "magnitude" in first.said
    assert second.line == 3
    assert drafted("x", "no colon", "lite", NO_SKY).mistakes == (
        Mistake(1, 0, "a clause is a line `name: expression`"),
    )
    assert drafted("X Y", "a: magnitude < 1", "lite", NO_SKY).mistakes[0].line == 0
    assert drafted("x", "", "lite", NO_SKY).mistakes[0].said.startswith("a filter has 1 to")
    near = drafted("x", "near: watchlist('mine')", "lite", NO_SKY).mistakes[0]
    assert near.said == "there is no region or watchlist 'mine'; none is here"


def test_the_text_that_a_new_filter_begins_with_is_sound() -> None:
    assert drafted("x", EXAMPLE, "lite", NO_SKY).mistakes == ()


def test_alerts_made_by_hand_are_asked(author: TestClient) -> None:
    alerts = (
        "magnitude = 18, realbogus.real = 0.9 -> selected\n"
        "# one that is too faint\n"
        "magnitude = 19.5, realbogus.real = 0.9 -> real\n"
        "magnitude = 18\n"
        "magnitud = 18\n"
        "light_curve = r 59998 500 50; g 60000 700 50, magnitude = 18, band = r\n"
    )
    said = sent(author, "check", name="x", text=TEXT, alerts=alerts)
    assert said["mistakes"] == []
    assert [(each["line"], each["said"], each["is_met"]) for each in said["tried"]] == [
        (1, "selected", True),
        (3, "bright", False),
        (4, "real", True),
        (5, "", False),
        (6, "real", True),
    ]
    assert said["tried"][1]["clauses"][0]["read"] == ["magnitude = 19.5"]
    assert "magnitude" in said["tried"][3]["fault"]


def finished(author: TestClient, number: int) -> dict[str, Any]:
    for _ in range(1200):
        found: dict[str, Any] = author.get(f"/api/v1/filter/trial?id={number}").json()
        if found["is_over"]:
            return found
        time.sleep(0.05)
    pytest.fail("it did not end in 60 s")


def test_a_filter_is_tried_on_nights_deployed_and_paused(
    author: TestClient, desk: MemoryDesk
) -> None:
    given = {"name": "bright", "text": TEXT}
    assert "no dry run" in sent(author, "deploy", **given)["error"]
    began = sent(author, "try", **given, **{"from": "20260301", "to": "20260302"})
    found = finished(author, began["trial"])
    assert (found["error"], found["report"]["alerts"]) == (None, 3)
    assert found["report"]["selected"] == 1
    assert [each["clause"] for each in found["report"]["steps"]] == ["bright", "real"]
    (example,) = found["report"]["examples"]
    assert example["object_id"] == "SN1"
    # A third of all alerts is more than a filter should let pass.
    assert "33.3%" in sent(author, "deploy", **given)["error"]
    done = sent(author, "deploy", **given, force=True)
    assert (done["version"], done["fresh"]) == (1, True)
    version = desk.register().latest["bright"]
    assert (version.by, version.dry_run is not None, version.forced) == ("ada@portal", True, True)
    assert desk.provided == ["gueststar.filter.bright"]
    assert sent(author, "check", **given)["is_live"]
    assert "bright" in author.get("/filters").text
    sent(author, "change", name="bright", state="paused", reason="too many")
    assert desk.register().change(version).state is State.PAUSED
    page = author.get("/filter?name=bright").text
    assert "too many" in page and "+ bright: magnitude" in page
    assert "is paused already" in sent(author, "change", name="bright", state="paused")["error"]


def test_a_dry_run_is_cancelled_and_only_one_runs(author: TestClient) -> None:
    given = {"name": "bright", "text": TEXT}
    began = sent(author, "try", **given)
    assert "is tried now, by ada@portal" in sent(author, "try", **given)["error"]
    sent(author, "cancel", id=str(began["trial"]))
    assert finished(author, began["trial"])["error"] == "it was cancelled"


def test_nights_that_are_not_there_are_told(author: TestClient) -> None:
    began = sent(author, "try", name="x", text=TEXT, **{"from": "19990101", "to": "19990102"})
    assert "19990101" in finished(author, began["trial"])["error"]


def test_what_may_be_written_is_told_with_units(author: TestClient) -> None:
    words = {each["word"]: each for each in author.get("/api/v1/vocabulary").json()}
    assert words["magnitude"]["kind"] == "column [mag]"
    assert any(each.startswith("watchlist(") for each in words)


def test_a_hostile_draft_is_text(author: TestClient) -> None:
    hostile = "<script>x</script>"
    assert hostile in sent(author, "check", name=hostile, text="a: magnitude < 1")["mistakes"][0][
        "said"
    ].replace("'", "")
    answer = author.post(
        "/api/v1/filter/check", content=b"[1]", headers={"content-type": "application/json"}
    )
    assert answer.status_code == 400
    deep = b'{"text": ' + b"[" * 100_000
    assert (
        author.post(
            "/api/v1/filter/check", content=deep, headers={"content-type": "application/json"}
        ).status_code
        == 400
    )

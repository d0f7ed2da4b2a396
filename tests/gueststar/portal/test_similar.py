"""Objects that are like one, where the lake has an index of likeness."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from gueststar.portal.application import application
from gueststar.similar import similar
from services.likeness.job import keep
from tests.gueststar.portal.conftest import MakeBackend
from tests.lake.held import written
from tests.lake.likeness.test_search import embedded

pytest.importorskip("faiss")
ALERT = "/alert?id=10005&object=object5"


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    written(tmp_path / "lake", embedded(300, 0), with_packets=False)
    return tmp_path / "lake"


@pytest.fixture
def index(lake: Path, tmp_path: Path) -> Path:
    keep(lake, tmp_path / "index", every_s=1, once=True, told=lambda line: None)
    return tmp_path / "index"


def test_a_click_on_an_alert_shows_the_objects_that_are_like_it(
    made: MakeBackend, lake: Path, index: Path
) -> None:
    likest = similar("object5", lake, index=index, count=20)
    with TestClient(application(made(lake, likeness=index))) as client:
        link = "/search?kind=similar&amp;id=object5"
        assert link in client.get(ALERT).text
        text = client.get(link.replace("&amp;", "&")).text
        assert f"id={likest[0].alert_id}&amp;object={likest[0].object_id}" in text
        assert ".similar(&#39;object5&#39;, index=" in text
        rows = client.get("/api/v1/similar?id=object5").json()["rows"]
        assert [row["object_id"] for row in rows] == [one.object_id for one in likest]
        assert rows[0]["cosine"] == pytest.approx(likest[0].cosine)
        nobody = client.get("/api/v1/similar?id=nobody")
        assert nobody.status_code == 400
        assert "no embedding of an object or an alert" in nobody.json()["error"]


def test_without_an_index_nothing_is_offered_and_the_setting_is_named(
    made: MakeBackend, lake: Path
) -> None:
    with TestClient(application(made(lake))) as client:
        assert "objects like it" not in client.get(ALERT).text
        assert "[portal] likeness" in client.get("/api/v1/similar?id=object5").json()["error"]

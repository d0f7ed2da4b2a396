"""The page's answers at a real Kafka, where the terminal goes on with them."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from classifiers.anomaly import Anomaly
from gueststar.anomalies.records import REVIEWS, Answer, Profile
from gueststar.filtering.place import Place
from gueststar.portal.application import application
from gueststar.portal.service import opened
from kafka_node.node import KafkaNode
from tests.gueststar.anomalies.test_nights import night
from tests.gueststar.portal.desk import tokens_in
from tests.gueststar.portal.test_review import hidden, shown
from tests.lake.held import written

pytestmark = pytest.mark.kafka

CONFIG = """
[kafka]
bootstrap = "{address}"
[topics]
input = ["looked-at"]
prefix = "looked."
[lake]
path = "{lake}"
[portal]
tokens = "{tokens}"
"""


def test_an_answer_of_the_page_is_one_of_the_terminals(kafka: KafkaNode, tmp_path: Path) -> None:
    written(tmp_path / "lake", night(), with_packets=False)
    path, tokens = tokens_in(tmp_path, ada="author")
    config = tmp_path / "gueststar.toml"
    config.write_text(
        CONFIG.format(address=kafka.address, lake=tmp_path / "lake", tokens=path.resolve())
    )
    place = Place.of(config, None)
    with opened(place) as backend:
        headers = {"Authorization": f"Bearer {tokens['ada']}"}
        with TestClient(application(backend), headers=headers) as client:
            page = client.get("/review")
            first = shown(page.text)
            page = client.post("/review", data={"key": "i", **hidden(page.text)})
            assert shown(page.text) != first
            with place.control(place.settings.topics.named(REVIEWS)) as control:
                sha256 = Anomaly().identity.sha256
                terminal = Profile(control, "ada", sha256=sha256, by="ada@there")
                assert [each.object_id for each in terminal.answers] == [first]
                assert terminal.answers[0].answer is Answer.INTERESTING
                terminal.take_back()
            assert shown(client.get("/review").text) == first

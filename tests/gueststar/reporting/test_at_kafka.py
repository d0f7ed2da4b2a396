"""The same with a configuration: what the broker's own Kafka says of the night."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from broker.kafka import Connection, PlainWriter
from broker.settings import read_settings
from broker.status import OnDuty, Reporter
from classifiers.drift import Drift
from gueststar.command import app
from gueststar.followup.place import topic
from kafka_node.node import KafkaNode
from lake.reading import Lake
from schemas.stage import Identity
from services.followup.requests import Request, State
from tests.broker.clusters import RealCluster
from tests.gueststar.reconciling.night import JUNK, packets_of
from tests.gueststar.reconciling.test_at_kafka import CONFIG, write
from tests.gueststar.reporting.test_report import Tags
from tests.gueststar.running import run_until

pytestmark = pytest.mark.kafka

ALERTS = 20


def test_accounts_letters_and_requests_stand_on_the_page(kafka: KafkaNode, tmp_path: Path) -> None:
    config, page = tmp_path / "broker.toml", tmp_path / "page.html"
    requests = f'[followup]\nrequests = "{tmp_path.name}.requests"\n'
    told = CONFIG.replace("[topics]", '[topics]\nstatus = "gueststar.status"')
    config.write_text(told.format(address=kafka.address, name=tmp_path.name) + requests)
    settings, cluster = read_settings(config), RealCluster(kafka.address)
    (survey,) = settings.topics.input
    cluster.create(survey)
    cluster.publish(survey, [*packets_of(ALERTS, seed=11), JUNK])
    run_until(settings, settings.topics.enriched, ALERTS)
    write(config, ALERTS)
    now = time.time()
    request = Request(
        *("p/it/1", "p", 1, "it", "1", 1.0, 2.0, 60_000.0, 18.0, 0.1, 1.0, 1, ()),
        *(now, now, now + 9, State.PENDING, "seen best there", now),
    )
    with topic(config, None, "requests") as control:
        control.write(b"p/it/1", request.output("").value)
    (night, *_) = Lake(tmp_path / "lake").nights
    far = Drift("ztf/g", "fwhm", "psi", 0.4, 0.1, 900)
    drifting = [(Identity("realbogus", "3", "abc"), int(night), far)]
    status = Reporter("late", "1").status(OnDuty((), (), (), drifting))
    with closing(PlainWriter(Connection(kafka.address), settings.topics.status)) as writer:
        writer.write(status.key, status.encode())
    words = ["--nights", "19000101..29991231", "--lake", str(tmp_path / "lake")]
    done = CliRunner().invoke(app, ["report", *words, "--config", str(config), "--out", str(page)])
    assert done.exit_code == 0, done.exception
    text = Tags(page.read_text()).text
    assert f"The ledger balances: {ALERTS + 1:,} alerts consumed since it began" in text
    assert "1 alert could not be published" in text
    assert "1 request: 1 PENDING" in text
    assert "1 number not spread as in training" in text
    assert "Nothing is kept of it: there is no topic" in text

"""A worker says how it stands at a real Kafka, and `gueststar status` shows it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from broker.errors import SettingsError
from broker.observer import Phase
from broker.ports import Message
from broker.status import OnDuty, Reporter, read_status
from gueststar.status_command import last_of_each, said
from kafka_node.node import KafkaNode
from replay.invention import invent
from tests.broker.clusters import RealCluster
from tests.gueststar.running import run_until_published
from tests.gueststar.running import said as command

CONFIG = """
[kafka]
bootstrap = "{address}"
[topics]
input = ["told-survey"]
prefix = "told."
status = "gueststar.status"
[filters]
builtin = ["solar_system"]
[classifiers]
names = []
[metrics]
port = 0
"""


@pytest.mark.kafka
def test_a_worker_tells_how_it_stands_and_is_shown(kafka: KafkaNode, tmp_path: Path) -> None:
    config = tmp_path / "told.toml"
    config.write_text(CONFIG.format(address=kafka.address))
    ours = RealCluster(kafka.address)
    ours.publish(ours.create("told-survey"), [b"broken"])
    run_until_published(config, [one.packet for one in invent(5, seed=1)])
    first, *_, last = map(read_status, ours.read("told.status"))
    assert (first.phase, first.consumed) == (Phase.JOINING, 0)
    assert (last.worker, last.gueststar, last.phase) == ("one", "test", Phase.STOPPED)
    assert (last.consumed, last.published["told.enriched"]) == (6, 5)
    assert sum(last.dead.values()) == 1
    assert last.lag == {"told-survey": {"0": 0}, "told.replayed": {"0": 0}}
    assert [*last.filters] == ["solar_system"]
    shown = command("status", "--config", str(config))
    assert "stopped" in shown
    assert "one: 1 dead letters: " in shown
    lines = command("status", "--config", str(config), "--json").splitlines()
    assert [json.loads(line)["worker"] for line in lines] == ["one"]


def test_where_nobody_tells_the_setting_is_named() -> None:
    with pytest.raises(SettingsError, match="status is empty"):
        command("status", "--bootstrap", "nowhere:1")


def message(value: bytes) -> Message:
    return Message("status", 0, 0, -1, None, value)


def test_the_last_of_each_worker_counts_and_what_is_none_is_passed_over() -> None:
    one, two = (Reporter(name, "1").status(OnDuty((), ())) for name in ("b", "a"))
    values = [one.encode(), b"rubbish", b"", two.encode(), one.encode()]
    assert last_of_each(map(message, values)) == [two, one]


def test_who_says_nothing_for_minutes_is_silent() -> None:
    one = Reporter("a", "1").status(OnDuty((), ()))
    assert said(one, one.told_unix_s + 60) == "60 s ago"
    assert said(one, one.told_unix_s + 600) == "silent for 600 s"

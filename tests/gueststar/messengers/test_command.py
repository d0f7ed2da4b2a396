"""`gueststar messenger …`: files read, a lake searched, events at a real Kafka."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from broker.kafka import Connection, KafkaAdmin, KafkaControlTopic
from broker.messengers.section import MessengersSection, events_topic
from filters.handmade import handmade
from gueststar.command import app
from kafka_node.node import KafkaNode
from lake.writing import LakeWriter
from schemas.errors import FilterError, NoticeError, QuestionError
from sky.messengers.notices import read_notice
from tests.sky.messengers.said import burst, said

PNG = b"\x89PNG"


@pytest.fixture
def notice(tmp_path: Path) -> Path:
    path = tmp_path / "notice.json"
    path.write_bytes(burst())
    return path


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """Three alerts near the burst after it, one before it, one far away."""
    batch = handmade(
        alert_id=[*range(5)],
        object_id=[f"AT{number}" for number in range(5)],
        night=[20230225] * 5,
        mjd=[60000.5, 60000.5, 60001.0, 59999.5, 60000.5],
        ra_deg=[10.0, 11.0, 10.0, 10.0, 190.0],
        dec_deg=[20.0, 21.0, 24.0, 20.0, -20.0],
        magnitude=[18.0, 19.0, 20.0, 18.0, 18.0],
    )
    with LakeWriter(tmp_path / "lake", version="test", with_packets=False) as writer:
        writer.add(batch)
    return tmp_path / "lake"


def ran(*words: object) -> tuple[str, str]:
    result = CliRunner().invoke(app, ["messenger", *map(str, words)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0
    return result.stdout, result.stderr


def test_a_notice_is_read_and_its_circle_drawn(notice: Path, tmp_path: Path) -> None:
    out, _ = ran("read", notice, "--to", tmp_path / "map.png")
    assert "GBM 745121685" in out
    assert "90% within  78.4" in out
    assert (tmp_path / "map.png").read_bytes().startswith(PNG)


@pytest.mark.data
def test_real_maps_are_read(data_folder: Path) -> None:
    out, _ = ran("read", data_folder / "messengers/skyportal/bayestar.fits.gz")
    assert "90% within  10,183.15 square degrees" in out
    assert "distance there  161 ± 43 Mpc" in out


def test_a_file_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoticeError, match=r"none\.json: No such file"):
        ran("read", tmp_path / "none.json")
    (tmp_path / "odd.json").write_text("{}")
    with pytest.raises(NoticeError, match=r"odd\.json: the notice names no event"):
        ran("read", tmp_path / "odd.json")


def test_a_lake_is_searched(notice: Path, lake: Path, tmp_path: Path) -> None:
    out, err = ran("search", notice, lake)
    rows = [line.split(",")[0] for line in out.splitlines()]
    assert rows == ['"object_id"', '"AT0"', '"AT1"', '"AT2"']
    assert "3 alerts in the 90% region within 14 days; by chance" in err
    out, err = ran("search", notice, lake, "--days", 0.7)
    assert len(out.splitlines()) == 3
    bright = tmp_path / "bright.filter"
    bright.write_text("bright: magnitude < 18.5\n")
    out, err = ran("search", notice, lake, "--filter", bright, "--notice", tmp_path / "own.json")
    assert len(out.splitlines()) == 2
    assert "(the rate of 3 such alerts in 1 nights)" in err
    own = json.loads((tmp_path / "own.json").read_bytes())
    assert [each["event_name"] for each in own["data"]["targets"]] == ["AT0"]
    _, err = ran("search", notice, lake, "--to", tmp_path / "found.png")
    assert (tmp_path / "found.png").read_bytes().startswith(PNG)


def test_a_filter_that_asks_of_the_event_is_refused(
    notice: Path, lake: Path, tmp_path: Path
) -> None:
    circular = tmp_path / "circular.filter"
    circular.write_text("there: messenger_probability() > 0.5\n")
    with pytest.raises(QuestionError, match="asks of an event itself"):
        ran("search", notice, lake, "--filter", circular)
    with pytest.raises(FilterError, match="no_such_filter"):
        ran("search", notice, lake, "--filter", "no_such_filter")


def test_a_retraction_takes_all_of_it_back(lake: Path, tmp_path: Path) -> None:
    retracted = tmp_path / "retracted.json"
    retracted.write_bytes(burst(kind="retraction"))
    out, err = ran("search", retracted, lake)
    assert out == ""
    assert "GBM 745121685 was retracted" in err


@pytest.mark.kafka
def test_events_at_kafka_are_listed_shown_and_searched(
    kafka: KafkaNode, tmp_path: Path, lake: Path
) -> None:
    config, link = tmp_path / "gueststar.toml", Connection(kafka.address)
    config.write_text(
        f'[topics]\ninput = ["a"]\nprefix = "{tmp_path.name}."\n'
        f'[kafka]\nbootstrap = "{kafka.address}"\n'
    )
    section = MessengersSection().prefixed(lambda topic: topic.replace("gueststar", tmp_path.name))
    topics = [events_topic(section, name, replication=1) for name in section.named]
    KafkaAdmin(link).create(topics)
    for topic, values in (
        (section.events, [said(), burst()]),
        (section.mock_events, [said("MS240422x")]),
    ):
        control = KafkaControlTopic(link, topic)
        for value in values:
            control.write(read_notice(value).event.encode(), value)
        control.close()
    out, _ = ran("list", "--config", config)
    assert [line.split()[-1 if "events" in line else 0] for line in out.splitlines()[2:]] == [
        "S240422ed",
        "GBM",
        "events",
    ]
    out, _ = ran("list", "--mock", "--config", config)
    assert "MS240422x" in out
    out, _ = ran("show", "745121685", "--config", config)
    assert "GBM 745121685" in out
    out, _ = ran("show", "MS240422x", "--raw", "--config", config)
    assert json.loads(out) == json.loads(said("MS240422x"))
    out, _ = ran("search", "745121685", lake, "--config", config)
    assert len(out.splitlines()) == 4
    with pytest.raises(QuestionError, match="no event 'S240422'"):
        ran("show", "S240422", "--config", config)

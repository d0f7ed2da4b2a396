"""[messengers]: what is refused, how topics are named and made, and the lake's rates."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from broker.errors import SettingsError
from broker.messengers.section import MessengersSection, events_topic
from broker.settings import read_settings
from filters.handmade import handmade
from lake.sky_rates import recent_rates
from lake.writing import LakeWriter
from services.messengers.assembly import settings_of_notices

LEAST = '[topics]\ninput = ["alerts"]\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('bootstrap = "gcn:9092"', "no topics"),
        ('topics = ["a"]\nevents = "gueststar.ledger"', "another section uses it"),
        ('topics = ["a"]\nevents = "x"\nnotices = "x"', "one topic, two uses"),
        ('topics = ["a"]\nevents = "no topic"', "is no topic name"),
        ('topics = ["a"]\n[messengers.security]\n"group.id" = "x"', "is not passed on"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "gueststar.toml"
    path.write_text(f"{LEAST}[messengers]\n{text}\n")
    with pytest.raises(SettingsError, match=said):
        read_settings(path)


def test_gcns_kafka_is_read_with_its_own_rights_and_ours_written_with_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GCN_CLIENT_SECRET", "s3cret")
    path = tmp_path / "gueststar.toml"
    path.write_text(
        f'{LEAST}prefix = "mine."\n[messengers]\ntopics = ["igwn.gwalert"]\n'
        'bootstrap = "kafka.gcn.nasa.gov:9092"\n[messengers.security]\n'
        '"sasl.mechanism" = "OAUTHBEARER"\n'
        '"sasl.oauthbearer.client.secret" = "$GCN_CLIENT_SECRET"\n'
    )
    settings = read_settings(path)
    own = settings_of_notices(settings)
    assert own.source.security["sasl.oauthbearer.client.secret"] == "s3cret"
    assert own.kafka.security == {}
    assert (own.read, own.group) == (("igwn.gwalert",), "gueststar.messengers")
    assert own.messengers.named == (
        "mine.messengers",
        "mine.messengers.notices",
        "mine.messengers.mock",
    )
    assert settings.messengers.asked == ("mine.messengers",)
    assert MessengersSection().asked == ()
    with pytest.raises(SettingsError, match="topics is empty"):
        settings_of_notices(read_settings(_least(tmp_path)))


def _least(folder: Path) -> Path:
    path = folder / "least.toml"
    path.write_text(LEAST)
    return path


def test_topics_take_a_notice_with_its_map_and_keep_what_they_should() -> None:
    section = MessengersSection(("a",))
    made = {name: events_topic(section, name, replication=1).settings for name in section.named}
    assert {one["max.message.bytes"] for one in made.values()} == {"16777216"}
    events, notices, mock = (made[name] for name in section.named)
    assert (events["cleanup.policy"], events["retention.ms"]) == ("compact", "-1")
    assert "cleanup.policy" not in notices
    assert notices["retention.ms"] == "-1"
    assert mock["cleanup.policy"] == "compact,delete"


def test_the_rates_are_of_a_lakes_last_nights(tmp_path: Path) -> None:
    with LakeWriter(tmp_path / "lake", version="test", with_packets=False) as writer:
        for number, night in enumerate((20240101, 20240102, 20240103)):
            rows = 10 * (number + 1)
            ids = [100 * number + row for row in range(rows)]
            places = {"ra_deg": [10.0] * rows, "dec_deg": [20.0] * rows}
            writer.add(handmade(night=[night] * rows, alert_id=ids, **places))  # type: ignore[arg-type]
    found = recent_rates(tmp_path / "lake", 2)
    assert (found.nights, int(found.counts.sum())) == ({"20240102", "20240103"}, 50)
    assert np.max(found.per_night_deg2) == pytest.approx(25 / 53.7, rel=0.01)

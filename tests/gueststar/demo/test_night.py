"""The demo's night: the same for the same seed, and its truths are true."""

from __future__ import annotations

from pathlib import Path

import pytest

from gueststar.demo.night import ArchivedNight, InventedNight
from replay.invention import invent
from schemas.decode import Decoder
from schemas.errors import ArchiveError

ALERTS = 120


def test_a_seed_gives_the_same_night() -> None:
    assert list(InventedNight(20, seed=3)) == list(InventedNight(20, seed=3))
    assert list(InventedNight(5, seed=3)) != list(InventedNight(5, seed=4))


def test_every_packet_is_an_alert_with_an_answer_or_damaged() -> None:
    night = InventedNight(ALERTS, seed=1)
    batch = Decoder().decode(list(night))
    assert batch.alert_id.tolist() == list(night.truths)
    assert len(batch.rejected) == night.damaged > 0


def test_the_answers_are_those_of_the_invention() -> None:
    night = InventedNight(ALERTS, seed=1)
    list(night)
    invented = {each.truth.alert_id: each.truth.kind for each in invent(ALERTS, seed=1)}
    assert night.truths.items() <= invented.items()


def test_an_archives_night_is_its_first_packets(packets: list[bytes], tmp_path: Path) -> None:
    for number, packet in enumerate(packets):
        (tmp_path / f"{number}.avro").write_bytes(packet)
    night = ArchivedNight(tmp_path, alerts=4)
    assert list(night) == packets[:4]
    assert not night.truths


def test_an_archive_that_is_not_there_is_said_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="nothing-here"):
        ArchivedNight(tmp_path / "nothing-here", alerts=4)

"""A folder of packets: readable by any Avro reader, whole, bounded, and not written twice."""

from __future__ import annotations

import io
from pathlib import Path

import fastavro
import numpy as np
import pytest

import gueststar
from filters.handmade import handmade
from gueststar.alert import Alert, rows
from gueststar.packet_folder import PacketFolder, container_of, saved
from schemas.batch import AlertBatch
from schemas.decode import Decoder
from schemas.enriched import Enricher
from schemas.errors import ArchiveError
from schemas.scored import NO_NOTE, noted
from tests.gueststar.conftest import ALERTS
from tests.schemas import golden
from tests.schemas.test_enriched import learned


def alerts_of(batch: AlertBatch) -> list[Alert]:
    """A batch's alerts."""
    return list(rows(batch, [{}] * len(batch), [()] * len(batch)))


@pytest.fixture
def alerts(enriched: list[bytes]) -> list[Alert]:
    """Enriched alerts as a subscriber gets them."""
    return alerts_of(Decoder(rescore=True).decode(enriched))


def test_each_alert_is_a_file_that_plain_fastavro_reads(
    alerts: list[Alert], tmp_path: Path
) -> None:
    assert list(saved(alerts, PacketFolder(tmp_path))) == alerts
    for alert in alerts:
        path = tmp_path / f"{alert.object_id}_{alert.alert_id}.avro"
        with path.open("rb") as file:
            (record,) = fastavro.reader(file)
        assert record["candid"] == alert.alert_id
        assert path.read_bytes() == alert.packet


def test_what_was_saved_is_read_again_with_its_scores(alerts: list[Alert], tmp_path: Path) -> None:
    list(saved(alerts, PacketFolder(tmp_path)))
    (batch,) = gueststar.read(tmp_path)
    assert sorted(batch.alert_id.tolist()) == sorted(alert.alert_id for alert in alerts)
    assert sum(bool(note["scores"]) for note in noted(batch)) == ALERTS - 1


def test_a_bare_record_is_saved_with_its_schema(tmp_path: Path) -> None:
    packet = golden.rubin_packet(1)
    batch = Decoder(schemas=golden.GoldenSchemas()).decode([packet])
    (alert,) = alerts_of(batch)
    path = PacketFolder(tmp_path).keep(alert)
    with path.open("rb") as file:
        (record,) = fastavro.reader(file)
    assert record["diaSource"]["diaSourceId"] == alert.alert_id
    (again,) = gueststar.read(path)
    assert again.object_id.tolist() == [alert.object_id]


def test_a_bare_enriched_record_keeps_what_was_learned() -> None:
    batch = Decoder(schemas=golden.GoldenSchemas()).decode([golden.rubin_packet(1)])
    (packet,) = Enricher().encode(batch, learned(1), "full")
    (alert,) = alerts_of(Decoder(rescore=True).decode([packet]))
    (record,) = fastavro.reader(io.BytesIO(container_of(alert)))
    assert record["gueststar"]["scores"].keys() == learned(1).learned.keys()
    assert noted(alert.batch) != [NO_NOTE]


def test_what_the_folder_has_is_not_written_again(alerts: list[Alert], tmp_path: Path) -> None:
    path = PacketFolder(tmp_path).keep(alerts[0])
    path.write_bytes(b"mine")
    PacketFolder(tmp_path, packets_max=1).keep(alerts[0])
    assert path.read_bytes() == b"mine"


def test_a_folder_takes_no_more_than_it_may(alerts: list[Alert], tmp_path: Path) -> None:
    folder = PacketFolder(tmp_path, packets_max=2)
    with pytest.raises(ArchiveError, match="holds 2 packets, as many as --save-max allows"):
        list(saved(alerts, folder))
    assert len(list(tmp_path.iterdir())) == 2


def test_what_a_killed_process_left_half_is_removed(alerts: list[Alert], tmp_path: Path) -> None:
    (tmp_path / ".half_1.avro.part").write_bytes(b"Obj")
    PacketFolder(tmp_path).keep(alerts[0])
    assert [path.name[0] for path in tmp_path.iterdir()] == ["Z"]


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", "Sgr A*", ".hidden", "é" * 300])
def test_no_object_s_name_leads_out_of_the_folder(name: str, tmp_path: Path) -> None:
    batch = handmade(object_id=[name], alert_id=[7])
    object.__setattr__(batch, "packets", [b"Obj\x01"])
    path = PacketFolder(tmp_path / "deep").keep(alerts_of(batch)[0])
    assert path.parent == tmp_path / "deep"
    assert path.name.endswith("_7.avro")
    assert not path.name.startswith(".")


def test_a_container_is_saved_as_it_came(alerts: list[Alert]) -> None:
    assert all(container_of(alert) is alert.packet for alert in alerts)
    assert not np.isnan(alerts[0].mjd)

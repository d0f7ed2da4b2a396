"""Decode, score and read from a notebook: the broker's own columns, nothing raised for bad data."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

import gueststar
from schemas.decode import Decoder
from tests.gueststar.conftest import ALERTS


def test_packets_become_columns_in_their_order(packets: list[bytes]) -> None:
    batch = gueststar.decode(packets)
    assert batch.alert_id.tolist() == Decoder().decode(packets).alert_id.tolist()
    assert not batch.rejected


def test_what_is_no_alert_is_named_with_its_reason(packets: list[bytes]) -> None:
    batch = gueststar.decode([packets[0], packets[1][:1000], b"", packets[2]])
    assert len(batch) == 2
    assert [index for index, _, _ in batch.rejected] == [1, 2]


def test_no_packets_are_an_empty_batch() -> None:
    assert len(gueststar.decode([])) == 0


def test_enriched_packets_are_decoded_too(packets: list[bytes], enriched: list[bytes]) -> None:
    assert (
        gueststar.decode(enriched).alert_id.tolist() == gueststar.decode(packets).alert_id.tolist()
    )


def test_a_folder_is_read_in_batches(packets: list[bytes], tmp_path: Path) -> None:
    for number, packet in enumerate(packets):
        (tmp_path / f"{number}.avro").write_bytes(packet)
    (batch,) = gueststar.read(str(tmp_path))
    assert batch.alert_id.tolist() == gueststar.decode(packets).alert_id.tolist()


def test_a_path_that_is_not_there_is_an_archive_error(tmp_path: Path) -> None:
    with pytest.raises(gueststar.ArchiveError, match="nothing-here"):
        list(gueststar.read(tmp_path / "nothing-here"))


def test_every_served_classifier_scores_every_alert(packets: list[bytes]) -> None:
    batch = gueststar.decode(packets)
    gueststar.score(batch)
    real = batch.score("realbogus", "real")
    scores = batch.scores["realbogus"]
    assert scores.shape == (ALERTS, len(batch.score_labels["realbogus"]))
    np.testing.assert_allclose(scores.sum(axis=1), 1, rtol=1e-5)
    assert ((real >= 0) & (real <= 1)).all()


@pytest.mark.data
def test_rubins_packets_are_decoded_with_a_folder_of_its_schemas(data_folder: Path) -> None:
    payloads = sorted((data_folder / "lsst" / "wire_confluent").rglob("*"))
    packets = [path.read_bytes() for path in payloads if path.is_file()]
    batch = gueststar.decode(packets, schemas=data_folder / "lsst" / "schemas")
    assert len(batch) == 3
    assert set(batch.survey.tolist()) == {"lsst"}
    assert len(gueststar.decode(packets)) == 0


def test_a_folder_of_schemas_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(gueststar.SchemaError, match="nothing-here"):
        gueststar.decode([], schemas=tmp_path / "nothing-here")


def test_each_thread_decodes_with_tools_of_its_own(packets: list[bytes]) -> None:
    decoded: list[int] = []
    threads = [
        threading.Thread(target=lambda: decoded.append(len(gueststar.decode(packets))))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert decoded == [ALERTS] * len(threads)


def test_an_alert_decoded_alone_equals_itself_among_others(packets: list[bytes]) -> None:
    together, alone = gueststar.decode(packets), gueststar.decode(packets[3:4])
    np.testing.assert_array_equal(together.stamps[3][0], alone.stamps[0][0])
    assert together.magnitude[3] == alone.magnitude[0]

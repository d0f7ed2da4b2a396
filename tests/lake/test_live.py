"""A flush that would leave something out is not written, and a checksum sees every value."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from filters.handmade import Epoch, handmade
from lake.flush import Beside, Flush, taken
from lake.freezing import freeze, verify
from lake.live import LiveLake
from lake.ranges import Source, Stretch
from lake.reading import Lake
from schemas.batch import AlertBatch
from schemas.errors import ArchiveError
from tests.lake.held import assert_same, only, with_scores

SOURCE = Source("enriched", 0, "life")


def alerts(last_magnitude: float = 19.0) -> AlertBatch:
    """Three of one night, with scores, packets and light curves of their own."""
    magnitudes = [17.0, 18.0, last_magnitude]
    curves = [[Epoch(60_000.0 + row, "r", 1.0)] * row for row in range(3)]
    batch = handmade(
        alert_id=[5, 6, 7], night=[20_260_301] * 3, magnitude=magnitudes, light_curve=curves
    )
    return with_scores(replace(batch, packets=[b"one", b"two", b"three"]))


def flush(batch: AlertBatch, start: int, number: int = 1) -> Flush:
    beside: Beside = {
        "topic_name": np.full(len(batch), "enriched"),
        "topic_partition": np.zeros(len(batch), np.int32),
        "topic_offset": np.arange(start, start + len(batch)),
        "filters": [["bright", "young"][: row % 3] for row in range(len(batch))],
    }
    stretch = Stretch(SOURCE, start, start + len(batch), len(batch), number)
    return Flush(batch, beside, {}, [stretch])


def kept(folder: Path, batch: AlertBatch, *, with_packets: bool = True) -> Path:
    lake = LiveLake(folder, version="test", with_packets=with_packets)
    lake.write(flush(batch, 0))
    lake.close()
    return folder


@pytest.mark.parametrize("with_packets", [True, False])
def test_what_is_flushed_comes_back_as_it_was(tmp_path: Path, with_packets: bool) -> None:
    lake = kept(tmp_path / "lake", alerts(), with_packets=with_packets)
    assert_same(only(lake), alerts())
    assert Lake(lake).has_packets == with_packets


@pytest.mark.parametrize("start", [0, 2, 4])
def test_a_flush_that_does_not_begin_where_the_last_one_ended_is_not_written(
    tmp_path: Path, start: int
) -> None:
    lake = LiveLake(tmp_path / "lake", version="test")
    lake.write(flush(alerts(), 0))
    with pytest.raises(ArchiveError, match=r"would not be in the lake|stands in two parts"):
        lake.write(flush(alerts(), start, lake.number))
    lake.write(flush(alerts(), 3, lake.number))
    lake.close()
    assert len(Lake(tmp_path / "lake")) == 6


CHANGES = {
    "a column": alerts(19.5),
    "an alert": alerts().take(np.array([0, 1])),
    "a packet": replace(alerts(), packets=[b"one", b"two", b"threE"]),
    "a light curve": replace(alerts(), light_curve=alerts().take(np.array([0, 2, 1])).light_curve),
}


@pytest.mark.parametrize("what", CHANGES)
def test_the_checksum_sees_every_change(tmp_path: Path, what: str) -> None:
    sums = [
        freeze(kept(tmp_path / name, batch), "20260301").checksum
        for name, batch in (("as it was", alerts()), ("changed", CHANGES[what]))
    ]
    assert sums[0] != sums[1]


def test_the_checksum_sees_no_order(tmp_path: Path) -> None:
    turned = flush(alerts(), 0)
    rows = np.array([2, 0, 1])
    turned = replace(
        turned,
        batch=turned.batch.take(rows),
        beside=taken(turned.beside, rows),
    )
    lake = LiveLake(tmp_path / "turned", version="test")
    lake.write(turned)
    lake.close()
    one = freeze(kept(tmp_path / "plain", alerts()), "20260301")
    assert freeze(tmp_path / "turned", "20260301").checksum == one.checksum


def test_a_night_of_many_groups_is_frozen_and_verified(tmp_path: Path) -> None:
    rows = np.arange(5_000)
    many = replace(alerts().take(rows % 3), alert_id=rows)
    frozen = freeze(kept(tmp_path / "many", many), "20260301")
    assert frozen.rows == len(rows)
    assert all(one.is_sound for one in verify(tmp_path / "many"))

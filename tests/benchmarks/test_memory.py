"""The benchmark of memory: its alerts have ids of their own, and its slope is a slope."""

from __future__ import annotations

from itertools import islice

import pytest

from benchmarks.memory import Sample, after_start, distinct, slope_mb, varint
from replay.invention import invent
from schemas.decode import Decoder


def test_packets_come_again_and_again_each_with_an_id_that_no_other_has() -> None:
    packets = [one.packet for one in invent(3, seed=1)]
    batch = Decoder().decode(list(islice(distinct(packets), 8)))
    assert len(batch) == 8
    first = batch.alert_id[0]
    assert batch.alert_id.tolist() == [first + number for number in range(8)]
    assert batch.object_id[3] == batch.object_id[0]


@pytest.mark.parametrize(
    ("value", "written"), [(0, b"\0"), (-1, b"\1"), (1, b"\2"), (64, b"\x80\1")]
)
def test_a_number_is_written_as_avro_writes_it(value: int, written: bytes) -> None:
    assert varint(value) == written


def test_the_slope_is_of_what_comes_after_the_start() -> None:
    grown = [Sample(0, 50.0, 0, 0), *(Sample(n * 100_000, 300 + n, 0, 0) for n in range(2, 11))]
    settled = after_start(grown)
    assert len(settled) == 9
    assert slope_mb(settled) == pytest.approx(10)

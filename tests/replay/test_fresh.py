"""Drawings used again: other ids, times and places, and all else as it was drawn."""

from __future__ import annotations

import io
import json
from functools import cache
from itertools import islice
from typing import Any

import fastavro
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.clock import ManualClock
from replay.endless import HEADERS, endless
from replay.fresh import SHAPES, Drawing, drawings
from schemas.decode import Decoder
from schemas.lsst_schema import LSST_SCHEMA, SCHEMA_ID

SURVEYS = tuple(SHAPES)
SCHEMA = fastavro.parse_schema(json.loads(LSST_SCHEMA))


@cache
def drawn(survey: str) -> tuple[Drawing, ...]:
    return tuple(drawings(12, survey, seed=4))


def record(survey: str, packet: bytes) -> dict[str, Any]:
    """As fastavro reads it."""
    if survey == "ztf":
        (found,) = fastavro.reader(io.BytesIO(packet))
    else:
        found = fastavro.schemaless_reader(io.BytesIO(packet[5:]), SCHEMA, None)
    return dict(found)


def leaves(value: Any, path: str = "") -> dict[str, list[Any]]:  # noqa: ANN401
    """By dotted path all values that stand there, in order."""
    if isinstance(value, dict):
        pairs = [(f"{path}.{name}".lstrip("."), one) for name, one in value.items()]
    elif isinstance(value, list):
        pairs = [(path, one) for one in value]
    else:
        return {path: [value]}
    found: dict[str, list[Any]] = {}
    for name, one in pairs:
        for where, values in leaves(one, name).items():
            found.setdefault(where, []).extend(values)
    return found


@pytest.mark.parametrize("survey", SURVEYS)
@given(
    place=st.integers(0, 11),
    number=st.integers(0, 10**9),
    days=st.floats(0, 1500),
    shift=st.floats(0, 360),
)
@settings(max_examples=25)
def test_only_ids_times_and_places_are_put_anew(
    survey: str, place: int, number: int, days: float, shift: float
) -> None:
    one, shape = drawn(survey)[place], SHAPES[survey]
    before = leaves(record(survey, one.packet.tobytes()))
    packet, truth = one.fresh(number, jd=one.jd + days, ra_shift_deg=shift)
    after = leaves(record(survey, packet))
    assert before.keys() == after.keys()
    anew = {*shape.times, *shape.ras, *shape.sources, *shape.objects, *shape.names}
    for path in before.keys() - anew:
        assert np.array_equal(before[path], after[path], equal_nan=_are_real(before[path])), path
    for path in shape.times:
        pairs = _pairs(before, after, path)
        assert all(now == pytest.approx(then + days, abs=1e-8) for then, now in pairs)
    for path in shape.ras:
        pairs = _pairs(before, after, path)
        assert all(now == pytest.approx((then + shift) % 360, abs=1e-9) for then, now in pairs)
    for paths, key in ((shape.sources, truth.alert_id), (shape.objects, truth.object_id)):
        moved = {now - then for path in paths for then, now in _pairs(before, after, path)}
        assert len(moved) <= 1  # all by as much
        assert not paths or str(after[paths[0]][0]) == str(key)
    assert not shape.names or after[shape.names[0]] == [truth.object_id]


def _are_real(values: list[Any]) -> bool:
    return all(isinstance(value, float) for value in values)


def _pairs(before: dict[str, list[Any]], after: dict[str, list[Any]], path: str) -> list[Any]:
    pairs = zip(before.get(path, []), after.get(path, []), strict=True)
    return [pair for pair in pairs if pair[0] is not None]


@pytest.mark.parametrize("survey", SURVEYS)
def test_numbers_give_ids_of_their_own(survey: str) -> None:
    numbers = [*range(3000), *range(10**9, 10**9 + 200)]
    truths = [drawn(survey)[n % 12].fresh(n, jd=2461000.5, ra_shift_deg=0)[1] for n in numbers]
    assert len({one.alert_id for one in truths}) == len(numbers)
    assert len({one.object_id for one in truths}) == len(numbers)


def test_a_stream_without_an_end_is_of_now_in_turn_and_never_repeats() -> None:
    clock = ManualClock(1_780_000_000.0)
    stream = endless(SURVEYS, clock, seed=1)
    packets = []
    for packet in islice(stream, 40):
        packets.append(packet)
        clock.advance(0.5)
    batch = Decoder(now_s=clock.now_s).decode(packets)
    assert not batch.rejected
    assert batch.survey.tolist() == ["ztf", "lsst"] * 20
    assert len(set(batch.alert_id.tolist())) == len(set(batch.object_id.tolist())) == 40
    started = 1_780_000_000.0 + 0.5 * np.arange(40)
    exposure_s = batch.exposed_unix_s - started
    assert np.abs(exposure_s).max() < 20  # ZTF says when an exposure began, and lasted 30 s
    later = Decoder().decode(
        list(islice(endless(SURVEYS, ManualClock(1_780_000_001.0), seed=1), 40))
    )
    assert not set(later.alert_id.tolist()) & set(batch.alert_id.tolist())


def test_its_records_bear_the_number_that_a_registry_gave() -> None:
    stream = endless(("lsst",), ManualClock(), seed=1, schema_id=77)
    assert next(stream)[:5] == b"\0" + (77).to_bytes(4, "big")
    assert next(endless(("lsst",), ManualClock(), seed=1))[1:5] == SCHEMA_ID.to_bytes(4, "big")
    assert HEADERS == (("test-stream", b"1"),)

"""Each way to say where a subscriber begins, and what is said of one that is none."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.errors import SettingsError
from broker.kafka_settings import TopicsSection
from broker.rewind import Rewind, ToOffsets, ToTime
from gueststar.service import moved
from gueststar.start import NEVER_MS, Start, beginning

NOW = 1_800_000_000.0
THREE = datetime(2026, 11, 21, 3, tzinfo=UTC)


@pytest.mark.parametrize("word", ["earliest", "latest"])
def test_a_word_is_for_what_a_group_never_read(word: str) -> None:
    assert beginning(word) == (word, None)


@pytest.mark.parametrize(
    "start",
    [
        "2026-11-21T03:00",
        "2026-11-21T03:00:00Z",
        "2026-11-21 04:00+01:00",
        THREE,
        THREE.replace(tzinfo=None),
        THREE.astimezone(timezone(timedelta(hours=-7))),
    ],
)
def test_a_time_without_a_zone_is_utc_and_one_with_a_zone_is_heard(start: Start) -> None:
    assert beginning(start).rewind == ToTime(int(THREE.timestamp() * 1000))


@pytest.mark.parametrize(
    ("start", "seconds"),
    [("6h", 21600), ("90s", 90), ("1.5d", 129600), ("30m", 1800), (timedelta(hours=6), 21600)],
)
def test_so_long_ago_is_counted_from_now(start: Start, seconds: int) -> None:
    found = beginning(start, now_unix_s=NOW)
    assert found.rewind == ToTime(int((NOW - seconds) * 1000))


@pytest.mark.parametrize("start", ["0=1500,1=1700", {0: 1500, 1: 1700}])
def test_offsets_are_by_partition(start: Start) -> None:
    assert beginning(start).rewind == ToOffsets({0: 1500, 1: 1700})


@pytest.mark.parametrize(
    "start", ["yesterday", "6", "6 h", "0=", "0:5", "-6h", "", "2026-13-01", 5, None, "latest "]
)
def test_anything_else_is_refused_with_what_there_is(start: Start) -> None:
    with pytest.raises(SettingsError, match="is none of: earliest, latest, a time"):
        beginning(start)


def test_the_future_is_no_so_long_ago() -> None:
    with pytest.raises(SettingsError, match="lies in the future"):
        beginning(timedelta(hours=-6))


@pytest.mark.parametrize("offsets", [{0: -1}, {-1: 0}, {0: "5"}])
def test_an_offset_is_a_whole_number_from_zero_on(offsets: Mapping[int, int]) -> None:
    with pytest.raises(SettingsError, match="two whole numbers"):
        beginning(offsets)


@settings(max_examples=60)
@given(st.dictionaries(st.integers(0, 99), st.integers(0, 10**12), min_size=1, max_size=5))
def test_offsets_in_words_are_the_same_as_in_numbers(offsets: dict[int, int]) -> None:
    text = ",".join(f"{partition}={offset}" for partition, offset in offsets.items())
    assert beginning(text) == beginning(offsets)


BUT = frozenset(["gueststar.replayed"])


@pytest.mark.parametrize(
    ("start", "rewind"),
    [
        ("earliest", ToTime(0, BUT)),
        ("latest", ToTime(NEVER_MS, BUT)),
        ("2026-11-21T03:00", ToTime(int(THREE.timestamp() * 1000), BUT)),
        ("0=1500,2=7", ToOffsets({0: 1500, 2: 7}, BUT)),
    ],
)
def test_a_worker_is_moved_in_its_input_by_words_too(start: str, rewind: Rewind) -> None:
    assert moved(start, TopicsSection(input=("ztf",))) == rewind


@pytest.mark.parametrize("named", [("ztf", "lsst"), ("^ztf_",)])
def test_a_worker_is_not_moved_to_offsets_of_several_topics(named: tuple[str, ...]) -> None:
    with pytest.raises(SettingsError, match="--start 0=3: offsets are of one topic; name a time"):
        moved("0=3", TopicsSection(input=named))


def test_a_worker_s_start_that_is_none_is_refused() -> None:
    with pytest.raises(SettingsError, match="start 'now'"):
        moved("now", TopicsSection(input=("ztf",)))

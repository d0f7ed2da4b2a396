"""What a producer may have queued: a request's worth to each partition."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from broker.kafka.room import Room

REQUEST_BYTES = 1_000
PARTITIONS = {"one": 1, "four": 4}
MESSAGES = st.lists(
    st.tuples(st.sampled_from(["one", "four", "unknown"]), st.integers(0, 3 * REQUEST_BYTES))
)


@given(MESSAGES)
def test_no_partition_has_more_than_a_request_but_for_one_large_message(
    messages: list[tuple[str, int]],
) -> None:
    room, queued = Room(REQUEST_BYTES, PARTITIONS), dict[str, list[int]]()
    for topic, size in messages:
        if not room.takes(topic, size):
            room.clear()
            queued.clear()
            assert room.takes(topic, size), "an empty topic takes anything"
        queued.setdefault(topic, []).append(size)
        whole = REQUEST_BYTES * PARTITIONS.get(topic, 1)
        assert sum(queued[topic]) <= whole or sum(map(bool, queued[topic])) == 1


@given(MESSAGES)
def test_nobody_waits_before_a_topic_is_full(messages: list[tuple[str, int]]) -> None:
    room, queued = Room(REQUEST_BYTES, PARTITIONS), Counter[str]()
    for topic, size in messages:
        whole = REQUEST_BYTES * PARTITIONS.get(topic, 1)
        if queued[topic] + size <= whole:
            assert room.takes(topic, size)
            queued[topic] += size


@given(MESSAGES)
def test_what_may_go_anywhere_fills_one_partition_after_another_none_beyond_a_request(
    messages: list[tuple[str, int]],
) -> None:
    room, queued = Room(REQUEST_BYTES, PARTITIONS), dict[tuple[str, int], list[int]]()
    for topic, size in messages:
        if not room.takes_anywhere(topic, size):
            begun = [place for place, sizes in queued.items() if place[0] == topic and any(sizes)]
            assert len(begun) == PARTITIONS.get(topic, 1), "nobody waits while one has none"
            room.clear()
            queued.clear()
            assert room.takes_anywhere(topic, size), "an empty topic takes anything"
        partition = room.partition(topic)
        assert (partition is None) == (topic not in PARTITIONS)
        sizes = queued.setdefault((topic, partition or 0), [])
        sizes.append(size)
        assert sum(sizes) <= REQUEST_BYTES or sum(map(bool, sizes)) == 1


def test_each_transaction_begins_with_the_next_partition() -> None:
    room, seen = Room(REQUEST_BYTES, PARTITIONS), []
    for _ in range(8):
        assert room.takes_anywhere("four", 10)
        seen.append(room.partition("four"))
        room.clear()
    assert seen == [0, 1, 2, 3] * 2

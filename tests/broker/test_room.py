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

"""A dead letter says where its alert lies and why it died, and holds it where there is room."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.dead_letters import DeadLetter, Identity, Letter, Mark, read
from broker.dead_letters.letters import DETAIL_CHARACTERS_MAX, PREFIX_BYTES_MAX
from broker.ports import Message


def letter(value: bytes, detail: str = "at byte 7") -> DeadLetter:
    """A dead letter of some packet."""
    return DeadLetter("truncated", detail, Message("survey", 3, 42, 1700, b"key", value))


def described(value: bytes) -> dict[str, object]:
    """What a letter says of a packet."""
    return {
        "reason": "truncated",
        "detail": "at byte 7",
        "topic": "survey",
        "partition": 3,
        "offset": 42,
        "timestamp_ms": 1700,
        "size_bytes": len(value),
        "sha256": hashlib.sha256(value).hexdigest(),
        "withheld": False,
        "prefix_base64": base64.b64encode(value[:PREFIX_BYTES_MAX]).decode(),
    }


def test_it_says_where_the_alert_lies_and_why_it_died() -> None:
    original = {"key_base64": "a2V5", "value_base64": "T2JqAXJlc3Q=", "headers": []}
    encoded = json.loads(letter(b"Obj\x01rest").encode(10_000))
    assert encoded == described(b"Obj\x01rest") | {"original": original}
    assert letter(b"").key == b"survey-3-42"


def test_it_is_small_however_large_the_packet_and_the_detail() -> None:
    encoded = letter(b"x" * 10**6, "\N{COMET}" * 10**5).encode(10**6)
    assert json.loads(encoded)["size_bytes"] == 10**6
    assert json.loads(encoded)["original"] is None
    assert len(encoded) < 2 * PREFIX_BYTES_MAX + 6 * DETAIL_CHARACTERS_MAX + 500


messages = st.builds(
    Message,
    st.just("survey"),
    st.integers(0, 9),
    st.integers(0, 2**62),
    st.integers(-1, 2**41),
    st.none() | st.binary(max_size=40),
    st.binary(max_size=3000),
    st.lists(st.tuples(st.text(max_size=9), st.binary(max_size=99)), max_size=4).map(tuple),
)


@given(messages, st.integers(3000, 12_000))
def test_it_holds_the_whole_message_where_its_topic_has_room(message: Message, room: int) -> None:
    dead = DeadLetter("truncated", "at byte 7", message)
    encoded = dead.encode(room)
    assert len(encoded) + len(dead.key) <= room
    again = read(message._replace(value=encoded, timestamp_ms=1234))
    assert isinstance(again, Letter)
    assert (again.reason, again.written_ms, again.key) == ("truncated", 1234, dead.key)
    assert again.original == message if room > 10_000 else again.original in (message, None)


def test_no_byte_of_a_packet_is_kept_that_not_everybody_may_see() -> None:
    message = Message("survey", 3, 42, 1700, b"key", b"secret", (("of", b"whom"),))
    encoded = DeadLetter("withheld", "programid 2", message, without_packet=True).encode(10_000)
    document = json.loads(encoded)
    assert (document["prefix_base64"], document["original"]) == ("", None)
    again = read(message._replace(value=encoded))
    assert isinstance(again, Letter)
    assert (again.withheld, again.prefix, again.original) == (True, b"", None)


def test_letters_of_the_format_before_are_read() -> None:
    value = json.dumps(described(b"Obj\x01rest")).encode()
    again = read(Message("letters", 0, 0, 5, b"survey-3-42", value))
    assert isinstance(again, Letter)
    assert again.identity == Identity("survey-3-42", hashlib.sha256(b"Obj\x01rest").hexdigest())
    assert (again.prefix, again.original) == (b"Obj\x01rest", None)


def test_a_mark_is_read_as_what_it_was() -> None:
    mark = Mark(Identity("survey-3-42", "ab"), "replayed", "ada@observatory", 17.5)
    assert read(Message("letters", 0, 1, 5, b"k", mark.encode())) == mark


@pytest.mark.parametrize(
    "value", [b"", b"Obj\x01", b"[]", b"3", b"null", b"{}", b'{"replayed": 3}']
)
def test_what_is_neither_is_passed_over(value: bytes) -> None:
    assert read(Message("letters", 0, 1, 5, None, value)) is None

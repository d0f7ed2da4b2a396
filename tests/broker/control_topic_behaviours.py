"""How a control topic behaves: one suite, for the real Kafka's and the twin's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import pytest

from broker.errors import TopicMissing
from broker.ports import ControlTopic, Message, Output, Sink

Entries = list[tuple[bytes | None, bytes]]


class ControlTopics(Protocol):
    """A Kafka as the suite uses it; the topic of a test is its own."""

    def topic(self) -> str:
        """A new topic for a control topic."""
        ...

    def open(self, topic: str) -> ControlTopic:
        """Somebody's control topic."""
        ...

    def writer(self, topic: str) -> Sink:
        """Somebody's transactions."""
        ...

    def rest(self) -> None:
        """Let time pass, in which messages come."""
        ...


def entries(messages: list[Message]) -> Entries:
    """What the messages hold."""
    return [(message.key, message.value) for message in messages]


def soon(controls: ControlTopics, control: ControlTopic, count: int) -> Entries:
    """What comes by asking again and again."""
    found: Entries = []
    for _ in range(200):
        found += entries(control.new())
        if len(found) >= count:
            return found
        controls.rest()
    raise AssertionError(f"{len(found)} of {count} messages came")


class ControlTopicBehaviours:
    """What readers find on a control topic."""

    def test_an_empty_one_has_nothing_and_does_not_wait(self, controls: ControlTopics) -> None:
        control = controls.open(controls.topic())
        assert control.present() == []
        assert control.new() == []

    def test_everyone_reads_all_of_it_in_order(self, controls: ControlTopics) -> None:
        topic = controls.topic()
        writer = controls.open(topic)
        written = [(b"key %d" % (n % 7), b"value %d" % n) for n in range(40)]
        offsets = [writer.write(key, value) for key, value in written]
        assert offsets == list(range(40))
        for _ in range(2):
            messages = controls.open(topic).present()
            assert entries(messages) == written
            assert [message.offset for message in messages] == offsets

    def test_what_was_told_once_is_not_told_again(self, controls: ControlTopics) -> None:
        topic = controls.topic()
        reader, writer = controls.open(topic), controls.open(topic)
        assert reader.present() == []
        for number in range(3):
            writer.write(b"key", b"%d" % number)
            assert soon(controls, reader, 1) == [(b"key", b"%d" % number)]
        assert reader.new() == reader.present() == []

    def test_a_writer_finds_its_own_record(self, controls: ControlTopics) -> None:
        control = controls.open(controls.topic())
        offset = control.write(b"key", b"value")
        assert [message.offset for message in control.present()] == [offset]

    def test_a_deleted_key_comes_with_an_empty_value(self, controls: ControlTopics) -> None:
        topic = controls.topic()
        writer = controls.open(topic)
        writer.write(b"key", b"value")
        writer.write(b"key", b"")
        assert entries(controls.open(topic).present())[-1] == (b"key", b"")

    def test_what_was_aborted_is_passed_over(self, controls: ControlTopics) -> None:
        topic = controls.topic()
        writer = controls.writer(topic)
        for end in (writer.abort, writer.commit):
            writer.begin()
            writer.produce([Output(topic, b"key", end.__name__.encode())])
            controls.rest()
            end()
        assert entries(controls.open(topic).complete()) == [(b"key", b"commit")]

    @pytest.mark.parametrize(
        "ask",
        [lambda control: control.present(), lambda control: control.write(b"key", b"value")],
        ids=["reader", "writer"],
    )
    def test_a_missing_topic_is_named(
        self, controls: ControlTopics, ask: Callable[[ControlTopic], object]
    ) -> None:
        with pytest.raises(TopicMissing, match="no-such-control"):
            ask(controls.open("no-such-control"))

    def test_a_control_topic_is_closed_more_than_once(self, controls: ControlTopics) -> None:
        control = controls.open(controls.topic())
        control.present()
        control.close()
        control.close()

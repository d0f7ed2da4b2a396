"""How a board behaves: one suite, for the real Kafka's and the twin's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import pytest

from broker.errors import TopicMissing
from broker.ports import Board, Message, Output, Sink

Entries = list[tuple[bytes | None, bytes]]


class Boards(Protocol):
    """A Kafka as the suite uses it; the topic of a test is its own."""

    def topic(self) -> str:
        """A new topic for a board."""
        ...

    def open(self, topic: str) -> Board:
        """Somebody's board."""
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


def soon(boards: Boards, board: Board, count: int) -> Entries:
    """What comes by asking again and again."""
    found: Entries = []
    for _ in range(200):
        found += entries(board.new())
        if len(found) >= count:
            return found
        boards.rest()
    raise AssertionError(f"{len(found)} of {count} messages came")


class BoardBehaviours:
    """What readers find on a board."""

    def test_an_empty_board_has_nothing_and_does_not_wait(self, boards: Boards) -> None:
        board = boards.open(boards.topic())
        assert board.present() == []
        assert board.new() == []

    def test_everyone_reads_all_of_it_in_order(self, boards: Boards) -> None:
        topic = boards.topic()
        writer = boards.open(topic)
        written = [(b"key %d" % (n % 7), b"value %d" % n) for n in range(40)]
        offsets = [writer.write(key, value) for key, value in written]
        assert offsets == list(range(40))
        for _ in range(2):
            messages = boards.open(topic).present()
            assert entries(messages) == written
            assert [message.offset for message in messages] == offsets

    def test_what_was_told_once_is_not_told_again(self, boards: Boards) -> None:
        topic = boards.topic()
        reader, writer = boards.open(topic), boards.open(topic)
        assert reader.present() == []
        for number in range(3):
            writer.write(b"key", b"%d" % number)
            assert soon(boards, reader, 1) == [(b"key", b"%d" % number)]
        assert reader.new() == reader.present() == []

    def test_a_writer_finds_its_own_record(self, boards: Boards) -> None:
        board = boards.open(boards.topic())
        offset = board.write(b"key", b"value")
        assert [message.offset for message in board.present()] == [offset]

    def test_a_deleted_key_comes_with_an_empty_value(self, boards: Boards) -> None:
        topic = boards.topic()
        writer = boards.open(topic)
        writer.write(b"key", b"value")
        writer.write(b"key", b"")
        assert entries(boards.open(topic).present())[-1] == (b"key", b"")

    def test_what_was_aborted_is_passed_over(self, boards: Boards) -> None:
        topic = boards.topic()
        writer = boards.writer(topic)
        for end in (writer.abort, writer.commit):
            writer.begin()
            writer.produce([Output(topic, b"key", end.__name__.encode())])
            boards.rest()
            end()
        assert entries(boards.open(topic).present()) == [(b"key", b"commit")]

    @pytest.mark.parametrize(
        "ask",
        [lambda board: board.present(), lambda board: board.write(b"key", b"value")],
        ids=["reader", "writer"],
    )
    def test_a_missing_topic_is_named(self, boards: Boards, ask: Callable[[Board], object]) -> None:
        with pytest.raises(TopicMissing, match="no-such-board"):
            ask(boards.open("no-such-board"))

    def test_a_board_is_closed_more_than_once(self, boards: Boards) -> None:
        board = boards.open(boards.topic())
        board.present()
        board.close()
        board.close()

"""Dead letters on a terminal, in a pipe, and one of them in full."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rich.table import Table

from broker.dead_letters.letters import Letter, Mark
from broker.dead_letters.replay import Replayed
from gueststar.filtering.deployment import moment
from gueststar.table import plain_table

COLUMNS = ("reason", "topic", "letters", "sent again", "first, UTC", "last, UTC", "the last one")
COUNTS = ("letters", "sent again")
DUMP_BYTES = 16
"""Of the packet, in one line."""
DUMP_BYTES_MAX = 256
MISSED_SHOWN = 10


@dataclass
class Group:
    """The letters of one reason and one source topic."""

    reason: str
    topic: str
    letters: int = 0
    sent: int = 0
    first_ms: int = 0
    last: Letter | None = None

    def add(self, letter: Letter, mark: Mark | None) -> None:
        self.letters += 1
        self.sent += mark is not None
        self.first_ms = min(self.first_ms or letter.written_ms, letter.written_ms)
        if self.last is None or letter.written_ms >= self.last.written_ms:
            self.last = letter

    def cells(self) -> tuple[str, ...]:
        assert self.last is not None, "a group is made by its first letter"
        times = (moment(self.first_ms / 1e3), moment(self.last.written_ms / 1e3))
        last = f"{self.last.key.decode()}: {self.last.detail}"
        return (self.reason, self.topic, f"{self.letters:,}", f"{self.sent:,}", *times, last)


def groups(letters: Iterable[tuple[Letter, Mark | None]]) -> list[Group]:
    """By reason and topic, the largest first."""
    found: dict[tuple[str, str], Group] = {}
    for letter, mark in letters:
        key = (letter.reason, letter.source.topic)
        found.setdefault(key, Group(*key)).add(letter, mark)
    return sorted(found.values(), key=lambda each: -each.letters)


def table(found: Iterable[Group]) -> Table:
    shown = plain_table()
    for name in COLUMNS[:-1]:
        shown.add_column(name, justify="right" if name in COUNTS else "left")
    shown.add_column(COLUMNS[-1], ratio=1, no_wrap=True)
    for group in found:
        shown.add_row(*group.cells())
    return shown


def lines(found: Iterable[Group]) -> Iterator[str]:
    """The same for a pipe: a line a group, tabs between."""
    return ("\t".join(group.cells()) for group in found)


def json_line(letter: Letter, mark: Mark | None) -> str:
    """One letter; its packet is left out."""
    return json.dumps(
        {
            "letter": letter.key.decode(),
            "reason": letter.reason,
            "detail": letter.detail,
            "topic": letter.source.topic,
            "partition": letter.source.number,
            "offset": letter.offset,
            "timestamp_ms": letter.timestamp_ms,
            "written_ms": letter.written_ms,
            "size_bytes": letter.size_bytes,
            "sha256": letter.sha256,
            "held": letter.original is not None,
            "sent_again": None
            if mark is None
            else {"to": mark.to, "by": mark.by, "unix_s": mark.unix_s},
        }
    )


def described(letter: Letter, mark: Mark | None) -> Iterator[str]:
    """One letter in full, line by line, the first bytes of its packet last."""
    yield f"letter {letter.key.decode()}, written {moment(letter.written_ms / 1e3)} UTC"
    yield f"reason: {letter.reason}: {letter.detail}"
    yield f"packet: {letter.size_bytes:,} bytes, sha256 {letter.sha256}"
    source = f"{letter.source.topic}/{letter.source.number} offset {letter.offset}"
    held = "the letter holds it" if letter.original else "the letter does not hold it"
    yield f"from {source}; {held}"
    if mark is None:
        yield "not sent again yet"
    else:
        yield f"sent again to {mark.to} by {mark.by}, {moment(mark.unix_s)} UTC"
    yield from dump(letter.prefix[:DUMP_BYTES_MAX])


def dump(data: bytes) -> Iterator[str]:
    for at in range(0, len(data), DUMP_BYTES):
        part = data[at : at + DUMP_BYTES]
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in part)
        yield f"  {at:04x}  {part.hex(' '):<{3 * DUMP_BYTES}} {text}"


def told(done: Replayed, to: str) -> Iterator[str]:
    yield f"{done.sent:,} letters sent again to {to}"
    if done.sent_before:
        yield f"{done.sent_before:,} had been before, and were not now"
    if done.missed:
        yield f"{len(done.missed):,} cannot be sent"
        for each in done.missed[:MISSED_SHOWN]:
            yield f"  {each.letter.key.decode()}: {each.why}"

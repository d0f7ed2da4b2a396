"""What strangers wrote commands no terminal and begins no line of a log."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass

import pytest

from broker.json_records import document_of, encoded, read, shortened
from gueststar.logs import Lines, Objects
from schemas.errors import GueststarError, NoticeError
from schemas.plain_text import plain
from sky.messengers.notices import read_notice

COMMANDS = ("\x1b[31m", "\x9b31m", "\x1b]0;title\x07", "\b\b", "\x7f", "\u202e", "\u2066")


@pytest.mark.parametrize("command", COMMANDS)
def test_nothing_of_a_strangers_commands_a_terminal(command: str) -> None:
    said = f"ZTF18abcdefg{command}"
    record = logging.LogRecord("a", logging.INFO, "", 0, "%s", (said,), None)
    shown = [plain(said), str(GueststarError(said)), shortened(said), Lines().format(record)]
    shown.append(json.loads(Objects("w").format(record))["message"])
    assert all(text.isprintable() for text in shown)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_record_with_commands_in_it_is_read_without_them(command: str) -> None:
    for ascii_only in (True, False):
        value = json.dumps({"by": [f"ada{command}"]}, ensure_ascii=ascii_only).encode()
        assert document_of(value) == {"by": [plain(f"ada{command}")]}


@dataclass(frozen=True)
class Said:
    """A record."""

    reason: str


@pytest.mark.parametrize("command", [*COMMANDS, "\\\x1b", "\\\\\f", "\\u001b"])
def test_what_is_written_of_others_words_is_read_again(command: str) -> None:
    found = read(Said, document_of(encoded(Said(f"refused{command}!"))))
    assert found.reason.startswith("refused")
    assert found.reason == plain(found.reason)


@pytest.mark.parametrize("text", ["a\nb\tc", "\\u001b", "\\b", "é ″ Ω", '"', "\\\\b"])
def test_a_record_of_other_texts_is_read(text: str) -> None:
    for ascii_only in (True, False):
        assert document_of(json.dumps([text], ensure_ascii=ascii_only).encode()) == [text]


def test_a_logged_text_begins_no_line_of_its_own() -> None:
    said = "a fault\n2026-11-30 00:00:00,000 ERROR all is lost"
    record = logging.LogRecord("a", logging.INFO, "", 0, "%s", (said,), None)
    assert "\n" not in Lines().format(record)


NOTICE = {"id": "abcdefg", "instrument": "GBM", "alert_datetime": "2024-04-22T22:00:00Z"}


@pytest.mark.parametrize("key", ["id", "instrument", "event_name", "alert_type", "ref_ID"])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_notice_commands_no_terminal(key: str, command: str) -> None:
    raw = json.dumps({**NOTICE, key: f"G{command}RB"}).encode()
    try:
        found = read_notice(raw)
    except NoticeError as error:
        assert str(error).isprintable()
        return
    said = (found.event, found.source, found.kind, found.about or "", *found.aliases)
    assert all(text.isprintable() for text in said)


def test_a_time_of_no_calendar_is_none() -> None:
    said = {"alert_datetime": "0001-01-01T00:00:00+23:59", "trigger_time": "2024-04-22T22:00:00Z"}
    assert read_notice(json.dumps({**NOTICE, **said}).encode()).created_unix_s > 1.7e9

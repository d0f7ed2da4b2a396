"""The matrix: what each client of others reads of the night, in words, and as the page shows it."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.foreign import crosswise
from tests.foreign.avro_readers import AVRO_READERS, Answer, decode
from tests.foreign.night import TOPICS, Messages, Morning
from tests.foreign.transports import TRANSPORTS, digests, verifiable_consumer

PAGE = Path(__file__).resolve().parents[2] / "docs" / "subscribing.md"
AT_ONCE_MAX = 2
"""Programs that read at the same time."""

SAME, SAME_PLACES, NOT_RUN = "same set", "same places", "not run"
COMMITTED, ABORTED = "committed records alone", "**aborted copies too**"
AT_TIMES = "same set, **at times aborted copies**"
"""Of a client that the crosswise topic shows to err: what a night leaves is a matter of chance."""
VERIFIABLE = "Java's `VerifiableConsumer`"
ERRING = {"KafkaJS"}
"""Who takes one aborted transaction a message off a fetch's list, in the order of their ends."""
BY_DEFAULT, AT_ONCE = "by default", "two workers aborted at once"

Cells = Mapping[tuple[str, str], str]
"""What is said, by row and column."""


class Matrix(NamedTuple):
    """Both tables."""

    transports: Cells
    """Each client of Kafka, by framing and by default."""
    avro_readers: Cells
    """Each reader of Avro, by framing."""


def fill(morning: Morning, folder: Path) -> Matrix:
    """Every client and every reader, run."""
    asked: dict[tuple[str, str], Callable[[], str]] = {}
    decoded: dict[tuple[str, str], Callable[[], str]] = {}
    for framing, topic in TOPICS.items():
        for name in TRANSPORTS:
            asked[name, framing] = _reading(morning, name, topic)
        asked[VERIFIABLE, framing] = _verifying(morning, topic, folder)
        for reader in AVRO_READERS:
            decoded[reader, framing] = _decoding(morning, reader, framing)
    for name in TRANSPORTS:
        asked[name, AT_ONCE] = _reading(morning, name, crosswise.TOPIC)
    asked[VERIFIABLE, AT_ONCE] = _verifying(morning, crosswise.TOPIC, folder)
    for name in (*TRANSPORTS, VERIFIABLE):
        asked[name, BY_DEFAULT] = _by_default(morning, name, folder)
    with ThreadPoolExecutor(AT_ONCE_MAX) as pool:
        cells = [
            {at: pool.submit(_unless_absent, ask) for at, ask in each.items()}
            for each in (asked, decoded)
        ]
        return Matrix(*({at: cell.result() for at, cell in each.items()} for each in cells))


def _unless_absent(ask: Callable[[], str]) -> str:
    try:
        return ask()
    except pytest.skip.Exception as absent:
        return f"{NOT_RUN}: {absent}"


def _reading(morning: Morning, name: str, topic: str) -> Callable[[], str]:
    def cell() -> str:
        found = digests(TRANSPORTS[name](morning, topic, "read_committed"))
        if name in ERRING and topic != crosswise.TOPIC:
            return told_at_times(found, morning.committed[topic], morning.everything[topic])
        return told(found, morning.committed[topic])

    return cell


def _verifying(morning: Morning, topic: str, folder: Path) -> Callable[[], str]:
    def cell() -> str:
        found = verifiable_consumer(morning, topic, "read_committed", folder)
        known = dict.fromkeys(morning.committed[topic], "")
        return told(dict.fromkeys(found, ""), known).replace(SAME, SAME_PLACES)

    return cell


def _by_default(morning: Morning, name: str, folder: Path) -> Callable[[], str]:
    topic = TOPICS["container"]

    def cell() -> str:
        if name in ERRING:
            found = digests(TRANSPORTS[name](morning, topic, "default"))
            return told_at_times(found, morning.committed[topic], morning.everything[topic])
        if name == VERIFIABLE:
            places = verifiable_consumer(morning, topic, "default", folder)
        else:
            places = set(digests(TRANSPORTS[name](morning, topic, "default")))
        shown = {frozenset(morning.committed[topic]): COMMITTED}
        shown[frozenset(morning.everything[topic])] = ABORTED
        return shown.get(frozenset(places), f"{len(places)} records")

    return cell


def _decoding(morning: Morning, reader: str, framing: str) -> Callable[[], str]:
    """The bytes are kcat's; that every client hands on the same, the first table says."""

    def cell() -> str:
        frames = TRANSPORTS["kcat"](morning, TOPICS[framing], "read_committed")
        return understood(decode(reader, frames, framing, morning.registry), morning, framing)

    return cell


def told(found: Messages, known: Messages) -> str:
    """How a set of messages compares with the one that there is."""
    if found == known:
        return SAME
    alike = sum(known.get(place) == one for place, one in found.items())
    return f"{alike} of {len(known)}, and {len(found) - alike} others"


def told_at_times(found: Messages, known: Messages, everything: Messages) -> str:
    """The same of a client that shows aborted copies, which are nothing else, now and then."""
    aborted = everything.keys() - known.keys()
    kept = {place: one for place, one in found.items() if place not in aborted}
    shown = {place: one for place, one in found.items() if place in aborted}
    if kept == known and shown.items() <= everything.items():
        return AT_TIMES
    return told(found, known)


def understood(answer: Answer, morning: Morning, framing: str) -> str:
    """How a set of records compares with those that the surveys sent."""
    if answer.refusal:
        return f"refuses after {len(answer.records)}: {answer.refusal[:100]}"
    found: Messages = {place: record.survey for place, record in answer.records.items()}
    known: Messages = dict.fromkeys(morning.committed[TOPICS[framing]], "")
    surveys = Counter(found.values())
    filters = {record.filters for record in answer.records.values()}
    if found.keys() == known.keys() and surveys == morning.surveys and filters == {EVERY}:
        return SAME
    alike = (surveys & morning.surveys).total()
    return f"{alike} of {len(known)} byte for byte; filters {sorted(filters)}"


EVERY = "registered,keyed"
"""What our field of each record says: both filters selected it."""


def rendered(matrix: Matrix) -> dict[str, str]:
    """The tables in Markdown, by the name that they have on the page."""
    clients = _table(
        "read with `read_committed`", matrix.transports, (*TOPICS, AT_ONCE, BY_DEFAULT)
    )
    return {"clients": clients, "avro": _table("Avro reader", matrix.avro_readers, tuple(TOPICS))}


def _table(title: str, cells: Cells, columns: tuple[str, ...]) -> str:
    rows = dict.fromkeys(row for row, _ in cells)
    head = [f"| {title} | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    lines = [f"| {row} | {' | '.join(cells[row, each] for each in columns)} |" for row in rows]
    return "\n".join([*head, *lines])


def compare(found: Mapping[str, str]) -> None:
    """Hold tables to the page; with FOREIGN=rewrite, write them into it first."""
    if os.environ.get("FOREIGN") == "rewrite":
        rewrite(found)
    assert found == {name: shown(name) for name in found}


def shown(name: str) -> str:
    """The table of that name, as the page has it now."""
    found = re.search(_between(name), PAGE.read_text(), re.DOTALL)
    assert found, f"{PAGE.name} has no table {name}"
    return found[2].strip()


def rewrite(tables: Mapping[str, str]) -> None:
    """The page with these tables."""
    text = PAGE.read_text()
    for name, table in tables.items():
        text = re.sub(_between(name), rf"\1\n{table}\n\3", text, flags=re.DOTALL)
    PAGE.write_text(text)


def _between(name: str) -> str:
    return rf"(<!-- {name}: made by make foreign -->)(.*?)(<!-- end -->)"

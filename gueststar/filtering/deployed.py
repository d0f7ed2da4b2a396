"""Filters that are deployed, read from the board, to be asked here as any other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

from broker.desk.desk import records_of
from broker.kafka import Connection
from broker.kafka.board import KafkaBoard
from broker.ports import Board
from filters.expressions.filter import ExpressionFilter
from filters.records import Version
from filters.register import Register
from gueststar.filtering.candidates import Candidate, of_expressions
from schemas.errors import FilterError
from schemas.suggestion import nearest


@contextmanager
def board_at(bootstrap: str, topic: str) -> Iterator[Board]:
    """The board of a broker. Raises KafkaUnavailable or TopicMissing when it is read."""
    with closing(KafkaBoard(Connection(bootstrap), topic)) as board:
        yield board


def register(board: Board) -> Register:
    """All that was deployed, as of now."""
    return Register().after(records_of(board.present()))


def on_duty(found: Register, name: str) -> Candidate | None:
    """The version of that name that is live; None where none is."""
    return next((_candidate(each) for each in found.on_duty if each.name == name), None)


def deployed(found: Register, name: str, version: int | None = None) -> Candidate:
    """A version of a deployed filter, the newest by default. Raises FilterError."""
    versions = {each.version: each for each in found.versions(name)}
    if not versions:
        known = sorted({each.name for each in found.latest.values()})
        hint = nearest(name, known) if known else "; none is"
        raise FilterError(f"no filter {name!r} is deployed{hint}")
    wanted = max(versions) if version is None else version
    if wanted not in versions:
        numbers = ", ".join(map(str, versions))
        raise FilterError(f"filter {name!r} has no version {wanted}; it has {numbers}")
    return _candidate(versions[wanted])


def _candidate(version: Version) -> Candidate:
    return of_expressions(ExpressionFilter.of(version.document), f"version {version.version}")

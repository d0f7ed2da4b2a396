"""The lake as the portal asks it: opened anew when it has grown, one question at a time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import BoundedSemaphore, Event, Lock

from broker.portal_settings import PortalSection
from gueststar.answer import Answer
from gueststar.open_lake import OpenLake
from lake.layout import ALERTS
from lake.sql import SqlLimits
from schemas.errors import QuestionError

LOOK_S = 2.0
"""Not sooner than so long after it was opened, whether the lake has grown is looked at again."""

IN_LINE_MAX = 2
"""Statements that wait for others to end: each holds one of the server's forty threads."""

NO_LAKE = (
    "this portal has no lake; name one in CONFIG.toml, [lake] path, and fill it with `gueststar"
    " lake write CONFIG.toml` or `gueststar archive PACKETS --to LAKE`"
)

Stamp = tuple[tuple[str, int], ...]


class LakeDoor:
    """Gives the lake of a configuration, or says how to get one."""

    def __init__(
        self, path: Path | None, limits: PortalSection, schemas: Path | None = None
    ) -> None:
        """`schemas` is the folder of writer schemas, for the stamps of bare records."""
        self.path = path
        self._schemas = schemas
        self._limits = limits
        self._lock = Lock()
        self._statements = BoundedSemaphore(limits.sql_statements_max)
        self._in_line = BoundedSemaphore(limits.sql_statements_max + IN_LINE_MAX)
        self._lake: OpenLake | None = None
        self._stamp: Stamp = ()
        self._looked_s = 0.0

    @property
    def is_there(self) -> bool:
        """Whether a lake is named, and stands."""
        return self.path is not None and (self.path / ALERTS).is_dir()

    @contextmanager
    def asked(self) -> Iterator[OpenLake]:
        """The lake as it stands now, while nobody else asks it.

        Raises QuestionError where there is none, ArchiveError where it cannot be read.
        """
        with self._lock:
            yield self._fresh()

    def sql(self, text: str, ended: Event | None = None) -> Answer:
        """The answer to a statement, within the portal's limits, or until `ended`.

        Raises QuestionError.
        """
        limits = self._limits
        if not limits.sql:
            raise QuestionError("SQL is switched off here ([portal] sql); ask by id or by place")
        with self._lock:
            lake = self._fresh()
        # A statement may take its time, in a process of its own; others shall not wait for it.
        with _taken(self._in_line, 0.0), _taken(self._statements, limits.sql_seconds_max):
            return lake.sql(
                text,
                SqlLimits(
                    rows_max=limits.sql_rows_max,
                    seconds_max=limits.sql_seconds_max,
                    memory_bytes_max=limits.sql_memory_mib_max * 2**20,
                ),
                ended,
            )

    def _fresh(self) -> OpenLake:
        if not self.is_there or self.path is None:
            raise QuestionError(NO_LAKE)
        now_s = time.monotonic()
        if self._lake is None or now_s - self._looked_s > LOOK_S:
            self._looked_s = now_s
            stamp = _stamp(self.path)
            if self._lake is None or stamp != self._stamp:
                self._lake = OpenLake(self.path, schemas=self._schemas)
                self._stamp = stamp
        return self._lake


@contextmanager
def _taken(places: BoundedSemaphore, wait_s: float) -> Iterator[None]:
    """A place among few. Raises QuestionError where none becomes free."""
    if not places.acquire(timeout=wait_s):
        raise QuestionError("others' statements are running; ask again in a minute")
    try:
        yield
    finally:
        places.release()


def _stamp(path: Path) -> Stamp:
    """What changes whenever a part is added: the times of the nights' folders."""
    nights = sorted((path / ALERTS).iterdir())
    return tuple((night.name, night.stat().st_mtime_ns) for night in nights)

"""When small parts of a night are joined, and when what was joined is removed.

It is decided between two polls, when every part that stands is whole, and done in a thread: alerts
of the next night are not late for it. A night has ended when nothing of it came for a while.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from broker.ports import Clock
from lake.compaction import Compacted
from lake.disk import retired
from lake.flush import Flushed
from lake.footers import Standing
from lake.freezing import compact_thawed
from lake.layout import ALERTS, ROWS_PER_GROUP, UNREAD, night_folder, night_of
from lake.part import Part
from lake.recovery import Log
from lake.standing import standing
from lake.unread import join_unread, unread_parts
from schemas.errors import ArchiveError

LOG: Final = logging.getLogger("gueststar.lake")

PAUSE_S: Final = 60.0
"""After the disk refused, so long nothing is joined or removed."""


@dataclass(frozen=True)
class Rules:
    """When."""

    parts_max: int
    quiet_s: float
    retired_s: float


@dataclass
class _Night:
    """One that may have small parts, or the folder of what was left unread."""

    parts: int = 0
    """Of single flushes, not joined yet."""
    last_s: float = field(default=0.0)
    """When the last of them was written, monotonic."""


class Compaction:
    """Looks after the nights of a lake that one writes."""

    def __init__(
        self,
        lake: Path,
        log: Log,
        rules: Rules,
        *,
        facts: Mapping[str, str],
        clock: Clock,
        executor: Executor,
    ) -> None:
        """log: what stood when the lake was opened. The executor's thread does the work."""
        self._lake = lake
        self._rules = rules
        self._facts = facts
        self._clock = clock
        self._executor = executor
        self._nights = defaultdict[str, _Night](_Night)
        self._running: Future[Compacted | None] | None = None
        self._retired: dict[Path, float] = {}
        self._not_before_s = 0.0
        self.done = 0
        """How many there were."""
        for one in log.parts:
            self._note(night_of(one.path), is_single=_is_single(one))
        for one in log.unread:
            self._note(UNREAD, is_single=_is_single(one))
        self._note_hidden()

    @property
    def parts(self) -> Mapping[str, int]:
        """By night, and of what was left unread, how many small parts are to be joined."""
        return {night: each.parts for night, each in self._nights.items() if each.parts}

    def flushed(self, flushed: Flushed) -> None:
        """A flush was written."""
        for night in (*flushed.rows, *[UNREAD] * flushed.left_unread):
            self._note(night, is_single=True)

    def look(self) -> None:
        """Do what is due; called between two polls."""
        self._remove()
        if self._running is not None and not self._running.done():
            return
        self._hear()
        if self._clock.monotonic_s() < self._not_before_s:
            return
        for night, each in list(self._nights.items()):
            ended = self._clock.monotonic_s() - each.last_s >= self._rules.quiet_s
            if ended or each.parts >= self._rules.parts_max:
                with self._put_off_where_refused("parts were not joined"):
                    self._begin(night, ended=ended)
                return

    def close(self) -> None:
        """Wait for what is being done."""
        if self._running is not None:
            self._running.exception()
            self._hear()

    def _note(self, night: str, *, is_single: bool) -> None:
        each = self._nights[night]
        each.parts += is_single
        each.last_s = self._clock.monotonic_s()

    def _begin(self, night: str, *, ended: bool) -> None:
        """Join what is small: of a night that goes on, single flushes alone."""
        small = [
            one
            for one in self._parts(night)
            if one.holds and (one.alerts < ROWS_PER_GROUP if ended else _is_single(one))
        ]
        del self._nights[night]
        if not ended:
            self._nights[night] = _Night(0, self._clock.monotonic_s())
        if len(small) < 2:
            return
        if night == UNREAD:
            self._running = self._executor.submit(join_unread, self._lake, small, self._facts)
        else:
            together = [Part(one) for one in small]
            self._running = self._executor.submit(compact_thawed, self._lake, together, self._facts)

    def _parts(self, night: str) -> list[Standing]:
        if night == UNREAD:
            return unread_parts(self._lake)
        return standing(self._lake, frozenset({night_folder(self._lake, ALERTS, night).name}))

    def _hear(self) -> None:
        """What came of it."""
        if self._running is None:
            return
        running, self._running = self._running, None
        found = None
        with self._put_off_where_refused("parts were not joined"):
            found = running.result()
        if found is None:
            return
        self.done += 1
        self._retired |= dict.fromkeys(found.retired, self._clock.monotonic_s())
        self._note_hidden()
        LOG.info("%s: %d parts of %d messages are one", found.night, found.parts, found.rows)

    def _note_hidden(self) -> None:
        """What an earlier writer hid, or a freeze meanwhile: who reads it may do so from now on."""
        now_s = self._clock.monotonic_s()
        self._retired = dict.fromkeys(retired(self._lake), now_s) | self._retired

    def _remove(self) -> None:
        """What was hidden for long enough."""
        due_s = self._clock.monotonic_s() - self._rules.retired_s
        if self._clock.monotonic_s() < self._not_before_s:
            return
        due = [file for file, since_s in self._retired.items() if since_s <= due_s]
        with self._put_off_where_refused("hidden files were not removed"):
            for file in due:
                file.unlink(missing_ok=True)
                del self._retired[file]

    @contextmanager
    def _put_off_where_refused(self, what: str) -> Iterator[None]:
        """Whatever the disk says to this, alerts go on being written; it is tried again later."""
        try:
            yield
        except (OSError, ArchiveError) as error:
            self._not_before_s = self._clock.monotonic_s() + PAUSE_S
            LOG.warning("%s (%s); they are left as they are", what, error)


def _is_single(part: Standing) -> bool:
    return len(part.holds) == 1

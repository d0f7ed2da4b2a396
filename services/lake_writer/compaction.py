"""When small parts of a night are joined, and when what was joined is removed.

It is decided between two polls, when every part that stands is whole, and done in a thread: alerts
of the next night are not late for it. A night has ended when nothing of it came for a while.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from broker.ports import Clock
from lake.compaction import Compacted
from lake.flush import Flushed
from lake.footers import Standing
from lake.freezing import compact_thawed
from lake.layout import ALERTS, ROWS_PER_GROUP, night_folder, night_of
from lake.part import Part
from lake.recovery import Log
from lake.standing import standing
from schemas.errors import ArchiveError

LOG: Final = logging.getLogger("gueststar.lake")

PAUSE_S: Final = 60.0
"""After a compaction that failed, so long nothing is joined."""


@dataclass(frozen=True)
class Rules:
    """When."""

    parts_max: int
    quiet_s: float
    retired_s: float


@dataclass
class _Night:
    """One that may have small parts."""

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
        self._retired: list[tuple[float, Path]] = []
        self._not_before_s = 0.0
        self.done = 0
        """How many there were."""
        for one in log.parts:
            self._note(night_of(one.path), is_single=_is_single(one))

    @property
    def parts(self) -> Mapping[str, int]:
        """By night, how many small parts are to be joined."""
        return {night: each.parts for night, each in self._nights.items() if each.parts}

    def flushed(self, flushed: Flushed) -> None:
        """A flush was written."""
        for night in flushed.rows:
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
        parts = standing(self._lake, frozenset({night_folder(self._lake, ALERTS, night).name}))
        small = [
            one
            for one in parts
            if one.holds and (one.alerts < ROWS_PER_GROUP if ended else _is_single(one))
        ]
        del self._nights[night]
        if not ended:
            self._nights[night] = _Night(0, self._clock.monotonic_s())
        if len(small) > 1:
            together = [Part(one) for one in small]
            self._running = self._executor.submit(compact_thawed, self._lake, together, self._facts)

    def _hear(self) -> None:
        """What came of it."""
        if self._running is None:
            return
        running, self._running = self._running, None
        try:
            found = running.result()
        except (OSError, ArchiveError) as error:
            self._not_before_s = self._clock.monotonic_s() + PAUSE_S
            LOG.warning("parts were not joined (%s); they are left as they are", error)
            return
        if found is None:
            return
        self.done += 1
        now_s = self._clock.monotonic_s()
        self._retired += [(now_s, file) for file in found.retired]
        LOG.info("night %s: %d parts of %d alerts are one", found.night, found.parts, found.rows)

    def _remove(self) -> None:
        """What was hidden for long enough."""
        due_s = self._clock.monotonic_s() - self._rules.retired_s
        for _, file in (each for each in self._retired if each[0] <= due_s):
            file.unlink(missing_ok=True)
        self._retired = [each for each in self._retired if each[0] > due_s]


def _is_single(part: Standing) -> bool:
    return len(part.holds) == 1

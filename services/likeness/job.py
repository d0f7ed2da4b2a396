"""Makes the index again each night, from the lake alone: there is nothing for a kill to lose."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from lake.likeness.search import INDEXED_DAYS, build, is_current
from lake.reading import Lake


def keep(
    lake: Path,
    index: Path,
    *,
    every_s: float,
    days_max: float = INDEXED_DAYS,
    once: bool = False,
    told: Callable[[str], None] = print,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Until it is killed, or once. Raises ArchiveError and QuestionError."""
    index.mkdir(parents=True, exist_ok=True)
    while True:
        whole = Lake(lake)
        if not is_current(whole, index):
            vectors = build(whole, index, days_max=days_max)
            told(f"{len(vectors):,} objects, embedding {vectors.version or 'of unknown version'}")
        if once:
            return
        sleep(every_s)

"""`gueststar messenger search`: what a lake has of an event, as a table, a picture, a notice."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from broker.messengers.events import event_of
from filters.alerts import Table
from gueststar.answer import Answer
from gueststar.filtering.candidates import candidates
from gueststar.lake_listing import PICTURES
from gueststar.lake_listing import tell as tell_answer
from gueststar.messengers.listing import draw_to, located
from gueststar.messengers.place import Read
from lake.reading import Lake
from lake.saving import arrow_table
from schemas.errors import QuestionError
from services.messengers.outgoing import notice_of
from services.messengers.search import Candidates, Region, search
from sky.messengers.notices import Notice

MESSENGER = "messenger"


class Asked(NamedTuple):
    """What is asked of a lake."""

    lake: Path
    nights: tuple[str, ...]
    level: float
    days: float
    filter: str | None
    """Its name or path."""


def seek(found: Read, asked: Asked, *, to: Path | None, notice: Path | None) -> None:
    """Search, and tell. Raises QuestionError, FilterError, ArchiveError."""
    if not isinstance(found, Notice):
        raise QuestionError("a sky map alone has no time to search from; name its notice")
    event = event_of(found, days=asked.days, mock=True)
    if event is None:
        _say(f"{found.event} was retracted; nothing of a lake is of it")
        return
    lake = Lake(asked.lake, asked.nights)
    there = search(lake, event, Region(asked.level, asked.days), _picked(asked.filter))
    if notice is not None:
        notice.write_bytes(notice_of(there, found, now_unix_s=time.time()))
        _say(f"{notice} holds a notice of them, marked as a test; it was not sent")
    if to is not None and to.suffix in PICTURES:
        places = np.stack([there.columns["ra_deg"], there.columns["dec_deg"]])
        draw_to(to, located(found), places, f"{found.event}: {len(there):,} alerts")
        _say(f"{to} shows them")
    else:
        tell_answer(Answer(arrow_table(there.columns), with_units=False), to)
    _say(_summary(there, asked))


def _summary(there: Candidates, asked: Asked) -> str:
    such = "such alerts" if asked.filter else "alerts"
    return (
        f"{len(there):,} {such} in the {asked.level:.0%} region within {asked.days:g} days; by"
        f" chance {there.expected_per_night:,.3g} a night stand there (the rate of"
        f" {there.looked_at:,} {such} in {there.nights:,} nights)"
    )


def _picked(named: str | None) -> Callable[[Table], NDArray[np.bool_]] | None:
    """Which alerts a filter selects."""
    if named is None:
        return None
    found = candidates(named)
    if len(found) > 1:
        raise QuestionError(f"{named} holds {len(found)} filters; name a file of one")
    only = found[0]
    if any(MESSENGER in text for text in only.texts.values()):
        raise QuestionError(
            f"{named} asks of an event itself; leave that to --level and --days, and name a filter"
            " of the alerts alone, by which chance is counted"
        )
    return lambda table: only.selection.evaluate(table).selected


def _say(text: str) -> None:
    """On the error stream: what a pipe gets is the table alone."""
    Console(file=sys.stderr).print(text, markup=False, highlight=False, soft_wrap=True)

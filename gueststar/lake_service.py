"""`gueststar lake write` and `verify`: the writer of a lake, and whether what stands is whole."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import typer

from broker.settings import read_settings
from gueststar.allocator import keep_freed_memory, keep_what_is_loaded
from gueststar.logs import log_to_stderr
from gueststar.release import __version__
from gueststar.signals import stopped_by_signal
from lake.freezing import Verified, verify
from lake.recovery import Log, read_log
from services.lake_writer.assembly import lake_writer


def write_live(config: Path, *, over_gaps: bool = False) -> None:
    """Write the lake of a configuration until a signal; what was read by then is in it.

    over_gaps: whether what the topic's retention forgot is left out.
    """
    keep_freed_memory()
    settings = read_settings(config)
    log_to_stderr(settings.logs.format, "lake")
    with (
        lake_writer(settings, version=__version__, over_gaps=over_gaps) as worker,
        stopped_by_signal(worker.stop),
    ):
        keep_what_is_loaded()
        worker.run()


def report(lake: Path) -> bool:
    """Print what a lake's footers say and how its frozen nights are; whether all is well.

    Raises ArchiveError where a part is broken, or two hold the same offset.
    """
    frozen, log = verify(lake), read_log(lake)
    faults = [*_faults(log)]
    for line in (*_lines(log), *map(_night, frozen), *faults):
        typer.echo(line)
    is_sound = not faults and all(one.is_sound for one in frozen)
    typer.echo("whole" if is_sound else "not whole")
    return is_sound


def _lines(log: Log) -> Iterator[str]:
    rows, unread = (sum(one.alerts for one in parts) for parts in (log.parts, log.unread))
    yield f"{rows:,} alerts in {len(log.parts):,} parts, {unread:,} messages left unread"
    for (topic, partition, life), start, end, consumed, _ in log.stretches:
        named = f" ({life})" if life else ""
        yield f"  {topic}[{partition}]{named} offsets {start:,} to {end:,}: {consumed:,} messages"


def _faults(log: Log) -> Iterator[str]:
    """What does not add up."""
    held = sum(one.alerts for one in (*log.parts, *log.unread))
    read = sum(one.consumed for one in log.stretches)
    if held != read:
        yield f"fault: {read:,} messages were read, and {held:,} are in the lake"
    for before, after in pairwise(log.stretches):
        if before.source == after.source:
            topic, partition, _ = after.source
            gap = f"{before.end:,} to {after.start:,}"
            yield f"fault: {topic}[{partition}] offsets {gap} were not read"


def _night(one: Verified) -> str:
    frozen = one.frozen
    later = f", {one.later:,} came later" if one.later else ""
    if one.is_sound:
        return f"  {frozen.night}: {frozen.rows:,} alerts as they were frozen{later}"
    return (
        f"fault: {frozen.night} has {one.rows:,} alerts, checksum {one.checksum}; frozen were"
        f" {frozen.rows:,}, checksum {frozen.checksum}{later}"
    )

"""`gueststar archive`: packets decoded, scored, and written as columns by night."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from gueststar.filtering.sources import Packets
from gueststar.release import __version__
from lake.merge import NightWritten
from lake.writing import LakeWriter
from replay.progress import bar
from schemas.batch import AlertBatch
from schemas.errors import ArchiveError


def archive(
    packets: Path,
    lake: Path,
    *,
    with_packets: bool,
    schemas: Path | None,
    console: Console | None = None,
) -> tuple[NightWritten, ...]:
    """Add the alerts at a path to a lake, and say what came to each night.

    An alert that the lake had already is replaced by the newer copy. Raises ArchiveError where
    there is nothing to read or the lake cannot be written, and behind all that can be read of an
    archive that breaks off, which is kept.
    """
    console = console or Console()
    source, alerts = Packets(packets, schemas=schemas), 0
    writer = LakeWriter(lake, version=__version__, with_packets=with_packets)
    with bar(console, packets.name, source.size) as advance, writer:
        for batch in _readable(source):
            writer.add(batch)
            alerts += len(batch)
            advance(source.done, alerts)
    for line in _lines(source, writer, lake):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    if source.broken is not None:
        raise ArchiveError(f"{source.broken}; the {alerts:,} alerts that could be read are kept")
    return writer.written


def _readable(source: Packets) -> Iterator[AlertBatch]:
    """Up to where the archive breaks off, if anything came before."""
    came = False
    try:
        for batch in source.batches():
            came = came or len(batch) > 0
            yield batch
    except ArchiveError:
        if source.broken is None or not came:
            raise


def _lines(source: Packets, writer: LakeWriter, lake: Path) -> list[str]:
    lines = [f"passed over {name}: {reason}" for name, reason in source.passed_over]
    if source.rejected:
        lines.append(f"{source.rejected:,} packets are no alerts and were left out")
    if writer.nightless:
        named = ", ".join(map(str, writer.nightless_ids))
        more = " and others" if writer.nightless > len(writer.nightless_ids) else ""
        lines.append(
            f"{writer.nightless:,} alerts have a time that is none and were left out: {named}{more}"
        )
    nights = writer.written
    new, again = (sum(getattr(one, name) for one in nights) for name in ("new", "again"))
    lines.append(
        f"{new + again:,} alerts of {len(nights)} nights: {new:,} new in {lake}, {again:,} had come"
        " before, of which the newest copy stands"
    )
    return [
        *lines,
        *(
            f"  {one.night}  {one.new:>9,} new  {one.again:>9,} again  {one.alerts:>9,} now"
            f"  {one.bytes / 1e6:>9,.1f} MB"
            for one in nights
        ),
    ]

"""`gueststar archive`: packets decoded, scored, and written as columns by night."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from gueststar.filtering.sources import Packets
from gueststar.release import __version__
from replay.lake.writing import LakeWriter, NightWritten
from replay.sending import bar


def archive(
    packets: Path,
    lake: Path,
    *,
    with_packets: bool,
    schemas: Path | None,
    console: Console | None = None,
) -> tuple[NightWritten, ...]:
    """Write the alerts at a path into a lake, and say what each night holds now.

    A night that the lake had already is replaced. Raises ArchiveError where there is nothing to
    read or the lake cannot be written.
    """
    console = console or Console()
    source, alerts = Packets(packets, schemas=schemas), 0
    writer = LakeWriter(lake, version=__version__, with_packets=with_packets)
    with bar(console, packets.name, source.size) as advance, writer:
        for batch in source.batches():
            writer.add(batch)
            alerts += len(batch)
            advance(source.done, alerts)
    for line in _lines(source, writer.written, lake):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    return writer.written


def _lines(source: Packets, nights: tuple[NightWritten, ...], lake: Path) -> list[str]:
    passed = [f"passed over {name}: {reason}" for name, reason in source.passed_over]
    if source.rejected:
        passed.append(f"{source.rejected:,} packets are no alerts and were left out")
    each = [
        f"  {one.night}  {one.alerts:>9,} alerts  {one.bytes / 1e6:>9,.1f} MB" for one in nights
    ]
    alerts = sum(one.alerts for one in nights)
    return [*passed, f"{alerts:,} alerts of {len(nights)} nights stand in {lake}", *each]

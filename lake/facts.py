"""What the footer of a part says that is written live; `footers.read_standing` reads it."""

from __future__ import annotations

from collections.abc import Iterable

from lake.layout import VERSION
from lake.ranges import Stretch, encoded, packed


def facts_of(
    mark: str,
    *,
    night: str = "",
    digest: int = 0,
    with_packets: int = 0,
    packet_files: Iterable[str] = (),
    replaces: Iterable[str] = (),
    holds: Iterable[int],
    commits: Iterable[int] = (),
    commit_in: str = "",
    stretches: Iterable[Stretch] = (),
    beside: Iterable[str] = (),
) -> dict[str, str]:
    """The facts of a file of that mark; what each says stands at `footers.Standing`."""
    found = {
        "lake": VERSION,
        "mark": mark,
        "night": night,
        "digest": f"{digest % 2**64:016x}",
        "with_packets": str(with_packets),
        "packet_files": " ".join(sorted(packet_files)),
        "replaces": " ".join(replaces),
        "holds": packed(holds),
        "commits": packed(commits),
        "commit_in": commit_in,
        "ranges": encoded(stretches),
        "beside": " ".join(beside),
    }
    return {f"gueststar.{name}": value for name, value in found.items()}

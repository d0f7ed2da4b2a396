"""What the footer of a file of alerts says of the part that it is of."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from lake.layout import FIRST_ALERTS, FIRST_VERSION, VERSION, packets_file
from lake.ranges import unpacked
from schemas.errors import ArchiveError

NOTHING = frozenset[str]()
NO_NUMBERS = frozenset[int]()
FACTS = (
    *("lake", "mark", "sha256", "digest", "with_packets", "replaces", "packet_files"),
    *("holds", "commits", "commit_in", "ranges", "beside"),
)
_FACTS = frozenset(f"gueststar.{name}".encode() for name in FACTS)
"""What is read of the facts of a file; the rest is for people."""


Status = tuple[int, int]
"""What tells a file from another of its name: its number on the disk, and when it was written."""


class Standing(NamedTuple):
    """A part as it stood when one looked."""

    path: Path
    """Its file of alerts."""
    status: Status
    """Of that file, which another may replace under the same name."""
    footer: Any
    """Of that file; pyarrow has no types."""
    mark: str
    """The name of its light curves' file."""
    alerts: int
    digest: int
    """Of its alerts' keys (`digests.digest`)."""
    with_packets: int
    """How many alerts whose packets were kept."""
    replaces: frozenset[str] = NOTHING
    """Marks of parts of the night whose rows it has taken over."""
    packet_files: frozenset[str] = NOTHING
    """Marks of the files that hold its packets."""
    holds: frozenset[int] = NO_NUMBERS
    """Numbers of the flushes whose rows of the night it holds; none where it was archived."""
    commits: frozenset[int] = NO_NUMBERS
    """Numbers of the flushes that stand because it does."""
    commit_in: str = ""
    """The folder of the part that commits what it holds; empty where that needs no other."""
    ranges: str = ""
    """What of the stream was read with what it commits (`ranges.decoded`)."""
    beside: frozenset[str] = NOTHING
    """Folders of the other parts of the flush that it commits."""


def status(path: Path) -> Status:
    """What tells the file there from another of its name. Raises OSError."""
    found = path.stat()
    return found.st_ino, found.st_mtime_ns


def read_standing(path: Path, seen: Status, footer: Any) -> Standing:  # noqa: ANN401
    """What the facts of a file of alerts say. Raises ArchiveError where it is of no lake."""
    facts = {k.decode(): v.decode() for k, v in (footer.metadata or {}).items() if k in _FACTS}
    version = facts.get("gueststar.lake", "")
    mark, rows = facts.get("gueststar.mark", ""), int(footer.num_rows)
    if version == FIRST_VERSION and path.name == FIRST_ALERTS:
        kept = rows if packets_file(path, mark).exists() else 0
        own_digest = int(facts["gueststar.sha256"][:16], 16)
        return Standing(path, seen, footer, mark, rows, own_digest, kept)
    if version != VERSION:
        said = f"is of a lake of version {version}" if version else "is no file of a lake"
        raise ArchiveError(
            f"{path} {said}; this gueststar reads versions {FIRST_VERSION} and {VERSION}:"
            " write it with `gueststar archive`"
        )
    own_digest, kept = int(facts["gueststar.digest"], 16), int(facts["gueststar.with_packets"])
    replaces, packets = (
        frozenset(facts[f"gueststar.{name}"].split()) for name in ("replaces", "packet_files")
    )
    standing = Standing(path, seen, footer, mark, rows, own_digest, kept, replaces, packets)
    if "gueststar.holds" not in facts:
        return standing
    return standing._replace(
        holds=unpacked(facts["gueststar.holds"]),
        commits=unpacked(facts["gueststar.commits"]),
        commit_in=facts["gueststar.commit_in"],
        ranges=facts["gueststar.ranges"],
        beside=frozenset(facts["gueststar.beside"].split()),
    )

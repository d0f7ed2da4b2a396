"""`gueststar invent`: a night of any number of alerts, with what is true of them beside it."""

from __future__ import annotations

import io
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from broker.errors import SettingsError
from gueststar.loop_command import SURVEYS
from lake.simulated.truth import TruthTable
from replay.disorder import Disorder
from replay.invention import Invented
from replay.nights_invented import invented_night
from replay.progress import told
from schemas.errors import ArchiveError

TOLD_EACH = 500


@dataclass(frozen=True)
class Invention:
    """What is invented, and where it goes."""

    alerts: int
    survey: str
    seed: int
    to: Path
    truth: Path | None
    disorder: Disorder

    def __post_init__(self) -> None:
        if self.survey not in SURVEYS:
            raise SettingsError(f"--survey {self.survey}: there is {' and '.join(SURVEYS)}")


def invent(wanted: Invention, console: Console | None = None) -> None:
    """Write a tar archive of packets, a member each, in the order in which they come.

    Raises ArchiveError where it cannot be written.
    """
    is_piped = wanted.to == Path("-")
    console, written = console or Console(stderr=is_piped), 0
    night = invented_night(wanted.alerts, wanted.survey, seed=wanted.seed)
    stream = wanted.disorder.of(_noted(night, wanted.truth), seed=wanted.seed)
    try:
        with (
            told(console, wanted.to.name, wanted.alerts) as advance,
            _archive(None if is_piped else wanted.to) as archive,
        ):
            for written, one in enumerate(stream, 1):
                _add(archive, f"{written:09}.avro", one.packet)
                if written % TOLD_EACH == 0:
                    advance(written, written)
    except OSError as error:
        raise ArchiveError(f"{wanted.to} cannot be written: {error.strerror or error}") from error
    for line in _lines(wanted, written):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _archive(to: Path | None) -> tarfile.TarFile:
    """A new one; None: to standard output."""
    if to is None:
        return tarfile.open(fileobj=sys.stdout.buffer, mode="w|")
    return tarfile.open(to, "w")


def _noted(night: Iterator[Invented], truth: Path | None) -> Iterator[Invented]:
    """The same alerts; what is true of each is written beside."""
    if truth is None:
        yield from night
        return
    with TruthTable(truth) as table:
        for one in night:
            table.add(one.truth.alert_id, one.truth.object_id, one.truth.kind, one.truth.flux_dn)
            yield one


def _add(archive: tarfile.TarFile, name: str, packet: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(packet)
    archive.addfile(member, io.BytesIO(packet))
    archive.members.clear()  # type: ignore[attr-defined] # else it keeps an entry for each


def _lines(wanted: Invention, written: int) -> Iterator[str]:
    odd = wanted.disorder
    yield f"{wanted.alerts:,} alerts as {written:,} packets are in {wanted.to}"
    if odd.duplicated or odd.delayed or odd.parts_shuffled:
        yield (
            f"{odd.duplicated:,} come twice, {odd.delayed:,} late, {odd.parts_shuffled:,} parts"
            " out of order"
        )
    if wanted.truth:
        yield f"what is true of each is in {wanted.truth}"

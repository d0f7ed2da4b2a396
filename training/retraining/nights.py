"""Alerts and labels of a lake's nights, in a folder as the reading of real alerts wants it."""

from __future__ import annotations

import csv
import io
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gueststar.filtering.sources import STAMPS_TOGETHER
from gueststar.modelling.labels import Known
from lake.reading import Lake, LakeRows
from schemas.errors import ArchiveError
from training.packets import FOLDERS
from training.realbogus.alerts.classes import TABLES

ALERTS_MAX: Final = 20_000
"""Of all nights: those with a label first, then others, evenly; 3 GB of packets."""


@dataclass(frozen=True)
class Nights:
    """Some nights of a lake, and what objects turned out to be."""

    lake: Path
    spans: Sequence[str]
    known: Known
    alerts_max: int = ALERTS_MAX

    def export(self, folder: Path) -> int:
        """Write an archive of packets for each survey, and a table of labels; how many alerts.

        Raises ArchiveError where the lake has no such nights, or did not keep their packets,
        or has none of a survey that can be learnt from.
        """
        lake = Lake(self.lake, self.spans)
        if not lake.has_packets:
            raise ArchiveError(
                f"{self.lake} did not keep all packets of these nights, so nothing can be learnt of"
                " them; let [lake] packets be true"
            )
        count, archives = 0, dict[str, tarfile.TarFile]()
        with ExitStack() as stack:
            for survey, packet in self._chosen(lake):
                if survey not in archives:
                    archives[survey] = stack.enter_context(_archive(folder / survey))
                member = tarfile.TarInfo(f"{count}.avro")
                member.size = len(packet)
                archives[survey].addfile(member, io.BytesIO(packet))
                count += 1
        if not count:
            raise ArchiveError(f"{self.lake}: these nights have no alert of {' or '.join(FOLDERS)}")
        self._write_labels(folder)
        return count

    def _chosen(self, lake: Lake) -> Iterator[tuple[str, bytes]]:
        """Each with its survey."""
        every, seen = self._steps(lake), {True: 0, False: 0}
        for rows in lake.tables(STAMPS_TOGETHER):
            fine, known = _fine(rows), self._known(rows)
            taken = []
            for is_known, one_in in every.items():
                some = np.flatnonzero(fine & (known == is_known))
                number = seen[is_known] + np.arange(len(some))
                seen[is_known] += len(some)
                taken.append(some[number % one_in == 0])
            chosen = rows.take(np.sort(np.concatenate(taken)))
            if len(chosen):
                yield from zip(chosen.column("survey").tolist(), chosen.packets, strict=True)

    def _steps(self, lake: Lake) -> dict[bool, int]:
        """One in how many is taken of those with a label, and of those without."""
        labelled = others = 0
        for rows in lake.tables():
            fine, known = _fine(rows), self._known(rows)
            labelled += int(np.count_nonzero(fine & known))
            others += int(np.count_nonzero(fine & ~known))
        of_labelled = _one_in(labelled, self.alerts_max)
        left = self.alerts_max - labelled // of_labelled
        return {True: of_labelled, False: _one_in(others, left)}

    def _known(self, rows: LakeRows) -> NDArray[np.bool_]:
        objects = np.isin(rows.column("object_id"), [*self.known.by_object])
        return objects | np.isin(rows.column("alert_id"), [*self.known.by_alert])

    def _write_labels(self, folder: Path) -> None:
        name, of, kind = TABLES[0]
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow([of, kind])
            table.writerows(self.known.by_object.items())


def _fine(rows: LakeRows) -> NDArray[np.bool_]:
    return np.isin(rows.column("survey"), FOLDERS)


def _one_in(count: int, most: int) -> int:
    """One in how many, so that about `most` are taken."""
    return max(-(-count // max(most, 1)), 1)


def _archive(folder: Path) -> tarfile.TarFile:
    folder.mkdir(parents=True)
    return tarfile.open(folder / "nights.tar", "w")

"""A site at work: new frames are taken up one after another, and what they showed is spooled."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from telescope.frame import FrameError
from telescope.packet import Measured, detections, packet
from telescope.pipeline import Prepared, Report, examined, prepared
from telescope.reference import read_reference
from telescope.settings import Settings
from telescope.spool import Entry, Objects, Spool
from telescope.tracklets import Motion, Tracks

KEPT = (
    "detectionId", "mjd", "exposureS", "band", "ra", "dec", "flux", "fluxErr", "limitMag", "score",
    "marks", "realProbability", "label", "motionArcsecHour", "trackletId",
)  # fmt: skip
"""What a spool's record keeps of each candidate, alert or not."""
SUFFIXES = (".fits", ".fits.fz", ".fits.gz", ".fit", ".fts")


class Site:
    """A camera's frames against its reference, into its spool."""

    def __init__(
        self, settings: Settings, on_report: Callable[[Report], None] = lambda _: None
    ) -> None:
        """Open the spool and the reference. Raises FrameError, SpoolError or SettingsError."""
        self.settings = settings
        self.spool = Spool(settings.path(settings.telescope.spool))
        self._objects = Objects(settings.telescope.radius_arcsec)
        self._tracks = Tracks(settings.telescope.radius_arcsec)
        self._on_report = on_report
        self._reference: Prepared | None = None
        for entry in self.spool.open():
            self._learn(entry)

    @property
    def reference(self) -> Prepared:
        """What frames are compared with, read once."""
        if self._reference is None:
            path = self.settings.path(self.settings.telescope.reference)
            self._reference = prepared(read_reference(path, self.settings.camera))
        return self._reference

    def new(self) -> Iterator[Path]:
        """Frames that were not taken up yet, by name."""
        where = self.settings.path(self.settings.telescope.frames)
        found = where.iterdir() if where.is_dir() else where.parent.glob(where.name)
        for path in sorted(found):
            if path.name.endswith(SUFFIXES) and not self.spool.knows(path.name):
                yield path

    def take_up(self, path: Path) -> Entry:
        """One frame through all steps, into the spool."""
        telescope = self.settings.telescope
        report = examined(
            path, self.settings.camera, self.reference,
            real_share=telescope.real_share, score_min=telescope.quality_min,
        )  # fmt: skip
        found = self._linked(self._detections(report))
        named = [(self._objects.named(one.fields, self._prefix), one) for one in found]
        packets = [
            packet(one, name, self._objects.history(name, one.fields["mjd"]))
            for name, one in named
            if (one.fields["realProbability"] or 0.0) >= telescope.real_min
        ]
        entry = self.spool.write(self._record(path, report, named, packets), packets)
        self._learn(entry)
        self._on_report(report)
        return entry

    @property
    def _prefix(self) -> str:
        return f"GS-{self.settings.camera.name}"[:18]

    def _detections(self, report: Report) -> list[Measured]:
        if report.reason:
            return []
        telescope = self.settings.telescope
        try:
            return detections(report, telescope.site, telescope.real_share)
        except FrameError as error:
            report.reason = str(error)
            return []

    def _linked(self, found: list[Measured]) -> list[Measured]:
        """With how each moves, where it was linked."""
        motions = self._tracks.motions([one.fields for one in found])
        told = (dict.fromkeys(Motion._fields) if one is None else one._asdict() for one in motions)
        return [
            one._replace(fields=one.fields | more) for one, more in zip(found, told, strict=True)
        ]

    def _learn(self, entry: Entry) -> None:
        self._objects.learn(entry)
        self._tracks.learn(entry.record["detections"])

    def _record(
        self, path: Path, report: Report, named: list[tuple[str, Measured]], packets: list[bytes]
    ) -> dict[str, Any]:
        quality = report.quality
        return {
            "name": path.name,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "bytes": path.stat().st_size,
            "reason": report.reason,
            "quality": None if quality is None else round(quality.score, 2),
            "flags": [] if quality is None else quality.names,
            "alerts": len(packets),
            "alert_bytes": sum(map(len, packets)),
            "cpu_s": {step: round(spent, 3) for step, spent in report.cpu_s.items()},
            "detections": [
                {"object": name, **{key: one.fields[key] for key in KEPT}} for name, one in named
            ],
        }

"""What Prometheus can ask of a site: how good its last frame was, and how many went no further."""

from __future__ import annotations

import math

from broker.collectors import Instruments
from telescope.pipeline import Report


class SiteMetrics:
    """Counts a site's reports."""

    def __init__(self, instruments: Instruments, camera: str) -> None:
        self._camera = camera
        self._frames = instruments.counter(
            "telescope_frames",
            "Frames of an own telescope, by what became of them: used, or refused with a reason.",
            "camera",
            "outcome",
        )
        self._flagged = instruments.counter(
            "telescope_flagged_frames", "Frames with a flag of quality.", "camera", "flag"
        )
        self._quality = instruments.present(
            "telescope_quality",
            "The last judged frame's quality, 0 to 100: its effective exposure by the nominal.",
            "camera",
        )

    def on_report(self, report: Report) -> None:
        """Count a frame."""
        self._frames.add({"refused" if report.reason else "used": 1}, self._camera)
        if report.quality is None:
            return
        self._flagged.add(dict.fromkeys(report.quality.names, 1), self._camera)
        if math.isfinite(report.quality.score):
            self._quality.values = {(self._camera,): report.quality.score}

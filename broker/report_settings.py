"""What `gueststar reports` is told in CONFIG.toml; workers only read past it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ReportSection:
    """[report]: a page for each night, and each week, of the lake of [lake]."""

    folder: Path | None = None
    """Where they are written; none: nowhere."""
    pdf: bool = False
    """Whether each is printed, too."""
    objective_s: float = 1.0
    """Within which 99 % of alerts shall be published once they were received."""
    nights_max: int = 7
    """The newest nights, and weeks of these, are told of: a lake may be old as the job begins."""
    look_s: float = 300.0
    """So often the lake is looked at."""

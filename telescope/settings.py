"""What `gueststar telescope run` is told: one TOML file with a camera, a reference and folders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from broker.defaults import BOOTSTRAP
from broker.errors import SettingsError
from telescope.camera import Camera, check_known, read_camera, read_toml
from telescope.pipeline import SCORE_MIN
from telescope.spool import BYTES_MAX
from telescope.tell import EVEN, REAL_MIN

SECTIONS = ("telescope", "camera")


@dataclass(frozen=True)
class Telescope:
    """The section [telescope]; paths are relative to the file."""

    frames: str
    """A folder, or a pattern of files: new ones are taken up as they come, by name."""
    reference: str
    spool: str
    site: str = ""
    topic: str = "telescope-alerts"
    bootstrap: str = BOOTSTRAP
    partitions: int = 4
    real_min: float = REAL_MIN
    """Probability of being real from which a candidate is an alert."""
    real_share: float = EVEN
    """The prior at which that is said: the share of a frame's candidates that are real."""
    quality_min: float = SCORE_MIN
    radius_arcsec: float = 1.5
    """Within which detections are of one object."""
    spool_bytes_max: int = BYTES_MAX
    poll_s: float = 2.0
    metrics_port: int = 0
    """Where Prometheus may ask how frames are; 0: nowhere."""


@dataclass(frozen=True)
class Settings:
    """The whole file."""

    telescope: Telescope
    camera: Camera
    folder: Path

    def path(self, name: str) -> Path:
        """A path of the file."""
        return self.folder / name


def read_settings(path: Path) -> Settings:
    """A file's settings. Raises SettingsError, which names the key and the remedy."""
    said = read_toml(path)
    check_known(said, SECTIONS, str(path))
    telescope = _telescope(said.get("telescope", {}), path)
    if "camera" not in said:
        raise SettingsError(f"{path} has no [camera]")
    return Settings(telescope, read_camera(path), path.parent)


def _telescope(said: Mapping[str, Any], path: Path) -> Telescope:
    check_known(said, {one.name for one in fields(Telescope)}, f"[telescope] of {path}")
    for name in ("frames", "reference", "spool"):
        if not said.get(name):
            raise SettingsError(f"[telescope] of {path} lacks {name}")
    made = Telescope(**said)
    if not 0 < made.real_share < 1 or not 0 <= made.real_min <= 1:
        raise SettingsError(f"[telescope] of {path}: real_share and real_min lie between 0 and 1")
    return made

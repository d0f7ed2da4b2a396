"""Records of dry runs, a file a filter: that it was tried, on what, and how much it let pass."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path

from broker.deployments.records import DryRun

STATE = "GUESTSTAR_STATE"
"""The environment variable that names the folder where commands remember things."""


def keep(filter_sha256: str, run: DryRun) -> Path:
    """The file of a filter's last dry run, written in place of the one before."""
    path = _path(filter_sha256)
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = path.with_suffix(f".{os.getpid()}.tmp")
    whole.write_text(json.dumps({"filter_sha256": filter_sha256, **asdict(run)}, indent=2) + "\n")
    whole.replace(path)
    return path


def latest(filter_sha256: str) -> DryRun | None:
    """A filter's last dry run; None where it had none, or none that can be read."""
    try:
        document = json.loads(_path(filter_sha256).read_text())
        del document["filter_sha256"]
        return DryRun(**document)
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _path(filter_sha256: str) -> Path:
    named = os.environ.get(STATE)
    state = Path(named) if named else Path.home() / ".local" / "state" / "gueststar"
    return state / "dry-runs" / f"{filter_sha256}.json"

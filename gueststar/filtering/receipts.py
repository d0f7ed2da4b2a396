"""Receipts of dry runs: that a filter was tried, on what, and how much it let pass."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

STATE = "GUESTSTAR_STATE"
"""The environment variable that names the folder where commands remember things."""


@dataclass(frozen=True)
class Receipt:
    """What a dry run found of one filter, by the sha256 of what the filter is."""

    filter_sha256: str
    archive: str
    """Its path, as it was given, made absolute."""
    archive_sha256: str
    """Of the alerts judged: their ids in the order read."""
    alerts: int
    selected: int
    pass_rate: float
    """Of 0 to 1; NaN-free: an archive without alerts has none to pass."""
    looks_ahead: bool
    """It used what was not known at the alert's time, or would if a packet carried it."""
    unix_s: float


def keep(receipt: Receipt) -> Path:
    """Remember a receipt in place of the filter's last one; where it stands."""
    path = _path(receipt.filter_sha256)
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = path.with_suffix(f".{os.getpid()}.tmp")
    whole.write_text(json.dumps(asdict(receipt), indent=2) + "\n")
    whole.replace(path)
    return path


def latest(filter_sha256: str) -> Receipt | None:
    """The receipt of a filter's last dry run; None where it had none, or none that can be read."""
    try:
        return Receipt(**json.loads(_path(filter_sha256).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _path(filter_sha256: str) -> Path:
    named = os.environ.get(STATE)
    state = Path(named) if named else Path.home() / ".local" / "state" / "gueststar"
    return state / "dry-runs" / f"{filter_sha256}.json"

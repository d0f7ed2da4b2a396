"""What a chaotic night is asked and what it tells: short in CI, whole by the command."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple


class Asked(NamedTuple):
    """Of a night. folder: its own, there and empty."""

    seed: int
    """What is drawn follows from it alone."""
    is_full: bool
    """Whether it is the whole night, not CI's share of it."""
    folder: Path


class Told(NamedTuple):
    """What a night that held the law came to; one that broke it raises AssertionError."""

    title: str
    figures: Mapping[str, str]
    """What, and how much of it; in order."""

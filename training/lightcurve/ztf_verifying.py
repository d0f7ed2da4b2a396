"""The headlines of ZTF's network: from the answers that are kept, and as its card claims them."""

from __future__ import annotations

from pathlib import Path

from training.lightcurve.judging import ztf_headlines
from training.lightcurve.judging.ztf_headlines import claimed
from training.lightcurve.ztf_answers import Answers

__all__ = ["claimed", "headlines"]


def headlines(path: Path) -> dict[str, float]:
    """Each by its name in the card, of the answers in this file."""
    return ztf_headlines.headlines(Answers.read(path))

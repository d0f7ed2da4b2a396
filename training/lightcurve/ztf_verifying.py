"""The headlines of ZTF's network: from the answers that are kept, and as its card claims them."""

from __future__ import annotations

from pathlib import Path

from training.lightcurve.judging import ztf_headlines
from training.lightcurve.stamps import ablation, section
from training.lightcurve.ztf_answers import Answers
from training.tables import figures_under

__all__ = ["claimed", "headlines"]


def headlines(path: Path) -> dict[str, float]:
    """Each by its name in the card, of the answers in this file and of those beside it."""
    beside = path.with_name(ablation.FILE.name)
    stamps = section.headlines(ablation.Told.read(beside)) if beside.is_file() else {}
    return ztf_headlines.headlines(Answers.read(path)) | stamps


def claimed(card: str) -> dict[str, float]:
    """What the card's text says of each."""
    return ztf_headlines.claimed(card) | figures_under(card, section.FIGURES)

"""Reads the examples of a folder of real ZTF alerts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from classifiers.realbogus import STAMP_PIXELS
from classifiers.training.examples import Examples, joined
from classifiers.training.packets import packets
from classifiers.training.progress import shown
from schemas.batch import AlertBatch
from schemas.decode import Decoder
from schemas.enriched_reading import EnrichedReader
from schemas.errors import ArchiveError

BATCH = 256
NO_FIELD = -1


def read_examples(folder: Path) -> Examples:
    """Every distinct ZTF alert below `folder` whose three planes are there.

    Raises ArchiveError where there is none.
    """
    decoder, reader = Decoder(), EnrichedReader()
    parts = [
        _examples(decoder.decode(group), reader)
        for group in _groups(shown(packets(folder), "reading alerts"))
    ]
    examples = joined(parts) if parts else None
    if not examples:
        raise ArchiveError(f"{folder}: holds no ZTF alert with three stamps; name another folder")
    return examples


def _groups(items: Iterator[bytes]) -> Iterator[Sequence[bytes]]:
    while group := list(islice(items, BATCH)):
        yield group


def _examples(batch: AlertBatch, reader: EnrichedReader) -> Examples:
    """`field` and `rb` have no survey-neutral column: they come from the record itself."""
    whole = ~batch.stamps.missing.any(axis=1) & (batch.survey == "ztf")
    batch = batch.take(np.flatnonzero(whole))
    candidates = [reader.read(packet)["candidate"] for packet in batch.packets]
    fields = [one.get("field") for one in candidates]
    return Examples(
        stamps=batch.stamps.resampled(STAMP_PIXELS),
        teacher=batch.survey_real_score,
        rb=np.array([one.get("rb") for one in candidates], np.float64),
        magnitude=batch.magnitude,
        asteroid_distance_arcsec=batch.asteroid_distance_arcsec,
        negative=batch.flux_njy < 0,
        alert_id=batch.alert_id,
        object_id=batch.object_id,
        night=np.floor(batch.mjd).astype(np.int64),
        field=np.array([NO_FIELD if one is None else one for one in fields], np.int64),
    )

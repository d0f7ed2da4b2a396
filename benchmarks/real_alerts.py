"""Every real alert of the data folder, with history and stamps, each once, as one batch.

All come through the decoder that serves, rows of Parquet tables too (`lake.packet_tables`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lake.archives import Archive
from schemas.batch import AlertBatch
from schemas.decode import Decoder
from schemas.enriched_reading import EnrichedReader

HISTORIES = (
    ("candidate", "prv_candidates", "jd", "fid"),
    ("diaSource", "prvDiaSources", "midpointMjdTai", "band"),
)
"""By survey: the alert's own point, the earlier ones, and their time and band."""
AT_ONCE_MAX = 2
"""Points of one band and instant that an alert may hold: a detection that comes twice."""


class RealAlerts(NamedTuple):
    """The alerts, and the whole record of each, where other brokers' matches stand."""

    batch: AlertBatch
    records: list[dict[str, Any]]


def read_real_alerts(data: Path) -> RealAlerts:
    """Both surveys' alerts below `data`, by rising id; of copies the one that holds most points."""
    batch = Decoder().decode([*_packets(data / "ztf"), *_packets(data / "lsst")])
    points = np.diff(batch.light_curve.offsets)
    order = np.lexsort((-points, batch.alert_id))
    rows = order[np.unique(batch.alert_id[order], return_index=True)[1]]
    once, reader = batch.take(rows.astype(np.int64)), EnrichedReader()
    return RealAlerts(once, [reader.read(packet) for packet in once.packets])


def rewritten(records: Sequence[Mapping[str, Any]]) -> NDArray[np.bool_]:
    """The alerts whose history somebody rewrote to test a broker with, (n,).

    Some of the Fink broker's test packets hold a month's points at one instant, and with them an
    age of one hour, a star at 120 arcsec and an asteroid at 60: no camera exposes one field in one
    band so often at once. They are no observations, and nothing about rates follows from them.
    Their records are asked, as decoding keeps each exposure once.
    """
    return np.array([max(_at_once(each).values(), default=0) > AT_ONCE_MAX for each in records])


def _at_once(record: Mapping[str, Any]) -> Counter[tuple[Any, ...]]:
    """How many points a record has of one instant and band."""
    points = [
        (source, each.get(time), each.get(band))
        for source, history, time, band in HISTORIES
        for each in (record.get(source), *(record.get(history) or ()))
        if each
    ]
    return Counter(points)


def lacking_survey_score(batch: AlertBatch) -> NDArray[np.bool_]:
    """The alerts that the survey itself gave no real/bogus score, (n,)."""
    return np.isnan(batch.survey_real_score)


def _packets(folder: Path) -> Iterator[bytes]:
    """The alerts of one survey's folder, one a packet; payloads without a schema are left out."""
    for path in sorted(folder.rglob("*")):
        known = path.suffix in {".avro", ".parquet"} and "schemas" not in path.parts
        if known or ".tar" in path.suffixes:
            yield from (packet.data for packet in Archive(path))

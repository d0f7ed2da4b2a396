"""What a lake looks like on disk: its folders, files, columns and facts.

    LAKE/alerts/night=20231018/NAME.parquet        every plain column, scores, sizes
    LAKE/light_curves/night=20231018/MARK.parquet  light curves and forced photometry, as lists
    LAKE/_packets/night=20231018/MARK.bin          packets, one after another, where they were kept
    LAKE/_objects/night=20231018/MARK.arrow        which rows are of which object (lake/objects.py)

Each folder of Parquet is a table that other tools open; `survey` and `alert_id` are its key. A
night has one file of alerts for each archive that added to it, small ones joined: a part. The file
of alerts is what makes a part stand: its facts name the mark of its light curves, its rows the
files of their packets, and the parts whose rows it has taken over. So each change of a night is one
rename, and a reader goes by what stood when it looked. Nothing is ever null: what was not measured
is NaN, as everywhere, so that a column on disk is a NumPy array once it was read.

A part's rows are sorted by their place in the sky, its light curves alike, in small groups whose
ranges the footer tells: a question about a place reads few of them. What is not so sorted is read
all the same.

A lake of version 1 (LAKE/night=20231018/alerts.parquet and two files beside it) is still read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.batch import AlertBatch, LightCurves
from schemas.columns import CODE, COLUMNS, COUNT, TEXT
from schemas.learned import Kind
from sky.cells import DEPTH_MAX

VERSION, FIRST_VERSION = "2", "1"
"""Of this layout, which is written; and the one before, which is read. Another is refused."""

ROWS_PER_GROUP = 131_072
"""Alerts that are judged together: a column of them fits a core's cache, and calls cost nothing."""

ALERTS_PER_GROUP = 4_096
"""Of a group on disk. All columns of one take half a millisecond to read, which is what an object
costs a night; a whole scan in groups of 4,096 takes a quarter longer than in 32 times larger ones,
in groups of half the size twice as long (`python -m benchmarks.lake`, `… .dry_run`)."""

CURVES_PER_GROUP = 1_024
"""Light curves of a group on disk: one object shall not read a night's."""

ALERTS, CURVES_TABLE, PACKETS, OBJECTS = "alerts", "light_curves", "_packets", "_objects"
"""The folders; readers of Parquet pass over one that begins with an underscore."""

UNREAD, FROZEN, LIVE = "_unread", "_frozen", "_live"
"""Of a lake that is written live: messages that are no alerts; nights that stay as they are; and
the file that says that it is one."""

ORIGIN = ("topic_name", "topic_partition", "topic_offset")
"""In it, where each alert lay in the stream."""

PUBLISHED = ("ingest_unix_us", "publish_unix_us", "broker_version", "models", "filters")
"""In it, what was published with each alert: times, what scored it ("realbogus 0.2.0 SHA256", one
after another), and the filters that selected it."""

NIGHT = "night="
"""How a night's folder begins."""

FIRST_ALERTS = "alerts.parquet"
"""A night's only file of alerts, in version 1."""

PLAIN = tuple(name for name in COLUMNS if name != "night")
"""The columns on disk that a filter may read, in the table's order; the night is the folder's
name."""

TEXTS = tuple(name for name in PLAIN if COLUMNS[name].kind is TEXT)
"""Those of them that hold text."""

INDEX = f"_healpix_{DEPTH_MAX}"
"""The cell of each alert, nested, of order 29, as HATS names it; a part's rows are sorted by it."""

NOWHERE = 12 * 4**DEPTH_MAX
"""What stands there for an alert without a position: one more than the last cell."""

PLACE = ["ra_deg", "dec_deg"]
"""Where each alert is, ICRS degrees."""

KEY = ("survey", "alert_id")
"""Which alert a row is: there is one row of each in a lake."""

CURVES_KEY = (*KEY, "object_id")
"""What stands beside each light curve, so that it can be joined to its alert."""

PACKET_BYTES, LITE_BYTES = "packet_bytes", "lite_bytes"
PACKET_FILE, PACKET_AT = "packet_file", "packet_at"
PACKET = (PACKET_BYTES, LITE_BYTES, PACKET_FILE, PACKET_AT)
"""A packet's size, its size without cutouts, the file that holds it, and where it begins there;
no file, "", and -1 where it was not kept."""

REPEATING = (
    *(n for n in PLAIN if COLUMNS[n].kind in {TEXT, CODE, COUNT} and n != "object_id"),
    PACKET_FILE,
    *("topic_name", "topic_partition", "broker_version", "models"),
)
"""Columns of few values, which are written as places in a dictionary; a group has an object once
or twice."""

LEARNED: Mapping[Kind, str] = {"probabilities": "score.", "values": "value.", "vector": "vector."}
"""How a column that a stage gave begins; the stage's name and its own follow, a dot between."""

CURVES = ("light_curve", "forced_photometry")
POINTS = tuple(one.name for one in fields(LightCurves) if one.name != "offsets")
"""What a point of a light curve holds: "light_curve.mjd" is a column of lists."""

ASKED = (INDEX, *KEY, "object_id", "mjd", "ra_deg", "dec_deg", "band", "magnitude", "detections")
"""Columns whose least and greatest value each group tells, beside those of scores."""

ENCODING: dict[str, Any] = {"compression": "lz4"}
"""LZ4 on plain values reads as fast as nothing at all, at 0.6 of the size; Zstandard saves a tenth
more, byte streams split another, and both read at less than half the speed (a million rows of real
alerts; the benchmark `dry_run` times the reading)."""


def night_date(night: str) -> date:
    """The day of a night's name. Raises ValueError where it is none."""
    return date.fromisoformat(f"{night[:4]}-{night[4:6]}-{night[6:]}")


def night_folder(lake: Path, table: str, night: str) -> Path:
    """Where a night of a table stands in a lake."""
    return lake / table / f"{NIGHT}{night}"


def night_of(alerts: Path) -> str:
    """The night of a file of alerts."""
    return alerts.parent.name.removeprefix(NIGHT)


def alert_files(lake: Path) -> Iterator[Path]:
    """The files of alerts of a lake, of either version; none where there is no lake."""
    yield from lake.glob(f"{ALERTS}/{NIGHT}*/*.parquet")
    yield from first_files(lake)


def first_files(lake: Path) -> Iterator[Path]:
    """The files of alerts that version 1 wrote."""
    yield from lake.glob(f"{NIGHT}*/{FIRST_ALERTS}")


def curves_file(alerts: Path, mark: str) -> Path:
    """The light curves of a file of alerts."""
    if alerts.name == FIRST_ALERTS:
        return alerts.with_name(f"light_curves-{mark}.parquet")
    return night_folder(alerts.parents[2], CURVES_TABLE, night_of(alerts)) / f"{mark}.parquet"


def packets_file(alerts: Path, mark: str) -> Path:
    """A file of packets that rows of a file of alerts name."""
    if alerts.name == FIRST_ALERTS:
        return alerts.with_name(f"packets-{mark}.bin")
    return night_folder(alerts.parents[2], PACKETS, night_of(alerts)) / f"{mark}.bin"


def objects_file(alerts: Path, mark: str) -> Path:
    """Which rows of a file of alerts are of which object; of a lake of version 1 there is none."""
    return night_folder(alerts.parents[2], OBJECTS, night_of(alerts)) / f"{mark}.arrow"


def packet_sizes(batch: AlertBatch) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Bytes of each packet as the survey sent it, and without its cutouts, int64 (n,) each."""
    whole = np.array([len(packet) for packet in batch.packets], dtype=np.int64)
    cutouts = batch.spans.field[:, :, 1] - batch.spans.field[:, :, 0]
    # A cutout that is left out still costs the byte that says so.
    return whole, whole - np.maximum(cutouts - 1, 0).sum(axis=1)

"""Alerts with chosen stamps, written as packets and decoded as the live path does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.batch import AlertBatch
from schemas.decode import Decoder
from schemas.writing import container, gzipped_fits
from schemas.ztf import CUTOUTS

Plane = NDArray[np.float32] | None
PIXELS = 63


def packet(number: int, planes: Sequence[Plane], **candidate: object) -> bytes:
    """An alert with these planes, None for one that is not sent, in the least schema that works."""
    cutouts = {
        name: None if plane is None else {"stampData": gzipped_fits(plane)}
        for name, plane in zip(CUTOUTS, planes, strict=True)
    }
    values = {**CANDIDATE, **candidate}
    record = {"objectId": f"ZTF{number:02d}", "candid": number, "candidate": values, **cutouts}
    return container(SCHEMA, record)


def batch_of(rows: Sequence[Sequence[Plane]]) -> AlertBatch:
    """A decoded batch of one alert a row of planes."""
    batch = Decoder().decode([packet(number, planes) for number, planes in enumerate(rows)])
    assert not batch.rejected, batch.rejected
    return batch


def invented_stamps(count: int, seed: int, amplitude: float = 0.0) -> NDArray[np.float32]:
    """Noise over a sky, (count, 3, 63, 63), with a round source in science and difference."""
    random = np.random.default_rng(seed)
    away = np.arange(PIXELS) - PIXELS // 2
    source = np.exp(-(away**2 + away[:, None] ** 2) / 4.0)
    planes = random.normal(size=(count, 3, PIXELS, PIXELS)) + np.array([300, 300, 0])[:, None, None]
    planes += amplitude * np.array([1, 0, 1])[:, None, None] * source
    stamps: NDArray[np.float32] = planes.astype(np.float32)
    return stamps


CANDIDATE: dict[str, Any] = {
    "jd": 2460000.75,
    "fid": 1,
    "pid": 1,
    "field": 400,
    "ra": 10.0,
    "dec": 20.0,
    "magpsf": 18.0,
    "isdiffpos": "t",
    "ssdistnr": -999.0,
    "rb": 0.5,
    "drb": 0.9,
    "drbversion": "d6_m7",
}
TYPES = {int: "int", float: "double", str: "string"}


def _cutout(name: str) -> dict[str, Any]:
    stamp = [{"name": "stampData", "type": "bytes"}]
    kind = {"type": "record", "name": name, "fields": stamp}
    return {"name": name, "type": ["null", kind], "default": None}


SCHEMA = json.dumps(
    {
        "type": "record",
        "name": "alert",
        "namespace": "ztf",
        "fields": [
            {"name": "objectId", "type": "string"},
            {"name": "candid", "type": "long"},
            {
                "name": "candidate",
                "type": {
                    "type": "record",
                    "name": "candidate",
                    "fields": [
                        {"name": name, "type": TYPES[type(value)]}
                        for name, value in CANDIDATE.items()
                    ],
                },
            },
            *map(_cutout, CUTOUTS),
        ],
    }
)

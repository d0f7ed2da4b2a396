"""Alert packets of own telescopes, as `golden` makes those of the surveys."""

from __future__ import annotations

from typing import Any

from numpy.random import Generator, default_rng

from schemas.telescope_schema import DETECTION, MEASURED, STAMPS, VERSION, alert_schema
from tests.schemas.golden import (
    EPOCHS_MAX,
    Record,
    changed,
    container,
    drawn,
    fits_stamp,
)

LETTERED = [
    " ".join(
        f"{name}:{kind[0]}{'?' if '?' in kind else ''}"
        for name, kind in (word.split(":") for word in words.split())
    )
    for words in (DETECTION, MEASURED)
]
"""The words of the schema with types as `golden` writes them."""


def schema() -> Record:
    """What `telescope/` writes."""
    return alert_schema()


def record(seed: int, **changes: Any) -> Record:  # noqa: ANN401 - values of any field
    """An alert; `changes` replace fields, and those of `telescopeDetection` one by one."""
    rng = default_rng(seed)
    mjd = float(rng.uniform(60_000, 61_300))
    detection = (
        drawn(rng, LETTERED[0])
        | _measured(rng, mjd)
        | {
            "ra": float(rng.uniform(0, 360)),
            "dec": float(rng.uniform(-90, 90)),
            "zeroPoint": 25.0 if seed % 4 else None,
            "realVersion": "0.3.0",
        }
    )
    history = [
        drawn(rng, LETTERED[1]) | _measured(rng, mjd - float(rng.uniform(0, 30)))
        for _ in range(int(rng.integers(0, EPOCHS_MAX)))
    ]
    made = {
        "telescopeSchema": VERSION,
        "telescopeObjectId": f"golden-{seed}",
        "detections": len(history) + 1,
        "firstMjd": mjd - float(rng.uniform(0, 100)),
        "telescopeDetection": detection,
        "earlierDetections": history if seed % 5 else None,
        **{name: fits_stamp(rng, 63) for name in STAMPS},
    }
    return changed(made, "telescopeDetection", changes)


def packet(seed: int, **changes: Any) -> bytes:  # noqa: ANN401 - values of any field
    """A message: a container with one record."""
    return container([record(seed, **changes)], schema())


def _measured(rng: Generator, mjd: float) -> Record:
    """What a detection measures; one in five is in a band of no name that is known."""
    return {
        "detectionId": int(rng.integers(10**6, 2**60)),
        "mjd": mjd,
        "exposureS": 60.0,
        "band": "ugrLi"[int(rng.integers(0, 5))],
        "flux": float(rng.normal(0, 3000)),
        "fluxErr": float(rng.uniform(50, 300)),
    }

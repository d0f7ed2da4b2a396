"""Alert packets of WINTER's shape, as `golden` makes those of the other surveys."""

from __future__ import annotations

import gzip
from typing import Any

from numpy.random import Generator, default_rng

from tests.schemas.golden import (
    EPOCHS_MAX,
    Record,
    as_sent,
    changed,
    container,
    drawn,
    fits_stamp,
    record_schema,
)

CUTOUTS = ("cutout_science", "cutout_template", "cutout_difference")
CANDIDATE = (
    "candid:l deprecated:b jd:d fid:i exptime:f ndethist:i jdstarthist:d jdendhist:d progname:s "
    "programid:i isdiffpos:b field:i ra:d dec:d magzpsci:f? diffmaglim:f? magpsf:f sigmapsf:f "
    "chipsf:f? distnr:f? magnr:f? sky:f? fwhm:f? elong:f? nneg:i? scorr:d? rb:f? rbversion:s? "
    "ssdistnr:f? ssnamenr:s? tooflag:b nmtchps:i psra1:f? sgmag1:f? sgscore1:f? distpsnr1:f? "
    "tmjmag1:f? tmobjectid1:s? neargaia:f?"
)
SOURCE = (
    "candid:l? progname:s jd:d fid:i isdiffpos:b fieldid:i ra:d dec:d magpsf:f sigmapsf:f fwhm:f? "
    "scorr:d?"
)


def schema() -> Record:
    """WINTER's shape, 0.1: null comes last in unions, cutouts are plain bytes."""
    parts = {
        "schemavsn": "string",
        "publisher": "string",
        "objectid": "string",
        "candid": "long",
        "candidate": _null_last(record_schema("candidate", "winter.alert", CANDIDATE)),
        "prv_candidates": [
            {
                "type": "array",
                "items": _null_last(record_schema("prv_candidate", "winter.alert", SOURCE)),
            },
            "null",
        ],
        **dict.fromkeys(CUTOUTS, "bytes"),
    }
    fields = [{"name": name, "type": kind} for name, kind in parts.items()]
    fields[0]["default"], fields[1]["default"] = "0.1", "golden"
    return {"type": "record", "name": "alert", "namespace": "winter", "fields": fields}


def record(seed: int, **changes: Any) -> Record:  # noqa: ANN401 - values of any field
    """An alert of WINTER's; `changes` replace fields, and those of `candidate` one by one."""
    rng = default_rng(seed)
    jd = float(rng.uniform(2460300, 2461000))
    candidate = drawn(rng, CANDIDATE) | {
        **_measured(rng, jd),
        "candid": int(rng.integers(10**6, 2**31)),
        "exptime": 120.0,
        "ndethist": int(rng.integers(0, 9)),
        "jdstarthist": jd - float(rng.uniform(0, 100)),
        "nmtchps": int(rng.integers(0, 2)),
    }
    history = [
        drawn(rng, SOURCE) | _measured(rng, jd - float(rng.uniform(0, 30)))
        for _ in range(int(rng.integers(0, EPOCHS_MAX)))
    ]
    made = {
        "schemavsn": "0.1",
        "publisher": "golden",
        "objectid": f"WNTR24golden{seed}",
        "candid": candidate["candid"],
        "candidate": as_sent(candidate, CANDIDATE),
        "prv_candidates": [as_sent(one, SOURCE) for one in history] if seed % 5 else None,
        **{name: gzip.compress(fits_stamp(rng, 81), 1, mtime=0) for name in CUTOUTS},
    }
    return changed(made, "candidate", changes)


def packet(seed: int, **changes: Any) -> bytes:  # noqa: ANN401 - values of any field
    """A message as WINTER sends it: a container with one record."""
    return container([record(seed, **changes)], schema())


def _measured(rng: Generator, jd: float) -> Record:
    """What a detection measures; one in five is in no filter that there is."""
    return {
        "jd": jd,
        "fid": int(rng.integers(0, 5)),
        "isdiffpos": bool(rng.integers(2)),
        "ra": float(rng.uniform(0, 360)),
        "dec": float(rng.uniform(-90, 90)),
        "magpsf": float(rng.uniform(12, 19)),
        "sigmapsf": float(rng.uniform(0.01, 0.3)),
    }


def _null_last(kind: Record) -> Record:
    fields = [
        one | {"type": one["type"][::-1]} if isinstance(one["type"], list) else one
        for one in kind["fields"]
    ]
    return kind | {"fields": fields}

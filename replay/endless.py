"""A stream of tests without an end, for whoever writes a client: true shapes, nothing observed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from broker.headers import TEST_STREAM
from broker.ports import Clock, Headers
from replay.fresh import Drawing, drawings
from replay.ztf_fields import UNIX_EPOCH_JD
from schemas.lsst_schema import frame_of

DRAWINGS = 300
"""Of each survey, drawn before the first is sent: about a second."""
NUMBERS_A_MS = 1000
"""A stream begins at the number of its first instant, so that no id ever comes again."""
HEADERS: Headers = ((TEST_STREAM, b"1"),)
DAY_S = 86_400


def endless(
    surveys: Sequence[str], clock: Clock, *, seed: int, schema_id: int | None = None
) -> Iterator[bytes]:
    """Packets of these surveys in turn, seen at the instant at which each is asked for.

    schema_id: under which a registry has Rubin's schema; None for Rubin's own number of it.
    """
    drawn = [drawings(DRAWINGS, survey, seed=seed) for survey in surveys]
    frame = None if schema_id is None else frame_of(schema_id)
    return _packets(surveys, drawn, clock, np.random.default_rng([seed, 3]), frame)


def _packets(
    surveys: Sequence[str],
    drawn: Sequence[Sequence[Drawing]],
    clock: Clock,
    rng: np.random.Generator,
    frame: bytes | None,
) -> Iterator[bytes]:
    number = int(clock.now_s() * 1e3) * NUMBERS_A_MS
    while True:
        for survey, some in zip(surveys, drawn, strict=True):
            one = some[int(rng.integers(len(some)))]
            jd = UNIX_EPOCH_JD + clock.now_s() / DAY_S
            packet, _ = one.fresh(number, jd=jd, ra_shift_deg=float(rng.uniform(0, 360)))
            yield frame + packet[len(frame) :] if frame and survey == "lsst" else packet
            number += 1

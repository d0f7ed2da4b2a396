"""The alerts that the benchmarks run on: real ones where there are any, else an invented night."""

from __future__ import annotations

import os
from itertools import cycle, islice
from pathlib import Path
from typing import NamedTuple

from lake.archives import Archive
from replay.invention import invent

SEED = 1
REAL = Path("ztf", "ZwickyTransientFacility+ztfss18")
"""Within GUESTSTAR_DATA: the nearest there is to a plain sample of a night."""


class Night(NamedTuple):
    """Packets, and in a line where they are from."""

    packets: list[bytes]
    origin: str


def night(alerts: int) -> Night:
    """So many packets; real ones come again from the first where there are fewer."""
    named = os.environ.get("GUESTSTAR_DATA", "")
    if named and Path(named, REAL).is_dir():
        real = [packet.data for packet in islice(Archive(Path(named, REAL)), alerts)]
        return Night(list(islice(cycle(real), alerts)), f"{len(real)} real ZTF packets")
    invented = [one.packet for one in invent(alerts, seed=SEED)]
    return Night(invented, f"an invented night, seed {SEED}")

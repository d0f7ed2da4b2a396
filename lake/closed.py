"""Which nights of a lake are closed, and what tells a night's rows from what they were."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from lake.freezing import frozen_nights
from lake.layout import LIVE
from lake.part import Part
from schemas.errors import ArchiveError


def closed_nights(lake: Path, nights: Sequence[str]) -> Sequence[str]:
    """Those named, else all; of a lake that is written live, those that are frozen.

    Raises ArchiveError where none is.
    """
    if nights or not (lake / LIVE).exists():
        return nights
    frozen = [one.night for one in frozen_nights(lake)]
    if not frozen:
        raise ArchiveError(
            f"no night of {lake} is frozen (`gueststar lake freeze {lake} NIGHT`);"
            " or name some with --nights"
        )
    return frozen


def fingerprints(parts: Sequence[Part]) -> dict[str, str]:
    """Of each night a text that changes with its rows.

    A row of a lake that is written live never changes, so its nights are told by their alerts'
    keys; an archived alert may come anew, so there it is the files.
    """
    found: dict[str, list[Part]] = defaultdict(list)
    for part in parts:
        found[part.night].append(part)
    return {night: _fingerprint(own) for night, own in found.items()}


def _fingerprint(parts: Sequence[Part]) -> str:
    every = [part.standing for part in parts]
    if all(one.holds for one in every):
        return f"{sum(one.alerts for one in every)} {sum(one.digest for one in every) % 2**64:016x}"
    marks = "\n".join(sorted(one.mark for one in every))
    return hashlib.sha256(marks.encode()).hexdigest()[:16]

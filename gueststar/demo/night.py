"""What the demo plays: an invented night whose truth is known, or real packets."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, tee
from pathlib import Path
from typing import Protocol

from lake.archives import Archive
from replay.faults import CERTAIN, Fault, with_faults
from replay.invention import invent
from replay.kinds import Kind

DAMAGED_SHARE = 0.02
"""Of an invented night's packets, damaged on purpose, so that there are dead letters to see."""

# A packet of 16 MB would show what the mock Kafka refuses, not what the broker does.
DAMAGES = tuple(fault for fault in CERTAIN if fault is not Fault.OVERSIZE)


class Night(Protocol):
    """Packets to play once, in order, and what is known of those already played."""

    title: str
    truths: dict[int, Kind]
    """By alert id, what its image is of; empty where nothing is known."""
    damaged: int
    """Packets played that no broker may publish."""

    def __iter__(self) -> Iterator[bytes]:
        """Each packet; it is known from then on."""
        ...


class InventedNight:
    """A night made up from a seed, a few of its packets damaged on purpose."""

    def __init__(self, alerts: int, seed: int) -> None:
        self.title = f"an invented night of {alerts:,} alerts, seed {seed}"
        self.truths: dict[int, Kind] = {}
        self.damaged = 0
        self._alerts = alerts
        self._seed = seed

    def __iter__(self) -> Iterator[bytes]:
        truths, invented = tee(invent(self._alerts, seed=self._seed))
        packets = (each.packet for each in invented)
        struck = with_faults(packets, seed=self._seed, share=DAMAGED_SHARE, faults=DAMAGES)
        for (packet, fault), (_, truth) in zip(struck, truths, strict=True):
            if fault is None:
                self.truths[truth.alert_id] = truth.kind
            else:
                self.damaged += 1
            yield packet


class ArchivedNight:
    """The first packets at a path, of which nothing is known."""

    def __init__(self, path: Path, alerts: int) -> None:
        """Raises ArchiveError where there is nothing at the path."""
        self.title = f"up to {alerts:,} alerts of {path.name}"
        self.truths: dict[int, Kind] = {}
        self.damaged = 0
        self._archive = Archive(path)
        self._alerts = alerts

    def __iter__(self) -> Iterator[bytes]:
        return (packet.data for packet in islice(self._archive, self._alerts))

"""Drawings used again: packets with other ids, times and places, at the cost of copying bytes.

Drawing an alert takes more than a millisecond; most of it its stamps. An invented night or a test
stream of any length is made of some thousand drawings, and each time one is used its alert and its
object get new ids, all its times move by as much, and all its right ascensions: what is within the
packet stays true to itself. Brightness, light curve and stamps are those of the drawing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from replay import lsst_packet, ztf_packet
from replay.exposures_invented import image_id
from replay.invention import sightings
from replay.kinds import MIX, Kind, Truth
from replay.ztf_schema import ZTF_SCHEMA
from schemas.lsst_schema import LSST_SCHEMA, frame_of
from schemas.writing import contained, located

Places = NDArray[np.int64]

ID_BYTES = 9
"""Of ids from 2**55 up to 2**62."""
NAME_BEGIN, NAME_END = 1, 13
"""Of ZTF's names, behind their length of one byte."""
SOURCES_MAX = 1024
"""Ids that one of Rubin's invented alerts takes: its own, and those of its history."""
DRAWN_JD = 2_460_000.5
_BYTE_SHIFTS = np.arange(ID_BYTES) * 7
_MORE = np.array([0x80] * (ID_BYTES - 1) + [0], np.uint8)


@dataclass(frozen=True)
class Shape:
    """A survey's packets, and which of their fields are put anew, by path."""

    schema: str
    frame: bytes | None
    """What stands before a bare record; None for containers."""
    times: Sequence[str]
    ras: Sequence[str]
    sources: Sequence[str]
    objects: Sequence[str] = ()
    names: Sequence[str] = ()


def _with(fields: str, *parents: str) -> tuple[str, ...]:
    return tuple(f"{parent}.{field}" for parent in parents for field in fields.split())


_SOURCES = ("diaSource", "prvDiaSources", "prvDiaForcedSources")
SHAPES: Mapping[str, Shape] = {
    "ztf": Shape(
        schema=ZTF_SCHEMA,
        frame=None,
        times=(
            *_with("jd", "candidate", "prv_candidates", "fp_hists"),
            *_with("jdstarthist jdendhist", "candidate"),
        ),
        ras=(*_with("ra ranr", "candidate", "prv_candidates"), "fp_hists.ranr"),
        sources=("candid", *_with("candid", "candidate", "prv_candidates")),
        names=("objectId",),
    ),
    "lsst": Shape(
        schema=LSST_SCHEMA,
        frame=frame_of(),
        times=(
            *_with("midpointMjdTai timeProcessedMjdTai", *_SOURCES),
            *_with("validityStartMjdTai firstDiaSourceMjdTai lastDiaSourceMjdTai", "diaObject"),
        ),
        ras=_with("ra", *_SOURCES, "diaObject"),
        sources=(
            *("diaSourceId", "diaSource.diaSourceId", "prvDiaSources.diaSourceId"),
            "prvDiaForcedSources.diaForcedSourceId",
        ),
        objects=_with("diaObjectId", *_SOURCES, "diaObject"),
    ),
}


class Put(NamedTuple):
    """Values of one kind: where they stand in a packet, and what was drawn."""

    at: Places
    """(values, bytes)"""
    drawn: NDArray[np.generic]


@dataclass(frozen=True)
class Drawing:
    """A packet, and what of it is put anew."""

    survey: str
    kind: Kind
    flux_dn: float
    jd: float
    packet: NDArray[np.uint8]
    times: Put
    ras: Put
    sources: Put
    objects: Put
    name_at: Places

    def fresh(self, number: int, *, jd: float, ra_shift_deg: float) -> tuple[bytes, Truth]:
        """The alert of that number, at that time; numbers of one stream are never used again."""
        packet = self.packet.copy()
        _put_doubles(packet, self.times, np.asarray(self.times.drawn) + (jd - self.jd))
        _put_doubles(packet, self.ras, (np.asarray(self.ras.drawn) + ra_shift_deg) % 360.0)
        if self.survey == "ztf":
            shift = _candid(jd, number) - int(self.sources.drawn[0])
            name = ztf_packet.name_of(self.kind, jd, number)
            packet[self.name_at] = np.frombuffer(name.encode(), np.uint8)
        else:
            shift = number * SOURCES_MAX
            _put_ids(packet, self.objects, np.asarray(self.objects.drawn) + shift)
            name = str(int(self.objects.drawn[0]) + shift)
        _put_ids(packet, self.sources, np.asarray(self.sources.drawn) + shift)
        alert_id = int(self.sources.drawn[0]) + shift
        return packet.tobytes(), Truth(alert_id, name, self.kind, self.flux_dn)


def drawings(
    count: int, survey: str, *, seed: int, mix: Mapping[Kind, float] = MIX
) -> list[Drawing]:
    """So many drawings of a survey, "ztf" or "lsst"."""
    write = ztf_packet.record if survey == "ztf" else lsst_packet.record
    drawn = []
    for sighting, flux, rng in sightings(count, seed=seed, mix=mix, night_jd=DRAWN_JD):
        _, _, whole = write(sighting, rng)
        drawn.append(_drawing(survey, whole, sighting.kind, flux, sighting.seen.jd))
    return drawn


def _drawing(
    survey: str, whole: Mapping[str, object], kind: Kind, flux: float, jd: float
) -> Drawing:
    shape = SHAPES[survey]
    groups = (shape.times, shape.ras, shape.sources, shape.objects)
    wanted = frozenset(name for group in (*groups, shape.names) for name in group)
    datum, found = located(shape.schema, whole, wanted)
    packet = contained(shape.schema, datum) if shape.frame is None else shape.frame + datum
    begin = packet.index(datum)
    array = np.frombuffer(packet, np.uint8)
    times, ras, sources, objects = (
        np.array([at + begin for name in group for at in found.get(name, ())], np.int64)
        for group in groups
    )
    names = [found[name][0] + begin for name in shape.names]
    return Drawing(
        survey,
        kind,
        flux,
        jd,
        array,
        _doubles(array, times),
        _doubles(array, ras),
        _ids(array, sources),
        _ids(array, objects),
        np.arange(names[0] + NAME_BEGIN, names[0] + NAME_END) if names else np.zeros(0, np.int64),
    )


def _candid(jd: float, number: int) -> int:
    """ZTF's: no two numbers below a thousand million share one, wherever they are in a night."""
    return image_id(jd, number % 64) * 1_000_000 + number // 64 % 1_000_000


def _doubles(packet: NDArray[np.uint8], begins: Places) -> Put:
    at = begins[:, None] + np.arange(8)
    return Put(at, packet[at].copy().view("<f8").reshape(-1))


def _put_doubles(packet: NDArray[np.uint8], put: Put, values: NDArray[np.float64]) -> None:
    packet[put.at] = values.astype("<f8").view(np.uint8).reshape(-1, 8)


def _ids(packet: NDArray[np.uint8], begins: Places) -> Put:
    at = begins[:, None] + np.arange(ID_BYTES)
    sevens = (packet[at] & 0x7F).astype(np.int64) << _BYTE_SHIFTS
    return Put(at, sevens.sum(axis=1) >> 1)


def _put_ids(packet: NDArray[np.uint8], put: Put, ids: NDArray[np.int64]) -> None:
    """Zigzag varints, all of nine bytes."""
    zigzag = ids[:, None].astype(np.int64) << 1
    packet[put.at] = (zigzag >> _BYTE_SHIFTS & 0x7F).astype(np.uint8) | _MORE

"""Hostile packets of every survey's schema: cut, changed, stretched, spliced, of other lengths.

Each must end as a row or with a reason; none may crash or hang the decoder, or take a neighbour
with it. They are decoded in batches between two sound ones, as the stream brings them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

from numpy.random import Generator, default_rng
from rich.console import Console
from rich.progress import track

from lake.archives import Archive
from replay.invention import invent
from schemas.container import MAGIC, SYNC_BYTES
from schemas.decode import Decoder
from tests.fuzzing import strikes
from tests.fuzzing.enduring import SETTLED_CASES, Kind, Outcome, peak_mb
from tests.fuzzing.strikes import Strike
from tests.schemas import golden, golden_telescope, golden_winter

BATCH_CASES: Final = 50
MADE_EACH: Final = 10
"""Sound packets of each schema that are made."""
REAL_EACH: Final = 40
REAL: Final = (
    "ztf/ZwickyTransientFacility+ztfss18",
    "ztf/astrolabsoftware+fink-broker",
    "lsst/lsstcam",
    "lsst/wire_confluent",
    "other_surveys/winter",
)
"""Folders of real ones, within GUESTSTAR_DATA."""
DETAIL_CHARS_MAX: Final = 200
CONFLUENT_BYTES: Final = 5
MEANINGFUL_BYTES = 8_000
EXTREMES = (
    b"\xff" * 10,
    b"\xff" * 9 + b"\x01",
    b"\0",
    b"\x01",
    b"\x80" * 9 + b"\x01",
    b"\xfe\xff\x07",
)
"""Varints: too long, the most negative, nought, below nought, padded, and large."""


def _changed(packet: bytes, rng: Generator) -> bytes:
    """Some bytes changed, half of the time early in the record, where most mean something."""
    begin, reach = (0, len(packet)) if rng.random() < 0.5 else _meaningful(packet)
    return strikes.changed_within(packet, rng, begin, reach)


def _meaningful(packet: bytes) -> tuple[int, int]:
    """Where the first block begins, and how many bytes of it come before most of the stamps."""
    if not packet.startswith(MAGIC):
        return CONFLUENT_BYTES, len(packet) - CONFLUENT_BYTES
    begin = packet.index(packet[-SYNC_BYTES:]) + SYNC_BYTES
    return begin, min(MEANINGFUL_BYTES, len(packet) - begin)


def _header_changed(packet: bytes, rng: Generator) -> bytes:
    """One byte of the header changed: its lengths, its codec, or the schema's text."""
    changed = bytearray(packet)
    end = packet.index(packet[-SYNC_BYTES:]) if packet.startswith(MAGIC) else CONFLUENT_BYTES
    changed[int(rng.integers(end))] = int(rng.integers(256))
    return bytes(changed)


def _extreme(packet: bytes, rng: Generator) -> bytes:
    """A varint that no writer writes, somewhere in the record."""
    varint = EXTREMES[int(rng.integers(len(EXTREMES)))]
    begin, reach = _meaningful(packet)
    at = begin + int(rng.integers(reach))
    return packet[:at] + varint + packet[at + len(varint) :]


def _unframed(packet: bytes, rng: Generator) -> bytes:
    """The record as if it came from a registry that knows nothing of it."""
    return b"\0" + rng.bytes(4) + packet[_meaningful(packet)[0] :]


def _noise(_: bytes, rng: Generator) -> bytes:
    begin = (b"", MAGIC, b"\0")[int(rng.integers(3))]
    return begin + strikes.noise(b"", rng)


STRIKES: dict[str, Strike] = {
    "cut": strikes.cut,
    "bytes changed": _changed,
    "header changed": _header_changed,
    "bytes put in": strikes.stretched,
    "bytes taken out": strikes.gapped,
    "spliced": strikes.spliced,
    "extreme varint": _extreme,
    "unknown schema id": _unframed,
    "noise": _noise,
}


PACKETS: Final = Kind(
    lambda cases, seed: islice(hostile_packets(sound_packets(), seed), cases),
    lambda name, packet: "decoded in batches",
    cpu_ms_max=2_000,
)
"""What time is bounded by is a batch's."""


def sound_packets() -> list[bytes]:
    """Packets of every schema at hand, made and (where GUESTSTAR_DATA is) real."""
    made = [
        *(one.packet for one in invent(MADE_EACH, seed=3)),
        *(golden.ztf_packet(seed) for seed in range(MADE_EACH)),
        *(golden.rubin_packet(seed) for seed in range(MADE_EACH)),
        *(golden_winter.packet(seed) for seed in range(MADE_EACH)),
        *(golden_telescope.packet(seed) for seed in range(MADE_EACH)),
    ]
    folder = Path(os.environ.get("GUESTSTAR_DATA") or "no folder")
    real = (
        packet.data
        for each in (REAL if folder.is_dir() else ())
        for packet in islice(Archive(folder / each), REAL_EACH)
    )
    packets = [*made, *real]
    rows = set(Decoder(schemas=golden.GoldenSchemas()).decode(packets).source_index.tolist())
    return [packet for at, packet in enumerate(packets) if at in rows]


def hostile_packets(sound: Sequence[bytes], seed: int) -> Iterator[tuple[str, bytes]]:
    """Struck packets without end, each with what was done to it."""
    rng, names = default_rng(seed), list(STRIKES)
    while True:
        name = names[int(rng.integers(len(names)))]
        yield name, STRIKES[name](sound[int(rng.integers(len(sound)))], rng)


def endure_packets(sound: Sequence[bytes], cases: int, seed: int) -> Outcome:
    """Decode so many hostile packets between sound ones."""
    decoder, outcome = Decoder(schemas=golden.GoldenSchemas()), Outcome(PACKETS)
    packets, begin = hostile_packets(sound, seed), time.perf_counter()
    batches = -(-cases // BATCH_CASES)
    for number in track(range(batches), transient=True, console=Console(stderr=True)):
        struck = list(islice(packets, BATCH_CASES))
        around = sound[number % len(sound)], sound[-1 - number % len(sound)]
        _endure_batch(decoder, around, struck, outcome)
        if number * BATCH_CASES < SETTLED_CASES:
            outcome.settled_mb = peak_mb()
    outcome.peak_mb, outcome.took_s = peak_mb(), time.perf_counter() - begin
    return outcome


def _endure_batch(
    decoder: Decoder,
    around: tuple[bytes, bytes],
    struck: Sequence[tuple[str, bytes]],
    outcome: Outcome,
) -> None:
    start = time.thread_time()
    try:
        batch = decoder.decode([around[0], *(packet for _, packet in struck), around[1]])
    except Exception as error:
        outcome.harms.append(f"{type(error).__name__}: {error}, of {[name for name, _ in struck]}")
        return
    took_ms = 1000 * (time.thread_time() - start)
    if took_ms > outcome.slowest_ms:
        outcome.slowest_ms, outcome.slowest = took_ms, f"a batch of {BATCH_CASES + 2}"
    ends = dict.fromkeys(batch.source_index.tolist(), "a row")
    ends.update((one.index, one.reason.value) for one in batch.rejected)
    details = (one.detail for one in batch.rejected)
    wrong = [each for each in details if not each.isprintable() or len(each) > DETAIL_CHARS_MAX]
    if not ends[0] == ends[len(struck) + 1] == "a row":
        wrong.append("a neighbour was lost")
    if len(ends) != len(struck) + 2:
        wrong.append("a packet ended in no way, or in two")
    if took_ms > outcome.kind.cpu_ms_max:
        wrong.append(f"took {took_ms:.0f} ms")
    outcome.harms += wrong
    outcome.ends.update((name, ends[place]) for place, (name, _) in enumerate(struck, start=1))

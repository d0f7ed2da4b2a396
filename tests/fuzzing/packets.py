"""`python -m tests.fuzzing.packets`: many hostile packets, none of which may do harm.

Packets are struck at random, from a seed: cut, changed, stretched, spliced, given other lengths
and headers. Each must end as a row or with a reason; none may crash or hang the decoder, or take
a neighbour with it; and what they leave behind in memory is bounded.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import psutil
from numpy.random import Generator, default_rng
from rich.console import Console
from rich.table import Table

from benchmarks.night import night
from schemas.container import MAGIC, SYNC_BYTES
from schemas.decode import Decoder

BATCH_CASES = 50
SOUND_PACKETS = 100
SETTLED_CASES = 1_000
"""Memory is compared with that after so many: by then all that is kept once is there."""
GROWTH_MB_MAX = 20.0
MB = 1e6
CHANGED_BYTES_MAX = 8
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

Strike = Callable[[bytes, Generator], bytes]


def _cut(packet: bytes, rng: Generator) -> bytes:
    return packet[: int(rng.integers(len(packet)))]


def _changed(packet: bytes, rng: Generator) -> bytes:
    """Some bytes changed, half of the time early in the record, where most mean something."""
    changed = bytearray(packet)
    begin, reach = (0, len(packet)) if rng.random() < 0.5 else _meaningful(packet)
    for at in rng.integers(begin, begin + reach, int(rng.integers(1, CHANGED_BYTES_MAX + 1))):
        changed[at] = int(rng.integers(256))
    return bytes(changed)


def _meaningful(packet: bytes) -> tuple[int, int]:
    """Where the first block begins, and how many bytes of it come before most of the stamps."""
    begin = packet.index(packet[-SYNC_BYTES:]) + SYNC_BYTES
    return begin, min(MEANINGFUL_BYTES, len(packet) - begin)


def _header_changed(packet: bytes, rng: Generator) -> bytes:
    """One byte of the header changed: its lengths, its codec, or the schema's text."""
    changed = bytearray(packet)
    end = packet.index(packet[-SYNC_BYTES:])
    changed[int(rng.integers(len(MAGIC), end))] = int(rng.integers(256))
    return bytes(changed)


def _stretched(packet: bytes, rng: Generator) -> bytes:
    at = int(rng.integers(len(packet)))
    return packet[:at] + rng.bytes(int(rng.integers(1, 100))) + packet[at:]


def _gapped(packet: bytes, rng: Generator) -> bytes:
    at = int(rng.integers(len(packet)))
    return packet[:at] + packet[at + int(rng.integers(1, 100)) :]


def _spliced(packet: bytes, rng: Generator) -> bytes:
    """The beginning of the packet, then a later part of it."""
    first, second = sorted(int(at) for at in rng.integers(0, len(packet), 2))
    return packet[:second] + packet[first:]


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
    return begin + rng.bytes(int(rng.integers(0, 5_000)))


STRIKES: dict[str, Strike] = {
    "cut": _cut,
    "bytes changed": _changed,
    "header changed": _header_changed,
    "bytes put in": _stretched,
    "bytes taken out": _gapped,
    "spliced": _spliced,
    "extreme varint": _extreme,
    "unknown schema id": _unframed,
    "noise": _noise,
}


@dataclass
class Outcome:
    """What became of the cases."""

    cases: int = 0
    ends: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By strike and reason ("a row" where it was decoded)."""
    slowest_s: float = 0.0
    """Of a batch."""
    settled_mb: float = 0.0
    finished_mb: float = 0.0

    @property
    def growth_mb(self) -> float:
        """Resident memory at the end over that after the first cases."""
        return self.finished_mb - self.settled_mb


def hostile_packets(sound: Sequence[bytes], seed: int) -> Iterator[tuple[str, bytes]]:
    """Struck packets without end, each with what was done to it."""
    rng, names = default_rng(seed), list(STRIKES)
    while True:
        name = names[int(rng.integers(len(names)))]
        yield name, STRIKES[name](sound[int(rng.integers(len(sound)))], rng)


def endure(sound: Sequence[bytes], cases: int, seed: int) -> Outcome:
    """Decode so many hostile packets between sound ones. AssertionError where one does harm."""
    decoder, outcome = Decoder(), Outcome()
    packets = hostile_packets(sound, seed)
    while outcome.cases < cases:
        _endure_batch(decoder, sound[0], packets, outcome)
        if outcome.cases <= max(SETTLED_CASES, BATCH_CASES):
            outcome.settled_mb = _resident_mb()
    outcome.finished_mb = _resident_mb()
    return outcome


def _endure_batch(
    decoder: Decoder, sound: bytes, packets: Iterator[tuple[str, bytes]], outcome: Outcome
) -> None:
    struck = [next(packets) for _ in range(BATCH_CASES)]
    start = time.perf_counter()
    batch = decoder.decode([sound, *(packet for _, packet in struck), sound])
    outcome.slowest_s = max(outcome.slowest_s, time.perf_counter() - start)
    ends = dict.fromkeys(batch.source_index.tolist(), "a row")
    ends.update((one.index, one.reason.value) for one in batch.rejected)
    assert ends[0] == ends[BATCH_CASES + 1] == "a row", "a neighbour was lost"
    assert len(ends) == BATCH_CASES + 2, "a packet ended in no way, or in two"
    outcome.ends.update((name, ends[place]) for place, (name, _) in enumerate(struck, start=1))
    outcome.cases += BATCH_CASES


def _resident_mb() -> float:
    gc.collect()
    return float(psutil.Process().memory_info().rss / MB)


def table(outcome: Outcome) -> Table:
    """How many cases of each strike ended in which way."""
    ends = sorted({end for _, end in outcome.ends})
    shown = Table("struck by", *ends, title=f"{outcome.cases:,} hostile packets")
    for name in STRIKES:
        shown.add_row(name, *(f"{outcome.ends[name, end]:,}" for end in ends))
    return shown


def main() -> None:
    """Decode hostile packets, say how each kind ended, and fail where memory grew."""
    options = argparse.ArgumentParser(
        prog="python -m tests.fuzzing.packets", description=main.__doc__
    )
    options.add_argument("--cases", type=int, default=100_000)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    sound = night(SOUND_PACKETS)
    outcome = endure(sound.packets, chosen.cases, chosen.seed)
    console = Console()
    console.print(table(outcome))
    console.print(
        f"From {sound.origin}, seed {chosen.seed}. Slowest batch of {BATCH_CASES + 2}: "
        f"{1000 * outcome.slowest_s:.0f} ms. Resident memory {outcome.settled_mb:.0f} MB after "
        f"{SETTLED_CASES:,}, {outcome.finished_mb:.0f} MB at the end: {outcome.growth_mb:+.1f} MB."
    )
    sys.exit(outcome.growth_mb > GROWTH_MB_MAX)


if __name__ == "__main__":
    main()

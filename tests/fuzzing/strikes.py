"""What may be done to any sound bytes, whatever they are: cut, changed, stretched, spliced."""

from __future__ import annotations

from collections.abc import Callable

from numpy.random import Generator

Strike = Callable[[bytes, Generator], bytes]

PUT_IN_BYTES_MAX = 100
CHANGED_BYTES_MAX = 8
NOISE_BYTES_MAX = 5_000


def cut(sound: bytes, rng: Generator) -> bytes:
    """Its beginning."""
    return sound[: int(rng.integers(len(sound)))]


def changed(sound: bytes, rng: Generator) -> bytes:
    """Some bytes changed, anywhere."""
    return changed_within(sound, rng, 0, len(sound))


def changed_within(sound: bytes, rng: Generator, begin: int, reach: int) -> bytes:
    """Some bytes changed, of so many from `begin` on."""
    struck = bytearray(sound)
    for at in rng.integers(begin, begin + reach, int(rng.integers(1, CHANGED_BYTES_MAX + 1))):
        struck[at] = int(rng.integers(256))
    return bytes(struck)


def stretched(sound: bytes, rng: Generator) -> bytes:
    """Bytes put in somewhere."""
    at = int(rng.integers(len(sound)))
    return sound[:at] + rng.bytes(int(rng.integers(1, PUT_IN_BYTES_MAX))) + sound[at:]


def gapped(sound: bytes, rng: Generator) -> bytes:
    """Bytes taken out somewhere."""
    at = int(rng.integers(len(sound)))
    return sound[:at] + sound[at + int(rng.integers(1, PUT_IN_BYTES_MAX)) :]


def spliced(sound: bytes, rng: Generator) -> bytes:
    """The beginning, then a part from before or after it."""
    first, second = sorted(int(at) for at in rng.integers(0, len(sound), 2))
    return sound[:second] + sound[first:]


def noise(_: bytes, rng: Generator) -> bytes:
    """Nothing of it is left."""
    return rng.bytes(int(rng.integers(0, NOISE_BYTES_MAX)))


STRIKES: dict[str, Strike] = {
    "cut": cut,
    "bytes changed": changed,
    "bytes put in": stretched,
    "bytes taken out": gapped,
    "spliced": spliced,
    "noise": noise,
}


def struck(sound: bytes, rng: Generator) -> tuple[str, bytes]:
    """One of the strikes, and what it made of the bytes."""
    name = list(STRIKES)[int(rng.integers(len(STRIKES)))]
    return name, STRIKES[name](sound, rng)

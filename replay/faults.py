"""Faults in a stream of packets, drawn from a seed, each with what it must lead to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from schemas.batch import Reason
from schemas.container import MAGIC, SYNC_BYTES
from schemas.limits import DecodeLimits
from schemas.writing import container

UNKNOWN_SCHEMA_ID = 987_654_321
MUTATED_BYTES_MAX = 8
SHARE = 0.1
"""Of packets that are struck, unless said otherwise."""


class Fault(StrEnum):
    """What is done to a packet; the packet is a container of one record."""

    EMPTY = "empty"
    TRUNCATED = "truncated"
    OVERSIZE = "oversize"
    NOT_AVRO = "not Avro"
    FOREIGN = "another kind of record"
    BROKEN_SCHEMA = "broken schema"
    UNKNOWN_ID = "unknown schema id"
    WRONG_MARKER = "wrong sync marker"
    TWO_RECORDS = "two records"
    NO_RECORD = "no record"
    LONG_VARINT = "a varint of eleven bytes"
    MUTATED = "some bytes changed"


REASONS: Mapping[Fault, frozenset[Reason]] = {
    Fault.EMPTY: frozenset({Reason.TRUNCATED}),
    Fault.TRUNCATED: frozenset({Reason.TRUNCATED, Reason.RECORD_COUNT}),
    Fault.OVERSIZE: frozenset({Reason.TOO_LARGE}),
    Fault.NOT_AVRO: frozenset({Reason.NOT_AN_ALERT}),
    Fault.FOREIGN: frozenset({Reason.NOT_AN_ALERT}),
    Fault.BROKEN_SCHEMA: frozenset({Reason.UNKNOWN_SCHEMA}),
    Fault.UNKNOWN_ID: frozenset({Reason.UNKNOWN_SCHEMA}),
    Fault.WRONG_MARKER: frozenset({Reason.BAD_BLOCK}),
    Fault.TWO_RECORDS: frozenset({Reason.RECORD_COUNT}),
    Fault.NO_RECORD: frozenset({Reason.RECORD_COUNT}),
    Fault.LONG_VARINT: frozenset({Reason.VARINT}),
    Fault.MUTATED: frozenset(Reason),
}
"""For each fault the reasons that a decoder may give. It must refuse the packet with one of them;
only a mutated packet may also pass, for the bytes may lie in a value that can be anything."""

CERTAIN = tuple(fault for fault in Fault if fault is not Fault.MUTATED)
"""The faults that no decoder may let pass."""


class Struck(NamedTuple):
    """A packet as it is sent, and what was done to it; None where nothing was."""

    packet: bytes
    fault: Fault | None


def with_faults(
    packets: Iterable[bytes],
    *,
    seed: int,
    share: float = SHARE,
    faults: Sequence[Fault] = CERTAIN,
) -> Iterator[Struck]:
    """The same packets in the same order, some of them struck by a fault each."""
    rng = np.random.default_rng(seed)
    for packet in packets:
        if rng.random() < share:
            fault = faults[int(rng.integers(len(faults)))]
            yield Struck(strike(packet, fault, rng), fault)
        else:
            yield Struck(packet, None)


def strike(packet: bytes, fault: Fault, rng: np.random.Generator) -> bytes:
    """A container of one record with that done to it."""
    assert packet.startswith(MAGIC), "faults are done to containers"
    return _STRIKES[fault](packet, rng)


def _header(packet: bytes) -> bytes:
    """Up to the first sync marker's end."""
    marker = packet[-SYNC_BYTES:]
    return packet[: packet.index(marker) + SYNC_BYTES]


def _truncated(packet: bytes, rng: np.random.Generator) -> bytes:
    return packet[: int(rng.integers(len(MAGIC), len(packet)))]


def _oversize(packet: bytes, _: np.random.Generator) -> bytes:
    return packet + bytes(DecodeLimits().packet_bytes_max + 1 - len(packet))


def _foreign(_: bytes, rng: np.random.Generator) -> bytes:
    fields = [{"name": "station", "type": "string"}, {"name": "celsius", "type": "double"}]
    schema = json.dumps({"type": "record", "name": "weather", "fields": fields})
    return container(schema, {"station": "a dome", "celsius": rng.normal(8, 5)})


def _broken_schema(packet: bytes, _: np.random.Generator) -> bytes:
    place = packet.index(b"{")
    return packet[:place] + b"!" + packet[place + 1 :]


def _wrong_marker(packet: bytes, rng: np.random.Generator) -> bytes:
    place = len(packet) - int(rng.integers(1, SYNC_BYTES + 1))
    return packet[:place] + bytes([packet[place] ^ 1]) + packet[place + 1 :]


def _mutated(packet: bytes, rng: np.random.Generator) -> bytes:
    changed = bytearray(packet)
    for place in rng.integers(0, len(packet), int(rng.integers(1, MUTATED_BYTES_MAX + 1))):
        changed[place] ^= int(rng.integers(1, 256))
    return bytes(changed)


_STRIKES: Mapping[Fault, Callable[[bytes, np.random.Generator], bytes]] = {
    Fault.EMPTY: lambda _packet, _rng: b"",
    Fault.TRUNCATED: _truncated,
    Fault.OVERSIZE: _oversize,
    Fault.NOT_AVRO: lambda _packet, rng: b'{"alert": %d}' % rng.integers(10**9),
    Fault.FOREIGN: _foreign,
    Fault.BROKEN_SCHEMA: _broken_schema,
    Fault.UNKNOWN_ID: lambda packet, _rng: b"\0" + UNKNOWN_SCHEMA_ID.to_bytes(4, "big") + packet,
    Fault.WRONG_MARKER: _wrong_marker,
    Fault.TWO_RECORDS: lambda packet, _rng: packet + packet[len(_header(packet)) :],
    Fault.NO_RECORD: lambda packet, _rng: _header(packet),
    Fault.LONG_VARINT: lambda packet, _rng: _header(packet) + b"\xff" * 11 + packet[-SYNC_BYTES:],
    Fault.MUTATED: _mutated,
}

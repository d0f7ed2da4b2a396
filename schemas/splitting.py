"""A container file of any number of records, cut into messages of one record each."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import cramjam
import numpy as np
from isal import isal_zlib

from schemas.container import SYNC_BYTES, Header, Refusal, blocks
from schemas.decoder import DONE, OUTCOME_CODE, OUTCOME_POSITION, TRAILING
from schemas.framing import Framer, Layout
from schemas.limits import DecodeLimits
from schemas.reading import read_rows
from schemas.wire import long_bytes


def split_file(data: bytes, framer: Framer, limits: DecodeLimits) -> Iterator[bytes]:
    """Each record as a container of its own, with the file's own header and codec.

    What cannot be cut (another framing, an unknown schema, a broken block) comes as one message
    that decoding refuses with its reason. A file of one record comes as it is.
    """
    try:
        header, layout = framer.header(data)
        found = list(blocks(data, header, limits))
    except Refusal:
        yield data
        return
    if sum(count for count, _ in found) == 1 or not found:
        yield data
        return
    marker = data[len(header.raw) : len(header.raw) + SYNC_BYTES]
    for count, block in found:
        for record in _records(count, block, layout, limits):
            yield _container(header, marker, record)


def _records(count: int, block: bytes, layout: Layout, limits: DecodeLimits) -> Iterator[bytes]:
    """The records of an inflated block; the last is whatever is left where one is broken."""
    buffer = np.frombuffer(block, np.uint8)
    begin, row = 0, np.zeros(1, np.int64)
    for _ in range(count - 1):
        spans = np.array([[begin, len(block)]])
        outcome = read_rows(buffer, spans, {layout.program: row}, layout.survey, limits).outcomes[0]
        if outcome[OUTCOME_CODE] not in {DONE, TRAILING}:
            break
        yield block[begin : begin + outcome[OUTCOME_POSITION]]
        begin += int(outcome[OUTCOME_POSITION])
    yield block[begin:]


def _container(header: Header, marker: bytes, record: bytes) -> bytes:
    block = _deflated(record, header.codec)
    return b"".join((header.raw, marker, long_bytes(1), long_bytes(len(block)), block, marker))


def _deflated(record: bytes, codec: str) -> bytes:
    if codec == "deflate":
        stream = isal_zlib.compressobj(wbits=-zlib.MAX_WBITS)
        return bytes(stream.compress(record) + stream.flush())
    if codec == "snappy":
        packed = bytes(cramjam.snappy.compress_raw(record))
        return packed + zlib.crc32(record).to_bytes(4, "big")
    return record

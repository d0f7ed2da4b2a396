"""A container file of any number of records, cut into messages of one record each."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from schemas.compression import deflate, inflate, unwrapped
from schemas.container import SYNC_BYTES, Block, Header, blocks
from schemas.decoder import DONE, OUTCOME_CODE, OUTCOME_POSITION, TRAILING
from schemas.framing import Framer
from schemas.limits import DecodeLimits
from schemas.program import Program
from schemas.record_reader import read_rows
from schemas.refusal import Refusal
from schemas.survey import NO_SURVEY
from schemas.wire import long_bytes


def split_file(data: bytes, framer: Framer, limits: DecodeLimits) -> Iterator[bytes]:
    """Each record as a container of its own, with the file's own header and codec.

    What cannot be cut (another framing, an unknown schema) comes as one message that decoding
    refuses with its reason; so does a broken block, and what lies behind a block without an end.
    A file of one record comes as it is. A compressed file is inflated, one block's records at
    most twice over.
    """
    try:
        whole = unwrapped(data, limits.block_bytes_max)
        header, _ = framer.header(whole)
        program = None if _is_cut(whole, header) else framer.passing_over(header)
    except Refusal:
        program = None
    if program is None:
        yield data
        return
    yield from _messages(whole, header, program, limits)


def _is_cut(data: bytes, header: Header) -> bool:
    """Whether a container holds one record, or none."""
    try:
        return sum(block.count for block in blocks(data, len(header.raw))) in {0, 1}
    except Refusal:
        return False


def _messages(
    data: bytes, header: Header, program: Program, limits: DecodeLimits
) -> Iterator[bytes]:
    start = len(header.raw)
    marker, behind = data[start : start + SYNC_BYTES], start + SYNC_BYTES
    try:
        for block in blocks(data, start):
            behind = block.end + SYNC_BYTES
            for record in _block_records(data, block, header.codec, program, limits):
                yield b"".join((header.raw, marker, *_block(record, marker)))
    except Refusal:
        yield b"".join((header.raw, marker, data[behind:]))


def _block(content: bytes, marker: bytes) -> tuple[bytes, ...]:
    """A block that says to hold one record."""
    return long_bytes(1), long_bytes(len(content)), content, marker


def _block_records(
    data: bytes, block: Block, codec: str, program: Program, limits: DecodeLimits
) -> Iterator[bytes]:
    """The block's records, compressed; the block as it is where it cannot be inflated."""
    if not block.count:
        return
    packed = data[block.begin : block.end]
    try:
        content = inflate(packed, codec, limits.block_bytes_max)
    except Refusal:
        yield packed
        return
    for record in _records(block.count, content, program, limits):
        yield deflate(record, codec)


def _records(count: int, block: bytes, program: Program, limits: DecodeLimits) -> Iterator[bytes]:
    """The records of an inflated block; the last is whatever is left where one is broken."""
    buffer = np.frombuffer(block, np.uint8)
    begin, row = 0, np.zeros(1, np.int64)
    for _ in range(count - 1):
        spans = np.array([[begin, len(block)]])
        outcome = read_rows(buffer, spans, {program: row}, NO_SURVEY, limits).outcomes[0]
        if outcome[OUTCOME_CODE] not in {DONE, TRAILING}:
            break
        yield block[begin : begin + outcome[OUTCOME_POSITION]]
        begin += int(outcome[OUTCOME_POSITION])
    yield block[begin:]

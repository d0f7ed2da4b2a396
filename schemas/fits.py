"""The one image of a stamp's FITS file, read without astropy: header cards to a view of pixels.

FITS standard 4.0 (Pence et al. 2010, A&A 524, A42; sections 3, 4.4 and 5.3). Only the primary
image is read; Rubin's later extensions (uncertainty, point-spread function) are left where they
lie.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from isal import igzip_lib

CARD_BYTES = 80
BLOCK_BYTES = 2880
GZIP_MAGIC = b"\x1f\x8b"
DTYPES = {8: ">u1", 16: ">i2", 32: ">i4", 64: ">i8", -32: ">f4", -64: ">f8"}
"""BITPIX to a NumPy type; FITS is big-endian."""
WANTED = frozenset(
    word.ljust(8).encode()
    for word in ("SIMPLE", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "BSCALE", "BZERO", "BLANK")
)


@dataclass(frozen=True, slots=True)
class StampLimits:
    """Bounds on one plane; what is over one of them is unreadable, so that no packet can ask for
    much more memory than it has bytes."""

    inflated_bytes_max: int = 524_288
    header_blocks_max: int = 16
    side_pixels_max: int = 256


class Plane(NamedTuple):
    """One image: its rows and columns, and its pixels as big-endian float32 bytes."""

    shape: tuple[int, int]
    big_endian: bytes | memoryview


class _Layout(NamedTuple):
    """What a header says of the image behind it."""

    begin: int
    shape: tuple[int, int]
    dtype: str
    scale: float
    zero: float
    blank: int | None


class PlaneReader:
    """Reads planes one after another. Keeps the last header, which in ZTF's stream all share."""

    def __init__(self, limits: StampLimits) -> None:
        """Read within `limits`."""
        self._limits = limits
        self._header = b"no header yet"
        self._layout = _Layout(0, (0, 0), ">f4", 1.0, 0.0, None)

    def read(self, packed: memoryview) -> Plane | None:
        """The image in a FITS file, gzipped or not; None where that cannot be read."""
        file = self._inflated(packed) if packed[:2] == GZIP_MAGIC else bytes(packed)
        if file is None:
            return None
        if not file.startswith(self._header) and not self._learn(file):
            return None
        return _plane(file, self._layout)

    def _inflated(self, packed: memoryview) -> bytes | None:
        inflater = igzip_lib.IgzipDecompressor(igzip_lib.DECOMP_GZIP)
        try:
            file: bytes = inflater.decompress(packed, self._limits.inflated_bytes_max)
        # The library's stub declares its exception as an instance.
        except igzip_lib.IsalError:  # type: ignore[misc]
            return None
        return file if inflater.eof else None

    def _learn(self, file: bytes) -> bool:
        cards = _cards(file[: self._limits.header_blocks_max * BLOCK_BYTES])
        layout = _layout(cards, self._limits.side_pixels_max) if cards else None
        if layout is None:
            return False
        self._header, self._layout = file[: layout.begin], layout
        return True


def _cards(header: bytes) -> dict[bytes, bytes]:
    """The wanted keywords' values, and END's position; empty where there is no END."""
    cards: dict[bytes, bytes] = {}
    for begin in range(0, len(header) - CARD_BYTES + 1, CARD_BYTES):
        word = header[begin : begin + 8]
        if word in WANTED:
            value = header[begin + 10 : begin + CARD_BYTES].partition(b"/")[0].strip()
            cards.setdefault(word.rstrip(), value)
        elif word == b"END     ":
            cards[b"END"] = b"%d" % begin
            return cards
    return {}


def _layout(cards: dict[bytes, bytes], side_pixels_max: int) -> _Layout | None:
    """None unless the cards describe one image of two axes within the bound."""
    try:
        if (cards[b"SIMPLE"], cards[b"NAXIS"]) != (b"T", b"2"):
            return None
        layout = _stated_layout(cards)
    except (KeyError, ValueError):
        return None
    return layout if all(0 < side <= side_pixels_max for side in layout.shape) else None


def _stated_layout(cards: dict[bytes, bytes]) -> _Layout:
    blocks = int(cards[b"END"]) // BLOCK_BYTES + 1
    return _Layout(
        begin=blocks * BLOCK_BYTES,
        shape=(int(cards[b"NAXIS2"]), int(cards[b"NAXIS1"])),
        dtype=DTYPES[int(cards[b"BITPIX"])],
        scale=_real(cards.get(b"BSCALE", b"1")),
        zero=_real(cards.get(b"BZERO", b"0")),
        blank=int(cards[b"BLANK"]) if b"BLANK" in cards else None,
    )


def _real(value: bytes) -> float:
    # FITS writes a double's exponent as D (section 4.2.4).
    return float(value.replace(b"D", b"E"))


def _plane(file: bytes, layout: _Layout) -> Plane | None:
    dtype = np.dtype(layout.dtype)
    end = layout.begin + layout.shape[0] * layout.shape[1] * dtype.itemsize
    if end > len(file):
        return None
    data = memoryview(file)[layout.begin : end]
    if layout.dtype == ">f4" and (layout.scale, layout.zero) == (1.0, 0.0):
        return Plane(layout.shape, data)
    return Plane(layout.shape, _scaled(data, layout))


def _scaled(data: memoryview, layout: _Layout) -> bytes:
    """Physical values, stored * BSCALE + BZERO; BLANK becomes NaN (integers only, 4.4.2.5)."""
    stored = np.frombuffer(data, layout.dtype)
    # What is beyond float32's range becomes an infinity, as any cast makes it.
    with np.errstate(over="ignore", invalid="ignore"):
        physical = stored * layout.scale + layout.zero
        if layout.blank is not None and stored.dtype.kind != "f":
            physical[stored == layout.blank] = np.nan
        return physical.astype(">f4").tobytes()

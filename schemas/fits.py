"""The one image of a stamp's FITS file, read without astropy: header cards to a view of pixels.

FITS standard 4.0 (Pence et al. 2010, A&A 524, A42; sections 3, 4.4 and 5.3). The first image is
read, the primary one or, where the primary has none, that of the first image extension; Rubin's
later ones (uncertainty, point-spread function) are left where they lie. An image compressed in
tiles (.fits.fz), which is a table, is not read.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import deflate
import numpy as np
from isal import igzip_lib
from numpy.typing import NDArray

CARD_BYTES = 80
BLOCK_BYTES = 2880
END_WORD = b"END     "
HEADERS_KEPT_MAX = 64
"""Sets of keywords whose places are kept."""
PSF_NAME = b"PSFIMAGE"
PSF_HEADERS_MAX = 64
"""That are kept, of one reader."""
GZIP_MAGIC = b"\x1f\x8b"
GZIP_SIZE_BYTES = 4
"""At the end of a file: how large it was, modulo 2^32 (RFC 1952, section 2.3.1)."""
DTYPES = {8: ">u1", 16: ">i2", 32: ">i4", 64: ">i8", -32: ">f4", -64: ">f8"}
"""BITPIX to a NumPy type; FITS is big-endian."""
IMAGE_WORDS = (
    *("SIMPLE", "XTENSION", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "PCOUNT", "GCOUNT"),
    *("BSCALE", "BZERO", "BLANK"),
)
SKY_WORDS = (
    *("CTYPE1", "CDELT1", "CDELT2", "CD1_1", "CD1_2", "CD2_1", "CD2_2"),
    *("PC1_1", "PC1_2", "PC2_1", "PC2_2"),
)
WANTED = frozenset(word.ljust(8).encode() for word in (*IMAGE_WORDS, *SKY_WORDS))


@dataclass(frozen=True, slots=True)
class StampLimits:
    """Bounds on one plane; what is over one of them is unreadable, so that no packet can ask for
    much more memory than it has bytes."""

    inflated_bytes_max: int = 524_288
    header_blocks_max: int = 16
    """Of each header."""
    headers_max: int = 4
    """Up to the first image."""
    side_pixels_max: int = 256


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
        self._psf_places: list[int] = []
        self._psf_layouts: dict[bytes, _Layout] = {}

    def read(self, packed: memoryview) -> NDArray[np.float32] | None:
        """The image in a FITS file, gzipped or not, (rows, columns); None where it cannot be read.

        Where the file holds float32 it is a view of that, big-endian.
        """
        file = self._inflated(packed) if packed[:2] == GZIP_MAGIC else bytes(packed)
        if file is None:
            return None
        if not file.startswith(self._header) and not self._learn(file):
            return None
        return _plane(file, self._layout)

    def _inflated(self, packed: memoryview) -> bytes | bytearray | None:
        # Whole files at once are inflated faster, into a buffer whose size a file itself tells.
        told = int.from_bytes(packed[-GZIP_SIZE_BYTES:], "little")
        if told <= self._limits.inflated_bytes_max:
            try:
                return deflate.gzip_decompress(packed, told)
            except (deflate.DeflateError, ValueError):
                pass
        return self._inflated_piecemeal(packed)

    def _inflated_piecemeal(self, packed: memoryview) -> bytes | None:
        """The same whatever stands behind the stream, or where its size should stand."""
        inflater = igzip_lib.IgzipDecompressor(igzip_lib.DECOMP_GZIP)
        try:
            file: bytes = inflater.decompress(packed, self._limits.inflated_bytes_max)
        # The library's stub declares its exception as an instance.
        except igzip_lib.IsalError:  # type: ignore[misc]
            return None
        return file if inflater.eof else None

    def sky_matrix(self, packed: memoryview) -> tuple[float, float, float, float] | None:
        """How the sky lies over the image in a FITS file: its header's matrix, None without one.

        A step of x columns and y rows goes e_x x + e_y y degrees to the east and n_x x + n_y y to
        the north; given are e_x, e_y, n_x, n_y (Greisen & Calabretta 2002, A&A 395, 1061).
        """
        file = self._inflated(packed) if packed[:2] == GZIP_MAGIC else bytes(packed)
        found = self._first_image(file) if file else None
        return _matrix(found[1]) if found else None

    def point_spread(self, packed: memoryview) -> NDArray[np.floating[Any]] | None:
        """The point-spread function in a FITS file that is not gzipped, a view; None without one.

        It is the image extension whose name is PSF_NAME, of floats, as Rubin's stamps have it.
        """
        at, layout = self._point_spread_at(packed)
        if layout is None:
            return None
        begin = len(packed) + at + BLOCK_BYTES
        pixels = layout.shape[0] * layout.shape[1]
        if begin + pixels * int(layout.dtype[2:]) > len(packed):
            return None
        return np.frombuffer(packed, layout.dtype, pixels, begin).reshape(layout.shape)

    def _point_spread_at(self, packed: memoryview) -> tuple[int, _Layout | None]:
        """Where its header begins before the file's end. Files of one survey have it at few places.

        The places and headers that were met are kept, up to PSF_HEADERS_MAX.
        """
        for at in self._psf_places:
            layout = self._psf_layouts.get(bytes(packed[at : at + BLOCK_BYTES]))
            if layout is not None:
                return at, layout
        begin = bytes(packed).rfind(PSF_NAME) // BLOCK_BYTES * BLOCK_BYTES
        header = bytes(packed[begin : begin + BLOCK_BYTES]) if begin > 0 else b""
        at, layout = begin - len(packed), self._extension(header)
        if layout is not None and len(self._psf_layouts) < PSF_HEADERS_MAX:
            self._psf_layouts[header] = layout
            if at not in self._psf_places:
                self._psf_places.append(at)
        return at, layout

    def _extension(self, header: bytes) -> _Layout | None:
        """Of an image whose header is one block."""
        cards = _cards(_cut(header, 0, len(header)))
        try:
            layout = _stated_layout(cards, 0)
            is_plain = layout.dtype[1] == "f" and (layout.scale, layout.zero) == (1.0, 0.0)
            return layout if _is_image(cards) and self._is_within(layout) and is_plain else None
        except (KeyError, ValueError):
            return None

    def _is_within(self, layout: _Layout) -> bool:
        return all(0 < side <= self._limits.side_pixels_max for side in layout.shape)

    def _learn(self, file: bytes | bytearray) -> bool:
        found = self._first_image(file)
        if found is None:
            return False
        self._layout, _ = found
        self._header = bytes(file[: self._layout.begin])
        return True

    def _first_image(self, file: bytes | bytearray) -> tuple[_Layout, dict[bytes, bytes]] | None:
        begin = 0
        for _ in range(self._limits.headers_max):
            header = _cut(file, begin, begin + self._limits.header_blocks_max * BLOCK_BYTES)
            cards = _cards(header)
            try:
                data = begin + (len(header) // BLOCK_BYTES + 1) * BLOCK_BYTES
                if _is_image(cards):
                    layout = _stated_layout(cards, data)
                    return (layout, cards) if self._is_within(layout) else None
                begin = data + _data_bytes(cards)
            except (KeyError, ValueError):
                return None
        return None


def _cut(file: bytes | bytearray, begin: int, most: int) -> bytes:
    """A header's cards up to its END, which is left out; empty where there is none."""
    end = file.find(END_WORD, begin, most)
    while end >= 0 and (end - begin) % CARD_BYTES:
        end = file.find(END_WORD, end + 1, most)
    is_whole = 0 <= end <= min(most, len(file)) - CARD_BYTES
    return bytes(file[begin:end]) if is_whole else b""


def _cards(header: bytes) -> dict[bytes, bytes]:
    """The wanted keywords' values of a header that is cut before its END."""
    words = np.ndarray(len(header) // CARD_BYTES, "V8", header, 0, CARD_BYTES)
    return {
        word: header[begin + 10 : begin + CARD_BYTES].partition(b"/")[0].strip()
        for word, begin in _places(words.tobytes())
    }


@lru_cache(maxsize=HEADERS_KEPT_MAX)
def _places(words: bytes) -> list[tuple[bytes, int]]:
    """Where wanted keywords first stand, of a header's keywords, eight bytes each.

    A survey's headers have the same ones and differ in their values.
    """
    places: dict[bytes, int] = {}
    for number in range(len(words) // 8):
        word = words[8 * number : 8 * number + 8]
        if word in WANTED:
            places.setdefault(word.rstrip(), CARD_BYTES * number)
    return list(places.items())


def _is_image(cards: dict[bytes, bytes]) -> bool:
    """Whether the cards describe an image of two axes. Raises KeyError for what begins no header"""
    begins = cards[b"XTENSION"] if b"XTENSION" in cards else cards[b"SIMPLE"]
    return begins.strip(b" '") in {b"T", b"IMAGE"} and cards[b"NAXIS"] == b"2"


def _data_bytes(cards: dict[bytes, bytes]) -> int:
    """What the data of a header that is no image's take (4.4.1.2). Raises ValueError over 2 axes"""
    axes = int(cards[b"NAXIS"])
    if not 0 <= axes <= 2:
        raise ValueError("more axes than a table has")
    values = [int(cards[b"NAXIS%d" % (axis + 1)]) for axis in range(axes)]
    count = math.prod(values) if axes else 0
    count = (count + int(cards.get(b"PCOUNT", b"0"))) * int(cards.get(b"GCOUNT", b"1"))
    size = max(0, abs(int(cards[b"BITPIX"])) // 8 * count)
    return (size + BLOCK_BYTES - 1) // BLOCK_BYTES * BLOCK_BYTES


def _matrix(cards: dict[bytes, bytes]) -> tuple[float, float, float, float] | None:
    """CD, or PC and CDELT; None where the axes are not right ascension and declination."""
    if cards.get(b"CTYPE1", b"RA").strip(b" '")[:2] != b"RA":
        return None
    names = (b"1_1", b"1_2", b"2_1", b"2_2")
    try:
        if b"CD1_1" in cards:
            found = [_real(cards.get(b"CD" + name, b"0")) for name in names]
        elif b"PC1_1" in cards:
            steps = [_real(cards.get(name, b"1")) for name in (b"CDELT1", b"CDELT2")]
            given = [_real(cards.get(b"PC" + name, b"0")) for name in names]
            found = [value * steps[number // 2] for number, value in enumerate(given)]
        else:
            return None
    except ValueError:
        return None
    return found[0], found[1], found[2], found[3]


def _stated_layout(cards: dict[bytes, bytes], begin: int) -> _Layout:
    return _Layout(
        begin=begin,
        shape=(int(cards[b"NAXIS2"]), int(cards[b"NAXIS1"])),
        dtype=DTYPES[int(cards[b"BITPIX"])],
        scale=_real(cards.get(b"BSCALE", b"1")),
        zero=_real(cards.get(b"BZERO", b"0")),
        blank=int(cards[b"BLANK"]) if b"BLANK" in cards else None,
    )


def _real(value: bytes) -> float:
    # FITS writes a double's exponent as D (section 4.2.4).
    return float(value.replace(b"D", b"E"))


def _plane(file: bytes | bytearray, layout: _Layout) -> NDArray[np.float32] | None:
    dtype, pixels = np.dtype(layout.dtype), layout.shape[0] * layout.shape[1]
    if layout.begin + pixels * dtype.itemsize > len(file):
        return None
    stored = np.frombuffer(file, dtype, pixels, layout.begin).reshape(layout.shape)
    if layout.dtype == ">f4" and (layout.scale, layout.zero) == (1.0, 0.0):
        return stored
    # What is beyond float32's range becomes an infinity, as any cast makes it.
    with np.errstate(over="ignore", invalid="ignore"):
        physical = stored * layout.scale + layout.zero
        if layout.blank is not None and stored.dtype.kind != "f":
            physical[stored == layout.blank] = np.nan
        return physical.astype(np.float32)

"""Hostile frames of own telescopes: FITS files struck, and headers that say anything."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import gettempdir
from typing import Final

import numpy as np
from numpy.random import default_rng

from telescope.camera import Camera
from telescope.frame import FrameError, read_frame
from tests.fuzzing.enduring import RESULT, Kind, refusal
from tests.fuzzing.strikes import struck

SIDE: Final = 64
CARD_BYTES: Final = 80
CAMERA: Final = Camera("fuzzed", mask_extension="MASK", variance_extension="VARIANCE")
CARDS: Final = (
    *("BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "BSCALE", "BZERO", "PCOUNT", "GCOUNT", "EXTEND"),
    *("MJD-OBS", "DATE-OBS", "EXPTIME", "GAIN", "SATURATE", "MAGZP", "CTYPE1", "CRVAL1", "CRPIX1"),
    *("CD1_1", "CD2_2", "CUNIT1", "RADESYS", "EQUINOX", "FILTER", "XTENSION", "SIMPLE", "TFIELDS"),
)
VALUES: Final = (
    *(
        "-32",
        "8",
        "16",
        "-64",
        "7",
        "0",
        "-1",
        "1",
        "999999999999",
        "1E308",
        "-1E308",
        "NaN",
        "INF",
    ),
    *(
        "T",
        "F",
        "'RA---TAN'",
        "'RA---TAN-SIP'",
        "'x'",
        "''",
        "'2024-04-22T00:00:00'",
        "(1, 2)",
        "'",
    ),
    *("'unterminated", "1e", "= = =", "1.0D400", "'deg'", "'furlong'"),
)


@cache
def sound() -> bytes:
    """A frame with a mask, a variance and a place on the sky."""
    from astropy.io import fits

    rng = default_rng(1)
    image = fits.PrimaryHDU(rng.normal(100, 5, (SIDE, SIDE)).astype(np.float32))
    image.header.update(
        {"MJD-OBS": 60000.0, "EXPTIME": 30.0, "GAIN": 1.0, "FILTER": "r", "SATURATE": 6e4}
    )
    for axis, kind, value in ((1, "RA---TAN", 10.0), (2, "DEC--TAN", 20.0)):
        image.header[f"CTYPE{axis}"] = kind
        image.header[f"CRVAL{axis}"], image.header[f"CRPIX{axis}"] = value, SIDE / 2
        image.header[f"CD{axis}_{axis}"] = 3e-4
    mask = fits.ImageHDU(np.zeros((SIDE, SIDE), np.int16), name="MASK")
    noise = fits.ImageHDU(np.full((SIDE, SIDE), 25, np.float32), name="VARIANCE")
    written = BytesIO()
    fits.HDUList([image, mask, noise]).writeto(written)
    return written.getvalue()


def _other_card(draw: random.Random) -> bytes:
    """A header's card that says something else, there or in the place of another."""
    content = bytearray(sound())
    cards = [at for at in range(0, len(content), CARD_BYTES) if content[at + 8 : at + 10] == b"= "]
    for _ in range(draw.randint(1, 3)):
        at = draw.choice(cards)
        own = bytes(content[at : at + 8]).decode().strip()
        word = own if draw.random() < 0.7 else draw.choice(CARDS)
        card = f"{word:<8}= {draw.choice(VALUES):>20}"[:CARD_BYTES].ljust(CARD_BYTES)
        content[at : at + CARD_BYTES] = card.encode()
    return bytes(content)


def drawn(cases: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """So many files."""
    draw, rng = random.Random(seed), default_rng(seed)
    for _ in range(cases):
        if draw.random() < 0.5:
            yield "cards of any value", _other_card(draw)
        else:
            yield struck(sound(), rng)


def _end(_: str, content: bytes) -> str:
    memory = Path("/dev/shm")
    path = (memory if memory.is_dir() else Path(gettempdir())) / "gueststar-hostile.fits"
    path.write_bytes(content)
    try:
        frame = read_frame(path, CAMERA)
    except FrameError as error:
        return refusal(error)
    sound_shape = frame.pixels.shape == frame.mask.shape == frame.variance.shape
    return RESULT if sound_shape else f"harm: {frame.pixels.shape} and {frame.mask.shape}"


FRAMES: Final[Kind] = Kind(drawn, _end, cpu_ms_max=1_000, growth_mb_max=60)

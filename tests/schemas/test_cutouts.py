"""Stamps against astropy, and what becomes of stamps that are missing, cut, broken or hostile."""

from __future__ import annotations

import gzip
import warnings
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import deflate
import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from schemas.cutouts import StampFlag, Stamps, read_stamps
from schemas.fits import PlaneReader, StampLimits
from schemas.writing import gzipped_fits
from tests.schemas.real_packets import cutouts_of, records

Files = Sequence[bytes | None]
NATIVE = gzipped_fits(np.arange(63 * 63, dtype=np.float32).reshape(63, 63))


def read(*rows: Files, limits: StampLimits | None = None) -> Stamps:
    """The stamps of rows of three files each, laid out as decoding lays them out."""
    buffer, spans = bytearray(b"before"), []
    for file in (file for row in rows for file in row):
        spans.append((-1, -1) if file is None else (len(buffer), len(buffer) + len(file)))
        buffer += file or b""
    table = np.array(spans, np.int64).reshape(-1, 3, 2)
    return read_stamps(np.frombuffer(bytes(buffer), np.uint8), table, limits)


def by_astropy(file: bytes) -> NDArray[np.float32]:
    """The primary image as astropy reads it."""
    raw = gzip.decompress(file) if file.startswith(b"\x1f\x8b") else file
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # ZTF's SIMPLE card is not quite as the standard has it
        with fits.open(BytesIO(raw)) as hdus:
            return np.asarray(hdus[0].data).astype(np.float32)


def fits_file(image: NDArray[np.generic], **cards: float) -> bytes:
    """An image as astropy writes it, as stored, whatever the cards then make of it."""
    hdu = fits.PrimaryHDU(image)
    hdu.header.update(cards)
    out = BytesIO()
    hdu.writeto(out)
    return out.getvalue()


def in_extension(image: NDArray[np.generic], *before: fits.hdu.base.ExtensionHDU) -> bytes:
    """An image behind an empty primary one, and behind other extensions."""
    out = BytesIO()
    fits.HDUList([fits.PrimaryHDU(), *before, fits.ImageHDU(image)]).writeto(out)
    return out.getvalue()


def table(rows: int) -> fits.BinTableHDU:
    """A table, which is no image."""
    return fits.BinTableHDU.from_columns([fits.Column("a", "D", array=np.arange(float(rows)))])


@pytest.mark.parametrize("before", [(), (table(0),), (table(400),), (table(3), table(5))])
@pytest.mark.parametrize("kind", [np.float32, np.int16, np.float64])
def test_an_image_in_an_extension_is_read(
    before: tuple[fits.BinTableHDU, ...], kind: type[np.generic]
) -> None:
    image = np.arange(30 * 20).reshape(30, 20).astype(kind)
    stamps = read([in_extension(image, *before), NATIVE, in_extension(image)])
    for plane in (stamps[0][0], stamps[0][2]):
        np.testing.assert_array_equal(plane, image)


def test_headers_of_the_same_words_are_read_by_their_own_values() -> None:
    stored, scales = np.arange(30 * 20, dtype=np.int16).reshape(30, 20), (1.0, 2.0, 4.0)
    files = [fits_file(stored, BSCALE=scale, NOTE=scale) for scale in scales]
    stamps = read(files)
    for plane, scale in zip(stamps[0], scales, strict=True):
        np.testing.assert_array_equal(plane, stored * np.float32(scale))


def test_a_header_ends_where_a_card_says_so_and_not_where_a_text_does() -> None:
    image = np.arange(30 * 20, dtype=np.float32).reshape(30, 20)
    hdu, out = fits.PrimaryHDU(image), BytesIO()
    hdu.header["HISTORY"] = "the END     of it"
    hdu.writeto(out)
    np.testing.assert_array_equal(read([out.getvalue(), NATIVE, NATIVE])[0][0], image)


def test_an_image_compressed_in_tiles_is_unreadable() -> None:
    out = BytesIO()
    fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(np.eye(63, dtype=np.float32))]).writeto(out)
    assert read([out.getvalue(), NATIVE, NATIVE]).flags[0, 0] & StampFlag.UNREADABLE


def test_headers_without_an_image_end_in_a_flag() -> None:
    many = in_extension(np.eye(9), *(table(1) for _ in range(5)))
    cube = in_extension(np.zeros((2, 3, 4), np.float32))
    empty = BytesIO()
    fits.PrimaryHDU().writeto(empty)
    assert read([many, cube, empty.getvalue()]).unreadable.all()


@pytest.fixture(scope="module")
def real_cutouts(data_folder: Path) -> list[tuple[dict[str, float], Files]]:
    """Where the source is on the detector, where that is sent, and the files, of every alert."""
    places = ("xpos", "ypos")
    return [
        ({name: record.get("candidate", {}).get(name) for name in places}, cutouts_of(record))
        for record in records(data_folder)
    ]


@pytest.mark.data
@pytest.mark.timeout(900)
def test_every_real_stamp_is_what_astropy_reads(
    real_cutouts: list[tuple[dict[str, float], Files]],
) -> None:
    assert len(real_cutouts) > 3000
    for begin in range(0, len(real_cutouts), 64):
        some = [files for _, files in real_cutouts[begin : begin + 64]]
        stamps = read(*some)
        for ours, theirs in zip(stamps, some, strict=True):
            for plane, file in zip(ours, theirs, strict=True):
                expected = by_astropy(file) if file else np.empty((0, 0), np.float32)
                np.testing.assert_array_equal(plane, expected)
        assert not stamps.unreadable.any()


@pytest.mark.data
@pytest.mark.timeout(900)
def test_a_real_edge_cut_source_is_put_in_the_middle(
    real_cutouts: list[tuple[dict[str, float], Files]],
) -> None:
    """The true side is known by `xpos` and `ypos`, pixels from 1 on a detector of 3072 by 3080."""
    cut = [(place, read(files)) for place, files in real_cutouts if place["xpos"]]
    cut = [(place, stamps) for place, stamps in cut if stamps.flags[0, 2] & StampFlag.EDGE_CUT]
    assert len(cut) >= 29
    for place, stamps in cut:
        assert_padded_on_the_side_of_the_edge(place, stamps)


def assert_padded_on_the_side_of_the_edge(candidate: dict[str, float], stamps: Stamps) -> None:
    padded, native = stamps.resampled(63)[0, 2], stamps[0][2]
    rows, columns = native.shape
    top = 63 - rows if candidate["ypos"] < 32 else 0
    left = 63 - columns if candidate["xpos"] < 32 else 0
    np.testing.assert_array_equal(padded[top : top + rows, left : left + columns], native)
    assert np.isfinite(padded).sum() == np.isfinite(native).sum()


def test_native_stamps_are_handed_out_without_a_copy() -> None:
    stamps = read([NATIVE] * 3, [NATIVE] * 3)
    cube = stamps.resampled(63)
    assert cube.shape == (2, 3, 63, 63)
    assert np.shares_memory(cube, stamps.slots)
    np.testing.assert_array_equal(cube[1, 2], by_astropy(NATIVE))


def test_a_missing_plane_is_flagged_and_nan() -> None:
    stamps = read([None, NATIVE, b""])
    assert stamps.missing.tolist() == [[True, False, True]]
    assert stamps.flags.tolist() == [[StampFlag.MISSING, 0, StampFlag.MISSING]]
    assert [plane.shape for plane in stamps[0]] == [(0, 0), (63, 63), (0, 0)]
    assert np.isnan(stamps.resampled()[0, [0, 2]]).all()


def test_no_rows_make_no_stamps() -> None:
    stamps = read()
    assert (len(stamps), stamps.resampled().shape) == (0, (0, 3, 63, 63))
    assert stamps.flags.shape == (0, 3)


def test_nan_and_constant_planes_are_flagged() -> None:
    holed, flat = np.arange(900, dtype=np.float32).reshape(30, 30), np.ones((30, 30), np.float32)
    holed[3, 4] = np.nan
    stamps = read(list(map(gzipped_fits, (holed, flat, flat * np.float32(np.nan)))))
    both = StampFlag.HAS_NAN | StampFlag.CONSTANT
    assert stamps.flags.tolist() == [[StampFlag.HAS_NAN, StampFlag.CONSTANT, both]]


def test_planes_of_one_alert_may_differ_in_size() -> None:
    images = [np.full(shape, 2.0, np.float32) for shape in ((30, 30), (63, 63), (71, 71))]
    stamps = read(list(map(gzipped_fits, images)))
    assert [plane.shape for plane in stamps[0]] == [(30, 30), (63, 63), (71, 71)]
    np.testing.assert_allclose(stamps.resampled(63), 2.0)


def test_a_row_may_be_counted_from_the_end_and_must_exist() -> None:
    stamps = read([None] * 3, [NATIVE] * 3)
    assert stamps[-1][0].shape == (63, 63)
    with pytest.raises(IndexError):
        stamps[2]


@settings(max_examples=60)
@given(
    kind=st.sampled_from(["u1", ">i2", ">i4", ">i8", ">f4", ">f8"]),
    shape=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    cards=st.sampled_from([{}, {"BSCALE": 0.25}, {"BZERO": -7.5}, {"BSCALE": 2.0, "BZERO": 3.0}]),
    blank=st.booleans(),
    zipped=st.booleans(),
)
def test_every_kind_of_image_is_read_as_astropy_reads_it(
    kind: str,
    shape: tuple[int, int],
    cards: dict[str, float],
    blank: bool,
    zipped: bool,
) -> None:
    image = np.random.default_rng(1).integers(0, 100, shape).astype(kind)
    if blank and kind[-2] == "i":
        cards = {**cards, "BLANK": int(image[0, 0])}
    file = fits_file(image, **cards)
    stamps = read([gzip.compress(file, mtime=0) if zipped else file, None, NATIVE])
    np.testing.assert_allclose(stamps[0][0], by_astropy(file), rtol=1e-6)


def test_a_card_s_double_exponent_and_its_comment_are_read() -> None:
    file = fits_file(np.ones((2, 2), np.int16), BSCALE=1.5)
    card = file[file.index(b"BSCALE") :][:80]
    double = b"BSCALE  =               2.5D+01 / of a kind".ljust(80)
    assert read([file.replace(card, double), None, None])[0][0].tolist() == [[25.0] * 2] * 2


UNREADABLE = {
    "text": b"not a FITS file",
    "a truncated gzip file": NATIVE[: len(NATIVE) // 2],
    "a gzip file with a wrong checksum": NATIVE[:-6] + bytes([NATIVE[-6] ^ 1]) + NATIVE[-5:],
    "a header without its end": gzip.decompress(NATIVE)[:2000],
    "a truncated image": gzip.decompress(NATIVE)[:6000],
    "a cube": fits_file(np.zeros((2, 3, 4), np.float32)),
    "no image": fits_file(np.zeros(0, np.float32)),
    "an unknown pixel type": gzip.decompress(NATIVE).replace(b"-32", b"-33"),
    "a negative size": gzip.decompress(NATIVE).replace(b"   63", b"  -63"),
    "a size over the limit": fits_file(np.zeros((1, 257), np.uint8)),
    "an inflated size over the limit": gzip.compress(bytes(600_000)),
    "a header over the limit": fits_file(np.zeros((2, 2)), **{f"K{n}": n for n in range(600)}),
}


@pytest.mark.parametrize("what", UNREADABLE)
def test_an_unreadable_plane_is_flagged_and_its_neighbours_live(what: str) -> None:
    stamps = read([NATIVE, UNREADABLE[what], NATIVE], [NATIVE] * 3)
    assert stamps.flags[0].tolist() == [0, StampFlag.UNREADABLE, 0]
    assert stamps.missing[0].tolist() == [False, True, False]
    np.testing.assert_array_equal(stamps[1][2], by_astropy(NATIVE))


def test_the_limits_can_be_set() -> None:
    limits = StampLimits(side_pixels_max=62)
    assert read([NATIVE] * 3, limits=limits).unreadable.all()


@settings(max_examples=500)
@given(
    place=st.integers(0, len(NATIVE) - 1),
    junk=st.binary(min_size=1, max_size=4),
    tail=st.sampled_from([b"", b"\0", b"behind the stream", NATIVE]),
    from_the_end=st.booleans(),
)
def test_inflating_whole_files_gives_what_inflating_them_piecemeal_gives(
    place: int, junk: bytes, tail: bytes, *, from_the_end: bool
) -> None:
    file, at = bytearray(NATIVE), max(len(NATIVE) - 1 - place % 16, 0) if from_the_end else place
    file[at : at + len(junk)] = junk
    for one in (bytes(file), bytes(file) + tail, NATIVE + tail):
        assert_same_plane(one)


def assert_same_plane(file: bytes) -> None:
    limits = StampLimits()
    whole = PlaneReader(limits).read(memoryview(file))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deflate, "gzip_decompress", refuse)
        piecemeal = PlaneReader(limits).read(memoryview(file))
    assert (whole is None) == (piecemeal is None)
    if whole is not None and piecemeal is not None:
        np.testing.assert_array_equal(whole, piecemeal)


def refuse(*_: object) -> bytearray:
    raise deflate.DeflateError


@settings(max_examples=300)
@given(
    zipped=st.booleans(),
    place=st.integers(0, 479),
    junk=st.binary(min_size=1, max_size=30),
    cut=st.integers(0, 20_160),
)
def test_a_mutated_stamp_raises_nothing(zipped: bool, place: int, junk: bytes, cut: int) -> None:
    file = bytearray(NATIVE if zipped else gzip.decompress(NATIVE))
    file[place : place + len(junk)] = junk
    stamps = read([bytes(file[: cut or None]), NATIVE, None])
    assert stamps.flags.shape == (1, 3)
    assert stamps.resampled(63).shape == (1, 3, 63, 63)
    np.testing.assert_array_equal(stamps[0][1], by_astropy(NATIVE))

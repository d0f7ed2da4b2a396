"""Files of lists and frames that ask for much, or for what stands elsewhere: refused in a line."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from astropy.io import fits
from pyarrow import parquet

from schemas.errors import FilterError
from sky import formats
from sky.fits_bounds import unpacked
from sky.position_files import read_positions
from sky.watchlists import CIRCLES
from telescope.fits_files import PIXEL_BYTES_MAX, read_images

VOTABLE = """<?xml version="1.0"?>%s<v:VOTABLE version="1.3"
 xmlns:v="http://www.ivoa.net/xml/VOTable/v1.3"><v:RESOURCE><v:TABLE>
<v:FIELD name="ra" ID="ra" datatype="double" unit="deg"/>
<v:FIELD name="dec" ID="dec" datatype="double" unit="deg"/>
<v:DATA>%s</v:DATA></v:TABLE></v:RESOURCE></v:VOTABLE>"""
ENTITY = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    "scheme", ["file:///etc/passwd", "http://127.0.0.1:9/", "ftp://x/", "vos:"]
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_votable_has_nothing_fetched(tmp_path: Path, scheme: str, encoding: str) -> None:
    file = tmp_path / "list.vot"
    for kind in ("BINARY", "BINARY2", "FITS"):
        data = f'<v:{kind}><v:STREAM href="{scheme}"/></v:{kind}>'
        file.write_bytes((VOTABLE % ("", data)).encode(encoding))
        with pytest.raises(FilterError, match="elsewhere"):
            read_positions(file, CIRCLES)


def test_a_votable_declares_nothing(tmp_path: Path) -> None:
    file = tmp_path / "list.vot"
    file.write_text(VOTABLE % (ENTITY, "<v:TABLEDATA/>"))
    with pytest.raises(FilterError, match="document type"):
        read_positions(file, CIRCLES)


def test_a_parquet_list_of_long_texts_is_refused_before_it_is_read(tmp_path: Path) -> None:
    rows, file = 5_000, tmp_path / "list.parquet"
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), ["1" * 1_000_000])
    parquet.write_table(
        pa.table({"ra_deg": texts, "dec_deg": [1.0] * rows}), file, compression="zstd"
    )
    assert file.stat().st_size < 10_000
    before = pa.total_allocated_bytes()
    with pytest.raises(FilterError, match="no plain number"):
        read_positions(file, CIRCLES)
    assert pa.total_allocated_bytes() - before < 2**20


def test_a_fits_list_is_unpacked_within_a_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formats, "LIST_BYTES_MAX", 2**20)
    file = tmp_path / "list.fits.gz"
    file.write_bytes(gzip.compress(bytes(2**21)))
    with pytest.raises(FilterError, match="over 1,048,576 bytes unpacked"):
        read_positions(file, CIRCLES)


def test_a_frame_is_unpacked_within_a_bound(tmp_path: Path) -> None:
    file, pixels = tmp_path / "frame.fits", 1_000
    file.write_bytes(gzip.compress(bytes(PIXEL_BYTES_MAX * pixels + 1)))
    with pytest.raises(ValueError, match="over 64,000 bytes unpacked"):
        read_images(file, None, None, None, pixels)


def test_no_plane_of_a_frame_has_more_pixels_than_an_image_may(tmp_path: Path) -> None:
    file = tmp_path / "frame.fits"
    small, large = np.zeros((10, 10), np.float32), np.zeros((100, 100), np.int16)
    planes = [fits.PrimaryHDU(small), fits.CompImageHDU(large, name="MASK")]
    fits.HDUList(planes).writeto(file)
    for mask, variance in (("MASK", None), (None, "MASK")):
        with pytest.raises(ValueError, match="no image of up to 1000 pixels"):
            read_images(file, None, mask, variance, 1_000)


@pytest.mark.parametrize("content", [b"plain", gzip.compress(b"plain")], ids=["plain", "gzip"])
def test_what_is_within_its_bound_is_unpacked(content: bytes) -> None:
    assert unpacked(content, 5) == b"plain"

"""Maps as files: of many sizes and of one, in both orderings, packed, explicit, wrong."""

from __future__ import annotations

import gzip
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from schemas.errors import NoticeError
from sky.messengers.fits_maps import read_map
from tests.sky.messengers.skies import content, everywhere

DEPTH = 3
SIDE = 1 << DEPTH
CELLS = 12 * SIDE * SIDE


def file_of(columns: dict[str, NDArray[Any]], **header: object) -> bytes:
    from astropy.io import fits

    kinds = {"f": "D", "i": "K"}
    made = [
        fits.Column(name, f"{values[0].size}{kinds[values.dtype.kind]}", array=values)
        for name, values in columns.items()
    ]
    table = fits.BinTableHDU.from_columns(made)
    table.header.update(header)
    file = BytesIO()
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(file)
    return file.getvalue()


@pytest.fixture
def probability() -> NDArray[np.float64]:
    """Nested, with quarters that are equal, so that some cells are merged."""
    draw = np.random.default_rng(5)
    found = np.repeat(draw.choice([0.0, *draw.exponential(1.0, 8)], CELLS // 4), 4)
    found[::97] *= 1.5
    return np.asarray(found / found.sum())


def levels(content: bytes) -> list[float]:
    found: list[float] = read_map(content).at(everywhere(500)).credible_level.tolist()
    return found


def test_one_map_in_every_form_has_one_answer(probability: NDArray[np.float64]) -> None:
    from cdshealpix import to_ring

    ring = to_ring(np.arange(CELLS), DEPTH).astype(np.int64)
    in_ring = np.empty(CELLS)
    in_ring[ring] = probability
    nested = {"ORDERING": "NESTED", "NSIDE": SIDE, "INDXSCHM": "IMPLICIT"}
    plain = file_of({"PROB": probability}, **nested)
    cells = np.arange(CELLS)
    density = probability / (np.pi / 3 / 4**DEPTH)
    forms = [
        gzip.compress(plain),
        file_of({"PROBABILITY": in_ring}, ORDERING="RING", NSIDE=SIDE),
        file_of({"PROB": in_ring.reshape(-1, 64)}, ORDERING="RING", NSIDE=SIDE),
        file_of({"PIXEL": cells, "PROB": probability}, **nested | {"INDXSCHM": "EXPLICIT"}),
        file_of({"UNIQ": cells + 4 * 4**DEPTH, "PROBDENSITY": density}, ORDERING="NUNIQ"),
    ]
    expected = levels(plain)
    assert len(read_map(plain)) < CELLS
    for form in forms:
        assert levels(form) == pytest.approx(expected, abs=1e-12)


@pytest.mark.data
def test_a_real_flat_map_is_as_small_as_it_was_before_it_was_written_out(
    data_folder: Path,
) -> None:
    """GW190425's first map: 786,432 pixels of 19,200 (its 90 % region: 10,183 square degrees)."""
    one = read_map(content(data_folder, "skyportal/bayestar.fits.gz"))
    assert len(one) == 19_200
    assert one.area_deg2(0.9) == pytest.approx(10_183, abs=1)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (b"SIMPLE is not so", "no FITS table"),
        (b"\x1f\x8bnothing", "cannot be unpacked"),
        (file_of({"UNIQ": np.arange(4, 16)}), "a MOC alone is a region"),
        (file_of({"UNIQ": np.arange(12), "PROBDENSITY": np.ones(12)}), "UNIQ"),
        (file_of({"PROB": np.ones(12) / 12}, COORDSYS="G", NSIDE=1), "COORDSYS"),
        (file_of({"PROB": np.ones(12) / 12}, NSIDE=3), "power of 2"),
        (file_of({"PROB": np.ones(11) / 11}, NSIDE=1), "11 pixels"),
        (file_of({"TEMPERATURE": np.ones(12)}, NSIDE=1), "neither PROBDENSITY nor"),
    ],
)
def test_what_is_no_map_is_refused_in_a_line(made: bytes, said: str) -> None:
    with pytest.raises(NoticeError, match=said):
        read_map(made)


@pytest.mark.data
@pytest.mark.parametrize("seed", range(8))
def test_a_real_map_that_is_cut_or_changed_is_read_or_refused_and_raises_nothing_else(
    data_folder: Path, seed: int
) -> None:
    """And astropy's warnings, which are errors here, stay within."""
    draw, whole = np.random.default_rng(seed), content(data_folder, "lasair/map.fits")
    packed = gzip.compress(whole, 1)
    broken = [whole[: draw.integers(len(whole))], whole[: draw.integers(12_000)]]
    broken += [packed[: draw.integers(2, len(packed))]]
    for made in broken:
        with pytest.raises(NoticeError):
            read_map(made)
    for _ in range(20):
        changed = bytearray(whole)
        for place in draw.integers(0, 9_000, draw.integers(1, 6)):
            changed[place] = draw.integers(256)
        try:
            read_map(bytes(changed))
        except NoticeError as error:
            assert "\n" not in str(error)


def test_a_map_of_more_columns_than_there_may_be_is_refused_at_once(
    probability: NDArray[np.float64],
) -> None:
    made = file_of({"PROB": probability}, PIXTYPE="HEALPIX", ORDERING="NESTED")
    content = made.replace(b"TFIELDS =                    1", b"TFIELDS =         999999999999")
    with pytest.raises(NoticeError, match="the standard has 0 to 999"):
        read_map(content)

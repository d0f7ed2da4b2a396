"""One sign convention: a decoded difference is positive where the detection is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import fastavro
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from schemas.avro import WriterSchema
from schemas.batch import AlertBatch
from schemas.cutouts import DIFFERENCE, Stamps, read_stamps
from schemas.decode import Decoder
from schemas.enriched import Enricher
from schemas.schema_folder import SchemaFolder
from schemas.writing import gzipped_fits
from tests.schemas import golden
from tests.schemas.real_packets import avro_files, cutouts_of
from tests.schemas.test_cutouts import by_astropy
from tests.schemas.test_enriched import learned

SEEDS = range(12)


def decoded(packets: Sequence[bytes]) -> AlertBatch:
    """All of them, and none refused."""
    batch = Decoder(schemas=golden.GoldenSchemas(), rescore=True).decode(packets)
    assert not batch.rejected
    return batch


def sent(record: dict[str, Any]) -> list[NDArray[np.float32]]:
    """The planes as the survey wrote them; (0, 0) where there is none."""
    files = cutouts_of(record)
    return [by_astropy(file) if file else np.empty((0, 0), np.float32) for file in files]


def signed(record: dict[str, Any], sign: int) -> list[NDArray[np.float32]]:
    """The same, the difference times a sign."""
    *others, difference = sent(record)
    return [*others, sign * difference]


def assert_planes(
    got: Sequence[NDArray[np.float32]], expected: Sequence[NDArray[np.float32]]
) -> None:
    for one, other in zip(got, expected, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("flux", [-5.0, 5.0, 0.0, None])
@pytest.mark.parametrize("stated", [True, False, None])
def test_a_rubin_difference_is_turned_round_where_it_says_negative_or_its_flux_does(
    stated: bool | None, flux: float | None
) -> None:
    changes: dict[str, Any] = {"diaSource": {"isNegative": stated, "psfFlux": flux}}
    negative = stated if stated is not None else flux is not None and flux < 0
    batch = decoded([golden.rubin_packet(1, **changes)])
    assert batch.spans.difference_reversed.tolist() == [negative]
    assert_planes(batch.stamps[0], signed(golden.rubin_record(1), -1 if negative else 1))


class Renamed(NamedTuple):
    """A source of Rubin's golden schema with isNegative under another name."""

    name: str

    def schema(self) -> dict[str, Any]:
        """As JSON's own types."""
        text = json.dumps(golden.rubin_schema()).replace('"isNegative"', f'"{self.name}"')
        schema: dict[str, Any] = json.loads(text)
        return schema

    def find(self, schema_id: int) -> WriterSchema | None:
        """That schema, whatever the id."""
        return WriterSchema.of(json.dumps(self.schema()), schema_id)

    def packet(self, *, stated: bool, flux: float) -> bytes:
        """An alert that says so under that name."""
        record = golden.rubin_record(1, diaSource={"psfFlux": flux, self.name: stated})
        out = BytesIO(b"\0\0\0\x04\x4c")
        out.seek(5)
        fastavro.schemaless_writer(out, fastavro.parse_schema(self.schema()), record)
        return out.getvalue()


@pytest.mark.parametrize(
    ("name", "turned"), [("is_negative", [True, False]), ("unheardOf", [False, True])]
)
def test_an_older_schema_says_negative_by_its_own_name_or_by_the_flux_alone(
    name: str, turned: list[bool]
) -> None:
    schemas = Renamed(name)
    packets = [schemas.packet(stated=True, flux=5.0), schemas.packet(stated=False, flux=-5.0)]
    batch = Decoder(schemas=schemas).decode(packets)
    assert batch.spans.difference_reversed.tolist() == turned


@pytest.mark.parametrize("isdiffpos", ["t", "1", "f", "0"])
def test_a_ztf_difference_is_as_sent_and_costs_no_copy(isdiffpos: str) -> None:
    packets = [golden.ztf_packet(seed, candidate={"isdiffpos": isdiffpos}) for seed in SEEDS]
    stamps = decoded(packets).stamps
    assert np.shares_memory(stamps.resampled(63), stamps.slots)
    for seed, planes in zip(SEEDS, stamps, strict=True):
        assert_planes(planes, sent(golden.ztf_record(seed)))


def mixed() -> list[bytes]:
    """Packets of both surveys, one after another."""
    return [(golden.rubin_packet if seed % 2 else golden.ztf_packet)(seed) for seed in SEEDS]


@settings(max_examples=30)
@given(rows=st.lists(st.integers(0, len(SEEDS) - 1), max_size=6))
def test_the_sign_goes_with_the_row(rows: list[int]) -> None:
    whole = decoded(mixed())
    assert 0 < whole.spans.difference_reversed.sum() < len(SEEDS) // 2
    taken = whole.take(np.array(rows, np.int64))
    for row, planes in zip(rows, taken.stamps, strict=True):
        assert_planes(planes, whole.stamps[row])


@settings(max_examples=60)
@given(
    shapes=st.lists(
        st.tuples(st.integers(0, 5), st.integers(1, 5), st.booleans()), min_size=1, max_size=5
    ),
    seed=st.integers(0, 99),
)
def test_only_the_difference_of_the_rows_asked_for_changes_its_sign(
    shapes: list[tuple[int, int, bool]], seed: int
) -> None:
    rng, buffer, spans = np.random.default_rng(seed), bytearray(b"before"), []
    for rows, columns, _ in shapes:
        for _ in range(3):
            image = rng.normal(size=(rows, columns)).astype(np.float32)
            image[rng.random(image.shape) < 0.1] = np.nan
            file = gzipped_fits(image) if rows else b""
            spans.append((len(buffer), len(buffer) + len(file)))
            buffer += file
    table, bytes_read = np.array(spans).reshape(-1, 3, 2), np.frombuffer(bytes(buffer), np.uint8)
    turned = np.array([one for _, _, one in shapes])
    plain = read_stamps(bytes_read, table)
    for row, planes in enumerate(read_stamps(bytes_read, table, difference_reversed=turned)):
        *others, difference = plain[row]
        assert_planes(planes, [*others, -difference if turned[row] else difference])


def test_an_enriched_record_keeps_the_packet_s_bytes_and_reads_with_the_same_sign() -> None:
    batch = decoded(mixed())
    full, lite = (Enricher().encode(batch, learned(len(batch)), form) for form in ("full", "lite"))
    for row, packet in enumerate(full):
        (record,) = fastavro.reader(BytesIO(packet))
        assert isinstance(record, dict)
        difference = -1 if batch.spans.difference_reversed[row] else 1
        assert_planes(batch.stamps[row], signed(record, difference))
    again, bare = decoded(full), decoded(lite)
    for planes, same in zip(again.stamps, batch.stamps, strict=True):
        assert_planes(planes, same)
    assert bare.stamps.missing.all()
    np.testing.assert_array_equal(bare.spans.difference_reversed, batch.spans.difference_reversed)


class Heights(NamedTuple):
    """Of real alerts: the 3 by 3 pixels at the centre, their mean above the stamp's median."""

    survey: NDArray[Any]
    flux_njy: NDArray[Any]
    snr: NDArray[Any]
    turned: NDArray[Any]
    planes: NDArray[Any]
    """(n, 3); NaN where a pixel of the nine is."""

    def of(self, rows: NDArray[np.bool_]) -> Heights:
        """Those of some alerts."""
        return Heights(*(column[rows] for column in self))


@pytest.fixture(scope="module")
def real(data_folder: Path) -> Heights:
    """Every alert in a container."""
    decoder, parts = Decoder(schemas=SchemaFolder(data_folder / "lsst" / "schemas")), []
    for data in avro_files(data_folder):
        batch = decoder.decode(list(decoder.split(data)))
        snr = np.abs(batch.flux_njy) / batch.flux_err_njy
        turned, stamps = batch.spans.difference_reversed, batch.stamps
        parts.append((batch.survey, batch.flux_njy, snr, turned, heights(stamps)))
    return Heights(*map(np.concatenate, zip(*parts, strict=True)))


def heights(stamps: Stamps) -> NDArray[np.float64]:
    return np.array([[height(plane) for plane in planes] for planes in stamps]).reshape(-1, 3)


def height(plane: NDArray[np.float32]) -> float:
    row, column = (side // 2 for side in plane.shape)
    middle = plane[row - 1 : row + 2, column - 1 : column + 2]
    if not middle.size or not np.isfinite(middle).all():
        return np.nan
    return float(middle.mean(dtype=np.float64) - np.nanmedian(plane))


@pytest.mark.data
@pytest.mark.timeout(600)
def test_every_real_negative_alert_of_rubin_is_positive_at_its_centre(real: Heights) -> None:
    """With the 24 that come in Parquet, 101 of 101; 21 of them have S/N above 20."""
    negative = real.of((real.survey == "lsst") & real.turned)
    assert len(negative.snr) == 77
    assert (negative.flux_njy < 0).all()
    assert (negative.planes[:, DIFFERENCE] > 0).all()


@pytest.mark.data
@pytest.mark.timeout(600)
def test_real_differences_of_ztf_are_not_touched_and_positive_for_both_signs(
    real: Heights,
) -> None:
    ztf = real.of((real.survey == "ztf") & np.isfinite(real.planes).all(axis=1))
    assert not ztf.turned.any()
    for sign in (-1, 1):
        difference = ztf.planes[np.sign(ztf.flux_njy) == sign, DIFFERENCE]
        assert len(difference) > 1000
        assert (difference > 0).mean() > 0.995


@pytest.mark.data
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("survey", "sign", "share", "count"),
    [("ztf", 1, 0.5, 304), ("ztf", -1, 0.5, 78), ("lsst", 1, 0.5, 16), ("lsst", -1, 0.0, 4)],
)
def test_a_bright_real_difference_has_the_sign_of_what_it_was_subtracted_from(
    real: Heights, survey: str, sign: int, share: float, count: int
) -> None:
    """Bright: S/N above 10, and at least that share of the brighter parent's height.

    A fainter one on a bright star says nothing: the parents differ in seeing and in zero point.
    """
    science, template, difference = real.planes.T
    bright = (real.snr > 10) & (difference > share * np.fmax(science, template))
    chosen = (real.survey == survey) & bright
    chosen &= real.turned if (survey, sign) == ("lsst", -1) else np.sign(real.flux_njy) == sign
    rows = real.of(chosen & np.isfinite(real.planes).all(axis=1))
    assert len(rows.snr) >= count
    assert (sign * (rows.planes[:, 0] - rows.planes[:, 1]) > 0).all()

"""WINTER's packets: golden ones against the plain reference, real ones against what was read off
them by hand.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import fastavro
import numpy as np
import pytest

from schemas.batch import AlertBatch, Reason
from schemas.columns import BANDS, SYSTEMS
from schemas.decode import Decoder
from tests.schemas import golden, golden_winter
from tests.schemas.comparing import assert_same
from tests.schemas.test_cutouts import by_astropy

SEEDS = range(40)
J2000, JD_OF_J2000 = datetime(2000, 1, 1, 12), 2_451_545.0


def test_golden_packets_decode_to_the_reference() -> None:
    packets = [golden_winter.packet(seed) for seed in SEEDS]
    assert_same(Decoder().decode(packets), [golden_winter.record(seed) for seed in SEEDS])


def test_three_surveys_in_a_batch_keep_the_order_of_the_messages() -> None:
    packets = [(golden_winter.packet, golden.ztf_packet)[seed % 2](seed) for seed in SEEDS]
    records = [(golden_winter.record, golden.ztf_record)[seed % 2](seed) for seed in SEEDS]
    batch = Decoder().decode([*packets, golden.rubin_packet(1)])
    assert [one.reason for one in batch.rejected] == [Reason.UNKNOWN_SCHEMA]  # no registry here
    assert_same(Decoder().decode(packets), records)
    assert [BANDS[one] for one in batch.band if one >= 6] == [
        {1: "Y", 2: "J", 3: "H"}[record["candidate"]["fid"]]
        for record in records[::2]
        if 1 <= record["candidate"]["fid"] <= 3
    ]


@pytest.mark.parametrize(
    ("number", "band"), [(1, "Y"), (2, "J"), (3, "H"), (0, ""), (4, ""), (-99, "")]
)
def test_a_filter_number_is_a_band_or_none(number: int, band: str) -> None:
    (code,) = _decoded(candidate={"fid": number}).band
    assert (BANDS[code] if code >= 0 else "") == band


@pytest.mark.parametrize(
    ("changes", "column", "expected"),
    [
        ({"ndethist": 0}, "detections", 1),
        ({"ndethist": 4}, "detections", 5),
        ({"distpsnr1": None, "nmtchps": 0}, "star_distance_arcsec", math.inf),
        ({"distpsnr1": None, "nmtchps": 2}, "star_distance_arcsec", math.nan),
        ({"distpsnr1": 2.5, "nmtchps": 2}, "star_distance_arcsec", 2.5),
        ({"ssdistnr": None}, "asteroid_distance_arcsec", math.nan),
        ({"programid": 1}, "programid", math.nan),
        ({"jdstarthist": 0.0}, "age_days", math.nan),
    ],
)
def test_a_value_means_what_winter_means_by_it(
    changes: dict[str, Any], column: str, expected: float
) -> None:
    np.testing.assert_equal(_decoded(candidate=changes).column(column)[0], expected)


@pytest.mark.parametrize(("positive", "sign"), [(True, 1), (False, -1)])
def test_a_fading_has_a_negative_flux_and_a_difference_that_stands(
    positive: bool, sign: int
) -> None:
    batch = _decoded(candidate={"isdiffpos": positive, "magpsf": 15.0}, prv_candidates=None)
    assert batch.flux_njy == pytest.approx([sign * 10 ** ((31.4 - 15) / 2.5)])
    assert batch.light_curve.flux_njy.tolist() == batch.flux_njy.tolist()
    assert batch.spans.difference_reversed.tolist() == [False]


def test_stamps_that_are_plain_bytes_are_read_and_of_their_own_size() -> None:
    stamps = _decoded().stamps
    assert stamps[0][0].shape == (81, 81)


def _decoded(**changes: Any) -> AlertBatch:  # noqa: ANN401 - values of any field
    return Decoder().decode([golden_winter.packet(7, **changes)])


def _instant(jd: float) -> datetime:
    return J2000 + timedelta(days=jd - JD_OF_J2000)


@pytest.fixture(scope="module")
def packets(data_folder: Path) -> list[bytes]:
    """The real packets, by their ids."""
    paths = sorted(data_folder.glob("other_surveys/winter/*.avro"))
    assert len(paths) == 6
    return [path.read_bytes() for path in paths]


@pytest.mark.data
def test_real_packets_decode_to_what_fastavro_reads(packets: list[bytes]) -> None:
    records: list[Any] = [one for data in packets for one in fastavro.reader(BytesIO(data))]
    batch = Decoder().decode(packets)
    assert_same(batch, records)
    assert batch.unread == {}
    for row, record in enumerate(records):
        instant = _instant(record["candidate"]["jd"])
        assert batch.night[row] == int(instant.strftime("%Y%m%d"))


@pytest.mark.data
def test_the_first_real_packet_is_what_a_person_reads_in_it(packets: list[bytes]) -> None:
    batch = Decoder().decode(packets)
    assert batch.object_id[0] == "WNTR24awati"
    assert batch.alert_id[0] == 3608694
    assert SYSTEMS[batch.photometric_system[0]] == "winter"
    assert BANDS[batch.band[0]] == "J"
    assert batch.night[0] == 20240311
    assert batch.mjd[0] == pytest.approx(60380.531487338, abs=1e-9)
    assert batch.mjd_utc_mid[0] - batch.mjd[0] == pytest.approx(60 / 86400, abs=1e-10)
    assert (batch.ra_deg[0], batch.dec_deg[0]) == (262.57510324672927, 7.263941826142513)
    assert batch.magnitude[0] == pytest.approx(13.351143)
    assert batch.limit_mag[0] == pytest.approx(17.693964)
    assert batch.age_days[0] == pytest.approx(0.98898515, abs=1e-7)
    assert batch.detections[0] == 2
    curve = batch.light_curve.of(0)
    assert curve.mjd.tolist() == pytest.approx([60379.5425021877, 60380.531487338], abs=1e-9)
    assert curve.flux_njy.tolist() == pytest.approx(
        [10 ** ((31.4 - 17.472988) / 2.5), 10 ** ((31.4 - 13.351143) / 2.5)], rel=1e-6
    )
    assert np.isnan(curve.limit_mag).tolist() == [True, False]
    assert len(batch.forced_photometry.mjd) == 0


@pytest.mark.data
def test_real_stamps_are_what_astropy_reads_and_brightest_in_their_middle(
    packets: list[bytes],
) -> None:
    batch = Decoder().decode(packets)
    for row, data in enumerate(packets):
        (record,) = list(fastavro.reader(BytesIO(data)))
        for plane, name in zip(batch.stamps[row], golden_winter.CUTOUTS, strict=True):
            assert plane.shape == (81, 81)
            np.testing.assert_array_equal(plane, by_astropy(record[name]))
        difference = batch.stamps[row][2]
        assert np.nanmax(difference[38:43, 38:43]) > np.nanpercentile(difference, 95)

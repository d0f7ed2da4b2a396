"""Own telescopes' packets: golden ones against the plain reference, and through the writer."""

from __future__ import annotations

import io

import fastavro
import numpy as np

from schemas.batch import Reason
from schemas.decode import Decoder
from schemas.telescope_schema import SCHEMA
from schemas.writing import container
from tests.schemas import golden, golden_telescope
from tests.schemas.comparing import assert_same

SEEDS = range(40)


def test_golden_packets_decode_to_the_reference() -> None:
    packets = [golden_telescope.packet(seed) for seed in SEEDS]
    assert_same(Decoder().decode(packets), [golden_telescope.record(seed) for seed in SEEDS])


def test_they_stand_among_those_of_a_survey() -> None:
    packets = [(golden_telescope.packet, golden.ztf_packet)[seed % 2](seed) for seed in SEEDS]
    batch = Decoder().decode(packets)
    assert batch.survey.tolist() == ["telescope", "ztf"] * (len(SEEDS) // 2)


def test_what_the_house_writes_is_what_fastavro_reads() -> None:
    record = golden_telescope.record(3)
    (read,) = fastavro.reader(io.BytesIO(container(SCHEMA, record)))
    assert read == record


def test_a_flux_without_a_zero_point_is_no_flux() -> None:
    packet = golden_telescope.packet(3, telescopeDetection={"zeroPoint": None, "flux": 900.0})
    batch = Decoder().decode([packet])
    assert np.isnan(batch.flux_njy).all()
    assert np.isnan(batch.magnitude).all()


def test_a_packet_without_a_place_is_refused_by_name() -> None:
    packet = golden_telescope.packet(3, telescopeDetection={"ra": float("nan")})
    (rejected,) = Decoder().decode([packet]).rejected
    assert rejected.reason is Reason.NOT_AN_ALERT

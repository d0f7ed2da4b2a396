"""Notices as observatories publish them: every example at hand, and what is odd in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import NoticeError
from sky.messengers.circle import Circle
from sky.messengers.notices import read_notice
from sky.messengers.sky_map import SkyMap
from tests.sky.messengers.said import burst

EXAMPLES = {
    # GCN's examples: event, kind, mock, and what says where.
    "gcn-schema/einstein_probe/wxt/alert.example.json": ("WXT 01708973486", "initial", 0, Circle),
    "gcn-schema/fermi/gbm/trigger.alert.example.json": ("GBM 745121685", "initial", 0, None),
    "gcn-schema/fermi/gbm/trigger.final.example.json": ("GBM 745121685", "update", 0, Circle),
    "gcn-schema/fermi/lat/flare.example.json": ("LAT OQ 334", "initial", 0, None),
    "gcn-schema/icecube/lvk_nu_track_search.example.json": (
        *("icecube S230914ak", "initial", 0, Circle),
    ),
    "gcn-schema/icecube/single_neutrino_alerts.gold_bronze_track_alerts.example.json": (
        *("IceCube 137840_57034692", "initial", 0, Circle),
    ),
    "gcn-schema/km3net/alert.example.json": ("ORCA024 1", "initial", 0, Circle),
    "gcn-schema/superk/sn_alert.test.example.json": (
        *("Super-Kamiokande SN.095001.000001", "initial", 1, Circle),
    ),
    "gcn-schema/svom/eclairs/trigger.slewing.example.json": (
        *("ECLAIRs sb24022203", "update", 1, Circle),
    ),
    "gcn-schema/swift/bat/Guano.Retraction.example.json": (
        *("BAT-GUANO 694215995", "retraction", 0, None),
    ),
    "gcn-schema/swift/bat/guano.loc_arc_min.example.json": (
        *("BAT-GUANO 694215995", "update", 0, Circle),
    ),
    "fink-mm/lvk/initial.txt": ("S230518h", "initial", 0, SkyMap),
    "fink-mm/lvk/update.txt": ("S230518h", "update", 0, SkyMap),
    "fink-mm/lvk/test.txt": ("MS230518e", "initial", 1, SkyMap),
    "skyportal/igwn_gwalert_preliminary.json": ("MS260605l", "preliminary", 1, SkyMap),
    "skyportal/igwn_gwalert_retraction.json": ("MS260605l", "retraction", 1, None),
}


@pytest.mark.data
@pytest.mark.parametrize("name", EXAMPLES)
def test_real_notices_and_gcns_examples_are_read(data_folder: Path, name: str) -> None:
    raw = (data_folder / "messengers" / name).read_bytes()
    event, kind, mock, where = EXAMPLES[name]
    notice = read_notice(raw)
    assert (notice.event, notice.kind, notice.mock) == (event, kind, bool(mock))
    assert isinstance(notice.localisation(), where or type(None))
    assert notice.raw == raw
    assert notice.created_unix_s > 1.6e9


@pytest.mark.data
def test_an_ice_cube_neutrino_is_known_by_its_name_too(data_folder: Path) -> None:
    name = "icecube/single_neutrino_alerts.gold_bronze_track_alerts.example.json"
    notice = read_notice((data_folder / "messengers/gcn-schema" / name).read_bytes())
    assert notice.aliases == ("137840_57034692", "IceCube-230416A")
    # 2023-04-16T05:22:26.150574Z
    assert notice.mjd == pytest.approx(60050 + (5 * 3600 + 22 * 60 + 26.150574) / 86400, abs=1e-9)
    assert notice.place == {"circle": (345.82, 9.01, 0.5, 0.9)}


SUPEREVENT = {
    "alert_type": "EARLYWARNING",
    "time_created": "2024-04-22T21:36:00Z",
    "superevent_id": "S240422ed",
    "event": {"time": "2024-04-22T21:35:13.417Z", "significant": True, "far": 3e-13},
}


def notice_of(**change: object) -> Any:  # noqa: ANN401
    return read_notice(json.dumps(SUPEREVENT | change).encode())


def test_keys_that_are_new_missing_or_odd_cost_themselves_alone() -> None:
    event = {"time": 5, "significant": "perhaps", "far": "rarely", "skymap": ["no"], "new": {}}
    notice = notice_of(event=event, urls=None, added={"by": "someone"})
    assert (notice.event, notice.kind, notice.state) == ("S240422ed", "early warning", "known")
    assert np.isnan(notice.mjd)
    assert notice.far_hz is None
    assert notice.significant
    assert notice.localisation() is None


def test_a_map_that_is_none_is_a_fault_of_the_map() -> None:
    notice = notice_of(event={"time": "2024-04-22T21:35:13Z", "skymap": "not base64!"})
    with pytest.raises(NoticeError, match="S240422ed: its sky map is no base64"):
        notice.localisation()


def test_a_retraction_is_one_without_an_event() -> None:
    assert notice_of(alert_type="RETRACTION", event=None).state == "retracted"


def test_what_is_said_to_be_of_little_significance_is() -> None:
    assert not notice_of(event={"significant": False}).significant


def test_an_ellipse_is_the_circle_around_it() -> None:
    raw = b'{"instrument": "BAT", "id": [7], "ra": 1, "dec": 2, "ra_dec_error": [3, 1, 40],'
    raw += b'"trigger_time": "2024-01-01T00:00:00", "containment_probability": 0.68}'
    assert read_notice(raw).place == {"circle": (1.0, 2.0, 3.0, 0.68)}


@given(st.recursive(st.none() | st.floats() | st.text(max_size=8), st.lists))
def test_any_value_of_any_key_is_read_or_refused_in_a_line(odd: object) -> None:
    for key in ("superevent_id", "time_created", "event", "alert_type", "id", "ra", "trigger_time"):
        for like in (SUPEREVENT, {"id": "1", "instrument": "X", "ra": 1, "dec": 1}):
            try:
                read_notice(json.dumps({**like, key: odd}).encode())
            except NoticeError as error:
                assert "\n" not in str(error)


@pytest.mark.parametrize("raw", [b"", b"[]", b"7", b"{}", b"\xff", b'{"superevent_id": ""}'])
def test_what_is_no_notice_is_refused(raw: bytes) -> None:
    with pytest.raises(NoticeError):
        read_notice(raw)


def test_a_tense_that_is_no_text_costs_nothing() -> None:
    document = json.loads(burst()) | {"alert_tense": ["test"]}
    assert read_notice(json.dumps(document).encode()).mock is False

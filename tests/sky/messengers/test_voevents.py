"""Classic notices in XML: every kind at hand, and what is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.errors import NoticeError
from sky.messengers.circle import Circle
from sky.messengers.notices import read_notice

EXAMPLES = {
    "fink-mm/icecube/voevent_45412.xml": (
        *("IceCube 137467_64735045", "initial", (350.5486, 34.711, 0.6596, 0.9)),
    ),
    "fink-mm/fermi/voevent_2750.xml": ("GBM 681547990", "update", (151.95, 7.66, 13.05, 0.68)),
    "fink-mm/fermi/voevent_193.xml": ("GBM 680782656", "initial", (316.69, -4.1699, 11.34, 0.68)),
    "fink-mm/integral/voevent_737.xml": ("INTEGRAL 9998", "initial", (72.92, 4.4995, 0.0656, 0.9)),
    "fink-mm/swift/voevent_392.xml": ("BAT 1118357", "initial", (225.0208, -69.4969, 0.05, 0.9)),
    "fink-mm/swift/voevent_4554.xml": ("XRT 1120270", "update", (81.5292, -33.0162, 0.0016, 0.9)),
}
REFUSED = {
    "fink-mm/fermi/voevent_2842.xml": "says no place",
    "fink-mm/swift/voevent_405.xml": "says no place",
    "fink-mm/swift/voevent_393.xml": "says no place",
    "gwcelery/agile_grb_gcn.xml": "says no place",
    "gwcelery/fermi_initial_grb_gcn.xml": "says no place",
    "gwcelery/fermi_subthresh_grb_gcn.xml": "names no event",
    "gwcelery/snews_gcn.xml": "says no place",
    "gwcelery/snews_gcn_test.xml": "says no place",
    "skyportal/GW190425_initial.xml": "says no place",
}


@pytest.mark.data
def test_real_classic_notices_are_read_or_refused_with_what_they_lack(data_folder: Path) -> None:
    folder = data_folder / "messengers"
    for file in sorted(folder.rglob("*.xml")):
        name = str(file.relative_to(folder))
        if name in REFUSED:
            with pytest.raises(NoticeError, match=REFUSED[name]):
                read_notice(file.read_bytes())
            continue
        notice = read_notice(file.read_bytes())
        assert isinstance(notice.localisation(), Circle), name
        told = notice.event, notice.kind, notice.place["circle"]
        assert told == EXAMPLES.get(name, told)


def test_a_classic_notice_was_made_when_it_says_and_its_event_was_before() -> None:
    notice = read_notice(voevent())
    assert (notice.created_unix_s, notice.mjd) == (1677286800.0, 60_000.0)


def voevent(
    role: str = "observation", params: str = "", cited: str = "", radius: str = "5"
) -> bytes:
    return f"""<?xml version='1.0'?>
<voe:VOEvent ivorn="ivo://nasa.gsfc.gcn/Fermi#GBM_Flt_Pos_1" role="{role}"
  xmlns:voe="http://www.ivoa.net/xml/VOEvent/v2.0">
<Who><Date>2023-02-25T01:00:00</Date></Who>
<What><Param name="TrigID" value="745121685"/>{params}</What>
<WhereWhen><ISOTime>2023-02-25T00:00:00</ISOTime><C1>10</C1><C2>20</C2>
<Error2Radius>{radius}</Error2Radius></WhereWhen>
<Citations>{cited}</Citations></voe:VOEvent>""".encode()


def test_what_is_cited_or_no_burst_tells_the_kind_and_its_role_a_test() -> None:
    for cite, kind in (("followup", "update"), ("retraction", "retraction"), ("new", "initial")):
        assert read_notice(voevent(cited=f'<EventIVORN cite="{cite}">x</EventIVORN>')).kind == kind
    no_burst = voevent(params='<Param name="Def_NOT_a_GRB" value="true"/>')
    assert read_notice(no_burst).state == "retracted"
    assert [read_notice(voevent(role)).mock for role in ("observation", "test")] == [False, True]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"<a>", "no XML"),
        (b"<?xml version='1.0' encoding='UTF-B'?><a/>", "no XML: unknown encoding"),
        (b"<a/>", "no VOEvent of an observation"),
        (voevent("prediction"), "no VOEvent of an observation"),
        (voevent(radius="0"), "says no place"),
        (voevent(radius="wide"), "place is none"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "declares entities"),
    ],
)
def test_what_is_none_is_refused_in_one_line(raw: bytes, said: str) -> None:
    with pytest.raises(NoticeError, match=said) as raised:
        read_notice(raw)
    assert "\n" not in str(raised.value)

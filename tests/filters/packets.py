"""Packets of both surveys in which every field may be changed, for tables of cases.

The plain alert of each is bright, alone, in the r band and new; `point`, `limit` and `forced` make
what its histories hold. All of its fields may be null.
"""

from __future__ import annotations

from typing import Any

from schemas.batch import AlertBatch
from schemas.decode import Decoder
from tests.schemas.golden import container, record_schema

Record = dict[str, Any]

JD, MJD_TAI = 2_461_000.5, 61_000.0
"""When the plain alerts are."""
NOW_UNIX_S = 1_772_323_200.0
"""What the cases take for now: 2026-03-01, MJD 61100."""

ZTF_FIELDS = (
    "jd:d? fid:i? pid:l? programid:i? candid:l? isdiffpos:s? ra:d? dec:d? magpsf:d? sigmapsf:d? "
    "diffmaglim:d? jdstarthist:d? ndethist:i? exptime:d?"
)
ZTF_FORCED_FIELDS = (
    "jd:d? fid:i? programid:i? forcediffimflux:d? forcediffimfluxunc:d? magzpsci:d? procstatus:s?"
)
RUBIN_FIELDS = (
    "diaSourceId:l? diaObjectId:l? midpointMjdTai:d? ra:d? dec:d? psfFlux:d? psfFluxErr:d? "
    "band:s? timeWithdrawnMjdTai:d?"
)
RUBIN_OBJECT_FIELDS = "firstDiaSourceMjdTai:d? nDiaSources:i?"
PARTS = {
    "ztf": {"prv_candidates": ZTF_FIELDS, "fp_hists": ZTF_FORCED_FIELDS},
    "lsst": {
        "prvDiaSources": RUBIN_FIELDS,
        "prvDiaForcedSources": RUBIN_FIELDS,
        "prvDiaNondetectionLimits": "midpointMjdTai:d? band:s?",
    },
}


def decoded(survey: str, now_unix_s: float = NOW_UNIX_S, **changes: Any) -> AlertBatch:  # noqa: ANN401
    """The plain alert of a survey with changes, through bytes and back."""
    return Decoder(now_s=lambda: now_unix_s).decode([packet(survey, **changes)])


def packet(survey: str, **changes: Any) -> bytes:  # noqa: ANN401 - values of any field
    """The plain alert; a change is of its detection, or of a history by that one's name."""
    histories = {name: changes.pop(name, None) for name in PARTS[survey]}
    if survey == "ztf":
        own = {"objectId": "ZTF25plain", "candid": 7, "candidate": ztf_point(0, **changes)}
        return container([own | histories], _schema("ztf"))
    whole = changes.pop("diaObject", None)
    own = {"diaSource": rubin_point(0, **changes), "diaObject": whole}
    return container([own | histories], _schema("lsst"))


def ztf_point(days: float, **changes: Any) -> Record:  # noqa: ANN401 - values of any field
    """A detection so many days after the plain alert."""
    own = {"jd": JD + days, "fid": 2, "pid": 7, "programid": 1, "candid": 7, "isdiffpos": "t"}
    where = {"ra": 150.0, "dec": 20.0, "magpsf": 18.0, "sigmapsf": 0.05, "diffmaglim": 20.5}
    since = {"jdstarthist": JD, "ndethist": 1, "exptime": 30.0}
    return own | where | since | changes


def ztf_limit(days: float, **changes: Any) -> Record:  # noqa: ANN401 - values of any field
    """An epoch without a detection."""
    nothing = dict.fromkeys(("magpsf", "sigmapsf", "isdiffpos", "candid"))
    return ztf_point(days, **nothing | changes)


def ztf_forced(days: float, **changes: Any) -> Record:  # noqa: ANN401 - values of any field
    """A forced epoch in which nothing stood out."""
    own = {"jd": JD + days, "fid": 2, "programid": 1, "procstatus": "0"}
    flux = {"forcediffimflux": 3.0, "forcediffimfluxunc": 8.0, "magzpsci": 26.2}
    return own | flux | changes


def rubin_point(days: float, **changes: Any) -> Record:  # noqa: ANN401 - values of any field
    """A source so many days after the plain alert, or a forced one."""
    own = {"diaSourceId": 7, "diaObjectId": 8, "midpointMjdTai": MJD_TAI + days, "band": "r"}
    where = {"ra": 150.0, "dec": 20.0, "psfFlux": 230_000.0, "psfFluxErr": 500.0}
    return own | where | changes


def _schema(survey: str) -> Record:
    histories = [_nullable(name, _list(name, fields)) for name, fields in PARTS[survey].items()]
    if survey == "ztf":
        own = record_schema("candidate", "cases", ZTF_FIELDS)
        fields = [_field("objectId", "string"), _field("candid", "long"), _field("candidate", own)]
    else:
        own = record_schema("diaSource", "cases", RUBIN_FIELDS)
        whole = record_schema("diaObject", "cases", RUBIN_OBJECT_FIELDS)
        fields = [_field("diaSource", own), _nullable("diaObject", whole)]
    return {"type": "record", "name": "cases.alert", "fields": [*fields, *histories]}


def _list(name: str, fields: str) -> Record:
    return {"type": "array", "items": record_schema(f"of_{name}", "cases", fields)}


def _field(name: str, kind: Any) -> Record:  # noqa: ANN401 - a type
    return {"name": name, "type": kind}


def _nullable(name: str, kind: Record) -> Record:
    return _field(name, ["null", kind])

"""The layout of ZTF's alert packets, version 4.02, as facts: names, types and their order.

Published by the survey (ztf-avro-alert). A field is `name:type`; `?` after the type means that
it may be null, with null as its default, `?!` that it may be null and has no default.
"""

from __future__ import annotations

import json
from typing import Any

from schemas.schema_words import names, nullable, record

SCHEMA_VERSION = "4.02"
_SPACE = "ztf.alert"

_CANDIDATE = """
jd:double fid:int pid:long diffmaglim:float? pdiffimfilename:string? programpi:string?
programid:int candid:long isdiffpos:string tblid:long? nid:int? rcid:int? field:int?
xpos:float? ypos:float? ra:double dec:double magpsf:float sigmapsf:float chipsf:float?
magap:float? sigmagap:float? distnr:float? magnr:float? sigmagnr:float? chinr:float?
sharpnr:float? sky:float? magdiff:float? fwhm:float? classtar:float? mindtoedge:float?
magfromlim:float? seeratio:float? aimage:float? bimage:float? aimagerat:float?
bimagerat:float? elong:float? nneg:int? nbad:int? rb:float? ssdistnr:float? ssmagnr:float?
ssnamenr:string? sumrat:float? magapbig:float? sigmagapbig:float? ranr:double decnr:double
sgmag1:float? srmag1:float? simag1:float? szmag1:float? sgscore1:float? distpsnr1:float?
ndethist:int ncovhist:int jdstarthist:double? jdendhist:double? scorr:double? tooflag:int?
objectidps1:long? objectidps2:long? sgmag2:float? srmag2:float? simag2:float? szmag2:float?
sgscore2:float? distpsnr2:float? objectidps3:long? sgmag3:float? srmag3:float? simag3:float?
szmag3:float? sgscore3:float? distpsnr3:float? nmtchps:int rfid:long jdstartref:double
jdendref:double nframesref:int rbversion:string dsnrms:float? ssnrms:float? dsdiff:float?
magzpsci:float? magzpsciunc:float? magzpscirms:float? nmatches:int clrcoeff:float?
clrcounc:float? zpclrcov:float? zpmed:float? clrmed:float? clrrms:float? neargaia:float?
neargaiabright:float? maggaia:float? maggaiabright:float? exptime:float? drb:float?
drbversion:string
"""

_PRV_CANDIDATE = """
jd:double fid:int pid:long diffmaglim:float? pdiffimfilename:string? programpi:string?
programid:int candid:long?! isdiffpos:string?! tblid:long? nid:int? rcid:int? field:int?
xpos:float? ypos:float? ra:double?! dec:double?! magpsf:float?! sigmapsf:float?! chipsf:float?
magap:float? sigmagap:float? distnr:float? magnr:float? sigmagnr:float? chinr:float?
sharpnr:float? sky:float? magdiff:float? fwhm:float? classtar:float? mindtoedge:float?
magfromlim:float? seeratio:float? aimage:float? bimage:float? aimagerat:float?
bimagerat:float? elong:float? nneg:int? nbad:int? rb:float? ssdistnr:float? ssmagnr:float?
ssnamenr:string? sumrat:float? magapbig:float? sigmagapbig:float? ranr:double?! decnr:double?!
scorr:double? magzpsci:float? magzpsciunc:float? magzpscirms:float? clrcoeff:float?
clrcounc:float? rbversion:string
"""

_FP_HIST = """
field:int? rcid:int? fid:int pid:long rfid:long sciinpseeing:float? scibckgnd:float?
scisigpix:float? magzpsci:float? magzpsciunc:float? magzpscirms:float? clrcoeff:float?
clrcounc:float? exptime:float? adpctdif1:float? adpctdif2:float? diffmaglim:float?
programid:int jd:double forcediffimflux:float? forcediffimfluxunc:float? procstatus:string?
distnr:float? ranr:double decnr:double magnr:float? sigmagnr:float? chinr:float?
sharpnr:float?
"""


def _array(name: str, words: str) -> dict[str, Any]:
    return {"type": "array", "items": record(name, _SPACE, words)}


_ALERT = {
    "type": "record",
    "name": "alert",
    "namespace": "ztf",
    "version": SCHEMA_VERSION,
    "fields": [
        *record("", "", "schemavsn:string publisher:string objectId:string candid:long")["fields"],
        {"name": "candidate", "type": record("candidate", _SPACE, _CANDIDATE)},
        nullable("prv_candidates", _array("prv_candidate", _PRV_CANDIDATE)),
        nullable("fp_hists", _array("fp_hist", _FP_HIST)),
        nullable("cutoutScience", record("cutout", _SPACE, "fileName:string stampData:bytes")),
        nullable("cutoutTemplate", "ztf.alert.cutout"),
        nullable("cutoutDifference", "ztf.alert.cutout"),
    ],
}

ZTF_SCHEMA = json.dumps(_ALERT, separators=(",", ":"))
"""The writer schema's JSON text, without the survey's own descriptions of the fields."""


def blank(name: str) -> dict[str, None]:
    """A `candidate`, `prv_candidate` or `fp_hist` with every field there and null."""
    words = {"candidate": _CANDIDATE, "prv_candidate": _PRV_CANDIDATE, "fp_hist": _FP_HIST}[name]
    return dict.fromkeys(names(words))

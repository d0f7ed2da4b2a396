"""Rubin's alert schema 11.1, so that alerts can be written in it and read without a registry.

Names, types and order are those of github.com/lsst/alert_packet; the descriptions stay there.
"""

from __future__ import annotations

import json

from schemas.avro import SchemaSource, WriterSchema
from schemas.schema_words import names, nullable, record

VERSION = "11.1"
SCHEMA_ID = 1101
"""Under which Rubin's registry has it: major * 100 + minor."""
_SPACE = "lsst.v11_1"
BANDS = "ugrizy"

DIA_SOURCE = """
diaSourceId:long visit:long detector:int diaObjectId:long? ssObjectId:long?
parentDiaSourceId:long? midpointMjdTai:double exposureTime:float? ra:double raErr:float?
dec:double decErr:float? ra_dec_Cov:float? x:float xErr:float? y:float yErr:float?
centroid_flag:boolean? apFlux:float? apFluxErr:float? apFlux_flag:boolean?
apFlux_flag_apertureTruncated:boolean? isNegative:boolean? snr:float? psfFlux:float?
psfFluxErr:float? psfLnL:float? psfChi2:float? psfNdata:int psfFlux_flag:boolean?
psfFlux_flag_edge:boolean? psfFlux_flag_noGoodPixels:boolean? trailFlux:float? trailFluxErr:float?
trailRa:double? trailRaErr:float? trailDec:double? trailDecErr:float? trailLength:float?
trailLengthErr:float? trailAngle:float? trailAngleErr:float? trailChi2:float? trailNdata:int
trailAlgorithm:int? trail_flag_edge:boolean? trail_flag:boolean? dipoleMeanFlux:float?
dipoleMeanFluxErr:float? dipoleFluxDiff:float? dipoleFluxDiffErr:float? dipoleLength:float?
dipoleAngle:float? dipoleChi2:float? dipoleNdata:int scienceFlux:float? scienceFluxErr:float?
forced_PsfFlux_flag:boolean? forced_PsfFlux_flag_edge:boolean?
forced_PsfFlux_flag_noGoodPixels:boolean? templateFlux:float? templateFluxErr:float? ixx:float?
iyy:float? ixy:float? ixxPSF:float? iyyPSF:float? ixyPSF:float? shape_flag:boolean?
shape_flag_no_pixels:boolean? shape_flag_not_contained:boolean? shape_flag_parent_source:boolean?
extendedness:float? reliability:float? reliabilityVersion:string? band:string? isDipole:boolean?
dipoleFitAttempted:boolean? timeProcessedMjdTai:double timeWithdrawnMjdTai:double? bboxSize:int
pixelFlags:boolean? pixelFlags_bad:boolean? pixelFlags_cr:boolean? pixelFlags_crCenter:boolean?
pixelFlags_edge:boolean? pixelFlags_nodata:boolean? pixelFlags_nodataCenter:boolean?
pixelFlags_interpolated:boolean? pixelFlags_interpolatedCenter:boolean?
pixelFlags_offimage:boolean? pixelFlags_saturated:boolean? pixelFlags_saturatedCenter:boolean?
pixelFlags_suspect:boolean? pixelFlags_suspectCenter:boolean? pixelFlags_streak:boolean?
pixelFlags_streakCenter:boolean? pixelFlags_injected:boolean? pixelFlags_injectedCenter:boolean?
pixelFlags_injected_template:boolean? pixelFlags_injected_templateCenter:boolean?
glint_trail:boolean?
"""

DIA_FORCED_SOURCE = """
diaForcedSourceId:long diaObjectId:long ra:double dec:double visit:long detector:int
psfFlux:float? psfFluxErr:float? midpointMjdTai:double scienceFlux:float? scienceFluxErr:float?
band:string? timeProcessedMjdTai:double timeWithdrawnMjdTai:double?
"""

_MEANS = "psfFluxMean:float? psfFluxMeanErr:float? psfFluxSigma:float? psfFluxNdata:int"
_FORCED_MEANS = "fpFluxMean:float? fpFluxMeanErr:float?"
_SCIENCE_MEANS = "scienceFluxMean:float? scienceFluxMeanErr:float?"
_RANGE = "psfFluxMin:float? psfFluxMax:float? psfFluxMaxSlope:float? psfFluxErrMean:float?"


def _by_band(words: str) -> str:
    return " ".join(f"{band}_{word}" for band in BANDS for word in words.split())


DIA_OBJECT = f"""
diaObjectId:long validityStartMjdTai:double ra:double raErr:float? dec:double decErr:float?
ra_dec_Cov:float? {_by_band(f"{_MEANS} {_FORCED_MEANS}")} {_by_band(_SCIENCE_MEANS)}
{_by_band(_RANGE)} firstDiaSourceMjdTai:double? lastDiaSourceMjdTai:double? nDiaSources:int
"""

_SS_SOURCE = """
diaSourceId:long ssObjectId:long designation:string? eclLambda:double eclBeta:double galLon:double
galLat:double elongation:float? phaseAngle:float? topoRange:float? topoRangeRate:float?
helioRange:float? helioRangeRate:float? ephRa:double? ephDec:double? ephVmag:float? ephRate:float?
ephRateRa:float? ephRateDec:float? ephOffset:float? ephOffsetRa:double? ephOffsetDec:double?
ephOffsetAlongTrack:float? ephOffsetCrossTrack:float? helio_x:float? helio_y:float? helio_z:float?
helio_vx:float? helio_vy:float? helio_vz:float? helio_vtot:float? topo_x:float? topo_y:float?
topo_z:float? topo_vx:float? topo_vy:float? topo_vz:float? topo_vtot:float? diaDistanceRank:int?
"""

_MPC_ORBITS = """
id:int designation:string packed_primary_provisional_designation:string
unpacked_primary_provisional_designation:string mpc_orb_jsonb:string? created_at:time?
updated_at:time? orbit_type_int:int? u_param:int? nopp:int? arc_length_total:double?
arc_length_sel:double? nobs_total:int? nobs_total_sel:int? a:double? q:double? e:double? i:double?
node:double? argperi:double? peri_time:double? yarkovsky:double? srp:double? a1:double? a2:double?
a3:double? dt:double? mean_anomaly:double? period:double? mean_motion:double? a_unc:double?
q_unc:double? e_unc:double? i_unc:double? node_unc:double? argperi_unc:double?
peri_time_unc:double? yarkovsky_unc:double? srp_unc:double? a1_unc:double? a2_unc:double?
a3_unc:double? dt_unc:double? mean_anomaly_unc:double? period_unc:double? mean_motion_unc:double?
epoch_mjd:double? h:double? g:double? not_normalized_rms:double? normalized_rms:double?
earth_moid:double? fitting_datetime:time?
"""

_ALERT = {
    "type": "record",
    "name": "alert",
    "namespace": _SPACE,
    "fields": [
        {"name": "diaSourceId", "type": "long"},
        nullable("observation_reason", "string"),
        nullable("target_name", "string"),
        {"name": "diaSource", "type": record("diaSource", _SPACE, DIA_SOURCE)},
        nullable("prvDiaSources", {"type": "array", "items": f"{_SPACE}.diaSource"}),
        nullable(
            "prvDiaForcedSources",
            {"type": "array", "items": record("diaForcedSource", _SPACE, DIA_FORCED_SOURCE)},
        ),
        nullable("diaObject", record("diaObject", _SPACE, DIA_OBJECT)),
        nullable("ssSource", record("ssSource", _SPACE, _SS_SOURCE)),
        nullable("mpc_orbits", record("mpc_orbits", _SPACE, _MPC_ORBITS)),
        nullable("cutoutDifference", "bytes"),
        nullable("cutoutScience", "bytes"),
        nullable("cutoutTemplate", "bytes"),
    ],
}

LSST_SCHEMA = json.dumps(_ALERT, separators=(",", ":"))
"""The writer schema's JSON text."""

_WORDS = {
    "diaSource": DIA_SOURCE,
    "diaForcedSource": DIA_FORCED_SOURCE,
    "diaObject": DIA_OBJECT,
    "ssSource": _SS_SOURCE,
    "mpc_orbits": _MPC_ORBITS,
}


def blank(name: str) -> dict[str, None]:
    """A record of that name with every field there and null."""
    return dict.fromkeys(names(_WORDS[name]))


def frame_of(schema_id: int = SCHEMA_ID) -> bytes:
    """What stands before a record in Confluent framing, whose schema a registry has by that id."""
    return b"\0" + schema_id.to_bytes(4, "big")


class BuiltInSchemas:
    """A source of the one schema that stands here, behind another source, which is asked first."""

    def __init__(self, first: SchemaSource | None = None) -> None:
        self._first = first

    def find(self, schema_id: int) -> WriterSchema | None:
        """What the first has of that id; else Rubin's 11.1 under its own, None under any other."""
        found = self._first.find(schema_id) if self._first is not None else None
        if found is None and schema_id == SCHEMA_ID:
            return WriterSchema.of(LSST_SCHEMA, SCHEMA_ID)
        return found

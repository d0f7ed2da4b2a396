"""What the adapters of the longest records leave out of them: nothing is passed over unseen.

By part of the record, the names (or families of names, as fnmatch reads them) of the fields that
become no column. A test holds these lists, and what the adapters read, to all known schemas. All
of it stays in the packet's own bytes, and so in what is published. What another broker added to
a record at its top is none of the survey's, and stands in no list.
"""

from __future__ import annotations

_CALIBRATED = "clrcoeff clrcounc magzpscirms magzpsciunc"
_ON_IMAGE = (
    "aimage* bimage* chi* classtar decnr field mag[adf]* mindtoedge nbad nid nneg "
    "pdiffimfilename programpi ranr rb rbversion rcid seeratio sharpnr "
    f"sigmagap* sigmagnr sky ssmagnr ssnamenr sumrat tblid xpos ypos magzpsci {_CALIBRATED}"
)
ZTF_LEFT_OUT = {
    "": "publisher schemavsn",
    "candidate": (
        f"{_ON_IMAGE} clrmed clrrms distpsnr[23] dsdiff dsnrms jdendhist jdendref "
        "jdstartref maggaia* ncovhist neargaia* nframesref nmatches nmtchps objectidps* rfid "
        "s[grz]mag? simag? sgscore[23] ssnrms tooflag zpclrcov zpmed"
    ),
    "prv_candidates": f"{_ON_IMAGE} candid dec distnr elong fwhm magnr pid ra scorr ssdistnr",
    "fp_hists": (
        f"{_CALIBRATED} adpctdif? chinr decnr distnr exptime field magnr pid "
        "ranr rcid rfid scibckgnd sciinpseeing scisigpix sharpnr sigmagnr"
    ),
    "cutoutScience": "fileName",
    "cutoutTemplate": "fileName",
    "cutoutDifference": "fileName",
}
_SOURCE = (
    "*_Cov *_flag *_flag_* apFlux* bboxSize ccdVisitId decErr declErr detector diffFlux* dip* "
    "exposureTime extendedness flags fpBkgd* glint_trail i[xy][xy]* isDipole "
    "parentDiaSourceId pixelFlags* programId psChi2 psDecl* psLnL psNdata psRa* psfChi2 psfDec* "
    "psfLnL psfNdata psfRa* raErr scienceFlux* snapDiffFlux* spuriousness templateFluxErr "
    "timeProcessedMjdTai time_processed totFlux* trail* x xErr y yErr"
)
LSST_LEFT_OUT = {
    "": "alertId diaSourceId observation_reason target_name",
    "diaSource": _SOURCE,
    "prvDiaSources": (
        f"{_SOURCE} dec decl diaObjectId diaSourceId isNegative is_negative ra reliability "
        "reliabilityVersion snr ssObjectId templateFlux visit"
    ),
    "prvDiaForcedSources": (
        "ccdVisitId dec detector diaForcedSourceId diaObjectId flags ra scienceFlux* "
        "timeProcessedMjdTai time_processed totFlux* visit x y"
    ),
    "prvDiaNondetectionLimits": "ccdVisitId diaNoise",
    "diaObject": (
        "[ugrizy]_* [ugrizy]FPFlux* [ugrizy]Lc* [ugrizy]PSFlux* dec* diaObjectId flags "
        "lastDiaSourceMjdTai nearbyObj* parallax* pm* ra raErr ra_* radec* validityStart* "
        "hostgal2_* hostgal_[!z]* hostgal_zphot_q* hostgal_zspec* mwebv* simVersion"
    ),
    "ssObject": "*",
    "ssSource": (
        "designation diaDistanceRank diaSourceId ecl* elongation ephDec ephOffset?* ephRa ephRate* "
        "ephVmag gal* helio* phaseAngle predictedVMagnitude topo*"
    ),
    "MPCORB": "*",
    "mpc_orbits": "*",
}

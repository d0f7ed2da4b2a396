"""Links to what others know of a place or an object; nothing is asked of them by us."""

from __future__ import annotations

import math
from typing import NamedTuple
from urllib.parse import quote, urlencode

from gueststar.row import Row

RADIUS_ARCSEC = 10
VIEW_DEG = 0.05
OF_ZTF = (
    ("ALeRCE", "https://alerce.online/object/"),
    ("Fink", "https://fink-portal.org/"),
    ("Lasair", "https://lasair-ztf.lsst.ac.uk/objects/"),
)


class Link(NamedTuple):
    """A page elsewhere."""

    name: str
    url: str
    about: str


def links(alert: Row) -> list[Link]:
    """By the survey's object, and by place where there is one."""
    found = []
    if alert.survey == "ztf":
        named = quote(alert.object_id, safe="")
        found += [Link(name, f"{url}{named}", "this object") for name, url in OF_ZTF]
    if math.isfinite(alert.ra_deg) and math.isfinite(alert.dec_deg):
        found += _by_place(alert.ra_deg, alert.dec_deg)
    return found


def _by_place(ra: float, dec: float) -> list[Link]:
    place = f"{ra:.6f} {dec:+.6f}"
    simbad = {"Coord": place, "Radius": RADIUS_ARCSEC, "Radius.unit": "arcsec"}
    ned = {
        "search_type": "Near Position Search",
        "in_csys": "Equatorial",
        "in_equinox": "J2000.0",
        "lon": f"{ra:.6f}d",
        "lat": f"{dec:.6f}d",
        "radius": f"{RADIUS_ARCSEC / 60:.3f}",
    }
    tns = {
        "ra": f"{ra:.6f}",
        "decl": f"{dec:.6f}",
        "radius": RADIUS_ARCSEC,
        "coords_unit": "arcsec",
    }
    aladin = {"target": place, "fov": VIEW_DEG}
    vizier = {"-c": place, "-c.rs": RADIUS_ARCSEC}
    legacy = {"ra": f"{ra:.6f}", "dec": f"{dec:.6f}", "zoom": 15}
    pages = (
        ("SIMBAD", "https://simbad.cds.unistra.fr/simbad/sim-coo", simbad, "stars, galaxies"),
        ("NED", "https://ned.ipac.caltech.edu/cgi-bin/objsearch", ned, "galaxies, redshifts"),
        ("TNS", "https://www.wis-tns.org/search", tns, "reported transients"),
        ("VizieR", "https://vizier.cds.unistra.fr/viz-bin/VizieR-4", vizier, "catalogues"),
        ("Aladin", "https://aladin.cds.unistra.fr/AladinLite/", aladin, "images"),
        ("Legacy Surveys", "https://www.legacysurvey.org/viewer", legacy, "deep images"),
    )
    return [Link(name, f"{url}?{urlencode(query)}", about) for name, url, query, about in pages]

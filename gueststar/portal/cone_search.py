"""Simple Cone Search of the IVOA: what other tools ask a catalogue."""

from __future__ import annotations

from html import escape

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from gueststar.portal import asked
from gueststar.portal.backend import Backend
from gueststar.portal.interface import CONE_COLUMNS
from gueststar.tables import votable
from schemas.errors import QuestionError
from sky.positions import ARCSEC_PER_DEG

UCDS = {"object_id": "ID_MAIN", "ra_deg": "POS_EQ_RA_MAIN", "dec_deg": "POS_EQ_DEC_MAIN"}
"""What a Simple Cone Search must have (IVOA, Simple Cone Search 1.03, section 2.2)."""


def cone_search(backend: Backend, request: Request) -> Response:
    """Simple Cone Search of the IVOA: RA, DEC and SR in degrees; an error is a VOTable, too."""
    query = QueryParams({name.lower(): value for name, value in request.query_params.items()})
    try:
        radius_deg = asked.number_of(query, "sr")
        place = asked.number_of(query, "ra"), asked.number_of(query, "dec")
        with backend.door.asked() as lake:
            # A radius of 0 asks for the columns alone.
            radius = f"{max(radius_deg, 1e-9) * ARCSEC_PER_DEG:.9f}arcsec"
            most = backend.settings.portal.found_max
            found = lake.cone(*place, radius, columns=CONE_COLUMNS, found_max=most)
        rows = found.table.slice(0, backend.settings.portal.rows_max if radius_deg > 0 else 0)
        data = votable(rows, UCDS)
    except QuestionError as error:
        data = _scs_error(str(error))
    return Response(data, media_type="text/xml; content=x-votable")


def _scs_error(said: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE>'
        f'<INFO ID="Error" name="Error" value="{escape(said)}"/></RESOURCE></VOTABLE>\n'
    ).encode()
